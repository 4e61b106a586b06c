#!/usr/bin/python3
"""How long xspice-run and xvfb-run take, in turns: until COMMAND starts, and altogether.

    XSPICE_BUILD_DIR=build/test tests/run/measure_start.py [ROUNDS]

What it prints is for docs/performance.md; it judges nothing.
"""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

from support import xserver  # noqa: E402

PROGRAMS = {
    "xspice-run": [str(TESTS.parent / "launcher" / "xspice-run")],
    "xvfb-run -a": ["xvfb-run", "-a"],
}
COMMAND = ["date", "+%s.%N"]


def measure(program, environment):
    """ms until COMMAND says what time it is, and until all is over."""
    begin, begin_exact = time.time(), time.monotonic()
    done = subprocess.run([*program, *COMMAND], env=environment, stdout=subprocess.PIPE, check=True)
    return 1000 * (float(done.stdout) - begin), 1000 * (time.monotonic() - begin_exact)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory() as runtime:
        environment = {**os.environ, "XDG_RUNTIME_DIR": runtime, "XSPICE_MODULE_PATH": str(xserver.module_path())}
        measured = {name: [] for name in PROGRAMS}
        for number in range(rounds + 1):
            for name, program in PROGRAMS.items():
                found = measure(program, environment)
                if number:  # the first round fills the caches
                    measured[name].append(found)
    print(f"{rounds} rounds, ms              p50    p90    altogether p50    p90")
    for name, results in measured.items():
        columns = []
        for index in (0, 1):
            deciles = statistics.quantiles([result[index] for result in results], n=10)
            columns += [deciles[4], deciles[8]]
        print(f"{name:<20} {columns[0]:>12.0f} {columns[1]:>6.0f} {columns[2]:>17.0f} {columns[3]:>6.0f}")


if __name__ == "__main__":
    main()
