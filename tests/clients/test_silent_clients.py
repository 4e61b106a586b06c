"""Clients that let the server do the talking: one that never ACKs, one that stops reading, and a second main
channel for a client that has one. A film plays, so that there is always more to tell them.

Meanwhile: X answers, memory does not grow, a good client is let in within 1 s and sees what X shows.
"""

import struct
import threading
import time

import pytest

from support import procinfo
from support.exact import assert_exact
from support.film import Film
from support.prober import Prober
from support.wire import Closed, Refused, Session, constant

PASSWORD = "correct horse"
SILENT = 5.0  # seconds
MOST_GROWN = 8 << 20  # bytes: one update under way and what the kernel does not take of it


@pytest.fixture(scope="module")
def xspice(module_server):
    return module_server(password=PASSWORD, size="800x600")


@pytest.fixture
def filmed(xspice, module_client):
    film = Film(xspice, 640, 480)
    good = module_client(xspice, ready=False)
    good.wait_ready()
    good.disconnect()
    pid = xspice.pid
    film.wait_more(30)
    written = procinfo.written(pid)
    try:
        with Prober(xspice) as prober:
            yield xspice
            grown = procinfo.written(pid) - written
            good.connect(*xspice.address, password=PASSWORD)
            waited = good.wait_ready(1.0)
            film.pause()
            assert_exact(good, xspice, within=2.0)
        good.close()
    finally:
        film.stop()
    assert xspice.pid == pid and not xspice.crashed()
    prober.report.assert_within(0.05)
    assert grown < MOST_GROWN, f"{grown >> 10} KiB more than before"
    print(f"{prober.report}; {grown >> 10} KiB more; a good client was ready after {1000 * waited:.0f} ms")


def _display(session):
    """The channel, with its first picture on the way, and the number of messages between two ACKs."""
    display = session.channel("DISPLAY")
    window = struct.unpack("<II", display.receive_until(constant("MSG_SET_ACK")))[1]
    display.send(constant("MSGC_DISPLAY_INIT"), struct.pack("<BqBi", 1, 1 << 20, 1, 1 << 20))
    display.receive_until(constant("MSG_DISPLAY_MARK"))
    return display, window


def test_a_client_that_never_acks(filmed):
    """It is told as much as it may have outstanding, and then nothing but what is no picture."""
    with Session(filmed.address, PASSWORD) as session:
        display, window = _display(session)
        received = []

        def read():
            try:
                while True:
                    received.append((time.monotonic(), *display.receive()))
            except (Closed, OSError):
                pass

        display.socket.settimeout(None)
        reader = threading.Thread(target=read)
        reader.start()
        time.sleep(SILENT)
        display.socket.shutdown(2)
        reader.join()
        pictures = [when for when, kind, _ in received if kind == constant("MSG_DISPLAY_DRAW_COPY")]
        assert 0 < len(pictures) <= 2 * window + 1, f"{len(pictures)} pictures without an ACK, window {window}"
        assert pictures[-1] < received[0][0] + SILENT - 2, "it is still told more"
        print(f"{len(pictures)} pictures for a window of {window}")


def test_a_client_that_stops_reading(filmed):
    sessions = [Session(filmed.address, PASSWORD) for _ in range(3)]
    try:
        for session in sessions:
            _display(session)
        time.sleep(SILENT)
    finally:
        for session in sessions:
            session.close()


def test_a_second_main_channel(filmed):
    """It is another client or none: with the connection id of a client it is refused, and that client goes on."""
    with Session(filmed.address, PASSWORD) as session:
        for _ in range(3):
            with pytest.raises(Refused) as refused:
                session.channel("MAIN")
            assert refused.value.code == constant("LINK_ERR_BAD_CONNECTION_ID")
        with Session(filmed.address, PASSWORD) as other:
            assert other.connection_id != session.connection_id
            assert not other.main.wait_closed(0.2)
        session.main.send(constant("MSGC_MAIN_MOUSE_MODE_REQUEST"), struct.pack("<H", 2))
        assert not session.main.wait_closed(0.3)
