"""What the user gets to read."""
import os
from typing import NamedTuple

from .entrances import Entrance

_program = "xspice"


def speak_as(program: str) -> None:
    """Whose lines these are."""
    global _program
    _program = program


class Ready(NamedTuple):
    display: int
    bound: list[Entrance]  # TCP only
    entrances: list[Entrance]
    addresses_given: bool
    local_only: bool
    password: str
    viewer_file: str


def ready(facts: Ready) -> None:
    listening = [entrance.path + " (this user only)" for entrance in facts.entrances if entrance.path]
    if facts.bound:
        where = _ports(facts.bound)
        if facts.local_only:
            everywhere = "::" if ":" in facts.bound[0].host else "0.0.0.0"
            hint = "" if facts.addresses_given else f"; --addr {everywhere} lets others in"
            where += f" (this machine only{hint})"
        listening.insert(0, where)
    _say(1,
         f"xspice: display :{facts.display} is ready",
         *_listed("listening on", "", listening),
         *_listed("connect with", "or", [f"remote-viewer {target}" for target in [facts.viewer_file, *_links(facts)]]),
         f"  password      {facts.password}",
         f"  run programs  DISPLAY=:{facts.display} PROGRAM")


def goes_to_the_journal() -> bool:
    """Whether systemd keeps what is said, where administrators and others read it: JOURNAL_STREAM of systemd.exec(5)."""
    try:
        status = os.fstat(1)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _ports(bound: list[Entrance]) -> str:
    """'127.0.0.1, ::1 port 5900, TLS port 5901'."""
    hosts: dict[tuple[str, ...], list[str]] = {}
    for host in dict.fromkeys(entrance.host for entrance in bound):
        ports = tuple(("TLS " if entrance.tls else "") + f"port {entrance.port}"
                      for entrance in bound if entrance.host == host)
        hosts.setdefault(ports, []).append(host)
    return "; ".join(f'{", ".join(names)} {", ".join(ports)}' for ports, names in hosts.items())


def _links(facts: Ready) -> list[str]:
    """What can be typed instead of the .vv file's name. TLS takes more than a line: the authority's certificate."""
    links = []
    plain = next((entrance for entrance in facts.entrances if entrance.host and not entrance.tls), None)
    if plain and not any(entrance.tls for entrance in facts.entrances):
        host = f"[{plain.host}]" if ":" in plain.host else plain.host
        links.append(f"spice://{host}:{plain.port}")
    return links + [f"spice+unix://{entrance.path}" for entrance in facts.entrances if entrance.path]


def _listed(first: str, other: str, items: list[str]) -> list[str]:
    return [f"  {first if item is items[0] else other:>12}  {item}" for item in items]


def ending(display: int, why: str) -> None:
    _say(1, f"xspice: ending display :{display}: {why}")


def problem(line: str) -> None:
    _say(2, f"{_program}: {line}")


def warning(line: str) -> None:
    _say(2, f"{_program}: warning: {line}")


def note(*lines: str) -> None:
    """For somebody whose standard output is not ours."""
    _say(2, *(f"{_program}: {line}" for line in lines))


def _say(descriptor: int, *lines: str) -> None:
    """In one write, so that several instances on one terminal do not mix. A reader that left is no reason to end."""
    try:
        os.write(descriptor, ("\n".join(map(_visible, lines)) + "\n").encode(errors="replace"))
    except OSError:
        pass


def _visible(line: str) -> str:
    """One line, whatever was given to us, and nothing that a terminal would obey."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in line)
