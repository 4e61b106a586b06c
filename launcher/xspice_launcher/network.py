"""Ports, addresses and sockets: which are free, and what they mean on this machine."""
import errno
import socket
from typing import TYPE_CHECKING

from .errors import OperatorError

if TYPE_CHECKING:
    from .settings import Settings

FIRST_PORT = 5900
_LAST_PORT = 5999


class PortClaim:
    """Keeps other launchers from choosing this port by themselves while it is held.

    A name in the abstract socket namespace, which is shared by exactly those who share TCP ports: the
    processes of a network namespace. It vanishes with its holder.
    """

    def __init__(self, port: int) -> None:
        """Raises OSError when another launcher has claimed the port."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.bind(f"\0xspice-port-{port}")
        except OSError:
            self._socket.close()
            raise

    def release(self) -> None:
        self._socket.close()


def family_of(settings: "Settings") -> socket.AddressFamily:
    if settings.ipv4_only:
        return socket.AF_INET
    return socket.AF_INET6 if settings.ipv6_only else socket.AF_UNSPEC


def choose_port(port: int | None, addresses: tuple[str, ...], *, option: str = "--port",
                family: socket.AddressFamily = socket.AF_UNSPEC, taken: int | None = None,
                ) -> tuple[int, PortClaim | None]:
    """The port to use, seen to be free on every address, and not `taken`. Raises OperatorError.

    A port that was asked for needs no claim; it is claimed all the same, when possible, so that others pass it by.
    """
    if port is not None:
        problem = _why_not(port, addresses, option, family)
        if problem:
            raise OperatorError(problem[1])
        try:
            return port, PortClaim(port)
        except OSError:
            return port, None
    for candidate in range(FIRST_PORT, _LAST_PORT + 1):
        if candidate == taken:
            continue
        try:
            claim = PortClaim(candidate)
        except OSError:
            continue
        problem = _why_not(candidate, addresses, option, family)
        if not problem:
            return candidate, claim
        claim.release()
        if problem[0] != errno.EADDRINUSE:
            raise OperatorError(problem[1])
    raise OperatorError(f"{option}: {FIRST_PORT} to {_LAST_PORT} are all in use; choose another one with {option}")


def _why_not(port: int, addresses: tuple[str, ...], option: str,
             address_family: socket.AddressFamily) -> tuple[int, str] | None:
    """Binds every address for a moment. Returns None, or the error number and the line to tell."""
    for address in addresses:
        for family, kind, protocol, _, where in resolve(address, port, address_family):
            try:
                with socket.socket(family, kind, protocol) as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    if family == socket.AF_INET6:
                        probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    probe.bind(where)
            except OSError as error:
                return error.errno, _line(error, option, port, address)
    return None


def _line(error: OSError, option: str, port: int, address: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return (f"{option} {port}: another program listens there already ({address}); "
                f"choose another port, or leave {option} out for a free one")
    if error.errno == errno.EACCES:
        return f"{option} {port}: only root may use ports below 1024; choose a higher one"
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return f'--addr {address}: not an address of this machine; "ip address" lists them'
    return f"--addr {address}: cannot listen on port {port}: {error.strerror}; choose another address or port"


def resolve(address: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[tuple]:
    """Raises OSError when it has no address of the family."""
    return socket.getaddrinfo(address, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)


def connect_address(addresses: tuple[str, ...]) -> str:
    """Where a client on this machine reaches a server that listens on `addresses`."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    return local.get(addresses[0], addresses[0])


def is_local_only(addresses: tuple[str, ...]) -> bool:
    hosts = {where[0] for address in addresses for *_, where in resolve(address, 0)}
    return all(host.startswith("127.") or host == "::1" for host in hosts)


def accepts(path: str) -> bool:
    """Whether somebody takes connections at this Unix socket. Does not wait, and says nothing of whom."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.setblocking(False)
            probe.connect(path)
        except BlockingIOError:
            return True  # others are waiting to be let in
        except OSError:
            return False
        return True


def receive(connection: socket.socket, length: int, peer: str) -> bytes:
    """Exactly so many bytes; raises OSError, also when `peer` ("X server") has closed the connection."""
    data = b""
    while len(data) < length:
        part = connection.recv(length - len(data))
        if not part:
            raise OSError(f"the {peer} closed the connection")
        data += part
    return data
