"""TLS with real spice-gtk clients, and with those that are up to something.

    who gets in          by the authority's certificate, by the host's name, by the certificate's subject
    which channels       those that --secure-channels names come back over TLS
    who does not         with another authority, subject or host, or an expired certificate: the client refuses, the
                         server says in one line why; with a wrong ticket
    certificates         replaced while the server runs; made by --tls-auto, and the same ones next time
    what is spoken       nothing below TLS 1.2, no weak cipher, no renegotiation, no compression
    wrong protocol       SPICE at the TLS port, TLS at a plain one, hellos that never end
"""

import contextlib
import os
import socket
import ssl
import stat
import subprocess

import pytest

from support import certificates, processes, procinfo, tls_hello
from support.exact import assert_exact
from support.wire import Connection, Refused, constant

PASSWORD = "correct horse"


def by_tls(port, ca_file=None, subject=None, **more):
    """Properties of a session that knows the TLS port only."""
    return {"port": None, "tls-port": str(port), "ca-file": str(ca_file) if ca_file else None,
            "cert-subject": subject, **more}


def seen_certificate(address):
    """The certificate that the server shows now, DER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(address, 5) as raw, context.wrap_socket(raw) as wrapped:
        return wrapped.getpeercert(binary_form=True)


class Factory:
    """Servers with the certificate in tmp_path."""

    def __init__(self, server, directory):
        self._server, self.directory = server, directory
        self._log = directory / "server.log"
        self.authority = certificates.Authority(directory)

    def __call__(self, *options, **arguments):
        names = {key: arguments.pop(key) for key in ("subject", "days", "hosts") if key in arguments}
        self.authority.server(**names)
        return self._server(port_option="--tls-port", size="640x480",
                            options=["--x509-dir", self.directory, "--log-file", self._log, *options], **arguments)

    def log(self):
        return self._log.read_text(errors="replace")

    @property
    def ca_file(self):
        return self.authority.certificate_file


@pytest.fixture
def tls_server(server, tmp_path):
    return Factory(server, tmp_path)


@pytest.fixture
def refused(client):
    """Connects, and returns the event by which spice-gtk told that it would not."""

    def attempt(xspice, properties, **arguments):
        viewer = client(xspice, ready=False, properties=properties, **arguments)
        event = viewer.wait_error()
        log = viewer.log()
        viewer.close()
        return event, log

    return attempt


# --- who gets in ---------------------------------------------------------------------------------------------------


def test_ticket_over_tls(tls_server, client, refused):
    xspice = tls_server(password=PASSWORD)
    properties = by_tls(xspice.port, tls_server.ca_file)
    viewer = client(xspice, properties=properties)
    xspice.run("xclock", "-geometry", "200x200+50+60")
    processes.wait_for(lambda: viewer.picture().any(), 10, "something on the screen")
    assert_exact(viewer, xspice)
    viewer.close()
    assert refused(xspice, properties, password="wrong") == (["main", "error-auth"], "")
    again = client(xspice, properties=properties)
    assert_exact(again, xspice)


def test_subject_counts_instead_of_the_host(tls_server, client, refused):
    subject = certificates.name(("O", "Smith, Jones"), ("CN", "vm.test"))
    xspice = tls_server(subject=subject, hosts=["vm.test"])
    ca_file = tls_server.ca_file
    client(xspice, properties=by_tls(xspice.port, ca_file, subject="O=Smith\\, Jones,CN=vm.test"))
    # As the server itself says it, for the operator to copy.
    told = "tls: certificate of O=Smith\\\\, Jones,CN=vm.test, valid until "
    assert told in tls_server.log()
    event, log = refused(xspice, by_tls(xspice.port, ca_file, subject="O=Smith\\, Jones,CN=other"))
    assert event == ["main", "error-tls"] and "subject" in log
    event, log = refused(xspice, by_tls(xspice.port, ca_file))
    assert event == ["main", "error-tls"] and "hostname '127.0.0.1' verification failed" in log


def test_another_authority_is_not_trusted(tls_server, refused, tmp_path):
    xspice = tls_server()
    (tmp_path / "other").mkdir()
    other = certificates.Authority(tmp_path / "other")
    event, log = refused(xspice, by_tls(xspice.port, other.certificate_file))
    assert event == ["main", "error-tls"] and "verif" in log
    processes.wait_for(lambda: "refused: TLS: " in tls_server.log(), 5, "the line about the refusal")


def test_expired_certificate(tls_server, refused):
    xspice = tls_server(days=-1)
    assert "server-cert.pem: expired on " in tls_server.log()
    event, log = refused(xspice, by_tls(xspice.port, tls_server.ca_file))
    assert event == ["main", "error-tls"] and "certificate has expired" in log


@pytest.fixture
def both_ports(server, tmp_path):
    """A server with a plain port (its own) and one for TLS; returns (server, TLS port, authority's file)."""
    authority = certificates.Authority(tmp_path)
    authority.server()
    slot = processes.claim_port()

    def start(*options):
        xspice = server(size="640x480", options=["--tls-port", str(slot.number), "--x509-dir", tmp_path, *options])
        return xspice, slot.number, authority.certificate_file

    yield start
    slot.release()


def test_plain_and_tls_port_of_one_server(both_ports, client):
    xspice, tls_port, ca_file = both_ports()
    # TLS is told from its first bytes at the plain port, too.
    for properties in (None, by_tls(tls_port, ca_file), by_tls(xspice.port, ca_file)):
        viewer = client(xspice, properties=properties)
        assert_exact(viewer, xspice)
        viewer.close()


def plain_answer(address, channel, connection_id=0):
    """What the server says to a link in the clear: LINK_ERR_*."""
    with Connection(address) as connection:
        try:
            connection.link(constant(channel), connection_id=connection_id)
        except Refused as refusal:
            return refusal.code
    return constant("LINK_ERR_OK")


def test_all_channels_secured(both_ports, client, refused):
    xspice, tls_port, ca_file = both_ports("--secure-channels", "all")
    for channel in ("CHANNEL_MAIN", "CHANNEL_DISPLAY", "CHANNEL_INPUTS", "CHANNEL_CURSOR"):
        assert plain_answer(xspice.address, channel) == constant("LINK_ERR_NEED_SECURED")
    # Begins at the plain port, is told, and comes back with each channel.
    viewer = client(xspice, properties={"tls-port": str(tls_port), "ca-file": str(ca_file)})
    assert_exact(viewer, xspice)
    viewer.close()
    event, _ = refused(xspice, None)
    assert event == ["main", "error-connect"]


def test_some_channels_secured(both_ports, client, refused):
    xspice, tls_port, ca_file = both_ports("--secure-channels", "main,inputs")
    for channel, code in (("CHANNEL_MAIN", "LINK_ERR_NEED_SECURED"), ("CHANNEL_INPUTS", "LINK_ERR_NEED_SECURED"),
                          ("CHANNEL_DISPLAY", "LINK_ERR_OK"), ("CHANNEL_CURSOR", "LINK_ERR_OK")):
        assert plain_answer(xspice.address, channel) == constant(code), channel
    viewer = client(xspice, properties={"tls-port": str(tls_port), "ca-file": str(ca_file)})
    assert_exact(viewer, xspice)
    viewer.close()
    event, _ = refused(xspice, None)
    assert event == ["main", "error-connect"]


# --- certificates ----------------------------------------------------------------------------------------------------


def test_replaced_certificate_serves_the_next_client(tls_server, client):
    xspice = tls_server(password=PASSWORD)
    before = seen_certificate(xspice.address)
    stays = client(xspice, properties=by_tls(xspice.port, tls_server.ca_file, "O=xspice test,CN=vm.test"))
    tls_server.authority.server(subject=certificates.name(("O", "renewed"), ("CN", "vm.test")))
    processes.wait_for(lambda: seen_certificate(xspice.address) != before, 10, "the new certificate")
    assert_exact(stays, xspice)
    stays.close()
    client(xspice, properties=by_tls(xspice.port, tls_server.ca_file, "O=renewed,CN=vm.test"))


def test_damaged_certificate_leaves_the_old_one_in_use(tls_server, client):
    xspice = tls_server()
    before = seen_certificate(xspice.address)
    (tls_server.directory / "server-cert.pem").write_text("half a certif")

    def complained():
        assert seen_certificate(xspice.address) == before
        return "the changed files are not used" in tls_server.log()

    processes.wait_for(complained, 10, "the line about the damaged file", interval=0.2)
    client(xspice, properties=by_tls(xspice.port, tls_server.ca_file))
    assert tls_server.log().count("the changed files are not used") == 1


def test_encrypted_key(server, client, tmp_path):
    authority = certificates.Authority(tmp_path)
    authority.server(password="k3y password")
    certificates.write(tmp_path / "password", b"k3y password\n")
    xspice = server(port_option="--tls-port", size="640x480",
                    options=["--x509-dir", tmp_path, "--x509-key-password-file", tmp_path / "password",
                             "--log-file", tmp_path / "server.log"])
    client(xspice, properties=by_tls(xspice.port, authority.certificate_file))
    assert "k3y" not in (tmp_path / "server.log").read_text(errors="replace")


def test_automatic_certificate_is_made_once(server, client, tmp_path):
    directory = tmp_path / "tls"
    directory.mkdir(mode=0o700)
    seen = []
    for _ in range(2):
        xspice = server(port_option="--tls-port", size="640x480", options=["--tls-auto", "--x509-dir", directory])
        subject = f"O=xspice,CN={socket.gethostname()}"
        for properties in (by_tls(xspice.port, directory / "ca-cert.pem"),
                           by_tls(xspice.port, directory / "ca-cert.pem", subject)):
            viewer = client(xspice, properties=properties)
            viewer.close()
        seen.append(seen_certificate(xspice.address))
        xspice.stop()
    assert seen[0] == seen[1]
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert {"ca-cert.pem", "ca-key.pem", "server-cert.pem", "server-key.pem"} <= made.keys()
    assert set(made.values()) == {0o600}


# --- what is spoken --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spoken_to(module_server, tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    certificates.Authority(directory).server()
    xspice = module_server(port_option="--tls-port", size="640x480", options=["--x509-dir", directory])
    yield xspice
    assert not xspice.crashed()


def openssl(xspice, *options, text=""):
    """The output of openssl s_client, and whether it got a connection."""
    ran = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{xspice.port}", *options], input=text,
                         capture_output=True, text=True, timeout=20, check=False)
    output = ran.stdout + ran.stderr
    return output, "Cipher is (NONE)" not in output and ran.returncode == 0


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_connects(spoken_to, version):
    output, connected = openssl(spoken_to, version)
    assert connected, output
    assert "Compression: NONE" in output
    if version == "-tls1_2":
        assert "Secure Renegotiation IS supported" in output and "TLS session ticket" not in output


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_openssl_of_old_does_not(spoken_to, version):
    output, connected = openssl(spoken_to, version, "-cipher", "ALL:@SECLEVEL=0")
    assert not connected and "alert protocol version" in output, output


