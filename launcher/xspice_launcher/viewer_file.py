"""The .vv file that remote-viewer opens: see CONNECTION FILE in remote-viewer(1)."""
import dataclasses
import re

from .entrances import Entrance


@dataclasses.dataclass(frozen=True)
class Contents:
    entrances: list[Entrance]
    title: str
    ticket: str | None = None
    authority: str | None = None  # certificates in PEM
    host_subject: str | None = None
    secure_channels: tuple[str, ...] = ()


def text(contents: Contents) -> bytes:
    keys = {
        "type": "spice",
        **_where(contents),
        "password": contents.ticket,
        "title": contents.title,
        # It goes on being valid while the display lives; xspice removes it afterwards.
        "delete-this-file": 0,
    }
    lines = [f"{key}={_escaped(str(value))}" for key, value in keys.items() if value is not None]
    return "\n".join(["[virt-viewer]", *lines, ""]).encode()


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


def certificates(pem: str) -> str:
    """What clients need of a PEM file, which may have comments in it, and even a key."""
    return "".join(found + "\n" for found in re.findall(
        r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem, re.DOTALL))


def _escaped(value: str) -> str:
    """As GKeyFile reads it: backslashes are escapes, and a leading blank would be lost."""
    value = value.replace("\\", "\\\\").replace("\r", "").replace("\n", "\\n")
    return "\\s" + value[1:] if value.startswith(" ") else value
