"""What is shown. Each workload is a function of a session.Session; what it returns is of no interest."""

import re
import statistics
import subprocess
import time

import pictures

from support import exact, processes, procinfo

WORKLOADS = {}
# Those that mean something without a viewer.
ALONE = set()
_XTERM = ["xterm", "-geometry", "140x50+100+50"]
_XFT = ["-fa", "DejaVu Sans Mono", "-fs", "10"]
_X11PERF = ("rect10 rect100 rect500 line100 ftext aa10text aaftext copywinwin500 copypixwin500 scroll500 putimage500 "
            "shmput500 getimage500 compwinwin500 comppixwin500").split()


def workload(name, alone=True):
    def register(function):
        WORKLOADS[name] = function
        if alone:
            ALONE.add(name)
        return function
    return register


# --- programs of beside-draw: their pictures have numbers -----------------------------------------------------------

def _play(session, command, file, frames):
    program, x, y = session.draw(command, file, session.part(frames))
    if session.viewer:
        session.viewer.follow(x, y)
        session.rest()
    shown = []
    with session.measured():
        print(file=program.stdin, flush=True)
        for line in program.stdout:
            if line == "end\n":
                break
            drawn, number = line.split()
            shown.append((int(drawn) / 1e6, int(number)))
    assert shown, "beside-draw has ended"
    session.numbers(shown)


@workload("drag")
def _drag(session):
    """A window is dragged, 300 frames."""
    _play(session, "drag", pictures.photographs(20), 300)


@workload("scroll-copy")
def _scroll_copy(session):
    """A page is scrolled by XCopyArea, 300 frames."""
    _play(session, "scroll-copy", pictures.page(), 300)


@workload("scroll-redraw")
def _scroll_redraw(session):
    """A page is scrolled by drawing it anew, 300 frames."""
    _play(session, "scroll-redraw", pictures.page(), 300)


@workload("film")
def _film(session):
    """A film of 1280x720, 300 frames."""
    _play(session, "film", pictures.photographs(20), 300)


@workload("toggle")
def _toggle(session):
    """Two desktops, 20 switches."""
    _play(session, "toggle", pictures.desktops(), 20)


@workload("photographs")
def _photographs(session):
    """20 photographs of the screen's size."""
    _play(session, "photographs", pictures.photographs(20), 20)


# --- other programs -------------------------------------------------------------------------------------------------

def _terminal(session, *options):
    go, done = session.server.directory / "go", session.server.directory / "done"
    lines = session.part(20000)
    script = f"while [ ! -e {go} ]; do sleep 0.02; done; seq 1 {lines}; touch {done}; exec sleep infinity"
    session.server.run(*_XTERM, *options, "-e", "sh", "-c", script)
    _settled(session)
    with session.measured():
        go.touch()
        processes.wait_for(done.exists, 120, "all lines", interval=0.01)
        session.server.x.sync()


def _settled(session):
    """Something was started: until it stands on the screen, and at the viewer."""
    exact.wait_rest(session.server, quiet=1.0)
    if session.viewer:
        session.rest()


@workload("terminal")
def _terminal_xft(session):
    """A terminal, 20,000 lines, Xft font."""
    _terminal(session, *_XFT)


@workload("terminal-bitmap")
def _terminal_bitmap(session):
    """The same, bitmap font."""
    _terminal(session, "-fn", "fixed")


def _xdotool(session, *words):
    session.server.call("xdotool", *map(str, words), within=120)


@workload("typing")
def _typing(session):
    """300 keys in a terminal, 30 a second."""
    session.server.run_window_manager()
    session.server.run(*_XTERM, *_XFT, "-e", "cat")
    _settled(session)
    text = ("the quick brown fox jumps over the lazy dog 0123456789 " * 6)[:session.part(300)]
    with session.measured():
        _xdotool(session, "type", "--delay", 67, text)


@workload("idle", alone=False)
def _idle(session):
    """Nothing, for 10 s."""
    with session.measured():
        time.sleep(session.part(10))


@workload("start")
def _start(session):
    """From the start to the first answer; memory at the start and with a viewer."""
    session.result.update(start=session.server.ready_after, memory=session.memory_at_start,
                          memory_viewer=session.memory(procinfo.rss))


@workload("key", alone=False)
def _key(session):
    """From a key to a changed pixel at the viewer."""
    _, x, y = session.draw("echo")
    session.rest()
    with session.measured(compare=False):
        _press(session, x, y, session.part(100))


@workload("key-scroll", alone=False)
def _key_scroll(session):
    """The same, while a page is scrolled by drawing it anew."""
    view, *_ = session.draw("scroll-redraw", pictures.page(), 100_000)
    _, x, y = session.draw("echo")
    print(file=view.stdin, flush=True)
    time.sleep(3)  # the link's queue, if there is one, has the length that it will have
    with session.measured(compare=False):
        _press(session, x, y, session.part(40))
        view.kill()


