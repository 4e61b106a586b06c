"""One connection to an X server, by ctypes over Xlib: what a test wants to know of a screen, without helper programs.

Not thread-safe. A server that goes away raises Disconnected (Xlib itself would end the process).
"""

import ctypes
import ctypes.util
import select
import zlib
from ctypes import POINTER, byref, c_char, c_char_p, c_int, c_long, c_uint, c_ulong, c_ushort, c_short, c_void_p

import numpy

KEY_PRESS, KEY_RELEASE, BUTTON_PRESS, BUTTON_RELEASE, MOTION_NOTIFY = 2, 3, 4, 5, 6
MAP_NOTIFY, EXPOSE = 19, 12
_Z_PIXMAP = 2
_ALL_PLANES = 0xFFFFFFFF
_EVENT_MASK = 1 | 2 | 4 | 8 | 64 | (1 << 17)  # keys, buttons, motion, structure


def _library(name):
    return ctypes.CDLL(ctypes.util.find_library(name) or f"lib{name}.so")


class _ImageFunctions(ctypes.Structure):
    _fields_ = [("create", c_void_p), ("destroy", ctypes.CFUNCTYPE(c_int, c_void_p))]


class _Image(ctypes.Structure):
    _fields_ = [("width", c_int), ("height", c_int), ("xoffset", c_int), ("format", c_int), ("data", c_void_p),
                ("byte_order", c_int), ("bitmap_unit", c_int), ("bitmap_bit_order", c_int), ("bitmap_pad", c_int),
                ("depth", c_int), ("bytes_per_line", c_int), ("bits_per_pixel", c_int), ("red_mask", c_ulong),
                ("green_mask", c_ulong), ("blue_mask", c_ulong), ("obdata", c_void_p), ("f", _ImageFunctions)]


class _CursorImage(ctypes.Structure):
    _fields_ = [("x", c_short), ("y", c_short), ("width", c_ushort), ("height", c_ushort), ("xhot", c_ushort),
                ("yhot", c_ushort), ("serial", c_ulong), ("pixels", POINTER(c_ulong)), ("atom", c_ulong),
                ("name", c_char_p)]


class _InputEvent(ctypes.Structure):
    """XKeyEvent, XButtonEvent and XMotionEvent up to what they share; `detail` is keycode, button or is_hint."""
    _fields_ = [("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p),
                ("window", c_ulong), ("root", c_ulong), ("subwindow", c_ulong), ("time", c_ulong), ("x", c_int),
                ("y", c_int), ("x_root", c_int), ("y_root", c_int), ("state", c_uint), ("detail", c_uint),
                ("same_screen", c_int)]


class _Event(ctypes.Union):
    _fields_ = [("type", c_int), ("input", _InputEvent), ("pad", c_long * 24)]


class _SetWindowAttributes(ctypes.Structure):
    _fields_ = [("background_pixmap", c_ulong), ("background_pixel", c_ulong), ("border_pixmap", c_ulong),
                ("border_pixel", c_ulong), ("bit_gravity", c_int), ("win_gravity", c_int), ("backing_store", c_int),
                ("backing_planes", c_ulong), ("backing_pixel", c_ulong), ("save_under", c_int),
                ("event_mask", c_long), ("do_not_propagate_mask", c_long), ("override_redirect", c_int),
                ("colormap", c_ulong), ("cursor", c_ulong)]


class _CursorPixels(ctypes.Structure):
    """XcursorImage."""
    _fields_ = [("version", c_uint), ("size", c_uint), ("width", c_uint), ("height", c_uint), ("xhot", c_uint),
                ("yhot", c_uint), ("delay", c_uint), ("pixels", POINTER(c_uint))]


class _AnimationStep(ctypes.Structure):
    """XAnimCursor."""
    _fields_ = [("cursor", c_ulong), ("delay", c_ulong)]


_x11 = _library("X11")
_render = _library("Xrender")
_fixes = _library("Xfixes")
_cursors = _library("Xcursor")


def _declare(library, name, result, *arguments):
    function = getattr(library, name)
    function.restype = result
    function.argtypes = arguments
    return function


_D, _ID = c_void_p, c_ulong
_ERROR_HANDLER = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)
_IO_HANDLER = ctypes.CFUNCTYPE(None, c_void_p, c_void_p)

