"""Many at once, and many one after another: as many displays, every exit status right, nothing left."""

import os
import pathlib
import subprocess

import pytest
from conftest import ORDINARY_USER
from xspice_launcher import network, x11

COUNT = 50


@pytest.mark.parametrize("uid", [None, ORDINARY_USER], ids=["own user", "ordinary user"])
def test_fifty_at_once(xspice_run, shared_directory, uid):
    """All are up at the same moment: each waits for the last one, and then uses its display."""
    script = f"""
        echo ${{DISPLAY#:}} > "$0/$1.new" && mv "$0/$1.new" "$0/$1"
        until [ "$(ls "$0" | grep -cx '[0-9]*')" = {COUNT} ]; do sleep 0.2; done
        xdpyinfo > /dev/null || exit 99
        exit $1"""
    runs = [xspice_run("sh", "-c", script, shared_directory, number, uid=uid) for number in range(COUNT)]
    for number, run in enumerate(runs):
        assert (run.wait(within=150), run.complained) == (number, "")
    displays = [(shared_directory / str(number)).read_text().strip() for number in range(COUNT)]
    assert len(set(displays)) == COUNT
    # By now they may be somebody else's, but nobody's files are left.
    for path in map(x11.socket_path, map(int, displays)):
        assert not os.path.exists(path) or network.accepts(path)


def test_fifty_in_sequence(tmp_path):
    """tests/run/sequence.py does a thousand."""
    done = subprocess.run(["/usr/bin/python3", pathlib.Path(__file__).parent / "sequence.py", "50"],
                          capture_output=True, text=True, timeout=200)
    assert (done.returncode, done.stdout) == (0, "50 starts in sequence: every status right, nothing left\n"), done.stderr
