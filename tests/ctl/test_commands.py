"""The table of commands: the help and the manual agree with it, and mistakes are told in one line."""

import json
import re

import pytest
from conftest import SOURCE
from xspice_launcher import __version__
from xspice_launcher.ctl import main, usage, words
from xspice_launcher.ctl.table import COMMANDS

BY_NAME = {command.name: command for command in COMMANDS}
MANUAL = (SOURCE / "launcher" / "xspicectl.1.scd").read_text()
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^#)", MANUAL, re.MULTILINE | re.DOTALL))


def test_manual_describes_every_command_and_no_other():
    assert list(SECTIONS) == list(BY_NAME)


@pytest.mark.parametrize("name", BY_NAME)
def test_manual_describes_every_option_of_a_command_and_no_other(name):
    found = re.findall(r"^\*(--[a-z-]+)\*(?: _(\S+)_)?\n\t\S", SECTIONS[name], re.MULTILINE)
    assert found == [(flag.name, flag.value or "") for flag in BY_NAME[name].flags]


@pytest.mark.parametrize("name", BY_NAME)
def test_manual_and_help_show_the_same_words(name):
    command = BY_NAME[name]
    line = re.match(r"(\*xspicectl.*)\n\t\S", SECTIONS[name])[1]
    shown = re.sub(r"[*_]", "", line)
    assert shown.replace("[:N] ", "") == command.usage().replace("[:N] ", "")
    assert usage.of_command(command).startswith(f"Usage: {command.usage()}\n")


def test_help_lists_every_command(capsys):
    assert main.main(["--help"]) == 0
    text = capsys.readouterr().out
    listed = re.search(r"^Commands:\n(.*?)\n\n", text, re.MULTILINE | re.DOTALL)[1]
    assert re.findall(r"^  (\S+) ", listed, re.MULTILINE) == list(BY_NAME)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("name", BY_NAME)
