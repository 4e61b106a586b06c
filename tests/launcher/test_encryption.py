"""TLS as its options ask for it: real servers, looked at from outside."""

import os
import re
import socket
import ssl
import stat
import subprocess

import pytest
from conftest import ORDINARY_USER, link, viewer_keys
from support import certificates, processes, wire

MAIN, INPUTS = wire.constant("CHANNEL_MAIN"), wire.constant("CHANNEL_INPUTS")


@pytest.fixture
def authority(tmp_path):
    return certificates.Authority(tmp_path)


@pytest.fixture
def tls_port():
    slot = processes.claim_port()
    yield slot.number
    slot.release()


def trusting(pem, **settings):
    """What a client that knows this authority speaks; it does check the name of the host."""
    context = ssl.create_default_context(cadata=pem)
    for name, value in settings.items():
        setattr(context, name, value)

    class Named:
        """As a context to connect to 127.0.0.1 with."""

        def wrap_socket(self, raw):
            return context.wrap_socket(raw, server_hostname="127.0.0.1")
    return Named()


def authority_of(xspice):
    return viewer_keys(xspice.viewer_file)["ca"].replace("\\n", "\n")


def test_automatic_certificate(launch, tmp_path):
    xspice = launch("--tls-auto", own_port=False, environment={"XDG_STATE_HOME": tmp_path}).ready()
    keys = viewer_keys(xspice.viewer_file)
    assert keys.keys() == {"type", "host", "tls-port", "ca", "host-subject", "password", "title", "delete-this-file"}
    assert (keys["tls-port"], keys["host-subject"]) == (str(xspice.tls_port), f"O=xspice,CN={socket.gethostname()}")
    assert stat.S_IMODE(xspice.viewer_file.stat().st_mode) == 0o600
    assert f"TLS port {xspice.tls_port} (this machine only; --addr 0.0.0.0 lets others in)" in xspice.said
    assert "spice://" not in xspice.said and xspice.complained == ""
    link(("127.0.0.1", xspice.tls_port), xspice.ticket, tls=trusting(authority_of(xspice)))
    with pytest.raises(wire.Refused):
        link(("127.0.0.1", xspice.tls_port), "wrong", tls=trusting(authority_of(xspice)))
    with pytest.raises((wire.Closed, socket.timeout)):
        link(("127.0.0.1", xspice.tls_port), xspice.ticket)  # not in the clear
    state = tmp_path / "xspice"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [state, *state.glob("*.pem")]}
    assert modes == {"xspice": 0o700, "ca-cert.pem": 0o600, "ca-key.pem": 0o600, "server-cert.pem": 0o600,
                     "server-key.pem": 0o600}
    xspice.end()


def test_automatic_certificate_stays(launch, tmp_path):
    first, second = (launch("--tls-auto", own_port=False, environment={"XDG_STATE_HOME": tmp_path}).ready()
                     for _ in range(2))
    assert authority_of(first) == authority_of(second)
    assert first.tls_port != second.tls_port
    link(("127.0.0.1", second.tls_port), second.ticket, tls=trusting(authority_of(first)))


def test_automatic_certificate_is_made_once_by_those_who_start_together(launch, tmp_path):
    together = [launch("--tls-auto", own_port=False, environment={"XDG_STATE_HOME": tmp_path}) for _ in range(5)]
    for xspice in together:
        xspice.ready(within=60)
    assert len({authority_of(xspice) for xspice in together}) == 1
    assert len({xspice.tls_port for xspice in together}) == 5
    for xspice in together:
        link(("127.0.0.1", xspice.tls_port), xspice.ticket, tls=trusting(authority_of(together[0])))


def test_state_directory_of_the_home(launch, tmp_path):
    launch("--tls-auto", own_port=False, environment={"XDG_STATE_HOME": None, "HOME": tmp_path}).ready()
    assert stat.S_IMODE((tmp_path / ".local" / "state" / "xspice").stat().st_mode) == 0o700


def test_automatic_certificate_in_a_directory_of_choice(launch, tmp_path, tls_port):
    directory = tmp_path / "new"
    xspice = launch("--tls-auto", "--x509-dir", str(directory), "--tls-port", str(tls_port), own_port=False,
                    environment={"XDG_STATE_HOME": "/nonexistent"}).ready()
    assert xspice.tls_port == tls_port
    assert authority_of(xspice) == (directory / "ca-cert.pem").read_text()


