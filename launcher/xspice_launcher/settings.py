"""What was asked for."""
from . import inherited
from .errors import OperatorError
from .option_table import OPTIONS, Option


class Settings:
    """One attribute per option (Option.key), `display` and `command`.

    `given` holds the names of the options that were really given, `inherited` the listening sockets that were
    passed to us.
    """

    def __init__(self) -> None:
        self.display: int | None = None
        self.command: list[str] | None = None
        self.given: set[str] = set()
        self.inherited: tuple[inherited.InheritedSocket, ...] = ()
        # What only xspice-run asks for:
        self.first_display = 0
        self.listen_tcp = False
        self.server_arguments: tuple[str, ...] = ()
        self.server_output: str | None = None  # a file
        for option in OPTIONS:
            setattr(self, option.key, option.default)

    def assign(self, option: Option, argument: str, source: str) -> None:
        """Raises OperatorError, which begins with `source`."""
        try:
            value = option.parse(argument)
        except ValueError as error:
            raise OperatorError(f"{source} {argument}: {error}") from None
        if option.repeatable:
            before = getattr(self, option.key) if option.name in self.given else ()
            value = before if value in before else (*before, value)
        setattr(self, option.key, value)
