"""Where the program that makes recordings is looked for."""

import sys
import types

import pytest
from support import xserver
from xspice_launcher import recorder
from xspice_launcher.errors import OperatorError


@pytest.fixture(name="program")
def _program(tmp_path):
    """Makes an executable at a path below the test's directory."""
    def make(name):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o755)
        return str(path)
    return make


def install(monkeypatch, path):
    """As if meson had installed xspice with its recorder at `path`."""
    config = types.SimpleNamespace(RECORDER_PATH=path)
    monkeypatch.setitem(sys.modules, "xspice_launcher.build_config", config)
    monkeypatch.setattr(sys.modules["xspice_launcher"], "build_config", config, raising=False)


def test_the_built_one_is_found_beside_the_module():
    path = recorder.find_recorder({"XSPICE_MODULE_PATH": str(xserver.module_path())})
    assert path.endswith("/launcher/recorder/xspice-recorder")


def test_the_variable_wins_over_the_installed_one_and_that_over_the_build(program, monkeypatch, tmp_path):
    built = program("build/launcher/recorder/xspice-recorder")
    environment = {"XSPICE_MODULE_PATH": str(tmp_path / "build" / "xorg-driver" / "modules")}
    assert recorder.find_recorder(environment) == built
    installed = program("libexec/xspice/xspice-recorder")
    install(monkeypatch, installed)
    assert recorder.find_recorder(environment) == installed
    given = program("mine")
    assert recorder.find_recorder({**environment, "XSPICE_RECORDER": given}) == given


def test_a_variable_that_names_no_program_is_refused(tmp_path):
    with pytest.raises(OperatorError) as refused:
        recorder.find_recorder({"XSPICE_RECORDER": str(tmp_path)})
    assert str(refused.value) == (f"XSPICE_RECORDER {tmp_path}: is not a program; "
                                  "unset it, or give the path of xspice-recorder")


def test_where_it_is_missing_is_said(monkeypatch, tmp_path):
    with pytest.raises(OperatorError, match="was not found: xspice is not installed; install it, or set XSPICE_RECORDER"):
        recorder.find_recorder({})
    missing = str(tmp_path / "missing")
    install(monkeypatch, missing)
    with pytest.raises(OperatorError, match=f"was not found: it is not at {missing}; "):
        recorder.find_recorder({})
