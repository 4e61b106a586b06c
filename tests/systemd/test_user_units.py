"""xspice@N.service and xspice@N.socket, run by a real manager of an ordinary user."""

import os
import pathlib
import re
import signal

import pytest
from support import processes, procinfo, wire

WAITING = "exec sleep 1000"


def link(address, password=""):
    with wire.Connection(address) as connection:
        connection.link(wire.constant("CHANNEL_MAIN")).authenticate(password)


@pytest.fixture
def started(unit, port):
    """The service of a display with a session that waits, started."""
    unit.configure(WAITING, f"--port {port} --disable-ticketing")
    unit.start()
    unit.port = port
    return unit


def test_start_returns_when_viewers_can_connect(unit, port):
    unit.configure(WAITING, f"--port {port} --disable-ticketing")
    unit.start()
    link(("127.0.0.1", port))
    assert unit.show("ActiveState") == "active"
    assert procinfo.name(unit.main) == "xspice"
    assert unit.show("StatusText").startswith(f"Display :{unit.number}")


def test_session_does_not_inherit_what_was_asked_of_its_display(started):
    session = processes.wait_for(lambda: started.named("sleep"), 10, "the session")
    assert b"XSPICE_OPTIONS=" in pathlib.Path(f"/proc/{started.main}/environ").read_bytes()
    assert b"XSPICE_OPTIONS=" not in pathlib.Path(f"/proc/{session}/environ").read_bytes()


def test_not_active_before(unit, port):
    unit.configure(WAITING, f"--port {port} --disable-ticketing")
    unit.manager.run("start", "--no-block", unit.service)
    states = [unit.show("ActiveState")]
    while states[-1] != "active":
        assert states[-1] in ("inactive", "activating")  # inactive: the job has not begun
        states.append(unit.show("ActiveState"))
    link(("127.0.0.1", port))
    assert "activating" in states


def test_stop_leaves_it_inactive_and_nothing_behind(started):
    everybody = [started.main, *procinfo.descendants(started.main)]
    started.manager.run("stop", started.service)
    assert (started.show("ActiveState"), started.show("Result")) == ("inactive", "success")
    assert not [pid for pid in everybody if os.path.exists(f"/proc/{pid}")]
    assert not started.files()
    assert not processes.port_in_use(started.port) and not processes.display_in_use(started.number)


def test_stop_lets_programs_save_while_they_have_a_display(unit, port):
    saved = unit.manager.home / "saved"
    unit.configure(f"trap 'sleep 0.2 && xdpyinfo >{saved}; exit' TERM; while :; do sleep 1000 & wait; done",
                   f"--port {port} --disable-ticketing")
    unit.start()
    processes.wait_for(lambda: unit.named("sleep"), 10, "the session")
    unit.manager.run("stop", unit.service)
    assert saved.exists(), unit.said()
    assert f"name of display:    :{unit.number}" in saved.read_text()


@pytest.mark.parametrize("victim", ["Xorg", "front", "keeper", "session"])
def test_crash_restarts_it(started, victim):
    main = started.main
    processes.wait_for(lambda: started.named("sleep"), 10, "the session")
    (keeper,) = procinfo.children(main)
    os.kill({"Xorg": started.named("Xorg"), "front": main, "keeper": keeper, "session": started.named("sleep")}[victim],
            signal.SIGKILL)
    processes.wait_for(lambda: started.show("NRestarts") == "1", 20, "a restart")
    started.wait_state("active")
    assert started.main != main
    link(("127.0.0.1", started.port))
    # Of the one that crashed nothing is left: what there is are the files of one display.
    assert sorted(path.suffix for path in (started.manager.runtime / "xspice").glob("display-*"))[-1:] == [".vv"]
    assert len([path for path in (started.manager.runtime / "xspice").iterdir() if path.is_dir()]) == 1


def test_end_of_the_session_is_no_crash(started):
    os.kill(processes.wait_for(lambda: started.named("sleep"), 10, "the session"), signal.SIGTERM)
    started.configure("exit 0", f"--port {started.port} --disable-ticketing")
    started.manager.run("restart", started.service)
    started.wait_state("inactive")
    assert (started.show("Result"), started.show("NRestarts")) == ("success", "0")


def test_mistake_is_told_once(unit):
    unit.configure(WAITING, "--prot 5900")
    done = unit.manager.run("start", unit.service, check=False)
    assert done.returncode == 1
    assert (unit.show("ActiveState"), unit.show("ExecMainStatus"), unit.show("NRestarts")) == ("failed", "2", "0")


