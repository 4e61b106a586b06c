"""Display numbers: which one is free, and the sockets that make it ours.

A display is taken by binding its abstract socket, which only one process of a network namespace can do, and which
is free again when its last holder has gone, however that ended. The X server is handed bound sockets
(sd_listen_fds(3)): it need not choose a number, nor make anything below /tmp; and the socket file of a display is
removed while nobody else can have that display yet.
"""
import errno
import os
import socket

from . import network, values, x11
from .errors import OperatorError

_BACKLOG = 128


class DisplayClaim:
    """`number`, and its listening sockets, until release()."""

    def __init__(self, number: int, tcp: bool = False) -> None:
        """`tcp`: listen at the display's TCP port, too. Raises OSError when somebody has one of them."""
        self.number = number
        self._file: tuple[int, int] | None = None  # device and inode of the socket file
        self._sockets: list[socket.socket] = []
        try:
            self._listen(socket.AF_UNIX, "\0" + x11.socket_path(number))
            if _is_locked(number):
                raise _in_use()
            self._make_file()
            if tcp:
                self._listen_to_tcp()
        except BaseException:
            self.release()
            raise

    @property
    def descriptors(self) -> tuple[int, ...]:
        return tuple(listener.fileno() for listener in self._sockets)

    @property
    def has_file(self) -> bool:
        return self._file is not None

    def release(self) -> None:
        path = x11.socket_path(self.number)
        if self._file and _identity(path) == self._file:
            os.unlink(path)
        self._file = None
        for listener in self._sockets:  # last, for then others can take the display
            listener.close()
        self._sockets.clear()

    def _listen(self, family: socket.AddressFamily, address: object) -> None:
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            if family != socket.AF_UNIX:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except BaseException:
            listener.close()
            raise
        self._sockets.append(listener)

    def _make_file(self) -> None:
        """For clients that know no abstract sockets, and where it can be done.

        Only one process of a network namespace comes here with this number; but /tmp may be shared with others.
        """
        path = x11.socket_path(self.number)
        if network.accepts(path):
            raise _in_use()
        mask = os.umask(0)  # the X server asks who it is that connects
        try:
            if os.getuid() == 0:  # nobody else's directory would be trusted
                os.makedirs(x11.SOCKET_DIRECTORY, 0o1777, exist_ok=True)
            if os.path.lexists(path):
                os.unlink(path)
            self._listen(socket.AF_UNIX, path)
            self._file = _identity(path)
        except OSError:
            pass
        finally:
            os.umask(mask)

    def _listen_to_tcp(self) -> None:
        port = 6000 + self.number
        self._listen(socket.AF_INET, ("0.0.0.0", port))
        try:
            self._listen(socket.AF_INET6, ("::", port))
        except OSError as error:
            if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):  # not on this machine
                raise


def claim(number: int | None, first: int, tcp: bool) -> DisplayClaim:
    """`number`, or the first free display from `first` on. Raises OperatorError."""
    for candidate in range(first, values.MAX_DISPLAY + 1) if number is None else (number,):
        try:
            return DisplayClaim(candidate, tcp)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise OperatorError(f":{candidate}: its sockets cannot be made: {error.strerror}; allow xspice to "
                                    "listen on Unix sockets") from None
    if number is None:
        raise OperatorError(f":{first}: this display is in use, and so are all after it; end some")
    raise OperatorError(f":{number}: this display is in use; choose another one, or leave it out for a free one")


def _in_use() -> OSError:
    return OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _is_locked(number: int) -> bool:
    """Another X server locks its display before it makes the sockets. A lock whose holder has gone is none, and
    neither is what anybody else may have put there: a pipe would keep us waiting.
    """
    try:
        with open(f"/tmp/.X{number}-lock", "rb", buffering=0, opener=_open_at_once) as lock:
            holder = int(lock.read(16) or b"")
        if holder <= 0:
            return False
        os.kill(holder, 0)
    except PermissionError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
