"""remote-viewer opens the .vv file that xspice wrote, and shows the desktop: whatever way in the file names."""

import json
import os
import shutil
import stat
import subprocess

import pytest
from support import pixels, processes, xserver
from support.exact import wait_changed, wait_rest


def viewer_file(xspice, directory):
    """A copy of it: viewers may delete what they opened."""
    file = xspice.viewer_file()
    assert file, "no .vv file"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    copy = directory / "desktop.vv"
    shutil.copy(file, copy)
    return copy


def draw(xspice):
    """Something to see; returns the picture of it."""
    before = xspice.x.picture()
    xspice.run("xterm", "-geometry", "70x20+30+40", "-e", "sh", "-c", "seq 40; exec sleep 1000")
    wait_changed(xspice, before)
    xspice.x.window(480, 300, 120, 130, 0x3366AA, events=False)
    xspice.x.warp_pointer(600, 20)
    wanted = wait_rest(xspice)
    assert len(set(wanted.ravel().tolist())) > 2
    return wanted


WAYS = {
    "ticket": {},
    "unix": {"port_option": None, "options": ["--unix", "DIRECTORY/socket"]},
    "tls": {"port_option": "--tls-port", "options": ["--tls-auto", "--x509-dir", "DIRECTORY"]},
    # Plain for all but these, for which the server sends the viewer away until it comes with TLS.
    "secure channels": {"options": ["--tls-auto", "--x509-dir", "DIRECTORY", "--secure-channels", "main,inputs"]},
}


def begin(server, tmp_path, way):
    """A display with something on it, and its picture."""
    # No --disable-ticketing: the launcher makes a ticket, and the file is the way to it.
    arguments = dict(WAYS[way])
    arguments["options"] = [word.replace("DIRECTORY", str(tmp_path)) for word in arguments.get("options", ())]
    xspice = server(size="640x480", ticket=True, **arguments)
    return xspice, draw(xspice)


def view(server, file, tmp_path):
    screen = server.xvfb(size="1280x1024")
    viewer = screen.run("dbus-run-session", "remote-viewer", "--debug", file,
                        env={"XDG_CONFIG_HOME": tmp_path, "XDG_CACHE_HOME": tmp_path})
    return screen, viewer


def assert_shown(wanted, screen, viewer):
    def shown():
        assert viewer.poll() is None, "remote-viewer ended"
        return pixels.find(wanted, screen.x.picture())

    try:
        x, y = processes.wait_for(shown, 30, "the desktop in remote-viewer's window", interval=0.2)
    except processes.Timeout as error:
        paths = [pixels.artifacts() / f"remote-viewer-{name}.png" for name in ("screen", "wanted")]
        pixels.save(screen.x.picture(), paths[0])
        pixels.save(wanted, paths[1])
        raise AssertionError(f"{error}; saved {paths}") from error
    print(f"remote-viewer shows the desktop at ({x},{y}), every pixel equal")


@pytest.mark.parametrize("way", WAYS)
def test_remote_viewer_shows_the_desktop(server, tmp_path, way):
    xspice, wanted = begin(server, tmp_path, way)
    assert_shown(wanted, *view(server, viewer_file(xspice, tmp_path), tmp_path))


def xspicectl(xspice, *words):
    return subprocess.run(["/usr/bin/python3", xserver.SOURCE / "launcher" / "xspicectl", xspice.name, *words],
                          env={**os.environ, "XDG_RUNTIME_DIR": str(xspice.runtime)}, check=True, timeout=30,
                          capture_output=True, text=True).stdout


def server_log(xspice):
    return next(xspice.runtime.rglob("xorg.log")).read_text()


@pytest.mark.parametrize("way", ["ticket", "unix", "tls"])
def test_a_file_of_xspicectl_shows_it_to_one_viewer(server, tmp_path, way):
    xspice, wanted = begin(server, tmp_path, way)
    file = tmp_path / "guest.vv"
    xspicectl(xspice, "vv", str(file), "--title", "for a guest", "--hotkeys", "release-cursor=shift+f12",
              "--needs-version", "8.0", "--disable-channels", "playback,record")
    written = file.read_text()
    screen, viewer = view(server, file, tmp_path)
    assert_shown(wanted, screen, viewer)
    assert not file.exists()  # the viewer has deleted it
    windows = subprocess.run(["xwininfo", "-root", "-tree", "-display", screen.name], check=True, capture_output=True,
                             text=True).stdout
    assert "for a guest" in windows
    # Who finds the file all the same does not get in.
    (client,) = json.loads(xspicectl(xspice, "clients", "--json"))["clients"]
    assert (client["view_only"], client["encrypted"]) == (False, way == "tls")
    file.write_text(written)
    other, _ = view(server, file, tmp_path)
    processes.wait_for(lambda: "ticket used up" in server_log(xspice), 30, "the second viewer is refused")
    assert pixels.find(wanted, other.x.picture()) is None
    assert len(json.loads(xspicectl(xspice, "clients", "--json"))["clients"]) == 1
