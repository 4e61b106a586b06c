"""SIGKILL to one process of a desktop, 50 times, all on one display: what is to happen then happens, nothing is left,
and the next start works, for that is the next case."""

import os
import random
import signal
import time

import pytest
from support import processes, procinfo

# Who is killed: the exit status then, and the one line that is said; None: the display goes on.
OUTCOMES = {
    "front": (-signal.SIGKILL, ""),  # its keeper ends the rest
    "keeper": (1, "its keeper process was killed by signal 9; ending the display"),
    "X server": (1, "the X server of :{display} ended: it was killed by signal 9; --log-file FILE keeps its log"),
    "bus": (1, "the message bus of :{display} ended: it was killed by signal 9; no desktop goes on without it"),
    "session": (128 + signal.SIGKILL, ""),
    "program": None,
}
KINDS = list(OUTCOMES) * 8 + ["front", "keeper"]
random.Random(5).shuffle(KINDS)


@pytest.fixture(scope="module")
def display():
    slot = processes.claim_display()
    yield slot.number
    slot.release()


@pytest.fixture
def desktop(launch, display, tmp_path):
    sessions = tmp_path / "share" / "xsessions"
    sessions.mkdir(parents=True)
    (sessions / "test.desktop").write_text('[Desktop Entry]\nExec=sh -c "xclock & exec sleep 1000"\n')
    return launch(f":{display}", "--session", "test",
                  environment={"HOME": tmp_path, "XDG_DATA_DIRS": sessions.parent}).ready()


def processes_of(xspice):
    """By kind."""
    return {"front": xspice.process.pid, "keeper": xspice.keeper, "X server": xspice.xorg,
            "bus": xspice.named("dbus-daemon"), "session": xspice.named("sleep"), "program": xspice.named("xclock")}


@pytest.mark.parametrize("number, kind", enumerate(KINDS))
def test_kill(desktop, display, number, kind):
    found = processes_of(desktop)
    # Nobody who is there is left out above. What Xsession starts besides, and what the bus does, are programs, too.
    known = set(found.values())
    others = [pid for pid in procinfo.descendants(desktop.process.pid) if pid not in known]
    assert not {procinfo.name(pid) for pid in others} & {"xspice", "Xorg"}
    time.sleep(random.Random(number).uniform(0, 0.2))
    os.kill(found[kind], signal.SIGKILL)
    if OUTCOMES[kind] is None:
        processes.wait_for(lambda: found[kind] not in dict(processes.remaining(desktop.mark)), 5, "its end")
        assert "version number" in desktop.x("xdpyinfo")
        assert desktop.end() == -signal.SIGTERM
        line = ""
    else:
        status, line = OUTCOMES[kind]
        assert desktop.wait(10) == status
    assert desktop.complained == (f"xspice: {line.format(display=display)}\n" if line else "")
    desktop.assert_nothing_left(within=10)
    assert not processes.display_in_use(display)
