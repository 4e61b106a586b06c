"""An Xauthority file that others use, too: its lock is libXau's, and is never left behind."""

import contextlib
import os
import pathlib
import threading

import pytest
from support import processes
from xspice_launcher import errors, shared_authority

COOKIE = bytes(range(16))


@pytest.fixture
def authority(tmp_path):
    return shared_authority.SharedAuthority(str(tmp_path / "cookies"), COOKIE, 7)


def files(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir())


def test_who_comes_while_another_one_unlocks_gets_the_lock(authority, tmp_path):
    link = tmp_path / "cookies-l"
    link.touch()  # of two files, the first is removed by now
    problems = []

    def add():
        try:
            authority.add()
        except errors.OperatorError as error:
            problems.append(error)
    thread = threading.Thread(target=add)
    thread.start()
    processes.wait_for((tmp_path / "cookies-c").exists, 5, "it has begun to lock")
    link.unlink()
    thread.join(20)
    assert not problems and files(tmp_path) == ["cookies"]
    assert COOKIE in (tmp_path / "cookies").read_bytes()


@pytest.mark.parametrize("left", ["c", "l"])
def test_a_lock_that_somebody_has_stays_as_it_was(authority, tmp_path, monkeypatch, left):
    monkeypatch.setattr(shared_authority, "_LOCK_TIMEOUT", 0.05)
    (tmp_path / f"cookies-{left}").touch()
    with pytest.raises(errors.OperatorError, match="^--auth-file .*/cookies: another program has locked it; "):
        authority.add()
    assert files(tmp_path) == [f"cookies-{left}"]


def test_many_at_once_all_leave_their_cookies(tmp_path):
    path = str(tmp_path / "cookies")
    children = []
    for number in range(16):
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                shared_authority.SharedAuthority(path, COOKIE, number).add()
                os._exit(0)
            os._exit(1)
        children.append(child)
    assert {os.waitpid(child, 0)[1] for child in children} == {0}
    assert pathlib.Path(path).read_bytes().count(COOKIE) == 16
    assert files(tmp_path) == ["cookies"]
