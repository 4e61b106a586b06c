"""What each command asks the display for, and what it makes of the answer: with a display that is none."""

import json
import os
import subprocess
import sys

import pytest
from conftest import SOURCE
from xspice_launcher import control
from xspice_launcher.ctl import main


@pytest.fixture
def ctl(fake, capsys, monkeypatch, tmp_path):
    """Runs `xspicectl` with words, and what the display answers to each command: its status, output and errors."""
    display = fake()
    monkeypatch.setenv("XSPICE_CONTROL", str(display.path))
    monkeypatch.chdir(tmp_path)

    def run(*words, **answers):
        display.requests.clear()
        display.answers = {name.replace("_", "-"): [{"ok": True, **answer}] for name, answer in answers.items()}
        status = main.main(list(words))
        captured = capsys.readouterr()
        return status, captured.out, captured.err
    run.display = display
    run.asked = lambda: [{name: value for name, value in request.items() if name != "id"}
                         for request in display.requests]
    return run


STATUS = {"version": "0.1.0", "pid": 4711, "uptime": 3725.5, "width": 1280, "height": 480, "clients": 2,
          "monitors": [{"id": 0, "x": 0, "y": 0, "width": 640, "height": 480},
                       {"id": 1, "x": 640, "y": 0, "width": 640, "height": 480}],
          "locks": ["num", "caps"], "commits": 99, "recording": 1, "access": "ticket"}
CLIENTS = [{"id": 3, "address": "192.0.2.7:5123", "user": "alice", "connected": 61, "view_only": False,
            "encrypted": True, "channels": ["main", "display"], "bytes_sent": 1_234_567, "images": 12, "frames": 10,
            "bytes_by_codec": {"glz": 5, "jpeg": 7}, "frames_skipped": 2, "encode_ms": 12.5, "rtt_ms": 0.25,
            "bandwidth": 1000},
           {"id": 12, "address": "unix", "connected": 1, "view_only": True, "encrypted": False, "channels": [],
            "bytes_sent": 0}]


def test_status(ctl):
    status, out, _ = ctl("status", status=STATUS)
    assert status == 0 and out == """\
display      :5
xspice       0.1.0
process      4711
running for  1 h 2 min
screen       1280x480
monitors     640x480+0+0, 640x480+640+0
access       by password
clients      2
locks        num, caps
pictures     99
recordings   1
"""


def test_clients(ctl):
    status, out, _ = ctl("clients", clients={"clients": CLIENTS})
    assert status == 0 and out == """\
CLIENT  FROM            USER   SINCE      MAY    TLS    SENT  FRAMES     RTT  CHANNELS
     3  192.0.2.7:5123  alice  1 min 1 s  use    yes  1.2 MB      10  0.2 ms  main,display
    12  unix            -      1 s        watch  no      0 B               -
"""
    assert ctl("clients", clients={"clients": []})[1] == "Nobody is connected.\n"
    assert json.loads(ctl("clients", "--json", clients={"clients": CLIENTS})[1]) == {"clients": CLIENTS}


def test_what_clients_call_themselves_does_not_steer_the_terminal(ctl):
    _, out, _ = ctl("clients", clients={"clients": [{**CLIENTS[1], "user": "\x1b]0;owned\x07"}]})
    assert "?]0;owned?" in out and "\x1b" not in out


def test_a_display_that_refuses_hides_no_other(ctl, fake, monkeypatch, tmp_path):
    monkeypatch.setattr(control, "directories", lambda _: [str(tmp_path / "xspice")])
    fake(7, greeting={"ok": False, "error": "32 connections are open; close one"})
    for words, shown in (("list",), ":5  "), (("metrics", "--all"), 'xspice_clients{display=":5"} 2\n'):
        status, out, err = ctl(*words, status=STATUS, clients={"clients": []})
        assert (status, err) == (1, "xspicectl: :7: 32 connections are open; close one\n")
        assert shown in out


