"""Fixtures for tests of `xspicectl` and of the module by which it speaks to a display."""

import contextlib
import json
import pathlib
import socket
import sys
import threading

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
SOURCE = TESTS.parent
sys.path[:0] = [str(TESTS), str(SOURCE / "launcher")]


class FakeDisplay:
    """Greets, and answers each request as told: `answers[command]` is a list of what is sent, one after another.
    Bytes are sent as they are, everything else as a line; a tuple is (message, descriptor); None ends it."""

    def __init__(self, path, greeting):
        self.path = path
        self.greeting = greeting
        self.answers = {}
        self.requests = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._connections = []
        self.ended = threading.Event()  # a None has been reached
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            with contextlib.suppress(OSError):
                self._talk(connection)

    def _talk(self, connection):
        if self.greeting is not None:
            self._send(connection, self.greeting)
        with connection.makefile("rb") as lines:
            for line in lines:
                request = json.loads(line)
                self.requests.append(request)
                for answer in self.answers[request["command"]]:
                    if answer is None:
                        connection.shutdown(socket.SHUT_RDWR)
                        self.ended.set()
                    else:
                        self._send(connection, answer, request["id"])

    @staticmethod
    def _send(connection, answer, number=None):
        message, descriptor = answer if isinstance(answer, tuple) else (answer, None)
        if not isinstance(message, bytes):
            if "ok" in message:
                message = {"id": number, **message}
            message = json.dumps(message).encode() + b"\n"
        if descriptor is None:
            connection.sendall(message)
        else:
            socket.send_fds(connection, [message], [descriptor])

    def say(self, message):
        """Of itself, on the newest connection."""
        self._send(self._connections[-1], message)

    def hang_up(self):
        self._connections[-1].shutdown(socket.SHUT_RDWR)

    def close(self):
        for closing in [self._listener, *self._connections]:
            with contextlib.suppress(OSError):
                closing.shutdown(socket.SHUT_RDWR)
            closing.close()
        self._thread.join(5)
        assert not self._thread.is_alive()


@pytest.fixture
def fake(tmp_path):
    """Starts a display that is none: fake(5) at `tmp_path`/xspice/display-5.control."""
    with contextlib.ExitStack() as stack:
        def start(number=5, greeting={"xspice": "0.1.0", "protocol": 1}):  # noqa: B006
            (tmp_path / "xspice").mkdir(mode=0o700, exist_ok=True)
            display = FakeDisplay(tmp_path / "xspice" / f"display-{number}.control", greeting)
            stack.callback(display.close)
            return display
        yield start
