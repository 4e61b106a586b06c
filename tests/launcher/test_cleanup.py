"""However it ends, no process, file, socket or lock is left."""

import os
import random
import signal
import time

import pytest

STUBBORN = "exec 2>/dev/null; trap '' TERM HUP INT; sleep 1000 & setsid -f sleep 1001; while :; do sleep 1002; done"
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.mark.parametrize("number", STOP_SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("session", [["--", "sleep", "1000"], ["--session", STUBBORN]], ids=["meek", "stubborn"])
def test_stop_signal_when_ready(launch, number, session):
    xspice = launch(*session).ready()
    assert xspice.end(number) == -number  # a shell calls that 128 + number, systemd a clean end
    assert xspice.complained == ""


def test_programs_may_start_others_in_order_to_save(launch, tmp_path):
    """The display is still there then, and those are not taken for something that escaped."""
    saved = tmp_path / "saved"
    xspice = launch("--session", f"trap 'sleep 0.2 && xdpyinfo >{saved}; exit' TERM; "
                    "while :; do sleep 1000 & wait; done").ready()
    xspice.named("sleep")
    display = xspice.display
    assert xspice.end() == -signal.SIGTERM
    assert f"name of display:    :{display}\n" in saved.read_text()


# Up to a time at which it is ready for certain: every phase of the start is met by some of them.
START_DELAYS = [round(random.Random(2).uniform(0, 1.2), 3) for _ in range(16)]


@pytest.mark.parametrize("delay", START_DELAYS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_stop_signal_while_starting(launch, number, delay):
    xspice = launch("--", "sleep", "1000")
    time.sleep(delay)
    assert xspice.end(number) == -number
    assert xspice.complained == ""


@pytest.mark.parametrize("delay", START_DELAYS)
def test_kill_while_starting(launch, delay):
    xspice = launch("--", "sleep", "1000")
    time.sleep(delay)
    xspice.process.kill()
    xspice.wait()
    xspice.assert_nothing_left()


@pytest.mark.parametrize("session", [["--", "sleep", "1000"], ["--session", STUBBORN]], ids=["meek", "stubborn"])
def test_kill_of_the_launcher(launch, session):
    xspice = launch(*session).ready()
    xspice.process.kill()
    xspice.wait()
    xspice.assert_nothing_left()


def test_kill_of_the_keeper(launch):
    xspice = launch("--session", STUBBORN).ready()
    os.kill(xspice.keeper, signal.SIGKILL)
    assert xspice.wait() == 1
    assert xspice.complained == "xspice: its keeper process was killed by signal 9; ending the display\n"
    xspice.assert_nothing_left()


def test_kill_of_the_session(launch):
    xspice = launch("--", "sleep", "1000").ready()
    os.kill(xspice.named("sleep"), signal.SIGKILL)
    assert xspice.wait() == 128 + signal.SIGKILL
    xspice.assert_nothing_left()


def test_next_start_after_everything_was_killed(launch, free_display):
    """Then the display's socket file is left, for nobody is left to remove it."""
    xspice = launch(f":{free_display}").ready()
    everybody = [xspice.process.pid, xspice.keeper, xspice.xorg]
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)  # so that none can clean up after another
    for pid in everybody:
        os.kill(pid, signal.SIGKILL)
    xspice.wait()
    assert os.path.exists(f"/tmp/.X11-unix/X{free_display}")
    again = launch(f":{free_display}").ready()
    assert again.end() == -signal.SIGTERM


def test_hangup_is_ignored_under_nohup(launch):
    xspice = launch("--disable-ticketing", prefix=["nohup"]).ready()
    xspice.process.send_signal(signal.SIGHUP)
    assert "version number" in xspice.x("xdpyinfo")
    assert xspice.process.poll() is None
    assert xspice.end() == -signal.SIGTERM


def test_two_displays_do_not_disturb_each_other(launch):
    first, second = launch().ready(), launch().ready()
    first.process.terminate()
    first.wait()
    assert second.viewer_file.exists()
    assert "version number" in second.x("xdpyinfo")
    second.end()
    first.assert_nothing_left()