def test_automatic_certificate_of_an_ordinary_user(launch, shared_directory):
    os.chown(shared_directory, ORDINARY_USER, ORDINARY_USER)
    xspice = launch("--tls-auto", own_port=False, uid=ORDINARY_USER,
                    environment={"XDG_STATE_HOME": shared_directory}).ready()
    assert (shared_directory / "xspice" / "ca-key.pem").stat().st_uid == ORDINARY_USER
    link(("127.0.0.1", xspice.tls_port), xspice.ticket, tls=trusting(authority_of(xspice)))
    assert xspice.end() == -15


def test_plain_port_beside_tls_when_it_is_asked_for(launch, tmp_path):
    xspice = launch("--tls-auto", environment={"XDG_STATE_HOME": tmp_path}).ready()
    assert f"127.0.0.1 port {xspice.port}, TLS port {xspice.tls_port} (this" in xspice.said
    link(("127.0.0.1", xspice.port), xspice.ticket)
    link(("127.0.0.1", xspice.tls_port), xspice.ticket, tls=trusting(authority_of(xspice)))


def test_certificate_of_ones_own(launch, authority, tls_port):
    authority.server()
    xspice = launch("--tls-port", str(tls_port), "--x509-dir", str(authority.directory), own_port=False).ready()
    keys = viewer_keys(xspice.viewer_file)
    assert (keys["tls-port"], keys["host-subject"]) == (str(tls_port), "O=xspice test,CN=vm.test")
    assert authority_of(xspice) == authority.certificate_file.read_text()
    link(("127.0.0.1", tls_port), xspice.ticket, tls=trusting(authority_of(xspice)))


def test_single_files_and_a_key_with_a_password(launch, authority, tls_port):
    certificate, key = authority.server(password="key s3cret")
    names = [path.rename(authority.directory / f"my-{path.name}")
             for path in (certificate, key, authority.certificate_file)]
    password = certificates.write(authority.directory / "password", b"key s3cret\n")
    arguments = ["--tls-port", str(tls_port), "--x509-dir", "/tmp", "--x509-cert-file", str(names[0]),
                 "--x509-key-file", str(names[1]), "--cacert-file", str(names[2])]
    xspice = launch(*arguments, "--x509-key-password-file", str(password), own_port=False).ready()
    link(("127.0.0.1", tls_port), xspice.ticket, tls=trusting(names[2].read_text()))
    xspice.end()


def test_key_whose_password_is_wrong(refused, authority, tls_port):
    authority.server(password="key s3cret")
    password = certificates.write(authority.directory / "password", b"wr0ng\n")
    said = refused("--tls-port", str(tls_port), "--x509-dir", str(authority.directory),
                   "--x509-key-password-file", str(password))
    assert said.startswith("--x509-key-") and "wr0ng" not in said


@pytest.mark.parametrize("option, line", [
    ("--x509-cert-file", "--x509-cert-file"), ("--x509-key-file", "--x509-key-file"),
    ("--cacert-file", "--cacert-file"), ("--dh-file", "--dh-file"),
])
def test_files_that_are_something_else(refused, authority, tls_port, option, line):
    authority.server()
    wrong = certificates.write(authority.directory / "wrong", b"nothing of the kind\n")
    said = refused("--tls-port", str(tls_port), "--x509-dir", str(authority.directory), option, str(wrong))
    assert re.match(f"{line} {wrong}: .*; ", said), said


