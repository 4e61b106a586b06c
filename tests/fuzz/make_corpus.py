#!/usr/bin/python3
"""Writes the seeds of the fuzz targets' corpora: what well behaved clients send, and the mistakes worth a start.

The files are in the tree; run this after a change here. Layouts: protocol/*_messages.hpp; ids: spice/enums.h.
"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


def mini(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HI", kind, len(body)) + body


def full(kind: int, body: bytes = b"", serial: int = 1) -> bytes:
    return struct.pack("<QHII", serial, kind, len(body), 0) + body


def write(target: str, name: str, content: bytes) -> None:
    path = CORPUS / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def channel(target: str, name: str, messages: list[tuple[int, bytes]], caps: int = 0xff) -> None:
    """The same messages with mini and full headers."""
    write(target, name + "-mini", bytes([1, caps]) + b"".join(mini(*message) for message in messages))
    write(target, name + "-full", bytes([0, caps])
          + b"".join(full(*message, serial) for serial, message in enumerate(messages, 1)))


BASE = {
    "base": [(1, struct.pack("<II", 1, 20)), (2, b""), (3, struct.pack("<IQ", 1, 99)), (3, struct.pack("<IQ", 7, 0))],
    "goodbye": [(6, struct.pack("<QI", 0, 0))],
    "migrate-flush": [(4, b"")],
    "migrate-data": [(5, bytes(32))],
    "unknown": [(0, b"")],
    "unknown-high": [(0xffff, b"x" * 8)],
    "acks": [(2, b"")] * 60,
}

MAIN = {
    "attach": [(101, struct.pack("<Q", 1 << 20)), (104, b""), (104, b"")],
    "mouse-mode": [(105, struct.pack("<H", mode)) for mode in (1, 2, 0, 3, 0xffff)],
    "agent": [(106, struct.pack("<I", 0xffffffff)), (107, b"x" * 40), (107, b"y" * 20), (108, struct.pack("<I", 0xffffffff))],
    "agent-largest": [(106, struct.pack("<I", 10)), (107, bytes(2048))],
    "agent-too-large": [(107, bytes(2049))],
    "agent-unstarted": [(107, b"x" * 20)],
    "migration": [(102, b"")],
    "migration-seamless": [(110, struct.pack("<I", 1))],
    "quality": [(112, struct.pack("<I", 3))],
}

INPUTS = {
    "keys": [(101, struct.pack("<I", 0x1e)), (102, struct.pack("<I", 0x9e)), (101, struct.pack("<I", 0x48e0)),
             (102, struct.pack("<I", 0xc8e0)), (103, struct.pack("<H", 6)), (103, struct.pack("<H", 0xffff))],
    "pause": [(101, struct.pack("<I", 0x451de1)), (102, struct.pack("<I", 0xc59de1)), (101, struct.pack("<I", 0x46e0))],
    "odd-keys": [(101, struct.pack("<I", code)) for code in (0, 0xffffffff, 0xe0e0e0e0, 0x80, 0xe0, 0x1e1e1e1e)],
    "scancodes": [(104, bytes([0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8])), (104, b"\xe0"), (104, b"\x48"), (104, b"")],
    "motion": [(111, struct.pack("<iiH", -3, 7, 1)), (111, struct.pack("<iiH", -2**31, 2**31 - 1, 0))] * 5,
    "position": [(112, struct.pack("<IIHB", x, y, 0, 0)) for x, y in ((0, 0), (63, 47), (64, 48), (2**32 - 1, 2**31))],
    "buttons": [(kind, struct.pack("<BH", button, 0)) for button in (1, 2, 3, 4, 5, 6, 7, 0, 8, 255) for kind in (113, 114)],
    "held": [(113, struct.pack("<BH", 1, 1)), (101, struct.pack("<I", 0x2a)), (111, struct.pack("<iiH", 1, 1, 0xffff))],
}

DISPLAY_INIT = struct.pack("<BqBi", 1, 20 << 20, 1, 8 << 20)
DISPLAY = {
    "init": [(101, DISPLAY_INIT), (1, struct.pack("<II", 1, 20))] + [(2, b"")] * 3,
    "init-twice": [(101, DISPLAY_INIT), (101, DISPLAY_INIT)],
    "init-odd": [(101, struct.pack("<BqBi", 255, -1, 255, -1))],
    "init-none": [(101, struct.pack("<BqBi", 0, 0, 0, 0))],
    "compression": [(101, DISPLAY_INIT)] + [(103, bytes([kind])) for kind in (0, 1, 2, 3, 6, 7, 255)],
    "compression-first": [(103, b"\x01")],
    "codecs": [(101, DISPLAY_INIT), (105, bytes([3, 1, 2, 3])), (105, b"\xff")],
    "stream-report": [(101, DISPLAY_INIT), (102, struct.pack("<IIIIIIiI", 0, 1, 2, 3, 4, 5, -6, 7))],
    "gl-done": [(104, b"")],
}

CURSOR = {"stranger": [(101, b"")], "stranger-large": [(101, bytes(100))]}


def request(kind: int = 1, number: int = 0, connection: int = 0, common: tuple = (0b1001,), own: tuple = (),
            major: int = 2, minor: int = 2, magic: bytes = b"REDQ") -> bytes:
    caps = struct.pack(f"<{len(common) + len(own)}I", *common, *own)
    body = struct.pack("<IBBIII", connection, kind, number, len(common), len(own), 18) + caps
    return magic + struct.pack("<III", major, minor, len(body)) + body


def link(name: str, content: bytes, options: int = 3) -> None:
    write("link", name, bytes([options]) + content)


def upgrade(*more: str, origin: str = "http://desk:5900", host: str = "desk:5900", key: str = "dGhlIHNhbXBsZSBub25jZQ==",
            version: str = "13", target: str = "/") -> bytes:
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
             f"Origin: {origin}", f"Sec-WebSocket-Key: {key}", f"Sec-WebSocket-Version: {version}", *more]
    return "\r\n".join(lines + ["", ""]).encode()


HTTP = {
    "upgrade": upgrade("Sec-WebSocket-Protocol: base64, binary"),
    "upgrade-path": upgrade("User-Agent: x", target="/websockify?token=1"),
    "upgrade-named-origin": upgrade(origin="https://desk.example.org"),
    "upgrade-foreign-origin": upgrade(origin="https://evil.example"),
    "upgrade-odd-origins": upgrade("Origin: null", origin="http://[::1]:70000", host="[::1"),
    "upgrade-old": upgrade(version="8"),
    "upgrade-bad-key": upgrade(key="short"),
    "upgrade-then-frame": upgrade() + b"\x82\x81\x01\x02\x03\x04\x05",
    "page": b"GET / HTTP/1.1\r\nHost: desk:5900\r\n\r\n",
    "page-old": b"GET / HTTP/1.0\r\n\r\n",
    "page-missing": b"GET /favicon.ico HTTP/1.1\r\nHost: desk\r\nAccept: */*\r\n\r\n",
    "body": b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
    "post": b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
    "folded": b"GET / HTTP/1.1\r\nHost: x\r\n more\r\n\r\n",
    "hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "bare-newlines": b"GET / HTTP/1.1\nHost: x\n\n",
    "many-headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 64 + b"\r\n",
    "endless": b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 9000,
}


def frame(first: int, payload: bytes = b"", mask: bytes = b"\x37\xfa\x21\x3d", size: bytes = b"") -> bytes:
    """One masked frame of a client; `size` is a length field that lies, with its mask bit."""
    if not size:
        size = (bytes([0x80 | len(payload)]) if len(payload) < 126 else
                b"\xfe" + struct.pack(">H", len(payload)) if len(payload) < 65536 else b"\xff" + struct.pack(">Q", len(payload)))
    return bytes([first]) + size + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


WEBSOCKET = {
    "binary": frame(0x82, b"REDQ"),
    "bytes": b"".join(frame(0x82, bytes([byte])) for byte in b"REDQ") + frame(0x82),
    "medium": frame(0x82, bytes(range(256)) * 2),
    "fragments": frame(0x02, b"RE") + frame(0x89, b"ping") + frame(0x00, b"D") + frame(0x8a) + frame(0x80, b"Q"),
    "pings": frame(0x89, b"p" * 125) * 5,
    "close": frame(0x82, b"x") + frame(0x88, b"\x03\xe8bye") + frame(0x82, b"late"),
    "close-empty": frame(0x88),
    "close-short": frame(0x88, b"\x03"),
    "close-code": frame(0x88, b"\x03\xed"),
    "text": frame(0x81, b"text"),
    "unmasked": b"\x82\x04REDQ",
    "reserved": frame(0xf2, b"x"),
    "unknown": frame(0x83, b"x"),
    "continuation": frame(0x80, b"x"),
    "nested": frame(0x02, b"x") + frame(0x82, b"y"),
    "fragmented-ping": frame(0x09, b"x"),
    "long-ping": frame(0x89, b"x" * 126),
    "padded-length": frame(0x82, b"", size=b"\xfe\x00\x01"),
    "negative-length": frame(0x82, b"x", size=b"\xff" + b"\xff" * 8),
    "endless": frame(0x82, b"x" * 40, size=b"\xff\x7f" + b"\xff" * 7),
}


def said(text: bytes = None) -> bytes:
    return struct.pack("<I", 0) if text is None else struct.pack("<I", len(text) + 1) + text + b"\0"


def mechanism(name: bytes, size: int = None) -> bytes:
    return struct.pack("<II", 2, len(name) if size is None else size) + name


SASL = {  # see fake_sasl.hpp
    "right": mechanism(b"TEST") + said(b"alice:right"),
    "layer": mechanism(b"LAYERED") + said(b"alice:right"),
    "wrong": mechanism(b"TEST") + said(b"alice:wrong"),
    "not-here": mechanism(b"TEST") + said(b"mallory:right"),
    "steps": mechanism(b"TEST") + said() + said(b"long:right") + said(),
    "empty-is-not-nothing": mechanism(b"TEST") + said(b"") + said(b"bob:right"),
    "endless": mechanism(b"TEST") + said(b"endless:right") + 20 * said(),
    "ticket": struct.pack("<I", 1) + bytes(128),
    "no-name": mechanism(b""),
    "two-names": mechanism(b"TEST,LAYERED"),
    "long-name": mechanism(b"T" * 101),
    "huge-name": mechanism(b"TEST", 0xffffffff),
    "huge-data": mechanism(b"TEST") + struct.pack("<I", 0xffffffff) + bytes(64),
    "huge-step": mechanism(b"TEST") + said() + struct.pack("<I", 0x10001) + bytes(64),
}


CONTROL = {
    "status": ['{"command": "status"}', '{"id": 1, "command": "clients"}', '{"id": [1, {"a": null}], "command": "quit"}'],
    "kick": ['{"command": "kick", "client": 3}', '{"command": "kick", "client": "all"}', '{"command": "kick"}'],
    "view-only": ['{"command": "view-only", "client": 1, "view_only": true}'],
    "tickets": ['{"command": "tickets", "connected": "fail", "tickets": [{"password": "a", "expires_in": 1.5}, '
                '{"password": "b", "one_shot": true, "view_only": true}]}', '{"command": "add-ticket", "password": "c"}'],
    "resize": ['{"command": "resize", "monitors": [{"width": 640, "height": 480}, {"width": 1, "height": 2}]}',
               '{"command": "resize", "monitors": [{"width": 1, "height": 1, "x": 0, "y": 16383}]}'],
    "screen": ['{"command": "screenshot", "cursor": true}', '{"command": "capture"}', '{"command": "frame", "timeout": 0}',
               '{"command": "wait-still", "still": 100, "timeout": 1000}'],
    "type": ['{"command": "type", "text": "Hello\\n\\u20ac\\ud83d\\ude00"}', '{"command": "type", "text": "\\u0001"}'],
    "keys": ['{"command": "keys", "events": [{"key": "Return"}, {"key": "U+20AC", "action": "press"}]}'],
    "mouse": ['{"command": "mouse", "events": [{"move": [1, 2]}, {"motion": [-3, 4]}, {"button": 16, "action": "click"}]}'],
    "subscribe": ['{"command": "subscribe", "events": ["clients", "quit"]}'],
    "odd": ["", "[]", "{", '{"command": 7}', '{"command": "status", "command": "dance"}', '{"command": "status", "x": 1}',
            '{"command": "kick", "client": 1e400}', '{"command": "kick", "client": 18446744073709551615}'],
    "deep": ["[" * 100, '{"a":' * 50],
    "large-id": ['{"command": "status", "id": "' + "x" * 1100 + '"}'],
}


def main() -> None:
    for name, lines in CONTROL.items():
        write("control", name, "".join(line + "\n" for line in lines).encode())
    for name, content in SASL.items():
        write("sasl", name, b"\0" + content)
    write("sasl", "other-channel", b"\1" + SASL["right"])
    write("sasl", "other-user", b"\1" + mechanism(b"TEST") + said(b"bob:right"))
    for name, content in HTTP.items():
        write("http", name, content)
    for name, content in WEBSOCKET.items():
        write("websocket", name, bytes([len(name)]) + content)  # the number is as good as any
    for target, own in (("main", MAIN), ("inputs", INPUTS), ("display", DISPLAY), ("cursor", CURSOR)):
        for name, messages in {**BASE, **own}.items():
            channel(target, name, messages)
        write(target, "huge-mini", b"\x01\xff" + struct.pack("<HI", 101, 0xffffffff))
        write(target, "huge-full", b"\x00\xff" + struct.pack("<QHII", 1, 101, 0xffffffff, 0xffffffff))
        channel(target, "no-caps", (own | BASE)["base"], caps=0)
    spice = struct.pack("<I", 1)
    for options in range(4):
        link(f"main-{options}", request() + spice, options)
    link("no-selection", request(common=()))
    link("display", request(kind=2, own=(0x7f,)) + spice)
    link("unknown-session", request(kind=4, connection=77) + spice)
    link("unknown-channel", request(kind=99))
    link("sasl", request() + struct.pack("<I", 2))
    link("garbage-ticket", request() + spice + bytes(128), 2)
    link("version", request(major=3))
    link("magic", request(magic=b"RFB "))
    link("http", b"GET / HTTP/1.1\r\n\r\n")
    link("too-small", b"REDQ" + struct.pack("<III", 2, 2, 17))
    link("too-large", b"REDQ" + struct.pack("<III", 2, 2, 4097) + bytes(64))
    link("caps-outside", b"REDQ" + struct.pack("<III", 2, 2, 22) + struct.pack("<IBBIIII", 0, 1, 0, 2, 0, 18, 9))
    link("caps-overflow", b"REDQ" + struct.pack("<III", 2, 2, 22)
         + struct.pack("<IBBIIII", 0, 1, 0, 0xffffffff, 0xffffffff, 0xffffffff, 9))


if __name__ == "__main__":
    main()
