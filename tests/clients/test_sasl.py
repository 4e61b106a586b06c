"""SASL with real spice-gtk clients, real mechanisms and what stands behind them: files, saslauthd, a Kerberos KDC.

    over TLS             SCRAM-SHA-256 with its own passwords, PLAIN through saslauthd, the system's passwords
    without TLS          DIGEST-MD5 and GSSAPI, which bring a security layer of their own; SCRAM is not offered
    who does not get in  wrong password, unknown user, right password of a user who does not belong here, no Kerberos
                         ticket, SPICE's own tickets: spice-gtk's error for it, and one line in the server's log
    the operator         no mech_list is refused by name
"""

import contextlib
import os
import pathlib
import socket
import subprocess
import time

import pytest

from support import certificates, processes
from support.control_client import Control
from support.exact import assert_exact
from support.wire import Connection, Refused, constant

NEEDS_PASSWORD, NEEDS_USERNAME, NEEDS_BOTH = 3, 4, 5  # SpiceClientError
PASSWORD = "hunter2"


@pytest.fixture
def sasl(server, tmp_path):
    """A server with SASL: sasl(mech_list="...", tls=True); its log in sasl.log()."""
    return SaslFactory(server, tmp_path)


class SaslFactory:
    def __init__(self, server, directory):
        self._server, self._directory = server, directory
        self._log = directory / "server.log"
        self.authority = certificates.Authority(directory)

    def __call__(self, users=("alice",), tls=True, options=(), **settings):
        (self._directory / "xspice.conf").write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))
        words = ["--sasl", "--sasl-config-dir", self._directory, "--log-file", self._log, *options]
        for user in users:
            words += ["--sasl-user", user]
        if tls:
            self.authority.server()
            words += ["--x509-dir", self._directory]
        return self._server(port_option="--tls-port" if tls else "--port", size="640x480", own_access=True,
                            options=words)

    def links(self, tickets=False):
        """The log's lines about links to a channel. Support code that waits for the server shows a ticket: its lines
        are left out, or the only ones."""
        return [line for line in self._log.read_text(errors="replace").splitlines()
                if "link " in line and (":0 accepted" in line or ":0 refused" in line)
                and ("unknown authentication mechanism" in line) == tickets]

    def properties(self, xspice, username=None, tls=True):
        known = {"username": username} if username else {}
        if tls:
            known.update({"port": None, "tls-port": str(xspice.port), "ca-file": str(self.authority.certificate_file)})
        return known


@pytest.fixture
def passwords(tmp_path):
    """alice and mallory, both with the same password, in a file that SCRAM and DIGEST-MD5 use."""
    database = tmp_path / "sasldb2"
    for user in ("alice", "mallory"):
        subprocess.run(["saslpasswd2", "-p", "-c", "-f", database, "-u", socket.gethostname(), user],
                       input=PASSWORD.encode(), check=True, capture_output=True)
    return {"auxprop_plugin": "sasldb", "sasldb_path": database}


def _use(viewer, xspice):
    xspice.run("xclock", "-geometry", "200x200+50+60")
    processes.wait_for(lambda: viewer.picture().any(), 10, "something on the screen")
    assert_exact(viewer, xspice)
    viewer.close()


def _refused(client, sasl, xspice, code, reason, password=PASSWORD, **arguments):
    """The client is told why in its own way, and the log says it in one line."""
    before = len(sasl.links())
    viewer = client(xspice, ready=False, password=password, properties=sasl.properties(xspice, **arguments))
    assert viewer.wait_error(15) == ["main", "error-auth"]
    assert viewer.state()["error_codes"] == [code]
    viewer.close()
    lines = processes.wait_for(lambda: sasl.links()[before:], 5, "a line in the log")
    assert len(lines) == 1 and "main:0 refused: " in lines[0] and reason in lines[0], lines
    assert password not in "".join(sasl.links())


# --- over TLS ------------------------------------------------------------------------------------------------------


