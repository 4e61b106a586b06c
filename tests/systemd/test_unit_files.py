"""The units as files: what systemd itself says of them, and where they are installed."""

import json
import os
import re
import subprocess

import pytest
from conftest import install_units
from support import xserver

# Of 10, by "systemd-analyze security". It takes a service of a user for one of root: most of its points are for rights
# that no process of a user has. What a desktop needs, hardening.conf says.
MOST_EXPOSURE = {"user": 8.2, "system": 4.3}


@pytest.fixture
def analyze(tmp_path):
    program = tmp_path / "xspice"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    units = dict(zip(("user", "system"), install_units(tmp_path, tmp_path)))

    def run(whose, *words):
        search = f"{units[whose]}:/usr/lib/systemd/{whose}"  # for the targets that they name
        return subprocess.run(
            ["systemd-analyze", f"--{whose}", "--no-pager", *words], cwd=units[whose], capture_output=True, text=True,
            env={**os.environ, "SYSTEMD_UNIT_PATH": search, "XDG_RUNTIME_DIR": str(tmp_path)}, timeout=60)
    return run


@pytest.mark.parametrize("whose, units", [("user", ["xspice@7.service", "xspice@7.socket"]),
                                          ("system", ["xspice-user@daemon.service"])])
def test_systemd_has_nothing_to_say_against_them(analyze, whose, units):
    done = analyze(whose, "verify", *units)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("whose, unit", [("user", "xspice@7.service"), ("system", "xspice-user@daemon.service")])
def test_exposure(analyze, whose, unit):
    done = analyze(whose, "security", "--offline=true", unit)
    exposure = float(re.search(rf"exposure level for {unit}: ([\d.]+)", done.stdout)[1])
    assert exposure <= MOST_EXPOSURE[whose], done.stdout


def test_installed_where_managers_look():
    listed = subprocess.run(["meson", "introspect", "--installed", xserver.BUILD], capture_output=True, text=True,
                            check=True).stdout
    installed = {path.partition("/lib/systemd/")[2]: source for source, path in json.loads(listed).items()
                 if "/lib/systemd/" in path}
    assert set(installed) == {"user/xspice@.service", "user/xspice@.socket", "user/xspice@.service.d/hardening.conf",
                              "system/xspice-user@.service"}
    for source in installed.values():
        with open(source, encoding="utf-8") as unit:
            text = unit.read()
        assert not re.search("@[A-Z]+@", text)
        assert "ExecStart=" not in text or re.search(r"^ExecStart=/\S+/bin/xspice ", text, re.MULTILINE)
