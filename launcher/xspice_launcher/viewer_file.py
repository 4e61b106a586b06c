"""The .vv file that remote-viewer opens: see CONNECTION FILE in remote-viewer(1)."""
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from .entrances import Entrance

FACTS = "facts.json"  # where facts() are, beside the control socket


class Contents(NamedTuple):
    entrances: list[Entrance]
    title: str
    ticket: str | None = None
    authority: str | None = None  # certificates in PEM
    host_subject: str | None = None
    secure_channels: tuple[str, ...] = ()
    # It goes on being valid while the display lives; xspice removes it afterwards.
    delete_this_file: bool = False
    more: Mapping[str, str] = MappingProxyType({})  # further keys, by their names in the file


def text(contents: Contents) -> bytes:
    lines = [f"{key}={_escaped(value)}" for key, value in keys(contents).items()]
    return "\n".join(["[virt-viewer]", *lines, ""]).encode()


def keys(contents: Contents) -> dict[str, str]:
    found = {
        "type": "spice",
        **_where(contents),
        "password": contents.ticket,
        "title": contents.title,
        "delete-this-file": int(contents.delete_this_file),
        **contents.more,
    }
    return {key: str(value) for key, value in found.items() if value is not None}


def _where(contents: Contents) -> dict[str, object]:
    plain = next((entrance for entrance in contents.entrances if entrance.host and not entrance.tls), None)
    encrypted = next((entrance for entrance in contents.entrances if entrance.tls), None)
    if encrypted:
        # A client that is given a plain port begins there. That is worth it only where some channels are to be
        # encrypted and others are not.
        mixed = plain and contents.secure_channels and "all" not in contents.secure_channels
        return {"host": encrypted.host, "port": plain.port if mixed else None, "tls-port": encrypted.port,
                "ca": contents.authority, "host-subject": contents.host_subject,
                "secure-channels": ";".join(contents.secure_channels) if mixed else None}
    if plain:
        return {"host": plain.host, "port": plain.port}
    return {"unix-path": contents.entrances[0].path}


def facts(contents: Contents) -> bytes:
    """What others need to write a .vv file for the display: all but the ticket. For from_facts()."""
    return json.dumps({"entrances": [entrance._asdict() for entrance in contents.entrances],
                       "title": contents.title, "authority": contents.authority,
                       "host_subject": contents.host_subject,
                       "secure_channels": contents.secure_channels}).encode() + b"\n"


def from_facts(written: bytes) -> Contents:
    """Raises ValueError for what facts() has not written."""
    try:
        found = json.loads(written)
        entrances = [Entrance(**entrance) for entrance in found["entrances"]]
        return Contents(entrances, found["title"], authority=found["authority"], host_subject=found["host_subject"],
                        secure_channels=tuple(found["secure_channels"]))
    except (TypeError, KeyError) as error:
        raise ValueError(f"unknown contents: {error}") from None


def certificates(pem: str) -> str:
    """What clients need of a PEM file, which may have comments in it, and even a key."""
    return "".join(found + "\n" for found in re.findall(
        r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem, re.DOTALL))


def _escaped(value: str) -> str:
    """As GKeyFile reads it: backslashes are escapes, and a leading blank would be lost."""
    value = value.replace("\\", "\\\\").replace("\r", "").replace("\n", "\\n")
    return "\\s" + value[1:] if value.startswith(" ") else value
