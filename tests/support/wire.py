"""The SPICE protocol by hand, for what a well-behaved client library never sends.

Message numbers and capabilities come from the C headers of spice-protocol, read at import, so that nothing is
typed twice. Blocking sockets with a deadline on every read.
"""

import functools
import os
import pathlib
import re
import socket
import struct
import subprocess
import time

LINK_HEADER = struct.Struct("<4sIII")  # magic, major, minor, size of what follows
LINK_MESSAGE = struct.Struct("<IBBIII")  # connection id, channel type, channel id, common caps, channel caps, offset
LINK_REPLY = struct.Struct("<I162sIII")  # error, public key, common caps, channel caps, offset
MINI_HEADER = struct.Struct("<HI")  # type, size
FULL_HEADER = struct.Struct("<QHII")  # serial, type, size, offset of sub-messages
MAGIC = b"REDQ"
MAJOR, MINOR = 2, 2

_HEADERS = ("spice/enums.h", "spice/protocol.h")


def _include_directory():
    flags = subprocess.run(["pkg-config", "--variable=includedir", "spice-protocol"], capture_output=True, text=True,
                           check=True).stdout.strip()
    return pathlib.Path(flags) / "spice-1"


@functools.lru_cache(maxsize=None)
def constants():
    """Every enumerator of the two headers: {"SPICE_MSG_PING": 4, ...}."""
    values = {}
    for header in _HEADERS:
        text = (_include_directory() / header).read_text()
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        for body in re.findall(r"enum\s*\w*\s*\{(.*?)\}", text, flags=re.S):
            following = 0
            for item in filter(None, (part.strip() for part in body.split(","))):
                name, _, expression = (part.strip() for part in item.partition("="))
                if expression:
                    # Expressions of the headers are integers, shifts and names of earlier enumerators.
                    following = eval(expression, {"__builtins__": {}}, values)  # pylint: disable=eval-used
                values[name] = following
                following += 1
    return values


def constant(name):
    return constants()["SPICE_" + name]


class Refused(Exception):
    """The server answered the link or the ticket with this error code."""

    def __init__(self, code):
        super().__init__(f"link error {code}")
        self.code = code


class Closed(EOFError):
    """The server closed the connection."""


