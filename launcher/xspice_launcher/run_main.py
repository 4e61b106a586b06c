"""What the program `xspice-run` does: a display for one command, in the place of xvfb-run."""
import os
import signal
import sys

from . import __version__, keeper, processes, report, run_options, run_screenshot, ticket
from .errors import OperatorError
from .front import Front, die_of
from .recorder import find_recorder
from .run_keeper import FORWARDED, RunKeeper
from .run_session import check_command
from .settings import Settings

_SI_KERNEL = 0x80  # si_code of a signal that no process sent: the terminal's


def main(arguments: list[str]) -> int:
    report.speak_as("xspice-run")
    processes.open_standard_streams()
    try:
        run = run_options.parse(arguments)
        if run.help:
            from . import run_usage

            sys.stdout.write(run_usage.text())
            return 0
        if run.version:
            print(f"xspice-run {__version__}")
            return 0
        check_command(run.command[0])
        if run.server_args.ignored:
            report.warning(f"--server-args {run.server_args.ignored}")
        if run.watch is not None:
            processes.keep_memory_private()  # there are passwords in it
        front = RunFront(_settings(run), run, _secrets(run))
        front.check()
        return front.run()
    except OperatorError as error:
        report.problem(str(error))
        return error.status


def _settings(run: run_options.RunSettings) -> Settings:
    """Of the display, so that it is the same one everywhere."""
    settings = Settings()
    settings.display = run.display
    settings.first_display = run.first_display
    settings.command = run.command
    settings.listen_tcp = run.listen_tcp or run.server_args.tcp
    settings.server_arguments = run.server_args.others
    settings.server_output = run.error_file
    settings.size = run.size or run.server_args.size or run_options.DEFAULT_SIZE
    settings.dpi = run.dpi or run.server_args.dpi or 96
    settings.module_path = os.environ.get("XSPICE_MODULE_PATH")
    if run.watch is None:
        settings.port = 0
        settings.disable_ticketing = True
    else:
        settings.port = run.watch or None
    return settings


def _secrets(run: run_options.RunSettings) -> ticket.Secrets:
    if run.watch is None:
        return ticket.Secrets()
    return ticket.Secrets(ticket=ticket.generate(), view_only_ticket=ticket.generate())  # the first is told to nobody


class RunFront(Front):
    """Waits with sigwaitinfo(2), which tells where a signal comes from: what a terminal sends, COMMAND gets itself."""

    def __init__(self, settings: Settings, run: run_options.RunSettings, secrets: ticket.Secrets) -> None:
        super().__init__(settings, secrets)
        self._run = run
        # 0: its leader is in another PID namespace, and COMMAND cannot join it.
        self._group = os.getpgrp() or None
        self._command_runs = False
        settings.unix = self._files.file("spice")

    def check(self) -> None:
        """As far as mistakes can be found without starting anything. Raises OperatorError."""
        keeper.check_before_start(self._settings)
        if self._run.record:
            find_recorder()
        if self._run.screenshot_on_failure:
            run_screenshot.check_directory(self._run.screenshot_on_failure)

    def _warn(self) -> None:
        pass  # where our files are is nobody's concern

    def _make_keeper(self, notify: keeper.Notify) -> keeper.Keeper:
        return RunKeeper(self._settings, self._run, self._secrets, self._files, notify, self._group)

    def _wait_for_keeper(self) -> int:
        numbers = {signal.SIGCHLD, *(number for number in (*processes.STOP_SIGNALS, *FORWARDED)
                                     if signal.getsignal(number) != signal.SIG_IGN)}
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
        os.set_blocking(self._words.fileno(), False)
        while True:
            ended, wait_status = os.waitpid(self._keeper, os.WNOHANG)
            if ended:
                self._hear_what_came()
                return wait_status
            found = signal.sigwaitinfo(numbers)
            if found.si_signo == signal.SIGCHLD:
                self._reap_orphans()
            else:
                self._pass_on(found)

    def _pass_on(self, found: signal.struct_siginfo) -> None:
        self._hear_what_came()
        if found.si_signo in processes.STOP_SIGNALS:
            self._stopped_by = found.si_signo
        from_terminal = found.si_code == _SI_KERNEL
        if not (from_terminal and self._command_runs and self._group):
            processes.send(found.si_signo, (self._keeper,))

    def _hear_what_came(self) -> None:
        for line in iter(self._words.readline, b""):
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        if line == b"ready\n":
            self._command_runs = True
        elif line.startswith(b"display "):
            super()._hear(line)  # the rest is for a service manager, and that is COMMAND's, if any

    def _status(self, wait_status: int) -> int:
        """That of COMMAND. When it died of a signal that we got, too, so do we, as shells expect of Ctrl-C."""
        status = os.waitstatus_to_exitcode(wait_status)
        if self._stopped_by is not None and (not self._command_runs or status == 128 + self._stopped_by):
            return die_of(self._stopped_by)
        return status
