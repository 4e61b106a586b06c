"""xspicectl: reads the command line, does what it says, and prints what came of it."""
import json
import os
import sys

from .. import __version__
from ..errors import OperatorError
from . import usage, words
from .command import Call
from .table import COMMANDS

_STATUS_REFUSED = 1


def main(arguments: list[str]) -> int:
    try:
        return _run(arguments)
    except OperatorError as error:
        _complain(str(error))
        return error.status


def _run(arguments: list[str]) -> int:
    given = words.parse(arguments, COMMANDS)
    if given.help:
        return _print(usage.of_command(given.command) if given.command else usage.of_all(COMMANDS))
    if given.version:
        return _print(f"xspicectl {__version__}\n")
    result = given.command.run(Call(given.words, given.flags, given.display, given.json, os.environ))
    if result.data is not None:
        status = _print(result.data)
    elif given.json:
        status = _print(json.dumps(result.value, ensure_ascii=False) + "\n")
    else:
        status = _print(result.text and result.text + "\n")
    if result.problem:
        _complain(result.problem)
        return _STATUS_REFUSED
    return status


def _print(text: str | bytes) -> int:
    """All of it at once. Returns the exit status; raises OperatorError."""
    data = text.encode(errors="replace") if isinstance(text, str) else text
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return 0
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries again at the end
        if isinstance(error, BrokenPipeError):
            return _STATUS_REFUSED  # whoever reads has seen enough
        raise OperatorError(f"standard output: {error.strerror}; send it to another place") from None


def _complain(line: str) -> None:
    sys.stderr.write(f"xspicectl: {line}\n")
