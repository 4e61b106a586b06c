"""xspicectl with a real display and real clients: every command has its effect."""

import io
import json
import os
import re
import signal
import subprocess
import time

import numpy
import pytest
from PIL import Image

from support import pixels, processes, prometheus, video, wire, xserver
from support.exact import wait_changed, wait_rest

KEY_A = 0x1E


class Ctl:
    """ctl("kick", "3") runs `xspicectl :N kick 3`, asserts its exit status, and returns what it printed."""

    def __init__(self, server, directory):
        self.server, self.directory = server, directory

    def start(self, *words, **variables):
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(self.server.runtime),
                       "XSPICE_MODULE_PATH": str(xserver.module_path()), **variables}
        for name in ("DISPLAY", "XSPICE_CONTROL"):
            if name not in variables:
                environment.pop(name, None)
        return subprocess.Popen(["/usr/bin/python3", xserver.SOURCE / "launcher" / "xspicectl", *map(str, words)],
                                env=environment, cwd=self.directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def run(self, *words, stdin=b"", **variables):
        with self.start(*words, **variables) as process:
            out, errors = process.communicate(stdin, timeout=60)
        return subprocess.CompletedProcess(words, process.returncode, out, errors)

    def __call__(self, *words, status=0, **options):
        ended = self.run(self.server.name, *words, **options)
        assert ended.returncode == status, (words, ended)
        if status == 0:
            assert ended.stderr == b"", (words, ended)
            return ended.stdout
        assert ended.stdout == b"" and ended.stderr.count(b"\n") == 1, (words, ended)
        return ended.stderr.decode().removeprefix("xspicectl: ").strip()

    def json(self, *words, **options):
        return json.loads(self("--json", *words, **options))


@pytest.fixture(scope="module")
def desk(module_server):
    server = module_server(size="640x480", ticket=True, options=["--numheads", "2", "--name", "a desk"])
    server.password = viewer_keys(server.viewer_file().read_text())["password"]
    return server


@pytest.fixture
def ctl(desk, tmp_path):
    return Ctl(desk, tmp_path)


def viewer_keys(text):
    lines = text.splitlines()
    assert lines[0] == "[virt-viewer]"
    return dict(line.split("=", 1) for line in lines[1:])


def picture(png):
    """As pixels.py describes pictures."""
    with Image.open(io.BytesIO(png)) as image:
        red, green, blue = (plane.astype(numpy.uint32) for plane in numpy.asarray(image).transpose(2, 0, 1))
    return red << 16 | green << 8 | blue


def let_in(desk, password):
    with wire.Connection(desk.address, timeout=20) as connection:  # a used ticket is asked about
        try:
            connection.link(wire.constant("CHANNEL_MAIN")).authenticate(password)
            return True
        except wire.Refused:
            return False


# --- which display --------------------------------------------------------------------------------------------------


def test_the_display_is_found(ctl, desk):
    # Others may have displays on this machine.
    (found,) = [one for one in json.loads(ctl.run("list", "--json").stdout)["displays"]
                if one["display"] == desk.number]
    assert (found["display"], found["pid"], found["width"], found["height"]) == (desk.number, desk.pid, 1280, 480)
    assert re.search(rf"^{desk.name} +1280x480 +0 .* {desk.pid}$", ctl.run("list").stdout.decode(), re.MULTILINE)
    for words, variables in (((desk.name, "status"), {}), (("status", desk.name), {}), (("status",), {"DISPLAY": desk.name}),
                             (("status",), {"XDG_RUNTIME_DIR": "/nowhere", "XSPICE_CONTROL": found["socket"]})):
        ended = ctl.run(*words, "--json", **variables)
        assert json.loads(ended.stdout)["pid"] == desk.pid, (words, ended)
    refused = ctl.run(":59000", "status")
    assert refused.returncode == 2
    assert re.fullmatch(f"xspicectl: :59000: no xspice display of yours; give one of .*{desk.name}\\b.*\n",
                        refused.stderr.decode())


def test_programs_on_the_display_find_it(ctl, desk, tmp_path):
    out = tmp_path / "status"
    desk.call("sh", "-c", f'{xserver.SOURCE}/launcher/xspicectl status --json > {out}',
              env={"XDG_RUNTIME_DIR": "/nowhere", "XSPICE_CONTROL": ctl.json("status")["socket"]})
    assert json.loads(out.read_text())["display"] == desk.number


def test_status_says_what_is_so(ctl, desk):
    status = ctl.json("status")
    assert status["monitors"] == [{"id": 0, "x": 0, "y": 0, "width": 640, "height": 480},
                                  {"id": 1, "x": 640, "y": 0, "width": 640, "height": 480}]
    lines = dict(re.split("  +", line, maxsplit=1) for line in ctl("status").decode().splitlines())
    assert lines["display"] == desk.name and lines["screen"] == "1280x480"
    assert lines["monitors"] == "640x480+0+0, 640x480+640+0"


def test_the_example_of_the_documentation(ctl, desk):
    page = (xserver.SOURCE / "docs" / "control.md").read_text().partition("## An example")[2]
    program = "".join(line[4:] + "\n" for line in page.splitlines() if line.startswith("    ") or not line)
    ended = subprocess.run(["/usr/bin/python3", "-c", program], capture_output=True, text=True, timeout=30, check=True,
                           env={**os.environ, "XSPICE_CONTROL": ctl.json("status")["socket"]})
    assert "'protocol': 1" in ended.stdout and "'still': True" in ended.stdout


# --- clients --------------------------------------------------------------------------------------------------------


def test_clients_are_shown_limited_and_thrown_out(ctl, desk, client):
    assert ctl("clients") == b"Nobody is connected.\n"
    viewer = client(desk)
    (found,) = ctl.json("clients")["clients"]
    assert (found["view_only"], found["encrypted"]) == (False, False)
    assert found["address"].startswith("127.0.0.1") and found["bytes_sent"] > 0
    assert {"main", "display", "inputs", "cursor"} <= set(found["channels"])
    number = found["id"]
    assert re.search(rf"^ *{number}  127.0.0.1\S* .* use .* no ", ctl("clients").decode(), re.MULTILINE)

    window = desk.x.window(0, 0, 100, 100)
    assert ctl("view-only", number).decode() == f"client {number} may only watch\n"
    viewer.tap(KEY_A)
    ctl("view-only", number, "off")
    viewer.tap(KEY_A + 1)
    keys = processes.wait_for(desk.x.events, 5, "the key that counts")
    assert {event["keysym"] for event in keys if event["type"].startswith("key")} == {"s"}
    desk.x.destroy_window(window)

    assert ctl("kick", number) == b"1 client disconnected\n"
    processes.wait_for(lambda: not ctl.json("clients")["clients"], 10, "nobody is connected")
    assert f"client {number}" in ctl("kick", number, status=1)
    assert ctl("kick", "all") == b"0 clients disconnected\n"


def test_figures_for_prometheus(ctl, desk, client):
    viewer = client(desk)
    desk.x.destroy_window(desk.x.window(0, 0, 300, 300))
    for words, variables in (((desk.name, "metrics"), {}), (("metrics", "--all"), {})):
        samples = prometheus.parse(ctl.run(*words, **variables).stdout.decode())
        of_desk = {"display": desk.name}
        assert prometheus.value(samples, "xspice_clients", **of_desk) == 1
        assert prometheus.value(samples, "xspice_screen_width_pixels", **of_desk) == 1280
        assert 0 < prometheus.value(samples, "xspice_uptime_seconds", **of_desk) < 600
        assert prometheus.value(samples, "xspice_client_sent_bytes_total", **of_desk) > 100
    assert {sample["name"] for sample in ctl.json("metrics")["metrics"]} == {name for name, _ in samples}
    viewer.disconnect()


# --- tickets --------------------------------------------------------------------------------------------------------


def test_one_more_ticket_for_one_client(ctl, desk, client):
    password = ctl.json("tickets", "add", "--one-shot")["password"]
    viewer = client(desk, password=password)
    assert not let_in(desk, password)
    viewer.disconnect()
    assert let_in(desk, desk.password) and not let_in(desk, "wrong")


def test_a_ticket_expires(ctl, desk):
    password = ctl.json("tickets", "add", "--expires", "1")["password"]
    issued = time.monotonic()
    assert let_in(desk, password)
    processes.wait_for(lambda: not let_in(desk, password), 15, "the ticket has expired", interval=0.3)
    assert time.monotonic() - issued >= 0.9


def test_other_tickets_from_now_on(server, client, tmp_path):
    desk = server(size="320x240", password="first")
    ctl = Ctl(desk, tmp_path)
    viewer = client(desk)
    complaint = ctl("tickets", "set", "--connected", "fail", status=1)
    assert "somebody is connected" in complaint and let_in(desk, "first")

    assert ctl("tickets", "set", "--password-file", "-", stdin=b"second\nrest") == (
        b"This ticket, and no other, lets clients in\n")
    assert let_in(desk, "second") and not let_in(desk, "first")
    viewer.tap(KEY_A)
    assert viewer.errors() == []  # who is in stays

    (tmp_path / "third").write_text("third\n")
    ctl("tickets", "set", "--password-file", "third", "--connected", "disconnect", "--view-only")
    processes.wait_for(lambda: not ctl.json("clients")["clients"], 10, "the client is out")
    watcher = client(desk, password="third")
    assert [found["view_only"] for found in ctl.json("clients")["clients"]] == [True]
    watcher.disconnect()

    assert ctl.json("status")["access"] == "ticket"
    ctl("tickets", "off")
    assert ctl.json("status")["access"] == "open"
    assert let_in(desk, "anything")


# --- the screen -----------------------------------------------------------------------------------------------------


def test_the_screen_gets_other_sizes(ctl, desk):
    assert ctl("resize", "800x600") == b"The screen has 800x600 pixels\n"
    assert desk.x.size() == (800, 600)
    assert [monitor["width"] for monitor in ctl.json("status")["monitors"]] == [800]
    answer = ctl.json("resize", "400x300+0+0", "640x480+400+20")
    assert (answer["width"], answer["height"]) == desk.x.size() == (1040, 500)
    complaint = ctl("resize", "64x64", "64x64", "64x64", status=1)
    assert "monitors" in complaint and desk.x.size() == (1040, 500)
    ctl("resize", "640x480", "640x480")
    assert desk.x.size() == (1280, 480)


def test_a_screenshot_is_what_x_shows(ctl, desk, tmp_path):
    before = desk.x.picture()
    terminal = desk.run("xterm", "-geometry", "70x20+30+40", "-e", "sh", "-c", "seq 40; exec sleep 1000")
    wait_changed(desk, before)
    window = desk.x.window(700, 100, 300, 200, 0x3366AA, events=False)
    desk.x.warp_pointer(20, 20)
    wanted = wait_rest(desk)
    assert len(set(wanted.ravel().tolist())) > 2
    assert ctl("screenshot", "screen.png") == b"screen.png: 1280x480\n"
    assert pixels.difference(picture((tmp_path / "screen.png").read_bytes()), wanted) is None
    for words in ([], ["-"]):
        assert pixels.difference(picture(ctl("screenshot", *words)), wanted) is None
    for step in range(10):  # everything drawn before is in it
        desk.x.paint_window(window, 0x102030 * step)
        desk.x.sync()
        assert picture(ctl("screenshot"))[150, 800] == 0x102030 * step
    desk.x.destroy_window(window)
    desk.end_client(terminal)


def test_a_screenshot_with_the_pointer(ctl, desk):
    window = desk.x.window(0, 0, 1280, 480, 0xFFFFFF, events=False)
    desk.x.set_cursor(desk.x.font_cursor(68), window)  # XC_left_ptr
    desk.x.warp_pointer(300, 200)
    plain, with_pointer = picture(ctl("screenshot")), picture(ctl("screenshot", "--cursor"))
    assert pixels.difference(plain, desk.x.picture()) is None
    shape = desk.x.cursor()
    opaque = shape.pixels >> 24 == 255
    assert opaque.any() and not (shape.pixels >> 24 % 255).all()
    top, left = 200 - shape.hot_y, 300 - shape.hot_x
    height, width = shape.pixels.shape
    seen = with_pointer[top:top + height, left:left + width]
    assert (seen[opaque] == shape.pixels[opaque] & 0xFFFFFF).all()
    changed = with_pointer != plain
    assert changed[top:top + height, left:left + width].sum() == changed.sum() > 0
    desk.x.destroy_window(window)


def test_a_screenshot_that_cannot_be_written(ctl):
    assert ctl("screenshot", "nowhere/screen.png", status=2) == (
        "screenshot nowhere/screen.png: cannot be written: No such file or directory; name a file in a directory of "
        "yours")


def test_waiting_until_the_screen_is_still(ctl, desk):
    wait_rest(desk)
    begin = time.monotonic()
    assert ctl("wait-still", "0.3") == b""
    assert time.monotonic() - begin >= 0.3
    busy = desk.run("xterm", "-e", "sh", "-c", "while :; do date +%N; done")
    assert ctl("wait-still", "0.5", "--timeout", "1.5", status=1) == (
        "wait-still: the screen was not still for 0.5 s within 1.5 s")
    desk.end_client(busy)
    assert ctl.json("wait-still", "0.2") == {"still": True}


def test_a_recording_shows_what_x_showed(ctl, desk, tmp_path):
    window = desk.x.window(0, 0, 1280, 480, 0x336699, events=False)
    ended = ctl.json("record", "a.webm", "--duration", "1", "--fps", "10", "--no-cursor")
    found = video.probe(tmp_path / "a.webm")
    assert (found.codec, found.width, found.height) == ("vp8", 1280, 480)
    assert (ended["file"], ended["frames"]) == ("a.webm", len(found.times)) and 1 <= len(found.times) <= 12
    assert 0.9 <= ended["seconds"] <= 2
    frames = video.decode(tmp_path / "a.webm")
    assert video.psnr(frames[-1], video.channels(desk.x.picture())) > 30
    desk.x.destroy_window(window)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_recording_that_is_interrupted_is_whole(ctl, desk, tmp_path, words, number):
    process = ctl.start("record", "b.mkv", *words)
    processes.wait_for(lambda: ctl.json("status")["recording"] == 1, 10, "the recording")
    window = desk.x.window(100, 100, 200, 200, 0x993366, events=False)
    file = tmp_path / "b.mkv"
    processes.wait_for(lambda: file.exists() and file.stat().st_size > 0, 10, "its first pictures")
    process.send_signal(number)
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, b"")
    told = json.loads(out)["frames"] if words else int(re.search(rb"(\d+) frames$", out.strip())[1])
    assert told == len(video.decode(file))
    assert ctl.json("status")["recording"] == 0
    desk.x.destroy_window(window)


