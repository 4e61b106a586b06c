"""The X servers that tests start: `xspice` by its uninstalled launcher, Xorg with our module directly, and Xvfb.

XSPICE_BUILD_DIR names the meson build directory (default: `build` beside the sources). Each server has a display
and a port of its own (processes.py), a private XDG_RUNTIME_DIR, and a mark by which stop() proves that no process
of it is left.
"""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from . import pixels, processes, procinfo, xdisplay

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("XSPICE_BUILD_DIR", SOURCE / "build")).resolve()


def accepts(address):
    with contextlib.suppress(OSError), socket.create_connection(address, 1):
        return True
    return False


class XServer:
    """What all of them share. start() returns when X and, where there is one, the SPICE port really answer."""

    spice = True

    def __init__(self, size="1024x768", uid=None):
        self.size = size
        self.uid = uid
        self.mark = processes.new_mark()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="xspice-test-"))
        self.runtime = self.directory / "runtime"
        self.runtime.mkdir(mode=0o700)
        if uid is not None:
            os.chmod(self.directory, 0o755)
            os.chown(self.runtime, uid, uid)
        self.log_path = self.directory / "server.log"
        self.log_path.touch()
        self.display_slot = processes.claim_display()
        self.port_slot = processes.claim_port() if self.spice else None
        self.process = None
        self.ready_after = None  # seconds from launch() until X and SPICE answered
        self._begin = None
        self._connection = None
        self._clients = {}
        self._stopped = False

    # --- life ---------------------------------------------------------------------------------------------------

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {"XDG_RUNTIME_DIR": self.runtime, "DISPLAY": None, "XAUTHORITY": None}

    def start(self, within=20.0):
        self.launch()
        return self.wait_ready(within)

    def launch(self):
        """Only the beginning of start(), for several at once."""
        self._begin = time.monotonic()
        self.process = processes.spawn(self.command(), mark=self.mark, log=self.log_path, uid=self.uid,
                                       env=self.environment())

    def wait_ready(self, within=20.0):
        try:
            processes.wait_for(self._ready, within, lambda: f"server ready: {self.log()[-2000:]}", interval=0.005)
        except BaseException:
            self.abandon()
            raise
        self.ready_after = time.monotonic() - self._begin
        return self

    def _ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the server ended with {self.process.returncode}: {self.log()[-2000:]}")
        if self._connection is None:
            # Asked before it lets anybody in, Xlib complains on standard error.
            if not self._says_ready() or not os.path.exists(f"/tmp/.X11-unix/X{self.number}"):
                return False
            try:
                self._connection = self.connect()
            except xdisplay.Disconnected:
                return False
        return not self.spice or self._answers()

    def _says_ready(self):
        return True

    def _answers(self):
        """Whether clients get in."""
        return accepts(self.address)

    def stop(self):
        """Ends the server as its user would, and asserts that it went by itself and left nothing. Nothing happens
        the second time."""
        if self._stopped:
            return self.process.returncode
        try:
            self.end_clients()
            self.disconnect()
            died = self.process.poll()
            status, forced = processes.stop(self.process, 10)
            assert died is None, f"the server had ended by itself with {died}: {self.log()[-4000:]}"
            assert not forced, f"the server did not end on SIGTERM: {self.log()[-2000:]}"
            assert not self.crashed(), f"the server crashed: {self.log()[-4000:]}"
            self.assert_nothing_left()
        finally:
            self.abandon()
        return status

    def assert_nothing_left(self, within=5.0):
        processes.wait_for(lambda: not processes.remaining(self.mark), within,
                           lambda: f"no process left: {processes.remaining(self.mark)}")
        assert not processes.display_in_use(self.number), f"lock or socket of {self.name} left behind"
        assert not self.spice or not processes.port_in_use(self.port), "the SPICE port is still taken"
        left = [str(path) for path in self.runtime.rglob("*") if not path.is_dir()]
        assert not left, f"files left in XDG_RUNTIME_DIR: {left}"

    def abandon(self):
        """Frees everything without asking whether it went well. Nothing happens the second time."""
        if self._stopped:
            return
        self._stopped = True
        self.end_clients()
        self.disconnect()
        processes.kill_remaining(self.mark)
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        # A killed X server leaves these; the slot says that they are ours.
        for path in (f"/tmp/.X{self.number}-lock", f"/tmp/.X11-unix/X{self.number}"):
            pathlib.Path(path).unlink(missing_ok=True)
        for slot in filter(None, (self.display_slot, self.port_slot)):
            slot.release()
        shutil.rmtree(self.directory, ignore_errors=True)

    def keep_logs(self, name):
        """Copies the logs to where they survive this server."""
        for log in [*self.directory.glob("*.log"), *self.directory.glob("*.txt")]:
            shutil.copy(log, pixels.artifacts() / f"{name.replace('/', '_')}-{self.number}-{log.name}")

    def crashed(self):
        return any(word in self.log() for word in ("Segmentation fault", "Caught signal", "terminate called",
                                                   "AddressSanitizer", "runtime error:", "Backtrace:"))

    def log(self):
        """Everything that the launcher and the X server wrote."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.directory.glob("*.log")))

    # --- asking it ----------------------------------------------------------------------------------------------

    @property
    def number(self):
        return self.display_slot.number

    @property
    def name(self):
        return f":{self.number}"

    @property
    def port(self):
        return self.port_slot.number

    @property
    def address(self):
        return "127.0.0.1", self.port

    @property
    def pid(self):
        """The process of the X server itself."""
        for pid in [self.process.pid, *procinfo.descendants(self.process.pid)]:
            if procinfo.name(pid) in ("Xorg", "Xvfb", "X"):
                return pid
        raise LookupError(f"no X server among the descendants of {self.process.pid}")

    def authority(self):
        """The Xauthority file that X clients need, or None."""
        return None

    def connect(self):
        """A new connection; the caller closes it."""
        authority = self.authority()
        if authority:
            os.environ["XAUTHORITY"] = str(authority)
        try:
            return xdisplay.Display(self.name)
        finally:
            os.environ.pop("XAUTHORITY", None)

    @property
    def x(self):
        """The connection that the test uses for its own questions."""
        if self._connection is None:
            self._connection = self.connect()
        return self._connection

    def disconnect(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # --- X clients ----------------------------------------------------------------------------------------------

    def client_environment(self):
        """For X programs: our display, nothing of the tester's desktop, quiet toolkits."""
        return {"DISPLAY": self.name, "XAUTHORITY": self.authority(), "XDG_RUNTIME_DIR": self.runtime,
                "HOME": self.directory, "WAYLAND_DISPLAY": None, "NO_AT_BRIDGE": "1", "GTK_A11Y": "none",
                "GDK_BACKEND": "x11", "GSETTINGS_BACKEND": "memory", "LC_ALL": "C.UTF-8"}

    def run(self, *argv, env=None):
        """Starts an X program; it ends with the server at the latest."""
        mark = processes.new_mark()
        client = processes.spawn(argv, mark=mark, log=self.directory / "clients.txt", uid=self.uid,
                                 env={**self.client_environment(), **(env or {})})
        self._clients[client] = mark
        return client

    def call(self, *argv, within=30.0, env=None):
        """Runs an X program to its end and asserts that it succeeded."""
        client = self.run(*argv, env=env)
        status = client.wait(within)
        output = (self.directory / "clients.txt").read_text(errors="replace")[-1000:]
        assert status == 0, f"{argv} ended with {status}: {output}"

    def run_window_manager(self, *options):
        """openbox; returns when it manages the screen. A window that is shown while it begins may stay hidden."""
        manager = self.run("openbox", *options)

        def manages():
            assert manager.poll() is None, f"openbox has ended: {(self.directory / 'clients.txt').read_text()}"
            return "window id" in self._ask("xprop", "-root", "_NET_SUPPORTING_WM_CHECK").stdout

        processes.wait_for(manages, 10, f"openbox manages {self.name}")

    def xrandr(self, *arguments):
        """What xrandr printed; asserts that it succeeded and that the server lives."""
        done = self.try_xrandr(*arguments)
        assert done.returncode == 0, f"xrandr {arguments}: {done.stderr}"
        return done.stdout

    def try_xrandr(self, *arguments):
        done = self._ask("xrandr", *arguments)
        assert self.process.poll() is None, self.log()[-2000:]
        return done

    def _ask(self, *argv):
        environment = {name: str(value) for name, value in self.client_environment().items() if value is not None}
        return subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False,
                              env={**os.environ, **environment})

    def end_client(self, client):
        """With everything that it started."""
        processes.kill_remaining(self._clients.pop(client, None))
        client.wait(10)

    def end_clients(self):
        for client in list(self._clients):
            self.end_client(client)


