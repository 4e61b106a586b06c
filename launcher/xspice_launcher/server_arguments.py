"""What xvfb-run's users give to Xvfb, in terms of our display: see Xvfb(1) and Xserver(1)."""
import re
from typing import NamedTuple

from . import values


class ServerArguments(NamedTuple):
    size: values.Size | None = None
    dpi: int | None = None
    tcp: bool = False
    others: tuple[str, ...] = ()  # for the X server as they are
    ignored: str = ""  # what was asked for and cannot be had, and what there is instead


NONE = ServerArguments()

# How many words follow, of those that need not reach the X server: it does so anyway, or the question does not arise.
_POINTLESS = {"-noreset": 0, "-reset": 0, "-terminate": 0, "-nocursor": 0, "-pixdepths": 1, "-linebias": 1,
              "-blackpixel": 1, "-whitepixel": 1}
_REFUSED = {
    "-fbdir": "the screen is in no file; --screenshot-on-failure and --record show it",
    "-shmem": "the screen is in no shared memory; --screenshot-on-failure and --record show it",
    "-auth": "the cookie is made for each display; --auth-file says where it goes",
    "-displayfd": "the display is known when COMMAND starts: DISPLAY names it",
}


def parse(argument: str) -> ServerArguments:
    """Raises ValueError. Words that only the X server itself can judge are passed on."""
    words = argument.split()
    size = dpi = None
    tcp, ignored = False, ""
    others: list[str] = []
    while words:
        word = words.pop(0)
        if word in _REFUSED:
            raise ValueError(f"{word}: {_REFUSED[word]}")
        if re.fullmatch(r":\d+", word):
            raise ValueError(f"{word}: -n {word[1:]} gives the display its number")
        if word in _POINTLESS:
            _take(word, _POINTLESS[word], words)
        elif word == "-screen":
            size, depth = _screen(*_take(word, 2, words))
            if depth not in ("24", "32"):
                ignored = f"-screen: pixels of {depth} bits cannot be had; they have 24"
        elif word == "-dpi":
            dpi = values.integer(30, 600)(*_take(word, 1, words))
        elif word in ("-listen", "-nolisten"):
            (transport,) = _take(word, 1, words)
            if transport == "tcp":
                tcp = word == "-listen"
            else:
                others += [word, transport]
        else:
            others.append(word)
    return ServerArguments(size, dpi, tcp, tuple(others), ignored)


def _take(word: str, count: int, words: list[str]) -> list[str]:
    if len(words) < count:
        raise ValueError(f"{word}: its value is missing; see Xvfb(1)")
    taken = words[:count]
    del words[:count]
    return taken


def _screen(number: str, geometry: str) -> tuple[values.Size, str]:
    if number != "0":
        raise ValueError(f"-screen {number}: there is one screen; use -screen 0")
    match = re.fullmatch(r"(\d+x\d+)(?:x(\d+))?(?:\+\d+)?", geometry)
    if not match:
        raise ValueError(f"-screen 0 {geometry}: not a size; write WIDTHxHEIGHTx24")
    return values.size(match[1]), match[2] or "24"
