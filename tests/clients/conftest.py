"""Fixtures for tests with the real server and real clients.

    def test_something(server, client):
        xspice = server()                       # `xspice`, 1024x768, no password; all of xserver.Launched's arguments
        viewer = client(xspice)                 # a connected spice-gtk client, all channels open
        xspice.run("xterm")                     # an X program on it
        viewer.tap(0x1e)                        # a key, as the user's keyboard sends it
        assert_exact(viewer, xspice)            # from support.exact

server(password=..., size="1920x1080", options=[...], session=[...], uid=...)
    starts one and returns when X and SPICE answer: xserver.Launched. `xspice.x` is a connection to its X server
    (xdisplay.Display: picture(), cursor(), window(), events(), pointer(), sync()), `xspice.pid` Xorg's process.
    At the end of the test it is stopped as a user would, and must leave no process, file, lock or port.
server.direct(arguments=[...])
    Xorg with our module, without the launcher: xserver.Direct.
server.xvfb(size=...)
    an Xvfb: xserver.Xvfb.
client(xspice, lz4=True, mini_header=True, password=..., ready=True, read_only=False)
    a spice_client.Client in a process of its own; with ready=False it has only begun to connect.

module_server and module_client are the same with the life of one test file; a test that breaks things starts its
own. Without the driver's module (XSPICE_BUILD_DIR, XSPICE_MODULE_PATH) every test here fails: none is skipped.
"""

import contextlib
import pathlib
import sys
import tempfile
import weakref

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import spice_client, xserver  # noqa: E402


_live = weakref.WeakSet()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Keeps the logs of all running servers when a test fails."""
    outcome = yield
    if outcome.get_result().failed:
        for server in list(_live):
            server.keep_logs(item.name)


class ServerFactory:
    def __init__(self, stack, _directory):
        self._stack = stack

    def _start(self, server):
        server.start()
        _live.add(server)
        self._stack.callback(server.stop)
        return server

    def __call__(self, **arguments):
        return self._start(xserver.Launched(**arguments))

    def direct(self, **arguments):
        return self._start(xserver.Direct(**arguments))

    def xvfb(self, **arguments):
        return self._start(xserver.Xvfb(**arguments))


class ClientFactory:
    def __init__(self, stack, directory):
        self._stack, self._directory = stack, directory

    def __call__(self, server, ready=True, password=None, **arguments):
        client = spice_client.Client(self._directory)
        self._stack.callback(client.close)
        client.connect(*server.address, password=password or getattr(server, "password", None), **arguments)
        if ready:
            client.wait_ready()
        return client


@contextlib.contextmanager
def factories(kind):
    """The factory, and at the end whatever it made is closed, last first."""
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory(prefix="xspice-clients-") as directory:
        yield kind(stack, directory)


@pytest.fixture
def server():
    with factories(ServerFactory) as factory:
        yield factory


@pytest.fixture
def client(server):  # pylint: disable=unused-argument,redefined-outer-name
    # Depends on `server` so that clients go first at the end.
    with factories(ClientFactory) as factory:
        yield factory


@pytest.fixture(scope="module")
def module_server():
    with factories(ServerFactory) as factory:
        yield factory


@pytest.fixture(scope="module")
def module_client(module_server):  # pylint: disable=unused-argument,redefined-outer-name
    with factories(ClientFactory) as factory:
        yield factory
