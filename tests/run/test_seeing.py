"""--record and --screenshot-on-failure: what was to be seen, without an X client for it; and the control socket."""

import json
import os
import re
import signal
import subprocess

import numpy
import pytest
from conftest import SOURCE
from PIL import Image
from support import processes

BLUE, WHITE = (0, 0, 255), (255, 255, 255)
# What is painted is there when a later question has been answered.
PAINT = "xsetroot -solid '#0000ff' && xdpyinfo > /dev/null"


def pictures(directory):
    return sorted(directory.iterdir())


def picture_at_the_end(directory):
    """The only one but for what was there shortly before, which is seen when COMMAND took its time to start."""
    (picture,) = [path for path in pictures(directory) if not path.stem.endswith("-before")]
    return picture


def is_all(path, colour):
    picture = numpy.asarray(Image.open(path))
    return picture.shape == (1024, 1280, 3) and (picture == colour).all()


def test_picture_of_a_failure(xspice_run, tmp_path):
    directory = tmp_path / "made" / "for it"
    run = xspice_run("--screenshot-on-failure", directory, "sh", "-c", f"{PAINT}; xdotool mousemove 2000 2000; exit 3")
    assert (run.wait(), run.complained) == (3, "")
    picture = picture_at_the_end(directory)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-status-3\.png", picture.name)
    colours = numpy.asarray(Image.open(picture))
    assert colours.shape == (1024, 1280, 3) and (colours[:900, :1200] == BLUE).all()  # the pointer is in the corner


def test_no_picture_of_a_success(xspice_run, tmp_path):
    assert xspice_run("--screenshot-on-failure", tmp_path, "sh", "-c", PAINT).wait() == 0
    assert pictures(tmp_path) == []


def test_picture_shows_what_still_runs_and_the_pointer(xspice_run, tmp_path):
    script = "xclock -geometry 300x300+0+0 & until xlsclients | grep -q xclock; do sleep 0.05; done; kill -TERM $$"
    run = xspice_run("--screenshot-on-failure", tmp_path, "sh", "-c", f"xsetroot -cursor_name left_ptr; {PAINT}; {script}")
    assert run.wait() == 128 + signal.SIGTERM
    picture = picture_at_the_end(tmp_path)
    assert picture.name.endswith("-status-143.png")
    colours = numpy.asarray(Image.open(picture))
    assert not (colours[:300, :300] == BLUE).all()
    assert not (colours[500:530, 630:660] == BLUE).all()  # the pointer, in the middle
    assert (colours[700:, 700:] == BLUE).all()


def test_picture_of_a_timeout_is_taken_before_the_end(xspice_run, tmp_path):
    run = xspice_run("--screenshot-on-failure", tmp_path, "--timeout", "2", "sh", "-c",
                     f"{PAINT}; trap 'xsetroot -solid white; exit 0' TERM; while :; do sleep 0.05; done")
    assert run.wait() == 124
    picture = picture_at_the_end(tmp_path)
    assert picture.name.endswith("-timeout.png")
    assert (numpy.asarray(Image.open(picture))[:400] == BLUE).all()


def test_picture_of_what_vanished_at_the_end(xspice_run, tmp_path):
    """A program's windows are gone when it has ended."""
    run = xspice_run("--screenshot-on-failure", tmp_path, "sh", "-c",
                     f"{PAINT}; sleep 1; xsetroot -solid white; xdpyinfo > /dev/null; exit 3")
    assert run.wait() == 3
    before, after = pictures(tmp_path)
    assert before.name == after.stem + "-before.png"
    assert is_all(before, BLUE) and is_all(after, WHITE)


def test_no_picture_of_what_vanished_long_ago(xspice_run, tmp_path):
    run = xspice_run("--screenshot-on-failure", tmp_path, "sh", "-c", f"{PAINT}; sleep 5; exit 3")
    assert run.wait() == 3
    assert len(pictures(tmp_path)) == 1


def test_pictures_of_several_at_the_same_moment(xspice_run, tmp_path):
    runs = [xspice_run("--screenshot-on-failure", tmp_path, "false") for _ in range(4)]
    assert [run.wait() for run in runs] == [1] * 4
    assert len(pictures(tmp_path)) == 4


def test_directory_for_pictures_that_cannot_be(refused, tmp_path):
    (tmp_path / "file").touch()
    assert refused("--screenshot-on-failure", tmp_path / "file", "true") == (
        f"--screenshot-on-failure {tmp_path}/file: File exists; name a directory of yours")


