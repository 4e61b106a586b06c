"""What the user gets to read."""
import dataclasses
import os


@dataclasses.dataclass(frozen=True)
class Ready:
    display: int
    host: str
    port: int
    addresses: tuple[str, ...]
    addresses_given: bool
    local_only: bool
    ticket: str | None
    ticket_generated: bool
    viewer_file: str


def ready(facts: Ready) -> None:
    where = f'{", ".join(facts.addresses)} port {facts.port}'
    if facts.local_only:
        where += " (this machine only" + ("" if facts.addresses_given else "; --addr 0.0.0.0 lets others in") + ")"
    host = f"[{facts.host}]" if ":" in facts.host else facts.host
    if facts.ticket is None:
        password = "none: whoever reaches the port gets in"
    else:
        password = facts.ticket if facts.ticket_generated else "as in the password file"
    _say(1,
         f"xspice: display :{facts.display} is ready",
         f"  listening on  {where}",
         f"  connect with  remote-viewer {facts.viewer_file}",
         f"            or  remote-viewer spice://{host}:{facts.port}",
         f"  password      {password}",
         f"  run programs  DISPLAY=:{facts.display} PROGRAM")


def problem(line: str) -> None:
    _say(2, f"xspice: {line}")


def warning(line: str) -> None:
    _say(2, f"xspice: warning: {line}")


def _say(descriptor: int, *lines: str) -> None:
    """In one write, so that several instances on one terminal do not mix. A reader that left is no reason to end."""
    try:
        os.write(descriptor, ("\n".join(lines) + "\n").encode(errors="replace"))
    except OSError:
        pass
