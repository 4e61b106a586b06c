"""--watch: somebody may look on, and cannot touch anything."""

import fcntl
import os
import pathlib
import re
import struct
import termios

import pytest
from conftest import ORDINARY_USER, x
from support import processes, procinfo, wire
from support.control_client import Control
from support.spice_client import Client

KEY_A = 0x1E


@pytest.fixture
def client(tmp_path):
    opened = Client(tmp_path)
    yield opened
    opened.close()


def listening():
    """The inodes of sockets that listen at a TCP port."""
    found = set()
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(name, encoding="ascii") as lines:
            found |= {fields[9] for fields in map(str.split, lines) if fields[3] == "0A"}
    return {f"socket:[{inode}]" for inode in found}


def waiting_words(pid):
    """Bytes in the pipe that process `pid` reads."""
    (pipe,) = [entry for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir() if os.readlink(entry).startswith("pipe:")]
    with open(pipe, "rb", buffering=0, opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as words:
        (count,) = struct.unpack("i", fcntl.ioctl(words, termios.FIONREAD, bytes(4)))
        return count


def test_nobody_can_without_it(xspice_run):
    run = xspice_run("sh", "-c", "echo up; exec sleep 1000")
    run.said_line("up")
    assert not listening() & set(procinfo.descriptor_targets(run.named("Xorg")))


def test_how_to_is_said_before_the_command_starts(xspice_run, port):
    run = xspice_run(f"--watch={port}", "sh", "-c", "cat $0; exec sleep 1000", "/dev/null")
    run.named("sleep")
    viewer_file, password = re.fullmatch(
        r"xspice-run: to look on: remote-viewer (\S+\.vv)\n"
        rf"xspice-run: or remote-viewer spice://127\.0\.0\.1:{port}, with the password (\S+)\n", run.complained).groups()
    with open(viewer_file, encoding="utf-8") as lines:
        keys = dict(line.strip().split("=", 1) for line in lines if "=" in line)
    assert (keys["host"], keys["port"], keys["password"]) == ("127.0.0.1", str(port), password)
    for wrong in ("", "wrong"):
        with pytest.raises(wire.Refused), wire.Connection(("127.0.0.1", port)) as connection:
            connection.link(wire.constant("CHANNEL_MAIN")).authenticate(wrong)
    run.process.terminate()
    assert run.wait() == -15
    assert not processes.port_in_use(port)


def test_passwords_are_closed_to_other_processes_of_the_user(xspice_run, port):
    run = xspice_run(f"--watch={port}", "sleep", "1000", uid=ORDINARY_USER)
    command = run.named("sleep")
    (keeper,) = procinfo.children(run.process.pid)
    for pid in (run.process.pid, keeper, run.named("Xorg")):
        assert os.stat(f"/proc/{pid}/environ").st_uid == 0, procinfo.name(pid)
    assert os.stat(f"/proc/{command}/environ").st_uid == ORDINARY_USER


def test_who_comes_and_goes_is_no_word_that_waits_for_a_reader(xspice_run, port, client):
    """The first process reads those of the second one when there is a signal. Their pipe must not become full."""
    run = xspice_run(f"--watch={port}", "sh", "-c",
                     "trap 'echo told' TERM; echo $XSPICE_CONTROL; sleep 1000 & wait; wait")
    path = processes.wait_for(lambda: run.said.strip(), 20, lambda: run.complained)
    client.connect("127.0.0.1", port, run.complained.split()[-1])
    client.wait_ready()
    before = waiting_words(run.process.pid)
    client.disconnect()
    with Control(path) as control:
        processes.wait_for(lambda: control.ask("status")["clients"] == 0, 10, "the client to be gone")
        control.ask("quit")
    run.said_line("told")  # by the second process, which heard of the client before
    assert waiting_words(run.process.pid) == before


def test_who_looks_on_touches_nothing(xspice_run, port, client):
    """tests/clients/test_view_only.py looks closer; here it is that this password is such a one."""
    run = xspice_run(f"--watch={port}", "sh", "-c", "echo $DISPLAY; exec xev -root -event keyboard")
    display = processes.wait_for(lambda: run.said.strip(), 20, lambda: run.complained)
    client.connect("127.0.0.1", port, run.complained.split()[-1])
    client.wait_ready()
    for _ in range(20):
        client.position(100, 100)
        client.tap(KEY_A)
        assert client.picture().shape == (1024, 1280)
        assert "x:640 y:512 " in x(display, "xdotool", "getmouselocation")
    assert "Key" not in run.said