class Xvfb(XServer):
    """An X server without remoting: to compare with, or for a viewer to show its window on."""

    spice = False

    def command(self):
        return ["Xvfb", self.name, "-screen", "0", f"{self.size}x24", "-noreset", "-nolisten", "tcp"]


def module_path():
    """The directory that holds drivers/xspice_drv.so: XSPICE_MODULE_PATH, or found in the build directory."""
    given = os.environ.get("XSPICE_MODULE_PATH")
    if given:
        return pathlib.Path(given)
    for module in sorted(BUILD.rglob("drivers/xspice_drv.so")):
        return module.parent.parent
    raise FileNotFoundError(f"no drivers/xspice_drv.so in {BUILD}: build the driver, or set XSPICE_BUILD_DIR")


def copy_modules(directory):
    """To where other users can read them."""
    for module in (pathlib.Path("drivers", "xspice_drv.so"), pathlib.Path("dri", "swrast_dri.so")):
        (directory / module).parent.mkdir(parents=True)
        shutil.copy(module_path() / module, directory / module)


class Launched(XServer):
    """`xspice` as its user starts it. Without `password` ticketing is disabled, but with `ticket` it makes its own.
    `options` are added as they are, `session` is the command line after "--". `port_option` gives the display's
    `port` another meaning: "--tls-port", or None for a server that is reached in another way. With `own_access`
    nothing is said about passwords: `options` do."""

    def __init__(self, password=None, ticket=False, size="1024x768", options=(), session=(), uid=None,
                 port_option="--port", own_access=False):
        self.spice = port_option is not None
        super().__init__(size, uid)
        self.port_option = port_option
        self.own_access = own_access
        self.password = password
        self.ticket = ticket
        self.options = list(options)
        self.session = list(session)
        self.launcher, self.modules = SOURCE / "launcher" / "xspice", module_path()
        if uid is not None:
            self._stage()

    def _stage(self):
        """Copies what runs to where the other user can read it: the tree may be in a private home."""
        stage = self.directory / "stage"
        shutil.copytree(SOURCE / "launcher", stage / "launcher")
        copy_modules(stage / "modules")
        self.launcher, self.modules = stage / "launcher" / "xspice", stage / "modules"

    def access_options(self):
        if self.own_access:
            return []
        if self.password is None:
            return [] if self.ticket else ["--disable-ticketing"]
        path = self.directory / "password"
        path.write_text(self.password + "\n")
        path.chmod(0o600)
        if self.uid is not None:
            os.chown(path, self.uid, self.uid)
        return ["--password-file", path]

    def _says_ready(self):
        return "is ready" in self.log()  # its .vv file is there, too

    @property
    def address(self):
        return super().address if self.spice else (None, None)

    def command(self):
        # Our own Python: the launcher needs nothing but the standard library.
        port = [self.port_option, str(self.port)] if self.port_option else []
        words = ["/usr/bin/python3", self.launcher, self.name, *port, *self.access_options(), "--size", self.size,
                 *self.options]
        if os.getuid() != 0:
            words.append("--core-dumps")  # or we could not look at it, either
        return words + (["--", *self.session] if self.session else [])

    def environment(self):
        return {**super().environment(), "XSPICE_MODULE_PATH": self.modules, "HOME": self.directory,
                "XDG_CONFIG_HOME": None}

    def authority(self):
        # A process of the server's own user is let in without; we may be root and the server somebody else.
        return next(iter(self.runtime.rglob("*uthority")), None) if self.uid is not None else None

    def viewer_file(self):
        return next(iter(self.runtime.rglob("*.vv")), None)

    @property
    def control(self):
        """The path of its control socket."""
        return self.runtime / "xspice" / f"display-{self.number}.control"


class Direct(XServer):
    """Xorg with our module and the configuration that the launcher would use, without the launcher: for what the
    launcher never does, such as server regeneration."""

    def __init__(self, size="1024x768", arguments=("-noreset",), settings=()):
        super().__init__(size)
        self.arguments = list(arguments)
        self.settings = list(settings)

    def command(self):
        config = self.directory / "xorg.conf"
        empty = self.directory / "empty"
        empty.mkdir()
        printed = subprocess.run(
            ["/usr/bin/python3", SOURCE / "launcher" / "xspice", self.name, "--port", str(self.port),
             "--disable-ticketing", "--size", self.size, "--config", "/dev/null", *self.settings,
             "--print-xorg-conf"],
            env={**os.environ, "XSPICE_MODULE_PATH": str(module_path())}, capture_output=True, text=True, check=True)
        config.write_text(printed.stdout)
        return ["/usr/lib/xorg/Xorg", self.name, *self.arguments, "-nolisten", "tcp", "-novtswitch", "-sharevts",
                "-keeptty", "-config", config, "-configdir", empty, "-modulepath",
                f"{module_path()},/usr/lib/xorg/modules", "-logfile", self.directory / "Xorg.log"]
