"""Listening sockets that a service manager passed to us: sd_listen_fds(3)."""
import os
import socket
import stat
from collections.abc import Mapping
from typing import NamedTuple

from . import processes
from .errors import OperatorError

_FIRST = 3
_OURS = "spice"  # FileDescriptorName= of sockets that are for us, where some are named so


class InheritedSocket(NamedTuple):
    descriptor: int
    host: str = ""  # where it is bound, when it is TCP
    port: int = 0
    path: str = ""  # when it is a Unix socket
    private: bool = False  # nobody but our user, and root, can connect


def take(environment: Mapping[str, str], pid: int) -> tuple[InheritedSocket, ...]:
    """Those that are meant for the process `pid`. Raises OperatorError for one that cannot be used."""
    if environment.get("LISTEN_PID") != str(pid) or not environment.get("LISTEN_FDS", "").isdecimal():
        return ()
    descriptors = list(range(_FIRST, _FIRST + int(environment["LISTEN_FDS"])))
    names = environment.get("LISTEN_FDNAMES", "").split(":")
    if _OURS in names:
        descriptors = [descriptor for descriptor, name in zip(descriptors, names) if name == _OURS]
    return tuple(_look_at(descriptor) for descriptor in descriptors)


def _is_private(path: str) -> bool:
    status = os.stat(path)
    return status.st_uid == os.getuid() and not stat.S_IMODE(status.st_mode) & 0o077


def _look_at(descriptor: int) -> InheritedSocket:
    try:
        kept = processes.keep_clear(descriptor)
        with socket.socket(fileno=os.dup(kept)) as listener:
            if listener.type == socket.SOCK_STREAM and listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                name = listener.getsockname()
                if listener.family in (socket.AF_INET, socket.AF_INET6):
                    return InheritedSocket(kept, host=name[0], port=name[1])
                if listener.family == socket.AF_UNIX and isinstance(name, str) and name:
                    return InheritedSocket(kept, path=name, private=_is_private(name))
    except OSError:
        pass
    raise OperatorError(f"LISTEN_FDS: descriptor {descriptor} is not a socket that SPICE clients can connect to; "
                        "give ListenStream= with a port or a path in the socket unit")
