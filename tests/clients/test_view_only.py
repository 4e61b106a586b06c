"""--view-only-password-file: who comes with that password sees everything and moves nothing."""

import pytest
from support import processes
from support.exact import assert_exact

KEY_A, KEY_B = 0x1E, 0x30


@pytest.fixture
def xspice(server, tmp_path):
    options = []
    for option, password in (("--password-file", "full"), ("--view-only-password-file", "watch")):
        file = tmp_path / password
        file.write_text(password + "\n")
        file.chmod(0o600)
        options += [option, str(file)]
    return server(size="640x480", own_access=True, options=options)


def keys_seen(xspice):
    return [event["keysym"] for event in xspice.x.events() if event["type"] == "key-press"]


def test_watcher_sees_and_cannot_touch(xspice, client):
    watcher, user = client(xspice, password="watch"), client(xspice, password="full")
    xspice.x.window(100, 100, 300, 200)
    user.position(150, 150)
    processes.wait_for(lambda: xspice.x.pointer()[:2] == (150, 150), 5, "the user's pointer")
    seen = []
    for _ in range(20):  # whatever the watcher sends has every chance to arrive before what the user sends
        watcher.position(20, 20)
        watcher.button(1, True)
        watcher.button(1, False)
        watcher.tap(KEY_A)
        watcher.key_locks(4)
        before = len(seen)
        user.tap(KEY_B)

        def arrived(count=before):
            seen.extend(keys_seen(xspice))
            return len(seen) > count
        processes.wait_for(arrived, 5, "the user's key")
    assert seen == ["b"] * 20
    assert xspice.x.pointer() == (150, 150, 0)  # no button, no Caps Lock
    assert_exact(watcher, xspice)
    assert watcher.errors() == []
