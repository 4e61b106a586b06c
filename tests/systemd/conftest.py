"""Fixtures for tests of the units: a real manager of an ordinary user, who has xspice and its units.

One manager serves a whole file; each test has a display of its own.
"""

import contextlib
import os
import pathlib
import pwd
import shutil
import sys
import tempfile

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
SOURCE = TESTS.parent
sys.path.insert(0, str(TESTS))

from support import processes, procinfo, spice_client, xserver  # noqa: E402
from support.free import port  # noqa: E402, F401
from support.service_manager import UserManager  # noqa: E402

USER = pwd.getpwnam("nobody")
UNITS = SOURCE / "systemd"


def install_units(target, programs):
    """As meson does: units of users into `target`/user, those of the system into `target`/system."""
    user, system = target / "user", target / "system"
    (user / "xspice@.service.d").mkdir(parents=True)
    system.mkdir()
    for template, directory in (("xspice@.service.in", user), ("xspice-user@.service.in", system)):
        text = (UNITS / template).read_text()
        assert text.count("@BINDIR@") == 1
        (directory / template.removesuffix(".in")).write_text(text.replace("@BINDIR@", str(programs)))
    shutil.copy(UNITS / "xspice@.socket", user)
    shutil.copy(UNITS / "hardening.conf", user / "xspice@.service.d")
    return user, system


class Installed:
    """xspice, where every user can read it."""

    def __init__(self, directory):
        shutil.copytree(SOURCE / "launcher", directory / "launcher")
        xserver.copy_modules(directory / "modules")
        self.programs, self.modules = directory / "launcher", directory / "modules"
        self.user_units, self.system_units = install_units(directory / "units", self.programs)


@pytest.fixture(scope="module")
def stage():
    with tempfile.TemporaryDirectory(prefix="xspice-units-") as directory:
        os.chmod(directory, 0o755)
        yield pathlib.Path(directory)


@pytest.fixture(scope="module")
def installed(stage):
    return Installed(stage)


@pytest.fixture(scope="module")
def manager(stage, installed):
    mark = processes.new_mark()
    directory = stage / "user"
    shutil.copytree(installed.user_units, directory / "units")
    # There is no journal.
    (directory / "units" / "xspice@.service.d" / "output.conf").write_text(
        f"[Service]\nStandardOutput=append:{directory}/output-%i\nStandardError=append:{directory}/output-%i\n")
    started = UserManager(directory, mark, USER.pw_uid, USER.pw_gid, {"XSPICE_MODULE_PATH": str(installed.modules)})
    try:
        yield started
    finally:
        started.close()
        left = processes.remaining(mark)
        processes.kill_remaining(mark)
        assert not left, left


class Unit:
    """The unit, and the socket, of one display."""

    def __init__(self, manager, number):
        self.manager, self.number = manager, number
        self.service, self.socket = f"xspice@{number}.service", f"xspice@{number}.socket"
        self.path = manager.runtime / "xspice" / f"display-{number}.spice"
        self._configuration = manager.configuration / "xspice" / f"display-{number}.env"

    def configure(self, session, options=""):
        self._configuration.parent.mkdir(exist_ok=True)
        self._configuration.write_text(f'XSPICE_SESSION="{session}"\nXSPICE_OPTIONS="{options}"\n')

    def start(self):
        done = self.manager.run("start", self.service, check=False)
        assert done.returncode == 0, f"{done.stderr}{self.said()}"

    def said(self):
        return (self.manager.directory / f"output-{self.number}").read_text()

    def show(self, name):
        return self.manager.show(self.service, name)

    @property
    def main(self):
        return int(self.show("MainPID"))

    def named(self, name):
        """The process of this name in the unit, or None."""
        return next((pid for pid in procinfo.descendants(self.main) if procinfo.name(pid) == name), None)

    def wait_state(self, state, within=20):
        self.manager.wait_state(self.service, state, within)

    def files(self):
        """What there is of displays in XDG_RUNTIME_DIR, but for the socket of the unit."""
        found = (self.manager.runtime / "xspice").rglob("*")
        return [path for path in found if path != self.path]

    def close(self):
        self.manager.run("stop", self.socket, self.service, check=False)
        self.manager.run("reset-failed", self.socket, self.service, check=False)
        self._configuration.unlink(missing_ok=True)
        (self.manager.directory / f"output-{self.number}").unlink(missing_ok=True)


@pytest.fixture
def unit(manager):
    slot = processes.claim_display()
    found = Unit(manager, slot.number)
    yield found
    found.close()
    slot.release()


@pytest.fixture
def viewer(tmp_path):
    """Connects a real client, to a path or a port of this machine."""
    with contextlib.ExitStack() as stack:
        def connect(path=None, port=None, password=None):
            client = spice_client.Client(tmp_path)
            stack.callback(client.close)
            if path:
                client.connect(None, None, password,
                               properties={"port": None, "host": None, "unix-path": str(path)})
            else:
                client.connect("127.0.0.1", port, password)
            return client
        yield connect
