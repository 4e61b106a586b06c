"""Keys by their keysym through the control socket: what is asked for is what X programs get, whatever the keyboard
layout has, and whatever others hold or have locked."""

import contextlib
import pathlib
import sys

import pytest
from support import processes
from support.control_client import Control

SUPPORT = pathlib.Path(__file__).resolve().parents[1] / "support"
TEXT = "Grüße, 50 € — žluťoučký Ελληνικά 日本語 😀\n\t"
SHIFT, LOCK, CONTROL, MOD2 = 1, 2, 4, 16
CAPS = 4  # in SPICE's messages
LEFT_SHIFT, LEFT_CONTROL, CAPS_LOCK, KEY_A = 0x2A, 0x1D, 0x3A, 0x1E  # scancodes
LAYOUTS = ["us", "de", "cz", "us,ru"]


@pytest.fixture(scope="module")
def xspice(module_server):
    return module_server(size="640x480")


@pytest.fixture(scope="module")
def viewer(xspice, module_client):
    return module_client(xspice)


@pytest.fixture
def control(xspice):
    with Control(xspice.runtime / "xspice" / f"display-{xspice.number}.control") as connection:
        yield connection


@pytest.fixture
def layout(xspice):
    """layout(name): as setxkbmap does; us before and afterwards."""

    def load(name):
        xspice.call("setxkbmap", "-layout", name)

    load("us")
    yield load
    load("us")


class Listener:
    """An X client with the focus."""

    def __init__(self, x):
        self.x = x
        self.window = x.window(0, 0, 200, 200)

    def keys(self, count, within=10.0):
        """The next presses of keys that are no modifiers."""
        found = []

        def enough():
            found.extend(event for event in self.x.events()
                         if event["type"] == "key-press" and not event["keysym"].startswith(("Shift_", "ISO_Level3")))
            return len(found) >= count

        processes.wait_for(enough, within, lambda: f"{count} keys: {found}")
        assert len(found) == count
        return found

    def keysyms(self, count):
        return [event["keysym"] for event in self.keys(count)]

    def texts(self, count):
        return "".join(event["text"] for event in self.keys(count))

    def modifiers(self):
        return self.x.pointer()[2] & 0xFF


@pytest.fixture
def listener(xspice, layout):  # pylint: disable=unused-argument
    with xspice.connect() as x:
        yield Listener(x)


@contextlib.contextmanager
def program(xspice, *argv):
    """An X program that has the pointer, and so the focus, and shows that by a window."""
    xspice.x.warp_pointer(50, 50)
    running = xspice.run(*argv)
    yield
    xspice.end_client(running)


def content(path):
    return path.read_text(encoding="utf-8") if path.exists() else None


def tap(*keys):
    return [{"key": key} for key in keys]


@pytest.mark.parametrize("name", LAYOUTS)
def test_text_arrives_in_gtk(xspice, control, layout, tmp_path, name):
    layout(name)
    file = tmp_path / "text"
    with program(xspice, sys.executable, str(SUPPORT / "gtk_text.py"), str(file)):
        processes.wait_for(lambda: content(file) == "", 20, "the text field")
        control.ask("type", text=TEXT)
        processes.wait_for(lambda: content(file) == TEXT, 20, lambda: f"the text: {content(file)!r}")
        control.ask("type", text=TEXT * 3)
        processes.wait_for(lambda: content(file) == TEXT * 4, 20, lambda: f"the text: {content(file)!r}")


@pytest.mark.parametrize("name", LAYOUTS)
def test_text_arrives_in_xterm(xspice, control, layout, tmp_path, name):
    layout(name)
    file, ready = tmp_path / "text", tmp_path / "ready"
    # -wf: the command starts when the window is there
    with program(xspice, "xterm", "-wf", "-e", f"echo > {ready}; exec cat > {file}"):
        processes.wait_for(ready.exists, 20, "xterm")
        control.ask("type", text=TEXT + "\n")
        processes.wait_for(lambda: content(file) == TEXT + "\n", 20, lambda: f"the text: {content(file)!r}")


