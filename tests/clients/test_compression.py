"""Every method of compression, and what it is for: every pixel is right at rest, and the codecs are those it names."""

import pathlib
import re

import numpy
import pytest
from PIL import Image

from support import processes
from support.exact import assert_exact, wait_changed, wait_rest

ALWAYS = ["--jpeg-wan-compression", "always"]
NEVER = ["--jpeg-wan-compression", "never"]
ZLIB = ["--zlib-glz-wan-compression", "always"]

# name: options, the codecs that must come, those that must not
SETTINGS = {
    "auto": ([], {"quic"}, {"raw"}),
    "lossy": (ALWAYS, {"jpeg", "quic"}, set()),
    "off": (["--image-compression", "off"], {"raw"}, {"lz", "glz", "zlib-glz", "quic", "jpeg", "lz4"}),
    "auto_glz": (["--image-compression", "auto_glz", *NEVER], {"glz", "quic"}, {"jpeg", "zlib-glz", "lz4"}),
    "auto_glz-zlib": (["--image-compression", "auto_glz", *ZLIB], {"zlib-glz"}, {"lz4"}),
    "auto_lz": (["--image-compression", "auto_lz", *ALWAYS], {"lz", "jpeg"}, {"glz", "zlib-glz", "lz4"}),
    "quic": (["--image-compression", "quic", *NEVER], {"quic"}, {"lz", "glz", "zlib-glz", "jpeg", "lz4"}),
    "glz": (["--image-compression", "glz"], {"glz"}, {"quic", "jpeg", "zlib-glz", "lz4"}),
    "lz": (["--image-compression", "lz"], {"lz"}, {"quic", "jpeg", "glz", "zlib-glz", "lz4"}),
    "lz4": (["--image-compression", "lz4"], {"lz4"}, {"quic", "jpeg", "lz", "glz", "zlib-glz"}),
}


def _photograph(path, size=(640, 480)):
    """Soft shapes with grain, as lenses make them."""
    generator = numpy.random.default_rng(3)
    y, x = numpy.mgrid[0:size[1], 0:size[0]] / 97.0
    waves = [numpy.sin(x * a + numpy.cos(y * b) * 2) * 70 + 120 for a, b in ((1, 2), (2, 1), (1.5, 3))]
    grain = generator.normal(0, 3, (size[1], size[0], 3))
    Image.fromarray(numpy.clip(numpy.dstack(waves) + grain, 0, 255).astype("uint8")).save(path)
    return path


def _draw_everything(server, client):
    """Text, its scrolling, a photograph, the same windows again after another had covered them."""
    done = pathlib.Path(server.directory) / "done"
    server.run("xterm", "-geometry", "90x30+10+10", "-e", "sh", "-c", f"seq 3000; ls -l /etc; touch {done}; exec sleep 1000")
    processes.wait_for(done.exists, 30, "the script in xterm ended")
    wait_rest(server, 0.2)
    assert_exact(client, server)
    before = server.x.picture()
    picture = _photograph(pathlib.Path(server.directory) / "photograph.png")
    shown = server.run("display", "-geometry", "640x480+200+150", str(picture))
    wait_changed(server, before)
    wait_rest(server, 0.3)
    assert_exact(client, server)
    for colour in (0x123456, 0xFEDCBA):
        cover = server.x.window(0, 0, 1024, 768, colour, events=False)
        assert_exact(client, server)
        server.x.destroy_window(cover)
        wait_rest(server, 0.3)
        assert_exact(client, server)
    server.end_client(shown)
    assert_exact(client, server)


@pytest.mark.parametrize("setting", list(SETTINGS))
def test_every_setting_is_exact_at_rest(server, client, setting, tmp_path):
    options, wanted, unwanted = SETTINGS[setting]
    log = tmp_path / "xspice.log"
    xspice = server(size="1024x768", options=[*options, "--log-file", str(log)])
    viewer = client(xspice)
    assert_exact(viewer, xspice)
    _draw_everything(xspice, viewer)
    viewer.disconnect()
    line = processes.wait_for(lambda: re.search(r"client 1 \(.*images: (.*)", log.read_text(errors="replace")), 5,
                              "the client's figures")
    came = set(re.findall(r"([a-z0-9-]+) \d+ \(", line.group(1)))
    assert wanted <= came and not unwanted & came, line.group(0)
