"""The keeper of xspice-run: it says nothing when all goes well, and COMMAND's end is the end of the display."""
import os
import signal

from . import control, keeper, processes, report, run_screenshot
from .entrances import Entrance
from .errors import OperatorError, StopRequested
from .files import RunDirectory
from .run_options import RunSettings
from .run_recording import Recording
from .run_session import RunSession
from .settings import Settings
from .shared_authority import SharedAuthority
from .ticket import Secrets

STATUS_TIMED_OUT = 124  # as timeout(1)

# What COMMAND is sent when we are, besides the stop signals.
FORWARDED = (signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH)


class RunKeeper(keeper.Keeper):
    """`group`: see RunSession."""

    def __init__(self, settings: Settings, run: RunSettings, secrets: Secrets, run_directory: RunDirectory,
                 notify: keeper.Notify, group: int | None) -> None:
        self._run = run
        self._group = group
        self._front = os.getppid()
        self._shared_authority: SharedAuthority | None = None
        super().__init__(settings, secrets, run_directory, notify)
        self._recording = Recording(run.record, run_directory) if run.record else None
        self._pictures = (run_screenshot.Pictures(run_directory.control_socket, run.screenshot_on_failure)
                          if run.screenshot_on_failure else None)

    def _make_signals(self) -> processes.Signals:
        return processes.Signals(FORWARDED)

    def _make_session(self) -> RunSession:
        return RunSession(self._settings, self._files, self._signals, self._run, self._group)

    def _publish_control(self) -> None:
        self._files.publish_control(self._xorg.display)  # or not: COMMAND is told where the socket is

    def _session_display(self) -> dict[str, str]:
        found = super()._session_display()
        if self._run.auth_file:
            shared = SharedAuthority(self._run.auth_file, self._xorg.cookie, self._xorg.display)
            shared.add()
            self._shared_authority = shared
            found["XAUTHORITY"] = self._run.auth_file
        return found

    def _entrances_to_try(self) -> list[Entrance]:
        return super()._entrances_to_try() if self._run.watch is not None else []

    def _listen_to_control(self) -> None:
        pass  # COMMAND need not wait for that

    def _announce(self) -> None:
        if self._recording:
            self._recording.start(self._files.control_socket, self._reap, self._signals)
        if self._run.watch is not None:
            path = self._write_viewer_file()
            entrance = next(entrance for entrance in self._entrances.all() if entrance.port)
            report.note(f"to look on: remote-viewer {path}",
                        f"or remote-viewer spice://{entrance.host}:{entrance.port}, with the password "
                        f"{self._secrets.view_only_ticket}")

    def _viewers_ticket(self) -> str | None:
        return self._secrets.view_only_ticket

    def _watch(self) -> int:
        self._signals.relay = self._relay
        self._reap()
        if self._session.status is None:
            self._hear_quit()
        while True:
            self._reap()
            if self._session.status is not None:
                status = keeper.exit_status(self._session.status)
                if status != 0 and not self._session.timed_out:
                    self._take_screenshot(f"status-{status}")
                return STATUS_TIMED_OUT if self._session.timed_out else status
            if self._xorg.status is not None:
                self._report_end_of_server()
                return keeper.STATUS_SERVER_ENDED
            if self._session.is_out_of_time():
                self._take_screenshot("timeout")  # while it is still there
            if self._signals.wait(self._until_there_is_something_to_do(), self._control.descriptor):
                self._control.poll()
            if self._control.quit:
                self._control.quit = False
                self._session.send(signal.SIGTERM)  # what it makes of that is its own affair

    def _until_there_is_something_to_do(self) -> float | None:
        """Does what is due, and returns the seconds until the next is."""
        due = self._session.end_if_due()
        if self._pictures:
            self._pictures.look()
            due = run_screenshot.LOOK_EVERY if due is None else min(due, run_screenshot.LOOK_EVERY)
        return due

    def _hear_quit(self) -> None:
        try:
            super()._listen_to_control()
        except OperatorError as error:
            self._control.close()
            if not isinstance(error, control.Gone):  # then the X server has ended, which its parent gets to know
                report.warning(f"xspicectl quit: will not be heard: {error}")

    def _reap(self) -> None:
        ended = processes.reap()
        for child in filter(None, (self._xorg, self._session, self._recording)):
            child.note_ended(ended)

    def _note_clients(self, count: int) -> None:
        pass  # who looks on changes nothing, and nobody would read it

    def _take_screenshot(self, what: str) -> None:
        if self._pictures:
            self._pictures.take(what)

    def _relay(self, number: int) -> None:
        if os.getppid() != self._front:
            raise StopRequested  # it was killed, and this is the kernel's SIGTERM that says so
        self._session.send(number)

    def _end(self) -> None:
        if self._recording:
            self._recording.finish(self._reap)
        if self._shared_authority:
            try:
                self._shared_authority.remove()
            except OperatorError as error:
                report.warning(str(error))
        super()._end()
