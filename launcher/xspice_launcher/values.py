"""Checks of single option values. Each returns the value, or raises ValueError("what is wrong; the remedy")."""
import os
import re
import shutil
import socket
from collections.abc import Callable
from typing import NamedTuple

from .errors import OperatorError

MAX_DISPLAY = 65535 - 6000  # X's own limit: display N has TCP port 6000 + N, whether it is used or not
MAX_SOCKET_PATH = 107  # bytes; sun_path of sockaddr_un with its final zero byte
MAX_PASSWORD = 60  # bytes; SPICE_MAX_PASSWORD_LENGTH
XKB = "/usr/share/X11/xkb"


def integer(least: int, most: int) -> Callable[[str], int]:
    def parse(argument: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", argument) or not least <= int(argument) <= most:
            raise ValueError(f"not a whole number from {least} to {most}; give one")
        return int(argument)
    return parse


def port(argument: str) -> int:
    """0: none."""
    if not re.fullmatch(r"[0-9]{1,9}", argument) or int(argument) > 65535:
        raise ValueError("not a whole number from 1 to 65535; give one, or 0 for no port")
    return int(argument)


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(argument: str) -> str:
        if argument not in choices:
            raise ValueError(f'no such choice; use {", ".join(choices[:-1])} or {choices[-1]}')
        return argument
    parse.choices = choices
    return parse


def text(argument: str) -> str:
    """Goes into xorg.conf and the .vv file, which know no escapes."""
    if not argument or any(c == '"' or not c.isprintable() for c in argument):
        raise ValueError("empty, or with a quotation mark or control character; use plain text")
    if len(argument.encode()) > 256:
        raise ValueError("too long; use 256 bytes at most")
    return argument


def path(argument: str) -> str:
    if not argument:
        raise ValueError("an empty path; name a file or directory")
    return os.path.abspath(argument)


def path_or_dash(argument: str) -> str:
    """A dash is standard input."""
    return argument if argument == "-" else path(argument)


def written_path(argument: str) -> str:
    """Goes into xorg.conf."""
    if any(c == '"' or not c.isprintable() for c in argument):
        raise ValueError("with a quotation mark or control character; use a path without")
    return path(argument)


def config_path(argument: str) -> str:
    """A name without directories may be that of a file where Xorg looks for it, as Xspice's usual --config is."""
    of_xorg = os.path.join("/etc/X11", argument)
    if argument and "/" not in argument and not os.path.exists(argument) and os.path.isfile(of_xorg):
        return of_xorg
    return path(argument)


def program(argument: str) -> str:
    """A path, or a name that is looked up in PATH as the shell does."""
    return path(argument if "/" in argument else shutil.which(argument) or argument)


def switch(argument: str) -> bool:
    """As everybody writes it."""
    word = argument.lower()
    if word not in _SWITCH:
        raise ValueError("neither true nor false; write one of them")
    return _SWITCH[word]


_SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def socket_path(argument: str) -> str:
    found = written_path(argument)
    if len(os.fsencode(found)) > MAX_SOCKET_PATH:
        raise ValueError(f"longer than the {MAX_SOCKET_PATH} bytes that a Unix socket's name may have; "
                         "use a shorter one")
    if not os.access(os.path.dirname(found), os.W_OK | os.X_OK) or os.path.isdir(found):
        raise ValueError("no socket can be made there; name one in a directory of yours, such as $XDG_RUNTIME_DIR")
    return found


def web_origin(argument: str) -> str:
    """RFC 6454, in the one spelling that browsers send."""
    if not re.fullmatch(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", argument):
        raise ValueError("not an origin; write https://host or https://host:port, in lower case, without a path")
    return argument


def host_name(argument: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z._-]{1,255}", argument):
        raise ValueError("not a host name; give one such as desk.example.org")
    return argument


def sasl_user(argument: str) -> str:
    if "," in argument or "\\" in argument:
        raise ValueError("with a comma or backslash; give one name such as alice or alice@EXAMPLE.ORG")
    return text(argument)


def ciphers(argument: str) -> str:
    """Whether OpenSSL knows them is found out by the server."""
    if not re.fullmatch(r"[0-9A-Za-z:+!@=_, -]+", argument):
        raise ValueError("not a cipher list; see openssl-ciphers(1)")
    return argument


CHANNELS = ("main", "display", "inputs", "cursor", "playback", "record")


def channels(argument: str) -> tuple[str, ...]:
    names = tuple(argument.split(","))
    if names != ("all",) and not all(name in CHANNELS for name in names):
        raise ValueError(f"not a list of channels; write all, or some of {','.join(CHANNELS)}")
    return names


def command_line(argument: str) -> str:
    if not argument.strip():
        raise ValueError("an empty command; give a shell command, or leave the option out")
    return argument


_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(argument: str) -> int:
    """Seconds; 0: without end."""
    match = re.fullmatch(r"([0-9]{1,7})([smhd]?)", argument)
    if not match:
        raise ValueError("not a time; give seconds, or a number with s, m, h or d, such as 10m; 0 for no end")
    return int(match[1]) * _SECONDS[match[2]]


class Size(NamedTuple):
    width: int  # pixels
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


USUAL_SCREEN = Size(8192, 8192)  # what the driver reserves unless told otherwise
LARGEST_SCREEN = Size(16384, 16384)


def size(argument: str) -> Size:
    match = re.fullmatch(r"([0-9]{1,5})[xX]([0-9]{1,5})", argument)
    if not match:
        raise ValueError("not a size; write WIDTHxHEIGHT in pixels, such as 1280x1024")
    wanted = Size(int(match[1]), int(match[2]))
    if min(wanted) < 64 or max(wanted) > LARGEST_SCREEN.width:
        raise ValueError(f"out of range; use 64x64 to {LARGEST_SCREEN}")
    return wanted


def screen_limit(monitor: Size, count: int) -> Size | None:
    """The smallest of the sizes that the driver can reserve in which all monitors fit: its MaxSize."""
    for limit in (USUAL_SCREEN, LARGEST_SCREEN):
        if (limit.width // monitor.width) * (limit.height // monitor.height) >= count:
            return limit
    return None


def address(argument: str) -> str:
    """A numeric address or a host name of this machine. Whether it can be bound is found out later."""
    if not re.fullmatch(r"[0-9A-Za-z.:%_-]+", argument):
        raise ValueError("not an address; use one such as 127.0.0.1, ::1, 0.0.0.0 or a host name")
    try:
        socket.getaddrinfo(argument, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise ValueError("cannot be resolved; use an address of this machine, such as 127.0.0.1 or 0.0.0.0") from None
    return argument


def keyboard_name(argument: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_,:()+.-]*", argument):
        raise ValueError("not an XKB name; see xkeyboard-config(7)")
    return argument


def keyboard_layout(argument: str) -> str:
    for layout in keyboard_name(argument).split(","):
        if os.path.isdir(f"{XKB}/symbols") and not os.path.isfile(f"{XKB}/symbols/{layout}"):
            raise ValueError(f'no such layout as "{layout}"; {XKB}/rules/evdev.lst lists them')
    return argument


def check_keyboard_variants(layouts: list[str], variants: list[str]) -> None:
    """Raises OperatorError for a variant that its layout does not have."""
    for layout, variant in zip(layouts, variants):
        try:
            with open(f"{XKB}/symbols/{layout}", encoding="utf-8", errors="replace") as symbols:
                known = re.findall(r'xkb_symbols\s+"([^"]+)"', symbols.read())
        except OSError:
            continue  # no rules installed here: Xorg will say
        if variant and variant not in known:
            raise OperatorError(f'--keyboard-variant {variant}: layout "{layout}" has no such variant; '
                                f"{XKB}/rules/evdev.lst lists them")
