"""What the build makes from the table of options: completion for shells, an example and a manual of xspice.toml."""

import contextlib
import os
import pty
import re
import select
import shutil
import subprocess
import time
import tomllib

import pytest
from conftest import SOURCE, parse
from support import processes, xserver
from xspice_launcher import option_table, run_options, toml_text, xorg_conf
from xspice_launcher.ctl import table as ctl_table

MADE = xserver.BUILD / "launcher"
FOR_USERS = [option for option in option_table.OPTIONS if toml_text.is_for_users(option)]
IN_FILES = [option for option in FOR_USERS if option.in_files]


class Shell:
    """An interactive one on a terminal of its own. `setup`: a line that makes it complete as the build says."""

    def __init__(self, argv, setup, directory):
        self._mark = processes.new_mark()
        self._master, slave = pty.openpty()
        # Wide, so that no line is broken.
        subprocess.run(["stty", "rows", "50", "cols", "1000"], stdin=slave, check=True)
        environment = {"PATH": f'{SOURCE / "launcher"}:{os.environ["PATH"]}', "TERM": "dumb", "HOME": str(directory),
                       "XDG_CONFIG_HOME": str(directory), "XDG_DATA_HOME": str(directory), "LC_ALL": "C.UTF-8"}
        self._process = processes.spawn(["setsid", "--ctty", "--wait", *argv], mark=self._mark, log=os.devnull,
                                        stdin=slave, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        self._said = ""
        self.type(setup + "; echo set-'u'p\n")
        self.wait_for("set-up")

    def type(self, text):
        os.write(self._master, text.encode())

    def wait_for(self, pattern, within=30):
        """Until what it wrote since the last time, without control sequences, matches."""
        deadline = time.monotonic() + within
        while not re.search(pattern, self._plain()):
            assert time.monotonic() < deadline, (pattern, self._said)
            if select.select([self._master], [], [], 0.1)[0]:
                self._said += os.read(self._master, 65536).decode(errors="replace")
        self._said = ""

    def _plain(self):
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>(][A-Z0-9]?|[\r\x08]", "", self._said)

    def close(self):
        processes.kill_remaining(self._mark)
        self._process.wait(10)
        os.close(self._master)


SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "for file in {made}/xspice{{,-run,ctl}}; do source $file; done"),
    "zsh": (["zsh", "-f", "-i"], "fpath=({directory} $fpath); autoload -U compinit; compinit -u -D"),
    "fish": (["fish", "--no-config", "-i"], "for file in {made}/xspice{{,-run,ctl}}.fish; source $file; end"),
}
COMPLETED = [("xspice " + typed, completed) for typed, completed in [
    ("--image-compression q", "--image-compression quic"),
    ("--print-x", "--print-xorg-conf"),
    ("--session-bus=o", "--session-bus=own"),
    ("--sasl-config-dir /usr/sha", "--sasl-config-dir /usr/share/"),
    ("--port 1 --log-file /etc/hostn", "--log-file /etc/hostname"),
    ("--keyboard-layout bra", "--keyboard-layout brai"),
    ("-- cat /etc/hostn", "-- cat /etc/hostname"),
]] + [("xspice-run " + typed, completed) for typed, completed in [
    ("--auto-se", "--auto-servernum"),
    ("--error-file /etc/hostn", "--error-file /etc/hostname"),
    ("-a --size 640x480 cat /etc/hostn", "640x480 cat /etc/hostname"),
    ("-- cat /etc/hostn", "-- cat /etc/hostname"),
]] + [("xspicectl " + typed, completed) for typed, completed in [
    ("screens", "screenshot"),
    (":1 tick", ":1 tickets"),
    ("tickets s", "tickets set"),
    ("tickets set --connected d", "tickets set --connected disconnect"),
    ("tickets add --password-file /etc/hostn", "tickets add --password-file /etc/hostname"),
    ("screenshot /etc/hostn", "screenshot /etc/hostname"),
    ("--json vv --full", "--json vv --fullscreen"),
]]


@pytest.mark.parametrize("name", SHELLS)
def test_completion(name, tmp_path):
    """One shell: it takes longer to start than to complete."""
    argv, setup = SHELLS[name]
    for program in ("_xspice", "_xspice-run", "_xspicectl"):
        shutil.copy(MADE / program, tmp_path)
    with contextlib.closing(Shell(argv, setup.format(made=MADE, directory=tmp_path), tmp_path)) as shell:
        for typed, completed in COMPLETED:
            shell.type(f"{typed}\t")
            shell.wait_for(re.escape(completed))
            shell.type("\x15")  # the line away


def test_completion_knows_every_option():
    for name in ("xspice", "_xspice", "xspice.fish"):
        text = (MADE / name).read_text()
        offered = set(re.findall(r"(?<![\w-])--?(?:l )?([a-z][a-z0-9-]+)(?=[ =\[)\n\"])", text))
        for option in FOR_USERS:
            assert option.file_key in offered, (name, option.name)
        for option in option_table.OPTIONS:
            if not toml_text.is_for_users(option):
                assert option.file_key not in offered, (name, option.name)


def test_completion_knows_every_option_of_xspice_run():
    for name in ("xspice-run", "_xspice-run", "xspice-run.fish"):
        text = (MADE / name).read_text()
        for option in run_options.OPTIONS:
            assert option.name.removeprefix("--") in text


def test_completion_knows_every_command_of_xspicectl():
    for name in ("xspicectl", "_xspicectl", "xspicectl.fish"):
        text = (MADE / name).read_text()
        for command in ctl_table.COMMANDS:
            assert re.search(rf"(?m)(\b|['-]){command.name}\b", text), (name, command.name)
            for flag in command.flags:
                assert re.search(rf"(--|-l ){flag.name[2:]}\b", text), (name, command.name, flag.name)


def test_example_has_every_setting_and_sets_none():
    text = (MADE / "xspice.toml").read_text()
    assert tomllib.loads(text) == {}
    assert max(map(len, text.splitlines())) <= 120
    shown = tomllib.loads(re.sub(r"(?m)^#(?=[a-z0-9-]+ = )", "", text))
    assert list(shown) == [option.file_key for option in IN_FILES]


def test_example_s_defaults_are_the_defaults(tmp_path):
    text = (MADE / "xspice.toml").read_text()
    (tmp_path / "defaults.toml").write_text(re.sub(
        r"(?m)^#(?=([a-z0-9-]+) = )", lambda match: "" if _default_of(match[1]) is not None else "#", text))
    (tmp_path / "defaults.toml").chmod(0o600)
    found = parse("--config", tmp_path / "defaults.toml")
    assert xorg_conf.text(found, {}) == xorg_conf.text(parse(), {})


def _default_of(key):
    return option_table.BY_NAME[f"--{key}"].default


def test_manual_of_xspice_toml_describes_every_setting():
    shown = subprocess.run(["mandoc", "-T", "ascii", MADE / "xspice.toml.5"], capture_output=True, check=True).stdout
    text = re.sub(r".\x08", "", shown.decode())
    heads = re.findall(r"^ {7}([a-z0-9-]+) = ([A-Za-z|]+)$", text.partition("\nSETTINGS")[2], re.MULTILINE)
    assert heads == [(option.file_key, option.value or "true|false") for option in IN_FILES]
    flat = " ".join(text.split())
    for option in IN_FILES:
        assert " ".join(option.help.split()) in flat, option.name


@pytest.mark.parametrize("page", ["xspice.1", "xspicectl.1", "xspice.toml.5"])
def test_manual_is_well_formed(page):
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "error", MADE / page], capture_output=True, text=True)
    assert (lint.stdout, lint.returncode) == ("", 0)
