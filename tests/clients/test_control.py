"""The control socket of a real display: each command has its effect on a real Xorg and on real clients."""

import fcntl
import os
import pwd
import threading
import time

import numpy
import pytest
from support import pixels, processes
from support.control_client import Closed, Control
from support.exact import assert_exact, wait_changed, wait_rest
from support.xdisplay import Cursor

F_GET_SEALS = 1034
SEAL, SHRINK, GROW, WRITE = 1, 2, 4, 8
KEY_A, KEY_B = 0x1E, 0x30


@pytest.fixture(scope="module")
def xspice(module_server, tmp_path_factory):
    password = tmp_path_factory.mktemp("control") / "password"
    password.write_text("secret\n")
    password.chmod(0o600)
    return module_server(size="640x480", own_access=True, options=["--password-file", password])


@pytest.fixture
def control(xspice):
    with Control(xspice.control) as connection:
        yield connection


@pytest.fixture
def come(xspice, client):
    """A spice-gtk client that has everything."""
    return lambda password="secret", **options: client(xspice, password=password, **options)


def same(seen, xspice):
    assert pixels.difference(seen, xspice.x.picture()) is None


def only_client(control):
    (found,) = control.ask("clients")["clients"]
    return found


def wait_clients(control, count):
    processes.wait_for(lambda: control.ask("status")["clients"] == count, 5, f"{count} clients")


# --- looking -----------------------------------------------------------------------------------------------------


def test_greeting_and_status(xspice, control):
    assert control.greeting["protocol"] == 1 and control.greeting["xspice"]
    status = control.ask("status")
    assert status["version"] == control.greeting["xspice"]
    assert status["pid"] == xspice.pid
    assert (status["width"], status["height"]) == (640, 480)
    assert status["monitors"] == [{"id": 0, "x": 0, "y": 0, "width": 640, "height": 480}]
    assert (status["clients"], status["recording"], status["locks"]) == (0, 0, [])
    assert 0 < status["uptime"] < 600


def test_a_screenshot_has_all_that_was_drawn_though_nobody_watches(xspice, control):
    window = xspice.x.window(50, 40, 300, 200, events=False)
    for step in range(30):
        xspice.x.move_window(window, 10 + 7 * step, 20 + 3 * step)
        xspice.x.paint_window(window, 0x102030 * (step % 7) + step)
        xspice.x.sync()
        same(control.screenshot(), xspice)
    xspice.x.destroy_window(window)
    same(control.screenshot(), xspice)


def test_a_screenshot_is_sealed(control):
    answer = control.ask("screenshot")
    descriptor = control.take_descriptor()
    assert answer["stride"] * answer["height"] == os.fstat(descriptor).st_size
    assert fcntl.fcntl(descriptor, F_GET_SEALS) == SEAL | SHRINK | GROW | WRITE
    os.close(descriptor)


def blended(picture, cursor, x, y):
    """`picture` with the premultiplied pointer, whose hot spot is at x, y, over it."""
    result = picture.copy()
    for row in range(cursor.pixels.shape[0]):
        for column in range(cursor.pixels.shape[1]):
            to_x, to_y = x - cursor.hot_x + column, y - cursor.hot_y + row
            if not (0 <= to_x < picture.shape[1] and 0 <= to_y < picture.shape[0]):
                continue
            source, below = int(cursor.pixels[row, column]), int(picture[to_y, to_x])
            rest = 255 - (source >> 24)
            mixed = 0
            for shift in (0, 8, 16):
                mixed |= min(255, (source >> shift & 255) + round((below >> shift & 255) * rest / 255)) << shift
            result[to_y, to_x] = mixed
    return result