@pytest.mark.parametrize("version, alert", [
    (tls_hello.SSL_3, 40), (tls_hello.TLS_1_0, 70), (tls_hello.TLS_1_1, 70)])  # SSL 3 knows no protocol_version
def test_old_versions_are_refused(spoken_to, version, alert):
    every = [*tls_hello.GOOD.values(), *tls_hello.WEAK.values()]
    assert tls_hello.offer(spoken_to.address, version, every) == ("alert", alert)


def test_strong_ciphers_are_taken(spoken_to):
    for name, cipher in tls_hello.GOOD.items():
        every = [*tls_hello.WEAK.values(), cipher]
        assert tls_hello.offer(spoken_to.address, tls_hello.TLS_1_2, every) == ("hello", 0x0303, cipher), name


@pytest.mark.parametrize("name", tls_hello.WEAK)
def test_weak_ciphers_are_refused(spoken_to, name):
    answer = tls_hello.offer(spoken_to.address, tls_hello.TLS_1_2, [tls_hello.WEAK[name]])
    assert answer == ("alert", 40)  # handshake_failure


def test_renegotiation_is_refused(spoken_to):
    # A line "R" asks for it.
    output, _ = openssl(spoken_to, "-tls1_2", text="R\n")
    assert "RENEGOTIATING" in output and "no renegotiation" in output, output


