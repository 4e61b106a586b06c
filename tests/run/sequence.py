#!/usr/bin/python3
"""Starts xspice-run COUNT times (default: 1000), one after another, each with another exit status.

    XSPICE_BUILD_DIR=build/test tests/run/sequence.py 1000

Looks after each whether the status is right and nothing of it is left: process, file, socket or lock.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

from support import processes, xserver  # noqa: E402


def start(number, display, directory, environment):
    """One start; returns what is wrong."""
    mark = processes.new_mark()
    done = subprocess.run(
        [TESTS.parent / "launcher" / "xspice-run", "-n", str(display), "sh", "-c", f"exit {number}"],
        env={**environment, processes.MARK: mark}, capture_output=True, text=True, timeout=60)
    if done.returncode != number or done.stderr:
        return f"status {done.returncode} instead of {number}: {done.stderr}"
    left = [*processes.remaining(mark), *directory.rglob("*")]
    if left:
        return f"left: {left}"
    if processes.display_in_use(display):
        return f":{display} is still in use"
    return None


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory(prefix="xspice-sequence-") as name:
        directory = pathlib.Path(name)
        (directory / "runtime").mkdir(mode=0o700)
        environment = {**os.environ, "XSPICE_MODULE_PATH": str(xserver.module_path()), "TMPDIR": name,
                       "XDG_RUNTIME_DIR": str(directory / "runtime")}
        slot = processes.claim_display()  # always the same one: each has to find it free again
        for number in range(count):
            problem = start(number % 251, slot.number, directory / "runtime", environment)
            if problem:
                sys.exit(f"start {number}: {problem}")
    print(f"{count} starts in sequence: every status right, nothing left")


if __name__ == "__main__":
    main()
