"""A display that says it is ready: what it prints, writes and lets in."""

import os
import pathlib
import re
import socket
import stat
import subprocess

import pytest
from conftest import ORDINARY_USER, link, viewer_keys
from support import processes, procinfo, wire


def test_both_kinds_of_clients_connect_at_its_word(launch):
    xspice = launch().ready()
    with socket.socket(socket.AF_UNIX) as x:
        x.connect(f"/tmp/.X11-unix/X{xspice.display}")
    link(("127.0.0.1", xspice.port), xspice.ticket)
    assert "Screen 0" in xspice.x("xrandr")


def test_ticket_is_random_printed_once_and_needed(launch):
    first, second = launch().ready(), launch().ready()
    assert first.ticket != second.ticket
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", first.ticket)
    assert first.said.count(first.ticket) == 1 and first.ticket not in first.complained
    for wrong in ("", second.ticket):
        with pytest.raises(wire.Refused):
            link(("127.0.0.1", first.port), wrong)


def test_ticket_is_not_for_the_journal(launch):
    """Which keeps it, and which other users may read. JOURNAL_STREAM: systemd.exec(5)."""
    as_a_unit = ["sh", "-c", 'JOURNAL_STREAM=$(stat -Lc %d:%i /proc/$$/fd/1) exec "$@"', "sh"]
    xspice = launch(prefix=as_a_unit).ready()
    assert re.search("^  password +as in the .vv file$", xspice.said, re.MULTILINE)
    ticket = viewer_keys(xspice.viewer_file)["password"]
    link(("127.0.0.1", xspice.port), ticket)
    assert ticket not in xspice.said + xspice.complained
    # What is printed elsewhere is not the journal's, whatever a unit further up may have set.
    other = launch(environment={"JOURNAL_STREAM": "9:1234"}).ready()
    link(("127.0.0.1", other.port), other.ticket)


def test_ticket_is_in_no_command_line_environment_or_log(launch, tmp_path):
    log = tmp_path / "xorg.log"
    xspice = launch("--log-file", str(log), "--", "sleep", "1000").ready()
    secret = xspice.ticket.encode()
    for pid in [xspice.process.pid, *procinfo.descendants(xspice.process.pid)]:
        for name in ("cmdline", "environ"):
            assert secret not in pathlib.Path(f"/proc/{pid}/{name}").read_bytes(), (pid, name)
    assert secret not in log.read_bytes()


def test_viewer_file(launch):
    xspice = launch("--name", "my desktop").ready()
    path = xspice.viewer_file
    assert path == xspice.runtime / "xspice" / f"display-{xspice.display}.vv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert viewer_keys(path) == {"type": "spice", "host": "127.0.0.1", "port": str(xspice.port), "title": "my desktop",
                                 "password": xspice.ticket, "delete-this-file": "0"}


def test_private_directory_without_runtime_directory(launch):
    xspice = launch(runtime_directory=False).ready()
    directory = xspice.viewer_file.parent
    assert directory.parent == xspice.temporary and directory.name.startswith("xspice-")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(xspice.viewer_file.stat().st_mode) == 0o600
    xspice.end()


def test_private_files_are_private(launch):
    xspice = launch().ready()
    private = [path for path in (xspice.runtime / "xspice").iterdir() if path.is_dir()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in private] == [0o700]


def test_runtime_directory_that_cannot_be_used(launch):
    xspice = launch(environment={"XDG_RUNTIME_DIR": "/nonexistent"}).ready()
    assert re.fullmatch("xspice: warning: XDG_RUNTIME_DIR /nonexistent: .*\n", xspice.complained)
    assert xspice.viewer_file.parent.parent == xspice.temporary


def test_password_file(launch, tmp_path):
    password = tmp_path / "password"
    password.write_text("s3cret pa\\ss\nsecond line\n")
    password.chmod(0o600)
    xspice = launch("--password-file", str(password)).ready()
    assert "s3cret" not in xspice.said and xspice.complained == ""
    link(("127.0.0.1", xspice.port), "s3cret pa\\ss")
    with pytest.raises(wire.Refused):
        link(("127.0.0.1", xspice.port), "wrong")
    assert viewer_keys(xspice.viewer_file)["password"] == "s3cret pa\\\\ss"  # as GKeyFile escapes it


def test_password_from_a_pipe(launch):
    reader, writer = os.pipe()
    with open(writer, "wb") as pipe:
        pipe.write(b"piped\n")
    xspice = launch("--password-file", "/dev/stdin", stdin=reader).ready()
    os.close(reader)
    link(("127.0.0.1", xspice.port), "piped")


def test_password_file_that_others_can_read(launch, tmp_path):
    password = tmp_path / "password"
    password.write_text("secret\n")
    password.chmod(0o644)
    xspice = launch("--password-file", str(password)).ready()
    assert re.fullmatch(r'xspice: warning: --password-file \S+: other users can read it; "chmod 600".*\n',
                        xspice.complained)


def test_password_file_of_an_administrator(launch, shared_directory):
    """Group members read it by the group, as with secrets of Kubernetes: its mode is not theirs to change."""
    password = shared_directory / "password"
    password.write_text("secret\n")
    os.chown(password, 0, ORDINARY_USER)
    password.chmod(0o440)
    xspice = launch("--password-file", str(password), uid=ORDINARY_USER).ready()
    assert xspice.complained == ""
    link(("127.0.0.1", xspice.port), "secret")