def probe(path):
    words = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", path]
    found = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    (stream,) = found["streams"]
    return stream, float(found["format"]["duration"])


def frame_at(path, seconds, tmp_path):
    picture = tmp_path / "frame.png"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-ss", str(seconds), "-i", path, "-frames:v", "1", picture],
                   check=True)
    return numpy.asarray(Image.open(picture).convert("RGB")).astype(int)


def test_recording_from_the_first_moment_to_the_last(xspice_run, tmp_path):
    video = tmp_path / "run.webm"
    run = xspice_run("--record", video, "sh", "-c", f"{PAINT}; sleep 1.5; xsetroot -solid white; xdpyinfo > /dev/null; "
                                                    "sleep 1; exit 4")
    assert (run.wait(), run.complained) == (4, "")
    stream, duration = probe(video)
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("vp8", 1280, 1024)
    assert int(stream["nb_read_frames"]) >= 2
    assert 2.4 < duration < 12
    assert abs(frame_at(video, 1, tmp_path)[100:400, 100:400] - BLUE).max() < 24
    assert abs(frame_at(video, duration - 0.3, tmp_path)[100:400, 100:400] - WHITE).max() < 24


def test_recording_is_complete_when_it_is_stopped(xspice_run, tmp_path):
    video = tmp_path / "run.mp4"
    run = xspice_run("--record", video, "sh", "-c", "echo up; exec sleep 1000")
    run.said_line("up")
    run.process.terminate()
    assert (run.wait(), run.complained) == (-signal.SIGTERM, "")
    assert probe(video)[0]["codec_name"] == "h264"


def test_recording_that_cannot_be_written(refused, tmp_path):
    file = tmp_path / "nowhere" / "run.webm"
    assert refused("--record", file, "echo", "not started") == (
        f"--record {file}: No such file or directory; choose a file in a directory that can be written to")


def test_recorder_that_is_not_there(refused, tmp_path):
    said = refused("--record", tmp_path / "run.webm", "true", environment={"XSPICE_RECORDER": "/nonexistent"})
    assert said.startswith("XSPICE_RECORDER /nonexistent: is not a program; ")


def test_stopped_before_the_recorder_has_begun(xspice_run, tmp_path):
    recorder = tmp_path / "recorder"
    recorder.write_text("#!/bin/sh\nexec sleep 1000\n")
    recorder.chmod(0o755)
    run = xspice_run("--record", tmp_path / "run.webm", "echo", "not started", environment={"XSPICE_RECORDER": recorder})
    run.named("sleep")
    run.process.terminate()
    assert run.wait(within=15) == -signal.SIGTERM  # half of the time that a recorder is waited for
    assert (run.said, run.complained) == ("", "")


def test_recorder_that_is_killed(xspice_run, tmp_path):
    video = tmp_path / "run.webm"
    run = xspice_run("--record", video, "sh", "-c", "echo up; read word; exit 5", stdin=subprocess.PIPE)
    run.said_line("up")
    os.kill(run.named("xspice-recorder"), signal.SIGKILL)
    processes.wait_for(lambda: run.complained, 10, "its word")
    run.process.stdin.close()
    assert run.wait() == 5
    assert run.complained == (f"xspice-run: warning: --record {video}: it has only what came before: it was killed by "
                              "signal 9\n")


@pytest.fixture
def ctl():
    def call(run, *words):
        (socket,) = run.runtime.rglob("*.control")
        return subprocess.run([SOURCE / "launcher" / "xspicectl", *words], capture_output=True, text=True, timeout=30,
                              env={"XSPICE_CONTROL": str(socket), "PATH": "/usr/bin:/bin"})
    return call


def test_command_can_use_the_control_socket(xspice_run, tmp_path):
    run = xspice_run("sh", "-c", f'{PAINT}; "$0" screenshot "$1" > /dev/null && exit 6', SOURCE / "launcher" / "xspicectl",
                     tmp_path / "own.png")
    assert run.wait() == 6, run.complained
    assert is_all(tmp_path / "own.png", BLUE)


def test_others_can_ask_it_to_end(xspice_run, ctl):
    run = xspice_run("sh", "-c", "trap 'echo asked; exit 7' TERM; echo up; while :; do sleep 0.05; done")
    run.said_line("up")
    assert ctl(run, "quit").returncode == 0
    assert (run.wait(), run.said) == (7, "up\nasked\n")