def test_dh_parameters_are_used(launch, tmp_path, tls_port):
    """3072 bits, which OpenSSL would not choose for a key of 2048."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-noenc", "-subj", "/CN=vm", "-keyout", "key", "-out", "cert")
    openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe3072", "-out", "dh")
    xspice = launch("--tls-port", str(tls_port), "--x509-cert-file", str(tmp_path / "cert"), "--x509-key-file",
                    str(tmp_path / "key"), "--cacert-file", str(tmp_path / "cert"), "--dh-file", str(tmp_path / "dh"),
                    "--tls-ciphers", "DHE-RSA-AES256-GCM-SHA384", own_port=False).ready()
    seen = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{tls_port}", "-tls1_2"], input="",
                          capture_output=True, text=True, timeout=20).stdout
    assert "Server Temp Key: DH, 3072 bits" in seen and "Cipher is DHE-RSA-AES256-GCM-SHA384" in seen
    assert xspice.complained == ""


def test_ciphers(launch, authority, tls_port):
    authority.server()
    xspice = launch("--tls-port", str(tls_port), "--x509-dir", str(authority.directory), "--tls-ciphers",
                    "ECDHE-ECDSA-CHACHA20-POLY1305", own_port=False).ready()
    client = trusting(authority_of(xspice), maximum_version=ssl.TLSVersion.TLSv1_2)
    with socket.create_connection(("127.0.0.1", tls_port), 10) as raw, client.wrap_socket(raw) as encrypted:
        assert encrypted.cipher()[0] == "ECDHE-ECDSA-CHACHA20-POLY1305"


def test_cipher_that_openssl_does_not_know(refused, authority, tls_port):
    authority.server()
    said = refused("--tls-port", str(tls_port), "--x509-dir", str(authority.directory), "--tls-ciphers", "ROT13")
    assert re.match("--tls-ciphers ROT13: .*; ", said), said


def refusal(address, channel, tls=None):
    with wire.Connection(address, tls=tls) as connection:
        with pytest.raises(wire.Refused) as refused:
            connection.link(channel)
    return refused.value.code


def test_secure_channels(launch, tmp_path):
    need_secured = wire.constant("LINK_ERR_NEED_SECURED")
    some = launch("--tls-auto", "--secure-channels", "main", environment={"XDG_STATE_HOME": tmp_path}).ready()
    plain, encrypted = ("127.0.0.1", some.port), ("127.0.0.1", some.tls_port)
    keys = viewer_keys(some.viewer_file)
    assert (keys["port"], keys["tls-port"], keys["secure-channels"]) == (str(some.port), str(some.tls_port), "main")
    assert refusal(plain, MAIN) == need_secured
    link(encrypted, some.ticket, tls=trusting(authority_of(some)))
    with wire.Connection(plain) as connection:
        connection.link(INPUTS)  # allowed, as far as that goes
    everything = launch("--tls-auto", "--secure-channels", "all", environment={"XDG_STATE_HOME": tmp_path}).ready()
    assert "port" not in viewer_keys(everything.viewer_file)
    for channel in (MAIN, INPUTS):
        assert refusal(("127.0.0.1", everything.port), channel) == need_secured


def test_warning_about_a_certificate_that_clients_will_not_trust(launch, authority, tls_port):
    authority.server(days=-1)
    xspice = launch("--tls-port", str(tls_port), "--x509-dir", str(authority.directory), own_port=False).ready()
    processes.wait_for(lambda: xspice.complained, 10, "a warning")
    assert re.fullmatch("xspice: warning: clients will not trust the certificate: certificate has expired; .*\n",
                        xspice.complained)


def test_warning_about_a_network_that_others_read(launch, tmp_path):
    environment = {"XDG_STATE_HOME": tmp_path}
    xspice = launch("--addr", "0.0.0.0").ready()
    processes.wait_for(lambda: xspice.complained, 10, "a warning")
    assert re.fullmatch(f"xspice: warning: 0.0.0.0 port {xspice.port}: .* not encrypted.*; --tls-auto encrypts it\n",
                        xspice.complained)
    xspice = launch("--addr", "0.0.0.0", "--tls-auto", environment=environment).ready()
    processes.wait_for(lambda: xspice.complained, 10, "a warning")
    assert re.fullmatch(f"xspice: warning: 0.0.0.0 port {xspice.port}: .*; --secure-channels all forbids that\n",
                        xspice.complained)


@pytest.mark.parametrize("arguments, own_port", [
    ([], True), (["--addr", "0.0.0.0", "--disable-ticketing"], True), (["--addr", "0.0.0.0", "--tls-auto"], False),
    (["--addr", "0.0.0.0", "--tls-auto", "--secure-channels", "all"], True),
], ids=str)
def test_no_warning_where_there_is_nothing_to_do(launch, tmp_path, arguments, own_port):
    xspice = launch(*arguments, own_port=own_port, environment={"XDG_STATE_HOME": tmp_path}).ready()
    xspice.end()
    assert xspice.complained == ""


def test_tls_on_an_inherited_socket(launch, tmp_path, tls_port):
    passed = [word for name in (processes.MARK, "XSPICE_MODULE_PATH", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "TMPDIR")
              for word in ("-E", name)]
    xspice = launch("--tls-auto", own_port=False, environment={"XDG_STATE_HOME": tmp_path},
                    prefix=["systemd-socket-activate", "-l", f"127.0.0.1:{tls_port}", "--fdname=spice", *passed])
    with processes.wait_for(lambda: _connected(tls_port), 10, "a listening socket"):
        xspice.ready()
    assert viewer_keys(xspice.viewer_file)["tls-port"] == str(tls_port)
    link(("127.0.0.1", tls_port), xspice.ticket, tls=trusting(authority_of(xspice)))


def _connected(port):
    client = socket.socket()
    if client.connect_ex(("127.0.0.1", port)) == 0:
        return client
    client.close()
    return None
