"""COMMAND of xspice-run: the caller's terminal, pipes and signals are its own."""
import errno
import os
import signal
import time

from . import processes, report
from .errors import OperatorError
from .files import RunDirectory
from .run_options import RunSettings
from .session import Session
from .settings import Settings

STATUS_CANNOT_RUN = 126  # as a shell
STATUS_NOT_FOUND = 127
_STOP_GRACE = 10.0  # seconds to end after SIGTERM or SIGHUP
_TIMEOUT_GRACE = 5.0  # the same after --timeout


class RunSession(Session):
    """`group`: the process group that COMMAND joins; None for a session of its own."""

    def __init__(self, settings: Settings, run_directory: RunDirectory, signals: processes.Signals, run: RunSettings,
                 group: int | None) -> None:
        super().__init__(settings, run_directory, signals)
        self._run = run
        self._group = group
        self._time_out_at: float | None = None
        self._kill_at: float | None = None  # it was asked to end, and may take until then
        self.timed_out = False

    def start(self) -> None:
        argv = self._run.command
        try:
            self._pid = processes.spawn(argv, self._environment, stdin=0, stdout=1, stderr=2, group=self._group)
        except OSError as error:
            raise cannot_run(argv[0], error.errno) from None
        if self._run.timeout is not None:
            self._time_out_at = time.monotonic() + self._run.timeout

    def send(self, number: int) -> None:
        processes.send(number, (self._pid,))
        if number in (signal.SIGTERM, signal.SIGHUP):
            self._expect_end(_STOP_GRACE)

    def is_out_of_time(self) -> bool:
        """As long as end_if_due() has not acted on it."""
        return self._time_out_at is not None and time.monotonic() >= self._time_out_at

    def end_if_due(self) -> float | None:
        """Seconds until this is to be asked again."""
        now = time.monotonic()
        if self.is_out_of_time():
            self._time_out_at = None
            self.timed_out = True
            report.problem(f"--timeout {self._run.timeout:g}: the time is up; ending {self._run.command[0]}")
            processes.send(signal.SIGTERM, (self._pid,))
            self._expect_end(_TIMEOUT_GRACE)
        if self._kill_at is not None and now >= self._kill_at:
            processes.send(signal.SIGKILL, (self._pid,))
            return None
        due = [at for at in (self._time_out_at, self._kill_at) if at is not None]
        return min(due) - now if due else None

    def _expect_end(self, grace: float) -> None:
        processes.send(signal.SIGCONT, (self._pid,))  # if it is stopped it would never know
        if self._kill_at is None:
            self._kill_at = time.monotonic() + grace


def check_command(program: str) -> None:
    """As far as it can be known before anything is started. Raises OperatorError."""
    places = [program] if "/" in program else [os.path.join(directory, program) for directory in os.get_exec_path()]
    there = [path for path in places if os.path.exists(path)]
    if not there:
        raise cannot_run(program, errno.ENOENT)
    if not any(os.path.isfile(path) and os.access(path, os.X_OK) for path in there):
        raise cannot_run(program, errno.EACCES)


def cannot_run(program: str, number: int) -> OperatorError:
    if number == errno.ENOENT:
        return OperatorError(f"{program}: no such program; check its name and PATH", STATUS_NOT_FOUND)
    return OperatorError(f"{program}: cannot be run: {os.strerror(number)}; name a program", STATUS_CANNOT_RUN)
