"""xspice-recorder as a program, with displays that behave as a real one never does; clients/test_recording.py has
recordings of a real one."""

import contextlib
import fcntl
import os
import pathlib
import pty
import re
import signal
import tempfile
import time

import numpy
import pytest
from support import fake_display, film, processes, video, xserver
from support.recorder import Recorder

WIDTH, HEIGHT = 320, 240
RED, GREEN, BLUE = (numpy.full((HEIGHT, WIDTH), colour, dtype=numpy.uint32) for colour in (0xE02010, 0x10C020, 0x2010F0))


@pytest.fixture(name="directory")
def _directory():
    with tempfile.TemporaryDirectory(prefix="xspice-record-") as path:
        yield pathlib.Path(path)


@pytest.fixture(name="record")
def _record(directory):
    with contextlib.ExitStack() as stack:
        def start(display, file, *arguments, **options):
            path = display.path if isinstance(display, fake_display.FakeDisplay) else display
            started = Recorder(directory, "--control", path, "--output", str(file), *arguments, **options)
            stack.callback(started.close)
            return started
        yield start


@pytest.fixture(name="display")
def _display(directory):
    with contextlib.ExitStack() as stack:
        def start(picture=RED, directory=directory, **options):
            return stack.enter_context(fake_display.FakeDisplay(directory, picture, **options))
        yield start


def test_help(directory):
    program = Recorder(directory, "--help")
    status, said = program.end()
    assert status == 0 and said.startswith("Usage: xspice-recorder --control SOCKET --output FILE")


@pytest.mark.parametrize("arguments, complaint", [
    ((), "--control: missing; give the display's control socket, $XSPICE_CONTROL"),
    (("--control", "/x"), "--output: missing; give the file to record into"),
    (("--control", "/x", "--output", "a.gif"),
     "--output a.gif: the ending says what the file becomes; let it end in .webm, .mp4 or .mkv"),
    (("--control", "/x", "--output", "a.webm", "--fps", "100"),
     "--fps 100: not a number of pictures per second; use 1 to 60"),
    (("--control", "/none", "--output", "/nowhere/a.webm"),
     "--control /none: No such file or directory; is the display running? Give its control socket, $XSPICE_CONTROL"),
])
def test_a_command_line_that_is_wrong(directory, arguments, complaint):
    assert Recorder(directory, *arguments).end() == (2, f"xspice-recorder: {complaint}\n")


def test_a_libavcodec_without_the_encoder(directory, display, record):
    preload = xserver.BUILD / "tests" / "support" / "no-encoders.so"
    assert preload.exists()
    status, said = record(display(), directory / "a.mp4", env={"LD_PRELOAD": preload}).end()
    assert (status, said) == (2, "xspice-recorder: --codec h264: this machine's libavcodec has no encoder libx264; "
                                 "choose another codec, or install a libavcodec that has it\n")
    assert not (directory / "a.mp4").exists()


def test_a_libavformat_without_the_muxer(directory, display, record):
    preload = xserver.BUILD / "tests" / "support" / "no-muxers.so"
    assert preload.exists()
    file = directory / "a.mkv"
    file.write_text("what was there")
    status, said = record(display(), file, env={"LD_PRELOAD": preload}).end()
    assert (status, said) == (2, "xspice-recorder: --output: this machine's libavformat has no muxer matroska; "
                                 "let the file end in another way\n")
    assert file.read_text() == "what was there"


