"""Real viewers, each in the viewer's namespace of a network.Network, and what they show.

    viewer.connect(server)              # returns when it shows the server's screen, which is all of one colour
    viewer.follow(x, y)                 # the numbers that stand there from now on: numbers.hpp
    viewer.followed()                   # [(time.monotonic(), number), ...]
    viewer.timed_key(x, y)              # seconds from a key to another colour of that pixel; None when there is none
    viewer.picture()
"""

import json
import subprocess

from support import processes, spice_client, xserver

SIZE = "1920x1080"
CELLS, CELL = 12, 16  # of numbers.hpp
_PATIENCE = 3.0  # seconds for a key


def number(bits):
    """The number of a Gray code's bits, lowest first."""
    value = above = 0
    for place in reversed(range(len(bits))):
        above ^= bits[place]
        value |= above << place
    return value


def _wait_for_colour(picture, colour):
    def shown():
        now = picture()
        if not now.size:
            return False
        # A lossy picture of one colour may be a little off, and xpra's window shows its pointer.
        near = sum(abs((now >> shift & 0xFF).astype(int) - (colour >> shift & 0xFF)) for shift in (0, 8, 16)) < 16
        return near.mean() > 0.99

    processes.wait_for(shown, 40, "the viewer shows the server's screen", interval=0.1)


class SpiceGtk:
    def __init__(self, link, directory):
        self._client = spice_client.Client(directory, prefix=link.viewer.enter)

    def connect(self, server, colour):
        self._client.connect(*server.address)
        self._client.wait_ready(20)
        _wait_for_colour(self._client.picture, colour)

    def follow(self, x, y):
        self._client.follow([(x + CELL * cell + CELL // 2, y + CELL // 2) for cell in range(CELLS)])

    def followed(self):
        return [(time, number(bits)) for time, bits in self._client.followed()]

    def timed_key(self, x, y):
        return self._client.timed_key(0x1E, x, y, _PATIENCE)

    def picture(self):
        return self._client.picture()

    def close(self):
        self._client.close()


_FULL_SCREEN = """<openbox_config xmlns="http://openbox.org/3.4/rc"><applications>
<application class="*"><decor>no</decor><fullscreen>yes</fullscreen></application></applications></openbox_config>"""


class _InWindow:
    """A viewer in a window that fills a screen of its own, an Xvfb, at which beside-watch looks."""

    def __init__(self, link, directory):
        self._link = link
        self._screen = xserver.Xvfb(size=SIZE)
        self._watch = None

    def command(self, server):
        raise NotImplementedError

    def connect(self, server, colour):
        self._screen.start()
        settings = self._screen.directory / "openbox.xml"
        settings.write_text(_FULL_SCREEN)
        self._screen.run_window_manager("--config-file", settings)
        self._screen.run(*self._link.viewer.enter, *self.command(server))
        _wait_for_colour(self._screen.x.picture, colour)
        self._watch = processes.spawn(
            [xserver.BUILD / "tests" / "beside" / "beside-watch"], mark=self._screen.mark,
            log=self._screen.log_path, env=self._screen.client_environment(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        assert self._watch.stdout.readline() == "ready\n", self._screen.log()

    def _ask(self, *words):
        print(*words, file=self._watch.stdin, flush=True)
        return json.loads(self._watch.stdout.readline())

    def follow(self, x, y):
        self._ask("follow", x, y)

    def followed(self):
        return [(time / 1e6, shown) for time, shown in self._ask("followed")]

    def timed_key(self, x, y):
        time = self._ask("key", x, y, int(1000 * _PATIENCE))
        return None if time is None else time / 1e6

    def picture(self):
        return self._screen.x.picture()

    def close(self):
        if self._watch:
            self._watch.kill()
            self._watch.wait(10)
            for pipe in (self._watch.stdin, self._watch.stdout):
                pipe.close()
        self._screen.abandon()


class TigerVnc(_InWindow):
    options = ()

    def command(self, server):
        host, port = server.address
        return ["xtigervncviewer", "-FullScreen=1", "-RemoteResize=0", "-MenuKey=", "-Shared", *self.options,
                f"{host}::{port}"]


class TigerVncExact(TigerVnc):
    options = ("-AutoSelect=0", "-PreferredEncoding=Tight", "-NoJPEG=1")


class Xpra(_InWindow):
    def command(self, server):
        host, port = server.address
        without = [f"--{name}=no" for name in ("opengl", "mmap", "pulseaudio", "notifications", "tray", "webcam", "mdns")]
        return ["xpra", "attach", f"tcp://{host}:{port}/", "--desktop-fullscreen=yes", "--speaker=off",
                "--microphone=off", *without]
