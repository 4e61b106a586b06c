"""The pictures that are shown: the same on every machine with the same fonts, made once for each build directory.

    pictures.photographs(20)    # a file of that many, for beside-draw
    pictures.page()             # a page of text and pictures, 1200 wide
    pictures.desktops()         # two screens with windows; the first one is the background, too
    pictures.web_page()         # the page for a browser
"""

import os
import pathlib
import random
import subprocess
import tempfile

import numpy
from PIL import Image, ImageDraw, ImageFont

from support import xserver

_BUILD = xserver.BUILD / "tests" / "beside"
_DIRECTORY = _BUILD / "pictures"
_WIDTH, _HEIGHT = 1920, 1080
_WORDS = """server display picture pixel client frame window cursor channel link network buffer cache encoder region
 surface session keyboard pointer colour damage scroll delay the a of and with for from over each when where which that
 this is are was to in on by it as""".split()


def _made_once(name):
    """Decorator: make(path, ...) makes what `name` is; asked again, the file is there."""
    def decorate(make):
        def path(*arguments):
            final = _DIRECTORY / name.format(*arguments)
            if not final.exists():
                _DIRECTORY.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(dir=_DIRECTORY) as directory:
                    made = pathlib.Path(directory) / "made"
                    make(made, *arguments)
                    os.rename(made, final)
            return final
        return path
    return decorate


@_made_once("photographs-{}")
def photographs(path, count):
    subprocess.run([_BUILD / "beside-photographs", path, str(count)], check=True)


def _photograph(index):
    pixels = numpy.memmap(photographs(20), dtype="u1", mode="r", shape=(20, _HEIGHT, _WIDTH, 4))[index]
    return Image.fromarray(numpy.ascontiguousarray(pixels[..., 2::-1]))


def _write(path, *images):
    path.write_bytes(b"".join(image.convert("RGBX").tobytes("raw", "BGRX") for image in images))


class _Writer:
    """Text on a picture."""

    def __init__(self, image, seed):
        self.image = image
        self.draw = ImageDraw.Draw(image)
        self._random = random.Random(seed)

    def words(self, count):
        return " ".join(self._random.choice(_WORDS) for _ in range(count))

    def paragraph(self, x, y, width, count, size=15, colour=(30, 30, 30), face="Sans", bottom=1 << 30):
        """Returns where it ends."""
        font, line = _font(face, size), ""
        for word in [*self.words(count).split(), None]:
            if word is None or self.draw.textlength(f"{line} {word}", font=font) > width:
                if y + size > bottom:
                    break
                self.draw.text((x, y), line, font=font, fill=colour)
                y, line = y + size * 7 // 5, ""
            line = f"{line} {word}".lstrip()
        return y


def _font(face, size):
    return ImageFont.truetype(f"DejaVu{face}.ttf", size)


@_made_once("page")
def page(path):
    writer = _Writer(Image.new("RGB", (1200, 6000), "white"), 1)
    y, section = 20, 0
    while y < 5600:
        y = writer.paragraph(40, y, 1100, 6, 22, (20, 40, 90), "Sans-Bold")
        y = writer.paragraph(40, y + 6, 1100, 110)
        if section % 3 == 1:
            writer.image.paste(_photograph(section % 20).resize((540, 304)), (40, y + 10))
            y = max(y + 330, writer.paragraph(610, y + 10, 540, 60))
        y, section = y + 20, section + 1
    _write(path, writer.image)


