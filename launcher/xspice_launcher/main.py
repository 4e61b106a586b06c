"""The front: reads the command line, starts the keeper and outlives it."""
import os
import signal
import socket
import sys

from . import (__version__, entrances, files, inherited, keeper, options, processes, report, session, ticket,
               usage, x11, xorg_conf)
from .errors import OperatorError
from .settings import Settings


def main(arguments: list[str]) -> int:
    try:
        settings = options.parse(arguments, dict(os.environ), inherited.take(os.environ, os.getpid()))
        if settings.help:
            sys.stdout.write(usage.text())
            return 0
        if settings.version:
            print(f"xspice {__version__}")
            return 0
        if settings.list_sessions:
            sys.stdout.write(session.listing(os.environ))
            return 0
        if settings.print_config:
            return _print_config(settings)
        if not settings.core_dumps:
            processes.keep_memory_private()
        keeper.check_before_start(settings)
        return Front(settings, ticket.choose(settings)).run()
    except OperatorError as error:
        report.problem(str(error))
        return keeper.STATUS_NOT_STARTED


def _print_config(settings: Settings) -> int:
    found = keeper.driver_values(entrances.Entrances(settings), keeper.tls_directory(settings))
    if not (settings.password_file or settings.disable_ticketing or settings.sasl):
        found["--password-file"] = "(made at the start)"
    sys.stdout.write(xorg_conf.text(settings, found))
    return 0


class Front:
    def __init__(self, settings: Settings, secrets: ticket.Secrets) -> None:
        self._settings = settings
        self._secrets = secrets
        self._keeper = 0
        self._stopped_by: int | None = None
        self._display: int | None = None

    def run(self) -> int:
        """The exit status; does not return after a stop signal, of which this process then dies."""
        processes.block_stop_signals()  # until somebody is there to clean up
        self._files = files.RunDirectory(os.environ.get("XDG_RUNTIME_DIR"))
        processes.become_subreaper()
        reader = self._fork_keeper()
        processes.give_up_new_privileges()
        for number in processes.STOP_SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._forward)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, processes.STOP_SIGNALS)
        self._listen(reader)
        _, wait_status = os.waitpid(self._keeper, 0)
        if os.WIFSIGNALED(wait_status):
            self._clean_up_after_keeper(wait_status)
            if self._stopped_by is None:
                return keeper.STATUS_SERVER_ENDED
        if self._stopped_by is not None:
            _die_of(self._stopped_by)
        return os.waitstatus_to_exitcode(wait_status)

    def _fork_keeper(self) -> int:
        parent = os.getpid()
        reader, writer = os.pipe2(os.O_CLOEXEC)
        self._keeper = os.fork()
        if self._keeper == 0:
            status = keeper.STATUS_SERVER_ENDED
            try:
                os.close(reader)
                os.setpgid(0, 0)  # signals of the terminal go to the front, which passes them on once
                processes.become_subreaper()
                processes.die_with_parent(parent)
                status = keeper.Keeper(self._settings, self._secrets, self._files,
                                       lambda line: os.write(writer, line.encode() + b"\n")).run()
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(status)  # nothing of what the front still uses is cleaned up
        os.close(writer)
        for passed in self._settings.inherited:
            os.close(passed.descriptor)
        return reader

    def _forward(self, number: int, _frame: object) -> None:
        self._stopped_by = number
        processes.send(number, (self._keeper,))

    def _listen(self, reader: int) -> None:
        """Until the keeper has ended."""
        with os.fdopen(reader) as lines:
            for line in lines:
                word, _, argument = line.strip().partition(" ")
                if word == "display":
                    self._display = int(argument)
                    self._files.viewer_path(self._display)
                elif word == "ready":
                    _tell_service_manager(f"READY=1\nSTATUS=Display :{self._display} is ready")

    def _clean_up_after_keeper(self, wait_status: int) -> None:
        report.problem(f"its keeper process was killed by signal {os.WTERMSIG(wait_status)}; ending the display")
        self._files.remove_viewer_file()
        processes.end_descendants(grace=5)
        if self._display is not None:
            x11.remove_stale_socket(self._display)
        self._files.remove()


def _tell_service_manager(message: str) -> None:
    """sd_notify(3), from the main process of the service."""
    name = os.environ.get("NOTIFY_SOCKET")
    if name:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
            try:
                notify.sendto(message.encode(), "\0" + name[1:] if name.startswith("@") else name)
            except OSError as error:
                report.warning(f"NOTIFY_SOCKET: {error.strerror}")


def _die_of(number: int) -> None:
    """By the signal itself: shells report 128 + number, and service managers a clean stop."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
