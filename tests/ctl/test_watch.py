"""The keeper's watch over its display, with one that is none."""

from xspice_launcher.watch import Watch


def test_nothing_is_lost_that_happens_while_it_begins(fake):
    display = fake()
    display.answers = {"subscribe": [{"ok": True}],
                       "status": [{"event": "clients", "clients": 1, "came": 1}, {"event": "quit"},
                                  {"ok": True, "clients": 1}]}
    told = []
    watch = Watch(told.append)
    watch.open(str(display.path))
    assert watch.quit and told[-1] == 1
    watch.close()