def caps_words(bits):
    """A set of capability numbers as the 32 bit words of a link message."""
    words = [0] * (max(bits, default=-1) // 32 + 1)
    for bit in bits:
        words[bit // 32] |= 1 << bit % 32
    return words


class Connection:
    """One connection of a channel. Nothing happens by itself: link(), then authenticate(), then messages.
    `address`: (host, port), or the path of a Unix socket. With an ssl.SSLContext as `tls` it begins with TLS.
    `source`: the address that it comes from."""

    def __init__(self, address, timeout=5.0, tls=None, source=None):
        if isinstance(address, tuple):
            self.socket = socket.create_connection(address, timeout, (source, 0) if source else None)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(os.fspath(address))
        if tls:
            self.socket = tls.wrap_socket(self.socket)
        self.mini_header = False
        self._buffer = b""
        self._serial = 0
        self.public_key = None

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send_raw(self, data):
        self.socket.sendall(data)

    def read(self, count):
        """Exactly `count` bytes; Closed at the end of the stream, socket.timeout when they do not come."""
        while len(self._buffer) < count:
            try:
                piece = self.socket.recv(1 << 16)
            except ConnectionError as error:
                raise Closed(str(error)) from error
            if not piece:
                raise Closed(f"{len(self._buffer)} of {count} bytes before the end")
            self._buffer += piece
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def wait_closed(self, within):
        """Reads and drops until the server closes; False when it has not done so after `within` seconds."""
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                if not self.socket.recv(1 << 16):
                    return True
            except socket.timeout:
                return False
            except ConnectionError:
                return True
        return False

    # --- link ---------------------------------------------------------------------------------------------------

    def link(self, channel_type, channel_id=0, connection_id=0, mini_header=True, channel_caps=()):
        """Sends the link message and reads the reply; raises Refused for an error code other than OK."""
        common = {constant("COMMON_CAP_PROTOCOL_AUTH_SELECTION"), constant("COMMON_CAP_AUTH_SPICE")}
        if mini_header:
            common.add(constant("COMMON_CAP_MINI_HEADER"))
        self.send_raw(link_message(channel_type, channel_id, connection_id, common, channel_caps))
        common_caps, _ = self.read_link_reply()
        self.mini_header = mini_header and constant("COMMON_CAP_MINI_HEADER") in common_caps
        return self

    def read_link_reply(self):
        """(common, channel) capabilities of the server."""
        magic, major, _, size = LINK_HEADER.unpack(self.read(LINK_HEADER.size))
        assert magic == MAGIC and major == MAJOR, (magic, major)
        body = self.read(size)
        error, key, common, channel, offset = LINK_REPLY.unpack_from(body)
        if error != constant("LINK_ERR_OK"):
            raise Refused(error)
        self.public_key = key
        words = struct.unpack_from(f"<{common + channel}I", body, offset)
        return _bits(words[:common]), _bits(words[common:])

    def authenticate(self, password=""):
        self.send_raw(struct.pack("<I", constant("COMMON_CAP_AUTH_SPICE")) + self.encrypt(password))
        (code,) = struct.unpack("<I", self.read(4))
        if code != constant("LINK_ERR_OK"):
            raise Refused(code)
        return self

    def encrypt(self, password):
        """The 128 byte ticket."""
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding

        key = serialization.load_der_public_key(self.public_key)
        return key.encrypt(password.encode() + b"\0",
                           padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None))

    # --- messages -----------------------------------------------------------------------------------------------

    def message(self, kind, body=b"", size=None):
        """The bytes of one message; `size` lies about the length of the body."""
        size = len(body) if size is None else size
        self._serial += 1
        if self.mini_header:
            return MINI_HEADER.pack(kind, size) + body
        return FULL_HEADER.pack(self._serial, kind, size, 0) + body

    def send(self, kind, body=b"", size=None):
        self.send_raw(self.message(kind, body, size))

    def receive(self):
        """(type, body) of the next message."""
        if self.mini_header:
            kind, size = MINI_HEADER.unpack(self.read(MINI_HEADER.size))
        else:
            _, kind, size, _ = FULL_HEADER.unpack(self.read(FULL_HEADER.size))
        return kind, self.read(size)

    def receive_until(self, kind, within=5.0):
        """The body of the first message of that type; everything before it is dropped, pings are answered."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            received, body = self.receive()
            if received == constant("MSG_PING"):
                self.send(constant("MSGC_PONG"), body[:12])
            if received == kind:
                return body
        raise socket.timeout(f"no message {kind}")


def _bits(words):
    return {32 * index + bit for index, word in enumerate(words) for bit in range(32) if word >> bit & 1}


def link_message(channel_type, channel_id=0, connection_id=0, common_caps=(), channel_caps=(), magic=MAGIC,
                 major=MAJOR, minor=MINOR, size=None):
    """Link header and message; `size` lies about the length of the message."""
    common, channel = caps_words(set(common_caps)), caps_words(set(channel_caps))
    body = LINK_MESSAGE.pack(connection_id, channel_type, channel_id, len(common), len(channel), LINK_MESSAGE.size)
    body += struct.pack(f"<{len(common) + len(channel)}I", *common, *channel)
    return LINK_HEADER.pack(magic, major, minor, len(body) if size is None else size) + body


class Session:
    """A main channel that got its INIT, and the channels opened beside it."""

    def __init__(self, address, password="", mini_header=True, source=None):
        self._address, self._password, self._mini_header, self._source = address, password, mini_header, source
        self._open = []
        self.main = self.channel("MAIN", connection_id=0)
        init = self.main.receive_until(constant("MSG_MAIN_INIT"))
        (self.connection_id,) = struct.unpack_from("<I", init)

    def channel(self, name, channel_id=0, connection_id=None, channel_caps=()):
        """A linked and authenticated connection: channel("DISPLAY")."""
        connection = Connection(self._address, source=self._source)
        self._open.append(connection)
        connection.link(constant(f"CHANNEL_{name}"), channel_id,
                        self.connection_id if connection_id is None else connection_id, self._mini_header,
                        channel_caps)
        return connection.authenticate(self._password)

    def close(self):
        for connection in self._open:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
