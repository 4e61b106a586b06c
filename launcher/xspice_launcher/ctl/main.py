"""xspicectl: reads the command line, does what it says, and prints what came of it."""
import json
import os
import sys

from .. import __version__
from ..errors import OperatorError
from . import usage, words
from .command import Call, Result
from .table import COMMANDS

_STATUS_REFUSED = 1


def main(arguments: list[str]) -> int:
    try:
        return _run(arguments)
    except OperatorError as error:
        _complain(str(error))
        return error.status
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _STATUS_REFUSED


def _run(arguments: list[str]) -> int:
    given = words.parse(arguments, COMMANDS)
    if given.help:
        sys.stdout.write(usage.of_command(given.command) if given.command else usage.of_all(COMMANDS))
        return 0
    if given.version:
        print(f"xspicectl {__version__}")
        return 0
    result = given.command.run(Call(given.words, given.flags, given.display, given.json, os.environ))
    _print(result, given.json)
    if result.problem:
        _complain(result.problem)
        return _STATUS_REFUSED
    return 0


def _print(result: Result, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result.value, ensure_ascii=False))
    elif result.text:
        print(result.text)
    sys.stdout.flush()


def _complain(line: str) -> None:
    sys.stderr.write(f"xspicectl: {line}\n")
