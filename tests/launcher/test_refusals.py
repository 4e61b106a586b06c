"""Every mistake of the operator: one line that names the option and the remedy, status 2, nothing left."""

import contextlib
import errno
import os
import re
import socket
import types

import pytest
from conftest import ORDINARY_USER
from support import processes
from xspice_launcher import errors, network

MISTAKES = [
    (["--prot", "5900"], "--prot: no such option; did you mean --port"),
    (["-z"], "-z: no such option; .*--help"),
    (["display"], 'display: not an option; .*:N.*"--"'),
    (["--port"], "--port: needs a value; write --port PORT"),
    (["--port", "0"], "--port 0: leaves no way in; give --tls-port, --tls-auto or --unix"),
    (["--port", "65536"], "--port 65536: .* from 1 to 65535; give"),
    (["--port", "spice"], "--port spice: .*; give"),
    (["--port=5900", "--port=5901"], "--port: given twice; give it once"),
    (["--size", "big"], "--size big: .*; write WIDTHxHEIGHT"),
    (["--size", "640x"], "--size 640x: .*; write WIDTHxHEIGHT"),
    (["--size", "63x480"], "--size 63x480: .*; use 64x64 to"),
    (["--size", "16385x480"], "--size 16385x480: .*; use .* 16384x16384"),
    (["--numheads", "0"], "--numheads 0: .* from 1 to 16; give"),
    (["--numheads", "17"], "--numheads 17: .* from 1 to 16; give"),
    (["--numheads", "5", "--size", "8192x8192"], "--numheads 5: .*8192x8192.*; lower it or --size"),
    (["--dpi", "29"], "--dpi 29: .* from 30 to 600; give"),
    (["--image-compression", "jpeg"],
     "--image-compression jpeg: .*; use auto, off, auto_glz, auto_lz, quic, glz, lz or lz4$"),
    (["--image-compression", "GLZ"], "--image-compression GLZ: .*; use auto, off, "),
    (["--image-compression"], "--image-compression: needs a value; write --image-compression METHOD"),
    (["--jpeg-wan-compression", "on"], "--jpeg-wan-compression on: .*; use auto, never or always$"),
    (["--zlib-glz-wan-compression=yes"], "--zlib-glz-wan-compression yes: .*; use auto, never or always$"),
    (["--addr", "not an address"], "--addr not an address: .*; use"),
    (["--addr", "nowhere.invalid"], "--addr nowhere.invalid: cannot be resolved; use"),
    (["--addr", "192.0.2.1"], "--addr 192.0.2.1: not an address of this machine; "),
    (["--addr", "127.0.0.1", "--addr", "192.0.2.1"], "--addr 192.0.2.1: not an address of this machine; "),
    (["--name", 'a "b"'], '--name a "b": .*; use'),
    (["--name", "a\nb\x1b[1m"], r"--name a\\x0ab\\x1b\[1m: .*; use"),
    (["--name", ""], "--name : empty.*; use"),
    (["--session", "xfec"], "--session xfec: neither an installed session nor a program; sessions: [a-z]"),
    (["--session-bus", "mine", "--", "true"], "--session-bus mine: no such choice; use own or shared$"),
    (["--idle-timeout", "10 m"], "--idle-timeout 10 m: not a time; give seconds, or a number with s, m, h or d"),
    (["--max-time", "-1"], "--max-time -1: not a time; give"),
    (["--session-bus", "own"], "--session-bus own: has no effect without a session; give --session"),
    (["--password-file", "/nonexistent"], "--password-file /nonexistent: No such file.*; name"),
    (["--password-file", "/tmp"], "--password-file /tmp: Is a directory; name"),
    (["--password-file", "/dev/null"], "--password-file /dev/null: .*; write 1 to 60 bytes"),
    (["--disable-ticketing=maybe"], "--disable-ticketing maybe: neither true nor false; write"),
    (["--disable-ticketing", "--password-file", "/dev/null"],
     "--disable-ticketing: contradicts --password-file; give one"),
    (["--password", "s3cret"],
     "--password: other users of this machine can read command lines; .*--password-file FILE$"),
    (["--password=s3cret"], "--password: other users .*--password-file FILE$"),
    (["--x509-key-password", "s3cret"], "--x509-key-password: other users .*--x509-key-password-file FILE$"),
    (["--view-only-password-file", "/nonexistent"], "--view-only-password-file /nonexistent: No such file.*; name"),
    (["--disable-ticketing", "--view-only-password-file", "/dev/null"],
     "--disable-ticketing: contradicts --view-only-password-file; give one"),
    (["--ipv4-only", "--ipv6-only"], "--ipv4-only: contradicts --ipv6-only; give one"),
    (["--ipv4-only", "--addr", "::1"], "--addr ::1: has no IPv4 address; give another one, or leave out --ipv4-only"),
    (["--ipv6-only", "--addr", "127.0.0.1"], "--addr 127.0.0.1: has no IPv6 address; .*leave out --ipv6-only"),
    (["--port", "0", "--addr", "127.0.0.1"], "--addr 127.0.0.1: no port to listen on; give --port or --tls-port"),
    (["--port", "0", "--addr", "127.0.0.1", "--unix", "/tmp/xspice-socket"],
     "--addr 127.0.0.1: no port to listen on; give --port or --tls-port"),
    (["--unix", ""], "--unix : .*; name"),
    (["--unix", "/nonexistent/socket"], "--unix /nonexistent/socket: no socket can be made there; name"),
    (["--unix", "/tmp"], "--unix /tmp: no socket can be made there; name"),
    (["--unix", "/tmp/" + "x" * 103], "--unix /tmp/x+: longer than the 107 bytes .*; use a shorter one"),
    (["--unix", '/tmp/"'], '--unix /tmp/": with a quotation mark .*; use'),
    (["--web-origin", "desk.example.org"], "--web-origin desk.example.org: not an origin; write https://host"),
    (["--web-origin", "https://desk.example.org/"], "--web-origin https://desk.example.org/: not an origin; write"),
    (["--web-origin", "https://Desk.example.org"], "--web-origin https://Desk.example.org: .*in lower case"),
    (["--tls-port", "5901"], "--tls-port 5901: needs a certificate; give --x509-dir, .*or --tls-auto"),
    (["--tls-port", "65536"], "--tls-port 65536: .* from 1 to 65535; give"),
    (["--tls-port", "5901", "--port", "5901", "--tls-auto"], "--tls-port 5901: is --port, too; give another one"),
    (["--tls-port", "0", "--tls-auto"], "--tls-port 0: contradicts --tls-auto; give one"),
    (["--tls-auto", "--x509-cert-file", "/dev/null"], "--tls-auto: contradicts --x509-cert-file; give one"),
    (["--x509-dir", "/tmp"], "--x509-dir: has no effect without TLS; give --tls-port or --tls-auto"),
    (["--cacert-file", "/dev/null"], "--cacert-file: has no effect without TLS; give"),
    (["--x509-cert-file", "/dev/null"], "--x509-cert-file: has no effect without TLS; give"),
    (["--x509-key-file", "/dev/null"], "--x509-key-file: has no effect without TLS; give"),
    (["--x509-key-password-file", "/dev/null"], "--x509-key-password-file: has no effect without TLS; give"),
    (["--dh-file", "/dev/null"], "--dh-file: has no effect without TLS; give"),
    (["--tls-ciphers", "HIGH"], "--tls-ciphers: has no effect without TLS; give"),
    (["--tls-ciphers", "HIGH;"], "--tls-ciphers HIGH;: not a cipher list; see"),
    (["--secure-channels", "all"], "--secure-channels: has no effect without TLS; give"),
    (["--secure-channels", "main,video"], "--secure-channels main,video: not a list of channels; write all, or some"),
    (["--secure-channels", "all,main"], "--secure-channels all,main: not a list of channels; write"),
    (["--tls-port", "5901", "--x509-dir", "/nonexistent"], "--x509-dir /nonexistent: no such directory; make it"),
    (["--tls-port", "5901", "--x509-cert-file", "/nonexistent", "--x509-key-file", "/dev/null"],
     "--x509-cert-file /nonexistent: no file that can be read; name"),
    (["--tls-auto", "--dh-file", "/nonexistent"], "--dh-file /nonexistent: no file that can be read; name"),
    (["--sasl", "--disable-ticketing"], "--sasl: contradicts --disable-ticketing; give one"),
    (["--sasl", "--password-file", "/dev/null"], "--sasl: contradicts --password-file; give one"),
    (["--sasl-config-dir", "/tmp"], "--sasl-config-dir: has no effect without --sasl; give that, too"),
    (["--sasl-hostname", "desk"], "--sasl-hostname: has no effect without --sasl; give"),
    (["--sasl-user", "alice"], "--sasl-user: has no effect without --sasl; give"),
    (["--sasl", "--sasl-hostname", "a b"], "--sasl-hostname a b: not a host name; give"),
    (["--sasl", "--sasl-user", "a,b"], "--sasl-user a,b: with a comma .*; give"),
    (["--sasl", "--sasl-config-dir", "/nonexistent"],
     "--sasl-config-dir /nonexistent: xspice.conf is not there; write one"),
    (["--session", "true", "--", "true"], '--session: contradicts the command after "--"; give one'),
    (["--session", " "], "--session  : an empty command; give"),
    (["--"], "--: needs a command; write -- COMMAND"),
    (["--", "no-such-program"], "-- no-such-program: no such command; check"),
    ([":1", ":2"], r":2: a display was given already \(:1\); give one"),
    ([":59536"], ":59536: no such display; use :0 to :59535"),
    (["--keyboard-layout", "xx"], '--keyboard-layout xx: no such layout as "xx"; .*evdev.lst'),
    (["--keyboard-layout", "de;"], "--keyboard-layout de;: not an XKB name; see"),
    (["--keyboard-variant", "nope"], '--keyboard-variant nope: layout "us" has no such variant; .*evdev.lst'),
    (["--keyboard-variant", "intl,intl"], "--keyboard-variant intl,intl: more variants than layouts; give"),
    (["--module-path", "/nonexistent"], "--module-path /nonexistent: .*xspice_drv.so is not there; build or install"),
    (["--xorg", "/nonexistent"], "--xorg /nonexistent: no such program; install xserver-xorg-core"),
    (["--log-file", "/nonexistent/log"], "--log-file /nonexistent/log: cannot be written; choose"),
]


