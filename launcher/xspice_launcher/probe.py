"""Does a SPICE server answer there, and would clients believe who it is."""
import socket
import struct
from typing import NamedTuple

from . import network
from .entrances import Entrance

# SpiceLinkHeader and SpiceLinkMess (spice/protocol.h), little endian: version 2.2, main channel, no capabilities.
_MAGIC = b"REDQ"
_LINK_MESSAGE = struct.pack("<IBBIII", 0, 1, 0, 0, 0, 18)
_LINK_HEADER = struct.Struct("<4sIII")  # magic, major, minor, size of what follows
_LINK_REQUEST = _LINK_HEADER.pack(_MAGIC, 2, 2, len(_LINK_MESSAGE)) + _LINK_MESSAGE

# How OpenSSL and spice-gtk abbreviate what Python spells out.
_SHORT = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU", "countryName": "C",
          "stateOrProvinceName": "ST", "localityName": "L", "domainComponent": "DC", "serialNumber": "serialNumber"}


class Identity(NamedTuple):
    """What clients get to know of a TLS server."""

    subject: str | None  # as in a .vv file's host-subject; None: not known, or it cannot be written
    distrust: str | None  # why clients who have the authority's certificate will not believe it


def answers_link(entrance: Entrance, timeout: float) -> None:
    """Begins a SPICE link as a client would and reads the reply, after which it changes its mind; raises OSError."""
    with _connect(entrance, timeout) as connection:
        _link(connection)


def identify(entrance: Entrance, authority_file: str | None, timeout: float) -> Identity:
    """As answers_link(), through TLS. Without an authority's certificate those of the system count."""
    import ssl  # here: 4 MB that displays without TLS do not need

    context = ssl.create_default_context(cafile=authority_file)
    context.check_hostname = False
    try:
        with _connect(entrance, timeout) as connection, context.wrap_socket(connection) as encrypted:
            _link(encrypted)
            return Identity(_subject(encrypted.getpeercert()), None)
    except ssl.SSLCertVerificationError as error:
        distrust = error.verify_message
    context.verify_mode = ssl.CERT_NONE
    with _connect(entrance, timeout) as connection, context.wrap_socket(connection) as encrypted:
        _link(encrypted)
    return Identity(None, distrust)


def _connect(entrance: Entrance, timeout: float) -> socket.socket:
    if not entrance.path:
        return socket.create_connection((entrance.host, entrance.port), timeout=timeout)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(entrance.path)
    except BaseException:
        connection.close()
        raise
    return connection


def _link(connection: socket.socket) -> None:
    connection.sendall(_LINK_REQUEST)
    head = network.receive(connection, _LINK_HEADER.size, "SPICE server")
    if not head.startswith(_MAGIC):
        raise OSError("what answers there is not a SPICE server")
    network.receive(connection, min(_LINK_HEADER.unpack(head)[3], 4096), "SPICE server")


def _subject(certificate: dict) -> str | None:
    """In the certificate's order; spice-gtk cannot be told names that have several parts at one place."""
    parts = []
    for names in certificate.get("subject", ()):
        if len(names) != 1:
            return None
        ((kind, value),) = names
        parts.append(_SHORT.get(kind, kind) + "=" + value.replace("\\", "\\\\").replace(",", "\\,"))
    return ",".join(parts) or None