def _window(writer, box, kind):
    left, top, right, bottom = box
    draw = writer.draw
    draw.rectangle(box, fill=(246, 245, 244), outline=(90, 90, 90))
    draw.rectangle((left, top, right, top + 34), fill=(222, 218, 214))
    draw.text((left + 12, top + 8), writer.words(4).title(), font=_font("Sans", 15), fill=(40, 40, 40))
    for button in range(3):
        x = right - 30 - 26 * button
        draw.ellipse((x, top + 9, x + 16, top + 25), fill=(200, 80 + 50 * button, 70))
    if kind == "terminal":
        draw.rectangle((left + 1, top + 35, right - 1, bottom - 1), fill=(30, 30, 34))
        for y in range(top + 42, bottom - 20, 17):
            writer.paragraph(left + 8, y, right - left - 16, 9, 13, (180, 220, 180), "SansMono", y + 14)
        return
    for button in range(6):
        x = left + 15 + 110 * button
        draw.rounded_rectangle((x, top + 48, x + 95, top + 78), 5, fill=(235, 233, 230), outline=(160, 160, 160))
        draw.text((x + 13, top + 54), writer.words(1), font=_font("Sans", 15), fill=(30, 30, 30))
    writer.paragraph(left + 20, top + 95, right - left - 340, 600, bottom=bottom - 10)
    writer.image.paste(_photograph(5).resize((260, 146)), (right - 290, top + 95))


def _desktop(seed, colour, windows):
    shade = numpy.linspace(0, 36, _HEIGHT)[:, None, None] + numpy.array(colour)
    image = Image.fromarray(numpy.broadcast_to(shade, (_HEIGHT, _WIDTH, 3)).astype("u1"))
    writer = _Writer(image, seed)
    writer.draw.rectangle((0, 0, _WIDTH, 28), fill=(40, 40, 44))
    writer.draw.text((12, 6), "Applications   Places   System", font=_font("Sans", 15), fill=(230, 230, 230))
    for box, kind in windows:
        _window(writer, box, kind)
    return image


@_made_once("desktops")
def desktops(path):
    _write(path,
           _desktop(2, (48, 56, 70), [((60, 70, 960, 770), "terminal"), ((820, 140, 1820, 760), "document"),
                                      ((300, 420, 1160, 980), "document")]),
           _desktop(3, (32, 64, 115), [((820, 140, 1820, 760), "terminal"), ((60, 70, 960, 770), "document")]))


# A number that grows with every step of the scroll, as numbers.hpp has it.
_HTML = """<!doctype html><meta charset="utf-8"><title>loading</title>
<style>
 body { margin: 0; font: 16px/1.5 "DejaVu Sans", sans-serif; color: #222; }
 header { position: fixed; top: 0; left: 0; right: 0; height: 56px; background: #24344d; color: #fff; z-index: 1;
          box-shadow: 0 2px 6px #0006; }
 header b { position: absolute; left: 240px; top: 14px; font-size: 20px; }
 i { position: absolute; top: 0; width: 16px; height: 16px; background: #000; }
 main { width: 1100px; margin: 80px auto; }
 img { float: right; margin: 0 0 16px 24px; }
 section { clear: both; border-bottom: 1px solid #ccc; padding: 12px 0; }
</style>
<header><b>A page to scroll &nbsp; Start &nbsp; Read &nbsp; Search</b></header><main>BODY</main>
<script>
 const cells = [...Array(12).keys()].map(cell => {
   const box = document.createElement("i");
   box.style.left = 16 * cell + "px";
   document.querySelector("header").append(box);
   return box;
 });
 let shown = 0;
 addEventListener("scroll", () => {
   shown += 1;
   cells.forEach((box, cell) => { box.style.background = (shown ^ shown >> 1) >> cell & 1 ? "#fff" : "#000"; });
 });
 addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(() => { document.title = "loaded"; })));
</script>"""


@_made_once("web")
def web_page(path):
    path.mkdir()
    writer, body = _Writer(Image.new("RGB", (1, 1)), 4), []
    for section in range(24):
        body.append("<section>")
        if section % 2:
            _photograph(section % 20).resize((480, 270)).save(path / f"{section}.jpg", quality=90)
            body.append(f'<img src="{section}.jpg" width="480" height="270">')
        body.append(f"<h2>{writer.words(5).title()}</h2>")
        body += [f"<p>{writer.words(70)}.</p>" for _ in range(3)] + ["</section>"]
    (path / "index.html").write_text(_HTML.replace("BODY", "\n".join(body)))
