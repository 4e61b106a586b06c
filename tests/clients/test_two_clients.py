"""Clients do not wait for each other, and X waits for none of them."""

import os
import signal
import time

from support import processes
from support.exact import assert_exact, wait_rest
from support.prober import Prober

STOPPED = 10.0  # seconds


def _activity(server):
    """Text that scrolls and a window of colours that change, without end but without filling the processor."""
    return server.run("xterm", "-geometry", "100x40+0+0", "-e", "sh", "-c",
                      "i=0; while :; do i=$((i+1)); seq $i $((i+30)); sleep 0.02; done")


def _signal_descendants(process, number):
    """Stops or continues what runs in an xterm: its shell is a session leader with a group of its own."""
    from support import procinfo

    for pid in procinfo.descendants(process.pid):
        os.kill(pid, number)


def test_a_stopped_client_delays_nobody_and_catches_up(server, client):
    xspice = server(size="1280x800")
    working, stopping = client(xspice), client(xspice)
    xterm = _activity(xspice)
    window = xspice.x.window(900, 500, 100, 100, 0, events=False)
    assert_exact(working, xspice, stable=0)
    assert_exact(stopping, xspice, stable=0)

    with Prober(xspice) as prober:
        stopping.pause()
        began = time.monotonic()
        delays = []
        colour = 0
        while time.monotonic() - began < STOPPED:
            colour = (colour + 0x050301) & 0xFFFFFF
            xspice.x.paint_window(window, colour)
            painted = time.monotonic()
            processes.wait_for(lambda: working.picture()[550, 950] == colour, 5, "the working client updated")
            delays.append(time.monotonic() - painted)
            time.sleep(0.05)
        # The screen at rest, so that there is one picture to compare with; then 1 s to show it.
        _signal_descendants(xterm, signal.SIGSTOP)
        wait_rest(xspice, 0.2)
        stopping.resume()
        assert_exact(stopping, xspice, within=1.0)
        assert_exact(working, xspice, within=1.0)
        # And on: it is an ordinary client again.
        _signal_descendants(xterm, signal.SIGCONT)
        xspice.x.paint_window(window, 0xFEDCBA)
        processes.wait_for(lambda: stopping.picture()[550, 950] == 0xFEDCBA, 5, "the other client updated again")
    print(prober.report)
    prober.report.assert_within(0.05)
    assert len(delays) > 20, f"the working client was updated {len(delays)} times only"


def test_a_client_that_dies_is_forgotten(server, client):
    """Killed without a goodbye, and stopped before it dies: nobody else notices."""
    xspice = server()
    staying, killed, frozen = client(xspice), client(xspice), client(xspice)
    _activity(xspice)
    with Prober(xspice) as prober:
        frozen.pause()
        killed.kill()
        time.sleep(1)
        frozen.kill()
        xspice.end_clients()
        assert_exact(staying, xspice)
        assert_exact(client(xspice), xspice)
    prober.report.assert_within(0.05)
