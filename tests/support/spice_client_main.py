"""The process of a real spice-gtk client. One JSON object a line on standard input, one JSON answer a line on
standard output; spice_client.Client is the other end. Run it with `python3 -m support.spice_client_main`.

It shows nothing and decides nothing: it connects every channel that the server offers, keeps spice-gtk's canvas,
remembers what the signals told, and answers questions.
"""

import ctypes
import json
import os
import sys
import time

import gi

gi.require_version("SpiceClientGLib", "2.0")
from gi.repository import GLib, GObject, SpiceClientGLib as Spice  # noqa: E402

from .relay import Relay  # noqa: E402
from .wire import constant  # noqa: E402

_LIBRARY = ctypes.CDLL("libspice-client-glib-2.0.so.8")


class _Primary(ctypes.Structure):
    """SpiceDisplayPrimary of channel-display.h."""
    _fields_ = [("format", ctypes.c_int), ("width", ctypes.c_int), ("height", ctypes.c_int),
                ("stride", ctypes.c_int), ("shmid", ctypes.c_int), ("data", ctypes.c_void_p),
                ("marked", ctypes.c_int)]


_get_primary = _LIBRARY.spice_display_channel_get_primary
_get_primary.restype = ctypes.c_int
_get_primary.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.POINTER(_Primary)]


def _pointer(gobject):
    # PyGObject defines the hash of a wrapper as the address of the GObject.
    return ctypes.c_void_p(hash(gobject))


