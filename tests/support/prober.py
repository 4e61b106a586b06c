"""How long an X server lets a client wait: a process that does one X round trip after the other.

The time of a round trip is the server's delay plus the time that prober or server were ready to run while other
programs had the processors. The kernel counts the second part for each thread (schedstat); it is machine noise, and
`Report` gives the round trips with and without it.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from . import processes, procinfo, xdisplay


class Report:
    """Round trips in seconds: `raw` as measured, `net` without the time spent waiting for a processor."""

    def __init__(self, samples):
        self.samples = samples  # (start, raw, net), seconds; start on CLOCK_MONOTONIC
        self.raw = max((raw for _, raw, _ in samples), default=0.0)
        self.net = max((net for _, _, net in samples), default=0.0)
        self.gap = max((after[0] - before[0] for before, after in zip(samples, samples[1:])), default=0.0)

    def assert_within(self, limit=0.05):
        slow = [f"{1000 * raw:.0f} ms ({1000 * net:.0f} ms without noise) at {start - self.samples[0][0]:.2f} s"
                for start, raw, net in self.samples if net > limit]
        assert self.samples, "no round trip at all"
        assert not slow, f"{len(slow)} of {len(self.samples)} X round trips over {1000 * limit:.0f} ms: {slow[:8]}"

    def __str__(self):
        ordered = sorted(raw for _, raw, _ in self.samples)
        return (f"{len(ordered)} X round trips: p50 {1000 * ordered[len(ordered) // 2]:.2f} ms, "
                f"max {1000 * self.raw:.1f} ms, {1000 * self.net:.1f} ms without waiting for a processor")


class Prober:
    """`with Prober(server) as prober: ...` then prober.report."""

    def __init__(self, server, interval=0.004):
        self._server, self._interval = server, interval
        self.report = None

    def __enter__(self):
        log = self._server.directory / "prober.txt"
        self._process = processes.spawn(
            [sys.executable, "-m", "support.prober", self._server.name, str(self._server.pid), str(self._interval)],
            mark=processes.new_mark(), log=log, stdout=subprocess.PIPE,
            env={**self._server.client_environment(), "PYTHONPATH": pathlib.Path(__file__).resolve().parents[1]})
        line = self._process.stdout.readline()
        assert line == b"started\n", f"the prober did not start: {log.read_text()}"
        return self

    def __exit__(self, kind, *_):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        output, _ = self._process.communicate(timeout=30)
        if kind is None:
            assert self._process.returncode == 0, "the prober lost the X server"
            self.report = Report([tuple(sample) for sample in json.loads(output)])


def main(name, pid, interval):
    # Priority makes the prober's own share of the noise small where we may have it.
    with contextlib.suppress(OSError):
        os.nice(-10)
    running = True

    def finish(*_):
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, finish)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    samples = []
    with xdisplay.Display(name) as display:
        display.sync()
        print("started", flush=True)
        while running:
            waited = _waited(pid)
            start = time.monotonic()
            display.sync()
            raw = time.monotonic() - start
            samples.append((start, raw, max(raw - (_waited(pid) - waited), 0.0)))
            time.sleep(interval)
    print(json.dumps(samples), flush=True)


def _waited(server):
    return sum(procinfo.run_delay(tid) or 0.0 for tid in (os.getpid(), server))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
