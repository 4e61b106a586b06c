"""What docs/ci.md and docs/migrating-from-xvfb.md tell people to write works."""

import re
import shlex

import pytest
from conftest import SOURCE
from support import processes, xserver
from xspice_launcher import run_options

PAGES = ("ci.md", "migrating-from-xvfb.md")
# What the examples run, and what it does here: all that an example needs of it is a display.
PROGRAMS = ("npm", "pytest", "test")


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (SOURCE / "docs" / page).read_text(), re.MULTILINE | re.DOTALL)


def command_lines():
    """Of all languages: each xspice-run with its arguments, up to the end of the line."""
    found = []
    for page in (*PAGES, "../README.md"):
        for line in (SOURCE / "docs" / page).read_text().splitlines():
            match = re.search(r"^(?:- run: |- |)(xspice-run .*?)(?:  .*)?$", line.strip())
            if match and match[1].count("'") % 2 == 0 and "`" not in line:
                found.append(match[1])
    return found


def test_there_are_examples():
    assert len(command_lines()) >= 11


@pytest.mark.parametrize("line", command_lines())
def test_options_of_an_example_are_there(line):
    assert run_options.parse(shlex.split(line)[1:]).command


SCRIPTS = [(page, number, script) for page in PAGES for number, script in enumerate(blocks(page, "sh"))]


@pytest.fixture
def elsewhere(tmp_path):
    """A directory in which the examples find what they run."""
    for name in PROGRAMS:
        program = tmp_path / name
        program.write_text("#!/bin/sh\nxdpyinfo > /dev/null && echo done\n")
        program.chmod(0o755)
    (tmp_path / "packages").mkdir()
    return tmp_path


@pytest.mark.parametrize("script", [script for _, _, script in SCRIPTS],
                         ids=[f"{page}-{number}" for page, number, _ in SCRIPTS])
def test_scripts_run(elsewhere, script):
    run = processes.spawn(["sh", "-ec", script], mark=processes.new_mark(), log=elsewhere / "log", cwd=elsewhere,
                          env={"PATH": f"{elsewhere}:{SOURCE / 'launcher'}:/usr/bin:/bin",
                               "XSPICE_MODULE_PATH": xserver.module_path(), "XDG_RUNTIME_DIR": None,
                               "DISPLAY": None, "XAUTHORITY": None})
    try:
        assert run.wait(120) == 0, (elsewhere / "log").read_text()
    finally:
        processes.stop(run)
    said = (elsewhere / "log").read_text()
    if "pytest" in script or "npm" in script:
        assert said.count("done\n") == script.count("\nxspice-run") + script.startswith("xspice-run")
    for name in ("run.webm", "after.png"):
        assert (elsewhere / name).exists() == (name in script)


def test_container_file_starts_it(xspice_run):
    (container,) = blocks("ci.md", "dockerfile")
    words = [re.findall(r'"([^"]*)"', line) for line in container.splitlines() if line.startswith(("ENTRYPOINT", "CMD"))]
    assert words[0][0] == "xspice-run"
    run = xspice_run(*words[0][1:], "sh", "-c", "xdpyinfo > /dev/null && exit 5")
    assert run.wait() == 5
