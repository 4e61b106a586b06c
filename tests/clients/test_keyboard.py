"""Keys of a real client are what the layout says they are, in an X client that knows nothing of ours."""

import contextlib
import os
import signal

import pytest

from support import processes, wire, xdisplay

# PC set-1 scancodes of the keys that change others.
LEFT_SHIFT, ALT_GR, CONTROL, CAPS_LOCK, NUM_LOCK = 0x2A, 0xE038, 0x1D, 0x3A, 0x45
# Lock keys in SPICE's messages.
SCROLL, NUM, CAPS = 1, 2, 4
# Masks of X: the state of Caps Lock and, in every layout of xkeyboard-config, of Num Lock.
LOCK_MASK, MOD2_MASK, SHIFT_MASK = 2, 16, 1

HELD = {"shift": LEFT_SHIFT, "altgr": ALT_GR, "ctrl": CONTROL}
LOCKED = {"caps": CAPS, "num": NUM}

# The same on every layout.
SPECIAL_KEYS = [
    ("", 0x01, "Escape"), ("", 0x0E, "BackSpace"), ("", 0x0F, "Tab"), ("shift", 0x0F, "ISO_Left_Tab"),
    ("", 0x1C, "Return"), ("", 0x39, "space"), ("", 0x3B, "F1"), ("", 0x44, "F10"), ("", 0x57, "F11"),
    ("", 0x58, "F12"), ("", 0xE047, "Home"), ("", 0xE048, "Up"), ("", 0xE049, "Prior"), ("", 0xE04B, "Left"),
    ("", 0xE04D, "Right"), ("", 0xE04F, "End"), ("", 0xE050, "Down"), ("", 0xE051, "Next"),
    ("", 0xE052, "Insert"), ("", 0xE053, "Delete"), ("", 0x54, "Print"), ("", 0xE037, "Print"),
    ("", 0xE046, "Pause"), ("", 0x46, "Scroll_Lock"), ("", 0x1D, "Control_L"), ("", 0xE01D, "Control_R"),
    ("", 0x2A, "Shift_L"), ("", 0x36, "Shift_R"), ("", 0x38, "Alt_L"), ("", 0xE05B, "Super_L"),
    ("", 0xE05C, "Super_R"), ("", 0xE05D, "Menu"),
    # the keypad without and with Num Lock; Shift takes Num Lock back, as on a PC, and no more
    ("", 0x47, "KP_Home"), ("", 0x4C, "KP_Begin"), ("", 0x4F, "KP_End"), ("", 0x52, "KP_Insert"),
    ("", 0x53, "KP_Delete"), ("num", 0x47, "KP_7"), ("num", 0x4C, "KP_5"), ("num", 0x4F, "KP_1"),
    ("num", 0x52, "KP_0"), ("num shift", 0x47, "KP_Home"), ("shift", 0x47, "KP_Home"), ("", 0xE035, "KP_Divide"),
    ("", 0x37, "KP_Multiply"), ("", 0x4A, "KP_Subtract"), ("", 0x4E, "KP_Add"), ("", 0xE01C, "KP_Enter"),
    # multimedia, browser, power
    ("", 0xE020, "XF86AudioMute"), ("", 0xE02E, "XF86AudioLowerVolume"), ("", 0xE030, "XF86AudioRaiseVolume"),
    ("", 0xE022, "XF86AudioPlay"), ("", 0xE024, "XF86AudioStop"), ("", 0xE010, "XF86AudioPrev"),
    ("", 0xE019, "XF86AudioNext"), ("", 0xE021, "XF86Calculator"), ("", 0xE06C, "XF86Mail"),
    ("", 0xE032, "XF86HomePage"), ("", 0xE06A, "XF86Back"), ("", 0xE069, "XF86Forward"),
    ("", 0xE067, "XF86Reload"), ("", 0xE065, "XF86Search"), ("", 0xE05E, "XF86PowerOff"),
    ("", 0xE05F, "XF86Sleep"), ("", 0xE063, "XF86WakeUp"), ("", 0xE04C, "XF86MonBrightnessDown"),
    ("", 0xE054, "XF86MonBrightnessUp"),
]

