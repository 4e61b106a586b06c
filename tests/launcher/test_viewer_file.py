"""What the .vv file says, as remote-viewer reads it: with GLib's key files."""

import socket
import ssl
import struct
import threading

import pytest
from gi.repository import GLib
from support import certificates
from xspice_launcher import probe, viewer_file
from xspice_launcher.entrances import Entrance

PLAIN = Entrance(host="127.0.0.1", port=5900)
ENCRYPTED = Entrance(host="127.0.0.1", port=5901, tls=True)
UNIX = Entrance(path="/run/user/1000/desk")
AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n"


def keys(*entrances, **contents):
    file = GLib.KeyFile()
    text = viewer_file.text(viewer_file.Contents(list(entrances), "my desktop", **contents)).decode()
    assert file.load_from_data(text, len(text), GLib.KeyFileFlags.NONE)
    names, _ = file.get_keys("virt-viewer")
    return {name: file.get_string("virt-viewer", name) for name in names}


COMMON = {"type": "spice", "title": "my desktop", "delete-this-file": "0"}
TLS = {"authority": AUTHORITY, "host_subject": "O=a\\, b,CN=\\\\c"}
TLS_KEYS = {"ca": AUTHORITY, "host-subject": "O=a\\, b,CN=\\\\c"}


def test_plain_port():
    assert keys(PLAIN, ticket="a\\b") == {**COMMON, "host": "127.0.0.1", "port": "5900", "password": "a\\b"}


def test_port_with_tls():
    assert keys(ENCRYPTED, **TLS) == {**COMMON, **TLS_KEYS, "host": "127.0.0.1", "tls-port": "5901"}


def test_plain_port_is_not_told_where_everything_can_be_encrypted():
    assert "port" not in keys(PLAIN, ENCRYPTED, **TLS)
    assert "port" not in keys(PLAIN, ENCRYPTED, secure_channels=("all",), **TLS)


def test_some_secure_channels():
    assert keys(PLAIN, ENCRYPTED, secure_channels=("main", "inputs"), **TLS) == {
        **COMMON, **TLS_KEYS, "host": "127.0.0.1", "port": "5900", "tls-port": "5901",
        "secure-channels": "main;inputs"}


def test_unix_socket_where_there_is_no_port():
    assert keys(UNIX) == {**COMMON, "unix-path": "/run/user/1000/desk"}
    assert "unix-path" not in keys(PLAIN, UNIX)


def test_only_certificates_are_taken_from_the_authoritys_file():
    key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
    assert viewer_file.certificates(f"comment\n{AUTHORITY}{key}{AUTHORITY}rest") == AUTHORITY * 2
    assert viewer_file.certificates(key) == ""


# --- what the server's certificate says ---------------------------------------------------------------------------


@pytest.fixture
def authority(tmp_path):
    return certificates.Authority(tmp_path)


@pytest.fixture
def tls_server():
    """Something that answers a link in TLS, as often as it is asked; returns the entrance to it."""
    servers = []

    def start(files, answer=b"REDQ" + struct.pack("<III", 2, 2, 4) + b"\0\0\0\0"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        listener = socket.create_server(("127.0.0.1", 0))
        servers.append(listener)

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(connection, server_side=True) as encrypted:
                        encrypted.recv(100)
                        encrypted.sendall(answer)
                        encrypted.recv(100)
                except OSError:
                    pass
        threading.Thread(target=serve, daemon=True).start()
        return Entrance(host="127.0.0.1", port=listener.getsockname()[1], tls=True)
    yield start
    for listener in servers:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize("parts, subject", [
    ([("O", "xspice test"), ("CN", "vm.test")], "O=xspice test,CN=vm.test"),
    ([("CN", "a, b"), ("OU", "c\\d")], "CN=a\\, b,OU=c\\\\d"),
    ([], None),
])
def test_subject_of_the_certificate(authority, tls_server, parts, subject):
    entrance = tls_server(authority.server(certificates.name(*parts)))
    assert probe.identify(entrance, str(authority.certificate_file), 10) == probe.Identity(subject, None)


def test_certificate_that_clients_will_not_trust(authority, tls_server, tmp_path):
    entrance = tls_server(authority.server(days=-1))
    identity = probe.identify(entrance, str(authority.certificate_file), 10)
    assert identity == probe.Identity(None, "certificate has expired")
    (tmp_path / "other").mkdir()
    stranger = certificates.Authority(tmp_path / "other", certificates.name(("CN", "another")))
    entrance = tls_server(authority.server())
    identity = probe.identify(entrance, str(stranger.certificate_file), 10)
    assert identity == probe.Identity(None, "unable to get local issuer certificate")
    assert probe.identify(entrance, None, 10) == identity  # nor does any authority of the system know it


def test_what_answers_may_be_no_spice_server(authority, tls_server):
    entrance = tls_server(authority.server(), b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(OSError, match="is not a SPICE server"):
        probe.identify(entrance, str(authority.certificate_file), 10)


# --- what xspicectl knows of a display ------------------------------------------------------------------------------


def test_facts_are_everything_but_the_ticket():
    contents = viewer_file.Contents([PLAIN, ENCRYPTED, UNIX], "my desktop", ticket="open sesame",
                                    authority=AUTHORITY, host_subject="O=a\\, b", secure_channels=("main", "inputs"))
    written = viewer_file.facts(contents)
    assert b"sesame" not in written
    assert viewer_file.from_facts(written) == contents._replace(ticket=None)


@pytest.mark.parametrize("written", [b"", b"{", b"[]", b"{}", b'{"entrances": [{"hots": ""}]}', b"\xff"])
def test_what_are_no_facts(written):
    with pytest.raises(ValueError):
        viewer_file.from_facts(written)


def test_further_keys():
    assert keys(PLAIN, delete_this_file=True, more={"fullscreen": "1", "title": "another"}) == {
        **COMMON, "host": "127.0.0.1", "port": "5900", "delete-this-file": "1", "fullscreen": "1", "title": "another"}
