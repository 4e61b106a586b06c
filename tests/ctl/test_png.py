"""The PNG writer, read back by another program's reader."""

import io
import random
import sys
import time

import pytest
from PIL import Image
from xspice_launcher.ctl import png


def decoded(data):
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert (image.format, image.mode, image.info) == ("PNG", "RGB", {})
        return image.size, image.tobytes()


@pytest.mark.parametrize("width, height, padding", [(1, 1, 0), (7, 5, 0), (64, 33, 12), (1, 300, 4), (300, 1, 0)])
def test_every_pixel_comes_back(width, height, padding):
    draw = random.Random(f"{width} {height}")
    pixels = [draw.randrange(1 << 24) for _ in range(width * height)]
    raw = b"".join(
        b"".join((pixel | draw.randrange(256) << 24).to_bytes(4, sys.byteorder)
                 for pixel in pixels[y * width:(y + 1) * width]) + bytes([0xAA] * padding)
        for y in range(height))
    wanted = b"".join(pixel.to_bytes(3, "big") for pixel in pixels)
    assert decoded(png.encode(raw, width, height, 4 * width + padding)) == ((width, height), wanted)


def test_a_desktop_takes_parts_of_a_second():
    row = b"".join((x * 40503 % (1 << 24) if x % 50 < 20 else 0x2E3440).to_bytes(4, sys.byteorder) for x in range(1920))
    begin = time.process_time()
    size, _ = decoded(png.encode(row * 1080, 1920, 1080, 4 * 1920))
    assert size == (1920, 1080)
    assert time.process_time() - begin < 1
