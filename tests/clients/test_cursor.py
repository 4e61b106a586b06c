"""The cursor's shape and hot spot at the client equal X's, and it is never part of the picture."""

import random
import zlib

import numpy
import pytest

from support import processes
from support.exact import assert_exact
from support.xdisplay import Cursor

THEME, SIZE = "whiteglass", 24


@pytest.fixture(scope="module")
def viewed(module_server, module_client):
    server = module_server()
    client = module_client(server)
    server.x.warp_pointer(400, 300)
    return server, client


def _wait_same(server, client, within=5.0):
    def same():
        shape, hidden = client.cursor()
        return shape is not None and not hidden and shape.same_shape(server.x.cursor())

    processes.wait_for(same, within, lambda: f"cursors equal: X {server.x.cursor()}, client {client.cursor()}")
    assert_exact(client, server)


def _random_cursor(x, generator, width, height):
    bitmaps = [generator.randbytes((width + 7) // 8 * height) for _ in range(2)]
    return x.core_cursor(*bitmaps, width, height, generator.randrange(width), generator.randrange(height),
                         tuple(generator.randrange(65536) for _ in range(3)),
                         tuple(generator.randrange(65536) for _ in range(3)))


@pytest.mark.parametrize("name", ["left_ptr", "xterm", "hand2", "crosshair"])
def test_theme_cursor(viewed, name):
    server, client = viewed
    cursor = server.x.theme_cursor(name, THEME, SIZE)
    assert cursor, f"the theme {THEME} has no {name}"
    server.x.set_cursor(cursor)
    shown = server.x.cursor()
    assert not shown.transparent
    _wait_same(server, client)


@pytest.mark.parametrize("width,height", [(16, 16), (17, 13), (1, 1), (32, 32), (63, 64)])
def test_core_cursor(viewed, width, height):
    """Two bitmaps and two colours: X draws such a cursor itself unless the driver takes it."""
    server, client = viewed
    generator = random.Random(width * 100 + height)
    cursor = _random_cursor(server.x, generator, width, height)
    if width > 1:
        server.x.set_cursor(cursor)
    else:
        server.x.set_cursor(server.x.core_cursor(b"\1", b"\1", 1, 1, 0, 0))
    assert server.x.cursor().pixels.shape == (height, width)
    _wait_same(server, client)


def test_a_cursor_larger_than_usual(viewed):
    server, client = viewed
    generator = random.Random(5)
    server.x.set_cursor(_random_cursor(server.x, generator, 200, 150))
    _wait_same(server, client)


def test_moving_does_not_touch_the_picture(viewed):
    server, client = viewed
    server.x.set_cursor(server.x.theme_cursor("left_ptr", THEME, SIZE))
    before = client.picture()
    for step in range(50):
        server.x.warp_pointer(20 * step, 15 * step)
    _wait_same(server, client)
    assert (client.picture() == before).all()


def test_hidden_cursor(viewed):
    """Hidden by XFixes; by a cursor of no pixels; and shown again each time."""
    server, client = viewed
    server.x.set_cursor(server.x.theme_cursor("left_ptr", THEME, SIZE))
    server.x.warp_pointer(400, 300)
    _wait_same(server, client)

    def invisible():
        shape, hidden = client.cursor()
        return hidden or (shape is not None and shape.transparent)

    server.x.hide_cursor()
    try:
        processes.wait_for(invisible, 5, lambda: f"cursor hidden: {client.cursor()}")
        assert_exact(client, server)
    finally:
        server.x.hide_cursor(False)
    _wait_same(server, client)

    server.x.set_cursor(server.x.core_cursor(bytes(8), bytes(8), 8, 8, 4, 4))
    assert server.x.cursor().transparent
    processes.wait_for(invisible, 5, lambda: f"cursor hidden: {client.cursor()}")
    assert_exact(client, server)
    server.x.set_cursor(server.x.theme_cursor("left_ptr", THEME, SIZE))
    _wait_same(server, client)


def test_animated_cursor(viewed):
    """Each picture of the animation that X shows comes to the client, hot spots included."""
    server, client = viewed
    generator = numpy.random.default_rng(3)
    pictures = []
    for index in range(4):
        alpha = generator.integers(1, 256, (20 + index, 24), dtype=numpy.uint32)
        pictures.append(Cursor(index, 2 * index, alpha << 24 | alpha // 2 << 16 | alpha // 3))

    def key(cursor):
        return cursor.hot_x, cursor.hot_y, cursor.pixels.shape, zlib.crc32(cursor.pixels.astype("<u4").tobytes())

    wanted = {key(picture) for picture in pictures}
    at_x, at_client = set(), set()
    server.x.warp_pointer(410, 310)
    server.x.set_cursor(server.x.animated_cursor([server.x.argb_cursor(picture) for picture in pictures], 100))
    # Behind the animation, X has a cursor of one transparent pixel, which XFixes shows for a moment.
    before = {key(server.x.cursor()), key(client.cursor()[0])}

    def all_seen():
        at_x.add(key(server.x.cursor()))
        shape, hidden = client.cursor()
        if not hidden:
            at_client.add(key(shape))
        return wanted <= at_x and wanted <= at_client

    processes.wait_for(all_seen, 15, lambda: f"of {len(wanted)} pictures {len(wanted & at_x)} at X, "
                                             f"{len(wanted & at_client)} at the client", interval=0.005)
    assert at_client <= wanted | before, "the client shows what X does not"
    server.x.set_cursor(server.x.theme_cursor("left_ptr", THEME, SIZE))
    _wait_same(server, client)


def test_more_shapes_than_the_cache_holds(viewed):
    """The client keeps 256 shapes; 300 and then the first ones again, each told as what it is."""
    server, client = viewed
    generator = random.Random(7)
    cursors = [_random_cursor(server.x, generator, 16, 16) for _ in range(300)]
    for index, cursor in enumerate(cursors + cursors[:20]):
        server.x.set_cursor(cursor)
        if index % 30 == 0 or index >= 300:
            processes.wait_for(lambda: client.cursor()[0].same_shape(server.x.cursor()), 5,
                               f"shape {index} at the client")
    _wait_same(server, client)


def test_a_late_client_gets_the_cursor(viewed, module_client):
    server, _ = viewed
    server.x.set_cursor(server.x.theme_cursor("hand2", THEME, SIZE))
    _wait_same(server, module_client(server))
