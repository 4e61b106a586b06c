"""Every way in, with real clients: Unix sockets, IPv4 or IPv6 alone, and WebSockets of a real browser.

What is checked: a way in shows the exact screen, or links as the protocol has it; who does not belong there stays
outside; nothing is left of it at the end (the fixtures see to that).
"""

import contextlib
import http.server
import os
import socket
import stat
import struct
import subprocess
import sys
import threading

import pytest

from support import processes, wire
from support.browser import Browser, Closed
from support.exact import assert_exact
from support.wire import Connection, constant

STRANGER = 65534  # nobody


# --- Unix sockets ------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    for directory in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        os.chmod(directory, 0o755)  # only the socket itself is in a stranger's way
    return tmp_path / "spice"


def _unix(path):
    return {"properties": {"port": None, "host": None, "unix-path": str(path)}}


def test_spice_gtk_through_a_unix_socket(server, client, path):
    xspice = server(options=["--unix", path], port_option=None, size="640x480")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600 and stat.S_ISSOCK(os.stat(path).st_mode)
    viewer = client(xspice, **_unix(path))
    xspice.run("xclock", "-geometry", "200x200+50+60")
    processes.wait_for(lambda: viewer.picture().any(), 10, "something on the screen")
    assert_exact(viewer, xspice)
    viewer.close()
    xspice.stop()
    assert not path.exists()


_STRANGER = """
import socket, sys
stream = socket.socket(socket.AF_UNIX)
stream.settimeout(5)
try:
    stream.connect(sys.argv[1])
    stream.sendall(b"REDQ")
    print("closed" if not stream.recv(1) else "served")
except PermissionError:
    print("not permitted")
except ConnectionError:
    print("closed")
"""


def _try_as_stranger(path):
    return subprocess.run([sys.executable, "-c", _STRANGER, path], user=STRANGER, group=STRANGER, extra_groups=[],
                          capture_output=True, text=True, check=True, timeout=20, cwd="/").stdout.strip()


def test_unix_socket_is_for_its_own_user(server, client, path):
    assert os.getuid() == 0, "only root can be somebody else: run this test as root"
    xspice = server(options=["--unix", path], port_option=None, size="640x480")
    assert _try_as_stranger(path) == "not permitted"
    os.chmod(path, 0o666)  # even then: the kernel says who it is
    assert _try_as_stranger(path) == "closed"
    viewer = client(xspice, **_unix(path))
    assert_exact(viewer, xspice)


def test_root_gets_in_to_a_user_s_socket(server, tmp_path):
    assert os.getuid() == 0, "only root can be root: run this test as root"
    os.chmod(tmp_path, 0o777)
    for directory in (tmp_path.parent, tmp_path.parent.parent):
        os.chmod(directory, 0o755)
    path = tmp_path / "spice"
    server(options=["--unix", path], port_option=None, size="640x480", uid=STRANGER)
    assert os.stat(path).st_uid == STRANGER
    with Connection(path) as link:
        link.link(constant("CHANNEL_MAIN")).authenticate()


def test_socket_of_a_killed_server_is_replaced(server, path):
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as dead:
        dead.bind(str(path))
    server(options=["--unix", path], port_option=None, size="640x480")
    with Connection(path) as link:
        link.link(constant("CHANNEL_MAIN")).authenticate()


# --- families of addresses ---------------------------------------------------------------------------------------


def _answers(host, port):
    try:
        with Connection((host, port), timeout=2) as link:
            link.link(constant("CHANNEL_MAIN")).authenticate()
        return True
    except ConnectionRefusedError:
        return False


def test_ipv4_only(server, client):
    xspice = server(options=["--addr", "localhost", "--ipv4-only"], size="640x480")
    assert _answers("127.0.0.1", xspice.port) and not _answers("::1", xspice.port)
    assert_exact(client(xspice), xspice)


def test_ipv6_only(server, client, monkeypatch):
    from support import xserver
    monkeypatch.setattr(xserver.Launched, "address", property(lambda self: ("::1", self.port)))
    xspice = server(options=["--addr", "::", "--ipv6-only"], size="640x480")
    assert _answers("::1", xspice.port) and not _answers("127.0.0.1", xspice.port)
    assert_exact(client(xspice), xspice)


def test_both_families(server):
    xspice = server(options=["--addr", "::"], size="640x480")
    assert _answers("::1", xspice.port) and _answers("127.0.0.1", xspice.port)


# --- WebSockets --------------------------------------------------------------------------------------------------


