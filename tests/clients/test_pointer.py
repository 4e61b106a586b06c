"""The pointer of a client: every pixel, every button, every step, in order, and in nobody's way."""

import random
import struct
import time

import pytest
from Xlib import display as xlib_display
from Xlib.ext import xinput

from support import processes, wire
from support.prober import Prober
from support.wire import constant

SERVER_MODE, CLIENT_MODE = 1, 2
# Odd on purpose: no edge is a multiple of anything.
WIDTH, HEIGHT = 1277, 853
SHIFT_MASK, CONTROL_MASK, BUTTON1_MASK = 1, 4, 1 << 8

# SPICE's buttons (SPICE_MOUSE_BUTTON_*) and the X buttons that they are. X's 6 and 7 are the horizontal wheel.
BUTTONS = {"LEFT": 1, "MIDDLE": 2, "RIGHT": 3, "UP": 4, "DOWN": 5, "SIDE": 8, "EXTRA": 9}
LABELS = ["Button Left", "Button Middle", "Button Right", "Button Wheel Up", "Button Wheel Down",
          "Button Horiz Wheel Left", "Button Horiz Wheel Right", "Button Side", "Button Extra", "Button Forward",
          "Button Back", "Button Task", "Button 0", "Button 1", "Button 2", "Button 3"]


@pytest.fixture(scope="module")
def viewed(module_server, module_client):
    server = module_server(size=f"{WIDTH}x{HEIGHT}")
    return server, module_client(server)


class Screen:
    """A window over everything that hears of each event."""

    def __init__(self, server, viewer, x):
        self.server, self.viewer, self.x = server, viewer, x
        self.window = x.window(0, 0, WIDTH, HEIGHT)

    def settle(self, x=600, y=400):
        """Moves the pointer there and forgets all events up to then."""
        self.x.warp_pointer(x - 1, y)
        self.viewer.position(x, y)
        self.wait_at(x, y)
        self.x.events()

    def wait_at(self, x, y):
        processes.wait_for(lambda: self.x.pointer()[:2] == (x, y), 5,
                           lambda: f"the pointer at {x},{y}, not {self.x.pointer()[:2]}")

    def events(self, enough, within=5.0):
        found = []

        def complete():
            found.extend(self.x.events())
            return enough(found)

        processes.wait_for(complete, within, lambda: f"enough of {len(found)} events: {found[-10:]}")
        return found


@pytest.fixture
def screen(viewed):
    server, viewer = viewed
    viewer.mouse_mode(CLIENT_MODE)
    with server.connect() as x:
        screen = Screen(server, viewer, x)
        screen.settle()
        yield screen


@pytest.fixture
def inputs(screen):
    """An inputs channel by hand, which sends as fast as it is told to: spice-gtk holds motion back."""
    with wire.Session(screen.server.address) as session:
        session.main.send(constant("MSGC_MAIN_MOUSE_MODE_REQUEST"), struct.pack("<H", CLIENT_MODE))
        yield session.channel("INPUTS")


def _position(connection, x, y, buttons=0):
    return connection.message(constant("MSGC_INPUTS_MOUSE_POSITION"), struct.pack("<IIHB", x, y, buttons, 0))


def test_the_pointer_lands_on_the_exact_pixel(screen):
    numbers = random.Random(4)
    edges = [(x, y) for x in (0, 1, WIDTH - 2, WIDTH - 1) for y in (0, 1, HEIGHT - 2, HEIGHT - 1)]
    for x, y in edges + [(numbers.randrange(WIDTH), numbers.randrange(HEIGHT)) for _ in range(200)]:
        screen.viewer.position(x, y)
        screen.wait_at(x, y)
    # It was told of the same pixels as it can ask for.
    moves = [(event["x_root"], event["y_root"]) for event in screen.x.events() if event["type"] == "motion"]
    assert set(edges) <= set(moves)


