"""OpenGL on a display: programs draw it themselves, and the X server only says what there is."""

import pathlib
import subprocess

import pytest
from support import processes, xdisplay, xserver


def maps(xspice):
    return pathlib.Path(f"/proc/{xspice.xorg}/maps").read_text()


def told(xspice):
    """Visuals, configurations, versions and extensions, all that GLX tells, but for the display's name."""
    return xspice.x("glxinfo", "-v").replace(f":{xspice.display}", ":N")


def test_programs_are_told_what_mesa_would_tell_them(launch, tmp_path):
    (mesas_directory,) = pathlib.Path("/usr/lib").glob("*/dri")
    (tmp_path / "drivers").symlink_to(xserver.module_path() / "drivers")
    (tmp_path / "dri").symlink_to(mesas_directory)
    ours, mesas = launch("--disable-ticketing"), launch("--disable-ticketing", modules=tmp_path)
    assert "direct rendering: Yes" in told(ours.ready())
    assert told(ours) == told(mesas.ready())
    # These two were not the same, were they? The library is most of what Mesa's driver takes.
    assert "libLLVM" not in maps(ours) and "libLLVM" in maps(mesas)


def test_contexts_of_the_x_server_itself(launch):
    """There are some with +iglx alone, as in every X server of today."""
    usual, drawing = launch("--disable-ticketing").ready(), launch("--disable-ticketing", "+iglx").ready()
    assert "direct rendering: No" in drawing.x("glxinfo", "-i", "-B")
    with pytest.raises(subprocess.CalledProcessError):
        usual.x("glxinfo", "-i", "-B")
    assert "direct rendering: Yes" in told(usual)  # it goes on


def test_opengl_is_drawn(launch):
    xspice = launch("--disable-ticketing").ready()
    gears = processes.spawn(["glxgears"], mark=xspice.mark, log=xspice.directory / "gears.txt",
                            env={"DISPLAY": f":{xspice.display}"})
    try:
        with xdisplay.Display(f":{xspice.display}") as x:
            def channels():
                picture = x.picture()
                return [(picture >> shift & 0xFF).astype(int) for shift in (16, 8, 0)]

            def three_gears():
                red, green, blue = channels()
                return all((one > 2 * (two + three)).sum() > 1000
                           for one, two, three in ((red, green, blue), (green, red, blue), (blue, red, green)))
            processes.wait_for(three_gears, 20, "a red, a green and a blue gear")
    finally:
        gears.kill()
        gears.wait(10)
