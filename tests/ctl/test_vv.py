"""The .vv files that `xspicectl vv` writes, read as remote-viewer reads them: with GLib's key files."""

import json
import os
import stat

import pytest
from gi.repository import GLib
from xspice_launcher import viewer_file
from xspice_launcher.ctl import main
from xspice_launcher.entrances import Entrance

PLAIN = Entrance(host="127.0.0.1", port=5900)
ENCRYPTED = Entrance(host="127.0.0.1", port=5901, tls=True)
UNIX = Entrance(path="/run/user/1000/desk")
AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.fixture
def vv(fake, capsys, monkeypatch, tmp_path):
    """Runs `xspicectl vv` for a display with these entrances; returns its status, output and errors."""
    display = fake()
    display.answers = {"add-ticket": [{"ok": True}]}
    facts = display.path.parent / "facts.json"
    monkeypatch.setenv("XSPICE_CONTROL", str(display.path))
    monkeypatch.chdir(tmp_path)

    def run(*words, entrances=(PLAIN,), access="ticket", **more):
        display.requests.clear()
        contents = viewer_file.Contents(list(entrances), "my desktop", **more)
        display.answers["status"] = [{"ok": True, "access": access}]
        facts.write_bytes(viewer_file.facts(contents))
        status = main.main(["vv", *words])
        captured = capsys.readouterr()
        run.asked = [request for request in display.requests if request["command"] != "status"]
        return status, captured.out, captured.err
    run.display = display
    run.facts = facts
    return run


def keys(text):
    file = GLib.KeyFile()
    assert file.load_from_data(text, len(text.encode()), GLib.KeyFileFlags.NONE)
    names, _ = file.get_keys("virt-viewer")
    return {name: file.get_string("virt-viewer", name) for name in names}


def test_a_file_for_one_client(vv, tmp_path):
    status, out, errors = vv("guest.vv")
    assert (status, out, errors) == (0, "guest.vv: opens the display once, within 120 s\n", "")
    file = tmp_path / "guest.vv"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = keys(file.read_text())
    (asked,) = vv.asked
    assert asked == {"id": 2, "command": "add-ticket", "password": found["password"], "one_shot": True,
                     "view_only": False, "expires_in": 120}
    assert len(found.pop("password")) == 19
    assert found == {"type": "spice", "host": "127.0.0.1", "port": "5900", "title": "my desktop",
                     "delete-this-file": "1"}


def test_standard_output_and_json(vv):
    _, out, _ = vv("-")
    assert keys(out)["host"] == "127.0.0.1" and out == vv("-")[1].replace(
        vv.asked[0]["password"], keys(out)["password"])
    _, out, _ = vv("--json")
    assert json.loads(out)["password"] == vv.asked[0]["password"]
    assert json.loads(vv("a.vv", "--json")[1]) == {"file": "a.vv"}


def test_a_file_that_is_kept(vv):
    status, out, _ = vv("a.vv", "--keep", "--view-only")
    assert (status, out) == (0, "a.vv: opens the display\n")
    asked = vv.asked[0]
    assert (asked["one_shot"], asked["view_only"], "expires_in" in asked) == (False, True, False)
    assert keys(vv("--keep", "--expires", "60")[1])["delete-this-file"] == "0"
    assert vv.asked[0]["expires_in"] == 60


EVERYTHING = ("--title", "two  words", "--fullscreen", "--username", "alice", "--proxy", "http://proxy:3128",
              "--usbredir", "off", "--smartcard", "on", "--needs-version", "11.0",
              "--disable-channels", "playback,record",
              "--hotkeys", "toggle-fullscreen=shift+f11,release-cursor=ctrl+alt,secure-attention=ctrl+alt+end")


def test_every_further_key(vv):
    found = keys(vv(*EVERYTHING)[1])
    del found["password"]
    assert found == {
        "type": "spice", "host": "127.0.0.1", "port": "5900", "title": "two  words", "delete-this-file": "1",
        "fullscreen": "1", "username": "alice", "proxy": "http://proxy:3128", "enable-usbredir": "0",
        "enable-smartcard": "1", "version": "11.0",
        "disable-channels": "playback;record", "toggle-fullscreen": "shift+f11", "release-cursor": "ctrl+alt",
        "secure-attention": "ctrl+alt+end"}


def test_as_clients_on_other_machines_reach_it(vv):
    found = keys(vv("--host", "desk.example.org", entrances=(PLAIN, ENCRYPTED), authority=AUTHORITY,
                    host_subject="O=a\\, b", secure_channels=("main", "inputs"))[1])
    assert (found["host"], found["port"], found["tls-port"]) == ("desk.example.org", "5900", "5901")
    assert (found["ca"], found["host-subject"], found["secure-channels"]) == (AUTHORITY, "O=a\\, b", "main;inputs")


def test_through_a_tunnel(vv):
    found = keys(vv("--host", "localhost", "--port", "15900", entrances=(PLAIN, ENCRYPTED), authority=AUTHORITY)[1])
    assert (found["host"], found.get("port"), found["tls-port"]) == ("localhost", None, "15900")
    found = keys(vv("--port", "15900")[1])
    assert (found["host"], found["port"]) == ("127.0.0.1", "15900")


def test_a_unix_socket(vv):
    assert keys(vv(entrances=(UNIX,))[1])["unix-path"] == UNIX.path
    status, out, errors = vv("--host", "desk", entrances=(UNIX,))
    assert (status, out) == (2, "")
    assert errors == ("xspicectl: vv --host desk: the display has no port, only a Unix socket; leave --host out, or "
                      "start xspice with --addr\n")
    assert vv("--port", "15900", entrances=(UNIX,))[2].startswith("xspicectl: vv --port 15900: the display has no port")


@pytest.mark.parametrize("access, told", [("open", "asks nobody for a password"), ("sasl", "asks SASL who comes in")])
def test_displays_without_tickets(vv, access, told):
    status, out, _ = vv(access=access)
    assert status == 0 and "password" not in keys(out) and vv.asked == []
    for flag in (["--view-only"], ["--expires", "5"]):
        status, out, errors = vv(*flag, access=access)
        assert (status, out) == (2, "") and told in errors and errors.count("\n") == 1


def test_nothing_is_written_where_the_display_refuses(vv, tmp_path):
    vv.display.answers["add-ticket"] = [{"ok": False, "error": "too many tickets; wait until some have expired"}]
    assert vv("a.vv") == (1, "", "xspicectl: too many tickets; wait until some have expired\n")
    assert not (tmp_path / "a.vv").exists()


@pytest.mark.parametrize("name", ["pipe", "link"])
def test_what_is_no_file_stays(vv, tmp_path, name):
    """As /dev/null, which root could replace, and /dev/stdout, which is a link."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    assert vv(name) == (2, "", f"xspicectl: vv {name}: cannot be written: it is no regular file; name a file in a "
                               "directory of yours\n")
    assert (tmp_path / "pipe").is_fifo() and (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("file", ["nowhere/a.vv", "directory"])
def test_where_nothing_can_be_written(vv, tmp_path, file):
    (tmp_path / "directory").mkdir()
    status, out, errors = vv(file)
    assert (status, out) == (2, "") and errors.startswith(f"xspicectl: vv {file}: cannot be written: ")
    assert {path.name for path in tmp_path.iterdir()} == {"xspice", "directory"}


def test_a_display_without_facts(vv, capsys):
    vv()
    os.unlink(vv.facts)
    assert main.main(["vv"]) == 2
    assert "can be written for displays that clients can connect to" in capsys.readouterr().err
    vv.facts.write_text("{}")
    assert main.main(["vv"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
