"""A real web browser, headless, driven through its debugging protocol: for what a page's scripts can do.

    with Browser(directory) as browser:
        page = browser.open("http://127.0.0.1:8000/")
        page.evaluate("document.title")             # promises are awaited; the value comes back by JSON
        socket = page.web_socket("ws://127.0.0.1:5900/", ["binary"])
        socket.send(b"..."); socket.read(16)        # raises Closed(code) when the server closes first
"""

import contextlib
import fcntl
import itertools
import json
import os
import pathlib
import select
import tempfile
import time

from . import processes

_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
          "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
          "--proxy-server=direct://", "--remote-debugging-pipe"]

# A socket with what it received, in the page: read() waits for so many bytes or for the end.
_SOCKET = """(url, protocols) => {
  const socket = new WebSocket(url, protocols);
  const state = {socket, received: [], closed: null, wake: []};
  const changed = () => { for (const wake of state.wake.splice(0)) wake(); };
  socket.binaryType = "arraybuffer";
  socket.onmessage = event => { state.received.push(...new Uint8Array(event.data)); changed(); };
  socket.onclose = event => { state.closed = event.code; changed(); };
  window.sockets = window.sockets || [];
  window.sockets.push(state);
  const answer = () => ({index: window.sockets.indexOf(state), closed: state.closed, protocol: socket.protocol});
  return new Promise(resolve => {
    socket.onopen = () => resolve(answer());
    state.wake.push(() => resolve(answer()));
  });
}"""
_SEND = "(index, bytes) => { window.sockets[index].socket.send(new Uint8Array(bytes)); }"
_READ = """async (index, count) => {
  const state = window.sockets[index];
  while (state.received.length < count && state.closed === null) await new Promise(wake => state.wake.push(wake));
  return {bytes: state.received.splice(0, count), closed: state.closed};
}"""
_CLOSE = "(index, code) => { window.sockets[index].socket.close(code); }"


class Closed(ConnectionError):
    """The WebSocket is closed; `code` as the page sees it."""

    def __init__(self, code):
        super().__init__(f"closed with {code}")
        self.code = code


class WebSocket:
    def __init__(self, page, url, protocols):
        self._page = page
        opened = page.call(_SOCKET, url, list(protocols))
        if opened["closed"] is not None:
            raise Closed(opened["closed"])
        self._index = opened["index"]
        self.protocol = opened["protocol"]

    def send(self, data):
        """One message."""
        self._page.call(_SEND, self._index, list(data))

    def read(self, count):
        answer = self._page.call(_READ, self._index, count)
        if len(answer["bytes"]) < count:
            raise Closed(answer["closed"])
        return bytes(answer["bytes"])

    def close(self, code=1000):
        """What the page sees as the end."""
        self._page.call(_CLOSE, self._index, code)
        return self._page.call(_READ, self._index, 1 << 30)["closed"]


class Page:
    def __init__(self, browser, session):
        self._browser, self._session = browser, session

    def evaluate(self, expression):
        answer = self._browser.request("Runtime.evaluate", session=self._session, expression=expression,
                                       awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def call(self, function, *arguments):
        return self.evaluate(f"({function})({', '.join(map(json.dumps, arguments))})")

    def web_socket(self, url, protocols=()):
        return WebSocket(self, url, protocols)


class Browser:
    def __init__(self, directory):
        self._profile = tempfile.TemporaryDirectory(prefix="browser-", dir=directory)
        self._log = pathlib.Path(directory) / "browser.txt"
        self._numbers = itertools.count(1)
        self._buffer = b""
        self._process = None

    def __enter__(self):
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        # The browser wants them as 3 and 4; these must not be in the way of it.
        passed = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (theirs_in, theirs_out)]
        script = f'exec "$@" 3<&{passed[0]} 4>&{passed[1]} {passed[0]}<&- {passed[1]}>&-'
        self._process = processes.spawn(
            ["bash", "-c", script, "browser", "chromium", *_FLAGS, f"--user-data-dir={self._profile.name}",
             "--ignore-certificate-errors", "about:blank"],
            mark=processes.new_mark(), log=self._log, pass_fds=passed,
            env={"DISPLAY": None, "HOME": self._profile.name, "XDG_RUNTIME_DIR": None,
                 "DBUS_SESSION_BUS_ADDRESS": "disabled:"})
        for end in (theirs_in, theirs_out, *passed):
            os.close(end)
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError, AssertionError):
            self.request("Browser.close", within=5)
        processes.stop(self._process, 10)
        os.close(self._to)
        os.close(self._from)
        with contextlib.suppress(OSError):
            self._profile.cleanup()

    def request(self, method, session=None, within=30.0, **parameters):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + within
        while True:
            answer = self._receive(deadline, method)
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def _receive(self, deadline, what):
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], max(deadline - time.monotonic(), 0))
            piece = os.read(self._from, 1 << 16) if ready else b""
            assert piece, f"the browser did not answer {what}: {self._log.read_text(errors='replace')[-2000:]}"
            self._buffer += piece
        line, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(line)

    def open(self, url, within=30.0):
        """A new page, when it has loaded."""
        target = self.request("Target.createTarget", url=url)["targetId"]
        session = self.request("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        processes.wait_for(lambda: page.evaluate("location.href != 'about:blank' && document.readyState == 'complete'"),
                           within, f"{url} loaded")
        return page
