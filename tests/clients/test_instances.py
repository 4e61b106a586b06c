"""Many displays at once, as an ordinary user."""

import contextlib
import os

from support import spice_client, xserver
from support.exact import assert_exact

INSTANCES = 10
NOBODY = 65534  # who may do nothing, where we are root


def test_ten_instances_of_an_ordinary_user(tmp_path):
    uid = NOBODY if os.getuid() == 0 else None
    with contextlib.ExitStack() as stack:
        servers = []
        for _ in range(INSTANCES):
            servers.append(xserver.Launched(uid=uid, password="secret", size="640x480"))
            stack.callback(servers[-1].abandon)
        for server in servers:
            server.launch()
        for server in servers:
            server.wait_ready()
        assert len({server.number for server in servers} | {server.port for server in servers}) == 2 * INSTANCES
        clients = []
        for index, server in enumerate(servers):
            if uid is not None:
                assert os.stat(f"/proc/{server.pid}").st_uid == uid
            server.x.window(10 * index, 20 * index, 200, 150, 0x112233 * index + 0x40, events=False)
            clients.append(spice_client.Client(tmp_path))
            stack.callback(clients[-1].close)
            clients[-1].connect(*server.address, password="secret")
        for client, server in zip(clients, servers):
            client.wait_ready(30)
            assert_exact(client, server)
            assert client.picture()[200, 200] == server.x.picture()[200, 200]
        # One more change on each, now that all are connected.
        for index, server in enumerate(servers):
            server.x.window(300, 100 + 10 * index, 100, 100, 0xFF0000 + index, events=False)
        for client, server in zip(clients, servers):
            assert_exact(client, server)
        for client in clients:
            client.close()
        for server in servers:
            server.stop()