@pytest.mark.parametrize("name, codec", [("a.webm", "vp8"), ("a.mp4", "h264"), ("a.mkv", "h264")])
def test_it_lasts_as_long_as_it_was_told(directory, display, record, name, codec):
    screen = display()
    file = directory / name
    status, said = record(screen, file, "--duration", "1.5").end()
    found = video.probe(file)
    assert (status, said) == (0, f"{file}: 1.5 s, {len(found.times)} frames\n")
    assert (found.codec, found.width, found.height) == (codec, WIDTH, HEIGHT)
    assert found.duration == pytest.approx(1.5, abs=0.04)
    # Nothing changed: the picture is there twice a second, and at the end.
    assert found.times[0] == 0 and found.times[-1] > 1.4 and 4 <= len(found.times) <= 5
    assert screen.requests[0] == {"command": "capture", "cursor": True}
    assert [request["command"] for request in screen.requests[1:]] == ["frame"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_finish_the_file(directory, display, record, number):
    file = directory / "a.webm"
    recording = record(display(), file, "--no-cursor")
    recording.wait_pictures(file, 0.5)
    status, said = recording.end(number)
    found = video.probe(file)
    assert status == 0
    assert re.fullmatch(rf"{re.escape(str(file))}: \d\.\d s, {len(found.times)} frames\n", said)
    assert found.duration >= 1


def test_signals_that_are_ignored_stay_so(directory, display, record):
    file = directory / "a.webm"
    recording = record(display(), file, "--duration", "1", prefix=["nohup"])
    recording.wait_pictures(file, 0.5)
    assert recording.end(signal.SIGHUP)[0] == 0
    assert video.probe(file).duration == pytest.approx(1, abs=0.04)


def test_the_end_of_the_display_finishes_the_file(directory, display, record):
    file = directory / "a.mp4"
    screen = display()
    recording = record(screen, file)
    recording.wait_pictures(file, 0.5)
    screen.close()
    assert recording.end()[0] == 0
    assert video.probe(file).duration >= 1


def test_a_display_that_stands_still_is_recorded_as_it_stands(directory, display, record):
    file = directory / "a.webm"
    recording = record(display(answers={"frame": None}), file, "--duration", "1.5")
    assert recording.end()[0] == 0
    assert video.probe(file).duration == pytest.approx(1.5, abs=0.04)


def test_pictures_have_the_times_of_their_changes(directory, display, record):
    file = directory / "a.mkv"
    screen = display()
    recording = record(screen, file)
    shown = []
    for picture in (GREEN, BLUE):
        recording.wait_pictures(file, len(shown) + 0.4)
        shown.append(time.monotonic())
        screen.show(picture)
    recording.wait_pictures(file, len(shown) + 0.4)
    assert recording.end(signal.SIGTERM)[0] == 0
    frames, times = video.decode(file), video.probe(file).times
    seen = [min((RED, GREEN, BLUE), key=lambda p, f=frame: -video.psnr(f, video.channels(p))) for frame in frames]
    order = [picture[0, 0] for picture in seen]
    first = [times[order.index(picture[0, 0])] for picture in (RED, GREEN, BLUE)]
    assert first[0] == 0 and first[2] - first[1] == pytest.approx(shown[1] - shown[0], abs=0.05)
    for frame, picture in zip(frames, seen):
        assert video.psnr(frame, video.channels(picture)) > 35


def test_no_more_pictures_than_asked_for(directory, display, record):
    file = directory / "a.webm"
    screen = display()
    recording = record(screen, file, "--duration", "2", "--fps", "10")
    number = 0
    while recording.process.poll() is None:
        number += 1
        screen.show(RED + numpy.uint32(number % 200))
    assert recording.end()[0] == 0
    assert number > 60
    assert 12 <= len(video.probe(file).times) <= 23


def test_killed_files_still_play(directory, display, record):
    recordings = {}
    for ending in ("webm", "mp4", "mkv"):
        file = directory / ending / f"a.{ending}"
        file.parent.mkdir()
        recordings[file] = record(display(directory=file.parent), file)
    for file, recording in recordings.items():
        recording.wait_pictures(file, 1.5)
        recording.end(signal.SIGKILL)
        assert len(video.decode(file)) == len(video.probe(file).times) >= 4


LIES = {
    "no picture": ({"ok": True}, None),
    "negative": ({"ok": True, "width": -1, "height": HEIGHT, "stride": 4 * WIDTH}, RED),
    "too large": ({"ok": True, "width": WIDTH, "height": HEIGHT + 1, "stride": 4 * WIDTH}, RED),
    "huge": ({"ok": True, "width": 16384, "height": 16384, "stride": 65536}, RED),
    "no memory": ({"ok": True, **fake_display.measures(RED)}, None),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_the_display_says_is_not_believed(directory, display, record, lie):
    answer, picture = LIES[lie]
    file = directory / "a.webm"
    file.write_text("precious")

    def lying(_request):
        return answer, None if picture is None else fake_display.shared_picture(picture)[0]

    status, said = record(display(answers={"capture": lying}), file).end()
    assert status == 2 and re.fullmatch(r"xspice-recorder: --control /\S+: the display sent a picture .*; use .*\n", said)
    assert file.read_text() == "precious"


def test_memory_that_could_shrink_is_not_touched(directory, display, record):
    status, said = record(display(answers={"capture": lambda _: (
        {"ok": True, **fake_display.measures(RED)}, fake_display.shared_picture(RED, seals=fcntl.F_SEAL_GROW)[0])}),
        directory / "a.webm").end()
    assert status == 2 and "the display sent a picture in memory that could be taken away; use" in said


@pytest.mark.parametrize("answer, complaint", [
    ({"ok": False, "error": "too many captures\n\033[2J"}, r"the display refuses: too many captures\\x0a\\x1b\[2J"),
    (b"[]\n", r"a line is not a JSON object; is that the control socket of a display\?"),
    (b"x" * (1 << 20) + b"x", r"a line is longer than 1 MiB; is that the control socket of a display\?"),
], ids=["refusal", "no object", "endless"])
def test_a_display_that_gives_no_picture(directory, display, record, answer, complaint):
    status, said = record(display(answers={"capture": lambda _: answer}), directory / "a.webm").end()
    assert status == 2 and re.fullmatch(rf"xspice-recorder: --control /\S+: {complaint}\n", said), said
    assert not (directory / "a.webm").exists()


def test_another_protocol_is_refused(directory, display, record):
    status, said = record(display(greeting={"xspice": "9", "protocol": 2}), directory / "a.webm").end()
    assert status == 2 and "the display speaks another protocol; use the xspice-recorder of its version\n" in said


def test_a_display_with_too_many_connections(directory, display, record):
    status, said = record(display(greeting={"ok": False, "error": "32 connections"}), directory / "a.webm").end()
    assert status == 2 and "the display refuses: 32 connections\n" in said


def test_a_display_that_goes_before_the_first_picture(directory, display, record):
    screen = display(answers={"capture": None})
    recording = record(screen, directory / "a.webm")
    processes.wait_for(lambda: screen.requests, 10, "a request")
    screen.close()
    status, said = recording.end()
    assert status == 2 and "the display closed the connection; are you its user, and is it still running?\n" in said


@pytest.mark.parametrize("answer, complaint", [
    ({"ok": False, "error": "gone mad"}, "the display refuses: gone mad"),
    ({"ok": True, "changed": True, "resized": True, "width": 0, "height": 1, "stride": 4},
     "the display sent a picture without a size"),
    (b"{\n", "a line is not a JSON object"),
], ids=["refusal", "bad size", "no JSON"])
def test_what_came_before_is_kept(directory, display, record, answer, complaint):
    file = directory / "a.mp4"
    status, said = record(display(answers={"frame": lambda _: answer}), file).end()
    assert (status, said) == (1, f"xspice-recorder: --control: {complaint}; the file has what was recorded before\n")
    assert len(video.decode(file)) >= 1


def test_times_that_lie_do_no_harm(directory, display, record):
    file = directory / "a.webm"
    times = iter([2**62, -5, 0, "x", 1.5, None] * 100)

    def frame(_request):
        return {"ok": True, "changed": True, "time": next(times)}

    assert record(display(answers={"frame": frame}), file, "--duration", "1").end()[0] == 0
    found = video.probe(file)
    assert found.duration == pytest.approx(1, abs=0.04)
    assert found.times == sorted(set(found.times)) and len(found.times) > 10


def test_a_full_disk(directory, display, record):
    screen = display(noise(0))
    file = directory / "a.webm"
    recording = record(screen, file, prefix=["prlimit", "--fsize=400000"])
    number = 0
    while recording.process.poll() is None:
        number += 1
        screen.show(noise(number % 8))
    status, said = recording.end()
    assert (status, said) == (1, f"xspice-recorder: --output {file}: File too large; the file has what was recorded "
                                 "before; make room, or choose another place\n")
    assert len(video.decode(file)) >= 2


def noise(number):
    return numpy.random.default_rng(number).integers(0, 1 << 24, (HEIGHT, WIDTH), dtype=numpy.uint32)


@pytest.mark.parametrize("place, complaint", [
    ("none/a.webm", "No such file or directory; choose a file in a directory that can be written to"),
    ("directory.webm", "is not a regular file, and stays as it is; choose another one"),
    ("pipe.webm", "is not a regular file, and stays as it is; choose another one"),
])
def test_a_place_that_no_file_can_have(directory, display, record, place, complaint):
    (directory / "directory.webm").mkdir()
    os.mkfifo(directory / "pipe.webm")
    assert record(display(), directory / place).end() == (
        2, f"xspice-recorder: --output {directory / place}: {complaint}\n")


def test_a_resize_keeps_the_file_one_stream(directory, display, record):
    file = directory / "a.webm"
    screen = display(film_picture(WIDTH, HEIGHT))
    recording = record(screen, file)
    recording.wait_pictures(file, 0.4)
    for width, height in ((161, 121), (640, 240), (1, 1), (WIDTH, HEIGHT)):
        screen.show(film_picture(width, height))
        recording.wait_pictures(file, video.probe(file).times[-1] + 0.1)
    assert recording.end(signal.SIGTERM)[0] == 0
    found = video.probe(file)
    assert (found.width, found.height) == (WIDTH, HEIGHT)
    frames = video.decode(file)
    assert video.psnr(frames[-1], video.channels(film_picture(WIDTH, HEIGHT))) > 30
    # The small one is in the middle as it was, whatever else the file shows.
    small = video.channels(film_picture(161, 121))[:120, :160]
    assert max(video.psnr(frame[58:178, 78:238], small) for frame in frames) > 30


def film_picture(width, height):
    picture = film.picture(width, height, 1).astype(numpy.uint32)
    return picture[..., 2] << 16 | picture[..., 1] << 8 | picture[..., 0]


def test_progress_is_shown_on_a_terminal(directory, display, record):
    ours, terminal = pty.openpty()
    try:
        recording = record(display(), directory / "a.webm", "--duration", "2.5", stderr=terminal)
        assert recording.end()[0] == 0
        shown = os.read(ours, 4096).decode()
        assert re.fullmatch(r"(\r\S+a\.webm: [12]\.\d s, \d+ frames){1,2}\r\x1b\[K", shown), shown
    finally:
        os.close(ours)
        os.close(terminal)
