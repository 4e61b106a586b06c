"""What runs on a display: a command as it is, or a desktop as after a login."""
import os
import pwd
import re
import shlex
import shutil
import time
from collections.abc import Mapping
from typing import NamedTuple

from . import desktop_entries, files, processes
from .environment import without_ours
from .errors import OperatorError
from .settings import Settings
from .xorg import child_environment, how_it_ended

_XSESSION = "/etc/X11/Xsession"  # what Debian's logins run: ~/.xsessionrc, ~/.Xresources, ssh-agent, ...
_DEFAULT = "default"  # the name of what _XSESSION chooses
_BUS_TIMEOUT = 30  # seconds; a loaded machine needs a few
# Of the desktop or the seat that we were started from, and no part of ours.
_FOREIGN = ("WAYLAND_DISPLAY", "WAYLAND_SOCKET", "WINDOWID")
_OF_ANOTHER_LOGIN = ("XDG_SEAT", "XDG_SEAT_PATH", "XDG_SESSION_PATH", "XDG_VTNR", "XDG_CURRENT_DESKTOP",
                     "SESSION_MANAGER", "DESKTOP_STARTUP_ID", "XDG_ACTIVATION_TOKEN", "GNOME_DESKTOP_SESSION_ID",
                     "DBUS_STARTER_ADDRESS", "DBUS_STARTER_BUS_TYPE")


class Program(NamedTuple):
    """`desktop`: the name by which it is known, when it is started as by a login."""

    argv: tuple[str, ...]
    option: str  # as it was asked for
    ends_display: bool = True  # when it ends
    desktop: str | None = None
    desktop_names: tuple[str, ...] = ()


def choose(settings: Settings, environment: Mapping[str, str]) -> Program | None:
    """None for a display alone. Raises OperatorError for what cannot be started."""
    if settings.command:
        if not shutil.which(settings.command[0]):
            raise OperatorError(f"-- {settings.command[0]}: no such command; check its name and PATH")
        return Program(tuple(settings.command), f"-- {shlex.join(settings.command)}")
    if settings.xsession:
        if not shutil.which(settings.xsession):
            raise OperatorError(f"--xsession {settings.xsession}: no such program; check its name and PATH")
        return Program((settings.xsession,), f"--xsession {settings.xsession}", ends_display=False)
    if not settings.session:
        return None
    name, option = settings.session, f"--session {settings.session}"
    if not re.fullmatch(r"[\w.+-]+", name):
        return Program(("/bin/sh", "-c", name), option)
    found = desktop_entries.installed(environment)
    if name in found:
        entry = found[name]
        if not shutil.which(entry.argv[0]):
            raise OperatorError(f"{option}: its program {entry.argv[0]} is not there; install it, or choose "
                                "another one")
        return Program(entry.argv, option, desktop=name, desktop_names=entry.desktops)
    if name == _DEFAULT and os.access(_XSESSION, os.X_OK):
        return Program((_DEFAULT,), option, desktop=name)
    if shutil.which(name):
        return Program(("/bin/sh", "-c", name), option)
    raise OperatorError(f"{option}: neither an installed session nor a program; sessions: "
                        f'{", ".join(_names(found)) or "none"}')


def _names(found: Mapping[str, desktop_entries.Entry]) -> list[str]:
    return sorted({*found, *([_DEFAULT] if os.access(_XSESSION, os.X_OK) else [])})


def listing(environment: Mapping[str, str]) -> str:
    """What --list-sessions prints: a line for each."""
    found = desktop_entries.installed(environment)
    names = _names(found)
    width = max(map(len, names), default=0)
    lines = []
    for name in names:
        entry = found.get(name)
        what = (f"{entry.name}: {entry.comment}" if entry.comment else entry.name) if entry else (
            "~/.xsession, or what x-session-manager or x-window-manager is here")
        lines.append(f"{name:<{width}}  {what}\n")
    return "".join(lines)


