"""Commands about who is let in: kick, view-only, tickets."""
from typing import Any

from .. import values
from ..errors import OperatorError
from . import parse, text
from .command import Call, Result, checked


def kick(call: Call) -> Result:
    whom = checked("kick", call.words[0], parse.client_or_all)
    with call.connect() as display:
        answer = display.request("kick", client=whom)
    return Result(answer, f"{text.plural(answer.get('kicked', 0), 'client')} disconnected")


def view_only(call: Call) -> Result:
    number = checked("view-only", call.words[0], parse.client)
    state = checked("view-only", call.words[1], values.one_of("on", "off")) if len(call.words) > 1 else "on"
    with call.connect() as display:
        answer = display.request("view-only", client=number, view_only=state == "on")
    return Result(answer, f"client {number} {'may only watch' if state == 'on' else 'may use the desktop'}")


def tickets(call: Call) -> Result:
    action = checked("tickets", call.words[0], values.one_of("add", "set", "off"))
    given = [name for name, value in call.flags.items() if value]
    if action == "off":
        wrong = [name for name in given if name != "--connected"]
        if wrong:
            raise OperatorError(f"tickets off: {wrong[0]} says something of a ticket, and then there is none; "
                                "leave it out")
        return _replace(call, [], None)
    password, generated = _password(call)
    new = new_ticket(password, call.flags["--expires"], call.flags["--one-shot"], call.flags["--view-only"])
    if action == "set":
        return _replace(call, [new], password if generated else None)
    if call.flags["--connected"]:
        raise OperatorError("tickets add: --connected says what becomes of clients when tickets are replaced; "
                            "use it with tickets set")
    with call.connect() as display:
        answer = display.request("add-ticket", **new)
    return _told(answer, "One more ticket lets clients in", password if generated else None)


def new_ticket(password: str, expires: float | None, one_shot: bool, watching: bool) -> dict[str, Any]:
    """As the control socket takes it."""
    found: dict[str, Any] = {"password": password, "one_shot": one_shot, "view_only": watching}
    if expires is not None:
        found["expires_in"] = expires
    return found


def _password(call: Call) -> tuple[str, bool]:
    """And whether it was made here, so that somebody has to be told."""
    from .. import ticket  # here: as in table.py

    file = call.flags["--password-file"]
    if file is None:
        return ticket.generate(), True
    return ticket.read("--password-file", "/dev/stdin" if file == "-" else file, values.MAX_PASSWORD)[0], False


def _replace(call: Call, new: list[dict[str, Any]], password: str | None) -> Result:
    with call.connect() as display:
        answer = display.request("tickets", tickets=new, connected=call.flags["--connected"] or "keep")
    if answer.get("replaced") is False:
        return Result(answer, problem="tickets: somebody is connected, so nothing was changed (--connected fail); "
                                      "use --connected keep or disconnect")
    return _told(answer, "This ticket, and no other, lets clients in" if new else
                 "Clients need no password now: whoever reaches the port gets in", password)


def _told(answer: dict[str, Any], sentence: str, password: str | None) -> Result:
    if password is None:
        return Result(answer, sentence)
    return Result({**answer, "password": password}, f"{sentence}: {password}")
