"""Server regeneration: without -noreset Xorg starts over when its last client has gone."""

from support import control_client, procinfo, processes, xserver

WARM_UP = 16  # generations until Xorg's own caches are filled, and each thread's share of the heap has grown


def generations(server):
    return server.log().count("Setting screen physical size")


def next_generation(server):
    """Returns when the next one serves its first client, the keymap compiler has ended, and SPICE still answers."""
    before = generations(server)
    server.disconnect()
    processes.wait_for(lambda: generations(server) > before, 10, "the server starts over")
    server.x.sync()
    processes.wait_for(lambda: not procinfo.descendants(server.pid), 10, "xkbcomp has ended")
    assert xserver.accepts(server.address)


def test_twenty_regenerations_grow_nothing(xorg):
    server = xorg(arguments=())
    for i in range(WARM_UP + 20):
        server.x.window(0, 0, 1024, 768, colour=0x101010 + i)
        server.x.sync()
        assert (server.x.picture() == 0x101010 + i).all()
        next_generation(server)
        if i == WARM_UP - 1:
            descriptors, threads = procinfo.descriptor_targets(server.pid), procinfo.threads(server.pid)
            memory = procinfo.written(server.pid)
    assert server.x.size() == (1024, 768)
    assert procinfo.threads(server.pid) == threads
    assert procinfo.written(server.pid) - memory < 2 * 1024 * 1024
    processes.wait_for(lambda: len(procinfo.descriptor_targets(server.pid)) <= len(descriptors), 5,
                       lambda: f"no more descriptors than {descriptors}: {procinfo.descriptor_targets(server.pid)}")
    assert server.process.poll() is None
    # Without a system bus Xorg itself frees a timer twice when it ends after a reset, with any driver.
    server.abandon()


def test_resized_screen_and_outputs_survive(xorg):
    server = xorg({"NumHeads": "2", "Size": "640x480"}, arguments=())
    server.xrandr("--output", "Virtual-1", "--mode", "800x600", "--output", "Virtual-2", "--off")
    next_generation(server)
    text = server.xrandr()
    assert "Virtual-1 connected" in text and "Virtual-2 connected" in text
    width, height = server.x.size()
    server.x.window(0, 0, width, height, colour=0x654321)
    server.x.sync()
    assert (server.x.picture() == 0x654321).all()
    server.abandon()


def typed(server, control, text):
    """What an X client gets when `text` is typed."""
    keysyms = []

    def complete():
        keysyms.extend(event["keysym"] for event in server.x.events()
                       if event["type"] == "key-press" and not event["keysym"].startswith("Shift_"))
        return len(keysyms) >= len(text)

    server.x.window(0, 0, 100, 100)
    control.ask("type", text=text)
    processes.wait_for(complete, 10, lambda: f"{text} as keys: {keysyms}")
    return keysyms


def test_layouts_and_lent_keys_are_asked_for_in_each(xorg, tmp_path):
    server = xorg({"NumHeads": "2", "Size": "640x480", "SpiceControl": str(tmp_path / "control")}, arguments=())
    with control_client.Control(tmp_path / "control") as control:
        for width in (801, 700, 801):
            answer = control.ask("resize", monitors=[{"width": width, "height": 601}, {"width": 333, "height": 444}])
            assert (answer["width"], answer["height"]) == (width + 333, 601)
            assert server.x.size() == (width + 333, 601)
            keymap = server.x.keymap()
            assert typed(server, control, "aŽš") == ["a", "Zcaron", "scaron"]
            next_generation(server)
            assert server.x.keymap() == keymap
    server.abandon()
