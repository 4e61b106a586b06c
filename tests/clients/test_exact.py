"""Every pixel at the client equals X's, after everything that can happen to a screen: for each way a client can be."""

import contextlib
import os
import pathlib
import signal
import time

import pytest

from support import pixels, processes
from support.exact import assert_exact, wait_changed, wait_rest

WAYS = {
    "lz4-mini": {"lz4": True, "mini_header": True},
    "lz-mini": {"lz4": False, "mini_header": True},
    "lz4-full": {"lz4": True, "mini_header": False},
    "lz-full": {"lz4": False, "mini_header": False},
}

# Spread over what x11perf knows: dots, lines, arcs, fills, polygons, text of each kind, copies, images, windows.
OPERATIONS = [
    "dot", "rect500", "srect100", "oddtilerect100", "bigtilerect500", "line500", "dline100", "wline100", "orect500",
    "circle100", "fellipse100", "triangle100", "complex100", "f14text", "aa10text", "rgb24text", "scroll500",
    "copypixwin500", "putimage100", "ucirculate",
]


@pytest.fixture(scope="module", params=list(WAYS))
def viewed(request, module_server, module_client):
    """(server, client) for each way, shared by the tests below."""
    server = module_server(size="1024x768")
    client = module_client(server, **WAYS[request.param])
    assert_exact(client, server)
    return server, client


@pytest.fixture
def desktop(viewed):
    """The same with a clean screen before, and nothing of the test left on it."""
    server, client = viewed
    yield server, client
    server.end_clients()
    server.x.sync()


def _done_file(server):
    path = pathlib.Path(server.directory) / "done"
    path.unlink(missing_ok=True)
    return path


def _xterm(server, script, *options):
    """Runs a shell script in an xterm that stays; returns when the script has ended and the screen is at rest."""
    done = _done_file(server)
    server.run("xterm", "-geometry", "120x45+20+20", *options, "-e", "sh", "-c",
               f"{script}; touch {done}; exec sleep 1000")
    processes.wait_for(done.exists, 30, "the script in xterm ended")
    wait_rest(server, 0.2)


def test_xterm_output(desktop):
    server, client = desktop
    before = server.x.picture()
    _xterm(server, "seq 2000; printf '\\033[1;31mred \\033[42mgreen\\033[0m'; printf '\\033[5;10Hmoved'")
    assert pixels.difference(before, server.x.picture())
    assert_exact(client, server)


def test_xterm_scrolling_back_and_forth(desktop):
    """Scrolling: xterm copies the screen in both directions, and scrolls within margins."""
    server, client = desktop
    lines = "for i in 1 2 3 4 5 6 7 8; do printf '\\033[10;30r\\033[30;1H'; seq 40; " \
            "printf '\\033[10;1H\\033M\\033M\\033M inserted \\033M'; done"
    _xterm(server, "seq 500;" + lines, "-fa", "monospace", "-fs", "9")
    assert_exact(client, server)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_x11perf(desktop, operation):
    """x11perf shows its window only while it draws, so it is stopped in the middle to look at its work."""
    server, client = desktop
    before = server.x.picture()
    perf = server.run("x11perf", "-repeat", "5", "-time", "1", f"-{operation}")
    wait_changed(server, before)
    time.sleep(0.25)  # some drawing, of no particular amount; the loop below makes sure of it
    os.kill(perf.pid, signal.SIGSTOP)
    stopped = wait_rest(server, 0.1)
    assert pixels.difference(before, stopped)
    assert_exact(client, server)
    server.end_client(perf)
    assert_exact(client, server)


def test_gtk3_driven_by_xdotool(desktop):
    """Its progress bars and spinners never rest, so pictures are compared between two of their steps."""
    server, client = desktop
    server.run("openbox", "--sm-disable")
    before = server.x.picture()
    server.run("gtk3-widget-factory", env={"XDG_CONFIG_HOME": server.directory})
    wait_changed(server, before, 20)
    server.call("xdotool", "search", "--sync", "--onlyvisible", "--class", "gtk3-widget-factory", "windowfocus",
                "--sync")
    assert_exact(client, server, within=10, stable=0)
    shown = server.x.picture()
    for actions in (["key", "Tab", "Tab", "Tab", "space"], ["type", "--delay", "5", "xspice"],
                    ["key", "ctrl+Page_Down"], ["mousemove", "500", "300", "click", "1"],
                    ["mousemove", "300", "400", "click", "4", "click", "4", "click", "5"],
                    ["mousemove", "420", "140", "click", "1"], ["key", "Escape"]):
        server.call("xdotool", *actions)
        assert_exact(client, server, within=10, stable=0)
    changed = (shown != server.x.picture()).sum()
    assert changed > 1000, f"xdotool changed {changed} pixels only"


def test_windows_moved_over_each_other(desktop):
    server, client = desktop
    before = server.x.picture()
    server.run("xterm", "-geometry", "60x20+50+50", "-e", "sh", "-c", "seq 100; exec sleep 1000")
    wait_changed(server, before)
    x = server.x
    windows = [x.window(100 + 40 * index, 90 + 30 * index, 300, 200, colour, events=False)
               for index, colour in enumerate((0x803030, 0x308030, 0x303080))]
    try:
        for step in range(60):
            x.move_window(windows[step % 3], 60 + 7 * step, 40 + 5 * step)
            if step % 10 == 0:
                x.raise_window(windows[step // 10 % 3])
                x.sync()
        assert_exact(client, server)
        for step in range(40):
            x.move_window(windows[2], -150 + 31 * step, 700 - 23 * step)  # partly outside on every side
            x.paint_window(windows[0], 0x010203 * step)
        assert_exact(client, server)
    finally:
        for window in windows:
            x.destroy_window(window)
    assert_exact(client, server)


def _modeline(width, height):
    """A mode that only its size matters of."""
    return [f"{width}x{height}t", "100", *(str(width + extra) for extra in (0, 8, 16, 32)),
            *(str(height + extra) for extra in (0, 3, 6, 9))]


@contextlib.contextmanager
def _mode(server, output, width, height):
    line = _modeline(width, height)
    server.call("xrandr", "--newmode", *line)
    server.call("xrandr", "--addmode", output, line[0])
    yield line[0]


def _output(server):
    server.call("sh", "-c", f"xrandr --query >{server.directory}/xrandr.out")
    for line in (server.directory / "xrandr.out").read_text().splitlines():
        words = line.split()
        if len(words) > 1 and words[1] == "connected":
            return words[0]
    raise LookupError("no connected output")


def test_xrandr_resizes(desktop):
    server, client = desktop
    _xterm(server, "seq 300")
    output = _output(server)
    for width, height in ((801, 601), (1500, 901), (333, 444), (640, 480), (1279, 1023)):
        with _mode(server, output, width, height) as mode:
            server.call("xrandr", "--output", output, "--mode", mode)
        assert server.x.size() == (width, height)
        assert_exact(client, server, within=10)
        monitors = client.state()["monitors"]
        assert [(m["width"], m["height"]) for m in monitors] == [(width, height)], monitors
        server.x.destroy_window(server.x.window(width - 50, height - 50, 100, 100, 0x990000 + width, events=False))
        assert_exact(client, server)
    with _mode(server, output, 1024, 768) as mode:
        server.call("xrandr", "--output", output, "--mode", mode)
    assert_exact(client, server, within=10)


def test_a_client_that_joins_late(desktop, module_client):
    """The state that a new client is given at once is as exact as the one that grew."""
    server, _ = desktop
    _xterm(server, "seq 500")
    late = module_client(server)
    assert_exact(late, server)