class Session:
    """The program, and with a desktop its message bus: first prepare(), then start(); note_ended() tells the end of
    either.
    """

    def __init__(self, settings: Settings, run_directory: files.RunDirectory, signals: processes.Signals) -> None:
        """Raises OperatorError as choose() does."""
        self._program = choose(settings, os.environ)
        self._files = run_directory
        self._signals = signals
        self.bus: int | None = None
        self._pid: int | None = None
        self._environment: dict[str, str] = {}
        self.status: int | None = None  # the program's wait status, once it has ended
        self.bus_status: int | None = None
        own_bus = bool(self._program and self._program.desktop)
        self._own_bus = own_bus if settings.session_bus is None else settings.session_bus == "own"

    def prepare(self, display: dict[str, str]) -> None:
        """All but the program. `display`: the variables by which programs find it. Raises OperatorError and
        StopRequested.
        """
        program = self._program
        if program is None:
            return
        environment = without_ours(child_environment()) | display
        for foreign in _FOREIGN:
            environment.pop(foreign, None)
        if program.desktop:
            environment = login_environment(environment, program)
            if not self._files.has_runtime_directory:
                environment["XDG_RUNTIME_DIR"] = self._files.make_directory("runtime")
        if self._own_bus:
            environment["DBUS_SESSION_BUS_ADDRESS"] = self._start_bus(environment)
        self._environment = environment

    def start(self) -> None:
        """Raises OperatorError."""
        program = self._program
        if program is None:
            return
        argv, directory = list(program.argv), None
        if program.desktop:
            argv, home = self._as_login(program), self._environment["HOME"]
            directory = home if os.access(home, os.X_OK) else "/"
        # A terminal has other readers; a pipe or a file was meant for the session.
        null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._pid = processes.spawn(argv, self._environment, stdin=null if os.isatty(0) else 0, stdout=1, stderr=2,
                                        directory=directory)
        except OSError as error:
            raise OperatorError(f"{program.option}: cannot be started: {error.strerror}; "
                                "name a program that can be run") from None
        finally:
            os.close(null)

    def _as_login(self, program: Program) -> list[str]:
        """Through Xsession, where there is one. It takes a command line that it divides at blanks only, and wants
        a path where the shell has a command of that name itself."""
        if not os.access(_XSESSION, os.X_OK):
            return list(program.argv)
        argv = [shutil.which(program.argv[0]) or program.argv[0], *program.argv[1:]]
        if all(re.fullmatch(r"[\w@%+=:,./-]+", word) for word in argv):
            return [_XSESSION, " ".join(argv)]
        script = self._files.write("session", f"exec {shlex.join(argv)}\n".encode())
        return [_XSESSION, f"/bin/sh {script}"]

    def _start_bus(self, environment: dict[str, str]) -> str:
        """Starts the message bus, and returns its address when it can be used."""
        address = "unix:path=" + "".join(
            chr(byte) if re.fullmatch(r"[\w/.-]", chr(byte), re.ASCII) else f"%{byte:02x}"
            for byte in os.fsencode(self._files.file("bus")))
        reader, writer = os.pipe2(os.O_CLOEXEC)
        writer = processes.keep_clear(writer)
        null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        log = os.open(self._files.file("bus.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        argv = ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--nosyslog", f"--address={address}",
                f"--print-address={writer}"]
        try:
            self.bus = processes.spawn(argv, environment, stdin=null, stdout=log, stderr=log, keep=(writer,))
        except OSError as error:
            os.close(reader)
            raise OperatorError(f"--session-bus own: dbus-daemon cannot be started: {error.strerror}; install "
                                "dbus-daemon, or give --session-bus shared") from None
        finally:
            for descriptor in (writer, null, log):
                os.close(descriptor)
        with os.fdopen(reader, "rb", buffering=0) as answer:
            return self._read_address(answer.fileno())

    def _read_address(self, reader: int) -> str:
        text, deadline = b"", time.monotonic() + _BUS_TIMEOUT
        while b"\n" not in text:
            left = deadline - time.monotonic()
            part = b""
            if left > 0:
                if not self._signals.wait(left, reader):
                    continue
                part = os.read(reader, 4096)
            if not part:
                raise OperatorError(f"--session-bus own: dbus-daemon did not start: {self._bus_said()}; mend that, or "
                                    "give --session-bus shared")
            text += part
        return text.decode().strip()

    def _bus_said(self) -> str:
        with open(self._files.file("bus.log"), encoding="utf-8", errors="replace") as log:
            lines = log.read().split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it does not say why")

    def note_ended(self, ended: dict[int, int]) -> None:
        if self._pid in ended and self._program.ends_display:
            self.status = ended[self._pid]
        if self.bus in ended:
            self.bus_status = ended[self.bus]

    def why_bus_ended(self) -> str:
        return how_it_ended(self.bus_status)


def login_environment(environment: Mapping[str, str], program: Program) -> dict[str, str]:
    """What a login sets for a desktop, on top of what there is."""
    login = {key: value for key, value in environment.items() if key not in _OF_ANOTHER_LOGIN}
    try:
        user = pwd.getpwuid(os.getuid())
        known = {"HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name, "SHELL": user.pw_shell}
    except KeyError:  # in a container, perhaps
        known = {"HOME": "/"}
    login = {name: value for name, value in known.items() if value} | login
    login |= {"XDG_SESSION_TYPE": "x11", "XDG_SESSION_CLASS": "user", "XDG_SESSION_DESKTOP": program.desktop,
              "DESKTOP_SESSION": program.desktop}
    if program.desktop_names:
        login["XDG_CURRENT_DESKTOP"] = ":".join(program.desktop_names)
    return login
