"""The one judgement that most tests of the display come down to: the client shows what X shows."""

import itertools
import time

from . import pixels

_serial = itertools.count()


def assert_exact(client, server, within=5.0, stable=0.15):
    """Waits until the client's picture equals X's (XGetImage), every pixel, while X's stays the same for `stable`
    seconds around the comparison. Fails after `within` seconds with the number of differing pixels and their
    bounding box, and saves both pictures. Returns the seconds until the equal pictures were first seen."""
    begin = time.monotonic()
    equal_since = None
    last = None
    while True:
        seen_at = time.monotonic()
        wanted = server.x.picture()
        shown = client.picture()
        problem = pixels.difference(wanted, shown)
        moved = last is not None and pixels.difference(last, wanted) is not None
        last = wanted
        if problem or moved:
            equal_since = None
        if not problem:
            equal_since = equal_since or seen_at
            if time.monotonic() - equal_since >= stable:
                return equal_since - begin
        if equal_since is None and time.monotonic() - begin > within:
            raise AssertionError(_explain(problem or "X's picture does not come to rest", wanted, shown, within))
        time.sleep(0.02)


def _explain(problem, wanted, shown, within):
    prefix = pixels.artifacts() / f"inexact-{time.strftime('%H%M%S')}-{next(_serial)}"
    saved = []
    for name, picture in (("x", wanted), ("client", shown)):
        if picture.size:
            saved.append(f"{prefix}-{name}.png")
            pixels.save(picture, saved[-1])
    return f"after {within} s {problem}; saved {', '.join(saved)}"


def wait_changed(server, before, within=10.0):
    """Until X's picture is another one than `before`; returns it."""
    deadline = time.monotonic() + within
    while True:
        picture = server.x.picture()
        if pixels.difference(before, picture):
            return picture
        assert time.monotonic() < deadline, f"nothing changed on the screen within {within} s"
        time.sleep(0.02)


def wait_rest(server, quiet=0.3, within=20.0):
    """Until X's picture has stayed the same for `quiet` seconds; returns it."""
    deadline = time.monotonic() + within
    picture, since = server.x.picture(), time.monotonic()
    while time.monotonic() - since < quiet:
        assert time.monotonic() < deadline, f"the screen did not come to rest within {within} s"
        time.sleep(0.05)
        now = server.x.picture()
        if pixels.difference(picture, now):
            picture, since = now, time.monotonic()
    return picture
