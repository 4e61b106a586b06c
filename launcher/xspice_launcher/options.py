"""Every option of xspice, once: its name, what it takes, how it is checked and what it says of itself.

The help text is made from OPTIONS; the man page and the generated xorg.conf are tested against it.
"""
import dataclasses
import difflib
import os
import re
from collections.abc import Callable
from typing import Any

from . import values
from .errors import OperatorError

DEFAULT_NAME = "xspice"
GROUPS = ("Connecting", "Screen", "Session", "Keyboard", "Files", "Other")


@dataclasses.dataclass(frozen=True)
class Option:
    """One option of the command line.

    `value` is the placeholder of its argument in the help; None makes it a switch.
    `parse` turns the argument into the setting, or raises ValueError with what is wrong and the remedy.
    `driver` is the xorg.conf option that takes the setting (see xorg_conf.py), where there is one.
    `environment` names a variable that is used when the option is not given.
    """

    name: str
    group: str
    help: str
    value: str | None = None
    parse: Callable[[str], Any] = str
    default: Any = None
    repeatable: bool = False
    driver: str | None = None
    short: str | None = None
    environment: str | None = None

    @property
    def key(self) -> str:
        """The name as an attribute and, one day, a key of a configuration file."""
        return self.name.removeprefix("--").replace("-", "_")


OPTIONS: tuple[Option, ...] = (
    Option("--port", "Connecting", "TCP port for SPICE clients. Default: 5900, or the next free one.",
           "PORT", values.port, driver="SpicePort"),
    Option("--addr", "Connecting",
           "Address to listen on; may be given several times. 0.0.0.0 and :: mean all of this machine. "
           "Default: 127.0.0.1, so only this machine can connect.",
           "ADDRESS", values.address, default=("127.0.0.1",), repeatable=True, driver="SpiceAddr"),
    Option("--password-file", "Connecting",
           "File whose first line is the password that clients must give. Default: a random password, "
           "printed once.",
           "FILE", values.path, driver="SpicePasswordFile"),
    Option("--disable-ticketing", "Connecting", "Let clients in without a password.", default=False,
           driver="SpiceDisableTicketing"),
    Option("--name", "Connecting", f"Name of this desktop, shown by clients. Default: {DEFAULT_NAME}.",
           "NAME", values.text, default=DEFAULT_NAME, driver="SpiceName"),
    Option("--image-compression", "Connecting",
           "How pictures are compressed: auto (as suits each picture, client and link), off, auto_glz, auto_lz, "
           "quic, glz, lz or lz4. Default: auto.",
           "METHOD", values.one_of("auto", "off", "auto_glz", "auto_lz", "quic", "glz", "lz", "lz4"),
           default="auto", driver="SpiceImageCompression"),
    Option("--jpeg-wan-compression", "Connecting",
           "When photographs are sent as JPEG until their exact pixels follow: auto (when these would take too "
           "long), never or always. Default: auto.",
           "WHEN", values.one_of("auto", "never", "always"), default="auto", driver="SpiceJpegWanCompression"),
    Option("--zlib-glz-wan-compression", "Connecting",
           "When pictures compressed with GLZ go through zlib, too: auto (when it pays), never or always. "
           "Default: auto.",
           "WHEN", values.one_of("auto", "never", "always"), default="auto",
           driver="SpiceZlibGlzWanCompression"),

    Option("--size", "Screen", "Size of each monitor in pixels. Default: 1920x1080.",
           "WIDTHxHEIGHT", values.size, default=values.Size(1920, 1080), driver="Size"),
    Option("--numheads", "Screen", "Number of monitors, 1 to 16, side by side. Default: 1.",
           "COUNT", values.integer(1, 16), default=1, driver="NumHeads"),
    Option("--dpi", "Screen", "Resolution told to programs, in dots per inch. Default: 96.",
           "DPI", values.integer(30, 600), default=96, driver="Dpi"),

    Option("--session", "Session",
           "Shell command to run on the display; xspice ends when it ends, with its exit status. "
           '"-- COMMAND..." does the same without a shell. Default: the display alone.',
           "COMMAND", values.command_line),

    Option("--keyboard-layout", "Keyboard",
           "XKB layouts, separated by commas, such as us, de or us,ru. Default: us.",
           "LAYOUT", values.keyboard_layout, default="us", driver="XkbLayout"),
    Option("--keyboard-variant", "Keyboard", "XKB variants, one for each layout, such as nodeadkeys.",
           "VARIANT", values.keyboard_name, driver="XkbVariant"),
    Option("--keyboard-model", "Keyboard", "XKB model. Default: pc105.",
           "MODEL", values.keyboard_name, default="pc105", driver="XkbModel"),
    Option("--keyboard-options", "Keyboard", "XKB options, such as compose:menu,grp:alt_shift_toggle.",
           "OPTIONS", values.keyboard_name, driver="XkbOptions"),

    Option("--log-file", "Files",
           "Where the X server's log goes, and stays. Default: a file that is removed at the end.",
           "FILE", values.path),
    Option("--module-path", "Files", "Directory that holds drivers/xspice_drv.so. Default: where it was installed.",
           "DIRECTORY", values.path, environment="XSPICE_MODULE_PATH"),
    Option("--xorg", "Files", "X server program. Default: /usr/lib/xorg/Xorg.",
           "FILE", values.path, default="/usr/lib/xorg/Xorg"),

    Option("--print-config", "Other", "Print the xorg.conf that would be used, and exit.", default=False),
    Option("--help", "Other", "Print this help, and exit.", default=False, short="-h"),
    Option("--version", "Other", "Print the version, and exit.", default=False),
)

