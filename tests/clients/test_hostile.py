"""Garbage on the port: whatever arrives there, the server lives, X answers, and a good client is let in.

What is sent, in the order of the tests:
    before the link        truncated, oversized and inconsistent link messages, wrong magic and version, other
                           protocols, 200 connections that say nothing, or stop half-way
    in place of a ticket   wrong ones a thousand times, undecryptable ones, unknown mechanisms
    on a channel           each client message of each channel, cut at every offset, with a length that lies, and
                           with types that do not exist; in mini and in full headers
    out of order           data before INIT, INIT twice, messages of a migration that nobody asked for
"""

import contextlib
import itertools
import os
import random
import socket
import struct
import time

import pytest

from support import processes, procinfo, wire
from support.exact import assert_exact
from support.prober import Prober
from support.wire import Closed, Connection, Refused, Session, constant, link_message

PASSWORD = "correct horse"
LINK_DEADLINE = 10.0  # seconds; the server's default

COMMON = (constant("COMMON_CAP_PROTOCOL_AUTH_SELECTION"), constant("COMMON_CAP_AUTH_SPICE"),
          constant("COMMON_CAP_MINI_HEADER"))


@pytest.fixture(scope="module")
def xspice(module_server):
    return module_server(password=PASSWORD, size="640x480")


@pytest.fixture
def attacked(xspice, module_client):
    """The server; after the test: it is the same process, X answered all along, and a good client connects within
    1 s and sees the screen."""
    pid = xspice.pid
    with Prober(xspice) as prober:
        yield xspice
        xspice.x.sync()
    assert xspice.pid == pid and not xspice.crashed()
    prober.report.assert_within(0.05)
    # The process of the client is started first: the second is the server's.
    good = module_client(xspice, ready=False)
    waited = good.wait_ready(1.0)
    assert_exact(good, xspice)
    good.close()
    print(f"{prober.report}; a good client was ready after {1000 * waited:.0f} ms")


def _expect_closed(connection, within=3.0):
    assert connection.wait_closed(within), "the server keeps a connection that it should have closed"


def _send_and_expect_refusal(address, data):
    """An error reply or a closed connection; nothing that looks like success."""
    with Connection(address) as connection:
        connection.send_raw(data)
        with contextlib.suppress(OSError):
            connection.socket.shutdown(socket.SHUT_WR)
        try:
            connection.read_link_reply()
        except (Refused, Closed):
            _expect_closed(connection)
            return
        raise AssertionError(f"the server accepted {data[:64].hex()}")


# --- before the link ---------------------------------------------------------------------------------------------


def test_wrong_magic_and_version(attacked):
    main = constant("CHANNEL_MAIN")
    for data in (link_message(main, magic=b"REDX"), link_message(main, magic=b"\0\0\0\0"),
                 link_message(main, common_caps=COMMON, major=1), link_message(main, common_caps=COMMON, major=3),
                 link_message(main, common_caps=COMMON, major=0xFFFFFFFF),
                 b"GETTING / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300),
                 b"SSH-2.0-OpenSSH_9.2\r\n", b"RFB 003.008\n" + bytes(20), bytes(4096), b"\xff" * 4096):
        _send_and_expect_refusal(attacked.address, data)


def test_link_message_cut_at_every_offset(attacked):
    whole = link_message(constant("CHANNEL_MAIN"), common_caps=COMMON, channel_caps=(0, 3, 33))
    for end in range(len(whole)):
        _send_and_expect_refusal(attacked.address, whole[:end])


