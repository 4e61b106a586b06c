"""Processes and the names that they claim.

Every process that a test starts goes through spawn(): it gets a mark in its environment, which its descendants
inherit, and dies with the test process. `remaining(mark)` then finds whatever is left of it, however it was
started; nothing is ever ended by name.
"""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import tempfile
import time

MARK = "XSPICE_TEST_MARK"
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


class Timeout(AssertionError):
    """A condition did not come true before its deadline."""


def wait_for(condition, within, what, interval=0.02):
    """Returns the first true value of condition(); raises Timeout(what) after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise Timeout(f"not within {within} s: {what() if callable(what) else what}")
        time.sleep(interval)


def new_mark():
    return secrets.token_hex(12)


def _begin():
    """In the new process: it dies with its parent, and has signals as a user's shell gives them to it, also where
    the tests run under nohup or in the background of a script."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def spawn(argv, *, mark, log, env=None, uid=None, **options):
    """Starts argv in a session of its own; its output goes to the file `log`. `env` adds to the environment (None
    as a value takes a variable away), `uid` starts it as that user when we are root."""
    environment = dict(os.environ)
    environment[MARK] = mark
    for name, value in (env or {}).items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = str(value)
    if uid is not None and uid != os.getuid():
        options.update(user=uid, group=uid, extra_groups=[])
    options.setdefault("stdin", subprocess.DEVNULL)
    with open(log, "ab") as output:
        options.setdefault("stdout", output)
        options.setdefault("stderr", output)
        return subprocess.Popen([os.fspath(word) for word in argv], env=environment, start_new_session=True,
                                preexec_fn=_begin, **options)


def stop(process, within=10.0, first=signal.SIGTERM):
    """Ends one process: politely, and by force when it does not listen. Returns its exit status, and whether it
    needed force."""
    if process.poll() is None:
        process.send_signal(first)
    try:
        return process.wait(within), False
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(10), True


def remaining(mark):
    """(pid, command) of every live process that carries the mark."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if wanted not in (entry / "environ").read_bytes().split(b"\0"):
                continue
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            if state not in "ZX":
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                found.append((int(entry.name), command))
    return found


def kill_remaining(mark):
    """Last resort after a failed test, by pid."""
    for pid, _ in remaining(mark):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


class Slot:
    """A number (display or port) that no other test process uses until release(): an flock on a file named after
    it. The kernel drops the lock when this process dies."""

    def __init__(self, number, handle):
        self.number = number
        self._handle = handle

    def release(self):
        self._handle.close()


def _slots(kind, default):
    first, _, last = os.environ.get(f"XSPICE_TEST_{kind.upper()}S", default).partition("-")
    return range(int(first), int(last) + 1)


def _claim(kind, default, is_free):
    directory = pathlib.Path(tempfile.gettempdir()) / f"xspice-tests-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    for number in _slots(kind, default):
        handle = open(directory / f"{kind}-{number}", "w", encoding="ascii")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            continue
        if is_free(number):
            return Slot(number, handle)
        handle.close()
    raise RuntimeError(f"no free {kind} in {_slots(kind, default)}")


def display_in_use(number):
    """Whether a lock file, a socket or a listener of display `number` exists."""
    if os.path.lexists(f"/tmp/.X{number}-lock") or os.path.lexists(f"/tmp/.X11-unix/X{number}"):
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(f"\0/tmp/.X11-unix/X{number}") == 0


def port_in_use(number):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return True
    return False


def claim_display():
    """A free display number; XSPICE_TEST_DISPLAYS=60-79 sets the range."""
    return _claim("display", "200-399", lambda number: not display_in_use(number))


def claim_displays():
    """The first of ten free display numbers, for a program that takes the next one when this is in use: among those of
    claim_display() it would take what another test holds. XSPICE_TEST_TENS=40-59 sets the range."""
    slot = _claim("ten", "40-59", lambda ten: not any(map(display_in_use, range(10 * ten, 10 * ten + 10))))
    slot.number *= 10
    return slot


def claim_port():
    """A free TCP port below the kernel's ephemeral ones; XSPICE_TEST_PORTS=5975-5999 sets the range."""
    return _claim("port", "15900-16399", lambda number: not port_in_use(number))