_declare(_x11, "XOpenDisplay", _D, c_char_p)
for _name in ("XCloseDisplay", "XDefaultScreen", "XConnectionNumber", "XPending"):
    _declare(_x11, _name, c_int, _D)
_declare(_x11, "XFlush", c_int, _D)
_declare(_x11, "XSync", c_int, _D, c_int)
_declare(_x11, "XDefaultRootWindow", _ID, _D)
_declare(_x11, "XGetImage", POINTER(_Image), _D, _ID, c_int, c_int, c_uint, c_uint, c_ulong, c_int)
_declare(_x11, "XGetGeometry", c_int, _D, _ID, POINTER(_ID), POINTER(c_int), POINTER(c_int), POINTER(c_uint),
         POINTER(c_uint), POINTER(c_uint), POINTER(c_uint))
_declare(_x11, "XSetErrorHandler", c_void_p, _ERROR_HANDLER)
_declare(_x11, "XSetIOErrorHandler", c_void_p, _ERROR_HANDLER)
_declare(_x11, "XSetIOErrorExitHandler", None, _D, _IO_HANDLER, c_void_p)
_declare(_x11, "XNextEvent", c_int, _D, POINTER(_Event))
_declare(_x11, "XLookupString", c_int, POINTER(_InputEvent), POINTER(c_char), c_int, POINTER(c_ulong), c_void_p)
_declare(_x11, "XKeysymToString", c_char_p, c_ulong)
_declare(_x11, "XGetKeyboardMapping", POINTER(c_ulong), _D, ctypes.c_ubyte, c_int, POINTER(c_int))
_declare(_x11, "XkbLockGroup", c_int, _D, c_uint, c_uint)
_declare(_x11, "XCreateWindow", _ID, _D, _ID, c_int, c_int, c_uint, c_uint, c_uint, c_int, c_uint, c_void_p, c_ulong,
         POINTER(_SetWindowAttributes))
_declare(_x11, "XCreateSimpleWindow", _ID, _D, _ID, c_int, c_int, c_uint, c_uint, c_uint, c_ulong, c_ulong)
for _name in ("XMapRaised", "XDestroyWindow", "XClearWindow", "XRaiseWindow", "XFreeCursor", "XUndefineCursor",
              "XFreePixmap"):
    _declare(_x11, _name, c_int, _D, _ID)
_declare(_x11, "XMoveWindow", c_int, _D, _ID, c_int, c_int)
_declare(_x11, "XSetInputFocus", c_int, _D, _ID, c_int, c_ulong)
_declare(_x11, "XSetWindowBackground", c_int, _D, _ID, c_ulong)
_declare(_x11, "XWarpPointer", c_int, _D, _ID, _ID, c_int, c_int, c_uint, c_uint, c_int, c_int)
_declare(_x11, "XQueryPointer", c_int, _D, _ID, POINTER(_ID), POINTER(_ID), POINTER(c_int), POINTER(c_int),
         POINTER(c_int), POINTER(c_int), POINTER(c_uint))
_declare(_x11, "XDefineCursor", c_int, _D, _ID, _ID)
_declare(_x11, "XCreateFontCursor", _ID, _D, c_uint)
_declare(_x11, "XInternAtom", c_ulong, _D, c_char_p, c_int)
_declare(_x11, "XFree", c_int, c_void_p)
_declare(_x11, "XCreateBitmapFromData", _ID, _D, _ID, c_char_p, c_uint, c_uint)
_declare(_x11, "XCreatePixmapCursor", _ID, _D, _ID, _ID, c_void_p, c_void_p, c_uint, c_uint)
_declare(_fixes, "XFixesQueryExtension", c_int, _D, POINTER(c_int), POINTER(c_int))
_declare(_fixes, "XFixesQueryVersion", c_int, _D, POINTER(c_int), POINTER(c_int))
_declare(_fixes, "XFixesGetCursorImage", POINTER(_CursorImage), _D)
for _name in ("XFixesHideCursor", "XFixesShowCursor"):
    _declare(_fixes, _name, None, _D, _ID)
