"""xvfb-run's options, each with its effect; and what getopt(3) lets users write."""

import os
import re
import shutil
import socket
import subprocess

import pytest
from conftest import x
from support import processes

NUMBER = "printf %s $DISPLAY"


def test_server_number(xspice_run, free_display):
    run = xspice_run("-n", free_display, "sh", "-c", NUMBER)
    assert (run.wait(), run.said) == (0, f":{free_display}")


@pytest.mark.parametrize("written", [["-n{}"], ["--server-num={}"], ["--server-num", "{}"], ["--server-n", "{}"],
                                     ["-an{}"], ["-a", "-n", "{}"]])
def test_ways_to_write_it(xspice_run, first_free_display, written):
    run = xspice_run(*(word.format(first_free_display) for word in written), "--", "sh", "-c", NUMBER)
    assert (run.wait(), run.said) == (0, f":{first_free_display}")


def test_server_number_that_is_taken(xspice_run, refused, first_free_display):
    run = xspice_run("-n", first_free_display, "sh", "-c", "echo up; exec sleep 1000")
    run.said_line("up")
    assert refused("-n", first_free_display, "true") == (
        f":{first_free_display}: this display is in use; choose another one, or leave it out for a free one")
    automatic = xspice_run("-a", "-n", first_free_display, "sh", "-c", NUMBER)
    assert automatic.wait() == 0
    assert int(automatic.said[1:]) > first_free_display


def test_auto_server_number_passes_by_an_xvfb(xspice_run, first_free_display):
    mark = processes.new_mark()
    xvfb = processes.spawn(["Xvfb", f":{first_free_display}", "-nolisten", "tcp"], mark=mark, log=os.devnull)
    try:
        processes.wait_for(lambda: processes.display_in_use(first_free_display), 10, "Xvfb")
        run = xspice_run("--auto-servernum", "-n", first_free_display, "sh", "-c", NUMBER)
        assert run.wait() == 0
        assert int(run.said[1:]) > first_free_display
    finally:
        processes.stop(xvfb)


def test_error_file(xspice_run, tmp_path):
    path = tmp_path / "errors"
    path.write_text("before\n")
    run = xspice_run("-e", path, "true")
    assert (run.wait(), run.complained) == (0, "")
    assert path.read_text().startswith("before\n") and "X.Org X Server" in path.read_text()


def test_error_file_is_standard_error(xspice_run):
    run = xspice_run("--error-file=/dev/stderr", "sh", "-c", "exit 4")
    assert run.wait() == 4
    assert "X.Org X Server" in run.complained


def entries(path):
    return subprocess.run(["xauth", "-f", path, "list"], capture_output=True, text=True, check=True).stdout


def test_auth_file(xspice_run, tmp_path):
    path = tmp_path / "cookies"
    run = xspice_run("-f", path, "sh", "-c", "echo $XAUTHORITY; xauth list $DISPLAY; xdpyinfo >/dev/null && echo in")
    assert run.wait() == 0
    assert re.fullmatch(rf"{path}\n.*/unix:\d+  MIT-MAGIC-COOKIE-1  [0-9a-f]{{32}}\nin\n", run.said), run.said
    assert not list(tmp_path.iterdir())


def test_auth_file_keeps_what_else_is_in_it(xspice_run, tmp_path, free_display):
    path = tmp_path / "cookies"
    for display in (":7", f":{free_display}"):
        subprocess.run(["xauth", "-q", "-f", path, "add", display, ".", "00" * 16], check=True)
    before = entries(path).splitlines()
    run = xspice_run("-f", path, "-n", free_display, "xauth", "list")
    assert run.wait() == 0
    others = [line for line in before if f":{free_display} " not in line]
    assert [line for line in run.said.splitlines() if f":{free_display} " not in line] == others
    (ours,) = [line for line in run.said.splitlines() if f":{free_display} " in line]
    assert "0" * 32 not in ours
    assert entries(path).splitlines() == others
    assert [child.name for child in tmp_path.iterdir()] == ["cookies"]


def test_auth_file_of_several_at_once(xspice_run, tmp_path):
    path = tmp_path / "cookies"
    path.touch()
    runs = [xspice_run("-f", path, "sh", "-c", "xauth list $DISPLAY | wc -l; xdpyinfo > /dev/null") for _ in range(5)]
    for run in runs:
        assert (run.wait(), run.said) == (0, "1\n"), run.complained
    assert path.read_bytes() == b""


def test_auth_file_that_is_something_else(refused, tmp_path):
    path = tmp_path / "text"
    path.write_text("some text that is no cookie")
    assert refused("-f", path, "true") == (f"--auth-file {path}: it is something else than an Xauthority file; "
                                           "name another one")
    assert path.read_text() == "some text that is no cookie"


