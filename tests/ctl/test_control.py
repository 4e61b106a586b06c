"""The module that speaks to the control socket, with a display that is none."""

import os

import pytest
from xspice_launcher import control
from xspice_launcher.errors import OperatorError


@pytest.fixture
def connect(fake):
    """Connects to a display that gives these answers."""
    opened = []

    def start(**answers):
        display = fake()
        display.answers = {name.replace("_", "-"): list(value) for name, value in answers.items()}
        opened.append(control.connect(str(display.path), 5))
        return opened[-1], display
    yield start
    for connection in opened:
        connection.close()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An environment in which only displays below `tmp_path` are found."""
    environment = {"XDG_RUNTIME_DIR": str(tmp_path)}
    monkeypatch.setattr(control, "directories", lambda _: [str(tmp_path / "xspice")])
    return environment


def test_answers_come_without_what_belongs_to_the_protocol(connect):
    display, server = connect(status=[{"ok": True, "width": 640}], kick=[{"ok": True, "kicked": 1}])
    assert display.version == "0.1.0"
    assert display.request("status") == {"width": 640}
    assert display.request("kick", client="all") == {"kicked": 1}
    assert display.request("status", within=5, timeout=7) == {"width": 640}
    assert server.requests == [{"id": 1, "command": "status"}, {"id": 2, "command": "kick", "client": "all"},
                               {"id": 3, "command": "status", "timeout": 7}]


def test_a_refusal_is_the_servers_line(connect):
    display, _ = connect(kick=[{"ok": False, "error": "client 3: nobody\nis connected"}], status=[{"ok": True}])
    with pytest.raises(control.Refused, match=r"^client 3: nobody is connected$"):
        display.request("kick", client=3)
    assert display.request("status") == {}  # the connection goes on


def test_an_error_about_the_line_itself_is_told(connect):
    display, _ = connect(status=[b'{"ok": false, "error": "a line may have 1 MiB"}\n', None])
    with pytest.raises(control.Refused, match="1 MiB"):
        display.request("status")


def test_lines_in_pieces_and_several_at_once(connect):
    display, _ = connect(status=[b'{"event": "cli', b'ents", "clients": 2}\n{"id": 1, "ok"', b": true}\n"])
    assert display.request("status") == {}
    assert display.read_events() == [{"event": "clients", "clients": 2}]
    assert display.read_events() == []


def test_events_are_kept_until_asked_for(connect):
    display, server = connect(subscribe=[{"event": "clients", "clients": 1, "came": 3}, {"ok": True},
                                    {"event": "quit"}, None])
    assert display.request("subscribe", events=["clients", "quit"]) == {}
    assert server.ended.wait(5)
    assert display.read_events() == [{"event": "clients", "clients": 1, "came": 3}, {"event": "quit"}]
    with pytest.raises(control.Gone, match="the display ended"):
        display.read_events()


def test_the_last_events_come_before_the_end(connect):
    display, server = connect(subscribe=[{"ok": True}, {"event": "quit"}, None])
    display.request("subscribe", events=["quit"])
    server.ended.wait(5)
    assert display.read_events() == [{"event": "quit"}]
    with pytest.raises(control.Gone):
        display.read_events()


def test_no_event(connect):
    display, _ = connect()
    assert display.read_events() == []


def test_a_descriptor_comes_with_its_answer(connect, tmp_path):
    (tmp_path / "picture").write_bytes(b"pixels")
    with open(tmp_path / "picture", "rb") as file:
        display, _ = connect(screenshot=[{"event": "clients", "clients": 0}, ({"ok": True, "width": 2}, file.fileno())])
        answer, descriptor = display.request_descriptor("screenshot", cursor=True)
    assert answer == {"width": 2}
    with os.fdopen(descriptor, "rb") as received:
        assert not os.get_inheritable(received.fileno())
        assert received.read() == b"pixels"


def test_an_answer_without_the_descriptor(connect):
    display, _ = connect(frame=[{"ok": True, "changed": False}])
    assert display.request_descriptor("frame") == ({"changed": False}, None)


def test_descriptors_that_nobody_asked_for_are_closed(connect, tmp_path):
    reader, writer = os.pipe()
    display, server = connect(status=[({"ok": True}, writer)])
    assert display.request("status") == {}
    os.close(writer)
    assert os.read(reader, 1) == b""  # nobody has the other end any more
    os.close(reader)


def test_no_answer_in_time(connect):
    display, _ = connect(status=[])
    with pytest.raises(control.Gone, match=r"did not answer 'status' in 0.05 s"):
        display.request("status", within=0.05)


def test_an_end_instead_of_an_answer(connect):
    display, _ = connect(status=[b'{"id": 1, "ok"', None])
    with pytest.raises(control.Gone, match="the display ended"):
        display.request("status")


@pytest.mark.parametrize("line", [b"not JSON\n", b"[]\n", b"\xff\xfe\n", b"\n"])
def test_what_is_no_message(connect, line):
    display, _ = connect(status=[line])
    with pytest.raises(control.Gone, match="is not xspice"):
        display.request("status")


@pytest.mark.parametrize("greeting, told", [
    ({"xspice": "9.0", "protocol": 2}, "speaks version 2 .* this program version 1; .* belongs to xspice 9.0"),
    ({"protocol": 1}, "is not xspice"),
    ({"xspice": "0.1.0", "protocol": "1"}, "is not xspice"),
    ({"ok": False, "error": "too many connections; close one"}, "^too many connections; close one$"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "is not xspice"),
])
def test_greetings_that_are_none_of_ours(fake, greeting, told):
    display = fake(greeting=greeting)
    with pytest.raises(OperatorError, match=told):
        control.connect(str(display.path), 5)


def test_nobody_greets(fake):
    with pytest.raises(control.Gone, match="does not answer"):
        control.connect(str(fake(greeting=None).path), 0.05)


def test_nobody_is_there(tmp_path, fake):
    with pytest.raises(control.Gone, match="no display is running there"):
        control.connect(str(tmp_path / "nothing"))
    display = fake()
    display.close()  # its socket stays, as after a kill
    with pytest.raises(control.Gone, match="no display is running there"):
        control.connect(str(display.path))


def test_another_users_display(fake, monkeypatch):
    display = fake()
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    monkeypatch.setattr(control, "_CREDENTIALS", Credentials())
    with pytest.raises(OperatorError, match="not a display of yours"):
        control.connect(str(display.path))


class Credentials:
    size = 12

    @staticmethod
    def unpack(_):
        return 1, 4712, 1


# --- which display ------------------------------------------------------------------------------------------------


def test_displays_are_found_by_their_sockets(fake, here, tmp_path):
    assert control.running(here) == {}
    fake(7)
    fake(12)
    fake(3).close()
    (tmp_path / "xspice" / "display-x.control").touch()
    (tmp_path / "xspice" / "display-4.control").touch()
    (tmp_path / "xspice" / "display-7.vv").touch()
    assert control.running(here) == {number: str(tmp_path / "xspice" / f"display-{number}.control")
                                     for number in (7, 12)}


def test_what_others_put_there_does_not_count(fake, here, monkeypatch):
    fake(7)
    assert list(control.running(here)) == [7]
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    assert control.running(here) == {}


def test_the_display_that_is_meant(fake, here, tmp_path):
    paths = {number: str(fake(number).path) for number in (7, 12)}
    assert control.find(12, here) == paths[12]
    assert control.find(7, {**here, "DISPLAY": ":12", "XSPICE_CONTROL": paths[12]}) == paths[7]
    assert control.find(None, {**here, "DISPLAY": ":7", "XSPICE_CONTROL": paths[12]}) == paths[12]
    assert control.find(None, {**here, "DISPLAY": ":12.0"}) == paths[12]
    for name in (":0", "localhost:12", ":12x", ""):
        with pytest.raises(OperatorError, match=r"^which display\? give one of :7, :12$"):
            control.find(None, {**here, "DISPLAY": name})
    with pytest.raises(OperatorError, match=r"^:8: no xspice display of yours; give one of :7, :12$"):
        control.find(8, here)


def test_the_only_display(fake, here):
    with pytest.raises(OperatorError, match="no xspice display of yours is running"):
        control.find(None, here)
    path = str(fake(7).path)
    assert control.find(None, here) == path
    assert control.find(None, {**here, "DISPLAY": ":0"}) == path  # a desktop that is not ours


def test_where_displays_are_looked_for():
    user = os.getuid()
    assert control.directories({"XDG_RUNTIME_DIR": "/somewhere"}) == [
        "/somewhere/xspice", f"/run/user/{user}/xspice", f"/tmp/xspice-{user}"]
    assert control.directories({"XDG_RUNTIME_DIR": f"/run/user/{user}"}) == [
        f"/run/user/{user}/xspice", f"/tmp/xspice-{user}"]
    assert control.directories({}) == control.directories({"XDG_RUNTIME_DIR": "relative"}) == [
        f"/run/user/{user}/xspice", f"/tmp/xspice-{user}"]