def test_more_characters_than_there_are_keys_to_lend(xspice, control, layout, tmp_path):
    layout("us")
    rare = "".join(chr(0x4E00 + 7 * number) for number in range(90))
    text = rare + "all the rest at once " * 10
    file = tmp_path / "text"
    with program(xspice, sys.executable, str(SUPPORT / "gtk_text.py"), str(file)):
        processes.wait_for(lambda: content(file) == "", 20, "the text field")
        control.ask("type", text=text)
        processes.wait_for(lambda: content(file) == text, 30, lambda: f"the text: {content(file)!r}")


def test_more_held_keys_than_there_are_to_lend_hold_up_nobody(xspice, control, layout, listener):
    layout("us")
    keys = [f"U+{0x4E00 + 7 * number:x}" for number in range(90)]
    control.ask("keys", events=[{"key": key, "action": "press"} for key in keys])
    with Control(xspice.control) as other:
        assert other.ask("status")["width"] == 640
        other.ask("type", text="a")
    seen = []

    def has_come(keysym):
        seen.extend(event.get("keysym") for event in listener.x.events() if event["type"] == "key-press")
        return keysym in seen

    processes.wait_for(lambda: has_come("a"), 10, lambda: f"the other's key: {seen}")
    control.ask("keys", events=[{"key": key, "action": "release"} for key in keys])
    control.ask("type", text="\u6001")
    processes.wait_for(lambda: has_come("U6001"), 10, lambda: f"a key lent anew: {seen}")


def test_keys_of_the_other_group_and_of_the_current_one(xspice, control, layout, listener):
    layout("us,ru")
    xspice.x.lock_group(1)
    control.ask("type", text="жёлтый w")
    assert listener.keysyms(8) == ["Cyrillic_zhe", "Cyrillic_io", "Cyrillic_el", "Cyrillic_te", "Cyrillic_yeru",
                                   "Cyrillic_shorti", "space", "w"]
    xspice.x.lock_group(0)
    control.ask("type", text="жw")
    assert listener.keysyms(2) == ["Cyrillic_zhe", "w"]


def test_names_and_code_points(control, listener):
    control.ask("keys", events=tap("Return", "F1", "KP_1", "KP_Home", "U+20AC", "XF86AudioMute", "é", "Page_Up"))
    assert listener.keysyms(8) == ["Return", "F1", "KP_1", "KP_Home", "EuroSign", "XF86AudioMute", "eacute", "Prior"]


def test_caps_lock_does_not_change_what_is_typed(control, viewer, listener):
    viewer.key_locks(CAPS)
    processes.wait_for(lambda: listener.modifiers() & LOCK, 5, "Caps Lock")
    control.ask("type", text="aB ž Ž1")
    assert listener.keysyms(7) == ["a", "B", "space", "zcaron", "space", "Zcaron", "1"]
    assert listener.modifiers() & LOCK
    assert control.ask("status")["locks"] == ["caps"]
    viewer.tap(KEY_A)
    assert listener.texts(1) == "A"
    viewer.key_locks(0)
    processes.wait_for(lambda: not listener.modifiers() & LOCK, 5, "no Caps Lock")


def test_lock_keys_can_be_tapped(xspice, control, listener):
    for expected in (LOCK, 0):
        control.ask("keys", events=tap("Caps_Lock", "a"))
        with Control(xspice.control) as other:  # who asks then is told when X has got them
            assert ("caps" in other.ask("status")["locks"]) == bool(expected)
        assert listener.keysyms(2) == ["Caps_Lock", "a"]
        assert listener.modifiers() & LOCK == expected


@pytest.mark.parametrize("scancode, modifier", [(LEFT_SHIFT, SHIFT), (LEFT_CONTROL, CONTROL)])
def test_what_a_client_holds_does_not_change_what_is_typed(control, viewer, listener, scancode, modifier):
    viewer.key(scancode, True)
    processes.wait_for(lambda: listener.modifiers() & modifier, 5, "the modifier")
    listener.x.events()
    control.ask("type", text="aB1ž!")
    events = listener.keys(5)
    assert [event["keysym"] for event in events] == ["a", "B", "1", "zcaron", "exclam"]
    assert not any(event["state"] & CONTROL for event in events)
    assert listener.modifiers() & modifier  # and is still held
    viewer.tap(KEY_A)
    assert listener.keys(1)[0]["state"] & modifier
    viewer.key(scancode, False)
    processes.wait_for(lambda: listener.modifiers() == 0, 5, "no modifier")


