"""One server with its viewer, and what it costs them to show something."""

import contextlib
import pathlib
import statistics
import subprocess
import time

import network
import numpy
import pictures
import servers

from support import processes, procinfo, xserver

COLOUR = 0x204060  # of the screen until the viewer shows it
# At rest, for a second: fewer bytes than this, and less of a processor.
_QUIET_BYTES, _QUIET_SECONDS = 1500, 0.04


class Session:
    """`with Session("xspice", "wan", directory) as session:`; `result` is for the workload to add to. With `tenth`,
    workloads are shorter."""

    def __init__(self, name, link, directory, with_viewer=True, tenth=False):
        self._stack = contextlib.ExitStack()
        self.result = {}
        self.viewer = None
        self._directory = pathlib.Path(directory)
        self._kind = servers.SERVERS[name]
        self._link_name = link
        self._tenth = tenth
        self._with_viewer = with_viewer and self._kind.viewer is not None

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _start(self):
        mark = processes.new_mark()
        self._stack.callback(processes.kill_remaining, mark)
        self.link = self._stack.enter_context(network.Network(self._link_name, self._directory, mark))
        self.server = self._kind()
        self._stack.callback(self.server.abandon)
        self.server.link = self.link
        self.server.start(40)
        self._stack.callback(self.server.end)
        self.memory_at_start = self.memory(procinfo.rss)
        self._set_mode()
        self.server.call("xsetroot", "-solid", f"#{COLOUR:06x}")
        if self._with_viewer:
            self.viewer = self._kind.viewer(self.link, self._directory)
            self._stack.callback(self.viewer.close)
            self.viewer.connect(self.server, COLOUR)
        self.server.call(xserver.BUILD / "tests" / "beside" / "beside-draw", "root", pictures.desktops())
        self.rest()

    def _set_mode(self):
        if self.server.x.size() != (1920, 1080):
            output = next(line.split()[0] for line in self.server.xrandr().splitlines() if " connected" in line)
            self.server.xrandr("--output", output, "--mode", servers.SIZE)

    def part(self, count):
        return max(count // 10, 1) if self._tenth else count

    # --- programs -----------------------------------------------------------------------------------------------

    def draw(self, *words):
        """beside-draw, ready to begin when it is sent a line; and where it shows numbers."""
        program = processes.spawn(
            [xserver.BUILD / "tests" / "beside" / "beside-draw", *map(str, words)], mark=self.server.mark,
            log=self.server.directory / "clients.txt", env=self.server.client_environment(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self._stack.callback(_end, program)
        ready, x, y = program.stdout.readline().split() or ("", 0, 0)
        assert ready == "ready", (self.server.directory / "clients.txt").read_text()
        return program, int(x), int(y)

    # --- measuring ----------------------------------------------------------------------------------------------

    def memory(self, of_process):
        """Megabytes, of all the server's processes."""
        return self._sum(of_process) / 1e6

    def _sum(self, of_process):
        total = 0
        for pid in self.server.processes():
            with contextlib.suppress(OSError):  # it has ended
                total += of_process(pid)
        return total

    def cpu(self):
        return self._sum(procinfo.cpu_seconds)

    def rest(self, within=30.0):
        """Until nothing is sent or computed for a second; whether that came."""
        history = []
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            now = time.monotonic()
            history.append((now, self.link.sent(), self.cpu()))
            old = [entry for entry in history if entry[0] <= now - 1]
            if old and history[-1][1] - old[-1][1] < _QUIET_BYTES and history[-1][2] - old[-1][2] < _QUIET_SECONDS:
                return True
            time.sleep(0.1)
        return False

    @contextlib.contextmanager
    def measured(self, compare=True):
        """What happens from here to when all is at rest again."""
        sent, cpu, begin = self.link.sent(), self.cpu(), time.monotonic()
        yield
        self.result["seconds"] = time.monotonic() - begin
        if not self.rest():
            self.result["note"] = "never at rest"
        self.result["cpu"] = self.cpu() - cpu
        self.result["peak"] = self.memory(procinfo.peak_rss)
        if self.viewer:
            self.result["bytes"] = self.link.sent() - sent
            if compare:
                self.result["wrong"] = self.wrong()

    def wrong(self):
        """Pixels that differ between the server's screen and the viewer's. A pointer that is painted into either is
        put out of the way."""
        self.server.x.warp_pointer(1919, 1079)
        self.rest(5)
        wanted, shown = self.server.x.picture(), self.viewer.picture()
        if wanted.shape != shown.shape:
            return wanted.size
        differ = (wanted ^ shown) & 0xFFFFFF != 0
        if self._kind.paints_pointer:
            differ[-16:, -16:] = False
        return int(numpy.count_nonzero(differ))

    def numbers(self, shown):
        """Pictures seen and their delay: `shown` is [(time, number), ...] as they were drawn."""
        if not self.viewer:
            return
        delays = {}
        for time_seen, number in self.viewer.followed():
            # The same number may come again: it is the last one drawn before it was seen.
            latest = max((index for index, (drawn, value) in enumerate(shown) if value == number and drawn <= time_seen),
                         default=None)
            if latest is not None:
                delays.setdefault(latest, time_seen - shown[latest][0])
        self.result.update(seen=len(delays), drawn=len(shown))
        self.delays(list(delays.values()))

    def delays(self, seconds):
        ordered = sorted(1000 * value for value in seconds)
        if ordered:
            self.result["p50"] = statistics.median(ordered)
            self.result["p99"] = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def _end(program):
    program.kill()
    program.wait(10)
    for pipe in (program.stdin, program.stdout):
        pipe.close()