def test_the_pointer_stays_exact_when_the_screen_is_resized(server, client):
    server = server(size="640x480")
    viewer = client(server)
    viewer.mouse_mode(CLIENT_MODE)
    server.call("xrandr", "--fb", "801x603")
    processes.wait_for(lambda: server.x.size() == (801, 603), 5, "the new size")
    processes.wait_for(lambda: viewer.picture().shape == (603, 801), 5, "the new size at the client")
    for x, y in ((0, 0), (17, 400), (639, 479), (0, 1), (402, 301)):
        viewer.position(x, y)
        processes.wait_for(lambda: server.x.pointer()[:2] == (x, y), 5, lambda: f"{x},{y}: {server.x.pointer()}")


def test_500_motion_events_in_a_second_all_arrive_in_order(screen, inputs):
    numbers = random.Random(5)
    wanted = [(600, 400)]
    while len(wanted) <= 500:
        step = (numbers.randrange(WIDTH), numbers.randrange(HEIGHT))
        if step != wanted[-1]:  # X tells only of motion that moves
            wanted.append(step)
    start = time.monotonic()
    for index, (x, y) in enumerate(wanted[1:]):
        inputs.send_raw(_position(inputs, x, y))
        time.sleep(max(start + (index + 1) / 500 - time.monotonic(), 0))
    found = screen.events(lambda events: len(events) >= 500)
    assert [(event["x_root"], event["y_root"]) for event in found] == wanted[1:]
    times = [event["time"] for event in found]
    assert times == sorted(times)


@pytest.mark.parametrize("name", BUTTONS)
def test_every_button_of_a_client_arrives(screen, name):
    button = constant(f"MOUSE_BUTTON_{name}")
    screen.viewer.button(button, True)
    screen.viewer.button(button, False)
    found = screen.events(lambda events: len(events) >= 2)
    assert [(event["type"], event["button"]) for event in found] == [
        ("button-press", BUTTONS[name]), ("button-release", BUTTONS[name])]
    assert {(event["x_root"], event["y_root"]) for event in found} == {(600, 400)}


def test_all_sixteen_buttons_of_x_can_be_pressed(screen, inputs):
    for button in range(1, 17):
        for kind in ("PRESS", "RELEASE"):
            inputs.send(constant(f"MSGC_INPUTS_MOUSE_{kind}"), struct.pack("<BH", button, 0))
    found = screen.events(lambda events: len(events) >= 32)
    pressed = [event["button"] for event in found if event["type"] == "button-press"]
    released = [event["button"] for event in found if event["type"] == "button-release"]
    assert pressed == released and sorted(pressed) == list(range(1, 17))


def test_the_devices_have_labelled_buttons_and_their_own_axes(screen):
    connection = xlib_display.Display(screen.server.name)
    try:
        connection.xinput_query_version()
        devices = {device.name: device for device in connection.xinput_query_device(xinput.AllDevices).devices}
        modes = {}
        for name, device in devices.items():
            if "xspice" not in name or device.use != xinput.SlavePointer:
                continue
            (buttons,) = [item for item in device.classes if item.type == xinput.ButtonClass]
            assert [connection.get_atom_name(label) for label in buttons.labels] == LABELS
            axes = [item for item in device.classes if item.type == xinput.ValuatorClass]
            modes[name] = [(connection.get_atom_name(axis.label), axis.mode) for axis in axes]
        assert sorted(modes.values()) == [[("Abs X", 1), ("Abs Y", 1)], [("Rel X", 0), ("Rel Y", 0)]]
        assert [name for name, device in devices.items()
                if "xspice" in name and device.use == xinput.SlaveKeyboard]
    finally:
        connection.close()


