"""Every option of xspice-run, once. The first group are those of xvfb-run, with its names.

The help text is made from OPTIONS; the man page is tested against it.
"""
from collections.abc import Callable
from typing import Any, NamedTuple

from . import server_arguments, values
from .errors import OperatorError

GROUPS = ("As xvfb-run has them", "Screen", "Seeing what happens", "Other")
FIRST_DISPLAY = 99
DEFAULT_SIZE = values.Size(1280, 1024)


class Option(NamedTuple):
    """As option_table.Option: `value` None makes it a switch. With `optional` the value may be left out."""

    name: str
    group: str
    help: str
    value: str | None = None
    parse: Callable[[str], Any] = str
    default: Any = None
    short: str | None = None
    optional: Any = None  # the setting without the value, which only "=" can give then

    @property
    def key(self) -> str:
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def written_value(self) -> str:
        """For the help."""
        if self.value is None:
            return ""
        return f" {self.value}" if self.optional is None else f"[={self.value}]"


def _seconds(argument: str) -> float:
    try:
        seconds = float(argument)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 10_000_000:  # nor infinite, nor nan
        raise ValueError("not a number of seconds; give one above 0, such as 600 or 1.5")
    return seconds


def _cookie_protocol(argument: str) -> str:
    if argument not in (".", "MIT-MAGIC-COOKIE-1"):
        raise ValueError("not a protocol that is spoken here; use MIT-MAGIC-COOKIE-1, or leave it out")
    return argument


_XVFB, _SCREEN, _SEEING, _OTHER = GROUPS

OPTIONS: tuple[Option, ...] = (
    Option("--auto-servernum", _XVFB, "Take the first free display from --server-num on; so it does without -n, too.",
           default=False, short="-a"),
    Option("--error-file", _XVFB, "File to which what the X server says is added. Default: /dev/null.",
           "FILE", values.path, short="-e"),
    Option("--auth-file", _XVFB, "File for the cookie, beside what is in it. Default: one of the display's own.",
           "FILE", values.path, short="-f"),
    Option("--server-num", _XVFB, f"Number of the display. Default: the first free one from {FIRST_DISPLAY} on.",
           "NUM", values.integer(0, values.MAX_DISPLAY), short="-n"),
    Option("--listen-tcp", _XVFB, "Let X programs connect by TCP, too.", default=False, short="-l"),
    Option("--xauth-protocol", _XVFB, "Only MIT-MAGIC-COOKIE-1.", "PROTO", _cookie_protocol, short="-p"),
    Option("--server-args", _XVFB, 'Arguments for the X server as Xvfb takes them, such as "-screen 0 1920x1080x24".',
           "ARGS", server_arguments.parse, default=server_arguments.NONE, short="-s"),
    Option("--wait", _XVFB, "Nothing: it is ready when it is ready.", "SECONDS", short="-w"),

    Option("--size", _SCREEN, f"Size of the screen in pixels. Default: {DEFAULT_SIZE}.", "WIDTHxHEIGHT", values.size),
    Option("--dpi", _SCREEN, "Resolution told to programs, in dots per inch. Default: 96.", "DPI",
           values.integer(30, 600)),

    Option("--screenshot-on-failure", _SEEING, "Directory for a picture of the screen (PNG) when COMMAND fails.",
           "DIRECTORY", values.path),
    Option("--record", _SEEING, "File for a video of all that happens: .webm, .mp4 or .mkv.", "FILE", values.path),
    Option("--watch", _SEEING,
           "Let SPICE clients of this machine look on; how they connect is printed. PORT: default 5900, or the next "
           "free one.", "PORT", values.integer(1, 65535), optional=0),

    Option("--timeout", _OTHER, "End COMMAND after this time; the exit status is then 124.", "SECONDS", _seconds),
    Option("--help", _OTHER, "Print this help, and exit.", default=False, short="-h"),
    Option("--version", _OTHER, "Print the version, and exit.", default=False),
)


class RunSettings:
    """One attribute per option (Option.key), and `command`."""

    def __init__(self) -> None:
        self.command: list[str] = []
        for option in OPTIONS:
            setattr(self, option.key, option.default)

    @property
    def display(self) -> int | None:
        """The one that it must be."""
        return None if self.auto_servernum else self.server_num

    @property
    def first_display(self) -> int:
        return FIRST_DISPLAY if self.server_num is None else self.server_num


def parse(arguments: list[str]) -> RunSettings:
    """As getopt(3) would for xvfb-run: short options together, long ones abbreviated, up to the first other word.

    Raises OperatorError.
    """
    settings = RunSettings()
    words = list(arguments)
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            break
        if word.startswith("--"):
            _set_long(settings, word, words)
        else:
            _set_short(settings, word, words)
    settings.command = words
    if not (words or settings.help or settings.version):
        raise OperatorError('needs a command to run; "xspice-run --help" tells more')
    return settings


def _set_long(settings: RunSettings, word: str, rest: list[str]) -> None:
    name, equals, argument = word.partition("=")
    found = [option for option in OPTIONS if option.name == name] or \
            [option for option in OPTIONS if option.name.startswith(name)]
    if not found:
        raise OperatorError(f'{name}: no such option; "xspice-run --help" lists all options')
    if len(found) > 1:
        raise OperatorError(f'{name}: may be {" or ".join(option.name for option in found)}; write it out')
    (option,) = found
    if option.value is None and equals:
        raise OperatorError(f'{option.name}: takes no value; leave out "={argument}"')
    _set(settings, option, option.name, argument if equals else None, rest)


def _set_short(settings: RunSettings, word: str, rest: list[str]) -> None:
    letters = word[1:]
    while letters:
        name, letters = "-" + letters[0], letters[1:]
        option = next((option for option in OPTIONS if option.short == name), None)
        if option is None:
            raise OperatorError(f'{name}: no such option; "xspice-run --help" lists all options')
        if option.value is None:
            _set(settings, option, name, None, rest)
        else:
            return _set(settings, option, name, letters or None, rest)


def _set(settings: RunSettings, option: Option, name: str, argument: str | None, rest: list[str]) -> None:
    if option.value is None:
        value = True
    elif argument is None and option.optional is not None:
        value = option.optional
    else:
        if argument is None:
            if not rest:
                raise OperatorError(f"{name}: needs a value; write {name} {option.value}")
            argument = rest.pop(0)
        try:
            value = option.parse(argument)
        except ValueError as error:
            raise OperatorError(f"{name} {argument}: {error}") from None
    setattr(settings, option.key, value)
