"""--record: the program that makes a video file of COMMAND's display."""
import os
import signal
import time
from collections.abc import Callable

from . import control, processes, report
from .errors import OperatorError
from .files import RunDirectory
from .recorder import find_recorder
from .xorg import child_environment, how_it_ended

_START_TIMEOUT = 30.0  # seconds; a loaded machine needs one or two
_POLL = 0.005
_END_TIMEOUT = 30.0


class Recording:
    def __init__(self, file: str, run_directory: RunDirectory) -> None:
        """Raises OperatorError when there is nothing to record with."""
        self._file = file
        self._program = find_recorder()
        self._errors = run_directory.file("recorder.err")
        self._pid: int | None = None
        self._status: int | None = None  # wait status, once it has ended
        self._records = False

    def start(self, socket: str, reap: Callable[[], object], signals: processes.Signals) -> None:
        """Returns when it records. `reap` collects children that ended, and calls note_ended(). Raises OperatorError
        and StopRequested.
        """
        before = self._identity()
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        errors = os.open(self._errors, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._pid = processes.spawn([self._program, "--control", socket, "--output", self._file],
                                        child_environment(), stdin=null, stdout=null, stderr=errors)
        except OSError as error:
            raise OperatorError(f"--record: {self._program} cannot be started: {error.strerror}; "
                                "install xspice again") from None
        finally:
            os.close(null)
            os.close(errors)
        deadline = time.monotonic() + _START_TIMEOUT
        with control.connect(socket) as display:
            # It has its first picture, and then its file.
            while not display.request("status")["recording"] or self._identity() == before:
                reap()
                if self._status is not None:
                    raise OperatorError(f"--record {self._file}: {self._why()}")
                if time.monotonic() >= deadline:
                    raise OperatorError(f"--record {self._file}: the recorder did not begin within "
                                        f"{_START_TIMEOUT:g} s; try again, or without --record")
                signals.wait(_POLL)  # it does not say when it begins
        self._records = True

    def note_ended(self, ended: dict[int, int]) -> None:
        if self._pid in ended and self._status is None:
            self._status = ended[self._pid]
            if os.waitstatus_to_exitcode(self._status) != 0 and self._records:
                report.warning(f"--record {self._file}: it has only what came before: {self._why()}")

    def finish(self, reap: Callable[[], object]) -> None:
        """Returns when the file is complete."""
        if self._pid is None or self._status is not None:
            return
        processes.send(signal.SIGINT, (self._pid,))
        deadline = time.monotonic() + _END_TIMEOUT
        while self._status is None and time.monotonic() < deadline:
            reap()
            time.sleep(_POLL)
        if self._status is None:
            report.warning(f"--record {self._file}: the recorder does not end; ending it by force")

    def _identity(self) -> tuple[int, ...] | None:
        """Of the file, as it is now."""
        try:
            status = os.stat(self._file)
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns

    def _why(self) -> str:
        """Its own line, without its name."""
        try:
            with open(self._errors, encoding="utf-8", errors="replace") as lines:
                said = lines.readline().strip().removeprefix("xspice-recorder: ")
                said = said.removeprefix(f"--output {self._file}: ")
        except OSError:
            said = ""
        return said or how_it_ended(self._status)
