"""Reads the command line: which display, which command, its options and words."""
import re
from collections.abc import Sequence
from typing import Any

from .. import values
from ..errors import OperatorError
from .command import Command, Flag


class Words:
    """`command` is None when there was none, which is fine with --help and --version."""

    def __init__(self) -> None:
        self.command: Command | None = None
        self.words: list[str] = []
        self.flags: dict[str, Any] = {}
        self.display: int | None = None
        self.json = False
        self.help = False
        self.version = False


def parse(arguments: Sequence[str], commands: Sequence[Command]) -> Words:
    """Raises OperatorError. --help and --version win over every mistake that comes after them."""
    found = Words()
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        command = found.command
        if word in ("-h", "--help"):
            found.help = True
            return found
        if word == "--version" and command is None:
            found.version = True
            return found
        if word == "--json":
            found.json = True
        elif re.fullmatch(r":\d+", word) and not (command and command.literal):
            _set_display(found, word)
        elif command is None:
            found.command = _command(word, commands)
            found.flags = {flag.name: flag.default if flag.value else False for flag in found.command.flags}
        elif word == "--":
            found.words += rest
            break
        elif word.startswith("-") and word != "-" and not re.fullmatch(r"-[0-9]+", word):
            _set_flag(found, word, rest)
        else:
            found.words.append(word)
    if found.command is None:
        raise OperatorError('no command; write xspicectl COMMAND, such as "xspicectl list"; "xspicectl --help" lists '
                            "all of them")
    _check_count(found)
    return found


def _set_display(found: Words, word: str) -> None:
    if found.display is not None:
        raise OperatorError(f"{word}: a display was given already (:{found.display}); give one")
    found.display = int(word[1:])
    if found.display > values.MAX_DISPLAY:
        raise OperatorError(f'{word}: no such display; "xspicectl list" shows yours')


def _command(word: str, commands: Sequence[Command]) -> Command:
    for command in commands:
        if command.name == word:
            return command
    what = "option" if word.startswith("-") else "command"
    close = None if what == "option" else _closest(word, [command.name for command in commands])
    raise OperatorError(f'{word}: no such {what}; '
                        + (f"did you mean {close}?" if close else '"xspicectl --help" lists all commands'))


def _set_flag(found: Words, word: str, rest: list[str]) -> None:
    command = found.command
    name, equals, argument = word.partition("=")
    flag = next((flag for flag in command.flags if flag.name == name), None)
    if flag is None:
        close = _closest(name, [flag.name for flag in command.flags])
        raise OperatorError(f"{command.name} {name}: no such option; "
                            + (f"did you mean {close}?" if close else f'see "xspicectl {command.name} --help"'))
    if flag.value is None:
        if equals:
            raise OperatorError(f'{command.name} {name}: takes no value; leave out "={argument}"')
        found.flags[name] = True
        return
    if not equals:
        if not rest:
            raise OperatorError(f"{command.name} {name}: needs a value; write {name} {flag.value}")
        argument = rest.pop(0)
    found.flags[name] = _value(command, flag, argument)


def _value(command: Command, flag: Flag, argument: str) -> Any:
    try:
        return flag.parse(argument)
    except ValueError as error:
        raise OperatorError(f"{command.name} {flag.name} {argument}: {error}") from None


def _check_count(found: Words) -> None:
    command = found.command
    least, most = command.count
    if len(found.words) < least:
        raise OperatorError(f"{command.name}: something is missing; write {command.usage()}")
    if most is not None and len(found.words) > most:
        raise OperatorError(f"{command.name} {found.words[most]}: one word too many; write {command.usage()}")


def _closest(word: str, names: list[str]) -> str | None:
    import difflib  # here: nobody else needs it

    return next(iter(difflib.get_close_matches(word, names, n=1)), None)
