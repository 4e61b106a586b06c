"""What a command of xspicectl is, what it is given, and what it gives back."""
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .. import control
from ..errors import OperatorError


class Flag(NamedTuple):
    """An option of one command. `value` is the placeholder of its argument; None makes it a switch.

    `parse` turns the argument into the value, or raises ValueError with what is wrong and the remedy.
    """

    name: str
    help: str
    value: str | None = None
    parse: Callable[[str], Any] = str
    default: Any = None


class Result(NamedTuple):
    """`value` is what --json prints, `text` what people read, `data` what is no text. With a `problem` the exit status
    is 1."""

    value: Any = None
    text: str = ""
    problem: str | None = None
    data: bytes | None = None


class Call(NamedTuple):
    """One use of a command: its words, the values of its flags by name, and the way to the display."""

    words: list[str]
    flags: dict[str, Any]
    display: int | None
    json: bool
    environment: Mapping[str, str]

    def connect(self) -> control.Control:
        """To the display that is meant. Raises OperatorError."""
        return control.connect(control.find(self.display, self.environment))


class Command(NamedTuple):
    """`words` is what may stand after the name, as the help shows it; `count` how few and how many that can be.

    `literal`: words may begin with a colon, so the display must stand before the name.
    """

    name: str
    words: str
    count: tuple[int, int | None]
    summary: str
    help: str
    run: Callable[[Call], Result]
    flags: tuple[Flag, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    literal: bool = False

    def usage(self) -> str:
        """'xspicectl [:N] kick CLIENT|all [OPTION...]'"""
        options = " [OPTION...]" if self.flags else ""
        words = f" {self.words}" if self.words else ""
        return f"xspicectl [:N] {self.name}{options}{words}"


def display_of(path: str) -> int | None:
    """The number of the display whose socket that is, when it has the usual name."""
    match = re.search(r"/display-(\d+)\.control$", path)
    return int(match[1]) if match else None


def checked(command: str, word: str, check: Callable[[str], Any]) -> Any:
    """A word of the command line; raises OperatorError."""
    try:
        return check(word)
    except ValueError as error:
        raise OperatorError(f"{command} {word}: {error}") from None
