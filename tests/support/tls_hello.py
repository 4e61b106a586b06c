"""A ClientHello by hand: offers what today's TLS libraries no longer can, to see whether a server takes it.

    answer = offer(("127.0.0.1", 5901), 0x0303, [0x0005])     # TLS 1.2 with RC4 alone
    answer == ("alert", 40)                                   # or ("hello", version, cipher), or ("closed",)
"""

import os
import socket
import struct

from .sockets import read_exactly

SSL_3, TLS_1_0, TLS_1_1, TLS_1_2 = 0x0300, 0x0301, 0x0302, 0x0303

# IANA's numbers.
GOOD = {"ECDHE-ECDSA-AES128-GCM": 0xC02B, "ECDHE-ECDSA-AES256-GCM": 0xC02C, "ECDHE-ECDSA-CHACHA20": 0xCCA9}
WEAK = {
    "NULL": 0x0002, "NULL-SHA256": 0x003B, "ECDHE-ECDSA-NULL": 0xC006,
    "EXPORT-RC4-40": 0x0003, "EXPORT-RC2-40": 0x0006, "EXPORT-DES-40": 0x0008, "EXPORT-DHE-DES-40": 0x0014,
    "RC4-MD5": 0x0004, "RC4-SHA": 0x0005, "ECDHE-ECDSA-RC4": 0xC007,
    "DES": 0x0009, "3DES": 0x000A, "DHE-3DES": 0x0016, "ECDHE-ECDSA-3DES": 0xC008,
    "anon-RC4": 0x0018, "anon-AES128": 0x0034, "anon-AES128-GCM": 0x00A6, "anon-ECDH-AES128": 0xC018,
    "RSA-AES128-CBC": 0x002F, "RSA-AES128-GCM": 0x009C, "ECDHE-ECDSA-AES128-CBC": 0xC009,
    "PSK-AES128-GCM": 0x00A8, "IDEA": 0x0007, "SEED": 0x0096,
}


def _extension(kind, body):
    return struct.pack(">HH", kind, len(body)) + body


def _words(*values):
    return struct.pack(f">H{len(values)}H", 2 * len(values), *values)


def hello(version, ciphers):
    """One record. Curves and signatures are those that every server takes."""
    extensions = (_extension(10, _words(29, 23, 24)) + _extension(11, b"\1\0") +
                  _extension(13, _words(0x0403, 0x0503, 0x0401, 0x0804, 0x0203, 0x0201)))
    body = (struct.pack(">H", version) + os.urandom(32) + b"\0" + _words(*ciphers) + b"\1\0" +
            struct.pack(">H", len(extensions)) + extensions)
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16" + struct.pack(">HH", min(version, TLS_1_0), len(message)) + message


def offer(address, version, ciphers):
    """What the server answers first."""
    with socket.create_connection(address, 5) as connection:
        connection.sendall(hello(version, ciphers))
        try:
            kind, _, size = struct.unpack(">BHH", read_exactly(connection, 5))
            body = read_exactly(connection, size)
        except (EOFError, ConnectionError):
            return ("closed",)
    if kind == 21:
        return ("alert", body[1])
    assert kind == 22 and body[0] == 2, (kind, body[:8])
    (chosen,) = struct.unpack_from(">H", body, 4)
    session = 4 + 2 + 32
    (cipher,) = struct.unpack_from(">H", body, session + 1 + body[session])
    return ("hello", chosen, cipher)
