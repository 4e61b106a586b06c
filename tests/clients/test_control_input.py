"""Keys, mouse and another size through the control socket: what programs that script a display do to it. Text is in
test_typing.py, layouts of monitors in test_resize.py.
"""

import pytest
from support import control_client, pixels, processes
from support.control_client import Control


@pytest.fixture(scope="module")
def xspice(module_server):
    return module_server(size="640x480")


@pytest.fixture
def control(xspice):
    with Control(xspice.control) as connection:
        yield connection


class Window:
    """A window with the focus, and what comes to it."""

    def __init__(self, server):
        self._x = server.x
        self._window = self._x.window(0, 0, 640, 480)
        self._x.events()
        self.seen = []

    def wait(self, *wanted):
        """Until the events have come, after those of the last time; each is (type, keysym or button)."""
        def arrived():
            for event in self._x.events():
                if event["type"] != "motion":
                    self.seen.append((event["type"], event.get("keysym", event.get("button"))))
            return len(self.seen) >= len(wanted)

        processes.wait_for(arrived, 5, lambda: f"{wanted}, got {self.seen}")
        assert self.seen[: len(wanted)] == list(wanted)
        del self.seen[: len(wanted)]

    def close(self):
        self._x.destroy_window(self._window)


@pytest.fixture
def window(xspice):
    found = Window(xspice)
    yield found
    found.close()


def tapped(keysym):
    return [("key-press", keysym), ("key-release", keysym)]


def test_keys(control, window):
    control.ask("keys", events=[{"key": "a"}, {"key": "F5"}, {"key": "U+62"}])
    window.wait(*tapped("a"), *tapped("F5"), *tapped("b"))
    control.ask("keys", events=[{"key": "Control_L", "action": "press"}, {"key": "c"},
                                {"key": "Control_L", "action": "release"}])
    window.wait(("key-press", "Control_L"), *tapped("c"), ("key-release", "Control_L"))


def test_what_is_held_comes_up_with_the_connection(xspice, window):
    with Control(xspice.control) as other:
        other.ask("keys", events=[{"key": "x", "action": "press"}])
        other.ask("mouse", events=[{"move": [50, 60]}, {"button": 3, "action": "press"}])
        window.wait(("key-press", "x"), ("button-press", 3))
    window.wait(("button-release", 3), ("key-release", "x"))


def test_the_mouse_goes_where_it_is_sent(xspice, control, window):
    control.ask("mouse", events=[{"move": [100, 120]}, {"button": 1}, {"button": 4}])
    window.wait(("button-press", 1), ("button-release", 1), ("button-press", 4), ("button-release", 4))
    assert xspice.x.pointer()[:2] == (100, 120)
    control.ask("mouse", events=[{"motion": [1, -1]}])
    processes.wait_for(lambda: xspice.x.pointer()[:2] == (101, 119), 5, "the motion")
    control.ask("mouse", events=[{"move": [16383, 16383]}])
    processes.wait_for(lambda: xspice.x.pointer()[:2] == (639, 479), 5, "as far as the screen goes")


def test_resize(server):
    own = server(size="640x480", options=["--numheads", "2"])
    with Control(own.control) as control:
        picture = control.capture()
        assert control.ask("resize", monitors=[{"width": 800, "height": 600}]) == {"width": 800, "height": 600}
        assert own.x.size() == (800, 600)
        answer = control.ask("frame", timeout=0)
        assert (answer["resized"], answer["changed"]) == (True, True)
        picture.close()
        picture = control_client.Picture(answer, control.take_descriptor())
        processes.wait_for(lambda: control.ask("frame", timeout=100)
                           and pixels.difference(picture.pixels(), own.x.picture()) is None, 5, "the picture")
        picture.close()
        assert control.ask("resize", monitors=[{"width": 500, "height": 400}, {"width": 300, "height": 200}]) == {
            "width": 800, "height": 400}
        status = control.ask("status")
        assert [(monitor["x"], monitor["width"]) for monitor in status["monitors"]] == [(0, 500), (500, 300)]
        assert pixels.difference(control.screenshot(), own.x.picture()) is None
        refusal = control.refusal("resize", monitors=[{"width": 100, "height": 100}] * 3)
        assert refusal.startswith("monitors: ")
        refusal = control.refusal("resize", monitors=[{"width": 16384, "height": 16384}])
        assert refusal.startswith("monitors: ")
        assert own.x.size() == (800, 400)
