"""Fixtures for tests of `xspice` as a program: each starts it, most with the real Xorg and our module.

    xspice = launch("--size", "800x600")    # has begun to start; launch(uid=...) as another user
    xspice.ready()                          # waits for its word; xspice.display, .port, .ticket, .viewer_file
    xspice.end()                            # SIGTERM; asserts that nothing is left

Each has a private XDG_RUNTIME_DIR and its own temporary directory, so that what is left over can be seen. At the
end of a test all are ended and must have left nothing.
"""

import contextlib
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
SOURCE = TESTS.parent
sys.path[:0] = [str(TESTS), str(SOURCE / "launcher")]

from support import processes, procinfo, wire, xserver  # noqa: E402
from support.free import first_free_display, free_display, port  # noqa: E402, F401
from support.observed_program import ObservedProgram  # noqa: E402
from xspice_launcher import options  # noqa: E402

ORDINARY_USER = pwd.getpwnam("nobody").pw_uid


def parse(*arguments, sockets=(), **variables):
    """Settings, of which no configuration of this machine knows."""
    return options.parse(list(map(str, arguments)), {"XDG_CONFIG_HOME": "/nonexistent", **variables}, sockets)


def link(address, password="", tls=None):
    """A SPICE client's first steps; raises wire.Refused when it is not let in."""
    with wire.Connection(address, tls=tls) as connection:
        connection.link(wire.constant("CHANNEL_MAIN")).authenticate(password)


def viewer_keys(path):
    lines = path.read_text().splitlines()
    assert lines[0] == "[virt-viewer]"
    return dict(line.split("=", 1) for line in lines[1:])


class Xspice(ObservedProgram):
    def __init__(self, arguments, *, uid=None, environment=None, runtime_directory=True, stdin=subprocess.DEVNULL,
                 modules=None, own_port=True, prefix=(), looked_into=True):
        super().__init__("xspice-launch-", uid)
        self.port_slot = processes.claim_port() if own_port else None
        launcher = SOURCE / "launcher" / "xspice"
        modules = modules or xserver.module_path()
        if uid is not None:  # the tree may be in a private home
            shutil.copytree(SOURCE / "launcher", self.directory / "launcher")
            shutil.copytree(modules, self.directory / "modules")
            launcher, modules = self.directory / "launcher" / "xspice", self.directory / "modules"
        words = [*prefix, launcher, *(["--port", self.port_slot.number] if self.port_slot else []), *arguments]
        if looked_into and os.getuid() != 0 and "--core-dumps" not in arguments:  # only root could
            words.insert(len(prefix) + 1, "--core-dumps")
        variables = {"XSPICE_MODULE_PATH": modules, "DISPLAY": None, "XAUTHORITY": None, "NOTIFY_SOCKET": None,
                     "XDG_CONFIG_HOME": self.directory / "config",
                     "XDG_RUNTIME_DIR": self.runtime if runtime_directory else None, "TMPDIR": self.temporary,
                     **(environment or {})}
        with open(self.errors, "wb") as errors:
            self.process = processes.spawn([str(word) for word in words], mark=self.mark, log=self.output, uid=uid,
                                           env=variables, stdin=stdin, stderr=errors)
        self._socket = None

    # --- what it says ---------------------------------------------------------------------------------------------

    def ready(self, within=30):
        """Waits until it says that it is ready."""
        def word():
            assert self.process.poll() is None or "is ready" in self.said, (self.process.returncode, self.complained)
            return "run programs" in self.said
        processes.wait_for(word, within, lambda: f"ready: {self.said}{self.complained}", interval=0.005)
        self._socket = self._find_socket()
        return self

    def _find_socket(self):
        """What tells the display's socket file from a later one of that name, or None."""
        try:
            status = os.stat(f"/tmp/.X11-unix/X{self.display}")
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_ctime_ns

    def _find(self, pattern):
        return re.search(pattern, self.said, re.MULTILINE)[1]

    @property
    def display(self):
        return int(self._find(r"display :(\d+) is ready"))

    @property
    def port(self):
        return int(self._find(r"listening on .*?(?<!TLS) port (\d+)"))

    @property
    def tls_port(self):
        return int(self._find(r"listening on .* TLS port (\d+)"))

    @property
    def ticket(self):
        return self._find(r"password +(\S+)$")

    @property
    def viewer_file(self):
        return pathlib.Path(self._find(r"remote-viewer (/\S+\.vv)$"))

    # --- its processes --------------------------------------------------------------------------------------------

    @property
    def keeper(self):
        (keeper,) = procinfo.children(self.process.pid)
        return keeper

    @property
    def xorg(self):
        return next(pid for pid in procinfo.descendants(self.process.pid) if procinfo.name(pid) == "Xorg")

    def x(self, *argv, environment=None, **options):
        """Runs an X program on the display and returns what it printed."""
        return subprocess.run(argv, env={**os.environ, "DISPLAY": f":{self.display}", **(environment or {})},
                              capture_output=True, text=True, check=True, timeout=20, **options).stdout

    # --- end ------------------------------------------------------------------------------------------------------

    def wait(self, within=20):
        return self.process.wait(within)

    def end(self, number=signal.SIGTERM, within=20):
        """Sends a signal, waits for the end and asserts that nothing is left. Returns the exit status."""
        self.process.send_signal(number)
        status = self.wait(within)
        self.assert_nothing_left()
        return status

    def assert_nothing_left(self, within=10):
        """`within`: for what ends by itself after the launcher was killed."""
        self.assert_no_process_nor_file_left(within, but="dbus-1")  # which every message bus makes for its user
        if "is ready" in self.said:
            # The display may be somebody else's by now, unless it was ours by agreement; its socket is not.
            assert self._socket is None or self._socket != self._find_socket()
            assert not self.port_slot or not processes.port_in_use(self.port)

    def close(self):
        """Ends it without questions."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        processes.kill_remaining(self.mark)
        self.process.wait(10)
        if self.port_slot:
            self.port_slot.release()
        shutil.rmtree(self.directory, ignore_errors=True)


@pytest.fixture
def launch():
    """Starts `xspice`; the test need not end it."""
    with contextlib.ExitStack() as stack:
        def start(*arguments, **options):
            instance = Xspice(arguments, **options)
            stack.callback(instance.close)
            return instance
        yield start


@pytest.fixture
def shared_directory():
    """One that other users can read."""
    with tempfile.TemporaryDirectory(prefix="xspice-shared-") as directory:
        os.chmod(directory, 0o755)
        yield pathlib.Path(directory)


@pytest.fixture
def refused(launch):
    """Runs `xspice` with arguments that it must refuse; returns the one line that it says."""
    def run(*arguments, **options):
        options.setdefault("own_port", False)
        instance = launch(*arguments, **options)
        status = instance.wait()
        lines = instance.complained.splitlines()
        assert (status, instance.said, len(lines)) == (2, "", 1), (status, instance.said, instance.complained)
        instance.assert_nothing_left()
        assert lines[0].startswith("xspice: ")
        return lines[0].removeprefix("xspice: ")
    return run
