"""Which ways in there are for which options, and how the start tells of them."""

import pytest
from conftest import parse
from support import processes
from xspice_launcher import errors, options, report
from xspice_launcher.entrances import Entrance, Entrances
from xspice_launcher.inherited import InheritedSocket

X509 = ["--x509-dir", "/directory"]
TCP = (InheritedSocket(3, host="0.0.0.0", port=5950),)
UNIX = (InheritedSocket(3, path="/run/desk"),)
PRIVATE = (InheritedSocket(3, path="/run/user/1000/desk", private=True),)


def entrances(*arguments, sockets=()):
    return Entrances(parse(*arguments, sockets=sockets))


# Options, inherited sockets: plain port, TLS port, addresses. Ports are as on a machine without other servers.
CASES = [
    ([], (), 5900, 0, ("127.0.0.1",)),
    (["--port", "5910"], (), 5910, 0, ("127.0.0.1",)),
    (["--ipv6-only"], (), 5900, 0, ("::1",)),
    (["--tls-auto"], (), 0, 5900, ("127.0.0.1",)),
    (["--tls-auto", "--port", "5900"], (), 5900, 5901, ("127.0.0.1",)),
    (["--tls-auto", "--tls-port", "5910"], (), 0, 5910, ("127.0.0.1",)),
    (["--tls-auto", "--addr", "0.0.0.0"], (), 0, 5900, ("0.0.0.0",)),
    (["--tls-port", "5910", *X509], (), 0, 5910, ("127.0.0.1",)),
    (["--tls-port", "5910", *X509, "--port", "0"], (), 0, 5910, ("127.0.0.1",)),
    (["--tls-port", "0"], (), 5900, 0, ("127.0.0.1",)),
    (["--unix", "/tmp/desk"], (), 0, 0, ()),
    (["--unix", "/tmp/desk", "--port", "5910"], (), 5910, 0, ("127.0.0.1",)),
    (["--unix", "/tmp/desk", "--addr", "::1"], (), 5900, 0, ("::1",)),
    (["--unix", "/tmp/desk", "--tls-auto"], (), 0, 5900, ("127.0.0.1",)),
    (["--unix", "/tmp/desk", "--port", "0"], (), 0, 0, ()),
    ([], TCP, 0, 0, ()),
    (["--tls-auto"], TCP, 0, 0, ()),
    (["--tls-auto", "--addr", "127.0.0.1"], TCP, 0, 5900, ("127.0.0.1",)),
    (["--port", "5910"], UNIX, 5910, 0, ("127.0.0.1",)),
]


@pytest.mark.parametrize("arguments, sockets, port, tls_port, addresses", CASES,
                         ids=[" ".join(case[0] + [str(len(case[1]))]) for case in CASES])
def test_ports(arguments, sockets, port, tls_port, addresses):
    found = entrances(*arguments, sockets=sockets)
    assert (found.port, found.tls_port, found.addresses) == (port, tls_port, addresses)


@pytest.mark.parametrize("arguments, line", [
    (["--port", "0"], "--port 0: leaves no way in; "),
    (["--port", "0", "--tls-port", "0"], "--port 0: leaves no way in; "),
    (["--port", "0", "--addr", "::1", "--unix", "/tmp/desk"], "--addr ::1: no port to listen on; "),
])
def test_no_way_in(arguments, line):
    with pytest.raises(errors.OperatorError, match=line):
        entrances(*arguments)


def test_chosen_ports_are_two_and_claimed():
    slot = processes.claim_port()
    try:
        first, second = entrances("--tls-auto", "--port", str(slot.number)), entrances("--tls-auto")
        first.choose()
        second.choose()
        assert first.port == slot.number
        assert len({first.port, first.tls_port, second.tls_port}) == 3
        taken = first.tls_port
        first.release()
        third = entrances("--tls-auto")
        third.choose()
        assert third.tls_port == taken  # the lowest that is free again
        second.release()
        third.release()
    finally:
        slot.release()


def test_where_clients_find_them():
    found = entrances("--addr", "0.0.0.0", "--addr", "::", "--port", "5910", "--tls-auto", "--unix", "/tmp/desk")
    assert found.all() == [
        Entrance(host="127.0.0.1", port=5910), Entrance(host="::1", port=5910),
        Entrance(host="127.0.0.1", port=5900, tls=True), Entrance(host="::1", port=5900, tls=True),
        Entrance(path="/tmp/desk")]


def test_inherited_ports_take_tls_too():
    assert entrances(sockets=TCP).all() == [Entrance(host="127.0.0.1", port=5950)]
    assert entrances("--tls-auto", sockets=TCP).all() == [
        Entrance(host="127.0.0.1", port=5950), Entrance(host="127.0.0.1", port=5950, tls=True)]
    assert entrances("--tls-auto", "--secure-channels", "all", sockets=TCP).all() == [
        Entrance(host="127.0.0.1", port=5950, tls=True)]
    assert entrances(sockets=UNIX).all() == [Entrance(path="/run/desk")]


@pytest.mark.parametrize("arguments, lines", [
    (["--port", "5900"], ["  listening on  127.0.0.1 port 5900 (this machine only; --addr 0.0.0.0 lets others in)",
                          "  connect with  remote-viewer /x.vv",
                          "            or  remote-viewer spice://127.0.0.1:5900"]),
    (["--addr", "0.0.0.0", "--addr", "::", "--tls-auto", "--port", "5900"],
     ["  listening on  0.0.0.0, :: port 5900, TLS port 5901",
      "  connect with  remote-viewer /x.vv"]),
    (["--ipv6-only", "--unix", "/tmp/desk", "--port", "5900"],
     ["  listening on  ::1 port 5900 (this machine only; --addr :: lets others in)",
      "                /tmp/desk (this user only)",
      "  connect with  remote-viewer /x.vv",
      "            or  remote-viewer spice://[::1]:5900",
      "            or  remote-viewer spice+unix:///tmp/desk"]),
    (["--unix", "/tmp/desk"],
     ["  listening on  /tmp/desk (this user only)",
      "  connect with  remote-viewer /x.vv",
      "            or  remote-viewer spice+unix:///tmp/desk"]),
])
def test_what_the_start_says(capfd, arguments, lines):
    found = entrances(*arguments)
    report.ready(report.Ready(
        display=7, bound=found.bound(), entrances=found.all(), password="secret", viewer_file="/x.vv",
        addresses_given="--addr" in arguments, local_only="0.0.0.0" not in arguments))
    assert capfd.readouterr().out.splitlines() == [
        "xspice: display :7 is ready", *lines, "  password      secret", "  run programs  DISPLAY=:7 PROGRAM"]


@pytest.mark.parametrize("arguments, sockets, asked", [
    ([], PRIVATE, False),
    (["--idle-timeout", "1h"], PRIVATE, False),
    ([], (*PRIVATE, *TCP), True),
    ([], (*PRIVATE, *UNIX), True),
    (["--port", "5910"], PRIVATE, True),
    (["--password-file", "/some/file"], PRIVATE, True),
    (["--sasl"], PRIVATE, True),
    ([], UNIX, True),
    ([], (), True),
])
def test_no_password_where_a_private_socket_is_the_only_way_in(arguments, sockets, asked):
    assert parse(*arguments, sockets=sockets).disable_ticketing is not asked
