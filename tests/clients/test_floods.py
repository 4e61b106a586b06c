"""Crowds of strangers on the port: whatever they do there, X answers, a good client gets in within a second, and
afterwards the server is as it was.

    opened and left        2,000 connections that say nothing
    dripping               200 connections, a byte a second each, in SPICE and in HTTP
    WebSockets             frames malformed, unmasked, fragmented, oversized; pings without end; HTTP without end
"""

import contextlib
import itertools
import resource
import selectors
import socket
import struct
import time

import pytest

from support import processes, procinfo
from support.exact import assert_exact
from support.prober import Prober
from support.wire import Connection, Session, constant, link_message

PASSWORD = "correct horse"
LINK_DEADLINE = 10.0  # seconds; the server's default
PER_ADDRESS = 64      # connections that have not linked; the server's default
GOOD = "127.0.0.2"    # where good clients come from; the strangers come from 127.0.0.1
UPGRADE = (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
MASK = bytes([0x37, 0xFA, 0x21, 0x3D])


@pytest.fixture(scope="module", autouse=True)
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def xspice(module_server):
    started = module_server(password=PASSWORD, size="640x480")
    _good_client(started)  # what the first client makes the server allocate is no leak
    return started


def _good_client(server):
    """The seconds that a client from another address needs until all its channels are open."""
    begin = time.monotonic()
    with Session(server.address, PASSWORD, source=GOOD) as session:
        for channel in ("DISPLAY", "CURSOR", "INPUTS"):
            session.channel(channel)
        return time.monotonic() - begin


@pytest.fixture
def flooded(xspice):
    """The server; after the test: X answered all along, and descriptors and memory are as they were before."""
    pid = xspice.pid
    processes.wait_for(lambda: _settled(pid), 10, "a quiet server")
    descriptors, written = procinfo.descriptors(pid), procinfo.written(pid)
    with Prober(xspice) as prober:
        yield xspice
        assert _good_client(xspice) < 1.0
        xspice.x.sync()
    assert xspice.pid == pid and not xspice.crashed()
    prober.report.assert_within(0.05)
    processes.wait_for(lambda: procinfo.descriptors(pid) <= descriptors, LINK_DEADLINE + 5,
                       lambda: f"{descriptors} descriptors as before: {procinfo.descriptor_targets(pid)}")
    grown = procinfo.written(pid) - written
    assert grown < 4 << 20, f"{grown >> 10} KiB more than before"
    print(f"{prober.report}; {grown >> 10} KiB more than before")


def _settled(pid):
    before = procinfo.descriptors(pid)
    time.sleep(0.1)
    return procinfo.descriptors(pid) == before


def _frame(first, payload=b"", size=None):
    """A client's frame; `size` is a length field that lies."""
    if size is None:
        size = (bytes([0x80 | len(payload)]) if len(payload) < 126 else
                b"\xfe" + struct.pack(">H", len(payload)) if len(payload) < 65536 else
                b"\xff" + struct.pack(">Q", len(payload)))
    return bytes([first]) + size + MASK + bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))


def _upgraded(address):
    connection = Connection(address)
    connection.send_raw(UPGRADE)
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += connection.read(1)
    assert answer.startswith(b"HTTP/1.1 101 ")
    return connection


# --- opened and left ---------------------------------------------------------------------------------------------


def test_2000_connections_opened_and_left(flooded, module_client):
    """The oldest of an address go for its new ones; the good client's own address is not theirs."""
    viewer = module_client(flooded, ready=False)  # its process has started before it matters
    viewer.wait_ready()
    viewer.disconnect()
    pid = flooded.pid
    before = procinfo.descriptors(pid)
    with contextlib.ExitStack() as stack:
        slowest = 0.0
        for index in range(2000):
            stack.enter_context(Connection(flooded.address))
            if index % 400 == 399:  # in the middle of it, too
                slowest = max(slowest, _good_client(flooded))
        assert slowest < 1.0
        processes.wait_for(lambda: procinfo.descriptors(pid) <= before + PER_ADDRESS, 5,
                           lambda: f"{PER_ADDRESS} of 2000 left: {procinfo.descriptors(pid) - before}")
        # From the strangers' own address, too: the newest are served.
        viewer.connect(*flooded.address, password=PASSWORD)
        assert viewer.wait_ready(5) < 1.0
        assert_exact(viewer, flooded)
        viewer.disconnect()
    print(f"the slowest good client: {1000 * slowest:.0f} ms")


def test_2000_connections_that_come_and_go(flooded):
    for _ in range(2000):
        Connection(flooded.address).close()
    assert _good_client(flooded) < 1.0


# --- dripping ----------------------------------------------------------------------------------------------------


def test_200_connections_dripping(flooded):
    """A byte a second is not progress enough: each is closed by its deadline, or earlier for another one."""
    spice = link_message(constant("CHANNEL_MAIN"), channel_caps=(0, 3, 33))
    opened = time.monotonic()
    drips = []
    for index in range(200):
        connection = Connection(flooded.address)
        connection.socket.setblocking(False)
        drips.append((connection, itertools.cycle((spice, UPGRADE, b"\x16\x03\x01\x02")[index % 3])))
    slowest = 0.0
    with selectors.DefaultSelector() as closing:
        for connection, _ in drips:
            closing.register(connection.socket, selectors.EVENT_READ, connection)
        second = 0
        while closing.get_map():
            second += 1
            assert second < LINK_DEADLINE + 4, f"{len(closing.get_map())} are open after {second - 1} s"
            for connection, text in drips:
                with contextlib.suppress(OSError):
                    connection.send_raw(bytes([next(text)]))
            slowest = max(slowest, _good_client(flooded))
            while (left := opened + second - time.monotonic()) > 0:
                for key, _ in closing.select(left):
                    with contextlib.suppress(BlockingIOError):
                        if _over(key.fileobj):
                            closing.unregister(key.fileobj)
    assert slowest < 1.0
    for connection, _ in drips:
        connection.close()
    print(f"all closed within {second} s; the slowest good client: {1000 * slowest:.0f} ms")


