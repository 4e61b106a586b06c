"""--check finds what would stop a start, without one."""

import re
import socket

import pytest
from support import certificates


def test_ok(launch):
    xspice = launch("--check", "--disable-ticketing")
    assert (xspice.wait(), xspice.complained) == (0, "")
    assert xspice.said.startswith(f"xspice: ok\n  a free display\n  127.0.0.1 port {xspice.port_slot.number}\n")
    xspice.assert_nothing_left()


@pytest.mark.parametrize("arguments, line", [
    (["--session", "no-such-program"], "--session no-such-program: "),
    (["--xsession", "/nonexistent"], "--xsession /nonexistent: no such program; check"),
    (["--password-file", "/nonexistent"], "--password-file /nonexistent: No such file"),
    (["--log-file", "/nonexistent/log"], "--log-file /nonexistent/log: cannot be written; choose"),
    (["--xorg", "/bin/true"], "--xorg /bin/true: cannot load xspice_drv.so: it says nothing; build"),
    (["--xorg", "/nonexistent"], "--xorg /nonexistent: no such program; install"),
])
def test_what_would_stop_a_start(refused, arguments, line):
    assert re.match(line, refused("--check", *arguments))


def test_port_and_display_that_are_taken(launch, refused):
    other = launch("--disable-ticketing").ready()
    assert re.match(f"--port {other.port}: another program listens", refused("--check", "--port", str(other.port)))
    assert re.match(f":{other.display}: this display is in use", refused("--check", f":{other.display}"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused("--check", environment={"XSPICE_PORT": str(port)})
    assert re.match(f"XSPICE_PORT={port}: another program listens there.*; choose another", said)


def test_module_that_the_x_server_cannot_load(refused, tmp_path):
    (tmp_path / "drivers").mkdir()
    (tmp_path / "drivers" / "xspice_drv.so").write_text("not a module")
    said = refused("--check", modules=tmp_path)
    assert re.match("--xorg /usr/lib/xorg/Xorg: cannot load xspice_drv.so: .+; build xspice for this X server", said)


def test_certificate_that_is_not_for_its_key(launch, refused, tmp_path):
    arguments = ["--check", "--tls-port", "5901", "--disable-ticketing", "--x509-dir", str(tmp_path)]
    assert re.match(f"--x509-cert-file {tmp_path}/server-cert.pem: no file that can be read", refused(*arguments))
    authority = certificates.Authority(tmp_path)
    certificate, key = authority.server()
    first = key.read_bytes()
    assert launch(*arguments).wait() == 0
    authority.server()
    key.write_bytes(first)
    said = refused(*arguments)
    assert re.match(f"--x509-cert-file {certificate}: cannot be used with {key}: KEY_VALUES_MISMATCH; give", said)


def test_password_of_the_key(launch, refused, tmp_path):
    certificates.Authority(tmp_path).server(password="secret")
    password = tmp_path / "password"
    password.write_text("secret\n")
    arguments = ["--check", "--tls-port", "5901", "--disable-ticketing", "--x509-dir", str(tmp_path)]
    assert launch(*arguments, "--x509-key-password-file", str(password)).wait() == 0
    assert re.match(f"--x509-cert-file .*: cannot be used with {tmp_path}/server-key.pem: ", refused(*arguments))