def test_default_desktop_without_configuration(unit):
    script = unit.manager.home / ".xsession"
    script.write_text("#!/bin/sh\nexec openbox\n")
    script.chmod(0o755)
    unit.start()
    window_manager = processes.wait_for(lambda: unit.named("openbox"), 20, "openbox")
    environment = pathlib.Path(f"/proc/{window_manager}/environ").read_bytes().split(b"\0")
    assert b"DESKTOP_SESSION=default" in environment
    assert not [word for word in environment if word.startswith((b"XSPICE_SESSION=", b"NOTIFY_SOCKET="))]


def privileges(pid):
    return dict(re.findall(r"^(NoNewPrivs|Seccomp):\t(\d)$", pathlib.Path(f"/proc/{pid}/status").read_text(),
                           re.MULTILINE))


def test_hardening_and_how_to_do_without(started):
    assert privileges(processes.wait_for(lambda: started.named("sleep"), 10, "the session")) == {
        "NoNewPrivs": "1", "Seccomp": "2"}
    mask = started.manager.configuration / "systemd" / "user" / "xspice@.service.d" / "hardening.conf"
    mask.parent.mkdir(parents=True)
    mask.symlink_to("/dev/null")
    try:
        started.manager.run("daemon-reload")
        started.manager.run("restart", started.service)
        assert privileges(processes.wait_for(lambda: started.named("sleep"), 10, "the session")) == {
            "NoNewPrivs": "0", "Seccomp": "0"}
    finally:
        mask.unlink()
        mask.parent.rmdir()
        started.manager.run("daemon-reload")


# Programs that put themselves into a sandbox, debuggers, directories that a group shares, several threads' priorities.
NEEDED = ("unshare --user --map-root-user --mount true", "strace -o /dev/null true", "setarch -R true",
          "mkdir $$ && chmod g+s $$ && stat -c %A $$ | grep -q s && rmdir $$", "nice true")


def test_what_desktops_need_works_nevertheless(unit, port):
    result = unit.manager.home / "result"
    unit.configure(f"cd; ({' && '.join(NEEDED)}) >result.new 2>&1; echo $? >>result.new; mv result.new result; {WAITING}",
                   f"--port {port} --disable-ticketing")
    unit.start()
    processes.wait_for(result.exists, 20, "the end of the programs")
    assert result.read_text() == "0\n"


def test_first_viewer_starts_it_and_a_second_one_joins(unit, viewer):
    unit.configure(WAITING, "--size 640x480")
    unit.manager.run("start", unit.socket)
    assert (unit.show("ActiveState"), os.stat(unit.path).st_mode & 0o777) == ("inactive", 0o600)
    first = viewer(unit.path)
    first.wait_ready(within=30)
    unit.wait_state("active")  # which is told a little later
    main = unit.main
    second = viewer(unit.path)
    second.wait_ready()
    assert first.picture().shape == second.picture().shape == (480, 640)
    assert unit.main == main
    unit.manager.run("stop", unit.service)
    assert unit.path.exists()  # the manager's, who goes on listening
    third = viewer(unit.path)
    third.wait_ready(within=30)
    unit.wait_state("active")
    assert unit.main != main


def test_idle_stops_it_and_the_next_viewer_starts_it(unit, viewer):
    unit.configure(WAITING, "--idle-timeout 1")
    unit.manager.run("start", unit.socket)
    first = viewer(unit.path)
    first.wait_ready(within=30)
    processes.wait_for(lambda: unit.show("StatusText") == f"Display :{unit.number}: 1 client connected", 10, "1 client")
    main = unit.main
    first.disconnect()
    unit.wait_state("inactive")
    assert (unit.show("Result"), unit.show("NRestarts"), unit.files()) == ("success", "0", [])
    assert unit.manager.show(unit.socket, "ActiveState") == "active"
    viewer(unit.path).wait_ready(within=30)
    unit.wait_state("active")
    assert unit.main != main


def test_socket_with_a_port_and_a_password(unit, viewer, port):
    directory = unit.manager.configuration / "systemd" / "user" / f"{unit.socket}.d"
    directory.mkdir()
    (directory / "port.conf").write_text(f"[Socket]\nListenStream=127.0.0.1:{port}\n")
    password = unit.manager.home / "password"
    password.write_text("sesame\n")
    password.chmod(0o600)
    os.chown(password, os.stat(unit.manager.home).st_uid, -1)
    unit.configure(WAITING, f"--password-file {password}")
    unit.manager.run("daemon-reload")
    unit.manager.run("start", unit.socket)
    viewer(port=port, password="sesame").wait_ready(within=30)
    with pytest.raises(wire.Refused):
        link(("127.0.0.1", port), "wrong")
    viewer(unit.path, password="sesame").wait_ready()
