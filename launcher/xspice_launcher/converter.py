"""Reads the configuration of an Xspice, spiceqxl.xorg.conf: as settings, or as the xspice.toml that says the same."""
import re
from collections.abc import Iterator
from typing import NamedTuple

from . import report, values
from .errors import OperatorError
from .option_table import BY_NAME, OPTIONS, Option
from .settings import USER_FILE, Origin, Settings
from .toml_text import written

_DRIVER = "spiceqxl"
# What every such file has besides, and what is so here anyway.
_USUAL = {
    ("device", "identifier"), ("device", "driver"), ("inputdevice", "identifier"), ("inputdevice", "driver"),
    ("monitor", "identifier"), ("screen", "identifier"), ("screen", "monitor"), ("screen", "device"),
    ("screen", "defaultdepth"), ("serverlayout", "identifier"), ("serverlayout", "screen"),
    ("serverlayout", "inputdevice"), ("serverflags", "option autoadddevices"),
}


class Line(NamedTuple):
    number: int
    section: str  # in lower case
    words: tuple[str, ...]


class Entry(NamedTuple):
    """One option of the Device section. `option`: None when Xspice has none of that name."""

    number: int
    name: str  # as it is written there
    value: str
    option: Option | None


def read(text: str, path: str, settings: Settings) -> None:
    """Raises OperatorError."""
    lines = _lines(text, path)
    for entry in _entries(lines, path):
        origin = Origin(USER_FILE, entry.name, path)
        if entry.option is None:
            report.warning(f"{origin}: no option of Xspice; ignored")
        elif entry.value:
            settings.give(entry.option, entry.value, origin)
    size = _mode(lines)
    if size:
        settings.give(BY_NAME["--size"], size, Origin(USER_FILE, "Modes", path))


def toml(text: str, path: str) -> str:
    """Raises OperatorError when it is no such file."""
    lines = _lines(text, path)
    made = [f'# Made by "xspice --convert-config" from {_plain(path)}.']
    entries = _entries(lines, path)
    for entry in entries:
        made += map(_plain, _converted(entry))
    size = _mode(lines)
    if size:
        made.append(f"size = {written(size)}")
    if not any(entry.option and entry.option.name == "--addr" and entry.value for entry in entries):
        made += ["", "# Xspice let clients of other machines in, too. xspice does so with this line only:",
                 '#addr = ["0.0.0.0"]']
    others = [line for line in lines if not _is_known(line)]
    if others:
        made += ["", "# Not taken over:"]
        made += [f"#   line {line.number}: {_plain(' '.join(line.words))}" for line in others]
    return "\n".join(made) + "\n"


def _converted(entry: Entry) -> Iterator[str]:
    option, where = entry.option, f"(line {entry.number})"
    if option is None:
        yield f"# {entry.name} {where}: no option of Xspice"
    elif not entry.value:
        return
    elif option.secret:
        yield f"# {entry.name} {where}: a password is kept in a file of its own, which is named here:"
        yield f'#{BY_NAME[option.secret].file_key} = "FILE"'
    elif option.idle:
        yield f"# {entry.name} {where}: has nothing left to do: {option.idle}"
    else:
        settings, origin = Settings(), Origin(USER_FILE, entry.name)
        try:
            settings.give(option, entry.value, origin)
        except OperatorError as error:
            why = str(error).removeprefix(f"{origin.with_value(entry.value)}: ")
            yield f'# {entry.name} "{entry.value}" {where}: {why}'
            return
        if not option.missing:
            yield f"{option.file_key} = {written(getattr(settings, option.key))}"


def _plain(text: str) -> str:
    """Nothing that would end a comment."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _lines(text: str, path: str) -> list[Line]:
    """The lines inside sections; a subsection is part of its section. Raises OperatorError."""
    found, section = [], ""
    for number, line in enumerate(text.splitlines(), 1):
        words = _words(line)
        keyword = _same(words[0]) if words else ""
        if keyword == "section":
            section = _same(words[1]) if len(words) > 1 else "?"
        elif keyword == "endsection":
            section = ""
        elif words and not section:
            raise OperatorError(f"{path}: line {number} is in no section; name the spiceqxl.xorg.conf of an Xspice")
        elif words:
            found.append(Line(number, section, words))
    return found


def _words(line: str) -> tuple[str, ...]:
    """Without their quotation marks, and without a comment."""
    words = []
    for match in re.finditer(r'#|"([^"]*)"|[^\s"#]+', line):
        if match[0] == "#":
            break
        words.append(match[0] if match[1] is None else match[1])
    return tuple(words)


def _same(name: str) -> str:
    """Names are equal for Xorg that differ only in this."""
    return re.sub(r"[\s_]", "", name).lower()


def _entries(lines: list[Line], path: str) -> list[Entry]:
    """Of the Device section, in order; the last counts where an option is there twice. Raises OperatorError."""
    if not any(line.section == "device" and _same(line.words[0]) == "driver" and line.words[1:2] == (_DRIVER,)
               for line in lines):
        raise OperatorError(f'{path}: no Device section with Driver "{_DRIVER}", as that of an Xspice has; name '
                            "another file, or an xspice.toml")
    known = {_same(name): option for option in OPTIONS for name in (option.driver, option.xspice_name) if name}
    found: dict[str, Entry] = {}
    for line in lines:
        if line.section == "device" and _same(line.words[0]) == "option" and len(line.words) > 1:
            name, value = line.words[1], line.words[2] if len(line.words) > 2 else ""
            option = known.get(_same(name))
            if option is None and _same(name).startswith("no") and known.get(_same(name)[2:]):
                option, value = known[_same(name)[2:]], "false"
            if option and not option.value and not value:
                value = "true"
            found[option.name if option else name] = Entry(line.number, name, value, option)
    return list(found.values())


def _mode(lines: list[Line]) -> str | None:
    """The size that the Screen section asks for."""
    for line in lines:
        if line.section == "screen" and _same(line.words[0]) == "modes":
            for mode in line.words[1:]:
                try:
                    return str(values.size(mode))
                except ValueError:
                    continue
    return None


def _is_known(line: Line) -> bool:
    keyword = _same(line.words[0])
    if line.section == "device" and keyword == "option" or line.section == "screen" and keyword == "modes":
        return True
    if keyword == "option" and len(line.words) > 1:
        keyword += " " + _same(line.words[1])
    return (line.section, keyword) in _USUAL or keyword in ("subsection", "endsubsection", "depth")