def test_modifiers_of_its_own_count(control, listener):
    control.ask("keys", events=[{"key": "Control_L", "action": "press"}, {"key": "c"}, {"key": "ž"},
                                {"key": "Control_L", "action": "release"}, {"key": "c"}])
    events = [event for event in listener.keys(4) if event["keysym"] != "Control_L"]
    assert [(event["keysym"], event["state"] & CONTROL) for event in events] == [
        ("c", CONTROL), ("zcaron", CONTROL), ("c", 0)]
    control.ask("keys", events=[{"key": "Shift_L", "action": "press"}, {"key": "a"}, {"key": "1"}, {"key": "B"},
                                {"key": "Shift_L", "action": "release"}, {"key": "a"}])
    assert listener.keysyms(4) == ["A", "exclam", "B", "a"]
    assert listener.modifiers() == 0


def test_a_held_key_repeats_as_it_is(control, listener):
    control.ask("keys", events=[{"key": "A", "action": "press"}])
    found = []

    def repeats():
        found.extend(event for event in listener.x.events() if event["type"] == "key-press")
        return len(found) > 5

    processes.wait_for(repeats, 10, "repeats")
    control.ask("keys", events=[{"key": "A", "action": "release"}])
    assert {event["keysym"] for event in found} - {"Shift_L", "Shift_R"} == {"A"}
    processes.wait_for(lambda: listener.modifiers() == 0, 5, "no modifier")


def test_what_is_held_comes_up_with_the_end_of_the_connection(xspice, listener):
    with Control(xspice.runtime / "xspice" / f"display-{xspice.number}.control") as control:
        control.ask("keys", events=[{"key": key, "action": "press"} for key in ("Control_L", "Alt_L", "ž")])
        processes.wait_for(lambda: listener.modifiers() == CONTROL | 8, 5, "the modifiers")
    processes.wait_for(lambda: listener.modifiers() == 0, 5, "no modifier")
    released = []

    def up():
        released.extend(event["keysym"] for event in listener.x.events() if event["type"] == "key-release")
        return "zcaron" in released

    processes.wait_for(up, 5, lambda: f"the key comes up: {released}")


def test_num_lock_does_not_change_what_is_typed(control, viewer, listener):
    for locks in (0, 2):
        viewer.key_locks(locks)
        processes.wait_for(lambda: bool(listener.modifiers() & MOD2) == bool(locks), 5, "Num Lock")  # noqa: B023
        control.ask("keys", events=tap("KP_7", "KP_Home", "7", "Home"))
        assert listener.keysyms(4) == ["KP_7", "KP_Home", "7", "Home"]
    viewer.key_locks(0)
    processes.wait_for(lambda: not listener.modifiers(), 5, "no Num Lock")


def test_keys_that_somebody_holds_can_be_tapped(xspice, control, viewer, listener):
    xspice.call("xset", "r", "off")
    viewer.key(KEY_A, True)
    assert listener.keysyms(1) == ["a"]
    control.ask("keys", events=tap("a", "b"))
    assert listener.keysyms(2) == ["a", "b"]
    viewer.key(KEY_A, False)
    viewer.tap(KEY_A)
    assert listener.keysyms(1) == ["a"]
    xspice.call("xset", "r", "on")


def test_the_keyboard_s_map_is_as_it_was_after_a_while(xspice, control, layout):
    layout("us")
    before = xspice.x.keymap()
    control.ask("type", text="žščř")
    processes.wait_for(lambda: xspice.x.keymap() != before, 5, "lent keys")
    processes.wait_for(lambda: xspice.x.keymap() == before, 40, "the map as it was")


def test_another_layout_makes_lent_keys_void(control, layout, listener):
    control.ask("type", text="žš")
    assert listener.keysyms(2) == ["zcaron", "scaron"]
    layout("de")
    control.ask("type", text="žßš")
    assert listener.keysyms(3) == ["zcaron", "ssharp", "scaron"]


def test_xdotool_and_typing_take_turns(xspice, control, listener):
    for _ in range(3):
        control.ask("type", text="aŽ")
        assert listener.keysyms(2) == ["a", "Zcaron"]
        xspice.call("xdotool", "key", "b", "Up")
        assert listener.keysyms(2) == ["b", "Up"]
