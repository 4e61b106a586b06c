"""The front: the process that was started. It starts the keeper, passes signals on to it, and outlives it."""
import os
import signal
import socket

from . import files, keeper, processes, report, x11
from .settings import Settings
from .ticket import Secrets


class Front:
    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        """Raises OperatorError."""
        self._files = files.RunDirectory(os.environ)
        self._settings = settings
        self._secrets = secrets
        self._keeper = 0
        self._stopped_by: int | None = None
        self._display: int | None = None
        self._state = ""  # for the service manager, once somebody has come

    def run(self) -> int:
        """The exit status; does not return after a stop signal, of which this process then dies."""
        processes.block_stop_signals()  # until somebody is there to clean up
        signal.signal(signal.SIGCHLD, self._reap_orphans)  # also where our caller had ignored it
        self._warn()
        processes.become_subreaper()
        reader = self._fork_keeper()
        processes.give_up_new_privileges()
        with os.fdopen(reader, "rb") as self._words:
            wait_status = self._wait_for_keeper()
        if os.WIFSIGNALED(wait_status):
            self._clean_up_after_keeper(wait_status)
            if self._stopped_by is None:
                return keeper.STATUS_SERVER_ENDED
        return self._status(wait_status)

    def _status(self, wait_status: int) -> int:
        if self._stopped_by is not None:
            return die_of(self._stopped_by)
        return os.waitstatus_to_exitcode(wait_status)

    def _warn(self) -> None:
        if self._files.warning:
            report.warning(self._files.warning)

    def _make_keeper(self, notify: keeper.Notify) -> keeper.Keeper:
        return keeper.Keeper(self._settings, self._secrets, self._files, notify)

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
                status = self._make_keeper(lambda line: _tell(writer, line)).run()
            except BaseException:
                import sys

                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(status)  # nothing of what the front still uses is cleaned up
        os.close(writer)
        for passed in self._settings.inherited:
            os.close(passed.descriptor)
        return reader

    def _wait_for_keeper(self) -> int:
        """Its wait status. Meanwhile signals are forwarded, and its words listened to."""
        for number in processes.STOP_SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._forward)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, processes.STOP_SIGNALS)
        for line in self._words:
            self._hear(line)
        return os.waitpid(self._keeper, 0)[1]

    def _forward(self, number: int, _frame: object) -> None:
        self._stopped_by = number
        processes.send(number, (self._keeper,))

    def _reap_orphans(self, *_: object) -> None:
        """Process 1 is given those of the whole namespace."""
        try:
            while True:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if ended is None or ended.si_pid == self._keeper:
                    return
                os.waitpid(ended.si_pid, 0)
        except ChildProcessError:
            pass  # there is none, or the next signal came in between, and its handler was quicker

    def _hear(self, line: bytes) -> None:
        word, _, argument = line.decode().strip().partition(" ")
        if word == "display":
            self._display = int(argument)
            self._files.viewer_path(self._display)
            self._files.control_link(self._display)
        elif word == "ready":
            _tell_service_manager(f"READY=1\nSTATUS={self._state or f'Display :{self._display} is ready'}")
        elif word == "clients":  # which may be before: one that a socket unit had kept waiting
            self._state = f"Display :{self._display}: {_connected(int(argument))}"
            _tell_service_manager(f"STATUS={self._state}")
        elif word == "stopping":
            _tell_service_manager("STOPPING=1\nSTATUS=Ending")

    def _clean_up_after_keeper(self, wait_status: int) -> None:
        report.problem(f"its keeper process was killed by signal {os.WTERMSIG(wait_status)}; ending the display")
        self._files.remove_names()
        processes.end_descendants(grace=5)
        if self._display is not None:
            x11.remove_stale_socket(self._display)
        self._files.remove()


def _tell(writer: int, line: str) -> None:
    try:
        os.write(writer, line.encode() + b"\n")
    except OSError:
        pass  # the front was killed; what is to be done goes on


def _connected(count: int) -> str:
    return f'{count or "no"} client{"" if count == 1 else "s"} connected'


def _tell_service_manager(message: str) -> None:
    """sd_notify(3), from the main process of the service."""
    name = os.environ.get("NOTIFY_SOCKET")
    if name:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
            try:
                notify.sendto(message.encode(), "\0" + name[1:] if name.startswith("@") else name)
            except OSError as error:
                report.warning(f"NOTIFY_SOCKET: {error.strerror}")


def die_of(number: int) -> int:
    """By the signal itself: shells report 128 + number, and service managers a clean stop."""
    signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (number,))
    os.kill(os.getpid(), number)
    return 128 + number  # for process 1, which cannot die of it
