"""Checks of single words. Each returns the value, or raises ValueError("what is wrong; the remedy")."""
import re
from collections.abc import Callable

_LONGEST = 86400  # seconds


def seconds(least: float, most: float = _LONGEST) -> Callable[[str], float]:
    def parse(argument: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", argument) or not least <= float(argument) <= most:
            raise ValueError(f"not a time from {least:g} to {most:g} seconds; give one, such as 30 or 0.5")
        return float(argument)
    return parse


def client(argument: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", argument) or int(argument) == 0:
        raise ValueError('not the number of a client; "xspicectl clients" shows them')
    return int(argument)


def client_or_all(argument: str) -> int | str:
    return argument if argument == "all" else client(argument)


def heads(words: list[str]) -> list[dict[str, int]]:
    """'1280x1024', or each with its place: '1280x1024+0+0'."""
    found = []
    for word in words:
        match = re.fullmatch(r"([0-9]{1,5})[xX]([0-9]{1,5})(?:\+([0-9]{1,5})\+([0-9]{1,5}))?", word)
        if not match:
            raise ValueError(f"{word}: not a size; write WIDTHxHEIGHT such as 1280x1024, or WIDTHxHEIGHT+X+Y")
        names = ("width", "height", "x", "y")
        found.append({name: int(text) for name, text in zip(names, match.groups()) if text is not None})
    if len({len(head) for head in found}) > 1:
        raise ValueError(f"{' '.join(words)}: some monitors have a place and some have none; "
                         "give +X+Y to all, or to none")
    return found


# What people write, and what X calls it.
_KEYS = {
    "ctrl": "Control_L", "control": "Control_L", "shift": "Shift_L", "alt": "Alt_L", "altgr": "ISO_Level3_Shift",
    "super": "Super_L", "win": "Super_L", "meta": "Meta_L",
    "enter": "Return", "return": "Return", "esc": "Escape", "escape": "Escape", "tab": "Tab", "space": "space",
    "backspace": "BackSpace", "del": "Delete", "delete": "Delete", "ins": "Insert", "insert": "Insert",
    "home": "Home", "end": "End", "pageup": "Page_Up", "pagedown": "Page_Down", "up": "Up", "down": "Down",
    "left": "Left", "right": "Right", "capslock": "Caps_Lock", "print": "Print", "menu": "Menu",
}
_NAME = r"(?:U\+[0-9A-Fa-f]{1,6}|\+|[^+]+)"  # of one key


def key_events(chord: str) -> list[dict[str, str]]:
    """'ctrl+alt+F1': all but the last are held while that is tapped."""
    if not re.fullmatch(rf"{_NAME}(?:\+{_NAME})*", chord):
        raise ValueError("not a key; write a name as in xev, such as Return or F1, or several joined by +, such as "
                         "ctrl+alt+Delete")
    names = re.findall(rf"({_NAME})(?:\+|$)", chord)
    keys = [_KEYS.get(name.lower(), name) for name in names]
    return [*({"key": key, "action": "press"} for key in keys[:-1]), {"key": keys[-1]},
            *({"key": key, "action": "release"} for key in reversed(keys[:-1]))]


_BUTTONS = {"left": 1, "middle": 2, "right": 3}
_WHEEL = {"up": 4, "down": 5, "left": 6, "right": 7}
_MOST_TURNS = 100


def mouse_events(words: list[str]) -> list[dict[str, object]]:
    """'move 10 20 click right': one action after another."""
    rest = list(words)
    found: list[dict[str, object]] = []
    while rest:
        action = rest.pop(0)
        if action == "move":
            found.append({"move": _numbers(action, rest, r"[0-9]{1,5}", "X Y")})
        elif action == "by":
            found.append({"motion": _numbers(action, rest, r"[+-]?[0-9]{1,5}", "DX DY")})
        elif action in ("click", "double-click", "press", "release"):
            button = _button(rest)
            one = {"button": button} if action.endswith("click") else {"button": button, "action": action}
            found += [one] * (2 if action == "double-click" else 1)
        elif action == "scroll":
            found += _turns(rest)
        else:
            raise ValueError(f"{action}: no such action; use move, by, click, double-click, press, release or scroll")
    return found


def _numbers(action: str, rest: list[str], pattern: str, wanted: str) -> list[int]:
    taken = rest[:2]
    del rest[:2]
    if len(taken) < 2 or not all(re.fullmatch(pattern, word) for word in taken):
        raise ValueError(f"{' '.join([action, *taken])}: needs two whole numbers; write {action} {wanted}")
    return [int(word) for word in taken]


def _button(rest: list[str]) -> int:
    if rest and rest[0] in _BUTTONS:
        return _BUTTONS[rest.pop(0)]
    if rest and re.fullmatch(r"[0-9]+", rest[0]):
        if not 1 <= int(rest[0]) <= 16:
            raise ValueError(f"{rest[0]}: no such button; give left, middle, right, or 1 to 16")
        return int(rest.pop(0))
    return 1


def _turns(rest: list[str]) -> list[dict[str, object]]:
    direction = rest.pop(0) if rest else ""
    if direction not in _WHEEL:
        raise ValueError(f"{f'scroll {direction}'.strip()}: needs a direction; write scroll up, down, left or right")
    count = 1
    if rest and re.fullmatch(r"[0-9]{1,9}", rest[0]):
        count = int(rest.pop(0))
        if not 1 <= count <= _MOST_TURNS:
            raise ValueError(f"scroll {direction} {count}: turns the wheel 1 to {_MOST_TURNS} times; give one of these")
    return [{"button": _WHEEL[direction]}] * count


# --- for .vv files --------------------------------------------------------------------------------------------------


_HOTKEYS = ("toggle-fullscreen", "release-cursor", "zoom-in", "zoom-out", "zoom-reset", "secure-attention",
            "smartcard-insert", "smartcard-remove", "usb-device-reset")


def host(argument: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z.:%_-]{1,255}", argument):
        raise ValueError("not a host name or address; give what clients reach this machine by")
    return argument


def hotkeys(argument: str) -> dict[str, str]:
    """'toggle-fullscreen=shift+f11,release-cursor=ctrl+alt', as remote-viewer's option of that name."""
    found = {}
    for part in argument.split(","):
        action, _, keys = part.partition("=")
        if action not in _HOTKEYS or not re.fullmatch(r"[0-9A-Za-z_+-]*", keys):
            raise ValueError(f"{part!r} is not ACTION=KEYS, such as release-cursor=ctrl+alt; "
                             f"actions are {', '.join(_HOTKEYS)}")
        found[action] = keys
    return found


def proxy(argument: str) -> str:
    if not re.fullmatch(r"http://[!-~]{1,255}", argument):
        raise ValueError("not a proxy; write http://HOST:PORT")
    return argument


# What a viewer can do without (SPICE's names); without main there is no connection.
_DISPENSABLE = ("display", "inputs", "cursor", "playback", "record", "smartcard", "usbredir")


def dispensable_channels(argument: str) -> str:
    """As a .vv file has them."""
    names = argument.split(",")
    if not all(name in _DISPENSABLE for name in names):
        raise ValueError(f"not a list of channels; write some of {','.join(_DISPENSABLE)}")
    return ";".join(names)


def version(argument: str) -> str:
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}(-[0-9]{1,4})?", argument):
        raise ValueError("not a version; write one such as 11.0")
    return argument