# What is printed on the keys of each country.
LAYOUTS = {
    "us": [
        ("", 0x1E, "a"), ("shift", 0x1E, "A"), ("caps", 0x1E, "A"), ("caps shift", 0x1E, "a"), ("", 0x10, "q"),
        ("", 0x2C, "z"), ("", 0x02, "1"), ("shift", 0x02, "exclam"), ("shift", 0x03, "at"), ("caps", 0x03, "2"),
        ("", 0x0C, "minus"), ("", 0x1A, "bracketleft"), ("shift", 0x28, "quotedbl"), ("", 0x29, "grave"),
        ("", 0x2B, "backslash"), ("shift", 0x35, "question"), ("", 0x56, "less"), ("num", 0x53, "KP_Decimal"),
        ("", 0xE038, "Alt_R"),
    ],
    "de": [
        ("", 0x15, "z"), ("", 0x2C, "y"), ("shift", 0x15, "Z"), ("", 0x1A, "udiaeresis"),
        ("shift", 0x1A, "Udiaeresis"), ("caps", 0x1A, "Udiaeresis"), ("caps", 0x1E, "A"),
        ("", 0x27, "odiaeresis"), ("", 0x28, "adiaeresis"), ("", 0x0C, "ssharp"), ("shift", 0x0C, "question"),
        ("", 0x0D, "dead_acute"), ("shift", 0x0D, "dead_grave"), ("", 0x29, "dead_circumflex"),
        ("shift", 0x29, "degree"), ("", 0x2B, "numbersign"), ("", 0x56, "less"), ("altgr", 0x10, "at"),
        ("altgr", 0x12, "EuroSign"), ("altgr", 0x08, "braceleft"), ("altgr", 0x0C, "backslash"),
        ("altgr", 0x1B, "asciitilde"), ("altgr", 0x56, "bar"), ("num", 0x53, "KP_Separator"),
        ("", 0xE038, "ISO_Level3_Shift"),
    ],
    "fr": [
        ("", 0x10, "a"), ("", 0x1E, "q"), ("", 0x11, "z"), ("", 0x27, "m"), ("caps", 0x10, "A"),
        ("", 0x02, "ampersand"), ("shift", 0x02, "1"), ("", 0x03, "eacute"), ("", 0x0B, "agrave"),
        ("", 0x28, "ugrave"), ("", 0x0A, "ccedilla"), ("", 0x1A, "dead_circumflex"),
        ("shift", 0x1A, "dead_diaeresis"), ("", 0x29, "twosuperior"), ("", 0x32, "comma"),
        ("shift", 0x32, "question"), ("", 0x35, "exclam"), ("", 0x56, "less"), ("altgr", 0x0B, "at"),
        ("altgr", 0x12, "EuroSign"), ("altgr", 0x04, "numbersign"), ("altgr", 0x09, "backslash"),
        ("altgr shift", 0x10, "AE"), ("num", 0x53, "KP_Decimal"),
    ],
}


def _code(scancode):
    """As spice-gtk's functions want it."""
    return 0x100 | scancode & 0xFF if scancode > 0xFF else scancode


class Typist:
    """A client's user, and an X client with the focus that listens."""

    def __init__(self, server, viewer, x):
        self.server, self.viewer, self.x = server, viewer, x
        self.window = x.window(0, 0, 200, 200)

    def tap(self, scancode):
        self.viewer.tap(_code(scancode))

    def key(self, scancode, pressed):
        self.viewer.key(_code(scancode), pressed)

    def events(self, count, of="key-release", within=5.0):
        """What arrives, up to the `count`th event of that type."""
        found = []

        def complete():
            found.extend(self.x.events())
            return len([event for event in found if event["type"] == of]) >= count

        processes.wait_for(complete, within, lambda: f"{count} times {of}: {found}")
        return found

    def presses(self, count=1):
        return [event for event in self.events(count) if event["type"] == "key-press"]

    def lock(self, locks):
        """Sets the lock keys and waits until X has them."""
        wanted = (LOCK_MASK if locks & CAPS else 0) | (MOD2_MASK if locks & NUM else 0)
        self.viewer.key_locks(locks)
        processes.wait_for(lambda: self.x.pointer()[2] & (LOCK_MASK | MOD2_MASK) == wanted, 5, f"locks {locks} in X")

    def keysym(self, modifiers, scancode):
        """The keysym of the key with the modifiers, named as in HELD and LOCKED, held or locked."""
        words = modifiers.split()
        held = [HELD[word] for word in words if word in HELD]
        self.lock(sum(LOCKED[word] for word in words if word in LOCKED))
        for modifier in held:
            self.key(modifier, True)
        self.tap(scancode)
        for modifier in held:
            self.key(modifier, False)
        return self.presses(1 + len(held))[len(held)]["keysym"]


