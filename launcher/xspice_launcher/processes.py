"""Starting processes that cannot outlive us, and ending them."""
import ctypes
import errno
import fcntl
import math
import os
import select
import signal
import time
from collections.abc import Callable, Collection, Iterable

from .errors import StopRequested

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

_LONGEST_POLL = 2**31 - 1  # ms
_FIRST_CLEAR = 16  # no listening socket that is passed on has this number or a higher one
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def open_standard_streams() -> None:
    """Where our caller closed some: what is opened later must not get their numbers."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free


def become_subreaper() -> None:
    """Descendants that lose their parent become our children, so that none can get out of sight."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int) -> None:
    """For a new child: be sent SIGTERM when the parent ends; at once if it has ended by now."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def keep_memory_private() -> None:
    """For this process, and children until they execute a program: no core dump, and no debugger of our user."""
    _prctl(_PR_SET_DUMPABLE, 0)


def let_memory_be_read() -> None:
    """The opposite."""
    _prctl(_PR_SET_DUMPABLE, 1)


def give_up_new_privileges() -> None:
    """For this process, and whatever it starts: set-uid programs are programs like others."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


class Signals:
    """Signals as something to wait for, beside file descriptors.

    While one exists, SIGCHLD, the stop signals and `others` do nothing but wake wait() up. What is ignored (SIGHUP
    under nohup) stays so. `relay`: who gets the others, and the stop signals instead of an exception.
    """

    def __init__(self, others: tuple[signal.Signals, ...] = ()) -> None:
        self.relay: Callable[[int], object] | None = None
        self._reader, self._writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, *STOP_SIGNALS, *others):
            if number == signal.SIGCHLD or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, _do_nothing)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (*STOP_SIGNALS, *others))

    def wait(self, timeout: float | None, readable: int | None = None) -> bool:
        """Until a signal, or `readable` is readable, or the time is up. Returns whether `readable` is.

        Raises StopRequested for a stop signal.
        """
        poll = select.poll()
        for descriptor in (self._reader, readable):
            if descriptor is not None:
                poll.register(descriptor, select.POLLIN)
        # In ms; rounded up, so that the time is up when poll() says so.
        ready = {descriptor for descriptor, _ in poll.poll(
            None if timeout is None else min(math.ceil(1000 * timeout), _LONGEST_POLL))}
        if self._reader in ready:
            for number in os.read(self._reader, 4096):
                self._note(number)
        return readable in ready

    def _note(self, number: int) -> None:
        if number == signal.SIGCHLD:
            return
        if self.relay:
            self.relay(number)
        elif number in STOP_SIGNALS:
            raise StopRequested


def block_stop_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)


def _do_nothing(_number: int, _frame: object) -> None:
    pass


def keep_clear(descriptor: int) -> int:
    """Moves it to where spawn() can keep it although it passes listening sockets, too. It is not inherited."""
    if descriptor >= _FIRST_CLEAR:
        os.set_inheritable(descriptor, False)
        return descriptor
    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_CLEAR)
    os.close(descriptor)
    return copy


def spawn(argv: list[str], environment: dict[str, str], *, stdin: int, stdout: int, stderr: int,
          keep: tuple[int, ...] = (), listening: tuple[int, ...] = (), new_privileges: bool = True,
          group: int | None = None, directory: str | None = None,
          before: Callable[[], object] | None = None) -> int:
    """Starts `argv` with these standard streams, the descriptors in `keep`, which keep_clear() gave, and the sockets
    in `listening` as sd_listen_fds(3) finds them; in a session of its own, or in the process group `group` of ours; in
    `directory`, or where we are. `before` is called in the new process.

    It is sent SIGTERM when the calling process ends. Raises OSError, with the name of the program, when that cannot be
    started, and the one that `before` raises.
    """
    parent = os.getpid()
    reader, writer = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()  # no threads here
    if pid == 0:
        try:
            if group is None:
                os.setsid()
            else:
                os.setpgid(0, group)
            die_with_parent(parent)
            _inherit_only((stdin, stdout, stderr), listening, keep)
            if listening:
                environment = environment | {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(listening))}
            _default_signals()
            if directory is not None:
                os.chdir(directory)
            if before:
                before()
            if not new_privileges:
                give_up_new_privileges()
            _execute(argv, environment)
        except OSError as error:
            os.write(writer, b"%d %s" % (error.errno, os.fsencode(error.filename or argv[0])))
        except BaseException:
            os.write(writer, b"%d %s" % (errno.EINVAL, os.fsencode(argv[0])))
            raise
        finally:
            os._exit(127)
    os.close(writer)
    failure = os.read(reader, 4096)  # ends without data at a successful exec
    os.close(reader)
    if failure:
        os.waitpid(pid, 0)
        number, _, name = failure.partition(b" ")
        raise OSError(int(number), os.strerror(int(number)), os.fsdecode(name))
    return pid


