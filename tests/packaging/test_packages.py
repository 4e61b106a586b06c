"""What is in the packages, and what they say of themselves."""

import re
import subprocess

import pytest
from conftest import SOURCE
from support import deb822

SOURCE_CONTROL = deb822.paragraphs((SOURCE / "debian" / "control").read_text())
BUILD_TOOLS = {"debhelper-compat": "debhelper"}


def listed(group=None):
    lines = [line.split() for line in (SOURCE / "scripts" / "packages.txt").read_text().splitlines()
             if line and not line.startswith("#")]
    return {name for of, name in lines if group in (None, of)}


def test_build_depends_are_those_of_the_list():
    """scripts/packages.txt is the list; a package says the same in its own words."""
    build = set(deb822.names(SOURCE_CONTROL[0]["Build-Depends"]))
    assert {BUILD_TOOLS.get(name, name) for name in build} <= listed()
    at_run_time = {name for paragraph in SOURCE_CONTROL[1:] for field in ("Depends", "Recommends", "Suggests")
                   for name in deb822.names(paragraph.get(field, ""))}
    # A compiler is build-essential; the X server comes with what debian/rules asks of it.
    assert listed("run") - {"g++", "xserver-xorg-core"} <= build | at_run_time


def test_version_is_that_of_the_tree(packages):
    version = re.search(r"version: '([^']+)'", (SOURCE / "meson.build").read_text())[1]
    for name in packages.debs:
        assert packages.control(name)["Version"] == version
    assert {paragraph["Package"] for paragraph in SOURCE_CONTROL[1:]} == packages.debs.keys()


def test_depends_on_the_x_server_it_was_built_for(packages):
    depends = packages.control("xspice")["Depends"].split(", ")
    assert any(re.fullmatch(r"xorg-video-abi-\d+", part) for part in depends), depends
    assert any(part.startswith("xserver-xorg-core (>= ") for part in depends), depends
    assert any(part.startswith("python3") for part in depends), depends


def test_lintian_finds_nothing(packages):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", packages.changes],
                          capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


# What the machine's own X server, desktop or login reads, or programs of others own.
FOREIGN = ("/etc/", "/usr/share/X11/", "/usr/lib/xorg/", "/usr/lib/X11/", "/usr/share/xsessions/", "/usr/share/dbus-1/",
           "/usr/share/applications/", "/usr/local/", "/var/", "/run/", "/opt/", "/root/")


def test_nothing_is_where_others_look(packages):
    for name in packages.debs:
        for path, (mode, owner) in packages.contents(name).items():
            assert not path.startswith(FOREIGN), path
            assert "xspice" in path, path
            assert owner == "root/root" and "s" not in mode, (path, mode, owner)


def test_the_module_is_private(packages):
    (module,) = [path for path in packages.contents("xspice") if path.endswith("xspice_drv.so")]
    assert re.fullmatch(r"/usr/lib/[^/]+/xspice/modules/drivers/xspice_drv\.so", module)


def test_every_program_has_a_manual(packages):
    contents = packages.contents("xspice")
    programs = {path.removeprefix("/usr/bin/") for path in contents if path.startswith("/usr/bin/")}
    assert programs == {"xspice", "xspicectl", "xspice-run"}
    for page in [f"man1/{program}.1" for program in programs] + ["man4/xspice.4", "man5/xspice.toml.5"]:
        assert f"/usr/share/man/{page}.gz" in contents
    assert "/usr/share/doc/xspice/copyright" in contents


@pytest.mark.parametrize("unit", ["user/xspice@.service", "user/xspice@.socket", "system/xspice-user@.service"])
def test_units_are_there_and_started_by_nobody(packages, unit):
    """Templates: whoever wants one enables an instance."""
    assert any(path.endswith(f"/lib/systemd/{unit}") for path in packages.contents("xspice"))
    scripts = subprocess.run(["dpkg-deb", "--info", packages.debs["xspice"]], check=True, capture_output=True,
                             text=True).stdout
    assert "systemctl" not in scripts
