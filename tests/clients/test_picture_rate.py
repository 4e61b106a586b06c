"""--deferred-fps: how many pictures of the screen there are in a second."""

import time

from support.control_client import Control
from support.film import Film

RATE = 40  # of the film


def pictures_per_second(server):
    def sent():
        (viewer,) = control.ask("clients")["clients"]
        return viewer["frames"]

    film = Film(server, 64, 64, RATE)
    try:
        with Control(server.control) as control:
            film.wait_more(RATE // 2)
            began, before = time.monotonic(), sent()
            film.wait_more(2 * RATE)
            return (sent() - before) / (time.monotonic() - began)
    finally:
        film.stop()


def test_as_many_pictures_as_are_asked_for(server, client):
    usual = server(own_access=True, options=["--disable-ticketing"])
    slow = server(own_access=True, options=["--disable-ticketing", "--deferred-fps", "5"])
    viewers = [client(slow), client(usual)]
    assert 3 <= pictures_per_second(slow) <= 6
    assert pictures_per_second(usual) > 12
    assert [viewer.errors() for viewer in viewers] == [[], []]