@pytest.mark.parametrize("arguments, line", MISTAKES, ids=[" ".join(arguments) for arguments, _ in MISTAKES])
def test_mistake_is_refused_with_its_remedy(refused, arguments, line):
    said = refused(*arguments)
    assert re.match(line, said), said


@pytest.mark.parametrize("variable, option", [("XSPICE_PASSWORD", "--password-file"),
                                              ("XSPICE_X509_KEY_PASSWORD", "--x509-key-password-file")])
def test_password_in_the_environment(refused, variable, option):
    said = refused(environment={variable: "s3cret"})
    assert re.match(f"{variable}: every program .* environment; unset it, .* give {option} FILE$", said)
    assert "s3cret" not in said


def test_no_refusal_tells_a_password(refused):
    for arguments in (["--password", "s3cret"], ["--password=s3cret"], ["--x509-key-password=s3cret"]):
        assert "s3cret" not in refused(*arguments)


def test_two_passwords_that_are_one(refused, tmp_path):
    password = tmp_path / "password"
    password.write_text("secret\n")
    password.chmod(0o600)
    said = refused("--password-file", str(password), "--view-only-password-file", str(password))
    assert said == f"--view-only-password-file {password}: has the password of --password-file; choose another one"


def test_state_directory_that_others_can_write_to(refused, tmp_path):
    (tmp_path / "xspice").mkdir(mode=0o700)
    (tmp_path / "xspice").chmod(0o770)
    said = refused("--tls-auto", environment={"XDG_STATE_HOME": tmp_path})
    assert re.match(f'XDG_STATE_HOME: {tmp_path}/xspice is not a directory that only you can write to; "chmod', said)