ASKED = [
    ("kick 3", {"command": "kick", "client": 3}, {"kicked": 1}, "1 client disconnected\n"),
    ("kick all", {"command": "kick", "client": "all"}, {"kicked": 2}, "2 clients disconnected\n"),
    ("view-only 3", {"command": "view-only", "client": 3, "view_only": True}, {}, "client 3 may only watch\n"),
    ("view-only 3 off", {"command": "view-only", "client": 3, "view_only": False}, {},
     "client 3 may use the desktop\n"),
    ("resize 640x480 800x600", {"command": "resize", "monitors": [{"width": 640, "height": 480},
                                                                  {"width": 800, "height": 600}]},
     {"width": 1440, "height": 600}, "The screen has 1440x600 pixels\n"),
    ("type grüße", {"command": "type", "text": "grüße"}, {}, ""),
    ("key a b", {"command": "keys", "events": [{"key": "a"}, {"key": "b"}]}, {}, ""),
    ("mouse click", {"command": "mouse", "events": [{"button": 1}]}, {}, ""),
    ("wait-still", {"command": "wait-still", "still": 500, "timeout": 30000}, {"still": True}, ""),
    ("wait-still 0.25 --timeout 2", {"command": "wait-still", "still": 250, "timeout": 2000}, {"still": True}, ""),
    ("quit", {"command": "quit"}, {}, ""),
]


@pytest.mark.parametrize("line, asked, answer, said", ASKED, ids=[line for line, *_ in ASKED])
def test_what_is_asked_and_said(ctl, line, asked, answer, said):
    name = asked["command"].replace("-", "_")
    assert ctl(*line.split(), **{name: answer}) == (0, said, "")
    assert ctl.asked() == [asked]
    status, out, errors = ctl(*line.split(), "--json", **{name: answer})
    assert (status, errors) == (0, "") and isinstance(json.loads(out), dict)


def test_the_screen_was_never_still(ctl):
    status, out, errors = ctl("wait-still", "1", "--timeout", "2", "--json", wait_still={"still": False})
    assert (status, json.loads(out)) == (1, {"still": False})
    assert errors == "xspicectl: wait-still: the screen was not still for 1 s within 2 s\n"


def test_a_refusal_is_told_in_one_line(ctl):
    ctl.display.answers = {}
    status, out, errors = ctl("kick", "3", kick={"ok": False, "error": "client 3: nobody is connected\nby that"})
    assert (status, out, errors) == (1, "", "xspicectl: client 3: nobody is connected by that\n")


# --- tickets ------------------------------------------------------------------------------------------------------


def test_a_ticket_of_ones_own(ctl, tmp_path):
    (tmp_path / "password").write_text("open sesame\nrest\n")
    ticket = {"password": "open sesame", "one_shot": False, "view_only": False}
    said = ctl("tickets", "add", "--password-file", "password", add_ticket={})
    assert said == (0, "One more ticket lets clients in\n", "")
    assert ctl.asked() == [{"command": "add-ticket", **ticket}]
    ctl("tickets", "set", "--password-file", "password", tickets={"replaced": True})
    assert ctl.asked() == [{"command": "tickets", "connected": "keep", "tickets": [ticket]}]


def test_a_ticket_that_is_made(ctl):
    status, out, _ = ctl("tickets", "set", "--expires", "2.5", "--one-shot", "--view-only", "--connected", "disconnect",
                         "--json", tickets={"replaced": True})
    password = json.loads(out)["password"]
    assert status == 0 and len(password) == 19
    assert ctl.asked() == [{"command": "tickets", "connected": "disconnect", "tickets": [
        {"password": password, "one_shot": True, "view_only": True, "expires_in": 2.5}]}]
    _, out, _ = ctl("tickets", "add", add_ticket={})
    assert out == f"One more ticket lets clients in: {ctl.asked()[0]['password']}\n"


