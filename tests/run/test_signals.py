"""Signals, a terminal, process 1: COMMAND notices no difference, and nothing is left."""

import os
import pathlib
import pty
import re
import select
import signal
import time

import pytest
from conftest import ORDINARY_USER, SOURCE
from support import processes, procinfo, xserver

TRAPS = "trap 'echo got {0}; exit 9' {0}; echo up; while :; do sleep 0.05; done"


@pytest.mark.parametrize("name", ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "WINCH"])
def test_signal_is_passed_on(xspice_run, name):
    run = xspice_run("sh", "-c", TRAPS.format(name))
    run.said_line("up")
    run.process.send_signal(getattr(signal, f"SIG{name}"))
    assert run.wait() == 9
    assert (run.said, run.complained) == (f"up\ngot {name}\n", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_who_dies_of_it_is_seen_to_have_died_of_it(xspice_run, number):
    run = xspice_run("sh", "-c", "echo up; exec sleep 1000")
    run.said_line("up")
    run.process.send_signal(number)
    assert run.wait() == -number  # a shell calls that 128 + number
    assert run.complained == ""


def test_quit_through_the_control_socket_is_sigterm(xspice_run):
    quitting = f"{SOURCE}/launcher/xspicectl quit; while :; do sleep 0.05; done"
    run = xspice_run("sh", "-c", f"trap 'echo got TERM; exit 9' TERM; {quitting}")
    assert run.wait() == 9
    assert (run.said, run.complained) == ("got TERM\n", "")


@pytest.mark.parametrize("delay", [0, 0.05, 0.1, 0.15, 0.2, 0.3])
def test_signal_while_starting(xspice_run, delay):
    run = xspice_run("sh", "-c", "exec sleep 1000")
    time.sleep(delay)  # that it comes at different moments is the point
    run.process.send_signal(signal.SIGTERM)
    assert run.wait() == -signal.SIGTERM
    assert run.complained == ""


def test_ignored_signals_stay_ignored(xspice_run):
    run = xspice_run("sh", "-c", "grep SigIgn /proc/self/status; echo up; exec sleep 1000", prefix=["nohup"])
    run.said_line("up")
    run.process.send_signal(signal.SIGHUP)
    assert int(re.search(r"SigIgn:\s(\w+)", run.said)[1], 16) & 1 << signal.SIGHUP - 1
    run.process.send_signal(signal.SIGTERM)
    assert run.wait() == -signal.SIGTERM


def test_stopped_command_ends_on_sigterm(xspice_run):
    run = xspice_run("sh", "-c", "echo up; kill -STOP $$")
    run.said_line("up")
    run.process.send_signal(signal.SIGTERM)
    assert run.wait() == -signal.SIGTERM


def test_timeout(xspice_run):
    begin = time.monotonic()
    run = xspice_run("--timeout", "0.5", "sh", "-c", "trap 'echo saved; exit 0' TERM; while :; do sleep 0.05; done")
    assert run.wait() == 124
    assert time.monotonic() - begin < 20
    assert (run.said, run.complained) == ("saved\n", "xspice-run: --timeout 0.5: the time is up; ending sh\n")


def test_timeout_is_enforced(xspice_run):
    run = xspice_run("--timeout", "0.2", "sh", "-c", "trap '' TERM; while :; do sleep 0.05; done")
    assert run.wait() == 124


def test_kill_of_xspice_run(xspice_run):
    run = xspice_run("sh", "-c", "echo up; exec sleep 1000")
    run.said_line("up")
    run.process.kill()
    run.process.wait()
    run.assert_nothing_left(within=10)


def test_kill_of_the_x_server(xspice_run):
    run = xspice_run("sh", "-c", "echo up; exec sleep 1000")
    run.said_line("up")
    os.kill(run.named("Xorg"), signal.SIGKILL)
    assert run.wait() == 1
    assert re.fullmatch(r"xspice-run: the X server of :\d+ ended: it was killed by signal 9; .*\n", run.complained)


class Terminal:
    """A pseudo terminal of which what is started is in the foreground, as from an interactive shell."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        self.text = b""

    def type(self, keys):
        os.write(self.master, keys)

    def until(self, pattern):
        """Reads until the pattern is there; returns its match."""
        deadline = time.monotonic() + 20
        while not re.search(pattern, self.text):
            assert select.select([self.master], [], [], deadline - time.monotonic())[0], self.text
            self.text += os.read(self.master, 4096)
        return re.search(pattern, self.text)

    def close(self):
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal():
    opened = Terminal()
    yield opened
    opened.close()


@pytest.fixture
def in_terminal(xspice_run, terminal):
    def start(*arguments, **options):
        # setsid -c makes standard input the controlling terminal.
        return xspice_run(*arguments, prefix=["setsid", "--ctty", "--wait"], stdin=terminal.slave,
                          stdout=terminal.slave, stderr=terminal.slave, **options)
    return start


def test_terminal_is_the_commands(in_terminal, terminal):
    run = in_terminal("sh", "-c", "tty; stty -echo; printf 'name? '; read name; echo hello $name")
    terminal.until(rb"name\? ")
    terminal.type(b"you\n")
    terminal.until(rb"hello you")
    assert re.match(rb"/dev/pts/\d+", terminal.text)
    assert run.wait() == 0


def test_ctrl_c_reaches_it_once(in_terminal, terminal):
    run = in_terminal("sh", "-c", "trap 'echo caught' INT; echo up; while :; do sleep 0.05; done")
    terminal.until(b"up")
    for count in range(1, 4):
        terminal.type(b"\x03")
        terminal.until(rb"(caught[^c]*){%d}" % count)
    assert run.process.poll() is None
    terminal.type(b"\x1c")  # Ctrl-\
    run.process.wait(20)
    assert terminal.text.count(b"caught") == 3


def test_interactive_shell_has_job_control(in_terminal, terminal):
    run = in_terminal("bash", "--norc", "-i", environment={"PS1": "ready> ", "TERM": "dumb"})
    terminal.until(rb"ready> ")
    terminal.type(b"sleep 1000\n")
    processes.wait_for(lambda: [pid for pid in procinfo.descendants(run.process.pid) if procinfo.name(pid) == "sleep"],
                       10, "sleep")
    terminal.type(b"\x1a")  # Ctrl-Z
    terminal.until(rb"Stopped +sleep 1000")
    terminal.type(b"fg\n")
    sleeping = pathlib.Path(f"/proc/{run.named('sleep')}/stat")
    processes.wait_for(lambda: sleeping.read_text().rpartition(")")[2].split()[0] == "S", 10, "sleep goes on")
    terminal.type(b"\x03")
    terminal.until(rb"\^C[\r\n]+ready> ")  # Ctrl-C throws away what is typed too early
    terminal.type(b"echo status $? on $DISPLAY; exit 6\n")
    terminal.until(rb"status 130 on :\d+")
    assert run.wait() == 6


def test_ctrl_z_stops_it_and_fg_goes_on(xspice_run, terminal):
    """It is the job of a shell, which is told that it stopped."""
    shell = processes.spawn(["setsid", "--ctty", "--wait", "bash", "--norc", "-i"], mark=processes.new_mark(),
                            log=os.devnull, env={"PS1": "ready> ", "TERM": "dumb",
                                                 "XSPICE_MODULE_PATH": xserver.module_path()},
                            stdin=terminal.slave, stdout=terminal.slave, stderr=terminal.slave)
    try:
        terminal.until(rb"ready> ")
        terminal.type(b"%s sh -c 'echo u''p; sleep 1; echo do''ne; exit 7'\n" % os.fsencode(SOURCE / "launcher/xspice-run"))
        terminal.until(b"up")
        terminal.type(b"\x1a")
        terminal.until(rb"Stopped")
        terminal.type(b"fg; echo status $?; exit\n")
        terminal.until(rb"done[\r\n]+status 7")
        assert shell.wait(20) == 0
    finally:
        processes.stop(shell, first=signal.SIGHUP)


# --- process 1 --------------------------------------------------------------------------------------------------

NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


@pytest.fixture(params=[None, ORDINARY_USER], ids=["root", "ordinary user"])
def process_1(request, xspice_run):
    """xspice-run as the first process of a PID namespace, as in a container."""
    assert os.getuid() == 0, "only root can make a PID namespace"

    def start(*arguments, uid=request.param):
        become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid is not None else []
        return xspice_run(*arguments, owner=uid, prefix=[*NAMESPACE, *become])
    return start


def test_process_1_passes_the_status_on(process_1):
    run = process_1("sh", "-c", "echo $$ $PPID; exit 7")
    assert (run.wait(), run.complained) == (7, "")


def test_process_1_reaps_orphans(process_1):
    run = process_1("sh", "-c", "for i in 1 2 3 4 5; do (sleep 0.1 &); done; sleep 1; ps -o stat=,comm= -A; id -u")
    assert run.wait() == 0
    assert "Xorg" in run.said and "Z" not in "".join(line.split()[0] for line in run.said.splitlines())


@pytest.mark.parametrize("name", ["TERM", "INT", "HUP"])
def test_process_1_ends_by_signals(process_1, name):
    """From inside, as nothing that it does not handle would reach it. Nor can it die of one."""
    number = getattr(signal, f"SIG{name}")
    run = process_1("sh", "-c", f"kill -{name} 1; exec sleep 1000")
    assert run.wait() == 128 + number


def test_process_1_passes_signals_on(process_1):
    run = process_1("sh", "-c", "trap 'echo got it; exit 9' TERM; kill -TERM 1; while :; do sleep 0.05; done")
    assert (run.wait(), run.said) == (9, "got it\n")


def test_process_1_leaves_nothing_when_it_is_stopped_while_starting(process_1):
    run = process_1("sh", "-c", "exec sleep 1000")
    # Before it has begun to listen to signals nothing reaches it; it has when it has a child.
    front, *_ = processes.wait_for(lambda: [pid for pid in procinfo.descendants(run.process.pid)
                                            if procinfo.name(pid) == "xspice-run" and procinfo.children(pid)], 10, "it")
    os.kill(front, signal.SIGTERM)
    assert run.wait() == 128 + signal.SIGTERM
