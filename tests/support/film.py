"""A film on an X display: photographs that change all over, at a steady rate, and a count of the pictures.

    film = Film(server, 1280, 720, rate=30)     # at the upper left
    film.count()                                # pictures shown so far: X has answered for each
    film.pause(); film.resume(); film.stop()

Its pictures lie in pixmaps of the server before the first is counted, so that it takes no memory afterwards.
"""

import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy
from Xlib import X
from Xlib import display as xlib

from . import processes

PICTURES = 6


class Film:
    def __init__(self, server, width, height, rate=30):
        self._process = processes.spawn(
            [sys.executable, "-m", "support.film", server.name, str(width), str(height), str(rate)],
            mark=processes.new_mark(), log=server.directory / "film-errors.txt", stdout=subprocess.PIPE,
            bufsize=0,
            env={**server.client_environment(), "PYTHONPATH": pathlib.Path(__file__).resolve().parents[1]})
        assert self._process.stdout.readline() == b"playing\n", "the film does not play"
        os.set_blocking(self._process.stdout.fileno(), False)
        self._count = 0

    def count(self):
        while text := self._process.stdout.read(1 << 16):
            self._count += text.count(b"\n")  # a line for each picture
        return self._count

    def wait_more(self, pictures, within=20.0):
        wanted = self.count() + pictures
        processes.wait_for(lambda: self.count() >= wanted, within, f"{pictures} more pictures of the film")

    def rate(self, seconds):
        """Pictures per second during that time."""
        began, before = time.monotonic(), self.count()
        time.sleep(seconds)
        return (self.count() - before) / (time.monotonic() - began)

    def pause(self):
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def stop(self):
        self._process.kill()
        self._process.wait(10)
        self._process.stdout.close()


def picture(width, height, number):
    """Soft shapes of many colours with a sensor's noise, as bytes B G R 0."""
    generator = numpy.random.default_rng(number)
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
    planes = []
    for plane in range(3):
        waves = sum(numpy.sin((x * generator.normal(0, 0.01) + y * generator.normal(0, 0.01)) + 6 * generator.random())
                    for _ in range(4))
        planes.append(numpy.clip(128 + 28 * waves + generator.normal(0, 2, (height, width)), 0, 255))
    pixels = numpy.zeros((height, width, 4), dtype=numpy.uint8)
    pixels[..., :3] = numpy.stack(planes, axis=-1)
    return pixels


def upload(display, root, width, height, number):
    pixmap = root.create_pixmap(width, height, root.get_geometry().depth)
    gc = pixmap.create_gc()
    pixels = picture(width, height, number)
    rows = max(1, 200_000 // (4 * width))  # a request's largest size
    for y in range(0, height, rows):
        part = pixels[y:y + rows]
        pixmap.put_image(gc, 0, y, width, len(part), X.ZPixmap, 24, 0, part.tobytes())
    display.sync()
    return pixmap


def main(name, width, height, rate):
    display = xlib.Display(name)
    root = display.screen().root
    window = root.create_window(0, 0, width, height, 0, X.CopyFromParent, override_redirect=True)
    window.map()
    gc = window.create_gc()
    pixmaps = [upload(display, root, width, height, number) for number in range(PICTURES)]
    print("playing", flush=True)
    began, shown = time.monotonic(), 0
    while True:
        window.copy_area(gc, pixmaps[shown % PICTURES], 0, 0, width, height, 0, 0)
        display.sync()
        shown += 1
        print(flush=True)
        due = began + shown / rate
        now = time.monotonic()
        if now > due + 1:  # it was paused, or the machine is too slow: not made up for
            began += now - due
        time.sleep(max(due - now, 0))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
