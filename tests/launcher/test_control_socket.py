"""Where the control socket of a display is, and that its name goes with the display."""

import contextlib
import errno
import os
import pathlib
import shutil
import signal

import pytest
from conftest import ORDINARY_USER
from support.control_client import Control
from xspice_launcher import files

FOREIGN = 54321  # a user whose directory in /tmp somebody else makes


def version(path):
    with Control(path) as control:
        return control.greeting["xspice"]


def test_it_is_beside_the_viewer_file(launch):
    xspice = launch().ready()
    path = xspice.viewer_file.with_suffix(".control")
    assert path.parent == xspice.runtime / "xspice"
    assert version(path)
    xspice.end()  # asserts that nothing is left


def test_the_start_asks_x_for_no_picture(launch):
    """Which would be two copies of the screen, for nobody. `status` waits for one itself."""
    xspice = launch("--", "sleep", "1000").ready()
    with Control(xspice.viewer_file.with_suffix(".control")) as control:
        assert control.ask("status")["commits"] == 1


@pytest.mark.parametrize("killed", ["keeper", "front"])
def test_it_goes_with_the_display_whoever_is_killed(launch, killed):
    xspice = launch().ready()
    path = xspice.viewer_file.with_suffix(".control")
    assert version(path)
    os.kill(xspice.keeper if killed == "keeper" else xspice.process.pid, signal.SIGKILL)
    xspice.wait()
    xspice.assert_nothing_left()


def test_without_a_runtime_directory_it_is_in_tmp(launch):
    xspice = launch(runtime_directory=False, uid=ORDINARY_USER).ready()
    path = pathlib.Path(f"/tmp/xspice-{ORDINARY_USER}/display-{xspice.display}.control")
    assert path.is_symlink() and path.resolve().is_relative_to(xspice.temporary)
    assert os.stat(path.parent).st_mode & 0o777 == 0o700
    assert version(path)
    xspice.end()
    assert not path.is_symlink()


def test_the_last_of_the_other_displays_may_remove_the_directory_meanwhile(tmp_path, monkeypatch, free_display):
    directory = files.RunDirectory({"TMPDIR": str(tmp_path)})
    directory.create()
    make, tries = os.symlink, []

    def make_at_the_second_try(*arguments):
        tries.append(arguments)
        if len(tries) == 1:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        make(*arguments)
    monkeypatch.setattr(os, "symlink", make_at_the_second_try)
    try:
        assert directory.publish_control(free_display) is None
        assert os.readlink(f"/tmp/xspice-{os.getuid()}/display-{free_display}.control") == directory.control_socket
    finally:
        directory.remove_names()
        directory.remove()
    assert not list(tmp_path.iterdir())


def test_a_directory_of_somebody_else_in_tmp_is_not_used(launch):
    trap = pathlib.Path(f"/tmp/xspice-{FOREIGN}")
    trap.mkdir()
    try:
        trap.chmod(0o777)
        xspice = launch(runtime_directory=False, uid=FOREIGN).ready()
        assert "its directory is not private to you; the control socket is " in xspice.complained
        assert version(xspice.complained.split("the control socket is ")[1].strip())
        assert list(trap.iterdir()) == []
        xspice.end()
    finally:
        shutil.rmtree(trap)


def test_a_runtime_directory_whose_name_is_too_long_is_not_used(launch, tmp_path):
    long = tmp_path / ("x" * 90)
    long.mkdir(mode=0o700)
    xspice = launch(environment={"XDG_RUNTIME_DIR": str(long)}).ready()
    assert "too long for the name of a socket in it; using a private directory elsewhere" in xspice.complained
    with contextlib.closing(Control(f"/tmp/xspice-{os.getuid()}/display-{xspice.display}.control")) as control:
        assert control.greeting["xspice"]
    xspice.end()


def test_another_display_takes_the_place_of_a_dead_one(launch, free_display):
    first = launch(f":{free_display}").ready()
    link = first.viewer_file.with_suffix(".control")
    os.unlink(link)
    os.symlink("/nonexistent", link)  # what a display leaves that is killed with all its processes
    first.end()
    link.parent.mkdir(mode=0o700)
    os.symlink("/nonexistent", link)
    second = launch(f":{free_display}", environment={"XDG_RUNTIME_DIR": str(first.runtime)}).ready()
    assert version(link)
    second.end()
    assert not link.is_symlink()
