"""What ends a display although nothing in it has: times, viewers that leave, and who asks for it."""

import time

import pytest
from conftest import parse
from support import processes, wire
from xspice_launcher import control, limits


@pytest.fixture
def viewers():
    """Connects main channels, which are clients; closes them at the end."""
    made = []

    def connect(xspice):
        connection = wire.Connection(("127.0.0.1", xspice.port))
        made.append(connection)
        connection.link(wire.constant("CHANNEL_MAIN")).authenticate("")
        processes.wait_for(lambda: clients(xspice) == len(made), 10, "a client")
        return connection
    yield connect
    for connection in made:
        connection.close()


def clients(xspice):
    with control.connect(control.find(xspice.display, {"XDG_RUNTIME_DIR": str(xspice.runtime)})) as display:
        return display.request("status")["clients"]


def ends(xspice, why, within=15):
    assert xspice.wait(within) == 0
    assert xspice.said.endswith(f"xspice: ending display :{xspice.display}: {why}\n")
    assert xspice.complained == ""
    xspice.assert_nothing_left()


def test_idle_from_the_start(launch):
    begin = time.monotonic()
    xspice = launch("--disable-ticketing", "--idle-timeout", "1", "--", "sleep", "1000")
    ends(xspice, "nobody has been connected for 1s (--idle-timeout)")
    assert time.monotonic() - begin >= 1


def test_idle_after_the_last_one(launch, viewers):
    xspice = launch("--disable-ticketing", "--idle-timeout", "2s").ready()
    viewer = viewers(xspice)
    since = time.monotonic()
    processes.wait_for(lambda: time.monotonic() > since + 2.5, 5, "more than the time")
    assert xspice.process.poll() is None
    viewer.close()
    ends(xspice, "nobody has been connected for 2s (--idle-timeout)")
    assert time.monotonic() - since >= 4.5


def test_most_time_whoever_is_connected(launch, viewers):
    xspice = launch("--disable-ticketing", "--max-time", "2").ready()
    viewers(xspice)
    ends(xspice, "it has run for 2s (--max-time)")


def test_last_one_leaves(launch, viewers):
    xspice = launch("--disable-ticketing", "--exit-on-disconnect").ready()
    first, second = viewers(xspice), viewers(xspice)
    first.close()
    processes.wait_for(lambda: clients(xspice) == 1, 10, "one client")
    assert xspice.process.poll() is None
    second.close()
    ends(xspice, "the last client has left (--exit-on-disconnect)")


def test_somebody_asks(launch):
    xspice = launch("--", "sleep", "1000").ready()
    with control.connect(control.find(xspice.display, {"XDG_RUNTIME_DIR": str(xspice.runtime)})) as display:
        display.request("quit")
    ends(xspice, "as was asked for (xspicectl quit)")


def made(*arguments, now=100):
    return limits.Limits(parse(*arguments), now)


def test_nothing_is_asked_for():
    display = made()
    display.note_clients(1, 200)
    display.note_clients(0, 300)
    assert (display.left(10**9), display.why_end(10**9)) == (None, None)


def test_times():
    display = made("--idle-timeout", "10m", "--max-time", "1h")
    assert (display.left(100), display.left(130), display.why_end(699)) == (600, 570, None)
    assert "connected for 10m" in display.why_end(700) and display.left(701) == 0
    display.note_clients(2, 400)
    display.note_clients(1, 500)
    assert (display.left(500), display.why_end(3699)) == (3200, None)
    display.note_clients(0, 1000)
    display.note_clients(0, 1100)
    assert display.left(1100) == 500
    assert "run for 1h" in display.why_end(3700)


def test_nobody_comes():
    display = made("--exit-on-disconnect")
    display.note_clients(0, 100)
    assert display.why_end(10**6) is None


def test_zero_is_no_end():
    assert made("--idle-timeout", "0", "--max-time", "0s").left(200) is None


@pytest.mark.parametrize("argument, seconds", [("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86400)])
def test_durations(argument, seconds):
    assert parse("--max-time", argument).max_time == seconds


@pytest.mark.parametrize("seconds, written", [(1, "1s"), (90, "90s"), (600, "10m"), (7200, "2h"), (86400, "1d")])
def test_durations_written(seconds, written):
    assert limits.written(seconds) == written
