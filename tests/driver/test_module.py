"""The module as a file, how it starts and how it ends."""

import os
import re
import signal
import socket
import subprocess

import pytest

from support import processes, xserver


def test_exports_nothing_but_its_module_record():
    module = xserver.module_path() / "drivers" / "xspice_drv.so"
    symbols = subprocess.run(["nm", "--dynamic", "--defined-only", module], capture_output=True, text=True,
                             check=True).stdout
    assert [line.split()[-1] for line in symbols.splitlines()] == ["xspiceModuleData"]


def test_loads_with_all_symbols_bound_and_shows_what_is_drawn(xorg):
    server = xorg()
    assert server.x.size() == (1024, 768)
    server.x.window(10, 20, 300, 200, colour=0x123456)
    server.x.sync()
    picture = server.x.picture()
    assert (picture[20:220, 10:310] == 0x123456).all()
    assert (picture[:20] != 0x123456).all()


def test_log_has_no_error_but_the_missing_system_bus(xorg):
    server = xorg()
    errors = [line for line in server.log().splitlines() if re.search(r"^\[.*\] \(EE\) ", line)]
    assert [line for line in errors if "dbus" not in line] == []


@pytest.mark.parametrize(("option", "value"), [
    ("NumHeads", "0"), ("NumHeads", "17"), ("NumHeads", "two"), ("Size", "1024"), ("Size", "1024x768x24"),
    ("Size", "32x32"), ("Size", "9000x600"), ("MaxSize", "20000x20000"), ("Dpi", "0"), ("Dpi", "ninety"),
    ("SpicePort", "-1"), ("SpicePort", "65536"), ("SpicePort", "5900x"), ("SpiceTlsPort", "65536"),
    ("SpiceIPV4Only", "perhaps"), ("SpiceIPV6Only", "perhaps"), ("SpiceTlsAuto", "perhaps"), ("SpiceSasl", "perhaps"),
    ("SpiceCoreDumps", "perhaps"), ("SpiceImageCompression", "jpeg"),
    ("SpiceJpegWanCompression", "auto_lz"), ("SpiceZlibGlzWanCompression", "sometimes"),
    ("SpiceDeferredFPS", "-1"), ("SpiceDeferredFPS", "1001"), ("SpiceDeferredFPS", "fast"),
    ("SpiceDisableTicketing", "perhaps"),
])
def test_bad_value_ends_the_start_with_one_line_that_names_it(failing_xorg, option, value):
    status, log = failing_xorg({option: value})
    assert status != 0
    lines = [line for line in log.splitlines() if "(EE) xspice(0):" in line]
    assert len(lines) == 1, log[-2000:]
    assert f'Option "{option}" "{value}": ' in lines[0]
    assert re.search(r": (give|is more than) ", lines[0])


@pytest.mark.parametrize(("settings", "line"), [
    ({"SpicePort": "0"}, "--port 0: leaves no way in; "),
    ({"SpiceX509Dir": "/tmp"}, "--x509-dir /tmp: has no effect without --tls-port; "),
    ({"SpiceSecureChannels": "all"}, "--secure-channels all: would let nobody in without TLS; "),
    ({"SpiceViewOnlyPasswordFile": "/tmp/x"}, "--view-only-password-file /tmp/x: contradicts --disable-ticketing; "),
    ({"SpiceSaslHostname": "desk"}, "--sasl-hostname desk: has no effect without --sasl; "),
    ({"SpiceListenFds": "900"}, "LISTEN_FDS: descriptor 900 is not a listening "),
    ({"SpiceIPV4Only": "true", "SpiceIPV6Only": "true"}, "--ipv4-only: contradicts --ipv6-only; "),
], ids=str)
def test_options_that_do_not_go_together_end_the_start_with_one_line(failing_xorg, settings, line):
    status, log = failing_xorg(settings)
    assert status != 0
    (said,) = [each for each in log.splitlines() if "(EE) xspice(0):" in each]
    assert f"(EE) xspice(0): {line}" in said


def test_heads_that_do_not_fit_the_largest_screen_are_refused(failing_xorg):
    status, log = failing_xorg({"NumHeads": "5", "Size": "1000x1000", "MaxSize": "2000x2000"})
    assert status != 0
    assert 'Option "NumHeads" "5": so many heads of this size do not fit' in log


def test_password_is_required_unless_ticketing_is_disabled(failing_xorg, tmp_path):
    status, log = failing_xorg({"SpiceDisableTicketing": None})
    assert status != 0 and 'Option "SpicePasswordFile" "": give a file' in log
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    secret.chmod(0o600)
    status, log = failing_xorg({"SpicePasswordFile": str(secret)})
    assert status != 0 and 'contradicts Option "SpiceDisableTicketing"' in log
    secret.chmod(0o644)
    status, log = failing_xorg({"SpiceDisableTicketing": None, "SpicePasswordFile": str(secret)})
    assert status != 0 and f"--password-file {secret}: other users can read or change it; chmod 600 it" in log


def test_taken_port_is_named(failing_xorg):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, log = failing_xorg({"SpicePort": str(port)})
    assert status != 0
    lines = [line for line in log.splitlines() if "(EE) xspice(0):" in line]
    assert len(lines) == 1 and f"--port {port}" in lines[0], log[-2000:]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_cleanly_on_a_signal(xorg, number):
    server = xorg()
    os.kill(server.pid, number)
    assert server.process.wait(10) == 0
    assert "Server terminated successfully (0)" in server.log()
    server.assert_nothing_left()
    server.abandon()


def test_crash_leaves_no_lock_and_no_socket(xorg):
    server = xorg()
    os.kill(server.pid, signal.SIGSEGV)
    status = server.process.wait(10)
    assert status == -signal.SIGABRT
    assert "Caught signal 11" in server.log()
    processes.wait_for(lambda: not processes.display_in_use(server.number), 5, "lock and socket are gone")
    server.assert_nothing_left()
    server.abandon()
