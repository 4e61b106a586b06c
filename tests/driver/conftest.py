"""Fixtures for tests of the module in a real Xorg, started directly: no launcher, and no SPICE client.

    def test_something(xorg):
        server = xorg({"NumHeads": "2"})        # ready; `arguments`, `uid` as in ModuleServer
        server.xrandr("--output", "Virtual-1", "--off")

Each server has a display and a port of its own; at the end of the test it is stopped as a user would, and must leave
no process, file, lock or port.
"""

import contextlib
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import spice_client, xserver  # noqa: E402

CONFIG = """
Section "ServerFlags"
    Option "AutoAddDevices" "false"
    Option "AutoAddGPU" "false"
    Option "DontVTSwitch" "true"
EndSection
Section "Device"
    Identifier "xspice"
    Driver "xspice"
{options}
EndSection
Section "InputDevice"
    Identifier "xspice pointer"
    Driver "xspice"
    Option "Role" "pointer"
EndSection
Section "InputDevice"
    Identifier "xspice relative pointer"
    Driver "xspice"
    Option "Role" "relative-pointer"
EndSection
Section "InputDevice"
    Identifier "xspice keyboard"
    Driver "xspice"
    Option "Role" "keyboard"
EndSection
Section "Screen"
    Identifier "screen"
    Device "xspice"
EndSection
Section "ServerLayout"
    Identifier "layout"
    Screen "screen"
    InputDevice "xspice pointer" "CorePointer"
    InputDevice "xspice relative pointer" "SendCoreEvents"
    InputDevice "xspice keyboard" "CoreKeyboard"
EndSection
"""


class ModuleServer(xserver.XServer):
    """Xorg with our module. `options` are those of the Device section; None takes a default away."""

    def __init__(self, options=None, arguments=("-noreset",), uid=None):
        super().__init__(uid=uid)
        given = {"SpicePort": str(self.port), "SpiceDisableTicketing": "true", "Size": "1024x768", **(options or {})}
        self.options = {name: value for name, value in given.items() if value is not None}
        self.arguments = list(arguments)
        self.modules = self._staged_modules()

    def _staged_modules(self):
        """The module's own directory may be private: another user gets a copy that it can read."""
        if self.uid is None:
            return xserver.module_path()
        staged = self.directory / "modules"
        (staged / "drivers").mkdir(parents=True)
        target = staged / "drivers" / "xspice_drv.so"
        target.write_bytes((xserver.module_path() / "drivers" / "xspice_drv.so").read_bytes())
        return staged

    def command(self):
        lines = [f'    Option "{name}" "{value}"' for name, value in self.options.items()]
        config, empty = self.directory / "xorg.conf", self.directory / "empty"
        config.write_text(CONFIG.format(options="\n".join(lines)))
        empty.mkdir()
        (empty / "none.conf").write_text("# The host's own snippets are not for us; an empty directory is an error.\n")
        return ["/usr/lib/xorg/Xorg", self.name, *self.arguments, *self._auth_arguments(), "-nolisten", "tcp",
                "-novtswitch", "-sharevts", "-keeptty", "-config", config, "-configdir", empty, "-modulepath",
                f"{self.modules},/usr/lib/xorg/modules", "-logfile", self.runtime / "Xorg.log"]

    def _auth_arguments(self):
        """A server lets its own user in without; another user's server wants a cookie from us."""
        authority = self.authority()
        if authority is None:
            return []
        subprocess.run(["xauth", "-f", authority, "add", self.name, ".", "0123456789abcdef" * 2], check=True,
                       capture_output=True)
        authority.chmod(0o644)
        return ["-auth", authority]

    def environment(self):
        # Every symbol is looked for when the module is loaded, not when it is first used.
        return {**super().environment(), "LD_BIND_NOW": "1"}

    def authority(self):
        return None if self.uid is None else self.directory / "authority"

    def log(self):
        logs = [self.log_path, self.runtime / "Xorg.log"]
        return "\n".join(path.read_text(errors="replace") for path in logs if path.exists())

    def assert_nothing_left(self, within=5.0):
        (self.runtime / "Xorg.log").unlink(missing_ok=True)
        super().assert_nothing_left(within)


@pytest.fixture
def xorg():
    with contextlib.ExitStack() as stack:

        def start(*arguments, **named):
            server = ModuleServer(*arguments, **named)
            server.start()
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture
def failing_xorg():
    """Starts a server that must end by itself; returns (exit status, log)."""
    with contextlib.ExitStack() as stack:

        def start(*arguments, **named):
            server = ModuleServer(*arguments, **named)
            stack.callback(server.abandon)
            server.process = subprocess.Popen(list(map(str, server.command())), stdin=subprocess.DEVNULL,
                                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            status = server.process.wait(20)
            log = server.log()
            server.assert_nothing_left()
            return status, log

        yield start


@pytest.fixture
def viewer(xorg, tmp_path):  # pylint: disable=unused-argument,redefined-outer-name
    """viewer(server): a connected SPICE client. Depends on `xorg` so that clients go first at the end."""
    with contextlib.ExitStack() as stack:

        def connect(server):
            client = spice_client.Client(tmp_path)
            stack.callback(client.close)
            client.connect(*server.address)
            client.wait_ready()
            return client

        yield connect
