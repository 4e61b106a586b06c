"""xspice-recorder on a real display: files of the right length with the right pictures, and an X server that does
not feel it."""

import contextlib
import pathlib
import signal
import statistics
import subprocess
import tempfile
import time

import numpy
import pytest
from support import processes, video
from support.control_client import Control
from support.exact import wait_rest
from support.film import Film
from support.prober import Prober
from support.recorder import Recorder

WIDTH, HEIGHT = 640, 480
RATE = 30
LIKE = 35  # dB: what frames of photographs and of plain text have at least


def socket_of(xspice):
    return xspice.runtime / "xspice" / f"display-{xspice.number}.control"


@pytest.fixture(scope="module")
def xspice(module_server):
    return module_server(size=f"{WIDTH}x{HEIGHT}")


@pytest.fixture
def control(xspice):
    with Control(socket_of(xspice)) as connection:
        yield connection


@pytest.fixture
def directory():
    with tempfile.TemporaryDirectory(prefix="xspice-record-") as path:
        yield pathlib.Path(path)


@pytest.fixture
def record(directory):
    """Starts a recording of `xspice` into `name`: recording.file."""
    with contextlib.ExitStack() as stack:
        def start(xspice, name, *arguments):
            file = directory / name
            started = Recorder(directory, "--control", socket_of(xspice), "--output", file, *arguments)
            stack.callback(started.close)
            started.file, started.last = file, lambda: last_time(file)
            return started
        yield start


@pytest.fixture
def film(xspice):
    playing = Film(xspice, WIDTH, HEIGHT, RATE)
    yield playing
    playing.stop()


def last_time(file):
    """That of the last frame that is in the file by now; 0 when there is none."""
    with contextlib.suppress(subprocess.CalledProcessError):
        return max(video.probe(file).times, default=0)
    return 0


def test_a_film_in_full_and_cut_short(xspice, film, record):
    film.wait_more(5)
    shown = film.count()
    whole = record(xspice, "whole.webm", "--duration", "5")
    cut = record(xspice, "cut.mp4")
    cut.wait_pictures(cut.file, 2.6)
    cut.end(signal.SIGKILL)
    status, said = whole.end()
    shown = film.count() - shown

    found = video.probe(whole.file)
    assert (status, said) == (0, f"{whole.file}: 5.0 s, {len(found.times)} frames\n")
    assert (found.codec, found.width, found.height) == ("vp8", WIDTH, HEIGHT)
    assert found.duration == pytest.approx(5, abs=0.3)
    print(f"{len(found.times)} frames of {shown} pictures of the film")
    assert min(shown, 5 * RATE) / 2 < len(found.times) <= 5 * RATE + 5
    assert max(after - before for before, after in zip(found.times, found.times[1:])) < 1.1

    found = video.probe(cut.file)
    assert (found.codec, found.width, found.height) == ("h264", WIDTH, HEIGHT)
    assert found.duration >= 2.5 and found.times[-1] >= 2.5
    assert len(video.decode(cut.file)) == len(found.times)


def test_frames_are_what_screenshots_show(xspice, control, film, record):
    recordings = [record(xspice, name) for name in ("a.webm", "a.mp4")]
    scenes = []  # a screenshot, and for each recording the time of a frame that shows the same

    def note_scene():
        wait_rest(xspice)
        picture, times = control.screenshot(cursor=True), []
        for recording, before in [(recording, recording.last()) for recording in recordings]:
            recording.wait_pictures(recording.file, before + 1.2)
            times.append(recording.last())
        scenes.append((picture, times))

    for _ in range(2):
        film.wait_more(3)
        film.pause()
        note_scene()
        film.resume()
    film.stop()
    text = xspice.run("xterm", "-geometry", "80x30+0+0", "-fa", "DejaVu Sans Mono", "-e", "seq -s ' ' 900; sleep 60")
    processes.wait_for(lambda: len(numpy.unique(xspice.x.picture())) > 16, 10, "text on the screen")
    note_scene()
    for number, recording in enumerate(recordings):
        assert recording.end(signal.SIGINT)[0] == 0
        frames, times = video.decode(recording.file), video.probe(recording.file).times
        found = [video.psnr(frames[times.index(moments[number])], video.channels(picture)) for picture, moments in scenes]
        print(recording.file.name, found)
        assert min(found) > LIKE
    xspice.end_client(text)