def _over(stream):
    try:
        return not stream.recv(4096)
    except ConnectionError:
        return True


# --- WebSockets --------------------------------------------------------------------------------------------------


MISTAKES = {
    "unmasked": (b"\x82\x04REDQ", 1002),
    "text": (_frame(0x81, b"REDQ"), 1003),
    "reserved bits": (_frame(0xF2, b"REDQ"), 1002),
    "unknown": (_frame(0x83, b"REDQ"), 1002),
    "continuation of nothing": (_frame(0x80, b"REDQ"), 1002),
    "message in a message": (_frame(0x02, b"R") + _frame(0x82, b"E"), 1002),
    "ping in parts": (_frame(0x09, b"x"), 1002),
    "long ping": (_frame(0x89, b"x" * 126), 1002),
    "long close": (_frame(0x88, b"\x03\xe8" + b"x" * 124), 1002),
    "close with half a code": (_frame(0x88, b"\x03"), 1002),
    "length in a longer form": (_frame(0x82, b"R", b"\xfe\x00\x01"), 1002),
    "negative length": (_frame(0x82, b"R", b"\xff" + b"\xff" * 8), 1002),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_websocket_mistakes_are_answered_and_closed(xspice, mistake):
    frames, code = MISTAKES[mistake]
    with _upgraded(xspice.address) as connection:
        connection.send_raw(frames)
        assert connection.read(4) == b"\x88\x02" + struct.pack(">H", code)
        assert connection.wait_closed(3)


def test_websocket_mistakes_1000_times(flooded):
    for _, (frames, _) in zip(range(1000), itertools.cycle(MISTAKES.values())):
        with Connection(flooded.address) as connection:
            connection.send_raw(UPGRADE + frames)
    assert _good_client(flooded) < 1.0


def test_websocket_frame_of_2_to_the_63_bytes(flooded):
    """Its length is nothing to allocate: what comes is the link, byte by byte, as in any other frame."""
    link = link_message(constant("CHANNEL_MAIN"), common_caps=[constant("COMMON_CAP_MINI_HEADER")])
    with _upgraded(flooded.address) as connection:
        connection.send_raw(_frame(0x82, link, b"\xff\x7f" + b"\xff" * 7))
        assert connection.read(2)[0] == 0x82
    with _upgraded(flooded.address) as connection:
        with contextlib.suppress(ConnectionError):  # it may be closed in the middle of it
            connection.send_raw(_frame(0x82, bytes(1 << 20), b"\xff\x7f" + b"\xff" * 7))
        assert connection.wait_closed(3), "no link, and closed for it"


def test_websocket_link_in_fragments_of_one_byte(flooded):
    link = link_message(constant("CHANNEL_MAIN"), common_caps=[constant("COMMON_CAP_MINI_HEADER")])
    with _upgraded(flooded.address) as connection:
        for index, byte in enumerate(link):
            last = index == len(link) - 1
            connection.send_raw(_frame((0x80 if last else 0) | (0 if index else 2), bytes([byte])) + _frame(0x89, b"?"))
        answer = connection.read(3)
        while answer == b"\x8a\x01?":
            answer = connection.read(3)
        assert answer[0] == 0x82


def test_pings_that_nobody_hears_the_answers_of(flooded):
    """The answers fill the way back, and then nothing more is read: bounded, until the deadline."""
    opened = time.monotonic()
    pings = _frame(0x89, b"p" * 125) * 500
    pid = flooded.pid
    before = procinfo.written(pid)
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(_upgraded(flooded.address)) for _ in range(20)]
        for connection in crowd:
            connection.socket.setblocking(False)
        while time.monotonic() < opened + 4:
            for connection in crowd:
                with contextlib.suppress(OSError):
                    connection.socket.send(pings)
            assert procinfo.written(pid) - before < 16 << 20
        assert _good_client(flooded) < 1.0
        for connection in crowd:
            connection.socket.setblocking(True)
            left = opened + LINK_DEADLINE + 3 - time.monotonic()
            assert connection.wait_closed(max(left, 0.01))


def test_http_without_end(flooded):
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            connection = stack.enter_context(Connection(flooded.address))
            with contextlib.suppress(OSError):
                connection.send_raw(b"GET /" + b"x" * 100_000)
            assert connection.read(12) == b"HTTP/1.1 431"
            assert connection.wait_closed(3)
    assert _good_client(flooded) < 1.0


def test_tls_that_is_none(flooded):
    """Without TLS such a beginning is no SPICE client; nobody waits for the rest of it."""
    for _ in range(200):
        with Connection(flooded.address) as connection, contextlib.suppress(OSError):
            connection.send_raw(b"\x16\x03\x01\x02\x00" + bytes(600))
    with socket.create_connection(flooded.address, 3) as stream:
        stream.sendall(b"\x16\x03\x01\x02\x00" + bytes(600))
        with contextlib.suppress(ConnectionError):
            while stream.recv(4096):
                pass
