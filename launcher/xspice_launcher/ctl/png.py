"""Writes PNG files (ISO/IEC 15948): 8 bits of red, green and blue, exactly as they are."""
import mmap
import struct
import sys
import zlib
from collections.abc import Mapping

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EFFORT = 3  # of 9: what is on screens gets hardly smaller with more, and takes much longer
_RED, _GREEN, _BLUE = (2, 1, 0) if sys.byteorder == "little" else (1, 2, 3)  # where they are in 0x00RRGGBB


def encode(pixels: bytes | memoryview, width: int, height: int, stride: int) -> bytes:
    """`pixels`: 32 bits each, 0x00RRGGBB in native byte order, rows of `stride` bytes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    compressed = zlib.compress(_rows(pixels, width, height, stride), _EFFORT)
    return b"".join((_SIGNATURE, _chunk(b"IHDR", head), _chunk(b"IDAT", compressed), _chunk(b"IEND", b"")))


def from_memory(descriptor: int, answer: Mapping[str, int]) -> bytes:
    """Of what the control socket sends: `answer` has the size of what is in the memory of `descriptor`."""
    width, height, stride = answer["width"], answer["height"], answer["stride"]
    with mmap.mmap(descriptor, stride * height, prot=mmap.PROT_READ) as pixels, memoryview(pixels) as view:
        return encode(view, width, height, stride)


def _rows(pixels: bytes | memoryview, width: int, height: int, stride: int) -> bytes:
    """Each row begins with its filter: none."""
    length = 1 + 3 * width
    rows = bytearray(length * height)
    row = bytearray(length)
    for y in range(height):
        line = bytes(pixels[y * stride:y * stride + 4 * width])
        row[1::3], row[2::3], row[3::3] = line[_RED::4], line[_GREEN::4], line[_BLUE::4]
        rows[y * length:(y + 1) * length] = row
    return bytes(rows)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