BY_NAME = {name: option for option in OPTIONS for name in (option.name, option.short) if name}


class Settings:
    """What the command line asked for: one attribute per option (Option.key), `display` and `command`.

    `given` holds the names of the options that were really given.
    """

    def __init__(self) -> None:
        self.display: int | None = None
        self.command: list[str] | None = None
        self.given: set[str] = set()
        for option in OPTIONS:
            setattr(self, option.key, option.default)


def parse(arguments: list[str], environment: dict[str, str]) -> Settings:
    """Raises OperatorError. --help and --version win over every mistake but an unknown option."""
    settings = Settings()
    words = list(arguments)
    if "--" in words:
        at = words.index("--")
        settings.command = words[at + 1:]
        del words[at:]
    while words:
        word = words.pop(0)
        if re.fullmatch(r":\d+", word):
            _set_display(settings, word)
        elif word.startswith("-") and word != "-":
            _set_option(settings, word, words)
        else:
            raise OperatorError(f'{word}: not an option; a display is written :N, and a command goes after "--"')
    for option in OPTIONS:
        if option.environment and option.name not in settings.given and environment.get(option.environment):
            _assign(settings, option, environment[option.environment], option.environment)
    if not (settings.help or settings.version):
        _refuse_contradictions(settings)
    return settings


def _set_display(settings: Settings, word: str) -> None:
    if settings.display is not None:
        raise OperatorError(f"{word}: a display was given already (:{settings.display}); give one")
    settings.display = int(word[1:])
    if settings.display > values.MAX_DISPLAY:
        raise OperatorError(f"{word}: no such display; use :0 to :{values.MAX_DISPLAY}, or none for a free one")


def _set_option(settings: Settings, word: str, rest: list[str]) -> None:
    name, equals, argument = word.partition("=")
    option = BY_NAME.get(name)
    if option is None:
        close = difflib.get_close_matches(name, [o.name for o in OPTIONS], n=1)
        remedy = f"did you mean {close[0]}?" if close else '"xspice --help" lists all options'
        raise OperatorError(f"{name}: no such option; {remedy}")
    if option.name in settings.given and not option.repeatable:
        raise OperatorError(f"{option.name}: given twice; give it once")
    if option.value is None:
        if equals:
            raise OperatorError(f'{option.name}: takes no value; leave out "={argument}"')
        setattr(settings, option.key, True)
    else:
        if not equals:
            if not rest:
                raise OperatorError(f"{option.name}: needs a value; write {option.name} {option.value}")
            argument = rest.pop(0)
        _assign(settings, option, argument, option.name)
    settings.given.add(option.name)


