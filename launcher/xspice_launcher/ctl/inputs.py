"""Commands that press keys and move the pointer: type, key, mouse."""
import sys

from ..errors import OperatorError
from . import parse
from .command import Call, Result, checked

_PIECE = 4096  # characters that are handed over at once: far below what a request may have


def type_text(call: Call) -> Result:
    text = call.words[0] if call.words else _standard_input()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise OperatorError("type: not text in UTF-8; give characters of this encoding") from None
    with call.connect() as display:
        for at in range(0, len(text), _PIECE):
            display.request("type", text=text[at:at + _PIECE])
    return Result({"typed": len(text)})


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise OperatorError("type: standard input is not text in UTF-8; give characters of this encoding") from None


def key(call: Call) -> Result:
    events = [event for chord in call.words for event in checked("key", chord, parse.key_events)]
    with call.connect() as display:
        display.request("keys", events=events)
    return Result({"pressed": len(call.words)})


def mouse(call: Call) -> Result:
    try:
        events = parse.mouse_events(call.words)
    except ValueError as error:
        raise OperatorError(f"mouse {error}") from None
    with call.connect() as display:
        display.request("mouse", events=events)
    return Result({"done": len(events)})
