"""The packages on a machine: installed beside the reference, used by an ordinary user, purged.

The machine has an X server of its own, which must not notice any of it.
"""

import re
import signal
import subprocess

import pytest
from support import processes, spice_client, viewer_file

CONFIGURATION = """\
Section "Device"
    Identifier "own"
    Driver "dummy"
EndSection
"""


def files_of_own_x_server(machine, directory):
    """What the machine's X server opens at a start with nothing but its own configuration; it must become ready."""
    mark, log, trace = processes.new_mark(), directory / "own-xorg", directory / "own-xorg.trace"
    running = machine.start("Xorg", "-displayfd", "1", "-nolisten", "tcp", mark=mark, log=log, network=False,
                            prefix=["strace", "-f", "-qq", "-e", "trace=openat,open,execve", "-o", trace])
    try:
        processes.wait_for(lambda: re.search(r"^\d+$", log.read_text(), re.MULTILINE), 60,
                           lambda: log.read_text()[-2000:])
        running.signal(signal.SIGTERM)
        running.wait()
    finally:
        processes.kill_remaining(mark)
    log.unlink()
    paths = re.findall(r'"(/[^"]*)"', trace.read_text())
    assert "/etc/X11/xorg.conf" in paths
    return {path for path in paths if not path.startswith(("/proc/", "/dev/", "/tmp/"))}


class Before:
    def __init__(self, machine, directory):
        machine.inside("/etc/X11/xorg.conf").write_text(CONFIGURATION)
        self.opened = files_of_own_x_server(machine, directory)
        self.files = machine.snapshot()
        self.packages = machine.run("dpkg-query", "--show").stdout


@pytest.fixture(scope="module")
def before(machine, tmp_path_factory):
    return Before(machine, tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def installed(machine, before, packages):
    """With dpkg: nothing but what the packages depend on is there, and it has to be enough."""
    target = machine.inside("/tmp/packages")
    target.mkdir()
    for deb in packages.debs.values():
        (target / deb.name).write_bytes(deb.read_bytes())
    machine.run("dpkg", "--install", *(f"/tmp/packages/{deb.name}" for deb in packages.debs.values()))
    return machine


class User:
    """An ordinary one, at work."""

    def __init__(self, machine, directory):
        self._machine = machine
        self.mark = processes.new_mark()
        self.log = directory / "log"
        self.home = machine.inside("/home/alice")

    def start(self, *argv):
        return self._machine.start(
            *argv, user=2000, mark=self.mark, log=self.log,
            environment={"HOME": "/home/alice", "XDG_RUNTIME_DIR": "/run/user/2000"},
            tmpfs=("/run:mode=755", "/run/user/2000:mode=700,uid=2000,gid=2000"))


@pytest.fixture
def user(installed, tmp_path):
    found = User(installed, tmp_path)
    yield found
    left = processes.remaining(found.mark)
    processes.kill_remaining(found.mark)
    assert not left, left


def test_an_ordinary_user_shows_a_program_to_a_viewer(installed, user, tmp_path):
    port = processes.claim_port()
    program = 'until [ -e "$HOME/done" ]; do sleep 0.1; done; exit 7'
    running = user.start("xspice", "--port", port.number, "--size", "640x480", "--", "sh", "-c", program)

    def ready():
        assert running.process.poll() is None, user.log.read_text()
        return re.search(r"remote-viewer (/\S+\.vv)$", user.log.read_text(), re.MULTILINE)

    path = processes.wait_for(ready, 60, lambda: user.log.read_text(), interval=0.1)[1]
    assert path.startswith("/run/user/2000/xspice/")
    viewer = spice_client.Client(tmp_path)
    try:
        viewer_file.connect(viewer, running.file(path), tmp_path)
        viewer.wait_ready(20)
        assert viewer.picture().shape == (480, 640)
        (user.home / "done").touch()
        assert running.wait() == 7
    finally:
        viewer.close()
        port.release()
    (user.home / "done").unlink()
    assert not list(installed.inside("/tmp").glob("xspice-*"))


def test_an_ordinary_user_records(installed, user):
    """With the libraries that xspice-recorder depends on, and no others."""
    running = user.start("xspice-run", "--record", "/home/alice/run.webm", "--", "xspicectl", "wait-still", "0.2")
    assert running.wait() == 0, user.log.read_text()
    video = user.home / "run.webm"
    assert video.read_bytes().startswith(b"\x1a\x45\xdf\xa3")
    video.unlink()


def test_the_machines_own_x_server_reads_the_same_files(installed, before, tmp_path):
    opened = files_of_own_x_server(installed, tmp_path)
    assert opened == before.opened
    assert not [path for path in opened if "xspice" in path.lower()]


def test_the_files_of_others_are_as_they_were(installed, before):
    after = installed.snapshot()
    changed = [path for path, was in before.files.items() if after.get(path) != was]
    assert not [path for path in changed if not path.startswith("/var/lib/dpkg/")], changed
    assert installed.run("dpkg", "--verify").stdout == ""
    versions = installed.run("dpkg-query", "--show", "xserver-xspice", "xspice").stdout
    assert len(versions.splitlines()) == 2


def test_programs_answer(installed, packages):
    version = packages.control("xspice")["Version"]
    for program in ("xspice", "xspicectl", "xspice-run"):
        assert installed.run(program, "--version", user=2000).stdout == f"{program} {version}\n"


def test_python_is_compiled(installed):
    """Users cannot do that, and a start would take twice as long."""
    source = installed.inside("/usr/share/xspice/xspice_launcher")
    assert {path.relative_to(source) for path in source.rglob("*.py")} == {
        path.relative_to(source).parent.parent / (path.name.partition(".")[0] + ".py") for path in source.rglob("*.pyc")}


def test_purged_it_leaves_nothing(installed, before, packages):
    installed.run("dpkg", "--purge", *packages.debs)
    after = installed.snapshot()
    known = {"/var/lib/dpkg/status", "/var/lib/dpkg/available"}
    different = {path for path in before.files.keys() | after.keys() if before.files.get(path) != after.get(path)}
    assert different <= known, different
    assert installed.run("dpkg-query", "--show").stdout == before.packages