@pytest.fixture(scope="module")
def viewed(module_server, module_client):
    server = module_server()
    return server, module_client(server)


@pytest.fixture
def typist(viewed):
    """On the us layout, with all locks off before and after."""
    server, viewer = viewed
    server.call("setxkbmap", "us")
    # Xlib reads the keyboard's map when it connects.
    with server.connect() as x:
        typist = Typist(server, viewer, x)
        typist.lock(0)
        yield typist
        typist.lock(0)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_client_gets_the_keysyms_that_the_scancodes_mean(viewed, layout):
    server, viewer = viewed
    server.call("setxkbmap", layout)
    with server.connect() as x:
        typist = Typist(server, viewer, x)
        cases = LAYOUTS[layout] + SPECIAL_KEYS
        got = [(modifiers, hex(scancode), typist.keysym(modifiers, scancode)) for modifiers, scancode, _ in cases]
        typist.lock(0)
    assert got == [(modifiers, hex(scancode), keysym) for modifiers, scancode, keysym in cases]


def test_the_layout_of_the_command_line_is_there_before_the_first_key(server, client):
    server = server(options=["--keyboard-layout", "de", "--keyboard-variant", "nodeadkeys"])
    with server.connect() as x:
        before = _keymap(server)
        typist = Typist(server, client(server), x)
        assert typist.keysym("", 0x15) == "z"
        assert typist.keysym("", 0x29) == "asciicircum"
        assert _keymap(server) == before


def _keymap(server):
    """The map of the keyboard that X clients see, as text."""
    path = server.directory / "keymap.xkb"
    server.call("xkbcomp", "-xkb", "-w0", server.name, str(path))
    return path.read_text()


def test_xdotool_and_the_client_in_turn_keep_the_keymap(server, client):
    # Not by setxkbmap, which gives all keyboards the same map.
    server = server(options=["--keyboard-layout", "de"])
    with server.connect() as x:
        typist = Typist(server, client(server), x)
        keymap = _keymap(server)
        for _ in range(3):
            # Keys whose codes differ between XKB's rules: with those of "base" Down is the code of KP_Enter.
            for scancode, name in ((0x15, "z"), (0xE050, "Down"), (0xE01C, "KP_Enter"), (0xE047, "Home")):
                typist.tap(scancode)
                first = typist.presses()[0]
                assert _keymap(server) == keymap
                server.call("xdotool", "key", name)
                second = typist.presses()[0]
                assert _keymap(server) == keymap
                assert (first["keysym"], second["keysym"]) == (name, name)
                assert first["keycode"] == second["keycode"]


def test_a_held_key_repeats_once_and_no_faster_for_a_client_that_repeats_as_well(typist):
    typist.server.call("xset", "r", "rate", "300", "20")
    typist.key(0x1E, True)
    presses = []

    def enough():
        # A client that lets its own system repeat sends the press again and again.
        typist.key(0x1E, True)
        presses.extend(event for event in typist.x.events() if event["type"] == "key-press")
        return len(presses) >= 12

    processes.wait_for(enough, 10, lambda: f"twelve presses: {presses}", interval=0.005)
    typist.key(0x1E, False)
    times = [event["time"] for event in presses]
    gaps = [after - before for before, after in zip(times, times[1:])]
    # The server's timers: 300 ms and then every 50 ms; never early, late on a busy machine.
    assert gaps[0] >= 290 and min(gaps[1:]) >= 45, gaps


def test_presses_of_pressed_and_releases_of_free_keys_change_nothing(typist):
    for pressed in (False, True, True, True, False, False, False):
        typist.key(0x1E, pressed)
    typist.tap(0x30)
    kinds = [(event["type"], event["keysym"]) for event in typist.events(2)]
    assert kinds == [("key-press", "a"), ("key-release", "a"), ("key-press", "b"), ("key-release", "b")]