def test_link_sizes_that_lie(attacked):
    main = constant("CHANNEL_MAIN")
    for size in (0, 1, 17, 4097, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        _send_and_expect_refusal(attacked.address, link_message(main, common_caps=COMMON, size=size) + bytes(8192))
    header = wire.LINK_HEADER
    for common, channel, offset in ((1, 0, 0), (1, 0, 17), (1, 0, 19), (1, 0, 0xFFFFFFFF), (0x40000000, 0, 18),
                                    (0xFFFFFFFF, 0xFFFFFFFF, 18), (1025, 0, 18), (0, 1 << 30, 18), (2, 2, 18)):
        body = wire.LINK_MESSAGE.pack(0, main, 0, common, channel, offset) + struct.pack("<I", 0xB)
        _send_and_expect_refusal(attacked.address, header.pack(wire.MAGIC, 2, 2, len(body)) + body)


def test_channels_that_do_not_exist(attacked):
    for kind, number, connection in ((0, 0, 0), (99, 0, 0), (255, 255, 0), (constant("CHANNEL_MAIN"), 1, 0),
                                     (constant("CHANNEL_MAIN"), 0, 0xDEADBEEF),
                                     (constant("CHANNEL_DISPLAY"), 0, 0xDEADBEEF),
                                     (constant("CHANNEL_DISPLAY"), 0, 0), (constant("CHANNEL_INPUTS"), 7, 1),
                                     (constant("CHANNEL_SMARTCARD"), 0, 1)):
        with Connection(attacked.address) as link:
            try:
                link.link(kind, number, connection)
                link.authenticate(PASSWORD)
            except (Refused, Closed):
                pass
            _expect_closed(link)


def test_random_bytes(attacked):
    generator = random.Random(1)
    for _ in range(200):
        with Connection(attacked.address) as link, contextlib.suppress(OSError):
            link.send_raw(generator.choice((b"", b"REDQ", b"REDQ\2\0\0\0\2\0\0\0"))
                          + generator.randbytes(generator.randrange(400)))


def test_200_half_open_connections(attacked, module_client):
    """Some say nothing, some stop in the middle of the link, some before the ticket. All are closed at their
    deadline, and until then nobody is kept out."""
    whole = link_message(constant("CHANNEL_MAIN"), common_caps=COMMON)
    descriptors = procinfo.descriptors(attacked.pid)
    opened = time.monotonic()
    links = []
    for index in range(200):
        # One address alone may not have so many: test_floods.py.
        links.append(Connection(attacked.address, source=f"127.0.0.{1 + index // 50}"))
        links[-1].send_raw((b"", whole[:3], whole[:20], whole)[index % 4])
    good = module_client(attacked, ready=False)
    good.wait_ready(1.0)
    assert time.monotonic() - opened < LINK_DEADLINE - 1, "too slow to tell"
    for link in links:
        link.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            assert link.socket.recv(4096), "closed before its deadline"
    for link in links:
        left = opened + LINK_DEADLINE + 3 - time.monotonic()
        assert link.wait_closed(max(left, 0.01)), f"open {time.monotonic() - opened:.1f} s after it connected"
        link.close()
    good.close()
    processes.wait_for(lambda: procinfo.descriptors(attacked.pid) <= descriptors, 5, "descriptors freed")


def test_a_slow_link_is_not_given_more_time(attacked):
    """One byte a second is progress, but the deadline is for the whole."""
    whole = link_message(constant("CHANNEL_MAIN"), common_caps=COMMON)
    with Connection(attacked.address) as link:
        opened = time.monotonic()
        for byte in whole:
            with contextlib.suppress(OSError):
                link.send_raw(bytes([byte]))
            if link.wait_closed(1.0):
                break
            assert time.monotonic() - opened < LINK_DEADLINE + 3, "still open"
        assert time.monotonic() - opened > LINK_DEADLINE - 1


# --- in place of a ticket ----------------------------------------------------------------------------------------


# Failures delay the next attempt from their address, and the good client has another. No address has more than 64
# connections that have not linked.
STRANGERS = [f"127.0.0.{number}" for number in range(2, 6)]


def test_wrong_ticket_1000_times(attacked):
    """200 at a time: most are refused unseen, some wait for their turn; all are told the same."""
    for batch in range(5):
        with contextlib.ExitStack() as stack:
            links = [stack.enter_context(Connection(attacked.address, source=STRANGERS[index % len(STRANGERS)]))
                     for index in range(200)]
            for link in links:
                link.link(constant("CHANNEL_MAIN"))
            for index, link in enumerate(links):
                link.send_raw(struct.pack("<I", constant("COMMON_CAP_AUTH_SPICE")) + link.encrypt(f"guess {batch} {index}"))
            for link in links:
                link.socket.settimeout(10)
                assert struct.unpack("<I", link.read(4))[0] == constant("LINK_ERR_PERMISSION_DENIED")


def test_tickets_that_are_none(attacked):
    strangers = (f"127.0.1.{number}" for number in itertools.count(1))
    mechanism = struct.pack("<I", constant("COMMON_CAP_AUTH_SPICE"))
    for data in (mechanism + bytes(128), mechanism + b"\xff" * 128, mechanism + random.Random(2).randbytes(128),
                 struct.pack("<I", constant("COMMON_CAP_AUTH_SASL")) + bytes(128),
                 struct.pack("<I", 0xFFFFFFFF) + bytes(128), bytes(132)):
        with Connection(attacked.address, source=next(strangers)) as link:
            link.link(constant("CHANNEL_MAIN"))
            link.send_raw(data)
            with contextlib.suppress(Closed):
                (code,) = struct.unpack("<I", link.read(4))
                assert code != constant("LINK_ERR_OK"), data[:8].hex()
            _expect_closed(link)
    for password in ("", PASSWORD[:-1], PASSWORD + "x", PASSWORD.upper(), "x" * 80):
        with Connection(attacked.address, source=next(strangers)) as link:
            link.link(constant("CHANNEL_MAIN"))
            with pytest.raises((Refused, Closed)):
                link.authenticate(password)


# --- on a channel ------------------------------------------------------------------------------------------------


def _base_messages():
    return {
        "MSGC_ACK_SYNC": struct.pack("<I", 1), "MSGC_ACK": b"", "MSGC_PONG": struct.pack("<IQ", 1, 1),
        "MSGC_MIGRATE_FLUSH_MARK": b"", "MSGC_MIGRATE_DATA": bytes(32),
        "MSGC_DISCONNECTING": struct.pack("<QI", 1, 0),
    }


def _messages(channel):
    """A valid body of every client message of the channel."""
    if channel == "MAIN":
        own = {
            "MSGC_MAIN_CLIENT_INFO": struct.pack("<Q", 1 << 20), "MSGC_MAIN_ATTACH_CHANNELS": b"",
            "MSGC_MAIN_MIGRATE_CONNECTED": b"", "MSGC_MAIN_MIGRATE_CONNECT_ERROR": b"",
            "MSGC_MAIN_MOUSE_MODE_REQUEST": struct.pack("<H", 2), "MSGC_MAIN_AGENT_START": struct.pack("<I", 10),
            "MSGC_MAIN_AGENT_DATA": struct.pack("<IIQI", 1, 1, 0, 4) + bytes(4),
            "MSGC_MAIN_AGENT_TOKEN": struct.pack("<I", 10), "MSGC_MAIN_MIGRATE_END": b"",
            "MSGC_MAIN_MIGRATE_DST_DO_SEAMLESS": struct.pack("<I", 1),
            "MSGC_MAIN_MIGRATE_CONNECTED_SEAMLESS": b"", "MSGC_MAIN_QUALITY_INDICATOR": b"",
        }
    elif channel == "DISPLAY":
        own = {
            "MSGC_DISPLAY_INIT": struct.pack("<BqBi", 1, 1 << 20, 1, 1 << 20),
            "MSGC_DISPLAY_STREAM_REPORT": struct.pack("<IIIIIIiI", 1, 1, 0, 100, 5, 0, 0, 0),
            "MSGC_DISPLAY_PREFERRED_COMPRESSION": struct.pack("<B", 1), "MSGC_DISPLAY_GL_DRAW_DONE": b"",
            "MSGC_DISPLAY_PREFERRED_VIDEO_CODEC_TYPE": struct.pack("<BB", 1, 1),
        }
    elif channel == "INPUTS":
        own = {
            "MSGC_INPUTS_KEY_DOWN": struct.pack("<I", 0x2A), "MSGC_INPUTS_KEY_UP": struct.pack("<I", 0xAA),
            "MSGC_INPUTS_KEY_MODIFIERS": struct.pack("<H", 0), "MSGC_INPUTS_KEY_SCANCODE": b"\x2a\xaa",
            "MSGC_INPUTS_MOUSE_MOTION": struct.pack("<iiH", 1, 1, 0),
            "MSGC_INPUTS_MOUSE_POSITION": struct.pack("<IIHB", 10, 10, 0, 0),
            "MSGC_INPUTS_MOUSE_PRESS": struct.pack("<BH", 1, 1),
            "MSGC_INPUTS_MOUSE_RELEASE": struct.pack("<BH", 1, 0),
        }
    else:
        own = {}
    known = {name: body for name, body in own.items() if "SPICE_" + name in wire.constants()}
    return {constant(name): body for name, body in {**_base_messages(), **known}.items()}


def _open(address, channel, mini_header):
    """(session, connection) with the channel's own start behind it."""
    session = Session(address, PASSWORD, mini_header)
    if channel == "MAIN":
        return session, session.main
    connection = session.channel(channel)
    if channel == "DISPLAY":
        connection.send(constant("MSGC_DISPLAY_INIT"), struct.pack("<BqBi", 1, 1 << 20, 1, 1 << 20))
    return session, connection


def _throw(address, channel, mini_header, data):
    """Sends, ends the sending side, and reads what comes until the server closes, which it must."""
    session, connection = _open(address, channel, mini_header)
    with session:
        with contextlib.suppress(OSError):
            connection.send_raw(data(connection))
            connection.socket.shutdown(socket.SHUT_WR)
        _expect_closed(connection)


CHANNELS = ("MAIN", "DISPLAY", "CURSOR", "INPUTS")


@pytest.mark.parametrize("mini_header", [True, False], ids=["mini", "full"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_messages_cut_at_every_offset(attacked, channel, mini_header):
    """Twice: the stream ends there, and a complete message whose body is too short."""
    for kind, body in _messages(channel).items():
        for end in range(len(body)):
            _throw(attacked.address, channel, mini_header, lambda link: link.message(kind, body[:end], len(body)))
            _throw(attacked.address, channel, mini_header, lambda link: link.message(kind, body[:end]))
        _throw(attacked.address, channel, mini_header, lambda link: link.message(kind, body)[:-1 - len(body)])


@pytest.mark.parametrize("mini_header", [True, False], ids=["mini", "full"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_messages_of_other_lengths_and_unknown_types(attacked, channel, mini_header):
    known = _messages(channel)
    for kind, body in known.items():
        _throw(attacked.address, channel, mini_header, lambda link: link.message(kind, body + bytes(7)))
        for size in (0x10000, 0x7FFFFFFF, 0xFFFFFFFF):
            _throw(attacked.address, channel, mini_header, lambda link: link.message(kind, body + bytes(64), size))
    for kind in (0, 7, 8, 50, 100, *range(101, 130), 255, 256, 999, 0x7FFF, 0xFFFF):
        if kind not in known:
            _throw(attacked.address, channel, mini_header, lambda link: link.message(kind, b""))
            _throw(attacked.address, channel, mini_header, lambda link: link.message(kind, bytes(40)))


@pytest.mark.parametrize("channel", CHANNELS)
def test_sub_messages_that_point_anywhere(attacked, channel):
    """Full headers have an offset to more messages; clients have none to send."""
    for offset in (1, 4, 0xFFFFFFFF):
        def data(_, offset=offset):
            body = struct.pack("<IQ", 1, 1)
            return wire.FULL_HEADER.pack(1, constant("MSGC_PONG"), len(body), offset) + body
        _throw(attacked.address, channel, False, data)


def test_random_messages(attacked):
    generator = random.Random(3)
    for channel in CHANNELS:
        kinds = list(_messages(channel))
        for _ in range(40):
            def data(link):
                return b"".join(link.message(generator.choice(kinds), generator.randbytes(generator.randrange(48)))
                                for _ in range(20))
            _throw(attacked.address, channel, bool(generator.randrange(2)), data)


# --- out of order ------------------------------------------------------------------------------------------------


def test_display_data_before_init_and_init_twice(attacked):
    init = struct.pack("<BqBi", 1, 1 << 20, 1, 1 << 20)
    for cache, window in ((0, 0), (-1, -1), ((1 << 63) - 1, (1 << 31) - 1), (-(1 << 63), -(1 << 31))):
        with Session(attacked.address, PASSWORD) as session:
            display = session.channel("DISPLAY")
            display.send(constant("MSGC_DISPLAY_INIT"), struct.pack("<BqBi", 1, cache, 1, window))
            display.receive_until(constant("MSG_DISPLAY_MARK"))
    for kinds in (("MSGC_DISPLAY_STREAM_REPORT",), ("MSGC_DISPLAY_PREFERRED_COMPRESSION",),
                  ("MSGC_ACK_SYNC", "MSGC_ACK", "MSGC_ACK"), ("MSGC_DISPLAY_INIT", "MSGC_DISPLAY_INIT"),
                  ("MSGC_DISPLAY_INIT",) * 50, ("MSGC_PONG", "MSGC_DISPLAY_INIT", "MSGC_MIGRATE_DATA")):
        with Session(attacked.address, PASSWORD) as session:
            display = session.channel("DISPLAY")
            bodies = _messages("DISPLAY")
            with contextlib.suppress(OSError):
                for name in kinds:
                    display.send(constant(name), init if name == "MSGC_DISPLAY_INIT" else bodies[constant(name)])
                display.wait_closed(0.3)


def test_display_that_never_says_init(attacked):
    """It waits for nothing but itself: X and others go on (the reference's X stood still for 30 s)."""
    with Session(attacked.address, PASSWORD) as session:
        session.channel("DISPLAY")
        window = attacked.x.window(10, 10, 50, 50, 0x99AA33, events=False)
        assert not session.main.wait_closed(1.0)
        attacked.x.destroy_window(window)


def test_acks_that_nobody_waits_for(attacked):
    with Session(attacked.address, PASSWORD) as session:
        display = session.channel("DISPLAY")
        display.send(constant("MSGC_DISPLAY_INIT"), struct.pack("<BqBi", 1, 1 << 20, 1, 1 << 20))
        with contextlib.suppress(OSError):
            for _ in range(2000):
                display.send(constant("MSGC_ACK"))
            for generation in (0, 0xFFFFFFFF, 77):
                display.send(constant("MSGC_ACK_SYNC"), struct.pack("<I", generation))
            display.wait_closed(0.3)


@pytest.mark.parametrize("channel", CHANNELS)
def test_unsolicited_migration(attacked, channel):
    kinds = ["MSGC_MIGRATE_FLUSH_MARK", "MSGC_MIGRATE_DATA"]
    if channel == "MAIN":
        kinds += ["MSGC_MAIN_MIGRATE_CONNECTED", "MSGC_MAIN_MIGRATE_CONNECT_ERROR", "MSGC_MAIN_MIGRATE_END",
                  "MSGC_MAIN_MIGRATE_DST_DO_SEAMLESS", "MSGC_MAIN_MIGRATE_CONNECTED_SEAMLESS"]
    bodies = _messages(channel)
    for kind in map(constant, kinds):
        _throw(attacked.address, channel, True, lambda link: link.message(kind, bodies[kind]) * 3)
        _throw(attacked.address, channel, False, lambda link: link.message(kind, bodies[kind]))


def test_the_same_channel_twice(attacked):
    """The newcomer goes, the session stays."""
    with Session(attacked.address, PASSWORD) as session:
        first = session.channel("INPUTS")
        for _ in range(3):
            with contextlib.suppress(Refused, Closed):
                _expect_closed(session.channel("INPUTS"))
        first.send(constant("MSGC_INPUTS_MOUSE_POSITION"), struct.pack("<IIHB", 33, 44, 0, 0))
        session.main.send(constant("MSGC_MAIN_MOUSE_MODE_REQUEST"), struct.pack("<H", 2))
        assert not first.wait_closed(0.3)


def test_keys_held_by_one_that_is_thrown_out(attacked):
    """Shift, held by a client that then sends garbage, is released."""
    window = attacked.x.window(0, 0, 640, 480)
    try:
        with Session(attacked.address, PASSWORD) as session:
            inputs = session.channel("INPUTS")
            inputs.send(constant("MSGC_INPUTS_KEY_DOWN"), struct.pack("<I", 0x2A))
            processes.wait_for(lambda: attacked.x.pointer()[2] & 1, 5, "Shift down")
            inputs.send(0xFFFF, bytes(16))
            processes.wait_for(lambda: not attacked.x.pointer()[2] & 1, 5, "Shift up again")
    finally:
        attacked.x.destroy_window(window)


def test_nothing_of_it_is_left(xspice):
    """After all of the above, in the order of this file: no descriptor, no thread more than an idle server has."""
    assert os.path.exists(f"/proc/{xspice.pid}")
    connections = [target for target in procinfo.descriptor_targets(xspice.pid) if target.startswith("socket:")]
    processes.wait_for(lambda: len([target for target in procinfo.descriptor_targets(xspice.pid)
                                    if target.startswith("socket:")]) <= 12, 5,
                       lambda: f"{len(connections)} sockets are open on an idle server")
