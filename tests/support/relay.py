"""A TCP relay that edits the capabilities which client and server tell each other, and nothing else.

spice-gtk always announces mini headers and LZ4 and has no switch for either; a client without them is made by
clearing the bits on the way. Mini headers are cleared in both directions, because each side looks at what the
other one said.
"""

import socket
import struct
import threading

from .sockets import read_exactly
from .wire import LINK_HEADER, LINK_MESSAGE, LINK_REPLY


class Relay:
    """Listens on 127.0.0.1:`port` and passes every connection on to `target`. `clear_common` are bits of the
    common capabilities to clear both ways, `clear_channel` maps a channel type to bits of the client's channel
    capabilities to clear. Runs on threads of the calling process, so it stops when that process is stopped."""

    def __init__(self, target, clear_common=(), clear_channel=None):
        self._target = target
        self._clear_common = tuple(clear_common)
        self._clear_channel = dict(clear_channel or {})
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        server = None
        try:
            server = socket.create_connection(self._target)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.sendall(self._edited(client, LINK_MESSAGE))
            client.sendall(self._edited(server, LINK_REPLY))
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()
            _pump(client, server)
        except (OSError, EOFError):
            client.close()
            if server:
                server.close()

    def _edited(self, sender, layout):
        head = read_exactly(sender, LINK_HEADER.size)
        body = bytearray(read_exactly(sender, LINK_HEADER.unpack(head)[3]))
        common, channel, offset = struct.unpack_from("<3I", body, layout.size - 12)
        for bit in self._clear_common:
            _clear(body, offset, common, bit)
        if layout is LINK_MESSAGE:
            for bit in self._clear_channel.get(body[4], ()):
                _clear(body, offset + 4 * common, channel, bit)
        return head + body


def _clear(body, offset, words, bit):
    if bit // 32 < words:
        at = offset + 4 * (bit // 32)
        struct.pack_into("<I", body, at, struct.unpack_from("<I", body, at)[0] & ~(1 << bit % 32))


def _pump(source, sink):
    try:
        while data := source.recv(1 << 18):
            sink.sendall(data)
    except OSError:
        pass
    for end, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
        try:
            end.shutdown(how)
        except OSError:
            pass
