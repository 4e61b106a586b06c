"""A client of the control socket, from docs/control.md alone: the launcher's own is what is tested elsewhere."""

import array
import json
import mmap
import os
import socket

import numpy

MAX_DESCRIPTORS = 8


class Refused(Exception):
    """The answer was an error; its text."""


class Closed(Exception):
    """The server closed the connection."""


class Control:
    def __init__(self, path, timeout=10.0):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._socket.connect(os.fspath(path))
        self._unread = b""
        self._descriptors = []
        self._serial = 0
        self.events = []
        self.greeting = self.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        self._socket.close()

    # --- one line ---

    def send_raw(self, data):
        self._socket.sendall(data)

    def read(self):
        """The next line, whatever it is."""
        while b"\n" not in self._unread:
            try:
                data, ancillary, _, _ = self._socket.recvmsg(1 << 16, socket.CMSG_SPACE(MAX_DESCRIPTORS * 4))
            except ConnectionResetError:
                raise Closed from None
            for level, kind, content in ancillary:
                assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
                self._descriptors.extend(array.array("i", content))
            if not data:
                raise Closed
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        return json.loads(line)

    # --- requests ---

    def begin(self, command, **arguments):
        """Sends a request; the answer is what finish() is given its id for."""
        self._serial += 1
        self.send_raw(json.dumps({"id": self._serial, "command": command, **arguments}).encode() + b"\n")
        return self._serial

    def finish(self, number):
        """The answer's members. Raises Refused; events that come meanwhile are in `events`."""
        while True:
            answer = self.read()
            if "event" in answer:
                self.events.append(answer)
                continue
            assert answer.pop("id") == number, answer
            if not answer.pop("ok"):
                raise Refused(answer["error"])
            return answer

    def ask(self, command, **arguments):
        return self.finish(self.begin(command, **arguments))

    def refusal(self, command, **arguments):
        """The error that the request must meet."""
        try:
            answer = self.ask(command, **arguments)
        except Refused as error:
            return str(error)
        raise AssertionError(f"{command} was not refused: {answer}")

    def event(self):
        """The next event."""
        while not self.events:
            line = self.read()
            assert "event" in line, line
            self.events.append(line)
        return self.events.pop(0)

    # --- pictures ---

    def take_descriptor(self):
        (descriptor,) = self._descriptors
        self._descriptors.clear()
        return descriptor

    def screenshot(self, cursor=False):
        answer = self.ask("screenshot", cursor=cursor)
        shown = Picture(answer, self.take_descriptor())
        try:
            return shown.pixels()
        finally:
            shown.close()

    def capture(self, cursor=False):
        return Picture(self.ask("capture", cursor=cursor), self.take_descriptor())


class Picture:
    """What an answer with a memfd stands for."""

    def __init__(self, answer, descriptor):
        self.descriptor = descriptor
        self.width, self.height, self.stride = answer["width"], answer["height"], answer["stride"]
        self._map = mmap.mmap(descriptor, self.stride * self.height, prot=mmap.PROT_READ)

    def pixels(self):
        rows = numpy.frombuffer(self._map, numpy.uint32).reshape(self.height, self.stride // 4)
        return rows[:, : self.width].copy()

    def close(self):
        self._map.close()
        os.close(self.descriptor)