def test_a_recording_that_cannot_be_made(ctl):
    ended = ctl.run("record", "a.gif")
    assert ended.returncode == 2 and b"let it end in .webm, .mp4 or .mkv" in ended.stderr


# --- input ----------------------------------------------------------------------------------------------------------


def keys_pressed(desk, count):
    """The next keys that go down, modifiers aside: as (name, text)."""
    found = []

    def enough():
        found.extend(event for event in desk.x.events() if event["type"] == "key-press"
                     and not event["keysym"].startswith(("Shift", "Control", "Alt", "ISO_")))
        return len(found) >= count
    processes.wait_for(enough, 10, lambda: f"{count} keys: {found}")
    return [(event["keysym"], event["state"] & 0xD) for event in found]


SHIFT, CONTROL, ALT = 1, 4, 8


def test_typing(ctl, desk, tmp_path):
    out = tmp_path / "typed"
    terminal = desk.run("xterm", "-u8", "-e", "sh", "-c", f"touch {out}; stty -echo; cat > {out}")
    processes.wait_for(out.exists, 10, "the terminal")
    ctl("mouse", "move", "100", "100", "click")
    wait_rest(desk)
    ctl("type", "Hello, world! \\ ~")
    ctl("type", stdin="\nzwölf Äpfel für 3 €\n-- :7\n".encode())
    assert ctl.json("type", "--", "--json\n") == {"typed": 7}
    many = "".join(f"line {number:04} of many, äöü\n" for number in range(300))
    ctl("type", stdin=many.encode())
    wanted = "Hello, world! \\ ~\nzwölf Äpfel für 3 €\n-- :7\n--json\n" + many
    processes.wait_for(lambda: out.read_text() == wanted, 20, lambda: f"the text: {out.read_text()!r}")
    desk.end_client(terminal)


