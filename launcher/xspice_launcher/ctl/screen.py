"""Commands about the screen: resize, screenshot, wait-still, record."""
import os
import re
import signal
import sys

from .. import control, recorder
from ..errors import OperatorError
from . import parse, png
from .command import Call, Result, checked
from .display import size_of

_STILL = 0.5  # seconds


def resize(call: Call) -> Result:
    try:
        heads = parse.heads(call.words)
    except ValueError as error:
        raise OperatorError(f"resize {error}") from None
    with call.connect() as display:
        answer = display.request("resize", monitors=heads)
    return Result(answer, f"The screen has {size_of(answer)} pixels")


def screenshot(call: Call) -> Result:
    file = call.words[0] if call.words else "-"
    if file == "-":
        if call.json:
            raise OperatorError("screenshot: the picture goes to standard output, and so does --json; name a FILE")
        if sys.stdout.isatty():
            raise OperatorError("screenshot: a terminal shows no pictures; name a FILE, such as screen.png")
    with call.connect() as display:
        answer, descriptor = display.request_descriptor("screenshot", cursor=call.flags["--cursor"])
    picture = _encode(answer, descriptor, display.path)
    if file == "-":
        return Result(data=picture)
    try:
        with open(file, "wb") as out:
            out.write(picture)
    except OSError as error:
        raise OperatorError(f"screenshot {file}: cannot be written: {error.strerror}; name a file in a directory of "
                            "yours") from None
    return Result({"file": file, "width": answer["width"], "height": answer["height"]}, f"{file}: {size_of(answer)}")


def _encode(answer: dict[str, int], descriptor: int | None, path: str) -> bytes:
    if descriptor is None:
        raise control.Gone(f"{path}: the display sent no picture; its log tells why")
    try:
        return png.from_memory(descriptor, answer)
    finally:
        os.close(descriptor)


def wait_still(call: Call) -> Result:
    still = checked("wait-still", call.words[0], parse.seconds(0)) if call.words else _STILL
    timeout = call.flags["--timeout"]
    with call.connect() as display:
        answer = display.request("wait-still", within=timeout + control.DEFAULT_TIMEOUT if timeout else None,
                                 still=round(still * 1000), timeout=round(timeout * 1000))
    if answer.get("still"):
        return Result(answer)
    return Result(answer, problem=f"wait-still: the screen was not still for {still:g} s within {timeout:g} s")


def record(call: Call) -> Result:
    """Becomes the program that does it, so that signals and the terminal are its own; but not with --json."""
    program = recorder.find_recorder(call.environment)
    path = control.find(call.display, call.environment)
    control.connect(path).close()  # what is wrong with it is told as everywhere
    words = [program, "--control", path, "--output", call.words[0]]
    for flag in ("--fps", "--duration", "--codec"):
        if call.flags[flag] is not None:
            words += [flag, str(call.flags[flag])]
    if call.flags["--no-cursor"]:
        words.append("--no-cursor")
    try:
        if call.json:
            return _record_as_child(words, call)
        os.execve(program, words, dict(call.environment))
    except OSError as error:
        raise OperatorError(f"{program}: cannot be started: {error.strerror}; install xspice again") from None


def _record_as_child(words: list[str], call: Call) -> Result:
    import subprocess  # here: nobody else needs it

    with subprocess.Popen(words, env=call.environment, stdout=subprocess.PIPE, text=True, errors="replace") as child:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: child.send_signal(number))
        said = child.stdout.read()
    sum_of_it = re.search(r": ([0-9.]+) s, (\d+) frames$", said.strip())
    if child.returncode != 0 or not sum_of_it:
        raise OperatorError(f"record {call.words[0]}: was not recorded completely; the line before this one says why",
                            child.returncode if child.returncode > 0 else 1)
    return Result({"file": call.words[0], "seconds": float(sum_of_it[1]), "frames": int(sum_of_it[2])})
