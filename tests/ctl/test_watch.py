"""The keeper's own connection: who is connected, and whether somebody asked for the end."""

import select

import pytest
from xspice_launcher import watch

SUBSCRIBED = [{"ok": True}]


def there_are(count):
    """The answer to "clients"."""
    return {"ok": True, "clients": [{"id": number} for number in range(count)]}


@pytest.fixture
def watching(fake):
    """Opens a watch at a display with these answers; returns it, the numbers that it told, and the display."""
    opened = []

    def start(**answers):
        display, told = fake(), []
        display.answers = {"subscribe": SUBSCRIBED, **answers}
        opened.append(watch.Watch(told.append))
        opened[-1].open(str(display.path))
        return opened[-1], told, display
    yield start
    for one in opened:
        one.close()


def poll(one):
    assert select.select([one.descriptor], [], [], 5)[0]
    one.poll()


def test_numbers_and_the_wish_to_end(watching):
    one, told, display = watching(clients=[there_are(2)])
    assert (told, one.quit) == ([2], False)
    display.say({"event": "clients", "clients": 1, "went": 3})
    poll(one)
    assert (told, one.quit) == ([2, 1], False)
    display.say({"event": "quit"})
    poll(one)
    assert (told, one.quit) == ([2, 1], True)


def test_who_came_and_went_while_it_was_opened(watching):
    _, told, _ = watching(subscribe=[*SUBSCRIBED, {"event": "clients", "clients": 1}, {"event": "clients", "clients": 0}],
                          clients=[there_are(0)])
    assert told == [0, 1, 0]


def test_display_that_let_go_of_it(watching):
    one, told, display = watching(clients=[there_are(1)])
    display.answers["clients"] = [there_are(4)]
    display.hang_up()
    poll(one)
    assert (told, one.quit) == ([1, 4], False)
    assert [request["command"] for request in display.requests] == ["subscribe", "clients"] * 2


def test_display_that_has_ended(watching):
    one, told, display = watching(clients=[there_are(1)])
    display.close()
    poll(one)
    assert (told, one.descriptor) == ([1], None)


def test_wish_to_end_while_it_was_opened(watching):
    one, told, _ = watching(clients=[{"event": "clients", "clients": 1, "came": 1}, {"event": "quit"},
                                     there_are(1)])
    assert one.quit and told[-1] == 1