def test_no_tickets(ctl):
    assert ctl("tickets", "off", tickets={"replaced": True})[1].startswith("Clients need no password now")
    assert ctl.asked() == [{"command": "tickets", "connected": "keep", "tickets": []}]


def test_tickets_that_were_not_replaced(ctl):
    status, out, errors = ctl("tickets", "set", "--connected", "fail", tickets={"replaced": False})
    assert (status, out) == (1, "")
    assert errors.startswith("xspicectl: tickets: somebody is connected, so nothing was changed")


# --- input from elsewhere -----------------------------------------------------------------------------------------


class Input:
    def __init__(self, data):
        self.buffer = self
        self.read = lambda: data


def test_long_texts_go_in_pieces(ctl, monkeypatch):
    text = "ä€𝄞x" * 3000
    monkeypatch.setattr(sys, "stdin", Input(text.encode()))
    assert json.loads(ctl("type", "--json", type={})[1]) == {"typed": len(text)}
    pieces = [request["text"] for request in ctl.asked()]
    assert len(pieces) == 3 and "".join(pieces) == text


def test_what_is_no_text(ctl, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Input(b"\xff\xfe"))
    assert ctl("type") == (2, "", "xspicectl: type: standard input is not text in UTF-8; give characters of this "
                           "encoding\n")
    assert ctl("type", "\udcff")[0] == 2
    assert ctl.asked() == []


# --- the recorder ---------------------------------------------------------------------------------------------------


@pytest.fixture
def recorder(monkeypatch, tmp_path):
    """A program in the recorder's place: says its words, and ends with this status."""
    def make(status=0):
        program = tmp_path / "recorder"
        program.write_text(f"#!/bin/sh\necho \"$@\" > words\necho \"$4: 1.5 s, 45 frames\"\nexit {status}\n")
        program.chmod(0o755)
        monkeypatch.setenv("XSPICE_RECORDER", str(program))
        return tmp_path / "words"
    return make


def test_the_recorder_is_told_everything(ctl, recorder):
    words = recorder()
    status, out, _ = ctl("record", "a.webm", "--fps", "25", "--duration", "1.5", "--no-cursor", "--codec", "vp9",
                         "--json")
    assert (status, json.loads(out)) == (0, {"file": "a.webm", "seconds": 1.5, "frames": 45})
    assert words.read_text().split() == ["--control", str(ctl.display.path), "--output", "a.webm", "--fps", "25",
                                         "--duration", "1.5", "--codec", "vp9", "--no-cursor"]


def test_a_recording_that_went_wrong(ctl, recorder):
    recorder(status=2)
    status, out, errors = ctl("record", "a.webm", "--json")
    assert (status, out) == (2, "") and errors.startswith("xspicectl: record a.webm: was not recorded completely")


def test_no_recorder(ctl, monkeypatch):
    monkeypatch.setenv("XSPICE_RECORDER", "/nowhere")
    status, _, errors = ctl("record", "a.webm")
    assert status == 2 and errors.startswith("xspicectl: XSPICE_RECORDER /nowhere: is not a program")


# --- where it goes --------------------------------------------------------------------------------------------------


def run_into(output, *words, display):
    return subprocess.run(["/usr/bin/python3", SOURCE / "launcher" / "xspicectl", *words], stdout=output,
                          stderr=subprocess.PIPE, env={**os.environ, "XSPICE_CONTROL": str(display.path)}, text=True,
                          timeout=30, check=False)


@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["--help"]])
def test_output_that_cannot_be_written(ctl, words):
    ctl.display.answers = {"status": [{"ok": True, **STATUS}]}
    with open("/dev/full", "wb") as full:
        ended = run_into(full, *words, display=ctl.display)
    assert (ended.returncode, ended.stderr) == (
        2, "xspicectl: standard output: No space left on device; send it to another place\n")


def test_a_reader_that_has_seen_enough(ctl):
    reader, writer = os.pipe()
    os.close(reader)
    ended = run_into(writer, "--help", display=ctl.display)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, "")
