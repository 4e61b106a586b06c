"""Commands about the display as a whole: list, status, clients, quit."""
from typing import Any

from .. import control
from ..errors import OperatorError
from . import text
from .command import Call, Result, display_of


_ACCESS = {"ticket": "by password", "sasl": "by SASL", "open": "for everybody who reaches the port"}


def list_displays(call: Call) -> Result:
    found, problem = [], None
    for number, path in control.running(call.environment).items():
        try:
            with control.connect(path) as display:
                found.append({"display": number, "socket": path, **display.request("status")})
        except control.Gone:
            pass  # it ended meanwhile
        except OperatorError as error:
            problem = f":{number}: {error}"  # and the others are listed all the same
    if not found and not problem:
        return Result({"displays": []}, 'No display of yours is running; "xspice" starts one.')
    rows = [(f":{one['display']}", size_of(one), one.get("clients", ""), text.duration(one.get("uptime", 0)),
             one.get("pid", "")) for one in found]
    return Result({"displays": found}, text.table(("DISPLAY", "SCREEN", "CLIENTS", "UP", "PID"), rows,
                                                  frozenset(("CLIENTS", "PID"))), problem)


def status(call: Call) -> Result:
    with call.connect() as display:
        found = {"display": display_of(display.path), "socket": display.path, **display.request("status")}
    monitors = [f'{one["width"]}x{one["height"]}+{one["x"]}+{one["y"]}' for one in found.get("monitors", ())]
    pairs: list[tuple[str, object]] = [
        ("display", "" if found["display"] is None else f":{found['display']}"),
        ("xspice", found.get("version", display.version)),
        ("process", found.get("pid", "")),
        ("running for", text.duration(found.get("uptime", 0))),
        ("screen", size_of(found)),
        ("monitors", ", ".join(monitors)),
        ("access", _ACCESS.get(found.get("access"), "")),
        ("clients", found.get("clients", "")),
        ("locks", ", ".join(found.get("locks", ())) or "none"),
        ("pictures", found.get("commits", "")),
        ("recordings", found.get("recording", "")),
    ]
    return Result(found, text.facts([pair for pair in pairs if pair[1] != ""]))


def clients(call: Call) -> Result:
    with call.connect() as display:
        answer = display.request("clients")
    found = answer.get("clients", [])
    if not found:
        return Result(answer, "Nobody is connected.")
    heads = ("CLIENT", "FROM", "USER", "SINCE", "MAY", "TLS", "SENT", "FRAMES", "RTT", "CHANNELS")
    rows = [_row(client) for client in found]
    return Result(answer, text.table(heads, rows, frozenset(("CLIENT", "SENT", "FRAMES", "RTT"))))


def _row(client: dict[str, Any]) -> tuple[object, ...]:
    round_trip = client.get("rtt_ms")
    return (client.get("id", ""), client.get("address", ""), client.get("user") or "-",
            text.duration(client.get("connected", 0)), "watch" if client.get("view_only") else "use",
            "yes" if client.get("encrypted") else "no", text.amount(client.get("bytes_sent", 0)),
            client.get("frames", ""), "-" if round_trip is None else f"{round_trip:.1f} ms",
            ",".join(client.get("channels", ())))


def size_of(found: dict[str, Any]) -> str:
    return f'{found.get("width", "?")}x{found.get("height", "?")}'


def end_display(call: Call) -> Result:
    with call.connect() as display:
        answer = display.request("quit")
    return Result(answer)
