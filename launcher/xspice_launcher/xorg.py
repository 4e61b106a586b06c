"""One Xorg: its command line, its start, and what its log says when it fails."""
import os
import re
import time

from . import displays, keymap_directory, probe, processes, x11, xorg_conf, xorg_options
from .entrances import Entrance
from .errors import OperatorError
from .files import RunDirectory
from .settings import Settings

_START_TIMEOUT = 60  # seconds; a loaded machine needs a few
_DEFAULT_MODULES = "/usr/lib/xorg/modules"
# Messages of systemd and of our caller that are not for the X server (it would take LISTEN_FDS for X sockets).
_MESSAGES = {"NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID"}


class Xorg:
    """Ready for clients once start() returned: `display`, `authority_file` and, with TLS, `identity` are valid then.

    `clients_authority`: the file with the certificate by which clients know the server, when it is no public one.
    """

    def __init__(self, settings: Settings, files: RunDirectory, signals: processes.Signals,
                 clients_authority: str | None) -> None:
        self._settings = settings
        self._files = files
        self._signals = signals
        self.pid: int | None = None
        self._claim: displays.DisplayClaim | None = None
        self._clients_authority = clients_authority
        self.identity: probe.Identity | None = None
        self.status: int | None = None  # wait status, once it has ended
        self.log_file = settings.log_file or files.file("xorg.log")
        self._output_file = settings.server_output or files.file("xorg.out")
        self.authority_file = files.file("Xauthority")
        self.cookie = x11.new_cookie()

    @property
    def display(self) -> int | None:
        return self._claim.number if self._claim else None

    def start(self, found: dict[str, object], entrances: list[Entrance]) -> None:
        """Returns when X clients and SPICE clients can connect. `found`: see xorg_conf.text(). claim() comes before.

        Raises OperatorError and StopRequested.
        """
        settings, files = self._settings, self._files
        deadline = time.monotonic() + _START_TIMEOUT
        files.write("xorg.conf", os.fsencode(xorg_conf.text(settings, found, files.control_socket)))
        files.write("xorg.conf.d/none.conf", b"# Nothing of the machine configures this display.\n")
        files.write("Xauthority", x11.authority(self.cookie, self.display))
        reader, writer = os.pipe2(os.O_CLOEXEC)
        writer = processes.keep_clear(writer)
        try:
            self.pid = self._spawn(writer)
        except OSError as error:
            if error.filename == keymap_directory.missing():
                raise OperatorError(f"{error.filename}: cannot be written to, nor can /tmp, and the X server may not "
                                    f"have one of its own ({error.strerror}); mount a tmpfs at /tmp") from None
            raise OperatorError(f"--xorg {settings.xorg}: cannot be started: {error.strerror}; "
                                "install xserver-xorg-core, or name the program") from None
        finally:
            os.close(writer)
        try:
            self._wait_until_serving(reader, deadline)
        finally:
            os.close(reader)
        self._prove_ready(entrances, deadline)

    def _spawn(self, display_fd: int) -> int:
        modules = find_module_path(self._settings)
        options = [*self._settings.server_arguments, *xorg_options.words(self._settings.xorg_option)]
        argv = [self._settings.xorg, f":{self.display}"]
        if not self._claim.has_file:
            argv += ["-nolisten", "unix"]
        # RandR takes the size of the screen in millimetres from this one, not from the driver's option.
        argv += ["-dpi", str(self._settings.dpi),
                 "-noreset", "-nolisten", "tcp", "-novtswitch", "-sharevts", "-keeptty", "-dpms",
                 "-seat", "xspice",  # one that has no devices: those of the machine are not even looked at
                 "-config", self._files.file("xorg.conf"), "-configdir", self._files.file("xorg.conf.d"),
                 "-modulepath", f"{modules},{_DEFAULT_MODULES}",
                 "-logfile", self.log_file, "-auth", self.authority_file,
                 "-displayfd", str(display_fd),  # which also makes it leave out its lock in /tmp
                 *options]
        unwritable = keymap_directory.missing()
        null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        output = os.open(self._output_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            return processes.spawn(argv, _environment(modules, options), stdin=null, stdout=output, stderr=output,
                                   keep=(display_fd, *(passed.descriptor for passed in self._settings.inherited)),
                                   listening=self._claim.descriptors, new_privileges=False,
                                   before=(lambda: keymap_directory.make_private(unwritable)) if unwritable else None)
        finally:
            os.close(null)
            os.close(output)

    def _wait_until_serving(self, reader: int, deadline: float) -> None:
        """X writes the display's number, and a newline, when it begins to serve clients."""
        text = b""
        while b"\n" not in text:
            left = deadline - time.monotonic()
            if left <= 0:
                raise OperatorError(f"--xorg {self._settings.xorg}: was not ready within {_START_TIMEOUT} s; "
                                    "try again with --log-file FILE and look there")
            if self._signals.wait(left, reader):
                part = os.read(reader, 64)
                if not part:
                    self._wait_for_end()
                    raise OperatorError(self.why_it_failed())
                text += part
            self.note_ended(processes.reap())
            if self.status is not None:
                raise OperatorError(self.why_it_failed())

    def _prove_ready(self, entrances: list[Entrance], deadline: float) -> None:
        left = max(1.0, deadline - time.monotonic())
        try:
            x11.admit_user(self.display, self.cookie, left)
        except OSError as error:
            raise OperatorError(f":{self.display}: X clients cannot connect: {error}; "
                                "try again with --log-file FILE and look there") from None
        for entrance in entrances:
            try:
                if entrance.tls:
                    self.identity = probe.identify(entrance, self._clients_authority, left)
                else:
                    probe.answers_link(entrance, left)
            except OSError as error:
                raise OperatorError(f"{_option_of(entrance)}: SPICE clients cannot connect: {error}; "
                                    "try again with --log-file FILE and look there") from None

    def claim(self) -> None:
        """Takes the display that is asked for, or a free one: `display` from now on. Raises OperatorError."""
        self._claim = displays.claim(self._settings.display, self._settings.first_display,
                                     self._settings.listen_tcp)

    def release(self) -> None:
        """Once it has ended, or was never started."""
        if self._claim:
            self._claim.release()

    def note_ended(self, ended: dict[int, int]) -> None:
        if self.pid in ended:
            self.status = ended[self.pid]

    def _wait_for_end(self) -> None:
        """Its end of the display pipe is closed, so it is ending, or has lost its mind."""
        deadline = time.monotonic() + 5
        while self.status is None and time.monotonic() < deadline:
            self._signals.wait(0.1)
            self.note_ended(processes.reap())

    def why_it_failed(self) -> str:
        """One line for a server that ended while starting."""
        lines = self._errors()
        ours = [line for line in lines if re.match(r"(--|:)\S", line)]
        if ours:
            return ours[0]  # written by our module: names the option and the remedy
        reason = next((line for line in lines if "no screens found" not in line.lower()), how_it_ended(self.status))
        return f"--xorg {self._settings.xorg}: did not start: {reason}; --log-file FILE keeps its whole log"

    def _errors(self) -> list[str]:
        """The error lines of its log and output, oldest first, without their marks."""
        found = []
        for path in (self.log_file, self._output_file):
            if path == self._settings.server_output:
                continue  # others write there, too, and it may be a terminal
            try:
                with open(path, encoding="utf-8", errors="replace") as log:
                    text = log.read()
            except OSError:
                continue
            for line in text.splitlines():
                match = re.match(r"(?:\[[ 0-9.]*\] *)?\(EE\) *(?:xspice(?:\(\d+\))?: *)?(.*)", line)
                message = match[1].strip().removesuffix("(EE)") if match else ""
                if message and not message.startswith(_UNTOLD) and message not in found:
                    found.append(message)
        return found


def _environment(modules: str, options: list[str]) -> dict[str, str]:
    """The X server's. Its GLX gets the driver that only says what there is, unless it is to draw itself."""
    environment = child_environment()
    if "+iglx" not in options:
        environment["LIBGL_DRIVERS_PATH"] = os.path.join(modules, "dri")
    return environment


def _option_of(entrance: Entrance) -> str:
    if entrance.path:
        return f"--unix {entrance.path}"
    return f'{"--tls-port" if entrance.tls else "--port"} {entrance.port}'


# Lines that stand in every failing log, or, without a system bus, in every log.
_UNTOLD = ("Fatal server error", "Please consult the The X.Org Foundation support", "dbus-core: ")


def find_module_path(settings: Settings) -> str:
    """The directory for Xorg's -modulepath; raises OperatorError when the module is not in it."""
    path = settings.module_path
    if path is None:
        try:
            from . import build_config  # written by meson at installation
            path = build_config.MODULE_PATH
        except ImportError:
            raise OperatorError("--module-path: xspice is not installed, so it must be told where its module is; "
                                "use scripts/run, or give the directory of drivers/xspice_drv.so") from None
    module = os.path.join(path, "drivers", "xspice_drv.so")
    if not os.path.isfile(module):
        raise OperatorError(f"--module-path {path}: drivers/xspice_drv.so is not there; build or install xspice, "
                            "or give the directory that has it")
    return path


def child_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in _MESSAGES}


def how_it_ended(status: int | None) -> str:
    if status is None:
        return "it does not answer"
    code = os.waitstatus_to_exitcode(status)
    return f"it was killed by signal {-code}" if code < 0 else f"it ended with status {code}"
