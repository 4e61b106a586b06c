"""The keeper: parent of Xorg and of the session, in that order of birth and the reverse order of death."""
import os
import shlex
import shutil
from collections.abc import Callable

from . import files, network, options, processes, report, viewer_file, x11
from .errors import OperatorError, StopRequested
from .xorg import Xorg, child_environment, how_it_ended

_SESSION_GRACE = 3.0  # seconds for programs to save what they have
_XORG_GRACE = 5.0
STATUS_SERVER_ENDED = 1
STATUS_NOT_STARTED = 2


class Keeper:
    """run() is the whole life of one display; it returns the exit status.

    `notify` is called with 'display N' as soon as N is known, and with 'ready'.
    """

    def __init__(self, settings: options.Settings, ticket: str | None, run_directory: files.RunDirectory,
                 notify: Callable[[str], object]) -> None:
        self._settings = settings
        self._ticket = ticket
        self._files = run_directory
        self._notify = notify
        self._signals = processes.Signals()
        self._xorg = Xorg(settings, run_directory, self._signals)
        self._session: int | None = None
        self._claim: network.PortClaim | None = None

    def run(self) -> int:
        try:
            try:
                self._files.create()
                self._start()
                return self._watch()
            finally:
                self._end()
        except OperatorError as error:
            report.problem(str(error))
            return STATUS_NOT_STARTED
        except StopRequested:
            return 0  # the front knows which signal it was

    def _start(self) -> None:
        settings = self._settings
        port, self._claim = network.choose_port(settings.port, settings.addr)
        self._xorg.start(port, self._ticket)
        host = network.connect_address(settings.addr)
        viewer_path = self._files.viewer_path(self._xorg.display)
        self._notify(f"display {self._xorg.display}")
        files.write_private(viewer_path, viewer_file.text(host, port, self._ticket, settings.name))
        report.ready(report.Ready(
            display=self._xorg.display, host=host, port=port, addresses=settings.addr,
            local_only=network.is_local_only(settings.addr), addresses_given="--addr" in settings.given,
            ticket=self._ticket, ticket_generated=not settings.password_file, viewer_file=viewer_path))
        if settings.command or settings.session:
            self._start_session()
        self._notify("ready")

    def _start_session(self) -> None:
        argv = self._settings.command or ["/bin/sh", "-c", self._settings.session]
        environment = child_environment() | {
            "DISPLAY": f":{self._xorg.display}", "XAUTHORITY": self._xorg.authority_file}
        for foreign in ("WAYLAND_DISPLAY", "WAYLAND_SOCKET", "WINDOWID"):  # of the desktop we were started from
            environment.pop(foreign, None)
        # A terminal has other readers; a pipe or a file was meant for the session.
        null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._session = processes.spawn(argv, environment, stdin=null if os.isatty(0) else 0, stdout=1, stderr=2)
        except OSError as error:
            raise OperatorError(f"-- {shlex.join(argv)}: cannot be started: {error.strerror}; "
                                "name a program that can be run") from None
        finally:
            os.close(null)

    def _watch(self) -> int:
        while True:
            ended = processes.reap()
            self._xorg.note_ended(ended)
            if self._session in ended:
                return exit_status(ended[self._session])
            if self._xorg.status is not None:
                report.problem(f"the X server of :{self._xorg.display} ended: {how_it_ended(self._xorg.status)}"
                               + (f"; see {self._settings.log_file}" if self._settings.log_file
                                  else "; --log-file FILE keeps its log"))
                return STATUS_SERVER_ENDED
            self._signals.wait(None)

    def _end(self) -> None:
        """The session first, while its programs still have a display; then X; then their files."""
        self._files.remove_viewer_file()
        server = frozenset() if self._xorg.pid is None else frozenset((self._xorg.pid,))
        processes.end_descendants(but=server, grace=_SESSION_GRACE)
        processes.end_descendants(grace=_XORG_GRACE)
        if self._xorg.display is not None:
            x11.remove_stale_socket(self._xorg.display)
        self._files.remove()
        if self._claim:
            self._claim.release()


def exit_status(wait_status: int) -> int:
    """As a shell reports it."""
    code = os.waitstatus_to_exitcode(wait_status)
    return 128 - code if code < 0 else code


def check_before_start(settings: options.Settings) -> None:
    """What can be known to be wrong without starting anything. Raises OperatorError."""
    options.find_module_path(settings)
    if not os.access(settings.xorg, os.X_OK) or os.path.isdir(settings.xorg):
        raise OperatorError(f"--xorg {settings.xorg}: no such program; install xserver-xorg-core, or name the program")
    if settings.command and not shutil.which(settings.command[0]):
        raise OperatorError(f"-- {settings.command[0]}: no such command; check its name and PATH")
    if settings.log_file and not _can_write(settings.log_file):
        raise OperatorError(f"--log-file {settings.log_file}: cannot be written; choose a file in a directory of yours")
    if settings.display is not None and x11.is_running(settings.display):
        raise OperatorError(f":{settings.display}: this display is in use; choose another one, "
                            "or leave it out for a free one")


def _can_write(path: str) -> bool:
    if os.path.exists(path):
        return os.path.isfile(path) and os.access(path, os.W_OK)
    return os.access(os.path.dirname(path), os.W_OK)