class _EmptyPage(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><title>a page from elsewhere</title>")

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


@pytest.fixture(scope="module")
def web_site():
    """The port of a site with one page."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield site.server_port
        site.shutdown()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(scope="module")
def server_log(tmp_path_factory):
    return tmp_path_factory.mktemp("log") / "Xorg.log"


@pytest.fixture(scope="module")
def web_server(module_server, web_site, server_log):
    return module_server(password="web secret", size="640x480",
                         options=["--web-origin", f"http://127.0.0.1:{web_site}", "--log-file", server_log])


class WebLink(Connection):
    """A channel's connection through the browser's WebSocket."""

    def __init__(self, web_socket):  # pylint: disable=super-init-not-called
        self._web_socket = web_socket
        self.mini_header = False
        self._serial = 0
        self.public_key = None

    def send_raw(self, data):
        self._web_socket.send(data)

    def read(self, count):
        return self._web_socket.read(count)


def _link_through(web_socket, password):
    """Links the main channel, up to its INIT."""
    link = WebLink(web_socket)
    link.link(constant("CHANNEL_MAIN")).authenticate(password)
    assert len(_receive(link, "MSG_MAIN_INIT")) == 32
    return link


def _receive(link, name):
    """The body of the next message of that type; pings before it are answered."""
    kind = None
    while kind != constant(name):
        kind, body = link.receive()
        if kind == constant("MSG_PING"):
            link.send(constant("MSGC_PONG"), body[:12])
    return body


def test_browser_links_from_a_page_that_was_named(browser, web_server, web_site):
    page = browser.open(f"http://127.0.0.1:{web_site}/")
    web_socket = page.web_socket(f"ws://127.0.0.1:{web_server.port}/", ["binary"])
    assert web_socket.protocol == "binary"
    link = _link_through(web_socket, "web secret")
    link.send(constant("MSGC_MAIN_ATTACH_CHANNELS"))
    assert _receive(link, "MSG_MAIN_CHANNELS_LIST")
    assert web_socket.close() == 1000, "the server answers the close frame"


def test_browser_links_byte_by_byte_and_without_a_protocol(browser, web_server, web_site):
    page = browser.open(f"http://127.0.0.1:{web_site}/")
    web_socket = page.web_socket(f"ws://127.0.0.1:{web_server.port}/any/path?x=y")
    assert web_socket.protocol == ""
    for byte in wire.link_message(constant("CHANNEL_MAIN"), common_caps=[constant("COMMON_CAP_MINI_HEADER")]):
        web_socket.send(bytes([byte]))
    link = WebLink(web_socket)
    link.read_link_reply()
    web_socket.send(link.encrypt("web secret"))
    assert struct.unpack("<I", web_socket.read(4)) == (constant("LINK_ERR_OK"),)


def test_browser_is_told_of_a_wrong_password(browser, web_server, web_site):
    page = browser.open(f"http://127.0.0.1:{web_site}/")
    web_socket = page.web_socket(f"ws://127.0.0.1:{web_server.port}/")
    with pytest.raises(wire.Refused) as refused:
        _link_through(web_socket, "wrong")
    assert refused.value.code == constant("LINK_ERR_PERMISSION_DENIED")


def test_page_of_the_server_itself_may_connect(browser, web_server):
    page = browser.open(f"http://127.0.0.1:{web_server.port}/")
    assert "xspice" in page.evaluate("document.body.innerText")
    _link_through(page.web_socket(f"ws://127.0.0.1:{web_server.port}/", ["binary"]), "web secret")


def test_page_from_elsewhere_may_not(browser, web_server, web_site, server_log):
    page = browser.open(f"http://localhost:{web_site}/")  # another origin than the one that was named
    with pytest.raises(Closed) as closed:
        page.web_socket(f"ws://127.0.0.1:{web_server.port}/", ["binary"])
    assert closed.value.code == 1006
    assert f"--web-origin http://localhost:{web_site} would let it in" in server_log.read_text()


@pytest.fixture
def tls_server(server):
    """Both ports: `server.port`, where anything is spoken, and `server.tls_port`."""
    slot = processes.claim_port()
    xspice = server(password="web secret", size="640x480", options=["--tls-auto", "--tls-port", str(slot.number)])
    xspice.tls_port = slot.number
    yield xspice
    slot.release()


def test_browser_links_through_tls(browser, tls_server):
    """At either port, each from its own page: the browser has been told to believe our certificate."""
    for port in (tls_server.tls_port, tls_server.port):
        page = browser.open(f"https://127.0.0.1:{port}/")
        assert "xspice" in page.evaluate("document.body.innerText")
        web_socket = page.web_socket(f"wss://127.0.0.1:{port}/", ["binary"])
        _link_through(web_socket, "web secret")
        assert web_socket.close() == 1000


def test_page_from_elsewhere_may_not_through_tls(browser, tls_server, web_site):
    page = browser.open(f"http://127.0.0.1:{web_site}/")
    with pytest.raises(Closed):
        page.web_socket(f"wss://127.0.0.1:{tls_server.tls_port}/", ["binary"])


def test_tls_port_takes_nothing_in_plain_text(tls_server):
    for text in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", wire.link_message(constant("CHANNEL_MAIN"))):
        with socket.create_connection(("127.0.0.1", tls_server.tls_port), 5) as stream:
            stream.sendall(text)
            answer = b""
            with contextlib.suppress(ConnectionError):
                while piece := stream.recv(4096):
                    answer += piece
            # A TLS alert, or nothing: neither a page nor a link reply.
            assert not answer or answer[0] == 0x15


def test_text_is_refused_with_its_code(browser, web_server, web_site):
    page = browser.open(f"http://127.0.0.1:{web_site}/")
    code = page.evaluate(f"""new Promise(resolve => {{
        const socket = new WebSocket("ws://127.0.0.1:{web_server.port}/");
        socket.onopen = () => socket.send("text");
        socket.onclose = event => resolve(event.code);
    }})""")
    assert code == 1003


def test_other_requests_get_their_answer(web_server):
    def status(request):
        with socket.create_connection(web_server.address, 5) as stream:
            stream.sendall(request)
            answer = b""
            while piece := stream.recv(4096):
                answer += piece
        assert b"\r\nConnection: close\r\n" in answer
        return int(answer.split()[1])

    host = b"Host: 127.0.0.1\r\n\r\n"
    assert status(b"GET / HTTP/1.1\r\n" + host) == 200
    assert status(b"GET /missing HTTP/1.1\r\n" + host) == 404
    assert status(b"POST / HTTP/1.1\r\n" + host) == 405
    assert status(b"GET / HTTP/1.1\r\n\r\n") == 400
    assert status(b"GET / HTTP/1.1\r\nX: " + 9000 * b"x") == 431
