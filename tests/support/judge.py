"""A second judge beside spice-gtk: a display channel decoded by hand, strictly, in full or mini headers.

It takes only what our server says it sends to a client without a GLZ window under --image-compression off, lz or lz4
(DRAW_COPY with raw, LZ or LZ4 images or from the cache, DRAW_FILL, COPY_BITS, no clip, no mask, no scaling) and
asserts everything else away. Formats: spice.proto, DisplayChannel; LZ as in FastLZ level 1
with pixels instead of bytes; LZ4 blocks by liblz4.
"""

import collections
import ctypes
import ctypes.util
import struct
import time

import numpy

from .wire import Session, constant

_lz4 = ctypes.CDLL(ctypes.util.find_library("lz4") or "liblz4.so.1")
_CHANNEL_CAPS = ("DISPLAY_CAP_MONITORS_CONFIG", "DISPLAY_CAP_PREF_COMPRESSION")
_LZ_HEADER = struct.Struct(">7I")  # magic, version, type, width, height, stride, top_down
_LZ_MAGIC, _LZ_VERSION, _LZ_RGB32 = 0x20205A4C, 0x00010001, 8


CACHE_PIXELS = 1 << 18


class Judge:
    """Follows a server's display channel; `canvas` is the picture so far, `images` counts images by type name."""

    def __init__(self, address, password="", mini_header=True, lz4=True):
        self._session = Session(address, password, mini_header)
        caps = [constant(name) for name in _CHANNEL_CAPS]
        if lz4:
            caps.append(constant("DISPLAY_CAP_LZ4_COMPRESSION"))
        self._channel = self._session.channel("DISPLAY", channel_caps=caps)
        self._channel.send(constant("MSGC_DISPLAY_INIT"), struct.pack("<BqBi", 1, CACHE_PIXELS, 1, 0))
        self.canvas = numpy.zeros((0, 0), dtype="<u4")
        self.images = collections.Counter()
        self.marked = False
        self.copies = self.fills = 0
        self._cache = {}
        self._window, self._unacknowledged = 0, 0
        self._handlers = {
            constant("MSG_PING"): lambda body: self._channel.send(constant("MSGC_PONG"), body[:12]),
            constant("MSG_SET_ACK"): self._set_ack,
            constant("MSG_DISPLAY_INVAL_ALL_PALETTES"): lambda body: None,
            constant("MSG_DISPLAY_SURFACE_CREATE"): self._surface_create,
            constant("MSG_DISPLAY_SURFACE_DESTROY"): self._surface_destroy,
            constant("MSG_DISPLAY_MARK"): self._mark,
            constant("MSG_DISPLAY_MONITORS_CONFIG"): self._monitors,
            constant("MSG_DISPLAY_DRAW_COPY"): self._draw_copy,
            constant("MSG_DISPLAY_INVAL_LIST"): self._inval_list,
            constant("MSG_DISPLAY_DRAW_FILL"): self._draw_fill,
            constant("MSG_DISPLAY_COPY_BITS"): self._copy_bits,
        }

    def close(self):
        self._session.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def follow(self, done, within):
        """Handles messages until done() holds while nothing more is waiting; False at the deadline."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            self._channel.socket.settimeout(0.1)
            try:
                kind, body = self._channel.receive()
            except TimeoutError:
                if done():
                    return True
                continue
            self._channel.socket.settimeout(5)
            assert kind in self._handlers, f"message {kind} was not to be expected"
            self._handlers[kind](body)
            self._count()
        return done()

    def _count(self):
        """Acknowledges as the server asked; more than two windows unanswered it must never send."""
        self._unacknowledged += 1
        if self._window and self._unacknowledged >= self._window:
            self._unacknowledged = 0
            self._channel.send(constant("MSGC_ACK"))

    # --- messages -----------------------------------------------------------------------------------------------

    def _set_ack(self, body):
        generation, self._window = struct.unpack("<II", body)
        self._unacknowledged = -1
        self._channel.send(constant("MSGC_ACK_SYNC"), struct.pack("<I", generation))

    def _surface_create(self, body):
        number, width, height, kind, flags = struct.unpack("<5I", body)
        assert (number, flags) == (0, constant("SURFACE_FLAGS_PRIMARY")), (number, flags)
        assert kind == constant("SURFACE_FMT_32_xRGB")
        assert self.canvas.size == 0, "a second primary surface"
        self.canvas = numpy.zeros((height, width), dtype="<u4")
        self.marked = False

    def _surface_destroy(self, body):
        assert struct.unpack("<I", body) == (0,)
        self.canvas = numpy.zeros((0, 0), dtype="<u4")

    def _mark(self, body):
        assert body == b"" and self.canvas.size
        self.marked = True

    def _monitors(self, body):
        count, most = struct.unpack_from("<HH", body)
        assert 1 <= count <= most and len(body) == 4 + 28 * count
        for index in range(count):
            _, surface, width, height, x, y, _ = struct.unpack_from("<7I", body, 4 + 28 * index)
            assert surface == 0 and width and height
            assert x + width <= self.canvas.shape[1] and y + height <= self.canvas.shape[0]

    def _base(self, body):
        """The box of a drawing command: (rows, columns) of the canvas."""
        surface, top, left, bottom, right, clip = struct.unpack_from("<I4iB", body)
        assert surface == 0 and clip == constant("CLIP_TYPE_NONE")
        assert 0 <= top < bottom <= self.canvas.shape[0] and 0 <= left < right <= self.canvas.shape[1]
        return slice(top, bottom), slice(left, right)

    def _draw_fill(self, body):
        area = self._base(body)
        brush, colour, rop, flags, _, _, bitmap = struct.unpack_from("<BIHBiiI", body, 21)
        assert len(body) == 41 and brush == constant("BRUSH_TYPE_SOLID") and rop == constant("ROPD_OP_PUT")
        assert flags == bitmap == 0
        self.canvas[area] = colour & 0xFFFFFF
        self.fills += 1

    def _copy_bits(self, body):
        rows, columns = self._base(body)
        x, y = struct.unpack_from("<ii", body, 21)
        height, width = rows.stop - rows.start, columns.stop - columns.start
        assert len(body) == 29 and x >= 0 and y >= 0
        assert x + width <= self.canvas.shape[1] and y + height <= self.canvas.shape[0]
        self.canvas[rows, columns] = self.canvas[y : y + height, x : x + width].copy()
        self.copies += 1

    def _draw_copy(self, body):
        area = self._base(body)
        at, top, left, bottom, right, rop, scale, flags, _, _, bitmap = struct.unpack_from("<I4iHBBiiI", body, 21)
        height, width = self.canvas[area].shape
        assert (top, left, bottom, right) == (0, 0, height, width) and rop == constant("ROPD_OP_PUT")
        assert scale in (0, 1) and flags == bitmap == 0
        number, kind, image_flags, image_width, image_height = struct.unpack_from("<QBBII", body, at)
        assert (image_width, image_height) == (width, height)
        if kind == constant("IMAGE_TYPE_FROM_CACHE"):
            assert image_flags == 0 and len(body) == at + 18
            self.images["cache"] += 1
            self.canvas[area] = self._cache[number]
            return
        name, decode = {constant("IMAGE_TYPE_BITMAP"): ("raw", self._raw),
                        constant("IMAGE_TYPE_LZ_RGB"): ("lz", self._lz),
                        constant("IMAGE_TYPE_LZ4"): ("lz4", self._lz4)}[kind]
        self.images[name] += 1
        self.canvas[area] = decode(body, at + 18, width, height) & 0xFFFFFF
        if image_flags:
            assert image_flags == constant("IMAGE_FLAGS_CACHE_ME") and number not in self._cache
            self._cache[number] = self.canvas[area].copy()
            assert sum(image.size for image in self._cache.values()) <= CACHE_PIXELS

    def _inval_list(self, body):
        (count,) = struct.unpack_from("<H", body)
        assert len(body) == 2 + 9 * count
        for index in range(count):
            kind, number = struct.unpack_from("<BQ", body, 2 + 9 * index)
            assert kind == constant("RES_TYPE_PIXMAP")
            del self._cache[number]

    # --- images -------------------------------------------------------------------------------------------------

    @staticmethod
    def _raw(body, at, width, height):
        kind, flags, columns, rows, stride, palette = struct.unpack_from("<BBIIII", body, at)
        assert kind == constant("BITMAP_FMT_32BIT") and flags == constant("BITMAP_FLAGS_TOP_DOWN")
        assert (columns, rows, stride, palette) == (width, height, 4 * width, 0)
        assert len(body) == at + 18 + 4 * width * height
        return numpy.frombuffer(body, "<u4", width * height, at + 18).reshape(height, width)

    @staticmethod
    def _data(body, at):
        (size,) = struct.unpack_from("<I", body, at)
        assert len(body) == at + 4 + size, "bytes behind the image"
        return body[at + 4 :]

    def _lz4(self, body, at, width, height):
        data = self._data(body, at)
        top_down, kind = data[0], data[1]
        assert top_down == 1 and kind == constant("BITMAP_FMT_32BIT")
        size = 4 * width * height
        output = ctypes.create_string_buffer(size)
        base = ctypes.addressof(output)
        done, at = 0, 2
        while at < len(data):
            (length,) = struct.unpack_from(">I", data, at)
            block = data[at + 4 : at + 4 + length]
            assert len(block) == length > 0
            # The history of a block is all output before it, which stands right in front of it.
            history = min(done, 65536)
            written = _lz4.LZ4_decompress_safe_usingDict(block, ctypes.c_void_p(base + done), length, size - done,
                                                         ctypes.c_void_p(base + done - history), history)
            assert written > 0, f"LZ4 block at {at}: {written}"
            done, at = done + written, at + 4 + length
        assert done == size
        return numpy.frombuffer(output.raw, "<u4").reshape(height, width)

    def _lz(self, body, at, width, height):
        data = self._data(body, at)
        magic, version, kind, columns, rows, stride, top_down = _LZ_HEADER.unpack_from(data)
        assert (magic, version, kind) == (_LZ_MAGIC, _LZ_VERSION, _LZ_RGB32), (hex(magic), hex(version), kind)
        assert (columns, rows, stride, top_down) == (width, height, 4 * width, 1)
        pixels = _lz_pixels(memoryview(data)[_LZ_HEADER.size :], width * height)
        return numpy.array(pixels, dtype="<u4").reshape(height, width)


def _lz_pixels(data, count):
    """`count` pixels 0x00RRGGBB. A control byte below 32 announces that many literals and one more; above, its high
    three bits are a length and the low five the high part of a distance."""
    pixels, at = [], 0
    while len(pixels) < count:
        control = data[at]
        at += 1
        if control < 32:
            for _ in range(control + 1):
                pixels.append(data[at] | data[at + 1] << 8 | data[at + 2] << 16)
                at += 3
            continue
        length, distance = control >> 5, (control & 31) << 8
        if length == 7:
            while True:
                more = data[at]
                at += 1
                length += more
                if more != 255:
                    break
        low = data[at]
        at += 1
        if low == 255 and distance == 31 << 8:
            distance = (data[at] << 8 | data[at + 1]) + 8191
            at += 2
        else:
            distance += low
        distance += 1
        assert distance <= len(pixels), "a match before the first pixel"
        if distance >= length:
            start = len(pixels) - distance
            pixels += pixels[start : start + length]
        else:
            seed = pixels[-distance:]
            pixels += (seed * (length // distance + 1))[:length]
    assert len(pixels) == count and at == len(data), "an image that ends elsewhere"
    return pixels
