"""The desktops that are installed: files *.desktop of directories `xsessions`.

Format: the Desktop Entry Specification of freedesktop.org.
"""
import os
import re
import shutil
from collections.abc import Mapping
from typing import NamedTuple

_SYSTEM = "/usr/share/xsessions"
_MAX_SIZE = 1 << 20  # bytes; real ones have two thousand
_ESCAPES = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
# Which field codes there are, and those of earlier versions. They stand for files, URLs and icons that are opened
# with an application; a session has none.
_FIELD_CODES = "fFuUdDnNickvm"
_QUOTED = r'"(?:[^"\\]|\\.)*"'


class Entry(NamedTuple):
    """One desktop. `identifier`: the file's name without .desktop."""

    identifier: str
    name: str
    comment: str
    argv: tuple[str, ...]
    desktops: tuple[str, ...]  # DesktopNames


def installed(environment: Mapping[str, str]) -> dict[str, Entry]:
    """Those that can be started, by identifier. The user's own hide those of the system."""
    found: dict[str, Entry | None] = {}
    for directory in directories(environment):
        try:
            names = sorted(os.listdir(directory))
        except OSError:
            continue
        for name in names:
            identifier = name.removesuffix(".desktop")
            if identifier and identifier != name and identifier not in found:
                found[identifier] = _read(os.path.join(directory, name), identifier, environment.get("PATH"))
    return {identifier: entry for identifier, entry in sorted(found.items()) if entry}


def directories(environment: Mapping[str, str]) -> list[str]:
    """Best first: XDG Base Directory Specification."""
    own = environment.get("XDG_DATA_HOME", "")
    if not os.path.isabs(own):
        own = os.path.expanduser("~/.local/share")
    shared = environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    found = [os.path.join(base, "xsessions") for base in (own, *shared.split(":")) if os.path.isabs(base)]
    return list(dict.fromkeys([*found, _SYSTEM]))


def _read(path: str, identifier: str, search: str | None) -> Entry | None:
    """None for one that says that it is not to be used, and for one that cannot be."""
    try:
        with open(path, "rb") as file:
            keys = _keys(file.read(_MAX_SIZE).decode(errors="replace"))
        if keys.get("Hidden") == "true" or keys.get("Type", "Application") not in ("Application", "XSession"):
            return None
        wanted = _unescaped(keys.get("TryExec", ""))
        if wanted and not shutil.which(wanted, path=search):
            return None
        argv = split_exec(_unescaped(keys.get("Exec", "")))
    except (OSError, ValueError):
        return None
    desktops = tuple(filter(None, re.split("[;:]", _one_line(keys.get("DesktopNames", "")))))
    return Entry(identifier, _one_line(keys.get("Name", "")) or identifier, _one_line(keys.get("Comment", "")),
                 tuple(argv), desktops)


def _keys(text: str) -> dict[str, str]:
    """Of the group [Desktop Entry], as they are written; of a key that is there twice, the first."""
    keys: dict[str, str] = {}
    group = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            group = line
        elif group == "[Desktop Entry]" and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            keys.setdefault(key.rstrip(), value.lstrip())
    return keys


def _unescaped(value: str) -> str:
    """As values of type string are written."""
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), value)


def _one_line(value: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in _unescaped(value)).split())


def split_exec(command: str) -> list[str]:
    """The words of an Exec value: quoting resolved, field codes dropped. Raises ValueError.

    The specification quotes whole words, with double quotes; login programs take parts, and single quotes, too.
    """
    words = []
    for match in re.finditer(rf"(?:{_QUOTED}|'[^']*'|[^\s\"'])+|\S", command, re.DOTALL):
        word = match[0]
        if word in ('"', "'"):
            raise ValueError("a quotation mark that is not closed")
        made = "".join(_resolved(part) for part in re.findall(rf"{_QUOTED}|'[^']*'|[^\"']+", word, re.DOTALL))
        if made or not word.startswith("%"):
            words.append(made)
    if not words or not words[0] or "=" in words[0]:
        raise ValueError("no program")
    return words


def _resolved(part: str) -> str:
    if part.startswith("'"):
        return part[1:-1]
    if part.startswith('"'):
        return re.sub(r'\\(["`$\\])', r"\1", part[1:-1])
    return _without_field_codes(part)


def _without_field_codes(word: str) -> str:
    def replacement(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        if match[1] and match[1] in _FIELD_CODES:
            return ""
        raise ValueError(f"no such field code: %{match[1]}")
    return re.sub("%(.?)", replacement, word)
