"""Ports and addresses: are they free, and does a SPICE server answer there."""
import errno
import socket
import struct

from .errors import OperatorError

FIRST_PORT = 5900
_LAST_PORT = 5999

# SpiceLinkHeader and SpiceLinkMess (spice/protocol.h), little endian: version 2.2, main channel, no capabilities.
_MAGIC = b"REDQ"
_LINK_MESSAGE = struct.pack("<IBBIII", 0, 1, 0, 0, 0, 18)
_LINK_HEADER = struct.Struct("<4sIII")  # magic, major, minor, size of what follows
_LINK_REQUEST = _LINK_HEADER.pack(_MAGIC, 2, 2, len(_LINK_MESSAGE)) + _LINK_MESSAGE


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


def choose_port(port: int | None, addresses: tuple[str, ...]) -> tuple[int, PortClaim | None]:
    """The port to use, seen to be free on every address. Raises OperatorError.

    A port that was asked for needs no claim; it is claimed all the same, when possible, so that others pass it by.
    """
    if port is not None:
        problem = _why_not(port, addresses)
        if problem:
            raise OperatorError(problem[1])
        try:
            return port, PortClaim(port)
        except OSError:
            return port, None
    for candidate in range(FIRST_PORT, _LAST_PORT + 1):
        try:
            claim = PortClaim(candidate)
        except OSError:
            continue
        problem = _why_not(candidate, addresses)
        if not problem:
            return candidate, claim
        claim.release()
        if problem[0] != errno.EADDRINUSE:
            raise OperatorError(problem[1])
    raise OperatorError(f"--port: {FIRST_PORT} to {_LAST_PORT} are all in use; choose another one with --port")


def _why_not(port: int, addresses: tuple[str, ...]) -> tuple[int, str] | None:
    """Binds every address for a moment. Returns None, or the error number and the line to tell."""
    for address in addresses:
        for family, kind, protocol, _, where in resolve(address, port):
            try:
                with socket.socket(family, kind, protocol) as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    if family == socket.AF_INET6:
                        probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    probe.bind(where)
            except OSError as error:
                return error.errno, _line(error, port, address)
    return None


def _line(error: OSError, port: int, address: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return (f"--port {port}: another program listens there already ({address}); "
                "choose another port, or leave --port out for a free one")
    if error.errno == errno.EACCES:
        return f"--port {port}: only root may use ports below 1024; choose a higher one"
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return f'--addr {address}: not an address of this machine; "ip address" lists them'
    return f"--addr {address}: cannot listen on port {port}: {error.strerror}; choose another address or port"


def resolve(address: str, port: int) -> list[tuple]:
    return socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)


def connect_address(addresses: tuple[str, ...]) -> str:
    """Where a client on this machine reaches a server that listens on `addresses`."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    return local.get(addresses[0], addresses[0])


def is_local_only(addresses: tuple[str, ...]) -> bool:
    hosts = {where[0] for address in addresses for *_, where in resolve(address, 0)}
    return all(host.startswith("127.") or host == "::1" for host in hosts)


def answers_link(address: str, port: int, timeout: float) -> None:
    """Begins a SPICE link as a client would and reads the reply, after which it changes its mind; raises OSError."""
    with socket.create_connection((address, port), timeout=timeout) as connection:
        connection.sendall(_LINK_REQUEST)
        head = connection.recv(_LINK_HEADER.size, socket.MSG_WAITALL)
        if len(head) < _LINK_HEADER.size or not head.startswith(_MAGIC):
            raise OSError(f"port {port} does not answer as a SPICE server")
        connection.recv(_LINK_HEADER.unpack(head)[3], socket.MSG_WAITALL)
