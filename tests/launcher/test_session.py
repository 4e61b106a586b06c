"""The session: what it is given, and that its end is the end of the display."""

import os
import pathlib
import re
import signal

import pytest
from support import processes, procinfo


@pytest.mark.parametrize("arguments, status", [
    (["--", "true"], 0),
    (["--", "sh", "-c", "exit 7"], 7),
    (["--session", "exit 255"], 255),
    (["--session", "no-such-program now"], 127),
    (["--session", "kill -TERM $$"], 128 + signal.SIGTERM),
    (["--session", "kill -KILL $$"], 128 + signal.SIGKILL),
    (["--session", "ulimit -c 0; kill -SEGV $$"], 128 + signal.SIGSEGV),
])
def test_exit_status_is_passed_on(launch, arguments, status):
    xspice = launch("--disable-ticketing", *arguments)
    assert xspice.wait() == status
    assert "is ready" in xspice.said
    assert xspice.complained.replace("/bin/sh: 1: no-such-program: not found\n", "") == ""
    xspice.assert_nothing_left()


def test_session_has_its_display(launch):
    xspice = launch("--", "sh", "-c", "xdpyinfo | grep '^name of display'; echo $XAUTHORITY; ls -l $XAUTHORITY; env",
                    environment={"WAYLAND_DISPLAY": "wayland-0", "KEPT": "kept", "XSPICE_SIZE": "800x600"})
    assert xspice.wait() == 0
    assert re.search(rf"^name of display: +:{xspice.display}$", xspice.said, re.MULTILINE)
    assert re.search(rf"^XAUTHORITY={xspice.runtime}/xspice/.*/Xauthority$", xspice.said, re.MULTILINE)
    assert re.search(r"^-rw------- ", xspice.said, re.MULTILINE)
    assert "\nKEPT=kept\n" in xspice.said and "WAYLAND_DISPLAY" not in xspice.said
    assert "XSPICE_SIZE" not in xspice.said  # for this display, not for one that is started in it


def test_cookie_alone_lets_in(launch, shared_directory):
    """Another user who has the cookie file is let in; test_ready.py shows that one who has not is refused."""
    xspice = launch("--session", "umask 022; cat $XAUTHORITY > $HERE/new; mv $HERE/new $HERE/cookie; exec sleep 1000",
                    environment={"HERE": shared_directory}).ready()
    copy = shared_directory / "cookie"
    processes.wait_for(copy.exists, 10, "the copied cookie")
    assert "version number" in xspice.x("xdpyinfo", user=65534, group=65534, extra_groups=[],
                                        environment={"XAUTHORITY": str(copy)})


def test_session_runs_on_its_own_terms(launch):
    """A session and process group of its own, signals as usual, and none of the launcher's descriptors."""
    xspice = launch("--disable-ticketing", "--", "sleep", "1000").ready()
    session = xspice.named("sleep")
    assert (os.getpgid(session), os.getsid(session)) == (session, session)
    status = pathlib.Path(f"/proc/{session}/status").read_text()
    assert re.findall(r"^Sig(Blk|Ign|Cgt):\t(.*)$", status, re.MULTILINE) == [
        ("Blk", "0" * 16), ("Ign", "0" * 16), ("Cgt", "0" * 16)]
    assert sorted(os.listdir(f"/proc/{session}/fd")) == ["0", "1", "2"]


def test_piped_input_is_the_sessions(launch):
    reader, writer = os.pipe()
    os.write(writer, b"from the pipe\n")
    os.close(writer)
    xspice = launch("--disable-ticketing", "--", "cat", stdin=reader)
    os.close(reader)
    assert xspice.wait() == 0
    assert "from the pipe\n" in xspice.said


def test_nothing_of_the_session_outlives_it(launch):
    """Neither children nor what made itself a daemon, nor what does not listen to SIGTERM."""
    script = ("sleep 1000 & (setsid -f sleep 1001) & (trap '' TERM; sleep 1002; sleep 1003) & "
              "xclock & until xlsclients | grep -q xclock; do sleep 0.05; done; exit 5")
    xspice = launch("--disable-ticketing", "--session", script)
    assert xspice.wait() == 5
    xspice.assert_nothing_left(within=0.5)


def test_display_alone_stays_until_it_is_ended(launch):
    xspice = launch("--disable-ticketing").ready()
    assert {procinfo.name(pid) for pid in procinfo.descendants(xspice.process.pid)} == {"xspice", "Xorg"}
    assert xspice.end() == -signal.SIGTERM


def test_server_that_ends_by_itself(launch):
    xspice = launch("--", "sleep", "1000").ready()
    os.kill(xspice.xorg, signal.SIGTERM)
    assert xspice.wait() == 1
    assert xspice.complained == (f"xspice: the X server of :{xspice.display} ended: it ended with status 0; "
                                 "--log-file FILE keeps its log\n")
    xspice.assert_nothing_left()


def test_server_that_is_killed(launch, tmp_path):
    log = tmp_path / "log"
    xspice = launch("--log-file", str(log), "--", "sleep", "1000").ready()
    os.kill(xspice.xorg, signal.SIGKILL)
    assert xspice.wait() == 1
    assert xspice.complained == (f"xspice: the X server of :{xspice.display} ended: it was killed by signal 9; "
                                 f"see {log}\n")
    xspice.assert_nothing_left()
