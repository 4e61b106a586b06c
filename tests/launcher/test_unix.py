"""--unix: a way in for one's own processes, and no other unless it is asked for."""

import os
import re
import signal
import socket
import stat
import subprocess

import pytest
from conftest import ORDINARY_USER, link, viewer_keys
from support import procinfo, wire


def listening_ports(pid):
    """TCP ports on which a process listens."""
    targets = "\n".join(procinfo.descriptor_targets(pid))
    sockets = set(re.findall(r"^socket:\[(\d+)\]$", targets, re.MULTILINE))
    ports = set()
    for table in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{table}", encoding="ascii") as lines:
            for fields in list(map(str.split, lines))[1:]:
                if fields[3] == "0A" and fields[9] in sockets:
                    ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


@pytest.fixture
def path(shared_directory):
    return shared_directory / "desk"


def test_unix_socket_alone(launch, path):
    xspice = launch("--unix", str(path), own_port=False).ready()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f"listening on  {path} (this user only)\n" in xspice.said
    assert f"or  remote-viewer spice+unix://{path}\n" in xspice.said
    assert listening_ports(xspice.xorg) == set()
    assert viewer_keys(xspice.viewer_file) == {"type": "spice", "unix-path": str(path), "title": "xspice",
                                               "password": xspice.ticket, "delete-this-file": "0"}
    link(str(path), xspice.ticket)
    with pytest.raises(wire.Refused):
        link(str(path), "wrong")
    assert xspice.end() == -signal.SIGTERM
    assert not path.exists()


def test_unix_socket_beside_a_port(launch, path):
    xspice = launch("--unix", str(path)).ready()
    assert listening_ports(xspice.xorg) == {xspice.port}
    assert "unix-path" not in viewer_keys(xspice.viewer_file)
    assert f"spice://127.0.0.1:{xspice.port}\n" in xspice.said and f"spice+unix://{path}\n" in xspice.said
    link(str(path), xspice.ticket)
    link(("127.0.0.1", xspice.port), xspice.ticket)


def test_address_asks_for_a_port_beside_the_socket(launch, path):
    xspice = launch("--unix", str(path), "--addr", "127.0.0.1", own_port=False).ready()
    assert listening_ports(xspice.xorg) == {xspice.port}


def test_other_users_do_not_get_in(launch, path):
    launch("--unix", str(path), "--disable-ticketing", own_port=False).ready()
    os.chmod(path, 0o666)  # even then
    script = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(10); " \
             "print(s.recv(1))"
    asked = subprocess.run(["/usr/bin/python3", "-c", script, path], user=ORDINARY_USER, group=ORDINARY_USER,
                           extra_groups=[], capture_output=True, text=True, timeout=20)
    assert asked.stdout == "b''\n" or "ConnectionResetError" in asked.stderr, asked


def test_socket_that_a_killed_server_left_is_replaced(launch, path):
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
    launch("--unix", str(path), "--disable-ticketing", own_port=False).ready()
    link(str(path))


def test_socket_that_is_in_use(launch, refused, path):
    launch("--unix", str(path), "--disable-ticketing", own_port=False).ready()
    assert re.match(f"--unix {path}: .*; ", refused("--unix", str(path)))
    link(str(path))


def test_file_that_is_no_socket_stays(refused, path):
    path.write_text("precious")
    assert re.match(f"--unix {path}: .*; ", refused("--unix", str(path)))
    assert path.read_text() == "precious"
