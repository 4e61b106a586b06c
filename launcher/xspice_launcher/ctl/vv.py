"""xspicectl vv: writes a file that opens the display in remote-viewer."""
import os

from .. import files, ticket, viewer_file
from ..errors import OperatorError
from .access import new_ticket
from .command import Call, Result

_EXPIRES = 120  # seconds; what oVirt's viewers are given
# Flags that only become a key of the file.
_KEYS = {"--proxy": "proxy", "--username": "username", "--needs-version": "version", "--usbredir": "enable-usbredir",
         "--smartcard": "enable-smartcard", "--disable-channels": "disable-channels"}
_WRITTEN = {"on": "1", "off": "0"}


def run(call: Call) -> Result:
    flags = call.flags
    file = call.words[0] if call.words else "-"
    with call.connect() as display:
        contents, access = _facts(display.path), display.request("status").get("access")
        contents = contents._replace(
            entrances=_entrances(contents.entrances, flags["--host"], flags["--port"]),
            title=flags["--title"] or contents.title, delete_this_file=not flags["--keep"], more=_more(flags))
        _check_access(flags, access)
        if access == "ticket":
            password = ticket.generate()
            display.request("add-ticket", **new_ticket(password, _lifetime(flags), not flags["--keep"],
                                                       flags["--view-only"]))
            contents = contents._replace(ticket=password)
    if file == "-":
        return Result(viewer_file.keys(contents), viewer_file.text(contents).decode().removesuffix("\n"))
    _write(file, viewer_file.text(contents))
    return Result({"file": file}, f"{file}: {_what_it_is(flags, access)}")


def _facts(socket: str) -> viewer_file.Contents:
    """The keeper left them beside the socket, to which `socket` may be a link."""
    path = os.path.join(os.path.dirname(os.path.realpath(socket)), viewer_file.FACTS)
    try:
        with open(path, "rb") as file:
            return viewer_file.from_facts(file.read())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise OperatorError(f"{path}: {why}; .vv files can be written for displays that clients can connect to, and "
                            "that xspice started") from None


def _entrances(found: list, host: str | None, port: int | None) -> list:
    """As clients reach them. Through `port` they reach one: of several the best protected."""
    if host is None and port is None:
        return found
    ports = [entrance._replace(host=host or entrance.host) for entrance in found if entrance.port]
    if not ports:
        flag, given = ("--host", host) if host else ("--port", port)
        raise OperatorError(f"vv {flag} {given}: the display has no port, only a Unix socket; leave {flag} out, or "
                            "start xspice with --addr")
    if port is None:
        return ports
    return [max(ports, key=lambda entrance: entrance.tls)._replace(port=port)]


def _check_access(flags: dict, access: str | None) -> None:
    if access == "ticket":
        return
    for flag in ("--view-only", "--expires"):
        if flags[flag]:
            reason = "asks SASL who comes in" if access == "sasl" else "asks nobody for a password"
            raise OperatorError(f"vv {flag}: the display {reason}, so a file cannot limit that; leave {flag} out")


def _lifetime(flags: dict) -> float | None:
    if flags["--expires"] is not None:
        return flags["--expires"]
    return None if flags["--keep"] else _EXPIRES


def _more(flags: dict) -> dict[str, str]:
    found = {"fullscreen": "1"} if flags["--fullscreen"] else {}
    found |= {key: _WRITTEN.get(flags[flag], flags[flag]) for flag, key in _KEYS.items() if flags[flag] is not None}
    return found | (flags["--hotkeys"] or {})


def _what_it_is(flags: dict, access: str | None) -> str:
    if access != "ticket":
        return "opens the display"
    lifetime = _lifetime(flags)
    uses = "opens the display" if flags["--keep"] else "opens the display once"
    return uses if lifetime is None else f"{uses}, within {lifetime:g} s"


def _write(path: str, contents: bytes) -> None:
    try:
        files.write_private(os.path.realpath(path), contents)
    except OSError as error:
        raise OperatorError(f"vv {path}: cannot be written: {error.strerror}; name a file in a directory of yours") \
            from None