_declare(_cursors, "XcursorLibraryLoadCursor", _ID, _D, c_char_p)
_declare(_cursors, "XcursorImageCreate", POINTER(_CursorPixels), c_int, c_int)
_declare(_cursors, "XcursorImageDestroy", None, POINTER(_CursorPixels))
_declare(_cursors, "XcursorImageLoadCursor", _ID, _D, POINTER(_CursorPixels))
_declare(_render, "XRenderCreateAnimCursor", _ID, _D, c_int, POINTER(_AnimationStep))
_declare(_cursors, "XcursorSetTheme", c_int, _D, c_char_p)
_declare(_cursors, "XcursorSetDefaultSize", c_int, _D, c_int)

_errors = []


@_ERROR_HANDLER
def _remember_error(_display, event):
    # XErrorEvent: type, display, resourceid, serial, error_code, request_code, minor_code
    code = ctypes.cast(event + 32, POINTER(ctypes.c_ubyte * 3)).contents
    _errors.append(tuple(code))
    return 0


@_ERROR_HANDLER
def _survive(_display, _unused):
    # Xlib's own handler calls exit(); with one that returns, the display's exit handler has the say.
    return 0


_x11.XSetErrorHandler(_remember_error)
_x11.XSetIOErrorHandler(_survive)


class Disconnected(ConnectionError):
    """The X server closed the connection or is gone."""


class Cursor:
    """A cursor image: hot spot and an array (height, width) of premultiplied 0xAARRGGBB."""

    def __init__(self, hot_x, hot_y, pixels, name="", serial=0):
        self.hot_x, self.hot_y, self.pixels, self.name, self.serial = hot_x, hot_y, pixels, name, serial

    @property
    def transparent(self):
        return not (self.pixels >> 24).any()

    def same_shape(self, other):
        return ((self.hot_x, self.hot_y) == (other.hot_x, other.hot_y)
                and numpy.array_equal(self.pixels, other.pixels))

    def __repr__(self):
        height, width = self.pixels.shape
        return (f"<cursor {width}x{height} hot ({self.hot_x},{self.hot_y}) "
                f"{'transparent' if self.transparent else hex(zlib.crc32(self.pixels.tobytes()))}>")


