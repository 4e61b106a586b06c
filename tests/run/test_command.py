"""COMMAND: its exit status, its streams, its environment; and nothing but what it says is said."""

import os
import re
import signal

import pytest


@pytest.mark.parametrize("command, status", [
    (["true"], 0),
    (["--", "sh", "-c", "exit 7"], 7),
    (["sh", "-c", "exit 255"], 255),
    (["sh", "-c", "kill -TERM $$"], 128 + signal.SIGTERM),
    (["sh", "-c", "kill -KILL $$"], 128 + signal.SIGKILL),
    (["sh", "-c", "ulimit -c 0; kill -SEGV $$"], 128 + signal.SIGSEGV),
])
def test_exit_status_is_passed_on_and_nothing_is_said(xspice_run, command, status):
    run = xspice_run(*command)
    assert (run.wait(), run.said, run.complained) == (status, "", "")


@pytest.mark.parametrize("command, status, line", [
    ("no-such-program", 127, "no-such-program: no such program; check its name and PATH"),
    ("/nonexistent/program", 127, "/nonexistent/program: no such program; check its name and PATH"),
    ("/etc/passwd", 126, "/etc/passwd: cannot be run: Permission denied; name a program"),
    ("/etc", 126, "/etc: cannot be run: Permission denied; name a program"),
])
def test_command_that_cannot_be_run(refused, command, status, line):
    assert refused("--", command, status=status) == line


def test_script_without_interpreter_is_one_for_the_shell(xspice_run, tmp_path):
    script = tmp_path / "script"
    script.write_text("echo $0 $1; exit 3\n")
    script.chmod(0o755)
    run = xspice_run(script, "argument")
    assert (run.wait(), run.said) == (3, f"{script} argument\n")


def test_streams_are_the_callers(xspice_run):
    reader, writer = os.pipe()
    os.write(writer, b"from the pipe\n")
    os.close(writer)
    run = xspice_run("sh", "-c", "cat; echo to standard error >&2", stdin=reader)
    os.close(reader)
    assert (run.wait(), run.said, run.complained) == (0, "from the pipe\n", "to standard error\n")


def test_environment(xspice_run):
    run = xspice_run("sh", "-c", "xdpyinfo | grep '^name of display'; ls -l $XAUTHORITY; env",
                     environment={"KEPT": "kept", "WAYLAND_DISPLAY": "wayland-0", "NOTIFY_SOCKET": "@kept"})
    assert run.wait() == 0
    (display,) = re.findall(r"^DISPLAY=(:\d+)$", run.said, re.MULTILINE)
    assert int(display[1:]) >= 99
    assert re.search(rf"^name of display: +{display}$", run.said, re.MULTILINE)
    assert re.search(rf"^XAUTHORITY={run.runtime}/xspice/.*/Xauthority$", run.said, re.MULTILINE)
    assert re.search(r"^-rw------- ", run.said, re.MULTILINE)
    assert "\nKEPT=kept\n" in run.said and "WAYLAND_DISPLAY" not in run.said
    assert not re.search("^LISTEN_", run.said, re.MULTILINE)


def test_arguments_reach_it_as_they_are(xspice_run):
    words = ["-n", "--", "--help", "", "a b", "*", "$HOME", "ä"]
    run = xspice_run("printf", r"<%s>\n", *words)
    assert (run.wait(), run.said) == (0, "".join(f"<{word}>\n" for word in words))


def test_working_directory_and_descriptors(xspice_run, tmp_path):
    run = xspice_run("sh", "-c", "pwd; ls /proc/self/fd | tr '\\n' ' '", cwd=tmp_path)
    assert (run.wait(), run.said) == (0, f"{tmp_path}\n0 1 2 3 ")  # 3 is the directory that ls reads


def test_what_it_leaves_running_ends(xspice_run):
    """Children, what made itself a daemon, and what does not listen to SIGTERM."""
    run = xspice_run("sh", "-c", "sleep 1000 & (setsid -f sleep 1001) & (trap '' TERM; sleep 1002; sleep 1003) & "
                                 "xclock & until xlsclients | grep -q xclock; do sleep 0.05; done; exit 5")
    assert run.wait() == 5


def test_ready_means_ready(xspice_run):
    """A program that connects once, at once."""
    run = xspice_run("xdpyinfo")
    assert run.wait() == 0 and "version number:    11.0" in run.said


def test_screen_is_the_same_everywhere(xspice_run):
    run = xspice_run("sh", "-c", "xdpyinfo; xset q; setxkbmap -query; xdotool getmouselocation; "
                                 "xwininfo -root -tree | grep children")
    assert run.wait() == 0
    assert re.search(r"dimensions: +1280x1024 pixels", run.said)
    assert re.search(r"resolution: +96x96 dots per inch", run.said)
    assert re.search(r"depth of root window: +24 planes", run.said)
    assert re.search(r"timeout:  0 +cycle", run.said), run.said
    assert "DPMS is Enabled" not in run.said, run.said
    assert re.search(r"layout: +us\n", run.said)
    assert re.search(r"x:640 y:512 ", run.said), run.said
    assert "0 children" in run.said


@pytest.mark.parametrize("runtime_directory", [True, False])
def test_directories_with_long_names(xspice_run, tmp_path, runtime_directory):
    """Too long for a socket in them. Build systems make such ones."""
    long = tmp_path / ("long" * 25)
    long.mkdir(mode=0o700)
    run = xspice_run("sh", "-c", "xdpyinfo > /dev/null && exit 3", environment={
        "TMPDIR": long, "XDG_RUNTIME_DIR": long if runtime_directory else None})
    assert (run.wait(), run.complained) == (3, "")
    assert not list(long.iterdir())


def test_closed_streams(xspice_run, tmp_path):
    """As cron jobs and daemons may have them."""
    run = xspice_run("sh", "-c", "cat; xdpyinfo > $0 && exit 3", tmp_path / "out",
                     prefix=["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"])
    assert run.wait() == 3
    assert "version number" in (tmp_path / "out").read_text()
