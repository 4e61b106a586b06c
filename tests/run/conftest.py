"""Fixtures for tests of `xspice-run` as a program: each starts it with the real Xorg and our module.

    run = xspice_run("--", "xdpyinfo")      # has begun to start; xspice_run(uid=...) as another user
    run.wait()                              # its exit status; asserts that nothing is left
    run.said, run.complained                # standard output and error, which are COMMAND's

Each has a private XDG_RUNTIME_DIR and its own temporary directory, so that what is left over can be seen.
"""

import atexit
import contextlib
import functools
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
SOURCE = TESTS.parent
sys.path[:0] = [str(TESTS), str(SOURCE / "launcher")]

from support import processes, xserver  # noqa: E402
from support.free import first_free_display, free_display, port  # noqa: E402, F401
from support.observed_program import ObservedProgram  # noqa: E402

ORDINARY_USER = pwd.getpwnam("nobody").pw_uid


@functools.cache
def staged():
    """A directory with the launcher and the modules that every user can read: the tree may be in a private home."""
    stage = pathlib.Path(tempfile.mkdtemp(prefix="xspice-stage-"))
    atexit.register(shutil.rmtree, stage)
    stage.chmod(0o755)
    shutil.copytree(SOURCE / "launcher", stage / "launcher")
    shutil.copytree(xserver.module_path(), stage / "modules")
    return stage


class XspiceRun(ObservedProgram):
    """`prefix`: the words of a program that starts it, and makes it that of `owner`. `runtime_directory`: whether
    there is one."""

    def __init__(self, arguments, *, uid=None, owner=None, environment=None, runtime_directory=True, prefix=(),
                 **options):
        owner = uid if owner is None else owner
        super().__init__("xspice-run-test-", owner)
        program, modules = SOURCE / "launcher" / "xspice-run", xserver.module_path()
        if owner is not None:
            program, modules = staged() / "launcher" / "xspice-run", staged() / "modules"
        variables = {"XSPICE_MODULE_PATH": modules, "DISPLAY": None, "XAUTHORITY": None,
                     "XDG_RUNTIME_DIR": self.runtime if runtime_directory else None, "TMPDIR": self.temporary,
                     **(environment or {})}
        with open(self.errors, "wb") as errors:
            options.setdefault("stderr", errors)
            self.process = processes.spawn([str(word) for word in (*prefix, program, *arguments)], mark=self.mark,
                                           log=self.output, uid=uid, env=variables, **options)

    def said_line(self, line):
        """Waits until COMMAND has printed it."""
        processes.wait_for(lambda: line in self.said.splitlines(), 20,
                           lambda: f"{line!r}: {self.said}{self.complained}", interval=0.005)

    def wait(self, within=30):
        status = self.process.wait(within)
        self.assert_nothing_left()
        return status

    def assert_nothing_left(self, within=5):
        """`within`: for what ends by itself after the launcher was killed."""
        self.assert_no_process_nor_file_left(within)

    def close(self):
        """Ends it without questions."""
        processes.stop(self.process)
        processes.kill_remaining(self.mark)
        shutil.rmtree(self.directory, ignore_errors=True)


@pytest.fixture
def xspice_run():
    """Starts `xspice-run`; the test need not end it."""
    with contextlib.ExitStack() as stack:
        def start(*arguments, **options):
            instance = XspiceRun(arguments, **options)
            stack.callback(instance.close)
            return instance
        yield start


@pytest.fixture
def shared_directory():
    """One that other users can read and write."""
    with tempfile.TemporaryDirectory(prefix="xspice-shared-") as directory:
        os.chmod(directory, 0o777)
        yield pathlib.Path(directory)


@pytest.fixture
def refused(xspice_run):
    """Runs it with arguments that it must refuse; returns the one line that it says."""
    def run(*arguments, status=2, **options):
        instance = xspice_run(*arguments, **options)
        assert instance.wait() == status
        lines = instance.complained.splitlines()
        assert (instance.said, len(lines)) == ("", 1), (instance.said, instance.complained)
        assert lines[0].startswith("xspice-run: ")
        return lines[0].removeprefix("xspice-run: ")
    return run


def x(display, *argv, environment=None):
    """Runs an X program on the display from outside, and returns what it printed."""
    return subprocess.run(argv, env={**os.environ, "DISPLAY": display, **(environment or {})}, capture_output=True,
                          text=True, check=True, timeout=20).stdout