def _assign(settings: Settings, option: Option, argument: str, source: str) -> None:
    try:
        value = option.parse(argument)
    except ValueError as error:
        raise OperatorError(f"{source} {argument}: {error}") from None
    if option.repeatable:
        before = getattr(settings, option.key) if option.name in settings.given else ()
        value = before if value in before else (*before, value)
    setattr(settings, option.key, value)


def _refuse_contradictions(settings: Settings) -> None:
    if settings.password_file and settings.disable_ticketing:
        raise OperatorError("--disable-ticketing: contradicts --password-file; give one of them")
    if settings.session and settings.command is not None:
        raise OperatorError('--session: contradicts the command after "--"; give one of them')
    if settings.command == []:
        raise OperatorError("--: needs a command; write -- COMMAND ARGUMENT...")
    if screen_limit(settings) is None:
        raise OperatorError(f"--numheads {settings.numheads}: monitors of {settings.size} do not fit into "
                            f"{values.LARGEST_SCREEN} pixels; lower it or --size")
    if settings.keyboard_variant:
        layouts, variants = settings.keyboard_layout.split(","), settings.keyboard_variant.split(",")
        if len(variants) > len(layouts):
            raise OperatorError(f"--keyboard-variant {settings.keyboard_variant}: more variants than layouts; "
                                "give one for each layout of --keyboard-layout")
        values.check_keyboard_variants(layouts, variants)


def screen_limit(settings: Settings) -> values.Size | None:
    """The smallest of the sizes that the driver can reserve in which all monitors fit: its MaxSize."""
    size = settings.size
    for limit in (values.USUAL_SCREEN, values.LARGEST_SCREEN):
        if (limit.width // size.width) * (limit.height // size.height) >= settings.numheads:
            return limit
    return None


def help_text(width: int = 80) -> str:
    """The text of --help, for people who see xspice for the first time."""
    lines = [
        "Usage: xspice [:N] [OPTION...] [-- COMMAND...]",
        "",
        *_wrap("Starts an X display that SPICE clients such as remote-viewer connect to. Without :N the first "
               "free display is used. It prints how to connect as soon as X programs and SPICE clients can, "
               "and runs until COMMAND ends, or until it is interrupted (Ctrl-C).", 0, width),
        "",
        "Examples:",
        "  xspice -- xterm                         a terminal to connect to from here",
        "  xspice :1 --port 5900 --session openbox-session",
        "  xspice --addr 0.0.0.0 --size 1920x1080  for clients on other machines, too",
    ]
    for group in GROUPS:
        lines += ["", f"{group}:"]
        for option in OPTIONS:
            if option.group == group:
                head = ", ".join(filter(None, (option.short, option.name)))
                lines.append(f'  {head} {option.value or ""}'.rstrip())
                lines += _wrap(option.help, 6, width)
    lines += [
        "",
        *_wrap("Exit status: that of COMMAND (128 and the number of the signal if one ended it); 2 when the "
               "display could not be started; 1 when the X server ended by itself.", 0, width),
        "",
        "More: man xspice",
    ]
    return "\n".join(lines) + "\n"


def _wrap(text: str, indent: int, width: int) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and indent + len(line) + 1 + len(word) > width:
            lines.append(" " * indent + line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, " " * indent + line]


def find_module_path(settings: Settings) -> str:
    """The directory for Xorg's -modulepath; raises OperatorError when the module is not in it."""
    path = settings.module_path
    if path is None:
        try:
            from . import build_config  # written by meson at installation
            path = build_config.MODULE_PATH
        except ImportError:
            raise OperatorError("--module-path: xspice is not installed, so it must be told where its module is; "
                                "use scripts/run, or give the directory of drivers/xspice_drv.so") from None
    module = os.path.join(path, "drivers", "xspice_drv.so")
    if not os.path.isfile(module):
        raise OperatorError(f"--module-path {path}: drivers/xspice_drv.so is not there; build or install xspice, "
                            "or give the directory that has it")
    return path