def soft_cursor(size=24):
    """Half transparent, with another alpha in each row."""
    shape = numpy.zeros((size, size), numpy.uint32)
    for row in range(size):
        alpha = row * 255 // (size - 1)
        shape[row, :] = alpha << 24 | alpha << 16 | (alpha // 2) << 8 | alpha // 3
    return shape


def test_the_pointer_is_drawn_on_request(xspice, control):
    x = xspice.x
    window = x.window(0, 0, 640, 480, colour=0x7F9FBF, events=False)
    x.set_cursor(x.argb_cursor(Cursor(5, 7, soft_cursor())), window)
    for place in ((300, 200), (1, 2), (638, 479)):
        x.warp_pointer(*place)
        plain, with_cursor = control.screenshot(), control.screenshot(cursor=True)
        same(plain, xspice)
        assert pixels.difference(with_cursor, blended(plain, x.cursor(), *place)) is None
        assert pixels.difference(with_cursor, plain) is not None
    x.destroy_window(window)


def test_nothing_is_tracked_while_nobody_looks(xspice, control):
    before = control.ask("status")["commits"]
    window = xspice.x.window(0, 0, 100, 100, events=False)
    for step in range(50):
        xspice.x.paint_window(window, step)
        xspice.x.sync()
    xspice.x.destroy_window(window)
    assert control.ask("status")["commits"] == before + 1  # the one that it asks for itself


def wait_equal(control, picture, xspice):
    """Asks for frames until the capture shows what X shows."""
    deadline = time.monotonic() + 10
    while True:
        answer = control.ask("frame", timeout=200)
        problem = pixels.difference(picture.pixels(), xspice.x.picture())
        if problem is None:
            return answer
        assert time.monotonic() < deadline, problem


def test_a_capture_follows_the_screen(xspice, control):
    picture = control.capture()
    same(picture.pixels(), xspice)
    assert control.ask("status")["recording"] == 1
    begin = time.monotonic()
    assert control.ask("frame", timeout=150)["changed"] is False
    assert time.monotonic() - begin >= 0.15
    window = xspice.x.window(10, 10, 200, 150, events=False)
    times = []
    for step in range(20):
        xspice.x.paint_window(window, 0x0F0F0F * (step % 16) + 1)
        xspice.x.move_window(window, 10 + 13 * step, 10 + 11 * step)
        xspice.x.sync()
        times.append(wait_equal(control, picture, xspice)["time"])
    assert times == sorted(times) and times[0] > begin * 1e6 and times[-1] < time.monotonic() * 1e6
    xspice.x.destroy_window(window)
    wait_equal(control, picture, xspice)
    picture.close()


def test_a_capture_with_pointer(xspice, control):
    xspice.x.warp_pointer(100, 100)
    picture = control.capture(cursor=True)
    for place in ((120, 110), (400, 300), (639, 479), (0, 0)):
        xspice.x.warp_pointer(*place)

        def follows(place=place):
            control.ask("frame", timeout=100)
            wanted = blended(xspice.x.picture(), xspice.x.cursor(), *place)
            return pixels.difference(picture.pixels(), wanted) is None

        processes.wait_for(follows, 5, f"the pointer at {place}")
    picture.close()


def test_a_frame_needs_a_capture(control):
    assert control.refusal("frame") == 'frame: nothing is captured; begin with "capture"'


def test_waits_until_the_screen_is_still(xspice, control):
    begin = time.monotonic()
    assert control.ask("wait-still", still=150)["still"] is True
    assert time.monotonic() - begin >= 0.15
    window = xspice.x.window(0, 0, 200, 200, events=False)
    over = threading.Event()
    painter = xspice.connect()

    def paint():
        colour = 0
        while not over.wait(0.02):
            colour += 0x010203
            painter.paint_window(window, colour & 0xFFFFFF)
            painter.warp_pointer(colour % 600, 300)

    thread = threading.Thread(target=paint)
    thread.start()
    try:
        assert control.ask("wait-still", still=400, timeout=1200)["still"] is False
        waiting = control.begin("wait-still", still=300)
        assert control.ask("status")["clients"] == 0  # later requests are answered meanwhile
    finally:
        over.set()
        thread.join()
    rest = time.monotonic()
    assert control.finish(waiting)["still"] is True
    assert time.monotonic() - rest >= 0.2
    painter.close()
    xspice.x.destroy_window(window)


# --- who is there ------------------------------------------------------------------------------------------------


def test_clients_and_their_figures(xspice, control, come):
    assert control.ask("clients") == {"clients": []}
    before = xspice.x.picture()
    logo = xspice.run("xlogo", "-geometry", "200x150+10+10")
    wait_changed(xspice, before)
    viewer = come()
    assert_exact(viewer, xspice)
    about = only_client(control)
    assert about["address"].startswith("127.0.0.1:")
    assert about["channels"] == ["main", "display", "inputs", "cursor"]
    assert (about["view_only"], about["encrypted"]) == (False, False)
    assert "user" not in about
    assert 0 < about["connected"] < 60
    assert about["bytes_sent"] > 0 and about["frames"] > 0
    assert sum(about["bytes_by_codec"].values()) <= about["bytes_sent"] and about["images"] > 0
    window = xspice.x.window(100, 100, 200, 200, events=False)
    assert_exact(viewer, xspice)
    after = only_client(control)
    assert after["id"] == about["id"]
    assert after["frames"] > about["frames"] and after["bytes_sent"] > about["bytes_sent"]
    xspice.x.destroy_window(window)
    xspice.end_client(logo)


def test_what_a_window_covered_comes_from_the_clients_memory(xspice, control, come):
    terminal = xspice.run("xterm", "-geometry", "80x25+0+0", "-e", "sh", "-c", "ls -l /usr/bin | head -100; sleep 1000")
    wait_rest(xspice)
    viewer = come()
    assert_exact(viewer, xspice)
    wait_rest(xspice)  # only what has been still is kept
    for _ in range(3):
        window = xspice.x.window(50, 50, 300, 200, events=False)
        assert_exact(viewer, xspice)
        before = only_client(control)
        xspice.x.destroy_window(window)
        wait_rest(xspice)
        assert_exact(viewer, xspice)
        after = only_client(control)
        # The text alone is 1800 bytes; a few lines of it may be seen while the terminal draws them.
        assert after["bytes_sent"] - before["bytes_sent"] < 1000
    xspice.end_client(terminal)


def test_clients_that_come_another_way(server, client, tmp_path):
    own = server(size="320x240", options=["--unix", tmp_path / "spice"], port_option=None)
    viewer = client(own, properties={"port": None, "host": None, "unix-path": str(tmp_path / "spice")})
    with Control(own.control) as control:
        about = only_client(control)
        assert (about["address"], about["user"]) == ("unix", pwd.getpwuid(os.getuid()).pw_name)
        assert control.refusal("add-ticket", password="x").startswith("add-ticket: this display lets anybody in")
        assert control.ask("tickets", tickets=[{"password": "x"}]) == {"replaced": True}
        control.ask("add-ticket", password="y")
    assert not viewer.errors()


def test_kick(control, come):
    first, second = come(), come()
    wait_clients(control, 2)
    low, high = sorted(client["id"] for client in control.ask("clients")["clients"])
    assert control.refusal("kick", client=high + 1) == (
        f'client {high + 1}: nobody is connected by that number; "clients" lists them')
    assert control.ask("kick", client=low) == {"kicked": 1}
    processes.wait_for(lambda: ["main", "closed"] in first.state()["events"], 5, lambda: f"gone: {first.state()}")
    assert [client["id"] for client in control.ask("clients")["clients"]] == [high]
    assert not second.errors()
    third = come()
    wait_clients(control, 2)
    assert control.ask("kick", client="all") == {"kicked": 2}
    for viewer in (second, third):
        processes.wait_for(lambda one=viewer: ["main", "closed"] in one.state()["events"], 5, "all gone")
    assert control.ask("kick", client="all") == {"kicked": 0}


def test_view_only_at_run_time(xspice, control, come):
    """Against another client whose keys come through: what the first sends has every chance to arrive before."""
    watcher = come()
    about = only_client(control)
    user = come()
    window = xspice.x.window(0, 0, 300, 300)
    seen = []

    def wait_for_event(kind, keysym):
        def arrived():
            seen.extend((event["type"], event["keysym"]) for event in xspice.x.events() if "keysym" in event)
            return (kind, keysym) in seen

        processes.wait_for(arrived, 5, lambda: f"{kind} of {keysym} in {seen}")

    watcher.key(KEY_A, True)
    wait_for_event("key-press", "a")
    control.ask("view-only", client=about["id"], view_only=True)
    wait_for_event("key-release", "a")
    assert [client["view_only"] for client in control.ask("clients")["clients"]] == [True, False]
    for _ in range(20):
        seen.clear()
        watcher.tap(KEY_A)
        watcher.button(1, True)
        user.tap(KEY_B)
        wait_for_event("key-release", "b")
        assert not [event for event in seen if event[1] == "a"]
    assert xspice.x.pointer()[2] == 0
    control.ask("view-only", client=about["id"], view_only=False)
    watcher.tap(KEY_A)
    wait_for_event("key-release", "a")
    assert not watcher.errors()
    xspice.x.destroy_window(window)


def test_tickets_are_replaced(control, come):
    first = come()
    wait_clients(control, 1)
    assert control.ask("tickets", tickets=[{"password": "new"}], connected="fail") == {"replaced": False}
    assert control.ask("tickets", tickets=[{"password": "new"}, {"password": "watch", "view_only": True}]) == {
        "replaced": True}
    assert not first.errors()
    refused = come("secret", ready=False)
    assert refused.wait_error(15) == ["main", "error-auth"]
    watcher = come("watch")
    assert [client["view_only"] for client in control.ask("clients")["clients"]] == [False, True]
    assert control.ask("tickets", tickets=[{"password": "secret"}], connected="disconnect") == {"replaced": True}
    for viewer in (first, watcher):
        processes.wait_for(lambda one=viewer: ["main", "closed"] in one.state()["events"], 5, "disconnected")
    come("secret")


def test_a_ticket_more_for_one_client(xspice, control, come):
    control.ask("add-ticket", password="guest", one_shot=True, expires_in=60)
    control.ask("add-ticket", password="late", expires_in=0)
    guest = come("guest")
    for password in ("guest", "late"):
        refused = come(password, ready=False)
        assert refused.wait_error(15) == ["main", "error-auth"]
    come("secret")
    assert not guest.errors()
    assert "guest" not in xspice.log() and "late\n" not in xspice.log()


def test_errors_name_the_argument_and_never_a_password(xspice, control):
    assert control.refusal("dance") == 'command: there is no "dance"; see docs/control.md for what there is'
    assert control.refusal("kick") == "client: missing; give a whole number from 1 to 9223372036854775807"
    long = "pass" * 20
    for command, arguments in (("add-ticket", {"password": long}),
                               ("tickets", {"tickets": [{"password": "fine"}, {"password": long}]})):
        error = control.refusal(command, **arguments)
        assert error.endswith("password: the password is longer than the 60 bytes that the protocol allows")
        assert "pass" not in error.replace("password", "")
    assert "passpass" not in xspice.log()


def test_clients_coming_and_going_are_events(xspice, control, come):
    with Control(xspice.control) as listener:
        listener.ask("subscribe", events=["clients"])
        viewer = come()
        came = listener.event()
        assert came == {"event": "clients", "clients": 1, "came": only_client(control)["id"]}
        viewer.disconnect()
        assert listener.event() == {"event": "clients", "clients": 0, "went": came["came"]}


# --- the socket --------------------------------------------------------------------------------------------------


def test_the_socket_is_its_owners(xspice):
    link = xspice.control
    assert link.is_symlink() and link.resolve().parent.parent == link.parent
    assert os.stat(link).st_mode & 0o777 == 0o600
    assert os.stat(link.parent).st_mode & 0o777 == 0o700


def test_others_are_not_let_in_even_if_the_files_allow_it(server, tmp_path):
    log = tmp_path / "xorg.log"
    own = server(size="320x240", options=["--log-file", str(log)])
    path = own.control
    with Control(path):
        pass
    for directory in (path, path.resolve().parent, path.parent, own.runtime, own.directory):
        os.chmod(directory, 0o777)
    seen = own.directory / "stranger.txt"
    code = ("import socket, sys\n"
            "stranger = socket.socket(socket.AF_UNIX)\n"
            "stranger.connect(sys.argv[1])\n"
            "print(repr(stranger.recv(100)))\n")
    stranger = processes.spawn(["/usr/bin/python3", "-c", code, str(path)], mark=processes.new_mark(), log=seen,
                               uid=65534)
    assert stranger.wait(10) == 0, seen.read_text()
    assert seen.read_text() == "b''\n"
    assert "unix:65534: refused: neither this server's user nor root" in log.read_text()


def test_a_session_finds_the_socket_and_can_end_the_display(server, tmp_path):
    out = tmp_path / "found"
    own = server(size="320x240", session=["/bin/sh", "-c", f"echo $XSPICE_CONTROL >{out}; exec sleep 1000"])
    processes.wait_for(lambda: out.exists() and out.read_text().strip(), 5, "the session")
    path = out.read_text().strip()
    assert path == str(own.control)
    with Control(path) as control:
        assert control.ask("status")["pid"] == own.pid
        control.ask("subscribe", events=["quit"])
        control.ask("quit")
        assert control.event() == {"event": "quit"}
    assert own.process.wait(20) == 0
    own.assert_nothing_left()
    own.abandon()  # not stopped again


def test_strangers_bytes_cost_only_their_connection(xspice, control):
    path = xspice.control
    for garbage in (b"\x00\xff\xfe\n", b"[]\n", b"\n", b"{\n", b'{"command": "status"\n'):
        with Control(path) as bad:
            bad.send_raw(garbage)
            answer = bad.read()
            assert answer["ok"] is False and answer["error"].startswith("not a JSON object")
            with pytest.raises(Closed):
                bad.read()
    with Control(path) as bad:
        with pytest.raises((BrokenPipeError, ConnectionResetError, Closed)):
            for _ in range(40):
                bad.send_raw(b"x" * 65536)
            bad.read()
            bad.read()
    with Control(path) as deaf:  # asks and asks, and reads nothing
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(200_000):
                deaf.send_raw(b'{"command": "dance", "id": "%s"}\n' % (b"x" * 900))
    assert control.ask("status")["width"] == 640


def test_connections_are_bounded(xspice):
    path = xspice.control
    many = []
    while True:
        more = Control(path)
        if more.greeting.get("ok") is False:
            break
        many.append(more)
        assert len(many) <= 64
    assert "32 programs" in more.greeting["error"]
    more.close()
    for connection in many:
        connection.close()

    def room():
        with Control(path) as again:
            return "protocol" in again.greeting

    processes.wait_for(room, 5, "room again")