def test_help_of_a_command_lists_its_options(name, capsys):
    assert main.main([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert re.findall(r"^  (--\S+)", text, re.MULTILINE) == [flag.name for flag in BY_NAME[name].flags]
    assert max(map(len, text.splitlines())) <= 80 and all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("command", COMMANDS, ids=list(BY_NAME))
def test_examples_are_right(command):
    """As far as the command line goes: files and displays they name need not be there."""
    assert command.examples
    for line, meaning in command.examples:
        arguments = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", re.split(r" [|<]| <", line)[0])]
        assert words.parse(arguments, COMMANDS).command is command
        assert meaning


def test_documentation_names_no_command_or_option_that_does_not_exist():
    named = set()
    for page in (SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", *(SOURCE / "docs").glob("*.md")):
        for line in re.findall(r"xspicectl(?: +:[N\d]+)? +([a-z].*)", page.read_text()):
            name = re.match(r"[a-z-]+", line)[0]
            if name in BY_NAME:
                named.add(name)
                options = set(re.findall(r"(?<![\w-])--[a-z-]+", re.split(r"[|`;]", line)[0]))
                assert options <= {flag.name for flag in BY_NAME[name].flags} | {"--json", "--help"}, (page, line)
    assert named


def test_version(capsys):
    assert main.main(["--version"]) == 0
    assert capsys.readouterr().out == f"xspicectl {__version__}\n"


# --- the command line ---------------------------------------------------------------------------------------------


def test_words_and_options_in_any_order():
    found = words.parse([":3", "--json", "vv", "--host=a.b", "file", "--keep", "--expires", "60"], COMMANDS)
    assert (found.display, found.json, found.words) == (3, True, ["file"])
    assert (found.flags["--host"], found.flags["--keep"], found.flags["--expires"]) == ("a.b", True, 60)
    assert (found.flags["--view-only"], found.flags["--title"]) == (False, None)
    assert words.parse(["status", ":3"], COMMANDS).display == 3


def test_a_text_may_look_like_anything_else():
    assert words.parse([":1", "type", ":2"], COMMANDS).words == [":2"]
    assert words.parse(["type", "--", "--json"], COMMANDS).words == ["--json"]
    assert words.parse(["mouse", "by", "-5", "3"], COMMANDS).words == ["by", "-5", "3"]


WRONG = [
    ("", 'no command; write xspicectl COMMAND, such as "xspicectl list"'),
    ("stauts", "stauts: no such command; did you mean status?"),
    ("frobnicate", 'frobnicate: no such command; "xspicectl --help" lists all commands'),
    ("--frobnicate", "--frobnicate: no such option"),
    ("status :1 :2", ":2: a display was given already (:1); give one"),
    ("status :99999", ":99999: no such display"),
    ("status more", "status more: one word too many; write xspicectl [:N] status"),
    ("kick", "kick: something is missing; write xspicectl [:N] kick CLIENT|all"),
    ("kick 0", 'kick 0: not the number of a client; "xspicectl clients" shows them'),
    ("kick everybody", "kick everybody: not the number of a client"),
    ("kick --forse 3", 'kick --forse: no such option; see "xspicectl kick --help"'),
    ("view-only 3 perhaps", "view-only perhaps: no such choice; use on or off"),
    ("tickets", "tickets: something is missing"),
    ("tickets replace", "tickets replace: no such choice; use add, set or off"),
    ("tickets add --expire 5", "tickets --expire: no such option; did you mean --expires?"),
    ("tickets add --expires", "tickets --expires: needs a value; write --expires SECONDS"),
    ("tickets add --expires 0", "tickets --expires 0: not a time from 1 to"),
    ("tickets add --expires soon", "tickets --expires soon: not a time"),
    ("tickets add --one-shot=yes", 'tickets --one-shot: takes no value; leave out "=yes"'),
    ("tickets add --connected keep", "tickets add: --connected says what becomes of clients when"),
    ("tickets set --connected away", "tickets --connected away: no such choice; use keep, disconnect or fail"),
    ("tickets off --expires 5", "tickets off: --expires says something of a ticket"),
    ("tickets add --password-file /nowhere", "--password-file /nowhere: No such file or directory; name a readable"),
    ("tickets add --password secret", "tickets --password: no such option; did you mean --password-file?"),
    ("resize 1280", "resize 1280: not a size; write WIDTHxHEIGHT such as 1280x1024, or WIDTHxHEIGHT+X+Y"),
    ("resize 640x480+0+0 640x480", "resize 640x480+0+0 640x480: some monitors have a place and some have none"),
    ("screenshot --json", "screenshot: the picture goes to standard output, and so does --json; name a FILE"),
    ("key ctrl+", "key ctrl+: not a key; write a name as in xev"),
    ("mouse wander", "mouse wander: no such action; use move, by, click"),
    ("mouse move 5", "mouse move 5: needs two whole numbers; write move X Y"),
    ("mouse move -5 5", "mouse move -5 5: needs two whole numbers; write move X Y"),
    ("mouse click 17", "mouse 17: no such button; give left, middle, right, or 1 to 16"),
    ("mouse scroll", "mouse scroll: needs a direction"),
    ("mouse scroll down 101", "mouse scroll down 101: turns the wheel 1 to 100 times"),
    ("wait-still long", "wait-still long: not a time from 0 to 86400 seconds; give one, such as 30 or 0.5"),
    ("wait-still --timeout 0", "wait-still --timeout 0: not a time"),
    ("record a.webm --fps 0", "record --fps 0: not a whole number from 1 to 60"),
    ("record a.webm --duration -1", "record --duration -1: not a time"),
    ("record a.webm --codec av1", "record --codec av1: no such choice; use vp8, vp9 or h264"),
    ("vv --host http://here", "vv --host http://here: not a host name or address"),
    ("vv --hotkeys release-mouse=f1", "vv --hotkeys release-mouse=f1: 'release-mouse=f1' is not ACTION=KEYS"),
    ("vv --proxy squid", "vv --proxy squid: not a proxy; write http://HOST:PORT"),
    ("vv --usbredir maybe", "vv --usbredir maybe: no such choice; use on or off"),
    ("vv --port 0", "vv --port 0: not a whole number from 1 to 65535"),
    ("vv --disable-channels main", "vv --disable-channels main: not a list of channels; write some of display"),
    ("vv --needs-version new", "vv --needs-version new: not a version"),
]


@pytest.mark.parametrize("line, told", WRONG)
def test_mistakes_are_told_in_one_line(line, told, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XSPICE_CONTROL", str(tmp_path / "nothing"))
    assert main.main(line.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert captured.err.startswith("xspicectl: " + told)


@pytest.mark.parametrize("line", ["status", "clients", "kick 1", "view-only 1", "tickets add", "tickets off",
                                  "resize 640x480", "type x", "key x", "mouse click", "wait-still", "vv", "metrics",
                                  "quit", "screenshot x.png"])
def test_no_display_is_told_in_one_line(line, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XSPICE_CONTROL", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    assert main.main(line.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert "no display is running there" in captured.err
    assert not list(tmp_path.iterdir())


def test_json_is_one_line(capsys, monkeypatch, fake):
    display = fake()
    display.answers = {"status": [{"ok": True, "width": 640, "height": 480, "version": "ä"}]}
    monkeypatch.setenv("XSPICE_CONTROL", str(display.path))
    assert main.main(["status", "--json"]) == 0
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    assert json.loads(text) == {"display": 5, "socket": str(display.path), "width": 640, "height": 480, "version": "ä"}
