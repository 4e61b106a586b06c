"""What the copy hints say is what fb did: random operations, and a client's picture equal to X's after them."""

import ctypes
import random

import numpy
import pytest
from Xlib import X
from Xlib import display as xlib
from Xlib.ext import composite

from support import processes
from support.exact import assert_exact


class AddMaster(ctypes.Structure):
    """XIAddMasterInfo of Xlib's XInput 2 binding, padded to the size of XIAnyHierarchyChangeInfo."""
    _fields_ = [("type", ctypes.c_int), ("name", ctypes.c_char_p), ("send_core", ctypes.c_int),
                ("enable", ctypes.c_int), ("padding", ctypes.c_long * 4)]


def add_master_pointer(name):
    """Makes a second pair of master devices on display `name`."""
    x11, xi = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXi.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(x11.XOpenDisplay(name.encode()))
    major, minor = ctypes.c_int(2), ctypes.c_int(0)
    assert xi.XIQueryVersion(handle, ctypes.byref(major), ctypes.byref(minor)) == 0
    change = AddMaster(type=1, name=b"second", send_core=1, enable=1)
    assert xi.XIChangeHierarchy(handle, ctypes.byref(change), 1) == 0
    x11.XCloseDisplay(handle)


class Scene:
    """Overlapping windows, some with children, some without a background, partly off the screen."""

    def __init__(self, name, seed):
        self.random = random.Random(seed)
        self.display = xlib.Display(name)
        self.root = self.display.screen().root
        backgrounds = [None, 0xFF0000, 0x00FF88, 0x3344FF, None, 0xFFFFFF]
        self.windows = [self._window(self.root, background) for background in backgrounds]
        self.windows += [self._window(window, 0x888888) for window in self.windows[:4]]
        self.drawables = [*self.windows, self.root]
        self.display.sync()

    def close(self):
        self.display.close()

    def _number(self):
        return self.random.randint(-60, 450)

    def _colour(self):
        return self.random.getrandbits(24)

    def _window(self, parent, background):
        r = self.random
        window = parent.create_window(r.randint(-80, 800), r.randint(-80, 600), r.randint(80, 500),
                                      r.randint(80, 400), 2, X.CopyFromParent, override_redirect=1,
                                      **({"background_pixmap": X.NONE} if background is None else
                                         {"background_pixel": background}))
        window.map()
        return window

    def copy(self):
        r = self.random
        target = r.choice(self.drawables)
        source = target if r.random() < 0.6 else r.choice(self.drawables)
        values = {"graphics_exposures": r.randint(0, 1)}
        if r.random() < 0.15:
            values["function"] = r.choice([X.GXxor, X.GXinvert])
        if r.random() < 0.15:
            values["plane_mask"] = r.choice([0xFF00FF, 0xFFFFFF, 0xFFFFFFFF])
        if r.random() < 0.15:
            values["subwindow_mode"] = X.IncludeInferiors
        gc = target.create_gc(**values)
        if r.random() < 0.3:
            gc.set_clip_rectangles(0, 0, [(r.randint(0, 300), r.randint(0, 300), r.randint(1, 200),
                                           r.randint(1, 200)) for _ in range(r.randint(1, 5))], X.Unsorted)
        target.copy_area(gc, source, self._number(), self._number(), r.randint(1, 400), r.randint(1, 400),
                         self._number(), self._number())
        gc.free()

    def scroll(self):
        r = self.random
        window = r.choice(self.windows)
        gc = window.create_gc(graphics_exposures=1)
        window.copy_area(gc, window, 0, r.randint(1, 30), 500, 400, 0, 0)
        gc.free()

    def draw(self):
        r = self.random
        window = r.choice(self.drawables)
        gc = window.create_gc(foreground=self._colour())
        for _ in range(r.randint(1, 10)):
            window.fill_rectangle(gc, self._number(), self._number(), r.randint(1, 60), r.randint(1, 60))
            window.line(gc, self._number(), self._number(), self._number(), self._number())
        gc.free()

    def move(self):
        self.random.choice(self.windows).configure(x=self._number(), y=self._number())

    def resize(self):
        self.random.choice(self.windows).configure(width=self.random.randint(20, 500),
                                                   height=self.random.randint(20, 400))

    def restack(self):
        self.random.choice(self.windows).configure(stack_mode=self.random.choice([X.Above, X.Below]))

    def toggle(self):
        window = self.random.choice(self.windows)
        (window.unmap if self.random.random() < 0.4 else window.map)()

    def step(self):
        weights = {self.copy: 30, self.scroll: 15, self.draw: 20, self.move: 20, self.resize: 5, self.restack: 4,
                   self.toggle: 3}
        self.random.choices(list(weights), list(weights.values()))[0]()
        if self.random.random() < 0.05:
            self.display.sync()


@pytest.mark.parametrize("redirected", [False, True], ids=["plain", "redirected"])
def test_random_copies_and_moves_arrive_exactly(xorg, viewer, redirected):
    server = xorg()
    client = viewer(server)
    for seed in range(6):
        scene = Scene(server.name, seed)
        if redirected:  # by the server: half of the windows are drawn elsewhere and then copied to the screen
            for window in scene.windows[::2]:
                composite.redirect_window(window, composite.RedirectAutomatic)
        for _ in range(400):
            scene.step()
        scene.display.sync()
        assert_exact(client, server)
        scene.close()


def test_more_copies_than_a_commit_tells_arrive_exactly(xorg, viewer):
    """In a flood the driver tells of the first copies only; the others are damage like any other."""
    server = xorg()
    client = viewer(server)
    scene = Scene(server.name, 7)
    for _ in range(10):
        for _ in range(200):
            scene.scroll()
        scene.draw()
        scene.display.sync()
        assert_exact(client, server)
    scene.close()


def differing_box(client, server):
    """(width, height) of the box around all pixels that differ between client and X."""
    unequal = client.picture() != server.x.picture()
    rows, columns = numpy.flatnonzero(unequal.any(axis=1)), numpy.flatnonzero(unequal.any(axis=0))
    return (columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1) if rows.size else (0, 0)


def test_second_pointer_drawn_on_the_screen_spoils_no_copy(xorg, viewer):
    """X draws the pointer of a second master device on the screen, takes it away before operations that touch it,
    and also before XGetImage: so the client shows X's picture and that pointer."""
    server = xorg()
    client = viewer(server)
    server.x.set_cursor(server.x.font_cursor(68))  # the root window has no visible one before
    add_master_pointer(server.name)
    connection = xlib.Display(server.name)
    window = connection.screen().root.create_window(0, 0, 1024, 768, 0, X.CopyFromParent, override_redirect=1,
                                                    background_pixel=0x204060)
    window.map()
    connection.sync()

    def only_a_pointer_differs():
        width, height = differing_box(client, server)
        return 0 < width <= 32 and 0 < height <= 32

    def assert_only_a_pointer_differs():
        processes.wait_for(only_a_pointer_differs, 10,
                           lambda: f"only the pointer: {differing_box(client, server)} differ")

    assert_only_a_pointer_differs()
    pointer = server.x.pointer()
    gc = window.create_gc()
    for i in range(5):  # what is under the pointer goes to places beside it
        window.copy_area(gc, window, pointer[0] - 50, pointer[1] - 50, 100, 100, 150 * i, 20)
        connection.sync()
        assert_only_a_pointer_differs()
    connection.close()
