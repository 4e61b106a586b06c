"""Listening sockets that a service manager made: as systemd-socket-activate passes them."""

import contextlib
import fcntl
import os
import pathlib
import re
import socket
import subprocess

import pytest
from conftest import link, viewer_keys
from support import processes, procinfo, xserver
from xspice_launcher import errors, inherited


@pytest.fixture
def activate(launch):
    """Starts xspice at the first connection to `listen`, and gives it that."""
    def start(listen, *arguments, name="spice"):
        passed = [word for name in (processes.MARK, "XSPICE_MODULE_PATH", "XDG_RUNTIME_DIR", "TMPDIR")
                  for word in ("-E", name)]
        return launch(*arguments, own_port=False, prefix=["systemd-socket-activate", "-l", listen, f"--fdname={name}",
                                                          *passed])
    return start


@contextlib.contextmanager
def knocking(address):
    """A first connection, as soon as somebody listens; it waits until the server takes it."""
    family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX

    def connect():
        client = socket.socket(family)
        if client.connect_ex(address) == 0:
            return client
        client.close()
        return None
    client = processes.wait_for(connect, 10, "a listening socket")
    yield client
    client.close()


def test_tcp_socket(activate, port):
    xspice = activate(f"127.0.0.1:{port}")
    with knocking(("127.0.0.1", port)):
        xspice.ready()
    assert xspice.port == port
    keys = viewer_keys(xspice.viewer_file)
    assert (keys["host"], keys["port"]) == ("127.0.0.1", str(port))
    link(("127.0.0.1", port), xspice.ticket)
    assert xspice.complained.count("xspice:") == 0


def test_unix_socket(activate, shared_directory):
    path = str(shared_directory / "desk")
    xspice = activate(path)
    with knocking(path):
        xspice.ready()
    assert viewer_keys(xspice.viewer_file)["unix-path"] == path
    link(path, xspice.ticket)


def test_socket_is_the_x_servers_alone(activate, port):
    """Neither the launcher nor the session keeps it, and the session gets no variable about it."""
    xspice = activate(f"127.0.0.1:{port}", "--disable-ticketing", "--", "sleep", "1000")
    with knocking(("127.0.0.1", port)):
        xspice.ready()
    session = xspice.named("sleep")
    with open("/proc/net/tcp", encoding="ascii") as lines:
        (inode,) = {fields[9] for fields in map(str.split, lines)
                    if fields[3] == "0A" and fields[1] == f"0100007F:{port:04X}"}
    holders = {pid for pid in [xspice.process.pid, *procinfo.descendants(xspice.process.pid)]
               if f"socket:[{inode}]" in procinfo.descriptor_targets(pid)}
    assert holders == {xspice.xorg}
    assert b"LISTEN_" not in pathlib.Path(f"/proc/{session}/environ").read_bytes()


def test_port_of_our_own_beside_it(activate, port):
    own = processes.claim_port()
    try:
        xspice = activate(f"127.0.0.1:{port}", "--disable-ticketing", "--port", str(own.number))
        with knocking(("127.0.0.1", port)):
            xspice.ready()
        link(("127.0.0.1", port))
        link(("127.0.0.1", own.number))
    finally:
        own.release()


def test_socket_that_clients_cannot_use():
    """As `refused` says, but with a socket of datagrams at descriptor 3."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wrong:
        script = f'exec 3<&{wrong.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0"'
        done = subprocess.run(["bash", "-c", script, xserver.SOURCE / "launcher" / "xspice"],
                              pass_fds=[wrong.fileno()], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and done.stdout == ""
    assert re.fullmatch("xspice: LISTEN_FDS: descriptor 3 is not .*; give ListenStream=.*\n", done.stderr)


@pytest.fixture
def two_at_1000(monkeypatch):
    """Two listening sockets where the first inherited ones are looked for."""
    monkeypatch.setattr(inherited, "_FIRST", 1000)
    for number in (1000, 1001):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            assert fcntl.fcntl(listener, fcntl.F_DUPFD_CLOEXEC, number) == number
    yield
    os.closerange(1000, 1002)


def test_names_choose_among_several(two_at_1000):
    def taken(**more):
        environment = {"LISTEN_PID": "7", "LISTEN_FDS": "2", **more}
        return [found.descriptor for found in inherited.take(environment, 7)]
    assert taken() == [1000, 1001]
    assert taken(LISTEN_FDNAMES="unknown:unknown") == [1000, 1001]
    assert taken(LISTEN_FDNAMES="x11:spice") == [1001]
    assert taken(LISTEN_PID="8") == []
    assert taken(LISTEN_FDS="") == []
    with pytest.raises(errors.OperatorError, match="LISTEN_FDS: descriptor 1002 is not"):
        taken(LISTEN_FDS="3")