def test_state_directory_that_cannot_be_made(refused):
    said = refused("--tls-auto", environment={"XDG_STATE_HOME": "/proc/nonexistent"})
    assert re.match("XDG_STATE_HOME: cannot make /proc/nonexistent/xspice: .*; set it to", said)


def test_port_that_another_program_has(refused):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused("--port", str(port))
    assert re.match(rf"--port {port}: another program listens there.*; choose another", said)


def test_port_that_another_xspice_has(launch, refused):
    port = str(launch("--disable-ticketing").ready().port)
    assert re.match(f"--port {port}: .*; choose another port", refused("--port", port))


def test_display_that_another_xspice_has(launch, refused):
    display = f":{launch('--disable-ticketing').ready().display}"
    assert re.match(f"{display}: this display is in use; choose another", refused(display))


def test_display_that_another_x_server_has(launch, refused, free_display, tmp_path):
    mark = processes.new_mark()
    processes.spawn(["Xvfb", f":{free_display}", "-nolisten", "tcp"], mark=mark, log=tmp_path / "log")
    try:
        processes.wait_for(lambda: processes.display_in_use(free_display), 10, "Xvfb")
        said = refused(f":{free_display}")
    finally:
        processes.kill_remaining(mark)
        processes.wait_for(lambda: not processes.remaining(mark), 10, "the end of Xvfb")
        for left in (f"/tmp/.X{free_display}-lock", f"/tmp/.X11-unix/X{free_display}"):
            os.unlink(left)
    assert re.match(f":{free_display}: this display is in use; choose another", said)