def test_disabled_ticketing(launch):
    xspice = launch("--disable-ticketing").ready()
    assert "none: whoever reaches the port gets in" in xspice.said
    assert "password" not in viewer_keys(xspice.viewer_file)
    link(("127.0.0.1", xspice.port))


def test_loopback_alone_and_says_so(launch):
    xspice = launch().ready()
    assert f"127.0.0.1 port {xspice.port} (this machine only; --addr 0.0.0.0 lets others in)" in xspice.said
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", xspice.port), 5)


def test_addresses_that_were_asked_for_and_no_other(launch):
    xspice = launch("--addr", "127.0.0.2", "--addr", "127.0.0.3", "--disable-ticketing").ready()
    assert f"127.0.0.2, 127.0.0.3 port {xspice.port} (this machine only)" in xspice.said
    for host in ("127.0.0.2", "127.0.0.3"):
        link((host, xspice.port))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", xspice.port), 5)
    assert viewer_keys(xspice.viewer_file)["host"] == "127.0.0.2"


def test_all_addresses(launch):
    xspice = launch("--addr", "0.0.0.0", "--disable-ticketing").ready()
    assert "this machine only" not in xspice.said
    link(("127.0.0.4", xspice.port))
    assert viewer_keys(xspice.viewer_file)["host"] == "127.0.0.1"


def test_screen_options(launch):
    xspice = launch("--size", "801x601", "--numheads", "2", "--dpi", "120").ready()
    monitors = re.findall(r" (\d+)/\d+x(\d+)/\d+\+(\d+)\+(\d+) ", xspice.x("xrandr", "--listmonitors"))
    assert monitors == [("801", "601", "0", "0"), ("801", "601", "801", "0")]
    assert "120x120 dots per inch" in xspice.x("xdpyinfo")


def test_keyboard_options(launch):
    xspice = launch("--keyboard-layout", "us,de", "--keyboard-variant", ",nodeadkeys", "--keyboard-options",
                    "compose:menu", "--keyboard-model", "pc104").ready()
    query = dict(re.findall(r"^(\w+): +(\S+)$", xspice.x("setxkbmap", "-query"), re.MULTILINE))
    assert query == {"rules": "evdev", "model": "pc104", "layout": "us,de", "variant": ",nodeadkeys",
                     "options": "compose:menu"}


def test_own_user_needs_no_cookie_and_others_are_refused(launch):
    xspice = launch().ready()
    assert "version number" in xspice.x("xdpyinfo")
    with pytest.raises(subprocess.CalledProcessError):
        xspice.x("xdpyinfo", user=ORDINARY_USER, group=ORDINARY_USER, extra_groups=[],
                 environment={"XAUTHORITY": "/nonexistent"})


def test_log_file_stays(launch, tmp_path):
    log = tmp_path / "xorg.log"
    xspice = launch("--log-file", str(log)).ready()
    xspice.end()
    assert "xspice" in log.read_text()


def test_service_manager_is_told_by_the_main_process_when_ready(launch, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        manager.settimeout(30)
        xspice = launch("--disable-ticketing", "--", "sleep", "1000",
                        environment={"NOTIFY_SOCKET": tmp_path / "notify"})
        message, credentials, _, _ = manager.recvmsg(4096, socket.CMSG_SPACE(12))
        link(("127.0.0.1", xspice.ready().port))
    assert message.decode() == f"READY=1\nSTATUS=Display :{xspice.display} is ready"
    assert int.from_bytes(credentials[0][2][:4], "little") == xspice.process.pid
    for pid in procinfo.descendants(xspice.process.pid):
        if pid != xspice.keeper:
            assert b"NOTIFY_SOCKET" not in pathlib.Path(f"/proc/{pid}/environ").read_bytes()


def test_twelve_at_once_without_display_or_port(launch):
    started = [launch(own_port=False) for _ in range(12)]
    for xspice in started:
        xspice.ready(within=90)
    assert len({xspice.display for xspice in started}) == 12
    assert len({xspice.port for xspice in started}) == 12
    for xspice in started:
        link(("127.0.0.1", xspice.port), xspice.ticket)
        assert "version number" in xspice.x("xdpyinfo")
    for xspice in started:
        xspice.process.terminate()
    for xspice in started:
        xspice.wait(60)
        xspice.assert_nothing_left()


def test_ordinary_user(launch):
    xspice = launch("--", "sleep", "1000", uid=ORDINARY_USER).ready()
    assert os.stat(f"/proc/{xspice.xorg}").st_uid == ORDINARY_USER
    assert xspice.viewer_file.stat().st_uid == ORDINARY_USER
    link(("127.0.0.1", xspice.port), xspice.ticket)
    assert "version number" in xspice.x("xdpyinfo", user=ORDINARY_USER, group=ORDINARY_USER, extra_groups=[],
                                        environment={"XAUTHORITY": "/nonexistent"})
    assert xspice.end() == -15


def test_chosen_display(launch, free_display):
    xspice = launch(f":{free_display}").ready()
    assert xspice.display == free_display
    processes.wait_for(lambda: processes.display_in_use(free_display), 5, "the display")