def test_keys(ctl, desk):
    window = desk.x.window(0, 0, 200, 200)
    ctl("key", "a", "A", "Return", "ctrl+c", "ctrl+alt+x", "pageup")
    assert keys_pressed(desk, 6) == [("a", 0), ("A", SHIFT), ("Return", 0), ("c", CONTROL), ("x", CONTROL | ALT),
                                     ("Prior", 0)]
    assert desk.x.pointer()[2] & 0xD == 0  # all are up again
    assert "Retrun" in ctl("key", "Retrun", status=1)
    desk.x.destroy_window(window)


def test_the_mouse(ctl, desk):
    window = desk.x.window(0, 0, 1280, 480)
    desk.x.events()
    ctl("mouse", "move", "300", "200", "click", "right", "scroll", "down", "2", "by", "10", "-20", "press")
    found = []

    def all_come():
        found.extend(event for event in desk.x.events() if event["type"].startswith("button"))
        return len(found) >= 8
    processes.wait_for(all_come, 10, lambda: f"the buttons: {found}")
    assert [(event["type"].removeprefix("button-"), event["button"], event["x_root"], event["y_root"])
            for event in found] == [
        ("press", 3, 300, 200), ("release", 3, 300, 200), ("press", 5, 300, 200), ("release", 5, 300, 200),
        ("press", 5, 300, 200), ("release", 5, 300, 200), ("press", 1, 310, 180), ("release", 1, 310, 180)]
    assert desk.x.pointer() == (310, 180, 0)  # what was held came up when xspicectl ended
    desk.x.destroy_window(window)


# --- the end --------------------------------------------------------------------------------------------------------


def test_quit(server, tmp_path):
    desk = server(size="320x240")
    Ctl(desk, tmp_path)("quit")
    desk.process.wait(20)
    desk.assert_nothing_left()
    desk.abandon()
    ended = Ctl(desk, tmp_path).run(desk.name, "status")
    assert ended.returncode == 2 and b"no xspice display of yours" in ended.stderr
