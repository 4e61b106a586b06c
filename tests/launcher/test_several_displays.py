"""xspicectl and the displays of several users, or of one who has several."""

import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess

import pytest
from conftest import ORDINARY_USER, SOURCE

# Displays are looked for in /tmp and /run/user, too, where root's and nobody's are while other tests run.
GAMES = pwd.getpwnam("games").pw_uid


@pytest.fixture
def xspicectl(shared_directory):
    """Runs it with words, also as another user; the tree may be in a private home."""
    shutil.copytree(SOURCE / "launcher", shared_directory / "launcher")

    def run(*words, runtime, uid=None, **variables):
        environment = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(runtime), **variables}
        return subprocess.run(["/usr/bin/python3", "-B", shared_directory / "launcher" / "xspicectl", *words],
                              user=uid, group=uid and 65534, extra_groups=[] if uid else None, env=environment,
                              cwd="/", capture_output=True, text=True, timeout=30, check=False)
    return run


def control_socket(runtime, display):
    return runtime / "xspice" / f"display-{display}.control"


def test_two_displays_of_one_user(launch, xspicectl, shared_directory):
    runtime = shared_directory / "runtime"
    runtime.mkdir(mode=0o700)
    os.chown(runtime, GAMES, -1)
    displays = [launch("--size", size, uid=GAMES, environment={"XDG_RUNTIME_DIR": str(runtime)}).ready()
                for size in ("640x480", "800x600")]
    found = json.loads(xspicectl("list", "--json", runtime=runtime, uid=GAMES).stdout)["displays"]
    assert {one["display"]: (one["pid"], one["width"]) for one in found} == {
        display.display: (display.xorg, width) for display, width in zip(displays, (640, 800))}
    table = xspicectl("list", runtime=runtime, uid=GAMES).stdout.splitlines()
    assert [line.split()[:2] for line in table[1:]] == [
        [f":{one['display']}", f"{one['width']}x{one['height']}"] for one in found]
    choice = ", ".join(f":{one['display']}" for one in found)
    refused = xspicectl("status", runtime=runtime, uid=GAMES)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == f"xspicectl: which display? give one of {choice}\n"
    for display in displays:
        status = json.loads(xspicectl("status", f":{display.display}", "--json", runtime=runtime, uid=GAMES).stdout)
        assert status["pid"] == display.xorg
    # One that was killed leaves nothing that is taken for a display.
    gone, left = displays
    os.kill(gone.process.pid, signal.SIGKILL)
    gone.wait()
    gone.assert_nothing_left()
    assert json.loads(xspicectl("status", "--json", runtime=runtime, uid=GAMES).stdout)["pid"] == left.xorg
    assert left.end() == -signal.SIGTERM
    assert not list(runtime.iterdir())
    assert xspicectl("list", runtime=runtime, uid=GAMES).stdout == 'No display of yours is running; "xspice" starts one.\n'


def test_nobody_but_the_owner_and_root(launch, xspicectl):
    xspice = launch("--size", "320x240").ready()
    path = control_socket(xspice.runtime, xspice.display)
    assert xspicectl("status", f":{xspice.display}", runtime=xspice.runtime).returncode == 0
    refused = xspicectl("status", runtime=xspice.runtime, uid=GAMES)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == 'xspicectl: no xspice display of yours is running; "xspice" starts one\n'
    refused = xspicectl("status", runtime=xspice.runtime, uid=GAMES, XSPICE_CONTROL=str(path))
    assert (refused.returncode, refused.stderr) == (
        2, f"xspicectl: {path}: not a display of yours; only its owner and root may control it\n")
    # Not even where the files would let him.
    opened = pathlib.Path(os.path.realpath(path))
    for directory in (xspice.runtime, *opened.relative_to(xspice.runtime).parents):
        (xspice.runtime / directory).chmod(0o755)
    opened.chmod(0o666)
    refused = xspicectl("status", runtime=xspice.runtime, uid=GAMES, XSPICE_CONTROL=str(path))
    assert (refused.returncode, refused.stderr) == (
        2, f"xspicectl: {path}: not a display of yours; only its owner and root may control it\n")


def test_root_may_control_others_displays(launch, xspicectl):
    xspice = launch("--size", "320x240", uid=ORDINARY_USER).ready()
    path = control_socket(xspice.runtime, xspice.display)
    status = xspicectl("status", "--json", runtime="/nowhere", XSPICE_CONTROL=str(path))
    assert json.loads(status.stdout)["display"] == xspice.display


def test_a_display_without_a_runtime_directory(launch, xspicectl):
    xspice = launch("--size", "320x240", "--disable-ticketing", runtime_directory=False).ready()
    found = json.loads(xspicectl("list", "--json", runtime="").stdout)["displays"]
    assert [one["pid"] for one in found if one["display"] == xspice.display] == [xspice.xorg]
    keys = json.loads(xspicectl(f":{xspice.display}", "vv", "--json", runtime="/nowhere").stdout)
    assert (keys["host"], keys["port"], "password" in keys) == ("127.0.0.1", str(xspice.port), False)
    # The name in the session's environment will do, too, whatever else is there.
    (control,) = (one["socket"] for one in found if one["display"] == xspice.display)
    refused = xspicectl("vv", "--view-only", runtime="/nowhere", XSPICE_CONTROL=control)
    assert refused.returncode == 2 and "asks nobody for a password" in refused.stderr
