"""The benchmark works; what it measures is for people to judge."""

import json
import os
import pathlib
import subprocess

MEASURE = pathlib.Path(__file__).with_name("measure.py")


def measure(*arguments, path=os.environ["PATH"]):
    return subprocess.run(["/usr/bin/python3", MEASURE, *arguments], env={**os.environ, "PATH": path}, text=True,
                          capture_output=True, check=False, timeout=100)


def test_a_window_dragged_before_a_real_viewer_on_two_links(tmp_path):
    done = measure("--server", "xspice", "--workload", "drag", "--link", "lan,wan", "--rounds", "1", "--tenth",
                   "--json", tmp_path / "results.json")
    assert done.returncode == 0, done.stderr
    near, far = json.loads((tmp_path / "results.json").read_text())
    assert (near["link"], far["link"]) == ("lan", "wan")
    for run in (near["runs"][0], far["runs"][0]):
        assert run["drawn"] == 30 and 0 < run["seen"] <= 30
        assert 1000 < run["bytes"] < 10_000_000
        assert run["wrong"] == 0 and "note" not in run
    assert far["runs"][0]["p50"] >= 10, "packets take that long"
    tables = done.stdout.splitlines()
    assert sum(line.startswith("| xspice | ") for line in tables) == 2
    assert sum(line.startswith("| | bytes | CPU s |") for line in tables) == 2


def test_a_server_that_is_not_installed_is_left_out():
    done = measure("--server", "reference", "--workload", "idle", path="/nowhere")
    assert (done.returncode, done.stdout) == (0, "")
    assert "reference is left out: Xspice missing" in done.stderr


def test_a_workload_that_does_not_exist_is_refused():
    done = measure("--workload", "drag,drga")
    assert done.returncode == 2
    assert "--workload: drga is none of drag, scroll-copy," in done.stderr
