"""What was asked for, and where."""
from collections.abc import Iterator
from typing import Any, NamedTuple

from . import inherited, values
from .errors import OperatorError
from .option_table import BY_NAME, OPTIONS, Option

# What is given in a stronger place counts.
SYSTEM_FILE, USER_FILE, ENVIRONMENT, COMMAND_LINE = range(4)


class Origin(NamedTuple):
    """Where an option was given: in which kind of place, under which name, and in which file."""

    strength: int
    name: str
    file: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.name}" if self.file else self.name

    def with_value(self, value: str) -> str:
        """As the subject of a complaint."""
        return f'{self}{"=" if self.strength == ENVIRONMENT else " "}{value}'


class Settings:
    """One attribute per option (Option.key), `display` and `command`.

    `given` tells where each option that was really given was given; `inherited` are the listening sockets that were
    passed to us.
    """

    def __init__(self) -> None:
        self.display: int | None = None
        self.command: list[str] | None = None
        self.given: dict[str, Origin] = {}
        self.inherited: tuple[inherited.InheritedSocket, ...] = ()
        # What only xspice-run asks for:
        self.first_display = 0
        self.listen_tcp = False
        self.server_arguments: tuple[str, ...] = ()
        self.server_output: str | None = None  # a file
        for option in OPTIONS:
            setattr(self, option.key, option.default)

    def give(self, option: Option, argument: str, origin: Origin) -> None:
        """Takes what stands at `origin`, unless something stronger was given. Raises OperatorError."""
        if option.secret:
            raise OperatorError(f"{origin}: {_WHY_SECRET[origin.strength]} and give {_as_in(origin, option.secret)}")
        before = self.given.get(option.name)
        if before and before.strength > origin.strength:
            return
        if before and not option.repeatable:
            raise OperatorError(f"{origin}: given twice; give it once")
        try:
            value = option.parse(argument) if option.value else values.switch(argument)
            if option.missing and argument_of(value) not in option.harmless:
                raise ValueError(f"xspice has no {option.missing} yet; leave it out"
                                 + (f", or give {option.harmless[0]}" if option.value and option.harmless else ""))
        except ValueError as error:
            raise OperatorError(f"{origin.with_value(argument)}: {error}") from None
        if option.repeatable:
            earlier = getattr(self, option.key) if before else ()
            value = earlier if value in earlier else (*earlier, value)
        setattr(self, option.key, value)
        self.given[option.name] = origin

    def forget(self, name: str) -> None:
        """Back to the default."""
        option = BY_NAME[name]
        self.given.pop(name, None)
        setattr(self, option.key, option.default)

    def strength(self, name: str) -> int:
        """Of the place where the option was given; -1 when it was not."""
        return self.given[name].strength if name in self.given else -1

    def blame(self, complaint: str) -> str:
        """The complaint about an option, which begins with its name, as one about the place where it was given."""
        name = complaint.partition(":")[0].partition(" ")[0]
        origin = self.given.get(name)
        if origin is None or origin.strength == COMMAND_LINE:
            return complaint
        rest = complaint[len(name):]
        return origin.with_value(rest[1:]) if rest.startswith(" ") else f"{origin}{rest}"

    def notes(self) -> Iterator[str]:
        """A line for each option that was accepted although nothing is left for it to do."""
        for name, origin in self.given.items():
            if BY_NAME[name].idle:
                yield f"{origin}: has nothing left to do: {BY_NAME[name].idle}"


_WHY_SECRET = {
    COMMAND_LINE: "other users of this machine can read command lines; write the password into a file,",
    ENVIRONMENT: "every program that is started gets to see the environment; unset it, write the password into a file,",
    USER_FILE: "passwords are kept apart from other settings; write it into a file of its own,",
    SYSTEM_FILE: "passwords are kept apart from other settings; write it into a file of its own,",
}


def _as_in(origin: Origin, name: str) -> str:
    return f"{BY_NAME[name].file_key} in xspice.toml" if origin.file else f"{name} FILE"


def argument_of(value: Any) -> str:
    """A setting as it would be given."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple) and not isinstance(value, values.Size):
        return ",".join(value)
    return str(value)
