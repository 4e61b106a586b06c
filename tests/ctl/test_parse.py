"""Words of people, and what the control socket is told."""

import pytest
from xspice_launcher.ctl import parse, text


@pytest.mark.parametrize("chord, keys", [
    ("Return", ["Return"]),
    ("enter", ["Return"]),
    ("A", ["A"]),
    ("+", ["+"]),
    ("U+20AC", ["U+20AC"]),
    ("ctrl+c", ["Control_L", "c"]),
    ("CTRL+Alt+F1", ["Control_L", "Alt_L", "F1"]),
    ("ctrl++", ["Control_L", "+"]),
    ("ctrl+++a", ["Control_L", "+", "a"]),
    ("shift+U+e4", ["Shift_L", "U+e4"]),
    ("ctrl+U", ["Control_L", "U"]),
])
def test_keys(chord, keys):
    *held, last = keys
    assert parse.key_events(chord) == [*({"key": key, "action": "press"} for key in held), {"key": last},
                                       *({"key": key, "action": "release"} for key in held[::-1])]


@pytest.mark.parametrize("chord", ["", "ctrl+", "+a", "a+", "a+++"])
def test_no_keys(chord):
    with pytest.raises(ValueError, match="^not a key; "):
        parse.key_events(chord)


CLICK = {"button": 1}


@pytest.mark.parametrize("words, events", [
    ("move 10 20", [{"move": [10, 20]}]),
    ("by -3 +4", [{"motion": [-3, 4]}]),
    ("click", [CLICK]),
    ("click right click 9", [{"button": 3}, {"button": 9}]),
    ("double-click move 1 2", [CLICK, CLICK, {"move": [1, 2]}]),
    ("press middle by 5 5 release middle", [{"button": 2, "action": "press"}, {"motion": [5, 5]},
                                            {"button": 2, "action": "release"}]),
    ("scroll up", [{"button": 4}]),
    ("scroll down 3 click", [{"button": 5}] * 3 + [CLICK]),
    ("scroll left scroll right 2", [{"button": 6}] + [{"button": 7}] * 2),
])
def test_mouse(words, events):
    assert parse.mouse_events(words.split()) == events


def test_monitors():
    assert parse.heads(["1280x1024", "640X480"]) == [{"width": 1280, "height": 1024}, {"width": 640, "height": 480}]
    assert parse.heads(["640x480+10+0"]) == [{"width": 640, "height": 480, "x": 10, "y": 0}]
    for wrong in ("1280x", "x480", "640x480+5", "640x480-5+0", "640 x 480", "100000x5"):
        with pytest.raises(ValueError, match="not a size"):
            parse.heads([wrong])


def test_tables():
    assert text.table(("ID", "NAME"), [(7, "a"), (12, "long one")], frozenset(("ID",))) == (
        "ID  NAME\n 7  a\n12  long one")
    assert text.facts([("a", 1), ("long", "x\x1b[31m")]) == "a     1\nlong  x?[31m"


@pytest.mark.parametrize("seconds, words", [(0.4, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (3725, "1 h 2 min"),
                                            (90000, "1 d 1 h")])
def test_durations(seconds, words):
    assert text.duration(seconds) == words


@pytest.mark.parametrize("count, words", [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_400, "99.4 kB"),
                                          (123_456, "123 kB"), (999_600, "1.0 MB"), (5e9, "5.0 GB"), (7e12, "7.0 TB")])
def test_amounts(count, words):
    assert text.amount(count) == words