class Client:
    def __init__(self):
        self._loop = GLib.MainLoop()
        self._session = None
        self._relay = None
        self._channels = {}
        self._events = []
        self._error_codes = []
        self._cursor = {"shape": None, "hidden": True, "moves": 0, "sets": 0, "position": None}
        self._updates = 0
        self._modifiers = None
        self._watched = None
        self._followed = None
        GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP,
                          self._on_input)
        self._pending = b""

    def run(self):
        self._loop.run()

    # --- requests -----------------------------------------------------------------------------------------------

    def _on_input(self, _channel, _condition):
        data = os.read(0, 1 << 16)
        if not data:
            self._loop.quit()
            return False
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            command = request.pop("command")
            try:
                answer = getattr(self, "do_" + command)(**request)
            except Exception as error:  # pylint: disable=broad-except
                answer = {"error": f"{type(error).__name__}: {error}"}
            if answer is not None:
                self._answer(answer)
        return True

    def _answer(self, answer):
        os.write(1, json.dumps(answer).encode() + b"\n")

    def do_connect(self, host, port, password=None, clear_common=(), clear_display=(), read_only=False,
                   properties=None):
        if clear_common or clear_display:
            self._relay = Relay((host, port), clear_common, {constant("CHANNEL_DISPLAY"): clear_display})
            host, port = "127.0.0.1", self._relay.port
        # A session that ended earlier may still tell of it: into the lists of its own time.
        self._channels, self._events, self._error_codes = {}, [], []
        session = self._session = Spice.Session()
        wanted = {"host": host, "port": str(port), "password": password or "", "enable-audio": False,
                  "enable-smartcard": False, "enable-usbredir": False, "read-only": read_only, **(properties or {})}
        for name, value in wanted.items():
            if value is not None:
                session.set_property(name, value)
        GObject.Object.connect(session, "channel-new", self._on_channel)
        GObject.Object.connect(session, "channel-destroy", self._on_channel_destroy)
        events = self._events
        GObject.Object.connect(session, "disconnected", lambda *_: events.append(["session", "disconnected"]))
        return {"started": bool(Spice.Session.connect(session))}

    def do_disconnect(self):
        self._session.disconnect()
        return {}

    def do_state(self):
        """Everything that is not a picture."""
        return {"channels": sorted(self._channels), "events": self._events, "error_codes": self._error_codes,
                "marked": self._is_marked(), "monitors": self._monitors_now(), "updates": self._updates,
                "modifiers": self._modifiers, "mouse_mode": self._main_property("mouse-mode"), "name": self._session_property("name"),
                "uuid": self._uuid()}

    def do_picture(self, path):
        """Writes the canvas to the file `path`, which is in memory."""
        primary = self._primary()
        if primary is None:
            return {"width": 0, "height": 0, "stride": 0, "format": 0, "marked": False}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            view = memoryview((ctypes.c_char * (primary.stride * primary.height)).from_address(primary.data))
            while len(view):
                view = view[os.write(descriptor, view):]
        finally:
            os.close(descriptor)
        return {"width": primary.width, "height": primary.height, "stride": primary.stride,
                "format": primary.format, "marked": bool(primary.marked)}

    def do_cursor(self):
        return self._cursor

    def do_key(self, scancode, pressed):
        inputs = self._channel("inputs")
        (inputs.key_press if pressed else inputs.key_release)(scancode)
        return {}

    def do_key_locks(self, locks):
        self._channel("inputs").set_key_locks(locks)
        return {}

    def do_motion(self, dx, dy, buttons=0):
        self._channel("inputs").motion(dx, dy, buttons)
        return {}

    def do_position(self, x, y, buttons=0, display=0):
        self._channel("inputs").position(x, y, display, buttons)
        return {}

    def do_button(self, button, pressed, buttons=0):
        inputs = self._channel("inputs")
        (inputs.button_press if pressed else inputs.button_release)(button, buttons)
        return {}

    def do_mouse_mode(self, mode):
        self._channel("main").request_mouse_mode(mode)
        return {}

    def do_preferred_compression(self, compression):
        Spice.DisplayChannel.change_preferred_compression(self._channel("display"), compression)
        return {}

    def do_timed_input(self, scancode, x, y, wait):
        """Sends a key press and answers when the pixel (x, y) of the canvas has changed: seconds between the two
        as this process saw them, or null after `wait` seconds."""
        before = self._pixel(x, y)
        start = time.monotonic()
        timer = GLib.timeout_add(int(wait * 1000), self._finish_watch, None)
        self._watched = (x, y, before, start, timer)
        inputs = self._channel("inputs")
        inputs.key_press(scancode)
        inputs.key_release(scancode)

    def do_follow(self, cells):
        """From now on notes what these pixels show together, when they change."""
        self._followed = cells
        self._seen = []
        return {}

    def do_followed(self):
        """[monotonic time, for each pixel whether it is bright], oldest first."""
        return {"seen": self._seen}

    def do_quit(self):
        self._loop.quit()
        return {}

    # --- signals ------------------------------------------------------------------------------------------------

    def _on_channel(self, _session, channel):
        kind = Spice.Channel.type_to_string(channel.get_property("channel-type"))
        name = kind if channel.get_property("channel-id") == 0 else f"{kind}:{channel.get_property('channel-id')}"
        self._channels[name] = channel

        def listen(signal, handler):
            GObject.Object.connect(channel, signal, handler)

        events, codes = self._events, self._error_codes

        def on_event(emitter, event):  # a channel that its own handler holds would never be destroyed
            events.append([name, event.value_nick])
            if "error" in event.value_nick:
                error = Spice.Channel.get_error(emitter)
                codes.append(error.code if error else None)

        listen("channel-event", on_event)
        if kind == "display":
            listen("display-invalidate", self._on_invalidate)
        elif kind == "cursor":
            listen("notify::cursor", self._on_cursor_shape)
            listen("cursor-set", self._on_cursor_set)
            listen("cursor-move", self._on_cursor_move)
            listen("cursor-hide", lambda *_: self._cursor.update(hidden=True))
            listen("cursor-reset", lambda *_: self._cursor.update(hidden=True, shape=None))
        elif kind == "inputs":
            listen("inputs-modifiers", self._on_modifiers)
        if kind in ("display", "cursor", "inputs"):
            Spice.Channel.connect(channel)

    def _on_channel_destroy(self, _session, channel):
        self._channels = {name: other for name, other in self._channels.items() if other is not channel}

    def _on_modifiers(self, channel, *_):
        self._modifiers = int(channel.get_property("key-modifiers"))

    def _on_invalidate(self, _channel, left, top, width, height):
        self._updates += 1
        if self._followed and any(left <= x < left + width and top <= y < top + height for x, y in self._followed):
            shown = [(self._pixel(x, y) or 0) & 0xFF00 > 0x7F00 for x, y in self._followed]
            if not self._seen or self._seen[-1][1] != shown:
                self._seen.append([time.monotonic(), shown])
        if self._watched:
            x, y, before, start, _ = self._watched
            if self._pixel(x, y) != before:
                self._finish_watch(time.monotonic() - start)

    def _finish_watch(self, seconds):
        if self._watched:
            timer = self._watched[4]
            self._watched = None
            if seconds is not None:
                GLib.source_remove(timer)
            self._answer({"seconds": seconds})
        return False

    def _on_cursor_shape(self, channel, _property):
        shape = _get(channel, "cursor", _Shape)
        if not shape or not shape.contents.data:
            self._cursor["shape"] = None
            return
        found = shape.contents
        self._cursor["shape"] = {"width": found.width, "height": found.height, "hot_x": found.hot_spot_x,
                                 "hot_y": found.hot_spot_y,
                                 "rgba": ctypes.string_at(found.data, 4 * found.width * found.height).hex()}
        _gobject.g_boxed_free(_LIBRARY.spice_cursor_shape_get_type(), shape)

    def _on_cursor_set(self, *_):
        self._cursor["hidden"] = False
        self._cursor["sets"] += 1

    def _on_cursor_move(self, _channel, x, y):
        self._cursor["hidden"] = False
        self._cursor["moves"] += 1
        self._cursor["position"] = [x, y]

    # --- what spice-gtk knows -----------------------------------------------------------------------------------

    def _channel(self, name):
        if name not in self._channels:
            raise LookupError(f"no {name} channel")
        return self._channels[name]

    def _primary(self):
        if "display" not in self._channels:
            return None
        primary = _Primary()
        if not _get_primary(_pointer(self._channels["display"]), 0, ctypes.byref(primary)) or not primary.data:
            return None
        return primary

    def _pixel(self, x, y):
        primary = self._primary()
        if primary is None or x >= primary.width or y >= primary.height:
            return None
        return ctypes.c_uint32.from_address(primary.data + y * primary.stride + 4 * x).value & 0xFFFFFF

    def _is_marked(self):
        primary = self._primary()
        return bool(primary and primary.marked)

    def _monitors_now(self):
        return _monitors(self._channels["display"]) if "display" in self._channels else []

    def _main_property(self, name):
        return self._channels["main"].get_property(name) if "main" in self._channels else None

    def _session_property(self, name):
        return self._session.get_property(name) if self._session else None

    def _uuid(self):
        value = self._session.get_property("uuid") if self._session else None
        return ctypes.string_at(value, 16).hex() if isinstance(value, int) and value else None


