"""Reads the words that xspice was started with."""
import re
import shlex

from . import values, xorg_options
from .errors import OperatorError
from .option_table import BY_NAME, OPTIONS
from .settings import COMMAND_LINE, Origin, Settings


def read(arguments: list[str], settings: Settings) -> None:
    """Raises OperatorError."""
    words = list(arguments)
    if "--" in words:
        at = words.index("--")
        settings.command = words[at + 1:]
        del words[at:]
    while words:
        word = words.pop(0)
        if re.fullmatch(r":\d+(\.0)?", word):
            _set_display(settings, word)
        elif xorg_options.arguments_of(word) is not None:
            _set_xorg_option(settings, word, words)
        elif word.startswith("-") and word != "-":
            _set_option(settings, word, words)
        else:
            raise OperatorError(f'{word}: not an option; a display is written :N, and a command goes after "--"')


def _set_display(settings: Settings, word: str) -> None:
    if settings.display is not None:
        raise OperatorError(f"{word}: a display was given already (:{settings.display}); give one")
    settings.display = int(word[1:].removesuffix(".0"))
    if settings.display > values.MAX_DISPLAY:
        raise OperatorError(f"{word}: no such display; use :0 to :{values.MAX_DISPLAY}, or none for a free one")


def _set_option(settings: Settings, word: str, rest: list[str]) -> None:
    name, equals, argument = word.partition("=")
    option = BY_NAME.get(name)
    if option is None:
        import difflib  # here: nobody else needs it

        close = difflib.get_close_matches(name, [*(o.name for o in OPTIONS), *xorg_options.NAMES], n=1)
        remedy = f"did you mean {close[0]}?" if close else '"xspice --help" lists all options'
        raise OperatorError(f"{name}: no such option; {remedy}")
    origin = Origin(COMMAND_LINE, option.name)
    if not equals and option.value is None:
        argument = "true"
    elif not equals and not option.secret:
        if not rest:
            raise OperatorError(f"{option.name}: needs a value; write {option.name} {option.value}")
        argument = rest.pop(0)
    settings.give(option, argument, origin)


def _set_xorg_option(settings: Settings, name: str, rest: list[str]) -> None:
    """One that Xorg would take so."""
    count = xorg_options.arguments_of(name)
    arguments, rest[:count] = rest[:count], []
    if name not in xorg_options.OURS:
        settings.give(BY_NAME["--xorg-option"], shlex.join([name, *arguments]), Origin(COMMAND_LINE, "--xorg-option"))
    elif arguments:
        settings.give(BY_NAME[xorg_options.OURS[name]], arguments[0], Origin(COMMAND_LINE, name))
    else:
        raise OperatorError(f"{name}: needs a value; give {xorg_options.OURS[name]}")