def test_scram_over_tls(sasl, client, passwords):
    xspice = sasl(mech_list="scram-sha-256", **passwords)
    viewer = client(xspice, password=PASSWORD, properties=sasl.properties(xspice, "alice"))
    accepted = [line for line in sasl.links() if "accepted: SCRAM-SHA-256, user alice" in line]
    assert len(accepted) == len(sasl.links()) == 4
    with Control(xspice.control) as control:
        (about,) = control.ask("clients")["clients"]
        assert (about["user"], about["encrypted"]) == ("alice", True)
        assert control.refusal("add-ticket", password="x") == (
            "add-ticket: this display asks for accounts (SASL), not for tickets")
        assert control.refusal("tickets", tickets=[]).endswith("asks for accounts (SASL), not for tickets")
    _use(viewer, xspice)
    _refused(client, sasl, xspice, NEEDS_BOTH, "wrong credentials (SCRAM-SHA-256", password="not this", username="alice")
    _refused(client, sasl, xspice, NEEDS_BOTH, "wrong credentials (SCRAM-SHA-256", username="nobody")
    _refused(client, sasl, xspice, NEEDS_BOTH, "this user may not come in (SCRAM-SHA-256, user mallory)",
             username="mallory")
    # And still: whoever belongs here gets in, after a moment.
    _use(client(xspice, password=PASSWORD, properties=sasl.properties(xspice, "alice")), xspice)


def test_tickets_are_not_taken(sasl, passwords):
    import ssl

    xspice = sasl(mech_list="scram-sha-256", **passwords)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    before = len(sasl.links(tickets=True))
    with Connection(xspice.address, tls=context) as link:
        link.link(constant("CHANNEL_MAIN"))
        with pytest.raises((Refused, ConnectionError, OSError, AssertionError)):
            link.authenticate(PASSWORD)
    processes.wait_for(lambda: len(sasl.links(tickets=True)) == before + 1, 5, "a line in the log")


@contextlib.contextmanager
def _saslauthd(directory):
    """Answers with the passwords in the shadow file, where `directory` says it is asked."""
    directory.mkdir()
    process = processes.spawn(["saslauthd", "-d", "-a", "shadow", "-m", directory, "-n", "1"],
                              mark=processes.new_mark(), log=directory / "log")
    try:
        processes.wait_for((directory / "mux").exists, 5, "saslauthd")
        yield directory / "mux"
    finally:
        processes.stop(process, 5)


@pytest.fixture
def account():
    """A user of this system with a password."""
    name = f"xspice{os.getpid()}"
    subprocess.run(["useradd", "--no-create-home", name], check=True, capture_output=True)
    subprocess.run(["chpasswd"], input=f"{name}:{PASSWORD}".encode(), check=True, capture_output=True)
    yield name
    subprocess.run(["userdel", name], check=True, capture_output=True)


def test_plain_over_tls_asks_saslauthd(sasl, client, account, tmp_path):
    with _saslauthd(tmp_path / "mux") as path:
        xspice = sasl(users=(account,), mech_list="plain", pwcheck_method="saslauthd", saslauthd_path=path)
        _use(client(xspice, password=PASSWORD, properties=sasl.properties(xspice, account)), xspice)
        _refused(client, sasl, xspice, NEEDS_BOTH, "wrong credentials (PLAIN", password="not this", username=account)
    # Nobody to ask: nobody gets in, and the server goes on.
    _refused(client, sasl, xspice, NEEDS_BOTH, "wrong credentials (PLAIN", username=account)
    assert not xspice.crashed()


# --- without TLS ---------------------------------------------------------------------------------------------------


def test_digest_md5_protects_a_plain_link(sasl, client, passwords):
    xspice = sasl(mech_list="digest-md5 scram-sha-256 plain", tls=False, **passwords)
    viewer = client(xspice, password=PASSWORD, properties=sasl.properties(xspice, "alice", tls=False))
    assert all("accepted: DIGEST-MD5, user alice" in line for line in sasl.links()), sasl.links()
    _use(viewer, xspice)
    _refused(client, sasl, xspice, NEEDS_BOTH, "wrong credentials (DIGEST-MD5", password="not this", username="alice",
             tls=False)


def test_scram_is_not_offered_without_tls(sasl, client, passwords):
    xspice = sasl(mech_list="scram-sha-256", tls=False, **passwords)
    viewer = client(xspice, ready=False, password=PASSWORD, properties=sasl.properties(xspice, "alice", tls=False))
    viewer.wait_error()  # it is sent to TLS, and knows no port for that
    assert "no SASL mechanism without TLS" in sasl.links()[0]


