"""Another layout of the outputs through the control socket: the screen, xrandr and clients have it."""

import contextlib
import os
import random

import pytest
from support import randr
from support.control_client import Control
from support.exact import assert_exact
from Xlib import display as xlib
from Xlib.ext import randr as xrandr

SIZES = [(801, 601), (333, 444), (64, 64), (1500, 901), (1921, 1079), (640, 480)]


def socket_of(xspice):
    return xspice.runtime / "xspice" / f"display-{xspice.number}.control"


def monitors(*places):
    """(width, height, x, y) or (width, height) of each."""
    return [dict(zip(("width", "height", "x", "y"), place, strict=False)) for place in places]


@pytest.fixture(scope="module")
def xspice(module_server):
    return module_server(size="640x480", options=["--numheads", "3"])


@pytest.fixture(scope="module")
def viewer(xspice, module_client):
    return module_client(xspice)


@pytest.fixture
def control(xspice):
    """With one head of the size at start, before and after."""
    with Control(socket_of(xspice)) as connection:
        connection.ask("resize", monitors=monitors((640, 480)))
        yield connection
        connection.ask("resize", monitors=monitors((640, 480)))


def geometries(xspice):
    """Of the outputs in order, and the size of the screen."""
    size, heads = randr.screen(xspice)
    return size, [heads[f"Virtual-{number}"].geometry for number in (1, 2, 3)]


def draw(xspice, seed=0):
    """Something in every corner, and beyond: a window that only its part on the screen shows of."""
    width, height = xspice.x.size()
    places = [(0, 0, 40, 30), (width - 40, 0, 60, 30), (0, height - 30, 40, 60), (width - 40, height - 30, 60, 60)]
    return [xspice.x.window(*place, colour=0x102030 * (number + 1) + seed, events=False)
            for number, place in enumerate(places)]


def undraw(xspice, windows):
    for window in windows:
        xspice.x.destroy_window(window)


class Listener:
    """An X client that is told of RandR's changes."""

    def __init__(self, xspice):
        authority = xspice.authority()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XAUTHORITY", os.fspath(authority) if authority else "")
            self._display = xlib.Display(xspice.name)
        self._display.screen().root.xrandr_select_input(
            xrandr.RRScreenChangeNotifyMask | xrandr.RRCrtcChangeNotifyMask | xrandr.RROutputChangeNotifyMask)
        self._display.sync()

    def news(self):
        """All that has come, in order: ("screen", its size), ("crtc", its mode) or ("output", its CRTC)."""
        self._display.sync()
        found = []
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == self._display.extension_event.ScreenChangeNotify:
                found.append(("screen", (event.width_in_pixels, event.height_in_pixels)))
            elif event.sub_code == xrandr.RRNotify_OutputChange:
                found.append(("output", event.crtc))
            elif event.sub_code == xrandr.RRNotify_CrtcChange:
                found.append(("crtc", event.mode))
        return found

    def last_size(self):
        return [value for kind, value in self.news() if kind == "screen"][-1]

    def close(self):
        self._display.close()


@pytest.fixture
def listener(xspice, control):  # pylint: disable=unused-argument
    with contextlib.closing(Listener(xspice)) as listener:
        yield listener


@pytest.mark.parametrize("size", SIZES)
def test_any_size(xspice, viewer, control, size):
    answer = control.ask("resize", monitors=monitors(size))
    assert (answer["width"], answer["height"]) == size
    assert xspice.x.size() == size
    status = control.ask("status")
    assert (status["width"], status["height"]) == size
    assert status["monitors"] == [{"id": 0, "x": 0, "y": 0, "width": size[0], "height": size[1]}]
    assert geometries(xspice) == (size, [(*size, 0, 0), None, None])
    head = randr.screen(xspice)[1]["Virtual-1"]
    for pixels, millimetres in zip(size, head.millimetres, strict=True):
        assert abs(pixels * 25.4 / 96 - millimetres) <= 1
    windows = draw(xspice)
    assert_exact(viewer, xspice)
    undraw(xspice, windows)


def test_heads_go_on_are_placed_and_go_off(xspice, viewer, control):
    answer = control.ask("resize", monitors=monitors((333, 444), (801, 601), (640, 480)))
    assert (answer["width"], answer["height"]) == (1774, 601)
    assert geometries(xspice) == ((1774, 601), [(333, 444, 0, 0), (801, 601, 333, 0), (640, 480, 1134, 0)])
    windows = draw(xspice)
    assert_exact(viewer, xspice)
    undraw(xspice, windows)
    control.ask("resize", monitors=monitors((333, 444, 100, 601), (801, 601, 0, 0)))
    assert geometries(xspice) == ((801, 1045), [(333, 444, 100, 601), (801, 601, 0, 0), None])
    assert_exact(viewer, xspice)
    control.ask("resize", monitors=monitors((500, 500)))
    assert geometries(xspice) == ((500, 500), [(500, 500, 0, 0), None, None])
    assert_exact(viewer, xspice)


