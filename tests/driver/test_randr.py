"""RandR: sizes, heads, modes, what is refused."""

import re

import pytest

from support.randr import screen


def add_mode(server, output, width, height):
    name = f"{width}x{height}"
    server.xrandr("--newmode", name, "60", *map(str, (width, width + 8, width + 16, width + 80)),
                  *map(str, (height, height + 3, height + 6, height + 30)))
    server.xrandr("--addmode", output, name)
    return name


def assert_draws(server):
    """The whole screen, to its last row and column, takes what is drawn."""
    width, height = server.x.size()
    for colour in (0xC0FFEE, 0x00BEEF):
        window = server.x.window(0, 0, width, height, colour=colour)
        server.x.sync()
        picture = server.x.picture()
        assert picture.shape == (height, width)
        assert (picture == colour).all()
        server.x.destroy_window(window)


def test_starts_with_one_head_of_the_given_size(xorg):
    size, heads = screen(xorg({"Size": "1366x768"}))
    assert size == (1366, 768)
    assert list(heads) == ["Virtual-1"]
    assert heads["Virtual-1"].geometry == (1366, 768, 0, 0)


def test_default_size_is_full_hd(xorg):
    assert screen(xorg({"Size": None}))[0] == (1920, 1080)


def test_starts_with_many_heads_side_by_side(xorg):
    size, heads = screen(xorg({"NumHeads": "3", "Size": "801x601"}))
    assert size == (2403, 601)
    assert [heads[f"Virtual-{i}"].geometry for i in (1, 2, 3)] == [(801, 601, 801 * i, 0) for i in range(3)]


def test_sixteen_full_hd_heads_stand_in_rows(xorg):
    server = xorg({"NumHeads": "16", "Size": "1920x1080"})
    size, heads = screen(server)
    assert size == (7680, 4320)
    places = {heads[f"Virtual-{i + 1}"].geometry for i in range(16)}
    assert places == {(1920, 1080, 1920 * (i % 4), 1080 * (i // 4)) for i in range(16)}
    assert_draws(server)


@pytest.mark.parametrize("size", [(801, 601), (333, 445), (1500, 901), (64, 64), (2047, 1153), (4096, 2160)])
def test_any_size_at_run_time(xorg, size):
    server = xorg()
    server.xrandr("--output", "Virtual-1", "--mode", add_mode(server, "Virtual-1", *size))
    assert screen(server)[0] == size
    assert_draws(server)
    server.xrandr("--output", "Virtual-1", "--mode", "1024x768")
    assert screen(server)[0] == (1024, 768)
    assert_draws(server)


def test_standard_modes_are_offered_and_work(xorg):
    server = xorg({"MaxSize": "3840x2160"})
    modes = re.findall(r"^   (\d+)x(\d+) ", server.xrandr(), re.MULTILINE)
    assert {("1920", "1080"), ("1280", "720"), ("800", "600"), ("3840", "2160")} <= set(modes)
    assert all(int(width) <= 3840 and int(height) <= 2160 for width, height in modes)
    assert modes[0] == ("1024", "768")  # the preferred one comes first
    for mode in ("800x600", "3840x2160", "1366x768"):
        server.xrandr("--output", "Virtual-1", "--mode", mode)
        assert "x".join(map(str, screen(server)[0])) == mode
        assert_draws(server)


def test_picture_survives_a_resize(xorg):
    server = xorg()
    server.x.window(100, 100, 200, 200, colour=0x336699)
    server.x.sync()
    server.xrandr("--output", "Virtual-1", "--mode", add_mode(server, "Virtual-1", 777, 555))
    assert (server.x.picture()[100:300, 100:300] == 0x336699).all()


def test_heads_go_off_and_on_and_move(xorg):
    server = xorg({"NumHeads": "3", "Size": "640x480"})
    server.xrandr("--output", "Virtual-2", "--off", "--output", "Virtual-3", "--off")
    size, heads = screen(server)
    assert size == (640, 480)
    assert heads["Virtual-2"].connected and heads["Virtual-2"].geometry is None
    server.xrandr("--output", "Virtual-3", "--auto", "--below", "Virtual-1")
    size, heads = screen(server)
    assert size == (640, 960)
    assert heads["Virtual-3"].geometry == (640, 480, 0, 480)
    server.xrandr("--output", "Virtual-2", "--mode", "1280x720", "--right-of", "Virtual-1")
    size, heads = screen(server)
    assert size == (1920, 960)
    assert heads["Virtual-2"].geometry == (1280, 720, 640, 0)
    assert_draws(server)


def test_all_heads_off_and_on_again(xorg):
    server = xorg()
    server.xrandr("--output", "Virtual-1", "--off")
    assert screen(server)[1]["Virtual-1"].geometry is None
    server.xrandr("--output", "Virtual-1", "--auto")
    assert screen(server)[1]["Virtual-1"].geometry == (1024, 768, 0, 0)
    assert_draws(server)


def test_screen_larger_than_its_heads_and_panning(xorg):
    server = xorg()
    server.xrandr("--fb", "1601x1203")
    assert screen(server)[0] == (1601, 1203)
    assert_draws(server)
    server.xrandr("--output", "Virtual-1", "--panning", "2001x1501")
    size, heads = screen(server)
    assert size == (2001, 1501)
    assert heads["Virtual-1"].geometry == (2001, 1501, 0, 0)
    server.x.warp_pointer(2000, 1500)  # moves the viewport
    assert_draws(server)


@pytest.mark.parametrize("arguments", [
    ("--output", "Virtual-1", "--rotate", "left"), ("--output", "Virtual-1", "--reflect", "x"),
    ("--output", "Virtual-1", "--scale", "1.5x1.5"), ("--fb", "8193x8192"), ("--fb", "63x64"),
])
def test_what_cannot_be_done_is_refused(xorg, arguments):
    server = xorg()
    refused = server.try_xrandr(*arguments)
    assert refused.returncode != 0, refused.stdout
    server.xrandr("--output", "Virtual-1", "--mode", "800x600")
    assert screen(server)[0] == (800, 600)
    assert_draws(server)


def test_dots_per_inch_stay_whatever_the_mode(xorg):
    server = xorg({"Dpi": "120"})
    for mode in ("1024x768", "1920x1080", "640x480"):
        server.xrandr("--output", "Virtual-1", "--mode", mode)
        head = screen(server)[1]["Virtual-1"]
        for pixels, millimetres in zip(head.geometry[:2], head.millimetres, strict=True):
            assert abs(pixels * 25.4 / 120 - millimetres) <= 1


def test_each_output_has_its_own_edid(xorg):
    server = xorg({"NumHeads": "2", "Size": "640x480"})
    blocks = re.findall(r"EDID:\s*\n((?:\s+[0-9a-f]{32}\n)+)", server.xrandr("--props"))
    blocks = [bytes.fromhex("".join(block.split())) for block in blocks]
    assert len(blocks) == 2
    assert all(len(block) == 128 and sum(block) % 256 == 0 for block in blocks)
    assert [f"xspice {i}\n".encode() in block for i, block in enumerate(blocks, 1)] == [True, True]


def test_screen_saver_and_dpms_blank_nothing(xorg):
    server = xorg()
    server.x.window(0, 0, 1024, 768, colour=0x224466)
    for arguments in (("dpms", "force", "off"), ("s", "activate")):
        server.call("xset", *arguments)
        assert (server.x.picture() == 0x224466).all()