def test_password_that_is_too_long(refused, tmp_path):
    password = tmp_path / "password"
    password.write_text("x" * 61 + "\n")
    assert re.match(f"--password-file {password}: .*; write 1 to 60 bytes", refused("--password-file", str(password)))


def test_password_file_of_somebody_else(refused, tmp_path):
    password = tmp_path / "password"
    password.write_text("secret\n")
    password.chmod(0)
    said = refused("--password-file", str(password), uid=ORDINARY_USER)
    assert re.match(f"--password-file {password}: Permission denied; name a readable file", said)


@pytest.mark.parametrize("number, line", [
    (errno.EACCES, "--port 80: only root may use ports below 1024; choose a higher one"),
    (errno.ENOBUFS, "--addr 10.0.0.1: cannot listen on port 80: .*; choose another address or port"),
])
def test_errors_that_this_machine_may_not_bring_about(monkeypatch, number, line):
    def bind(*_):
        raise OSError(number, os.strerror(number))
    monkeypatch.setattr(network.socket, "socket", lambda *_: contextlib.nullcontext(
        types.SimpleNamespace(setsockopt=lambda *_: None, bind=bind)))
    with pytest.raises(errors.OperatorError, match=line):
        network.choose_port(80, ("10.0.0.1",))


def test_module_that_is_no_module(refused, tmp_path):
    (tmp_path / "drivers").mkdir()
    (tmp_path / "drivers" / "xspice_drv.so").write_text("not a module")
    said = refused(modules=tmp_path)
    assert re.match("--xorg /usr/lib/xorg/Xorg: did not start: .*xspice_drv.so.*; --log-file", said), said


@pytest.mark.parametrize("script, reason", [
    ("exit 3", "it ended with status 3"),
    ("kill -SEGV $$", "it was killed by signal 11"),
    ("echo '(EE) no frobnicator' >&2; exit 1", "no frobnicator"),
    ("exec >/dev/null 2>&1; for fd in /proc/$$/fd/*; do eval \"exec ${fd##*/}>&-\"; done; exit 4",
     "it ended with status 4"),
])
def test_server_that_does_not_start(refused, tmp_path, script, reason):
    server = tmp_path / "server"
    server.write_text(f"#!/bin/bash\n{script}\n")
    server.chmod(0o755)
    said = refused("--xorg", str(server))
    assert said == f"--xorg {server}: did not start: {reason}; --log-file FILE keeps its whole log"


def test_line_of_our_module_is_passed_on(refused, tmp_path):
    server = tmp_path / "server"
    server.write_text("#!/bin/sh\n"
                      "echo '[  12.345] (EE) xspice(0): --port 5900: address in use; choose another'\nexit 1\n")
    server.chmod(0o755)
    assert refused("--xorg", str(server)) == "--port 5900: address in use; choose another"


def test_server_that_cannot_be_executed(refused, tmp_path):
    server = tmp_path / "server"
    server.write_text("#!/nonexistent\n")
    server.chmod(0o755)
    assert re.match(f"--xorg {server}: cannot be started: .*; install", refused("--xorg", str(server)))