class Kdc:
    """A Kerberos realm on a port of this host's loopback, with alice and mallory."""

    REALM = "XSPICE.TEST"

    def __init__(self, directory):
        directory.mkdir()
        self._directory = directory
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.keytab = directory / "spice.keytab"
        self.environment = {"KRB5_CONFIG": directory / "krb5.conf", "KRB5_KDC_PROFILE": directory / "kdc.conf",
                            "KRB5CCNAME": directory / "ccache"}
        (directory / "krb5.conf").write_text(f"""[libdefaults]
 default_realm = {self.REALM}
 dns_lookup_kdc = false
 rdns = false
 dns_canonicalize_hostname = false
[realms]
 {self.REALM} = {{
  kdc = 127.0.0.1:{self._port}
 }}
""")
        (directory / "kdc.conf").write_text(f"""[kdcdefaults]
 kdc_listen = 127.0.0.1:{self._port}
 kdc_tcp_listen = 127.0.0.1:{self._port}
[realms]
 {self.REALM} = {{
  database_name = {directory}/principal
  key_stash_file = {directory}/stash
  acl_file = {directory}/acl
 }}
""")

    def run(self, *command, **arguments):
        environment = {**os.environ, **{key: str(value) for key, value in self.environment.items()}}
        return subprocess.run([str(word) for word in command], env=environment, check=True, capture_output=True,
                              **arguments)

    def __enter__(self):
        self.run("kdb5_util", "create", "-s", "-P", "master")
        for request in ("addprinc -pw hunter2 alice", "addprinc -pw hunter2 mallory",
                        "addprinc -randkey spice/localhost", f"ktadd -k {self.keytab} spice/localhost"):
            self.run("kadmin.local", "-q", request)
        self._process = processes.spawn(["krb5kdc", "-n"], mark=processes.new_mark(), log=self._directory / "kdc.log",
                                        env=self.environment)
        return self

    def __exit__(self, *_):
        processes.stop(self._process, 5)

    def login(self, user):
        """Asks until the KDC answers."""
        deadline = time.monotonic() + 10
        while True:
            try:
                return self.run("kinit", user, input=PASSWORD.encode())
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def logout(self):
        pathlib.Path(self.environment["KRB5CCNAME"]).unlink(missing_ok=True)


@pytest.fixture
def kdc(tmp_path, monkeypatch):
    with Kdc(tmp_path / "kdc") as realm:
        for name, value in realm.environment.items():
            monkeypatch.setenv(name, str(value))  # of the server and of the clients
        yield realm


def test_gssapi_with_a_kerberos_realm(sasl, client, kdc):
    xspice = sasl(tls=False, mech_list="gssapi", keytab=kdc.keytab, options=["--sasl-hostname", "localhost"])
    properties = {**sasl.properties(xspice, tls=False), "host": "localhost"}

    def attempt(ready=True):
        return client(xspice, ready=ready, properties=properties)

    viewer = attempt(ready=False)
    assert viewer.wait_error(15) == ["main", "error-auth"]
    assert viewer.state()["error_codes"] == [NEEDS_USERNAME]
    viewer.close()
    assert sasl.links() == [], "it left by itself"
    kdc.login("alice")
    viewer = attempt()
    assert all("accepted: GSSAPI, user alice" in line for line in sasl.links()), sasl.links()
    _use(viewer, xspice)
    kdc.logout()
    kdc.login("mallory")
    before = len(sasl.links())
    viewer = attempt(ready=False)
    assert viewer.wait_error(15) == ["main", "error-auth"]
    viewer.close()
    assert "refused: this user may not come in (GSSAPI, user mallory)" in sasl.links()[before]


# --- the operator --------------------------------------------------------------------------------------------------


def test_a_missing_mech_list_is_refused(server, tmp_path):
    (tmp_path / "xspice.conf").write_text("pwcheck_method: saslauthd\n")
    with pytest.raises(Exception) as error:
        server(own_access=True, options=["--sasl", "--sasl-config-dir", tmp_path])
    assert "mech_list" in str(error.value)
