"""A client that stops reading in the middle of a full-screen film costs nobody anything, nor does one that has gone.

The film's pictures are photographs, of which the server has more to send than any other content. The client is stopped
for 15 s, or for as long as XSPICE_TEST_STOPPED says.
"""

import os
import time

from support import processes, procinfo
from support.control_client import Control
from support.exact import assert_exact
from support.film import Film
from support.prober import Prober

STOPPED = float(os.environ.get("XSPICE_TEST_STOPPED", "15"))  # seconds
WIDTH, HEIGHT, RATE = 1920, 1080, 30
FRAME = WIDTH * HEIGHT * 4  # bytes


def test_a_client_stopped_under_a_film(server, client):
    xspice = server(size=f"{WIDTH}x{HEIGHT}")
    viewer = client(xspice)
    film = Film(xspice, WIDTH, HEIGHT, RATE)
    try:
        film.wait_more(2 * RATE, within=30)
        with_viewer = film.rate(3)
        before = procinfo.rss(xspice.pid)
        with Prober(xspice) as prober:
            viewer.pause()
            without_viewer = film.rate(STOPPED)
            grown = procinfo.rss(xspice.pid) - before
            film.pause()
            time.sleep(0.2)
            viewer.resume()
            took = assert_exact(viewer, xspice, within=1.0)
            film.resume()
            film.wait_more(RATE)
        print(f"pictures/s with the viewer {with_viewer:.1f}, while it was stopped {without_viewer:.1f}; "
              f"RSS {grown / 1e6:+.1f} MB; exact {1000 * took:.0f} ms after it went on; {prober.report}")
        assert grown < 2 * FRAME
        assert without_viewer > 0.95 * with_viewer
        prober.report.assert_within(0.1)
    finally:
        film.stop()


def test_what_was_taken_for_those_who_looked_is_given_back(server, client):
    """The picture, twice, and most of what encoding it takes; not what was encoded last, for who comes back."""
    xspice = server(size=f"{WIDTH}x{HEIGHT}")
    before = procinfo.written(xspice.pid)

    def assert_given_back():
        processes.wait_for(lambda: procinfo.written(xspice.pid) - before < 2 * FRAME, 10,
                           lambda: f"less than {(procinfo.written(xspice.pid) - before) / 1e6:.1f} MB more")
    viewer = client(xspice)
    film = Film(xspice, WIDTH, HEIGHT, RATE)
    try:
        film.wait_more(RATE)
    finally:
        film.stop()
    assert_exact(viewer, xspice)
    assert procinfo.written(xspice.pid) - before > 2 * FRAME  # there is something to give back
    viewer.disconnect()
    assert_given_back()
    with Control(xspice.control) as control:
        assert control.ask("status")["width"] == WIDTH  # which X says with a picture
    assert_given_back()
    viewer.connect(*xspice.address)
    viewer.wait_ready()
    assert_exact(viewer, xspice)
