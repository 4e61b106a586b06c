"""Secrets stay with those who need them."""

import os
import pathlib
import re
import resource
import subprocess

import pytest
from conftest import ORDINARY_USER, link
from support import procinfo, wire


def status(pid):
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                if ":\t" in line)


def secret_file(directory, name, secret):
    file = directory / name
    file.write_text(secret + "\n")
    file.chmod(0o600)
    return str(file)


def core_limits(pid):
    return re.search(r"^Max core file size +(\S+) +(\S+)", pathlib.Path(f"/proc/{pid}/limits").read_text(),
                     re.MULTILINE).groups()


def is_private(pid):
    """A process that the kernel lets nobody but root look into has its files in /proc owned by root."""
    return os.stat(f"/proc/{pid}/environ").st_uid == 0


def test_no_secret_in_command_lines_environments_logs_or_files(launch, tmp_path):
    log = tmp_path / "xorg.log"
    secrets = ("fu11-s3cret", "v1ew-s3cret")
    xspice = launch("--log-file", str(log), "--password-file", secret_file(tmp_path, "full", secrets[0]),
                    "--view-only-password-file", secret_file(tmp_path, "view", secrets[1]),
                    "--", "sleep", "1000").ready()
    link(("127.0.0.1", xspice.port), secrets[0])
    link(("127.0.0.1", xspice.port), secrets[1])
    with pytest.raises(wire.Refused):
        link(("127.0.0.1", xspice.port), "wr0ng-s3cret")
    everywhere = {f"/proc/{pid}/{name}": pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
                  for pid in [xspice.process.pid, *procinfo.descendants(xspice.process.pid)]
                  for name in ("cmdline", "environ")}
    private = [path for path in xspice.runtime.rglob("*") if path.is_file() and path != xspice.viewer_file]
    everywhere |= {str(path): path.read_bytes() for path in [log, *private]}
    everywhere |= {"output": xspice.said.encode() + xspice.complained.encode()}
    for place, content in everywhere.items():
        assert b"s3cret" not in content, place
    assert {path.name for path in private} >= {"xorg.conf", "Xauthority"}


def test_password_files_are_gone_when_the_server_has_read_them(launch, tmp_path):
    xspice = launch("--view-only-password-file", secret_file(tmp_path, "view", "watch")).ready()
    names = {path.name for path in xspice.runtime.rglob("*") if path.is_file()}
    assert not names & {"ticket", "view-only-ticket", "key-password"}, names
    config = next(xspice.runtime.rglob("xorg.conf")).read_text()
    assert "/ticket" in config and "/view-only-ticket" in config


def test_processes_with_secrets_are_closed_to_others_of_their_user(launch):
    xspice = launch("--", "sleep", "1000", uid=ORDINARY_USER, looked_into=False).ready()
    for pid in (xspice.process.pid, xspice.keeper, xspice.xorg):
        assert is_private(pid), procinfo.name(pid)
    assert core_limits(xspice.xorg) == ("0", "0")
    reader = subprocess.run(["cat", f"/proc/{xspice.xorg}/environ"], user=ORDINARY_USER, group=ORDINARY_USER,
                            extra_groups=[], capture_output=True, text=True)
    assert "Permission denied" in reader.stderr
    assert not is_private(xspice.named("sleep"))
    assert xspice.end() == -15


def test_core_dumps_can_be_allowed(launch):
    xspice = launch("--core-dumps", uid=ORDINARY_USER).ready()
    for pid in (xspice.process.pid, xspice.keeper, xspice.xorg):
        assert not is_private(pid), procinfo.name(pid)
    assert core_limits(xspice.xorg)[1] != "0" or resource.getrlimit(resource.RLIMIT_CORE)[1] == 0


def test_privileges_cannot_be_gained_but_by_the_session(launch):
    xspice = launch("--disable-ticketing", "--", "sleep", "1000").ready()
    assert status(xspice.xorg)["NoNewPrivs"] == "1"
    assert status(xspice.process.pid)["NoNewPrivs"] == "1"
    assert status(xspice.named("sleep"))["NoNewPrivs"] == status(os.getpid())["NoNewPrivs"]  # sudo(8) works as ever