def test_a_click_in_motion_has_its_place_and_its_modifiers(screen):
    for scancode, mask in ((0x2A, SHIFT_MASK), (0x1D, CONTROL_MASK)):
        screen.settle(100, 100)
        screen.viewer.key(scancode, True)
        screen.viewer.position(200, 210)
        screen.viewer.button(1, True)
        screen.viewer.position(300, 310)
        screen.viewer.button(1, False)
        screen.viewer.key(scancode, False)
        found = screen.events(lambda events: events and events[-1]["type"] == "key-release")
        assert [(event["type"], event["x_root"], event["y_root"], event["state"]) for event in found[1:-1]] == [
            ("motion", 200, 210, mask), ("button-press", 200, 210, mask),
            ("motion", 300, 310, mask | BUTTON1_MASK), ("button-release", 300, 310, mask | BUTTON1_MASK)]


def test_relative_motion_moves_by_pixels_without_acceleration(screen):
    screen.viewer.mouse_mode(SERVER_MODE)
    screen.x.warp_pointer(500, 500)
    screen.x.events()
    x, y = 500, 500
    for dx, dy in ((1, 0), (0, -1), (-3, 2), (60, -40), (-100, 90), (7, 7)):
        x, y = x + dx, y + dy
        screen.viewer.motion(dx, dy)
        screen.wait_at(x, y)
    screen.viewer.button(1, True)
    screen.viewer.motion(5, 5)
    screen.viewer.button(1, False)
    found = screen.events(lambda events: events and events[-1]["type"] == "button-release")
    assert [(event["type"], event["x_root"], event["y_root"]) for event in found[-3:]] == [
        ("button-press", x, y), ("motion", x + 5, y + 5), ("button-release", x + 5, y + 5)]
    # And back: the absolute device takes over where the other one left the pointer.
    screen.viewer.mouse_mode(CLIENT_MODE)
    screen.viewer.position(11, 13)
    screen.wait_at(11, 13)


def test_a_button_pressed_in_one_mouse_mode_comes_up_in_the_other(screen):
    screen.viewer.button(1, True)
    screen.events(lambda events: events and events[-1]["type"] == "button-press")
    screen.viewer.mouse_mode(SERVER_MODE)
    screen.viewer.motion(3, 4)
    screen.wait_at(603, 404)
    screen.viewer.button(1, False)
    found = screen.events(lambda events: events and events[-1]["type"] == "button-release")
    assert found[-1]["state"] & BUTTON1_MASK
    assert not screen.x.pointer()[2] & BUTTON1_MASK


def test_a_vanished_client_lets_go_of_its_buttons(screen, client):
    other = client(screen.server)
    other.button(3, True)  # spice-gtk sends where its pointer is first
    screen.events(lambda events: events and events[-1]["type"] == "button-press")
    other.kill()
    found = screen.events(bool)
    assert [(event["type"], event["button"]) for event in found] == [("button-release", 3)]


def _flood(connection):
    """2,000 motions and 200 keys."""
    numbers = random.Random(6)
    messages = []
    for index in range(2000):
        messages.append(_position(connection, numbers.randrange(2, WIDTH), numbers.randrange(2, HEIGHT)))
        if index % 10 == 0:
            messages.append(connection.message(constant("MSGC_INPUTS_KEY_DOWN"), struct.pack("<I", 0x1E)))
            messages.append(connection.message(constant("MSGC_INPUTS_KEY_UP"), struct.pack("<I", 0x9E)))
    return b"".join(messages)


def test_a_flood_of_input_delays_no_other_client(screen, inputs):
    flood, count = _flood(inputs), 0
    inputs.socket.settimeout(10)
    # The window that listens stays: telling it of the events is part of what the flood costs.
    with Prober(screen.server) as prober:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            inputs.send_raw(flood)
            inputs.socket.recv(1 << 16)  # acknowledgements
            screen.x.events()
            count += 1
        inputs.send_raw(_position(inputs, 1, 1))
        processes.wait_for(lambda: screen.x.events() is not None and screen.x.pointer()[:2] == (1, 1), 10,
                           "the end of the flood")
    print(f"{2200 * count} events; {prober.report}")
    assert count >= 10
    prober.report.assert_within(0.05)