class _Array(ctypes.Structure):
    """GArray."""
    _fields_ = [("data", ctypes.c_void_p), ("len", ctypes.c_uint)]


class _Monitor(ctypes.Structure):
    """SpiceDisplayMonitorConfig of channel-display.h."""
    _fields_ = [(name, ctypes.c_uint) for name in ("id", "surface_id", "x", "y", "width", "height")]


class _Shape(ctypes.Structure):
    """SpiceCursorShape of channel-cursor.h."""
    _fields_ = [("type", ctypes.c_int), ("width", ctypes.c_uint16), ("height", ctypes.c_uint16),
                ("hot_spot_x", ctypes.c_uint16), ("hot_spot_y", ctypes.c_uint16), ("data", ctypes.c_void_p)]


_gobject = ctypes.CDLL("libgobject-2.0.so.0")
_gobject.g_boxed_free.argtypes = [ctypes.c_size_t, ctypes.c_void_p]
_LIBRARY.spice_cursor_shape_get_type.restype = ctypes.c_size_t
_glib = ctypes.CDLL("libglib-2.0.so.0")


def _get(channel, name, kind):
    """A pointer property that PyGObject cannot wrap: by g_object_get()."""
    value = ctypes.POINTER(kind)()
    _gobject.g_object_get(_pointer(channel), name.encode(), ctypes.byref(value), ctypes.c_void_p(None))
    return value


def _monitors(channel):
    array = _get(channel, "monitors", _Array)
    if not array:
        return []
    found = ctypes.cast(array.contents.data, ctypes.POINTER(_Monitor))
    values = [{name: getattr(found[index], name) for name, _ in _Monitor._fields_}
              for index in range(array.contents.len)]
    _glib.g_array_unref(array)
    return values


if __name__ == "__main__":
    sys.stdout = sys.stderr  # standard output is the answers' alone
    Client().run()
