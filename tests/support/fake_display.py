"""The control socket of a display that does not exist, for what a real one never does: lie, hang, go in the middle.

    with FakeDisplay(directory, picture) as display:        # an array (height, width) of 0x00RRGGBB
        ... display.path is its control socket
        display.show(other)                                 # from now on the screen shows that
        display.close()                                     # the display ends

`answers` replaces what it says: {"capture": function(request) -> (answer, descriptor) or bytes}; None for silence.
"""

import contextlib
import fcntl
import json
import os
import socket
import threading
import time

import numpy


class FakeDisplay:
    def __init__(self, directory, picture, answers=None, greeting=None):
        self.path = str(directory / "display.control")
        self._answers = {"capture": self._capture, "frame": self._frame, **(answers or {})}
        self._greeting = greeting if greeting is not None else {"xspice": "0", "protocol": 1}
        self._changed = threading.Condition()
        self._picture, self._told, self._time = picture, None, time.monotonic_ns() // 1000
        self._memory = None
        self._closed = False
        self._client = None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        self.requests = []
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.close()

    def show(self, picture):
        with self._changed:
            self._picture, self._time = picture, time.monotonic_ns() // 1000
            self._changed.notify_all()

    def close(self):
        """The display ends. Nothing happens the second time."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for end in filter(None, (self._listener, self._client)):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()

    def _serve(self):
        with contextlib.suppress(OSError, ValueError):
            self._client, _ = self._listener.accept()
            with self._client, self._client.makefile("rb") as lines:
                self._say(self._greeting)
                for line in lines:
                    request = json.loads(line)
                    self.requests.append(request)
                    answer = self._answers[request["command"]]
                    answer = answer(request) if answer else None
                    if answer is not None:
                        self._say(*(answer if isinstance(answer, tuple) else (answer,)))

    def _say(self, answer, descriptor=None):
        line = answer if isinstance(answer, bytes) else json.dumps(answer).encode() + b"\n"
        sent = socket.send_fds(self._client, [line], [] if descriptor is None else [descriptor])
        self._client.sendall(line[sent:])
        if descriptor is not None:
            os.close(descriptor)

    def _capture(self, _request):
        with self._changed:
            self._told = self._picture
            descriptor, self._memory = shared_picture(self._told)
            return {"ok": True, **measures(self._told)}, descriptor

    def _frame(self, request):
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._picture is not self._told, request["timeout"] / 1000)
            if self._closed:
                return None
            before, self._told = self._told, self._picture
            answer = {"ok": True, "changed": before is not self._told, "time": self._time}
            if before.shape != self._told.shape:
                descriptor, self._memory = shared_picture(self._told)
                return {**answer, **measures(self._told), "resized": True}, descriptor
            self._memory[:] = self._told
            return answer


def measures(picture):
    height, width = picture.shape
    return {"width": width, "height": height, "stride": 4 * width}


def shared_picture(picture, seals=fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL):
    """A sealed memfd with the picture in it, and the array that shows it."""
    descriptor = os.memfd_create("picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.truncate(descriptor, picture.size * 4)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    memory = numpy.memmap(f"/proc/self/fd/{descriptor}", dtype="<u4", mode="r+", shape=picture.shape)
    memory[:] = picture
    return descriptor, memory
