"""--deferred-fps: how many pictures of the screen there are in a second."""

import time

from support.film import Film

RATE = 40  # of the film


def pictures_per_second(server, viewer):
    film = Film(server, 64, 64, RATE)
    try:
        film.wait_more(RATE // 2)
        began, before = time.monotonic(), viewer.state()["updates"]
        film.wait_more(2 * RATE)
        return (viewer.state()["updates"] - before) / (time.monotonic() - began)
    finally:
        film.stop()


def test_as_many_pictures_as_are_asked_for(server, client):
    slow, usual = server(options=["--deferred-fps", "5"]), server()
    assert 3 <= pictures_per_second(slow, client(slow)) <= 6
    assert pictures_per_second(usual, client(usual)) > 12