def test_thirty_quick_ones(xspice, viewer, control):
    chance = random.Random(5)
    sizes = [(chance.randint(64, 1400), chance.randint(64, 1000)) for _ in range(30)]
    with contextlib.ExitStack() as stack:
        askers = [stack.enter_context(Control(socket_of(xspice))) for _ in range(10)]
        for first in range(0, 30, 10):
            requests = [asker.begin("resize", monitors=monitors(size))
                        for asker, size in zip(askers, sizes[first : first + 10], strict=True)]
            for asker, request in zip(askers, requests, strict=True):
                asker.finish(request)
            assert_exact(viewer, xspice)
    windows = draw(xspice)
    assert_exact(viewer, xspice)
    undraw(xspice, windows)
    for size in sizes:
        answer = control.ask("resize", monitors=monitors(size))
        assert (answer["width"], answer["height"]) == size
    assert xspice.x.size() == sizes[-1]
    assert_exact(viewer, xspice)


def test_what_is_like_this_already_is_no_news(xspice, control, listener):
    control.ask("resize", monitors=monitors((700, 500)))
    assert listener.last_size() == (700, 500)
    answer = control.ask("resize", monitors=monitors((700, 500)))
    assert (answer["width"], answer["height"]) == (700, 500)
    assert not listener.news()
    xspice.xrandr("--output", "Virtual-1", "--mode", "1024x768")
    assert listener.last_size() == (1024, 768)
    answer = control.ask("resize", monitors=monitors((1024, 768)))
    assert (answer["width"], answer["height"]) == (1024, 768)
    assert not listener.news()


@pytest.mark.parametrize("size", [(900, 700), (500, 400), (900, 300), (300, 900)])
def test_no_output_goes_off_in_between(control, listener, size):
    control.ask("resize", monitors=monitors(size))
    news = listener.news()
    assert ("screen", size) in news
    modes = [value for kind, value in news if kind == "crtc"]
    assert modes and 0 not in modes


@pytest.mark.parametrize("wanted, reason", [
    (monitors((8193, 480)), "8192x8192"),
    (monitors((640, 480, 0, 8000)), "8192x8192"),
    (monitors((63, 480)), "64x64"),
    (monitors((640, 480), (640, 63)), "64x64"),
    (monitors((100, 100), (100, 100), (100, 100), (100, 100)), "3"),
])
def test_what_cannot_be_is_refused_and_changes_nothing(xspice, control, listener, wanted, reason):
    before = geometries(xspice)
    listener.news()
    assert reason in control.refusal("resize", monitors=wanted)
    assert geometries(xspice) == before
    assert not listener.news()


def test_users_change_it_with_xrandr_before_and_afterwards(xspice, viewer, control):
    control.ask("resize", monitors=monitors((801, 601)))
    xspice.xrandr("--output", "Virtual-1", "--mode", "1024x768", "--output", "Virtual-2", "--mode", "800x600",
                  "--right-of", "Virtual-1")
    assert geometries(xspice) == ((1824, 768), [(1024, 768, 0, 0), (800, 600, 1024, 0), None])
    assert_exact(viewer, xspice)
    xspice.xrandr("--output", "Virtual-2", "--off", "--output", "Virtual-1", "--auto")
    assert geometries(xspice) == ((801, 601), [(801, 601, 0, 0), None, None])  # what was wished is preferred
    xspice.xrandr("--fb", "1000x1000")
    answer = control.ask("resize", monitors=monitors((801, 601)))
    assert (answer["width"], answer["height"]) == (801, 601)
    assert geometries(xspice) == ((801, 601), [(801, 601, 0, 0), None, None])
    xspice.xrandr("--output", "Virtual-1", "--off")
    control.ask("resize", monitors=monitors((801, 601)))
    assert geometries(xspice) == ((801, 601), [(801, 601, 0, 0), None, None])
    assert_exact(viewer, xspice)


def test_panning_and_a_refused_scale_do_not_stay(xspice, viewer, control):
    xspice.xrandr("--output", "Virtual-1", "--panning", "1500x1200")
    assert xspice.x.size() == (1500, 1200)
    control.ask("resize", monitors=monitors((641, 481)))
    assert geometries(xspice) == ((641, 481), [(641, 481, 0, 0), None, None])
    assert "panning" not in xspice.xrandr()
    assert xspice.try_xrandr("--output", "Virtual-1", "--scale", "1.5x1.5").returncode != 0
    control.ask("resize", monitors=monitors((801, 601)))
    assert geometries(xspice) == ((801, 601), [(801, 601, 0, 0), None, None])
    windows = draw(xspice)
    assert_exact(viewer, xspice)
    undraw(xspice, windows)


def test_the_pointer_stays_on_the_screen(xspice, control):
    control.ask("resize", monitors=monitors((1200, 1000)))
    xspice.x.warp_pointer(1199, 999)
    control.ask("resize", monitors=monitors((300, 200)))
    x, y, _ = xspice.x.pointer()
    assert x < 300 and y < 200
