"""A real spice-gtk client in a process of its own, so that it can be stopped, killed, and run several at once.

    client = Client(directory)
    client.connect("127.0.0.1", 5900, "secret", lz4=False, mini_header=False)
    client.wait_ready()
    client.picture()                # numpy array (height, width) of 0x00RRGGBB, see pixels.py
    client.key(0x1e, True)          # PC set-1 scancode, extended keys as 0x1xx as spice-gtk wants them
"""

import itertools
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import time

import numpy

from . import processes
from .wire import constant
from .xdisplay import Cursor

_serial = itertools.count()
_CAP_LZ4 = "DISPLAY_CAP_LZ4_COMPRESSION"
_CAP_MINI = "COMMON_CAP_MINI_HEADER"


class Client:
    """Every method that asks the process raises processes.Timeout when it does not answer, for example because it
    was stopped with pause()."""

    def __init__(self, directory, mark=None, prefix=()):
        """`prefix`: what starts it, such as nsenter and its arguments."""
        self._log = pathlib.Path(directory) / f"client-{next(_serial)}.log"
        self._mark = mark or processes.new_mark()
        self._process = processes.spawn(
            [*prefix, sys.executable, "-m", "support.spice_client_main"], mark=self._mark, log=self._log,
            env={"PYTHONPATH": pathlib.Path(__file__).resolve().parents[1], "G_MESSAGES_DEBUG": "",
                 "DISPLAY": None, "GIO_USE_PROXY_RESOLVER": "dummy", "GSETTINGS_BACKEND": "memory"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._pending = b""
        directory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        handle, self._picture_path = tempfile.mkstemp(prefix="xspice-picture-", dir=directory)
        os.close(handle)

    @property
    def pid(self):
        return self._process.pid

    # --- the process --------------------------------------------------------------------------------------------

    def request(self, command, within=10.0, **arguments):
        self._process.stdin.write(json.dumps({"command": command, **arguments}).encode() + b"\n")
        deadline = time.monotonic() + within
        while b"\n" not in self._pending:
            ready, _, _ = select.select([self._process.stdout], [], [], max(deadline - time.monotonic(), 0))
            data = os.read(self._process.stdout.fileno(), 1 << 16) if ready else b""
            if not data:
                raise processes.Timeout(f"the client did not answer {command}: {self.log()[-800:]}")
            self._pending += data
        line, self._pending = self._pending.split(b"\n", 1)
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{command}: {answer['error']}")
        return answer

    def log(self):
        """What the process wrote: spice-gtk's warnings above all."""
        return self._log.read_text(errors="replace")

    def pause(self):
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)

    def kill(self):
        """As if the machine lost power: no goodbye on any channel."""
        self._process.kill()
        self._process.wait(10)

    def close(self):
        if self._process.poll() is None:
            self.resume()
            processes.stop(self._process, 5)
        for pipe in (self._process.stdin, self._process.stdout):
            pipe.close()
        pathlib.Path(self._picture_path).unlink(missing_ok=True)

    # --- connecting ---------------------------------------------------------------------------------------------

    def connect(self, host, port, password=None, lz4=True, mini_header=True, read_only=False, properties=None):
        """Starts to connect. Without LZ4 or mini headers the capability never reaches the server (relay.py).
        `properties` of the SpiceSession: {"port": None, "tls-port": "5901", "ca-file": PATH, "unix-path": PATH};
        None as a value leaves one unset."""
        self.request("connect", host=host, port=port, password=password, read_only=read_only, properties=properties,
                     clear_common=[] if mini_header else [constant(_CAP_MINI)],
                     clear_display=[] if lz4 else [constant(_CAP_LZ4)])

    def disconnect(self):
        self.request("disconnect")

    def state(self):
        """channels, events as [channel, event], error_codes (SpiceClientError, or None) of those that tell of a
        failure, marked, monitors, updates (count of changed areas), modifiers, mouse_mode, name, uuid."""
        return self.request("state")

    def errors(self):
        """Channel events that tell of a failure."""
        return [event for event in self.state()["events"] if "error" in event[1]]

    def wait_ready(self, within=10.0):
        """Until all channels are open and the primary surface is marked; returns the seconds it took."""
        start = time.monotonic()

        def ready():
            state = self.state()
            failed = [event for event in state["events"] if "error" in event[1]]
            if failed:
                raise ConnectionError(f"channel events {failed}; {self.log()[-800:]}")
            opened = {channel for channel, event in state["events"] if event == "opened"}
            return state["marked"] and {"main", "display", "inputs", "cursor"} <= opened

        processes.wait_for(ready, within, lambda: f"client ready: {self.state()} {self.log()[-800:]}")
        return time.monotonic() - start

    def wait_error(self, within=10.0):
        """The first failing channel event, as [channel, event]."""
        return processes.wait_for(self.errors, within, lambda: f"a channel error: {self.state()}")[0]

    # --- what the user sees -------------------------------------------------------------------------------------

    def picture(self):
        """The canvas of display channel 0; an empty array while there is none."""
        head = self.request("picture", path=self._picture_path)
        if not head["width"]:
            return numpy.zeros((0, 0), dtype=numpy.uint32)
        pixels = numpy.fromfile(self._picture_path, dtype="<u4").reshape(head["height"], head["stride"] // 4)
        return pixels[:, : head["width"]] & 0xFFFFFF

    def cursor(self):
        """(Cursor or None, hidden) as the cursor channel's signals told. SPICE's pixels have straight alpha (spice-gtk
        makes a GdkPixbuf of them); they are multiplied here as X's are."""
        state = self.request("cursor")
        shape = state["shape"]
        if shape is None:
            return None, state["hidden"]
        rgba = numpy.frombuffer(bytes.fromhex(shape["rgba"]), dtype=numpy.uint8)
        red, green, blue, alpha = (plane.astype(numpy.uint32)
                                   for plane in rgba.reshape(shape["height"], shape["width"], 4).transpose(2, 0, 1))
        red, green, blue = ((plane * alpha + 127) // 255 for plane in (red, green, blue))
        return (Cursor(shape["hot_x"], shape["hot_y"], alpha << 24 | red << 16 | green << 8 | blue),
                state["hidden"])

    def cursor_counts(self):
        """(shapes set, moves told, last position) since the start."""
        state = self.request("cursor")
        return state["sets"], state["moves"], state["position"]

    # --- what the user does -------------------------------------------------------------------------------------

    def key(self, scancode, pressed):
        self.request("key", scancode=scancode, pressed=pressed)

    def tap(self, scancode):
        self.key(scancode, True)
        self.key(scancode, False)

    def key_locks(self, locks):
        """Tells the server the lock keys of the user's keyboard: bits 1 scroll, 2 num, 4 caps."""
        self.request("key_locks", locks=locks)

    def modifiers(self):
        """Lock keys as the server told, same bits; None before it did."""
        return self.state()["modifiers"]

    def motion(self, dx, dy, buttons=0):
        """Relative motion, for mouse mode SERVER (1). `buttons` is the mask of buttons held."""
        self.request("motion", dx=dx, dy=dy, buttons=buttons)

    def position(self, x, y, buttons=0):
        """Absolute position, for mouse mode CLIENT (2)."""
        self.request("position", x=x, y=y, buttons=buttons)

    def button(self, button, pressed, buttons=0):
        """SPICE's button numbers: 1 left, 2 middle, 3 right, 4 up, 5 down, 6 side, 7 extra."""
        self.request("button", button=button, pressed=pressed, buttons=buttons)

    def mouse_mode(self, mode, within=5.0):
        """Asks for mode 1 (SERVER) or 2 (CLIENT) and waits for it."""
        self.request("mouse_mode", mode=mode)
        processes.wait_for(lambda: self.state()["mouse_mode"] == mode, within, f"mouse mode {mode}")

    def timed_key(self, scancode, x, y, within=2.0):
        """Seconds from sending a key press to the changed pixel (x, y) in the canvas; None when it never
        changed."""
        return self.request("timed_input", scancode=scancode, x=x, y=y, wait=within)["seconds"]

    def follow(self, cells):
        """From now on the client notes what these pixels of the canvas, [(x, y), ...], show together."""
        self.request("follow", cells=cells)

    def followed(self):
        """[[time.monotonic(), [whether each pixel is bright, ...]], ...] of every change since follow()."""
        return self.request("followed")["seen"]
