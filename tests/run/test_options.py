"""One table of options: the help and the manual agree with it, and with xvfb-run."""

import re
import subprocess

import pytest
from conftest import SOURCE
from xspice_launcher import __version__, run_options, run_usage

NAMES = [option.name for option in run_options.OPTIONS]
MANUAL = (SOURCE / "launcher" / "xspice-run.1.scd").read_text()
HEAD = r"^(?:\*(-\w)\*, )?\*(--[a-z0-9-]+)\*(?: _([^_]+)_)?\n\t\S"


def written(option):
    """How its value is written in the help and in the manual."""
    if option.value is None:
        return None
    return f"[={option.value}]" if option.optional is not None else option.value


def test_manual_describes_every_option_as_the_table_does():
    for group in run_options.GROUPS:
        section = re.search(rf"^## {group}\n(.*?)^#", MANUAL, re.MULTILINE | re.DOTALL)[1]
        found = [(short or None, name, value or None) for short, name, value in re.findall(HEAD, section, re.MULTILINE)]
        assert found == [(option.short, option.name, written(option)) for option in run_options.OPTIONS
                         if option.group == group]


def test_manual_describes_no_other_option():
    assert set(re.findall(r"^(?:\*-\w\*, )?\*(--[a-z0-9-]+)\*", MANUAL, re.MULTILINE)) == set(NAMES)


@pytest.mark.parametrize("option", run_options.OPTIONS, ids=NAMES)
def test_help_describes_every_option(option):
    short = f"{option.short}, " if option.short else ""
    value = f" {written(option)}" if option.value and option.optional is None else written(option) or ""
    assert f"\n  {short}{option.name}{value}\n      " in run_usage.text()


def test_help_fits_a_terminal():
    assert max(map(len, run_usage.text().splitlines())) <= 80


def test_options_of_xvfb_run_are_there():
    help_text = subprocess.run(["xvfb-run", "--help"], capture_output=True, text=True, check=True).stdout
    theirs = set(re.findall(r"^(-\w).{0,10} (--[a-z-]+)", help_text, re.MULTILINE))
    assert len(theirs) == 8
    assert theirs <= {(option.short, option.name) for option in run_options.OPTIONS}


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["-ah", "true"]])
def test_help_is_printed(xspice_run, arguments):
    run = xspice_run(*arguments)
    assert (run.wait(), run.said, run.complained) == (0, run_usage.text(), "")


def test_version_is_printed(xspice_run):
    run = xspice_run("--version")
    assert (run.wait(), run.said) == (0, f"xspice-run {__version__}\n")
