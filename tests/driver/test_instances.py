"""Many servers at once, as an ordinary user."""

import os

from support import procinfo

NOBODY = 65534


def test_ten_servers_of_an_ordinary_user(xorg):
    uid = NOBODY if os.getuid() == 0 else None
    servers = [xorg({"Size": f"{600 + i}x{400 + i}"}, uid=uid) for i in range(10)]
    for i, server in enumerate(servers):
        assert server.x.size() == (600 + i, 400 + i)
        server.x.window(0, 0, 100, 100, colour=0x010101 * (i + 1))
        server.x.sync()
    for i, server in enumerate(servers):
        assert (server.x.picture()[:100, :100] == 0x010101 * (i + 1)).all()
        if uid is not None:
            assert os.stat(f"/proc/{server.pid}").st_uid == uid
        opened = procinfo.descriptor_targets(server.pid)
        assert not [target for target in opened if target.startswith(("/dev/tty", "/dev/dri", "/dev/input"))], opened