def _press(session, x, y, keys):
    delays = []
    for index in range(keys):
        delays.append(session.viewer.timed_key(x, y))
        time.sleep(0.06 + index * 7 % 40 / 1000)  # not in step with anything
    seen = [delay for delay in delays if delay is not None]
    session.result.update(seen=len(seen), drawn=keys)
    session.delays(seen)


@workload("x11perf")
def _x11perf(session):
    """x11perf, 15 tests: operations a second, their geometric mean."""
    with session.measured(compare=False):
        done = subprocess.run(["x11perf", "-display", session.server.name, "-repeat", "1", "-time", "1",
                               *(f"-{test}" for test in _X11PERF)], capture_output=True, text=True, check=True)
    rates = [float(rate) for rate in re.findall(r"\(\s*([\d.]+)/sec\)", done.stdout)]
    assert len(rates) == len(_X11PERF), done.stdout
    session.result["tests"] = dict(zip(_X11PERF, rates))
    session.result["operations"] = statistics.geometric_mean(rates)


# --- toolkits -------------------------------------------------------------------------------------------------------

# Places in gtk3-widget-factory's window, and what is done there: a click, or the wheel so many times, or a key. After
# the first page, where something always moves, and its controls come pages of lists, menus, text and colours.
_GTK = """
 560,26 click; 463,78 click; 463,78 click; 352,78 click; 352,78 Escape; 463,253 click; 463,253 Escape; 26,407 click
 463,514 click; 633,151 click; 700,151 click; 133,602 click; 210,602 click; 1200,121 click; 1213,451 wheel 5
 682,26 click; 320,80 click; 360,80 move; 404,80 move; 404,80 Escape; 1232,80 click; 1232,80 click; 210,590 click
 150,310 wheel 5; 1240,390 wheel 5; 1150,252 click; 1150,252 click
 803,26 click; 240,250 wheel 5; 240,570 wheel 10; 544,180 click; 544,140 click; 1078,140 click; 1090,430 click
 1160,490 click; 992,490 click; 1210,26 click; 1210,26 Escape; 682,26 click; 803,26 click
"""
_TIME_FOR_EACH = 0.25  # seconds


def _gtk_script(left, top):
    words = []
    for place, action, *times in (step.split() for step in _GTK.replace(";", "\n").strip().splitlines()):
        x, y = map(int, place.split(","))
        words += ["mousemove", left + x, top + y]
        if action == "wheel":
            words += ["click", "--repeat", times[0], "--delay", 60, 5]
        elif action == "click":
            words += ["click", 1]
        elif action != "move":
            words += ["key", action]
        words += ["sleep", _TIME_FOR_EACH]
    return words


@workload("gtk")
def _gtk(session):
    """A GTK 3 program: clicks, menus, tabs, lists."""
    session.server.run_window_manager()
    session.server.run("gtk3-widget-factory")
    window = _wait_window(session, "--class", "gtk3-widget-factory")
    _xdotool(session, "windowmove", "--sync", window, 277, 169, "mousemove", 277 + 682, 169 + 26, "click", 1)
    _settled(session)  # on the second page
    with session.measured():
        _xdotool(session, *_gtk_script(277, 169))


@workload("browser")
def _browser(session):
    """Chromium, a page of text and pictures: scrolled by 90 steps of the wheel."""
    flags = ["--no-sandbox", "--disable-gpu", "--kiosk", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--proxy-server=direct://", "--disable-dev-shm-usage",
             "--password-store=basic", f"--user-data-dir={session.server.directory / 'chromium'}"]
    session.server.run_window_manager()
    session.server.run("chromium", *flags, f"file://{pictures.web_page()}/index.html")
    _wait_window(session, "--name", "^loaded")
    session.server.x.warp_pointer(960, 600)
    _settled(session)
    if session.viewer:
        session.viewer.follow(0, 0)
    with session.measured():
        _xdotool(session, *"click --repeat 60 --delay 100 5 click --repeat 30 --delay 100 4".split())
    if session.viewer:
        session.result["seen"] = len(session.viewer.followed())


def _wait_window(session, kind, wanted, within=60):
    """Until a window with this name or class is shown; its number."""
    def found():
        done = subprocess.run(["xdotool", "search", "--onlyvisible", kind, wanted], capture_output=True, text=True,
                              env={"DISPLAY": session.server.name, "PATH": "/usr/bin"}, check=False)
        return done.stdout.split()

    return processes.wait_for(found, within, f"a window {wanted}", interval=0.1)[-1]
