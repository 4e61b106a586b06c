"""rendercheck: what passes on Xvfb passes on ours. Both run the same tests, at the same time."""

import re
import subprocess

import pytest

from support import xserver

# The formats that toolkits use, and the window's own: all tests of rendercheck take two minutes then.
FORMATS = "a8r8g8b8,x8r8g8b8,a8"


def start(server):
    return subprocess.Popen(["rendercheck", "-d", server.name, "-f", FORMATS], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def result(process):
    """(names of the tests that failed, how many passed, how many there were)."""
    output, _ = process.communicate(timeout=500)
    count = re.search(r"(\d+) tests passed of (\d+) total", output)
    assert count, output[-2000:]
    failed, current = set(), "before the first test"
    for line in output.splitlines():
        if line.startswith("Beginning "):
            current = line
        elif " error of " in line:
            failed.add(current)
    return failed, int(count[1]), int(count[2])


@pytest.fixture
def xvfb():
    server = xserver.Xvfb()
    server.start()
    yield server
    server.stop()


def test_passes_whatever_xvfb_passes(xorg, xvfb):
    ours = xorg()
    running = [start(server) for server in (xvfb, ours)]
    (their_failures, their_passes, their_count), (our_failures, passes, count) = map(result, running)
    assert count == their_count > 1000
    assert our_failures <= their_failures, "\n".join(sorted(our_failures - their_failures)[:20])
    assert passes >= their_passes
