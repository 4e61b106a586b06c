"""Settings as they are written in xspice.toml."""
from typing import Any

from .option_table import GROUPS, OPTIONS, Option
from .settings import Settings
from .values import Size


def written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple) and not isinstance(value, Size):
        return f'[{", ".join(map(written, value))}]'
    return f'"{"".join(map(_character, str(value)))}"'


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if "\ud800" <= character <= "\udfff":  # of a name that is not in UTF-8, which TOML must be in
        return "?"
    return character if character.isprintable() else f"\\U{ord(character):08X}"


def of_settings(settings: Settings) -> str:
    """What --print-config prints: what was given, and where; as comments what was not."""
    lines = ["# What xspice would use. Lines that begin with # are defaults."]
    if settings.display is not None:
        lines.append(f"# Display, which only the command line can tell: :{settings.display}")
    for group in GROUPS:
        options = [option for option in OPTIONS if option.group == group and option.in_files
                   and (option.name in settings.given or is_for_users(option))]
        if options:
            lines += ["", f"# {group}", *(_line(option, settings) for option in options)]
    return "\n".join(lines) + "\n"


def _line(option: Option, settings: Settings) -> str:
    value = getattr(settings, option.key)
    if option.name in settings.given:
        return f"{option.file_key} = {written(value)}  # {_one_line(str(settings.given[option.name]))}"
    return default_line(option)


def _one_line(text: str) -> str:
    return written(text)[1:-1]


def default_line(option: Option) -> str:
    return f"#{option.file_key} = {written(option.value if option.default is None else option.default)}"


def is_for_users(option: Option) -> bool:
    """Whether it does something."""
    return not (option.idle or option.missing or option.secret)
