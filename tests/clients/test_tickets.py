"""Tickets with real spice-gtk clients, and a server whose front-end is a program of the tests: tickets that expire,
that are for one client, that only let watch, that are replaced while somebody is connected.
"""

import itertools
import os
import pathlib
import subprocess
import threading

import pytest

from support import processes, spice_client, wire
from support.wire import Connection, Refused, constant

SERVER = pathlib.Path(os.environ.get("XSPICE_BUILD_DIR", "build")) / "tests" / "support" / "synthetic-server"


class Server:
    """The synthetic server: do("tickets keep secret,view-only") returns the lines of its answer."""

    def __init__(self, directory):
        self._log = directory / "server.log"
        self._process = processes.spawn([SERVER, "--verbose", "--password", "secret", "--size", "320x240"],
                                        mark=processes.new_mark(), log=self._log, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.port = int(self._process.stdout.readline().split()[1])
        self.address = ("127.0.0.1", self.port)

    def do(self, command):
        self._process.stdin.write(command.encode() + b"\n")
        self._process.stdin.flush()
        lines = []
        while not lines or (lines[-1] != "ok" and not lines[-1].startswith("error")):
            lines.append(self._process.stdout.readline().decode().strip())
        assert lines[-1] == "ok", lines
        return lines[:-1]

    def log(self):
        return self._log.read_text()

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.fixture
def tickets(tmp_path):
    server = Server(tmp_path)
    yield server
    server.close()


@pytest.fixture
def come(tickets, tmp_path):
    """come("password") is a spice-gtk client that has everything; come("password", refused=True) is not let in."""
    clients = []

    def connect(password, refused=False):
        client = spice_client.Client(tmp_path)
        clients.append(client)
        client.connect(*tickets.address, password=password)
        if refused:
            assert client.wait_error(15) == ["main", "error-auth"]
        else:
            client.wait_ready()
        return client

    yield connect
    for client in clients:
        client.close()


def test_a_view_only_client_sees_all_and_touches_nothing(tickets, come):
    assert tickets.do("tickets keep secret watch,view-only") == ["replaced 1"]
    watcher, user = come("watch"), come("secret")
    watcher.tap(0x1E)
    watcher.button(1, True)
    watcher.button(1, False)
    for step in range(40):  # more than a client sends without being acknowledged
        watcher.position(10 + step, 20)
    user.tap(0x1F)
    seen = []

    def input_came():
        seen.extend(tickets.do("input"))
        return "key 001f 0" in seen

    processes.wait_for(input_came, 5, "the user's key")
    # Each client tells its lock keys; there is one line of the two.
    assert [line for line in seen if line != "locks 0"] == ["key 001f 1", "key 001f 0"] and seen.count("locks 0") <= 1
    tickets.do("fill 10 10 50 50 00ff00")
    for client in (watcher, user):
        processes.wait_for(lambda: client.picture()[30, 30] == 0x00FF00, 5, "the picture")
    assert "accepted: ticket, view only" in tickets.log()


def test_wrong_and_expired_tickets(tickets, come):
    tickets.do("tickets keep secret,0")
    come("secret", refused=True)
    assert "main:0 refused: expired ticket" in tickets.log()
    come("wrong", refused=True)
    assert "main:0 refused: wrong ticket" in tickets.log()
    assert "secret" not in tickets.log()


def test_a_ticket_for_one_client(tickets, come):
    tickets.do("tickets keep secret,one-shot")
    first = come("secret")
    come("secret", refused=True)
    assert "main:0 refused: ticket used up" in tickets.log()
    assert not first.errors(), "it is there, and stays"


def test_tickets_are_replaced_while_somebody_is_connected(tickets, come):
    first = come("secret")
    assert tickets.do("tickets fail new") == ["replaced 0"]
    assert tickets.do("tickets keep new") == ["replaced 1"]
    assert not first.errors()
    come("new")
    assert tickets.do("tickets disconnect newest") == ["replaced 1"]
    processes.wait_for(lambda: ["main", "closed"] in first.state()["events"], 5, lambda: f"gone: {first.state()}")
    come("newest")


def test_a_thousand_guesses_in_parallel(tickets, tmp_path):
    """From 127.0.0.2; from 127.0.0.1 a good client is let in within a second."""
    guesses = itertools.count()
    left = []

    def guess():
        while next(guesses) < 1000:
            with Connection(tickets.address, timeout=15, source="127.0.0.2") as link:
                try:
                    link.link(constant("CHANNEL_MAIN"))
                    link.authenticate("guess")
                    left.append("let in")
                except Refused as error:
                    if error.code != constant("LINK_ERR_PERMISSION_DENIED"):
                        left.append(error.code)
                except wire.Closed:
                    pass  # too many at once from there

    threads = [threading.Thread(target=guess) for _ in range(30)]
    for thread in threads:
        thread.start()
    good = spice_client.Client(tmp_path)
    try:
        good.connect(*tickets.address, password="secret")
        assert good.wait_ready() < 1.0
    finally:
        good.close()
        for thread in threads:
            thread.join()
    assert left == []
