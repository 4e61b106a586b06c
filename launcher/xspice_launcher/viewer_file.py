"""The .vv file that remote-viewer opens: see CONNECTION FILE in remote-viewer(1)."""


def text(host: str, port: int, ticket: str | None, title: str) -> bytes:
    keys = {
        "type": "spice",
        "host": host,
        "port": port,
        "password": ticket,
        "title": title,
        # It goes on being valid while the display lives; xspice removes it afterwards.
        "delete-this-file": 0,
    }
    lines = [f"{key}={_escaped(str(value))}" for key, value in keys.items() if value is not None]
    return "\n".join(["[virt-viewer]", *lines, ""]).encode()


def _escaped(value: str) -> str:
    """As GKeyFile reads it: backslashes are escapes, and a leading blank would be lost."""
    value = value.replace('\\', '\\\\')
    return "\\s" + value[1:] if value.startswith(" ") else value
