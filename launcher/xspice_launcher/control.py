"""Talks to the control socket of a display: see docs/control.md.

    with control.connect(control.find(1)) as display:
        display.request("status")["width"]
        answer, descriptor = display.request_descriptor("screenshot", cursor=True)
"""
import array
import errno
import json
import os
import re
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

from . import network
from .errors import OperatorError

PROTOCOL = 1
VARIABLE = "XSPICE_CONTROL"  # set in sessions: the path of their display's socket
DEFAULT_TIMEOUT = 30.0  # seconds; what is answered at once is, but machines can be loaded
_GREETING_TIMEOUT = 10.0
_MAX_LINE = 64 << 20  # bytes; a list of a great many clients is not near it
_MAX_DESCRIPTORS = 4
_CREDENTIALS = struct.Struct("3i")  # struct ucred: process, user, group
_TIME = struct.Struct("@ll")  # struct timeval: s, us


class Refused(OperatorError):
    """The server understood, and said no: its own line."""

    def __init__(self, line: str) -> None:
        super().__init__(line, status=1)


class Gone(OperatorError):
    """The display ended, or does not answer."""


# --- which displays there are ---------------------------------------------------------------------------------------


def directories(environment: Mapping[str, str]) -> list[str]:
    """Where sockets of this user's displays are, best first."""
    user = os.getuid()
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    found = [os.path.join(runtime, "xspice")] if os.path.isabs(runtime) else []
    found += [f"/run/user/{user}/xspice", f"/tmp/xspice-{user}"]
    return list(dict.fromkeys(found))


def running(environment: Mapping[str, str]) -> dict[int, str]:
    """Number and socket of every display of this user that takes connections."""
    found: dict[int, str] = {}
    for directory in directories(environment):
        try:
            # In /tmp others can make such a directory, too.
            names = os.listdir(directory) if os.lstat(directory).st_uid == os.getuid() else []
        except OSError:
            continue
        for name in names:
            match = re.fullmatch(r"display-(\d{1,9})\.control", name)
            path = os.path.join(directory, name)
            if match and int(match[1]) not in found and network.accepts(path):
                found[int(match[1])] = path
    return dict(sorted(found.items()))


def find(display: int | None, environment: Mapping[str, str] = os.environ) -> str:
    """The socket of that display; of the one that we run on; or of the only one there is. Raises OperatorError."""
    if display is None and environment.get(VARIABLE):
        return environment[VARIABLE]
    found = running(environment)
    if display is not None:
        if display in found:
            return found[display]
        raise OperatorError(f":{display}: no xspice display of yours; {_choice(found)}")
    ours = re.fullmatch(r":(\d{1,9})(?:\.\d+)?", environment.get("DISPLAY", ""))
    if ours and int(ours[1]) in found:
        return found[int(ours[1])]
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        raise OperatorError(f"which display? {_choice(found)}")
    raise OperatorError(_choice(found))


def _choice(found: dict[int, str]) -> str:
    if not found:
        return 'no xspice display of yours is running; "xspice" starts one'
    return f'give one of {", ".join(f":{number}" for number in found)}'


# --- one connection -------------------------------------------------------------------------------------------------


def connect(path: str, timeout: float = _GREETING_TIMEOUT) -> "Control":
    """Raises OperatorError when nobody of ours is there, or speaks a newer protocol."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        # Not settimeout(): that would give up at once where others are waiting to be let in.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TIME.pack(max(1, round(timeout)), 0))
        connection.connect(path)
        _check_owner(connection)
        return Control(connection, path, timeout)
    except OSError as error:
        connection.close()
        raise _unreachable(path, error) from None
    except BaseException:
        connection.close()
        raise


def _check_owner(connection: socket.socket) -> None:
    """A name below /tmp can be anybody's. Raises PermissionError."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, owner, _ = _CREDENTIALS.unpack(credentials)
    if os.getuid() not in (owner, 0):
        raise PermissionError(errno.EACCES, "another user")


def _unreachable(path: str, error: OSError) -> OperatorError:
    if isinstance(error, PermissionError):
        return OperatorError(f"{path}: not a display of yours; only its owner and root may control it")
    if isinstance(error, (FileNotFoundError, ConnectionRefusedError)):
        return Gone(f'{path}: no display is running there; "xspicectl list" lists yours')
    if isinstance(error, (TimeoutError, BlockingIOError)):
        return Gone(f"{path}: the display does not answer; try again later, or look at its log")
    return OperatorError(f"{path}: cannot connect: {error.strerror or error}; name the socket of a running display")


