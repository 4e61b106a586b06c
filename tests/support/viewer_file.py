"""Reads a .vv file as remote-viewer does, and connects a test's client by it."""

import pathlib

from gi.repository import GLib


def keys(path):
    file = GLib.KeyFile()
    assert file.load_from_file(str(path), GLib.KeyFileFlags.NONE)
    names, _ = file.get_keys("virt-viewer")
    return {name: file.get_string("virt-viewer", name) for name in names}


def connect(client, path, directory):
    """`client`: a spice_client.Client. `directory`: for the authority's certificate, which clients take as a file."""
    found = keys(path)
    assert found["type"] == "spice"
    properties = {name: found.get(name) for name in ("port", "tls-port", "unix-path")}
    if "ca" in found:
        authority = pathlib.Path(directory) / "authority.pem"
        authority.write_text(found["ca"])
        properties |= {"ca-file": str(authority), "cert-subject": found["host-subject"]}
    client.connect(found.get("host"), None, found["password"], properties=properties)