def test_listen_tcp(xspice_run, free_display):
    run = xspice_run("-l", "-n", free_display, "sh", "-c", "echo up; exec sleep 1000")
    run.said_line("up")
    for host in ("127.0.0.1", "::1"):
        socket.create_connection((host, 6000 + free_display), 5).close()
    (cookie,) = run.runtime.rglob("Xauthority")
    assert "version number" in x(f"localhost:{free_display}", "xdpyinfo", environment={"XAUTHORITY": str(cookie)})


def test_no_tcp_without_it(xspice_run, free_display):
    run = xspice_run("-n", free_display, "sh", "-c", "echo up; exec sleep 1000")
    run.said_line("up")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 6000 + free_display), 5)


def test_xauth_protocol(xspice_run, refused):
    for protocol in (".", "MIT-MAGIC-COOKIE-1"):
        assert xspice_run("-p", protocol, "xdpyinfo").wait() == 0
    assert refused("-p", "XDM-AUTHORIZATION-1", "true").startswith("-p XDM-AUTHORIZATION-1: not a protocol that")


def test_server_arguments(xspice_run):
    run = xspice_run("-a", "-s", "-screen 0 800x600x24 -dpi 120 -ac +extension GLX -extension XTEST -nolisten tcp "
                                 "-noreset", "sh", "-c", "xdpyinfo; xhost")
    assert run.wait() == 0
    assert re.search(r"dimensions: +800x600 pixels", run.said)
    assert re.search(r"resolution: +120x120 dots per inch", run.said)
    assert "access control disabled" in run.said
    assert "    GLX\n" in run.said and "    XTEST\n" not in run.said
    assert run.complained == ""


def test_server_arguments_that_make_it_listen(xspice_run, free_display):
    run = xspice_run("-n", free_display, "-s", "-listen tcp", "sh", "-c", "echo up; exec sleep 1000")
    run.said_line("up")
    socket.create_connection(("127.0.0.1", 6000 + free_display), 5).close()


def test_depth_that_cannot_be_had(xspice_run):
    run = xspice_run("-s", "-screen 0 1024x768x16", "xdpyinfo")
    assert run.wait() == 0
    assert run.complained == ("xspice-run: warning: --server-args -screen: pixels of 16 bits cannot be had; "
                              "they have 24\n")
    assert re.search(r"dimensions: +1024x768 pixels", run.said)


@pytest.mark.parametrize("arguments, line", [
    ("-screen 1 800x600x24", "-screen 1: there is one screen; use -screen 0"),
    ("-screen 0 huge", "-screen 0 huge: not a size; write WIDTHxHEIGHTx24"),
    ("-screen 0 10x10x24", "out of range; use 64x64 to 16384x16384"),
    ("-screen 0", "-screen: its value is missing; see Xvfb(1)"),
    ("-dpi 7", "not a whole number from 30 to 600; give one"),
    ("-fbdir /tmp", "-fbdir: the screen is in no file; --screenshot-on-failure and --record show it"),
    ("-auth /tmp/file", "-auth: the cookie is made for each display; --auth-file says where it goes"),
    (":7", ":7: -n 7 gives the display its number"),
])
def test_server_arguments_that_cannot_be(refused, arguments, line):
    assert refused("-s", arguments, "true") == f"-s {arguments}: {line}"


def test_server_argument_that_the_server_does_not_know(refused):
    assert re.fullmatch("--xorg .*: did not start: Unrecognized option: -nonsense; .*", refused("-s", "-nonsense", "true"))


def test_wait_is_taken(xspice_run):
    assert xspice_run("-w", "3", "true").wait() == 0


@pytest.mark.parametrize("arguments, line", [
    ([], 'needs a command to run; "xspice-run --help" tells more'),
    (["-a", "--"], 'needs a command to run; "xspice-run --help" tells more'),
    (["--nonsense", "true"], '--nonsense: no such option; "xspice-run --help" lists all options'),
    (["-x", "true"], '-x: no such option; "xspice-run --help" lists all options'),
    (["--s", "true"], "--s: may be --server-num or --server-args or --size or --screenshot-on-failure; write it out"),
    (["--auto-servernum=1", "true"], '--auto-servernum: takes no value; leave out "=1"'),
    (["-n"], "-n: needs a value; write -n NUM"),
    (["-n", "many", "true"], "-n many: not a whole number from 0 to 59535; give one"),
    (["--timeout", "0", "true"], "--timeout 0: not a number of seconds; give one above 0, such as 600 or 1.5"),
    (["--timeout", "nan", "true"], "--timeout nan: not a number of seconds; give one above 0, such as 600 or 1.5"),
    (["--watch=0", "true"], "--watch 0: not a whole number from 1 to 65535; give one"),
])
def test_command_line_that_is_wrong(refused, arguments, line):
    assert refused(*arguments) == line


def test_no_xauth_needed(xspice_run, tmp_path):
    """xvfb-run cannot do without. COMMAND's PATH is ours."""
    for name in ("sh", "true"):
        (tmp_path / name).symlink_to(shutil.which(name))
    assert xspice_run("sh", "-c", "command -v xauth; true", environment={"PATH": tmp_path}).wait() == 0