# --- the wrong protocol ----------------------------------------------------------------------------------------------


def test_plain_client_at_the_tls_port(tls_server, client, refused):
    xspice = tls_server(password=PASSWORD)
    event, _ = refused(xspice, None)
    assert event == ["main", "error-link"]
    processes.wait_for(lambda: "refused: TLS: the client does not speak TLS" in tls_server.log(), 5,
                       "the line about the refusal")
    assert_exact(client(xspice, properties=by_tls(xspice.port, tls_server.ca_file)), xspice)


def test_tls_client_at_a_plain_port(server, client, refused):
    xspice = server(size="640x480")
    event, _ = refused(xspice, by_tls(xspice.port))
    assert event == ["main", "error-tls"]
    assert_exact(client(xspice), xspice)


def test_hellos_that_never_end_keep_nobody_out(tls_server, client):
    xspice = tls_server(password=PASSWORD)
    hello = tls_hello.hello(tls_hello.TLS_1_2, list(tls_hello.GOOD.values()))
    # The launcher tries the port itself at first, and would be in the crowd.
    processes.wait_for(lambda: "is ready" in xspice.log(), 10, "the launcher's word")
    before = procinfo.descriptors(xspice.pid)
    with contextlib.ExitStack() as stack:
        for count in range(300):
            connection = stack.enter_context(socket.create_connection(xspice.address, 5))
            with contextlib.suppress(ConnectionError):
                connection.sendall(hello[:count % len(hello)])
        properties = by_tls(xspice.port, tls_server.ca_file)
        viewer = client(xspice, ready=False, properties=properties)
        waited = viewer.wait_ready(2.0)
        assert_exact(viewer, xspice)
        viewer.close()
        print(f"a good client was ready after {1000 * waited:.0f} ms")
    processes.wait_for(lambda: procinfo.descriptors(xspice.pid) <= before, 15, "the descriptors to come back")


def test_garbage_inside_tls(spoken_to):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for garbage in (b"\0" * 100, os.urandom(5000), b"\x16\x03\x01\x00\x05hello"):
        with Connection(spoken_to.address, tls=context) as connection:
            connection.send_raw(garbage)
            assert connection.wait_closed(3)
    with Connection(spoken_to.address, tls=context) as connection:
        connection.link(constant("CHANNEL_MAIN")).authenticate()
