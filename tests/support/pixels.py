"""Pictures: arrays of shape (height, width), one 0x00RRGGBB value a pixel."""

import os
import pathlib
import tempfile

import numpy

MASK = 0x00FFFFFF


def difference(left, right):
    """None when equal, else one line: how many pixels differ, and where."""
    if left.shape != right.shape:
        return "sizes differ: " + " and ".join("{1}x{0}".format(*picture.shape) for picture in (left, right))
    unequal = (left & MASK) != (right & MASK)
    count = int(unequal.sum())
    if count == 0:
        return None
    rows = numpy.flatnonzero(unequal.any(axis=1))
    columns = numpy.flatnonzero(unequal.any(axis=0))
    x, y = int(columns[0]), int(rows[0])
    first = int(numpy.flatnonzero(unequal[y])[0])
    return (f"{count} of {unequal.size} pixels differ, all in "
            f"{int(columns[-1]) - x + 1}x{int(rows[-1]) - y + 1}+{x}+{y}; "
            f"at ({first},{y}) {int(left[y, first]) & MASK:06x} and {int(right[y, first]) & MASK:06x}")


def save(picture, path):
    from PIL import Image

    red, green, blue = ((picture >> shift) & 0xFF for shift in (16, 8, 0))
    Image.fromarray(numpy.dstack((red, green, blue)).astype(numpy.uint8)).save(path)


def artifacts():
    """Directory for what a failed test leaves behind; XSPICE_TEST_ARTIFACTS names it."""
    directory = pathlib.Path(os.environ.get("XSPICE_TEST_ARTIFACTS")
                             or pathlib.Path(tempfile.gettempdir()) / f"xspice-test-artifacts-{os.getuid()}")
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def find(needle, haystack):
    """(x, y) where the picture `needle` stands in the picture `haystack`, exactly; None when nowhere. Looks for
    the row of the needle with the most different pixels first."""
    height, width = needle.shape
    needle, haystack = needle & MASK, haystack & MASK
    if height > haystack.shape[0] or width > haystack.shape[1]:
        return None
    changes = (needle[:, 1:] != needle[:, :-1]).sum(axis=1)
    probe = int(changes.argmax())
    row = needle[probe].tobytes()
    for y in range(haystack.shape[0] - height + 1):
        line = haystack[y + probe].tobytes()
        offset = line.find(row)
        while offset >= 0:
            x = offset // 4
            if offset % 4 == 0 and numpy.array_equal(haystack[y : y + height, x : x + width], needle):
                return x, y
            offset = line.find(row, offset + 1)
    return None