def test_the_pointer_is_in_it_unless_it_is_left_out(xspice, control, record):
    window = xspice.x.window(0, 0, WIDTH, HEIGHT, colour=0x336699, events=False)
    xspice.x.warp_pointer(200, 150)
    xspice.x.set_cursor(xspice.x.font_cursor(34), window)  # crosshair
    with_pointer, without = record(xspice, "with.mkv"), record(xspice, "without.mkv", "--no-cursor")
    wanted = {recording: control.screenshot(cursor=recording is with_pointer)[120:180, 170:230]
              for recording in (with_pointer, without)}
    assert not numpy.array_equal(*wanted.values())
    for recording, picture in wanted.items():
        recording.wait_pictures(recording.file, 0.9)
        assert recording.end(signal.SIGTERM)[0] == 0
        other = next(picture for which, picture in wanted.items() if which is not recording)
        last = video.decode(recording.file)[-1][120:180, 170:230]
        assert video.psnr(last, video.channels(picture)) > video.psnr(last, video.channels(other)) + 3
    xspice.x.destroy_window(window)


def test_a_resize_in_the_middle(xspice, control, record):
    window = xspice.x.window(0, 0, 100, 100, colour=0xCC2200, events=False)
    recording = record(xspice, "a.mp4")
    recording.wait_pictures(recording.file, 0.5)
    smaller, larger = (400, 300), (800, 600)
    for width, height in (smaller, larger):
        control.ask("resize", monitors=[{"width": width, "height": height}])
        recording.wait_pictures(recording.file, recording.last() + 1.2)
    control.ask("resize", monitors=[{"width": WIDTH, "height": HEIGHT}])
    assert recording.end(signal.SIGTERM)[0] == 0
    found = video.probe(recording.file)
    assert (found.width, found.height) == (WIDTH, HEIGHT)
    red = [numpy.argwhere((frame[..., 0] > 150) & (frame[..., 1] < 90)).min(axis=0).tolist()
           for frame in video.decode(recording.file)]
    corners = [corner for number, corner in enumerate(red) if corner != red[number - 1] or number == 0]
    assert corners == [[0, 0], [90, 120], [0, 0]]  # the smaller screen is in the middle
    xspice.x.destroy_window(window)


def test_the_display_counts_recordings(xspice, control, record):
    recording = record(xspice, "a.webm")
    processes.wait_for(lambda: control.ask("status")["recording"] == 1, 10, "one recording")
    recording.end(signal.SIGTERM)
    processes.wait_for(lambda: control.ask("status")["recording"] == 0, 10, "no recording")


def test_the_end_of_the_display_completes_the_file(server, record):
    xspice = server(size="320x240")
    recording = record(xspice, "a.webm")
    recording.wait_pictures(recording.file, 0.4)
    xspice.stop()
    status, said = recording.end()
    assert status == 0 and said.endswith(" frames\n")
    assert video.probe(recording.file).duration >= 0.4


def test_x_does_not_feel_it(xspice, film, record):
    """Round trips with and without a recording, by turns."""
    film.wait_more(5)
    medians = {False: [], True: []}
    for turn in range(4):
        recorded = turn % 2 == 1
        recording = record(xspice, f"{turn}.webm") if recorded else None
        if recorded:
            recording.wait_pictures(recording.file, 0.1)
        with Prober(xspice) as prober:
            film.wait_more(RATE)
        if recorded:
            assert recording.end(signal.SIGTERM)[0] == 0
        medians[recorded].append(statistics.median(net for _, _, net in prober.report.samples))
    without, with_it = (1000 * min(medians[recorded]) for recorded in (False, True))
    print(f"median X round trip: {without:.2f} ms, {with_it:.2f} ms while recorded")
    assert with_it < without + 5
