"""Displays are taken by binding their sockets: two never get the same one, and none takes what is somebody else's."""

import contextlib
import os
import pathlib
import socket
import subprocess

import pytest
from support import processes, procinfo
from xspice_launcher import displays, errors, network, x11


def listen(address, queue=128):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(queue)
    return listener


@pytest.fixture
def number(first_free_display):
    pathlib.Path(x11.SOCKET_DIRECTORY).mkdir(mode=0o1777, exist_ok=True)
    yield first_free_display
    for path in (x11.socket_path(first_free_display), f"/tmp/.X{first_free_display}-lock"):
        pathlib.Path(path).unlink(missing_ok=True)


@pytest.fixture
def taken(number):
    """Claims displays, and lets go of them."""
    claims = []

    def take(number=number, first=0, tcp=False):
        claims.append(displays.claim(number, first, tcp))
        return claims[-1]
    yield take
    for claim in claims:
        claim.release()


def is_refused(number, tcp=False):
    with pytest.raises(errors.OperatorError, match=f"^:{number}: this display is in use; choose another one"):
        displays.claim(number, 0, tcp)
    return True


def test_both_sockets_are_there_until_it_is_released(taken, number):
    claim = taken()
    path = x11.socket_path(number)
    assert claim.has_file and len(claim.descriptors) == 2
    assert os.stat(path).st_mode & 0o777 == 0o777
    assert network.accepts(path) and network.accepts("\0" + path)
    assert is_refused(number)
    claim.release()
    assert not os.path.exists(path) and not network.accepts("\0" + path)


def test_free_one_is_the_first_that_nobody_has(taken, number):
    assert taken().number == number
    assert taken(None, first=number).number > number
    with listen("\0" + x11.socket_path(number + 5)):
        assert taken(None, first=number + 5).number > number + 5


def test_another_server_has_its_abstract_socket(number):
    with listen("\0" + x11.socket_path(number)):
        assert is_refused(number)


def test_another_server_has_its_file_as_in_another_network_namespace(number):
    with listen(x11.socket_path(number)):
        assert is_refused(number)
        assert network.accepts(x11.socket_path(number))


def test_another_server_has_locked_it(number):
    pathlib.Path(f"/tmp/.X{number}-lock").write_text(f"{os.getpid():>10}\n")
    assert is_refused(number)


@pytest.mark.parametrize("holder", ["nobody", "nonsense", "-1", "0", "99999999999999999999"])
def test_lock_that_nobody_holds(taken, number, holder):
    if holder == "nobody":
        gone = subprocess.Popen(["true"])
        gone.wait()
        holder = f"{gone.pid:>10}\n"
    pathlib.Path(f"/tmp/.X{number}-lock").write_text(holder)
    assert taken().number == number


def test_a_pipe_in_the_place_of_a_lock_is_not_waited_for(taken, number):
    os.mkfifo(f"/tmp/.X{number}-lock")
    assert taken().number == number
    with open(os.open(f"/tmp/.X{number}-lock", os.O_RDWR), "wb"):  # one with a writer, who says nothing
        assert taken(None, first=number).number > number


def test_a_file_whose_holder_lets_nobody_in_is_not_waited_for(number):
    """Anybody can make one. Whoever connects to it after its queue has become full waits for ever."""
    with contextlib.ExitStack() as stack:
        holder = stack.enter_context(listen(x11.socket_path(number), queue=0))
        while True:
            waiting = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            waiting.setblocking(False)
            try:
                waiting.connect(holder.getsockname())
            except BlockingIOError:
                break
        assert is_refused(number)


def test_file_that_was_left_behind_is_replaced(taken, number):
    listen(x11.socket_path(number)).close()
    assert os.path.exists(x11.socket_path(number))
    assert taken().has_file
    assert network.accepts(x11.socket_path(number))


def test_file_of_somebody_else_stays(taken, number):
    claim = taken()
    os.unlink(x11.socket_path(number))
    with listen(x11.socket_path(number)):
        claim.release()
        assert network.accepts(x11.socket_path(number))


def test_tcp_port_is_part_of_it(taken, number):
    with socket.create_server(("127.0.0.1", 6000 + number)):
        assert is_refused(number, tcp=True)
        claim = taken()
        claim.release()
    claim = taken(tcp=True)
    socket.create_connection(("127.0.0.1", 6000 + number), 5).close()
    assert is_refused(number, tcp=True)


def test_sockets_are_the_x_servers(launch, free_display):
    """It neither makes them nor a lock; the launcher's keeper holds them until it has removed the file."""
    xspice = launch(f":{free_display}", "--disable-ticketing").ready()
    with open("/proc/net/unix", encoding="ascii") as lines:
        inodes = {fields[6] for fields in map(str.split, lines)
                  if fields[-1].lstrip("@") == x11.socket_path(free_display) and fields[3] == "00010000"}
    assert len(inodes) == 2
    for inode in inodes:
        holders = {pid for pid in [xspice.process.pid, *procinfo.descendants(xspice.process.pid)]
                   if f"socket:[{inode}]" in procinfo.descriptor_targets(pid)}
        assert holders == {xspice.xorg, xspice.keeper}
    assert not os.path.exists(f"/tmp/.X{free_display}-lock")
    xspice.end()
    assert not processes.display_in_use(free_display)