class Control:
    """One connection, greeted. Not for several threads.

    `version`: of the server. `fileno()` is readable when an event may have come; then read_events() has it.
    """

    def __init__(self, connection: socket.socket, path: str, timeout: float = _GREETING_TIMEOUT) -> None:
        """Takes a connection that nothing has been read from. Raises OperatorError; the connection stays open then."""
        self.path = path
        self._socket = connection
        self._unread = b""
        self._descriptors: list[int] = []
        self._events: list[dict[str, Any]] = []
        self._id = 0
        greeting = self._read(time.monotonic() + timeout)
        if greeting.get("ok") is False:
            raise Refused(_one_line(greeting.get("error")))
        protocol = greeting.get("protocol")
        if "xspice" not in greeting or not isinstance(protocol, int):
            raise OperatorError(f"{path}: what answers there is not xspice; name the socket of a display")
        if protocol > PROTOCOL:
            raise OperatorError(f"{path}: the display speaks version {protocol} of the control protocol, and this "
                                f"program version {PROTOCOL}; use the program that belongs to xspice "
                                f"{greeting['xspice']}")
        self.version = str(greeting["xspice"])

    def __enter__(self) -> "Control":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._drop_descriptors()
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def request(self, command: str, within: float | None = DEFAULT_TIMEOUT, **arguments: Any) -> dict[str, Any]:
        """The answer, without `ok` and `id`. Raises Refused with the server's line, and Gone.

        `within`: seconds to wait for it; None: for ever. `arguments` may have a timeout of their own.
        """
        answer = self._ask(command, within, arguments)
        self._drop_descriptors()
        return answer

    def request_descriptor(self, command: str, within: float | None = DEFAULT_TIMEOUT,
                           **arguments: Any) -> tuple[dict[str, Any], int | None]:
        """As request(), and the descriptor that came with the answer, which is the caller's to close."""
        answer = self._ask(command, within, arguments)
        descriptor = self._descriptors.pop() if self._descriptors else None
        self._drop_descriptors()
        return answer, descriptor

    def read_events(self) -> list[dict[str, Any]]:
        """The events that have come; does not wait. Raises Gone when the connection has ended and none is left."""
        try:
            while True:
                self._note(self._read(0.0))
        except TimeoutError:
            pass
        except Gone:
            if not self._events:
                raise
        found, self._events = self._events, []
        return found

    def _ask(self, command: str, within: float | None, arguments: dict[str, Any]) -> dict[str, Any]:
        deadline = None if within is None else time.monotonic() + within
        self._id += 1
        line = json.dumps({"id": self._id, "command": command, **arguments}, ensure_ascii=False) + "\n"
        try:
            self._socket.settimeout(within)
            self._socket.sendall(line.encode("utf-8", "surrogateescape"))
            while True:
                answer = self._read(deadline)
                if answer.get("id") == self._id and "ok" in answer:
                    break
                self._note(answer)
        except TimeoutError:
            raise Gone(f"{self.path}: the display did not answer {command!r} in {within:g} s; try again later, "
                       "or look at its log") from None
        except OSError as error:
            raise self._ended(error) from None
        if answer["ok"] is not True:
            raise Refused(_one_line(answer.get("error")))
        return {name: value for name, value in answer.items() if name not in ("ok", "id")}

    def _note(self, message: dict[str, Any]) -> None:
        """What is no answer to the request under way. An error without an id is about a line we sent."""
        if "event" in message:
            self._events.append(message)
        elif message.get("ok") is False:
            raise Refused(_one_line(message.get("error")))

    def _read(self, deadline: float | None) -> dict[str, Any]:
        """One line. Raises TimeoutError, and Gone."""
        while b"\n" not in self._unread:
            if len(self._unread) > _MAX_LINE:
                raise Gone(f"{self.path}: what answers there is not xspice; name the socket of a display")
            self._socket.settimeout(None if deadline is None else max(0.0, deadline - time.monotonic()))
            try:
                part = self._receive()
            except BlockingIOError:
                raise TimeoutError from None
            except TimeoutError:
                raise
            except OSError as error:
                raise self._ended(error) from None
            if not part:
                raise self._ended(None)
            self._unread += part
        line, _, self._unread = self._unread.partition(b"\n")
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise Gone(f"{self.path}: what answers there is not xspice; name the socket of a display")
        return message

    def _receive(self) -> bytes:
        part, ancillary, _, _ = self._socket.recvmsg(
            1 << 16, socket.CMSG_SPACE(_MAX_DESCRIPTORS * array.array("i").itemsize), socket.MSG_CMSG_CLOEXEC)
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers = array.array("i")
                numbers.frombytes(data[:len(data) - len(data) % numbers.itemsize])
                self._descriptors += numbers
        return part

    def _drop_descriptors(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()

    def _ended(self, error: OSError | None) -> Gone:
        why = f": {error.strerror}" if error and error.strerror else ""
        return Gone(f"{self.path}: the display ended, or let go of us{why}; its log tells why")


def _one_line(text: object) -> str:
    return " ".join(str(text or "no reason given").split())