def _wait_told(viewer, locks):
    processes.wait_for(lambda: viewer.modifiers() == locks, 5, lambda: f"locks {locks}, not {viewer.modifiers()}")


def test_lock_keys_are_told_to_every_client_whoever_changes_them(typist, client):
    viewers = [typist.viewer, client(typist.server)]

    def assert_told(locks):
        for viewer in viewers:
            _wait_told(viewer, locks)

    assert_told(0)
    typist.tap(CAPS_LOCK)
    assert_told(CAPS)
    viewers[1].tap(NUM_LOCK)
    assert_told(CAPS | NUM)
    typist.server.call("xdotool", "key", "Caps_Lock")
    assert_told(NUM)
    viewers[1].key_locks(CAPS)
    assert_told(CAPS)
    typist.tap(CAPS_LOCK)
    assert_told(0)


def test_a_new_client_is_told_the_lock_keys(typist):
    typist.lock(CAPS)
    _wait_told(typist.viewer, CAPS)
    # By hand: spice-gtk sends the locks of its own keyboard as soon as it is connected.
    with wire.Session(typist.server.address) as session:
        told = session.channel("INPUTS").receive_until(wire.constant("MSG_INPUTS_INIT"))
    assert int.from_bytes(told, "little") == CAPS


def test_locks_are_set_without_a_key_and_stay(typist):
    typist.lock(CAPS | NUM)
    typist.lock(CAPS)
    for _ in range(20):
        typist.tap(0x1E)
    presses = typist.presses(20)
    assert [event["keysym"] for event in presses] == ["A"] * 20
    assert {event["state"] for event in presses} == {LOCK_MASK}
    assert typist.viewer.modifiers() == CAPS


def test_a_lock_key_and_the_state_that_the_client_sends_after_it_do_not_cancel_out(typist):
    for locks in (CAPS, 0) * 5:
        typist.tap(CAPS_LOCK)
        typist.viewer.key_locks(locks)
        typist.tap(0x1E)
        assert [event["keysym"] for event in typist.presses(2)] == ["Caps_Lock", "A" if locks else "a"]


def test_what_a_vanished_client_held_comes_up(typist, client):
    other = client(typist.server)
    other.key(LEFT_SHIFT, True)
    other.key(0x1E, True)
    assert [event["keysym"] for event in typist.events(2, of="key-press")] == ["Shift_L", "A"]
    other.kill()
    released = [event for event in typist.events(2) if event["type"] == "key-release"]
    assert {event["keycode"] for event in released} == {50, 38}
    assert typist.keysym("", 0x1E) == "a"


def test_a_key_that_two_clients_hold_is_down_until_the_last_lets_go(typist, client):
    other = client(typist.server)
    other.key(LEFT_SHIFT, True)
    typist.events(1, of="key-press")
    typist.key(LEFT_SHIFT, True)
    typist.key(LEFT_SHIFT, False)
    typist.tap(0x1E)
    assert typist.presses()[-1]["keysym"] == "A"
    other.key(LEFT_SHIFT, False)
    typist.events(1)
    assert typist.keysym("", 0x1E) == "a"


def _connect(server):
    """A server that is about to start again drops who connects just then."""
    def attempt():
        with contextlib.suppress(xdisplay.Disconnected):
            return server.connect()
        return None

    return processes.wait_for(attempt, 10, "a connection to the new generation")


def test_the_devices_are_there_in_every_generation_of_the_server(server, client):
    server = server.direct(arguments=[])
    viewer = client(server)
    for _ in range(5):
        with _connect(server) as x:
            server.disconnect()  # then ours is the last client to go, and X starts again
            typist = Typist(server, viewer, x)
            assert typist.keysym("shift", 0x1E) == "A"
            viewer.position(31, 17)
            processes.wait_for(lambda: x.pointer()[:2] == (31, 17), 5, lambda: f"pointer at {x.pointer()}")
            viewer.key_locks(CAPS)
            _wait_told(viewer, CAPS)
        # A new generation starts with its locks off, and says so.
        _wait_told(viewer, 0)
    # Xorg 21.1 frees a timer twice when it ends after a reset without a system bus: its end is not looked at.
    os.kill(server.pid, signal.SIGKILL)
    server.abandon()
