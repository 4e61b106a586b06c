"""Two network namespaces, the server's and the viewer's, and the link between them. Needs root.

    with Network("wan", directory, mark) as network:
        [*network.server.enter, "xspice", ...]      # a command line that runs there
        network.viewer.connect(port)                # a socket from there to the server
        network.sent()                              # bytes that the server has put on the link

A namespace lives as long as its processes: nothing is left when all of this is killed.
"""

import contextlib
import ctypes
import os
import pathlib
import socket
import subprocess

from support import processes, xserver

SERVER, VIEWER = "10.77.0.1", "10.77.0.2"
# kbit/s in each direction, and µs one way; None: as fast as the kernel copies.
LINKS = {"lan": None, "wan": (20_000, 10_000), "far": (5_000, 50_000)}

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000


class Space:
    """One network namespace, held by a process that sleeps."""

    def __init__(self, directory, mark):
        self._process = processes.spawn(["unshare", "--net", "sleep", "infinity"], mark=mark,
                                        log=directory / "network.log")
        self.pid = self._process.pid
        own = os.readlink("/proc/self/ns/net")
        processes.wait_for(lambda: os.readlink(f"/proc/{self.pid}/ns/net") != own, 5, "a network namespace")
        self.enter = ["nsenter", f"--net=/proc/{self.pid}/ns/net"]
        self.call("ip", "link", "set", "lo", "up")
        # What the kernel itself would choose. A namespace may be refused cubic: reno is as near.
        for algorithm in ("cubic", "reno"):
            if self._try("sysctl", "-qw", f"net.ipv4.tcp_congestion_control={algorithm}").returncode == 0:
                break

    def _try(self, *command):
        return subprocess.run([*self.enter, *command], capture_output=True, text=True, check=False)

    def call(self, *command):
        done = self._try(*command)
        assert done.returncode == 0, f"{command}: {done.stderr}"

    def connect(self, port):
        """A socket stays in the namespace in which it was made."""
        with open("/proc/thread-self/ns/net", "rb") as own, open(f"/proc/{self.pid}/ns/net", "rb") as there:
            _set(there)
            try:
                connection = socket.socket()
            finally:
                _set(own)
        connection.settimeout(2)
        with contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            connection.connect((SERVER, port))
            stack.pop_all()
        return connection

    def end(self):
        self._process.kill()
        self._process.wait(10)


def _set(space):
    if _libc.setns(space.fileno(), _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Network:
    def __init__(self, link, directory, mark):
        self._stack = contextlib.ExitStack()
        try:
            self.server, self.viewer = (self._space(directory, mark) for _ in range(2))
            if LINKS[link] is None:
                self._join()
            else:
                self._join_slowly(*LINKS[link], directory, mark)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _space(self, directory, mark):
        space = Space(directory, mark)
        self._stack.callback(space.end)
        return space

    def _join(self):
        self.server.call("ip", "link", "add", "join", "type", "veth", "peer", "name", "join", "netns",
                         str(self.viewer.pid))
        for space, address in ((self.server, SERVER), (self.viewer, VIEWER)):
            space.call("ip", "address", "add", f"{address}/24", "dev", "join")
            space.call("ip", "link", "set", "join", "up")

    def _join_slowly(self, kbit, delay, directory, mark):
        link = processes.spawn(
            [xserver.BUILD / "tests" / "beside" / "beside-link", str(self.server.pid), SERVER, str(self.viewer.pid),
             VIEWER, str(kbit), str(delay)], mark=mark, log=directory / "network.log", stdout=subprocess.PIPE)
        self._stack.callback(lambda: (link.kill(), link.wait(10), link.stdout.close()))
        assert link.stdout.readline() == b"ready\n", (directory / "network.log").read_text()

    def sent(self):
        for line in pathlib.Path(f"/proc/{self.server.pid}/net/dev").read_text().splitlines():
            name, _, counts = line.partition(":")
            if name.strip() == "join":
                return int(counts.split()[8])
        raise LookupError("the server's end of the link is gone")
