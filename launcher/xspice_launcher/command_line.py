"""Reads the words that xspice was started with."""
import re

from . import values
from .errors import OperatorError
from .option_table import BY_NAME, OPTIONS, TELLTALE_OPTIONS
from .settings import Settings


def read(arguments: list[str], settings: Settings) -> None:
    """Raises OperatorError."""
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


def _set_display(settings: Settings, word: str) -> None:
    if settings.display is not None:
        raise OperatorError(f"{word}: a display was given already (:{settings.display}); give one")
    settings.display = int(word[1:])
    if settings.display > values.MAX_DISPLAY:
        raise OperatorError(f"{word}: no such display; use :0 to :{values.MAX_DISPLAY}, or none for a free one")


def _set_option(settings: Settings, word: str, rest: list[str]) -> None:
    name, equals, argument = word.partition("=")
    option = BY_NAME.get(name)
    if name in TELLTALE_OPTIONS:
        raise OperatorError(f"{name}: other users of this machine can read command lines; write the password into "
                            f"a file, and give {TELLTALE_OPTIONS[name]} FILE")
    if option is None:
        import difflib  # here: nobody else needs it

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
        settings.assign(option, argument, option.name)
    settings.given.add(option.name)
