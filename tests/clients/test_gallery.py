"""spice-gtk decodes what each of our encoders makes, in every pixel format: one picture of many tiles.

The primary surface has no alpha. DRAW_COPY of an image that has some must show its colours as they are, whatever the
alpha, and that is all such a tile tells. The tiles "over white" are drawn by DRAW_ALPHA_BLEND instead, whose result
depends on every alpha value, and is exact.
"""

import json
import os
import pathlib
import subprocess

import numpy
import pytest

from support import pixels, processes
from support.wire import constant

LOSSY_PSNR = 30.0  # dB
ALPHA_TYPES = ("BITMAP", "LZ_RGB", "LZ4", "GLZ_RGB", "ZLIB_GLZ_RGB", "QUIC", "JPEG_ALPHA")
IMAGE_TYPES = (*ALPHA_TYPES, "LZ_PLT", "JPEG", "FROM_CACHE")


class Gallery:
    """A running gallery-server; `tiles` and `picture` are what it expects a client to show."""

    def __init__(self, directory):
        program = pathlib.Path(os.environ["XSPICE_BUILD_DIR"]) / "tests" / "support" / "gallery-server"
        expected = pathlib.Path(directory) / "expected"
        self._log = pathlib.Path(directory) / "gallery-server.log"
        self._slot = processes.claim_port()
        self.address = ("127.0.0.1", self._slot.number)
        self._process = processes.spawn([program, "--port", str(self._slot.number), expected],
                                        mark=processes.new_mark(), log=self._log, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        line = self._process.stdout.readline()
        assert line == f"port {self._slot.number}\n".encode(), self.log()
        head = json.loads(expected.with_suffix(".json").read_text(encoding="ascii"))
        self.tiles = head["tiles"]
        self.picture = numpy.fromfile(expected.with_suffix(".raw"), dtype="<u4").reshape(head["height"], head["width"])

    def show(self, messages):
        """Clients that connect now get so many messages only."""
        self._process.stdin.write(f"{messages}\n".encode())
        self._process.stdin.flush()
        assert self._process.stdout.readline() == b"ok\n", self.log()

    def log(self):
        return self._log.read_text(errors="replace")

    def close(self):
        self._process.stdin.close()
        status = self._process.wait(10)
        self._process.stdout.close()
        self._slot.release()
        assert status == 0, self.log()


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    server = Gallery(tmp_path_factory.mktemp("gallery"))
    yield server
    server.close()


def _area(tile):
    return slice(tile["y"], tile["y"] + tile["height"]), slice(tile["x"], tile["x"] + tile["width"])


def _psnr(wanted, shown):
    parts = [(picture[..., None] >> numpy.array([16, 8, 0])) & 0xFF for picture in (wanted, shown)]
    error = ((parts[0].astype(float) - parts[1]) ** 2).mean()
    return numpy.inf if error == 0 else 10 * numpy.log10(255**2 / error)


def _problem(tile, wanted, shown):
    """None, or one line that names the tile."""
    if tile["lossy"]:
        psnr = _psnr(wanted, shown)
        return None if psnr >= LOSSY_PSNR else f"{tile['name']}: {psnr:.1f} dB"
    difference = pixels.difference(wanted, shown)
    return difference and f"{tile['name']}: {difference}"


@pytest.mark.parametrize("mini_header", [True, False], ids=["mini", "full"])
def test_every_tile(gallery, client, mini_header):
    viewer = client(gallery, ready=False, mini_header=mini_header)
    try:
        viewer.wait_ready(30)  # MARK comes behind all tiles
    except (AssertionError, OSError):  # the tiles tell more than that
        if _is_dead(viewer):
            pytest.fail(f"spice-gtk ends itself at {_deadly_tile(gallery, client)}: {viewer.log()[-2000:]}")
        _assert_tiles(gallery, viewer)
        raise
    _assert_tiles(gallery, viewer)
    assert not viewer.errors()


def _is_dead(viewer):
    try:
        viewer.state()
    except (AssertionError, OSError):
        return True
    return False


def _deadly_tile(gallery, client):
    """The first that a client does not survive; some of its errors end the process."""
    survived, deadly = 0, len(gallery.tiles)
    while deadly - survived > 1:
        middle = (survived + deadly) // 2
        gallery.show(gallery.tiles[middle - 1]["messages"])
        try:
            client(gallery)
            survived = middle
        except (AssertionError, OSError):
            deadly = middle
    gallery.show(gallery.tiles[-1]["messages"])
    return gallery.tiles[deadly - 1]["name"]


def _assert_tiles(gallery, viewer):
    shown = viewer.picture()
    assert shown.shape == gallery.picture.shape, viewer.log()[-2000:]
    problems = [problem for tile in gallery.tiles
                if (problem := _problem(tile, gallery.picture[_area(tile)], shown[_area(tile)]))]
    assert not problems, "\n".join([f"{len(problems)} of {len(gallery.tiles)} tiles:", *problems[:40],
                                    viewer.log()[-2000:]])
    between = numpy.ones(shown.shape, dtype=bool)
    for tile in gallery.tiles:
        between[_area(tile)] = False
    assert numpy.array_equal(shown[between], gallery.picture[between]), "something was drawn beside the tiles"


def test_gallery_is_complete(gallery):
    """Whoever takes an encoder or a format away from the gallery has to say so here."""
    names = [tile["name"] for tile in gallery.tiles]
    assert len(set(names)) == len(names)
    formats = {"raw": 7, "lz": 7, "lz4": 4, "glz": 4, "zlib_glz": 4, "quic": 4, "jpeg 30": 3}
    for codec, count in formats.items():
        drawn = {name for name in names if name.startswith(codec + " ") and name.endswith(("-down 61x37", "-up 61x37"))}
        assert len(drawn) == 2 * count, (codec, drawn)
    types = {kind: {tile["name"] for tile in gallery.tiles if tile["type"] == constant("IMAGE_TYPE_" + kind)}
             for kind in IMAGE_TYPES}
    assert sum(len(tiles) for tiles in types.values()) == len(names) and all(types.values()), types
    assert {f"encode_lz of {colours} colours" for colours in (1, 2, 16, 200)} <= types["LZ_PLT"]
    for kind in ALPHA_TYPES:
        assert any(name.endswith("over white") for name in types[kind]), kind