def _execute(argv: list[str], environment: dict[str, str]) -> None:
    try:
        os.execvpe(argv[0], argv, environment)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
    # A script that does not name its interpreter. The shell knows what to do with it.
    os.execve("/bin/sh", ["/bin/sh", "-c", 'exec "$0" "$@"', *argv], environment)


def _inherit_only(standard: tuple[int, int, int], listening: tuple[int, ...], others: tuple[int, ...]) -> None:
    """Makes `standard` 0 to 2, and `listening` 3 and so on; closes all the rest but `others` at the coming exec."""
    first = standard + listening
    # They may be among the targets themselves, in another order.
    copies = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_CLEAR) for fd in first]
    for target, fd in enumerate(copies):
        os.dup2(fd, target, inheritable=True)
    for name in os.listdir("/proc/self/fd"):
        fd = int(name)
        if fd >= len(first):
            try:
                os.set_inheritable(fd, fd in others)
            except OSError:
                pass  # the one that listed the directory


def _default_signals() -> None:
    for number in range(1, signal.NSIG):
        # What Python and we ourselves did to them; what our caller wanted to be ignored stays so.
        if number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTTOU) or callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def reap() -> dict[int, int]:
    """Collects children that ended: process id to wait status."""
    ended = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = status


def descendants(root: int) -> dict[int, int]:
    """Every living process below `root`, and its parent."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
            except OSError:
                continue  # gone meanwhile
            if state not in b"ZX":
                parents[int(name)] = int(parent)
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found: dict[int, int] = {}
    waiting = [root]
    while waiting:
        parent = waiting.pop()
        below = [pid for pid in children.get(parent, ()) if pid not in found]
        found |= dict.fromkeys(below, parent)
        waiting += below
    return found


def send(number: int, pids: Iterable[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError as error:
            if error.errno not in (errno.ESRCH, errno.EPERM):
                raise


def end_descendants(but: frozenset[int] = frozenset(), grace: float = 0) -> dict[int, int]:
    """Ends everything below this process except `but` and what is below that; returns who ended, and how.

    SIGTERM first, to each once; what a process that was told starts from then on, in order to save something
    perhaps, is left to it. Whatever is left after `grace` seconds gets SIGKILL, again and again until nothing is left,
    for a process may fork while it is looked for. A set-uid program that cannot be signalled is given up on.
    """
    ended: dict[int, int] = {}
    told: set[int] = set()
    now = time.monotonic()
    kill_at, give_up_at = now + grace, now + grace + 5
    while now < give_up_at:
        ended.update(reap())
        if not _has_children():
            break  # nor any other descendant: those that lose their parent become our children
        everybody = descendants(os.getpid())
        left = {pid: parent for pid, parent in everybody.items()
                if pid not in but and not _is_below(pid, but, everybody)}
        if not left:
            break
        if now >= kill_at:
            send(signal.SIGKILL, left)
        else:
            news = {pid for pid in left if pid not in told and not _is_below(pid, told, left)}
            send(signal.SIGTERM, news)
            told |= news
        ended.update(_wait_for_an_end(0.005 if now >= kill_at else 0.05))
        now = time.monotonic()
    ended.update(reap())
    return ended


def _wait_for_an_end(longest: float) -> dict[int, int]:
    """To look through /proc costs more than to wait for somebody who ends. Not all of them are ours to reap, though."""
    until = time.monotonic() + longest
    ended: dict[int, int] = {}
    while not ended and time.monotonic() < until:
        time.sleep(0.001)
        ended = reap()
    return ended


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _is_below(pid: int, ancestors: Collection[int], parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid in ancestors and pid in parents:
            return True
    return False
