"""A decoder of our own agrees with X, too, and sees what spice-gtk hides: which messages and images really came."""

import time

import numpy
import pytest

from support import pixels, processes
from support.judge import Judge


@pytest.fixture(scope="module")
def xspice(module_server):
    return module_server(size="400x300", options=["--image-compression", "lz4"])


def _noise(x, seed):
    """Narrow stripes of random colours."""
    generator = numpy.random.default_rng(seed)
    return [x.window(20 + 3 * index, 20, 3, 200, int(generator.integers(0, 1 << 24)), events=False)
            for index in range(60)]


def _assert_judge_agrees(judge, server):
    agreed = judge.follow(lambda: pixels.difference(server.x.picture(), judge.canvas) is None, 20)
    assert agreed, pixels.difference(server.x.picture(), judge.canvas)
    assert judge.marked


def _draw_everything(server, judge):
    """Text, flat areas, many colours, and content that moves."""
    server.run("xterm", "-geometry", "60x18+0+0", "-e", "sh", "-c", "seq 200; ls -l /etc; exec sleep 1000")
    before = server.x.picture()
    processes.wait_for(lambda: pixels.difference(before, server.x.picture()), 10, "xterm is there")
    _assert_judge_agrees(judge, server)
    windows = _noise(server.x, 1)
    _assert_judge_agrees(judge, server)
    plain = server.x.window(150, 100, 200, 150, 0x123456, events=False)
    _assert_judge_agrees(judge, server)
    for step in range(20):
        server.x.move_window(plain, 150 - 5 * step, 100 + 2 * step)
        server.x.sync()
        time.sleep(0.01)  # so that some of the steps are sent one by one
    _assert_judge_agrees(judge, server)
    for window in [*windows, plain]:
        server.x.destroy_window(window)
    server.end_clients()
    _assert_judge_agrees(judge, server)


@pytest.mark.parametrize("mini_header", [True, False], ids=["mini", "full"])
@pytest.mark.parametrize("lz4", [True, False], ids=["lz4", "lz"])
def test_images_by_capability(xspice, lz4, mini_header):
    with Judge(xspice.address, mini_header=mini_header, lz4=lz4) as judge:
        _draw_everything(xspice, judge)
        assert judge.images["lz4" if lz4 else "lz"], judge.images
        assert set(judge.images) <= {"raw", "lz4" if lz4 else "lz", "cache"}, judge.images
        assert judge.fills and judge.copies, (judge.fills, judge.copies)


@pytest.mark.parametrize("method,allowed", [("off", {"raw"}), ("lz", {"raw", "lz"})])
def test_images_by_option(server, method, allowed):
    xspice = server(size="400x300", options=["--image-compression", method])
    with Judge(xspice.address) as judge:
        _draw_everything(xspice, judge)
        assert judge.images and set(judge.images) <= allowed | {"cache"}, judge.images
        assert allowed - {"raw"} <= set(judge.images), judge.images