class Display:
    """`with Display(":5") as x: x.picture()`. `xauthority` is read from the environment by Xlib."""

    def __init__(self, name):
        self._handle = _x11.XOpenDisplay(name.encode())
        if not self._handle:
            raise Disconnected(f"cannot open display {name}")
        self._gone = False
        self._on_gone = _IO_HANDLER(self._mark_gone)
        _x11.XSetIOErrorExitHandler(self._handle, self._on_gone, None)
        self.root = _x11.XDefaultRootWindow(self._handle)
        # Servers before the first XFixesQueryVersion of a connection refuse other requests of the extension.
        event, error = c_int(), c_int()
        major, minor = c_int(5), c_int(0)
        self._has_fixes = bool(_fixes.XFixesQueryExtension(self._handle, byref(event), byref(error)))
        if self._has_fixes:
            _fixes.XFixesQueryVersion(self._handle, byref(major), byref(minor))

    def _mark_gone(self, _display, _data):
        self._gone = True

    def _check(self):
        if self._gone:
            raise Disconnected("the X server is gone")
        if _errors:
            errors = _errors[:]
            _errors.clear()
            raise RuntimeError(f"X errors (code, request, minor): {errors}")

    def close(self):
        if self._handle and not self._gone:
            _x11.XCloseDisplay(self._handle)
        self._handle = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def sync(self):
        """One round trip."""
        _x11.XSync(self._handle, 0)
        self._check()

    def intern(self, name, only_if_exists=False):
        """An atom; 0 when it does not exist. Atoms last until the server resets."""
        return _x11.XInternAtom(self._handle, name.encode(), int(only_if_exists))

    def fileno(self):
        return _x11.XConnectionNumber(self._handle)

    # --- pictures -----------------------------------------------------------------------------------------------

    def size(self, window=None):
        """(width, height) now: asked of the server, not remembered."""
        root, x, y = _ID(), c_int(), c_int()
        width, height, border, depth = c_uint(), c_uint(), c_uint(), c_uint()
        _x11.XGetGeometry(self._handle, window or self.root, byref(root), byref(x), byref(y), byref(width),
                          byref(height), byref(border), byref(depth))
        self._check()
        return width.value, height.value

    def picture(self):
        """The root window with everything on it, as pixels.py describes pictures. Retries when the screen is
        resized between asking for the size and the picture."""
        for _ in range(10):
            width, height = self.size()
            image = _x11.XGetImage(self._handle, self.root, 0, 0, width, height, _ALL_PLANES, _Z_PIXMAP)
            if image:
                break
            _errors.clear()
        self._check()
        try:
            contents = image.contents
            assert contents.bits_per_pixel == 32 and contents.bytes_per_line % 4 == 0
            size = contents.bytes_per_line * contents.height
            pixels = numpy.frombuffer(ctypes.string_at(contents.data, size), dtype="<u4")
            return (pixels.reshape(contents.height, -1)[:, : contents.width] & 0xFFFFFF).copy()
        finally:
            image.contents.f.destroy(ctypes.addressof(image.contents))

    # --- cursors ------------------------------------------------------------------------------------------------

    def cursor(self):
        """What XFixesGetCursorImage says: the shape that would show, also while the cursor is hidden."""
        image = _fixes.XFixesGetCursorImage(self._handle)
        self._check()
        contents = image.contents
        count = contents.width * contents.height
        values = numpy.ctypeslib.as_array(contents.pixels, (max(count, 1),))[:count].astype(numpy.uint32)
        cursor = Cursor(contents.xhot, contents.yhot, values.reshape(contents.height, contents.width),
                        (contents.name or b"").decode(), contents.serial)
        _x11.XFree(image)
        return cursor

    def hide_cursor(self, hidden=True):
        (_fixes.XFixesHideCursor if hidden else _fixes.XFixesShowCursor)(self._handle, self.root)
        self.sync()

    def theme_cursor(self, name, theme=None, size=None):
        """A cursor of a cursor theme by libXcursor, animated ones included; 0 when the theme has none."""
        if theme:
            _cursors.XcursorSetTheme(self._handle, theme.encode())
        if size:
            _cursors.XcursorSetDefaultSize(self._handle, size)
        return _cursors.XcursorLibraryLoadCursor(self._handle, name.encode())

    def core_cursor(self, source, mask, width, height, hot_x, hot_y, foreground=(0xFFFF, 0, 0),
                    background=(0, 0, 0xFFFF)):
        """CreateCursor of the core protocol from two bitmaps (rows of whole bytes, lowest bit left)."""
        colours = []
        for red, green, blue in (foreground, background):
            # XColor: unsigned long pixel; unsigned short red, green, blue; char flags, pad
            colours.append(ctypes.create_string_buffer(
                numpy.array([0, 0, 0, 0, red, green, blue, 0], dtype="<u2").tobytes(), 16))
        bitmaps = [_x11.XCreateBitmapFromData(self._handle, self.root, data, width, height)
                   for data in (source, mask)]
        cursor = _x11.XCreatePixmapCursor(self._handle, *bitmaps, *colours, hot_x, hot_y)
        for bitmap in bitmaps:
            _x11.XFreePixmap(self._handle, bitmap)
        return cursor

    def argb_cursor(self, cursor):
        """An X cursor of exactly these pixels and hot spot (`cursor` is a Cursor)."""
        height, width = cursor.pixels.shape
        image = _cursors.XcursorImageCreate(width, height)
        image.contents.xhot, image.contents.yhot = cursor.hot_x, cursor.hot_y
        ctypes.memmove(image.contents.pixels, numpy.ascontiguousarray(cursor.pixels, dtype="<u4").tobytes(),
                       4 * width * height)
        loaded = _cursors.XcursorImageLoadCursor(self._handle, image)
        _cursors.XcursorImageDestroy(image)
        return loaded

    def animated_cursor(self, cursors, delay):
        """One X cursor that shows others in turn, each for `delay` ms."""
        steps = (_AnimationStep * len(cursors))(*((cursor, delay) for cursor in cursors))
        return _render.XRenderCreateAnimCursor(self._handle, len(cursors), steps)

    def font_cursor(self, shape):
        """A glyph of the cursor font (libX11 hands it to libXcursor when a theme is set)."""
        return _x11.XCreateFontCursor(self._handle, shape)

    def set_cursor(self, cursor, window=None):
        _x11.XDefineCursor(self._handle, window or self.root, cursor)
        self.sync()

    # --- windows, pointer and events ----------------------------------------------------------------------------

    def window(self, x, y, width, height, colour=0x204060, events=True):
        """A mapped override-redirect window of one colour; it gets the input focus when it wants events."""
        attributes = _SetWindowAttributes(background_pixel=colour, override_redirect=1,
                                          event_mask=_EVENT_MASK if events else 0)
        window = _x11.XCreateWindow(self._handle, self.root, x, y, width, height, 0, 24, 1, None,
                                    (1 << 1) | (1 << 9) | (1 << 11), byref(attributes))
        _x11.XMapRaised(self._handle, window)
        if events:
            self.sync()
            _x11.XSetInputFocus(self._handle, window, 1, 0)
        self.sync()
        return window

    def move_window(self, window, x, y):
        _x11.XMoveWindow(self._handle, window, x, y)
        _x11.XFlush(self._handle)

    def raise_window(self, window):
        _x11.XRaiseWindow(self._handle, window)
        _x11.XFlush(self._handle)

    def paint_window(self, window, colour):
        _x11.XSetWindowBackground(self._handle, window, colour)
        _x11.XClearWindow(self._handle, window)
        _x11.XFlush(self._handle)

    def destroy_window(self, window):
        _x11.XDestroyWindow(self._handle, window)
        self.sync()

    def warp_pointer(self, x, y):
        _x11.XWarpPointer(self._handle, 0, self.root, 0, 0, 0, 0, x, y)
        self.sync()

    def lock_group(self, group):
        """Of the layouts that setxkbmap was given, the one with this number, from 0."""
        core_keyboard = 0x100
        _x11.XkbLockGroup(self._handle, core_keyboard, group)
        self.sync()

    def keymap(self):
        """The keysyms of each keycode from 8 to 255, as the server has them now."""
        width = c_int()
        keysyms = _x11.XGetKeyboardMapping(self._handle, 8, 248, byref(width))
        self._check()
        table = [tuple(keysyms[row * width.value : (row + 1) * width.value]) for row in range(248)]
        _x11.XFree(keysyms)
        return table

    def pointer(self):
        """(x, y, state mask) on the root window."""
        root, child, mask = _ID(), _ID(), c_uint()
        x, y, window_x, window_y = c_int(), c_int(), c_int(), c_int()
        _x11.XQueryPointer(self._handle, self.root, byref(root), byref(child), byref(x), byref(y), byref(window_x),
                           byref(window_y), byref(mask))
        self._check()
        return x.value, y.value, mask.value

    def events(self):
        """Input events that have arrived at our windows, oldest first, as dictionaries: type, time (server ms),
        state, x_root, y_root and, by type, keycode + keysym (name) + text, or button."""
        found = []
        while _x11.XPending(self._handle) > 0:
            event = _Event()
            _x11.XNextEvent(self._handle, byref(event))
            if KEY_PRESS <= event.type <= MOTION_NOTIFY:
                found.append(self._describe(event.input))
        self._check()
        return found

    def wait_events(self, within=None):
        """events(), at least one; an empty list after `within` seconds. Raises Disconnected when the server goes."""
        found = self.events()
        if not found:
            select.select([self.fileno()], [], [], within)
            found = self.events()
        return found

    def _describe(self, event):
        kinds = {KEY_PRESS: "key-press", KEY_RELEASE: "key-release", BUTTON_PRESS: "button-press",
                 BUTTON_RELEASE: "button-release", MOTION_NOTIFY: "motion"}
        values = {"type": kinds[event.type], "time": event.time, "state": event.state, "x_root": event.x_root,
                  "y_root": event.y_root}
        if event.type in (KEY_PRESS, KEY_RELEASE):
            buffer, keysym = ctypes.create_string_buffer(32), c_ulong()
            length = _x11.XLookupString(byref(event), buffer, 32, byref(keysym), None)
            values.update(keycode=event.detail, text=buffer.raw[:length].decode("latin-1"),
                          keysym=(_x11.XKeysymToString(keysym.value) or b"NoSymbol").decode())
        elif event.type in (BUTTON_PRESS, BUTTON_RELEASE):
            values["button"] = event.detail
        return values
