"""Installed desktops: which there are, and what a login gives them."""

import os
import pathlib
import re
import signal
import stat
import subprocess
import tempfile

import pytest
from gi.repository import Gio
from support import processes, procinfo
from xspice_launcher import desktop_entries

FOREIGN = {"WAYLAND_DISPLAY": "wayland-0", "SESSION_MANAGER": "local/elsewhere", "XDG_SEAT": "seat0", "XDG_VTNR": "7",
           "XDG_CURRENT_DESKTOP": "GNOME", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus"}


class Home:
    """A user's home, and what is installed for all: nothing but what install() puts there."""

    def __init__(self, directory):
        self.path = directory / "home"
        self._shared = directory / "share"
        self._own = self.path / ".local" / "share"
        self.variables = {"HOME": self.path, "XDG_DATA_DIRS": self._shared, "XDG_DATA_HOME": None}
        for base in (self._shared, self._own):
            (base / "xsessions").mkdir(parents=True)

    def install(self, name, command, *lines, own=False):
        file = (self._own if own else self._shared) / "xsessions" / f"{name}.desktop"
        file.write_text("\n".join(["[Desktop Entry]", "Type=Application", f"Name={name.title()}", f"Exec={command}",
                                   *lines, "[Desktop Action other]", "Exec=false", ""]))

    def write(self, name, contents, mode=0o644):
        file = self.path / name
        file.write_text(contents)
        file.chmod(mode)
        return file

    @property
    def log(self):
        return (self.path / ".xsession-errors").read_text()


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def environment(home, launch):
    """Starts a desktop that waits; returns it and its variables."""
    home.install("test", home.write("desktop", "#!/bin/sh\nenv -0 >env.new; mv env.new env; exec sleep 1000\n", 0o755),
                 "DesktopNames=Test;Small;")

    def start(*arguments, variables=None, session="test", **options):
        (home.path / "env").unlink(missing_ok=True)
        xspice = launch("--disable-ticketing", "--session", session, *arguments,
                        environment={**home.variables, **(variables or {})}, **options).ready()
        processes.wait_for((home.path / "env").exists, 10, lambda: f"the desktop's variables: {home.log}")
        words = (home.path / "env").read_text().split("\0")
        return xspice, dict(word.split("=", 1) for word in words if "=" in word)
    return start


def bus_identity(address):
    """That of the bus there; asking is proof that it works."""
    bus = Gio.DBusConnection.new_for_address_sync(
        address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION,
        None, None)
    answer = bus.call_sync("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetId", None, None,
                           Gio.DBusCallFlags.NONE, 10000, None)
    bus.close_sync(None)
    return answer.unpack()[0]


def test_desktop_has_what_a_login_gives(environment, home):
    xspice, found = environment(variables={**FOREIGN, "USER": None, "KEPT": "kept"})
    expected = {"DISPLAY": f":{xspice.display}", "XDG_SESSION_TYPE": "x11", "XDG_SESSION_CLASS": "user",
                "XDG_SESSION_DESKTOP": "test", "DESKTOP_SESSION": "test", "XDG_CURRENT_DESKTOP": "Test:Small",
                "XDG_RUNTIME_DIR": str(xspice.runtime), "HOME": str(home.path), "KEPT": "kept"}
    assert expected.items() <= found.items()
    assert found["USER"] == pathlib.Path(f"/proc/{xspice.xorg}").owner()
    assert not {"WAYLAND_DISPLAY", "SESSION_MANAGER", "XDG_SEAT", "XDG_VTNR"} & set(found)
    assert found["XAUTHORITY"].startswith(f"{xspice.runtime}/xspice/")
    assert os.readlink(f"/proc/{xspice.named('sleep')}/cwd") == str(home.path)
    assert re.fullmatch("[0-9a-f]{32}", bus_identity(found["DBUS_SESSION_BUS_ADDRESS"]))
    assert xspice.end() == -signal.SIGTERM
    assert xspice.complained == ""


def test_two_desktops_have_two_buses(environment):
    (first, in_first), (second, in_second) = environment(), environment()
    buses = {bus_identity(found["DBUS_SESSION_BUS_ADDRESS"]) for found in (in_first, in_second)}
    assert len(buses) == 2
    first.end()
    assert bus_identity(in_second["DBUS_SESSION_BUS_ADDRESS"]) in buses
    second.end()


def test_shared_bus(environment):
    xspice, found = environment("--session-bus", "shared", variables=FOREIGN)
    assert found["DBUS_SESSION_BUS_ADDRESS"] == FOREIGN["DBUS_SESSION_BUS_ADDRESS"]
    assert "dbus-daemon" not in {procinfo.name(pid) for pid in procinfo.descendants(xspice.process.pid)}


def test_own_bus_for_a_command(launch):
    xspice = launch("--disable-ticketing", "--session-bus", "own", "--", "sh", "-c",
                    "echo $DBUS_SESSION_BUS_ADDRESS $DESKTOP_SESSION.; exec sleep 1000", environment=FOREIGN).ready()
    address = processes.wait_for(lambda: re.search(r"^(unix:\S+) \.$", xspice.said, re.MULTILINE), 10, "the address")
    assert bus_identity(address[1])
    xspice.end()


def test_end_of_the_bus_is_the_end(environment):
    xspice, _ = environment()
    os.kill(xspice.named("dbus-daemon"), signal.SIGKILL)
    assert xspice.wait() == 1
    assert xspice.complained == (f"xspice: the message bus of :{xspice.display} ended: it was killed by signal 9; "
                                 "no desktop goes on without it\n")
    xspice.assert_nothing_left()


def test_private_runtime_directory_where_there_is_none(environment):
    xspice, found = environment(runtime_directory=False)
    directory = pathlib.Path(found["XDG_RUNTIME_DIR"])
    assert directory.is_relative_to(xspice.temporary) and stat.S_IMODE(directory.stat().st_mode) == 0o700
    xspice.end()


def test_bus_in_a_directory_of_any_name(environment):
    with tempfile.TemporaryDirectory(prefix="röntgen;100% & more") as runtime:
        xspice, found = environment(variables={"XDG_RUNTIME_DIR": runtime})
        assert bus_identity(found["DBUS_SESSION_BUS_ADDRESS"])
        xspice.end()


def test_bus_that_does_not_start(refused, home):
    """For a reason of its own, in the last line that it says."""
    home.install("test", "sleep 1000")
    programs = home.write("dbus-daemon", "#!/bin/sh\necho first\necho out of buses >&2\necho\nexit 1\n", 0o755).parent
    line = refused("--session", "test", environment={**home.variables, "PATH": f"{programs}:{os.environ['PATH']}"})
    assert line == ("--session-bus own: dbus-daemon did not start: out of buses; mend that, or give "
                    "--session-bus shared")


def test_end_of_a_desktop(launch, home):
    """Its exit status is passed on. Words with blanks reach it, and what it prints goes where logins keep it."""
    home.install("test", '/bin/sh -c "echo \\\\"last words\\\\"; exit $0" 7 %U')
    xspice = launch("--session", "test", environment=home.variables)
    assert xspice.wait() == 7
    assert "last words\n" in home.log
    xspice.assert_nothing_left()


def test_users_own_settings_are_read(launch, home):
    home.install("test", "sh -c 'exit $STATUS'")
    home.write(".xsessionrc", "export STATUS=9\n")
    assert launch("--session", "test", environment=home.variables).wait() == 9


def test_default_is_the_users_own_script(launch, home):
    home.write(".xsession", "#!/bin/sh\nexit 11\n", 0o755)
    assert launch("--session", "default", environment=home.variables).wait() == 11


def test_real_window_manager(launch, home):
    xspice = launch("--disable-ticketing", "--session", "openbox", environment=home.variables).ready()

    def is_there():
        try:
            return "window id" in xspice.x("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")
        except subprocess.CalledProcessError as error:
            trouble.append(error.stderr)
            return False
    trouble = []
    processes.wait_for(is_there, 20, lambda: f"openbox: {trouble} {xspice.complained}")
    xspice.end()


def test_list(launch, home):
    home.install("plain", "true", "Comment=For   everybody\\nhere")
    home.install("gone", "true", "TryExec=/nonexistent/program")
    home.install("there", "true", "TryExec=sh")
    home.install("hidden", "true")
    home.install("hidden", "true", "Hidden=true", own=True)
    home.install("mine", "false")
    home.install("mine", "true", "Name[de]=Meins", own=True)
    home.install("broken", 'true "')
    xspice = launch("--list-sessions", environment=home.variables)
    assert xspice.wait() == 0
    lines = dict(line.split(maxsplit=1) for line in xspice.said.splitlines())
    assert lines.keys() >= {"default", "openbox", "plain", "there", "mine"}  # and what else this machine has
    assert not lines.keys() & {"gone", "hidden", "broken"}
    assert lines["plain"] == "Plain: For everybody here"


def test_users_own_desktop_comes_first(launch, home):
    home.install("mine", "false")
    home.install("mine", "true", own=True)
    assert launch("--session", "mine", environment=home.variables).wait() == 0


def test_unknown_name_is_told_which_there_are(refused, home):
    home.install("plain", "true")
    line = refused("--session", "plane", environment=home.variables)
    assert re.fullmatch("--session plane: neither an installed session nor a program; sessions: .*\\bplain\\b.*", line)


def test_desktop_whose_program_is_missing(refused, home):
    home.install("plain", "/nonexistent/program")
    assert refused("--session", "plain", environment=home.variables) == (
        "--session plain: its program /nonexistent/program is not there; install it, or choose another one")


@pytest.mark.parametrize("command, words", [
    ("startdesk", ["startdesk"]),
    ("  startdesk   --one  two ", ["startdesk", "--one", "two"]),
    ('"/opt/my desk/start" --name="a b"', ["/opt/my desk/start", "--name=a b"]),
    (r'sh -c "echo \$HOME \"x\" \\ \n"', ["sh", "-c", r'echo $HOME "x" \ \n']),
    ("sh -c 'one \\ two'", ["sh", "-c", "one \\ two"]),
    ("startdesk %f %F %u %U %i %c %k %d %v 100%%", ["startdesk", "100%"]),
    ('startdesk --file=%f "%f" ""', ["startdesk", "--file=", "%f", ""]),
])
def test_exec_line(command, words):
    assert desktop_entries.split_exec(command) == words


@pytest.mark.parametrize("command", ["", "  ", "%U", '""', 'a "b', "a 'b", "a %z", "a %", "A=1 startdesk"])
def test_exec_line_that_is_none(command):
    with pytest.raises(ValueError):
        desktop_entries.split_exec(command)
