"""The little of X that the launcher speaks itself: cookies, and one request.

Formats: Xauthority entries as libXau's AuFileName(3) family of functions reads them; connection setup and
ChangeHosts from the X protocol, all with the byte order "B" (big endian).
"""
import os
import socket
import struct

from .network import receive

SOCKET_DIRECTORY = "/tmp/.X11-unix"
_COOKIE_NAME = b"MIT-MAGIC-COOKIE-1"
_FAMILY_LOCAL = 256
_FAMILY_WILD = 65535  # matches every address
_CHANGE_HOSTS = 109
_FAMILY_SERVER_INTERPRETED = 5


def new_cookie() -> bytes:
    return os.urandom(16)


def authority(cookie: bytes, display: int) -> bytes:
    """Contents of an Xauthority file for `display` by any name it is reached by.

    The entry with the host name is for client libraries that do not know the wild one (python-xlib).
    """
    return local_entry(cookie, display) + _entry(_FAMILY_WILD, b"", cookie, display)


def local_entry(cookie: bytes, display: int) -> bytes:
    """An entry of an Xauthority file for `display` of this machine."""
    return _entry(_FAMILY_LOCAL, os.fsencode(socket.gethostname()), cookie, display)


def _entry(family: int, address: bytes, cookie: bytes, display: int) -> bytes:
    return struct.pack(">H", family) + b"".join(
        struct.pack(">H", len(field)) + field for field in (address, b"%d" % display, _COOKIE_NAME, cookie))


def socket_path(display: int) -> str:
    return f"{SOCKET_DIRECTORY}/X{display}"


def remove_stale_socket(display: int) -> None:
    """Removes the socket file of a display whose holders were all killed.

    An X server binds the abstract name first and the file after it (as displays.py does). Holding the abstract name
    here therefore keeps any new server from taking this display while its file is looked at.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as claim:
        try:
            claim.bind("\0" + socket_path(display))
        except OSError:
            return  # somebody has the display
        try:
            os.unlink(socket_path(display))
        except OSError:
            pass


def admit_user(display: int, cookie: bytes, timeout: float) -> None:
    """Connects as a client and lets every process of our own user in without the cookie.

    The server asks the kernel who is at the other end (localuser, Xsecurity(7)), so this admits nobody who
    could not read the cookie file anyway. Raises OSError.
    """
    host = b"localuser\0#%d" % os.getuid()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as x:
        x.settimeout(timeout)
        x.connect("\0" + socket_path(display))
        x.sendall(struct.pack(">BxHHHHxx", ord("B"), 11, 0, len(_COOKIE_NAME), len(cookie))
                  + _padded(_COOKIE_NAME) + _padded(cookie))
        success, reason_length, rest = struct.unpack(">BBxxxxH", receive(x, 8, "X server"))
        answer = receive(x, 4 * rest, "X server")
        if success != 1:
            raise OSError("the X server refused us: " + answer[:reason_length].decode(errors="replace").strip())
        x.sendall(struct.pack(">BBHBxH", _CHANGE_HOSTS, 0, 2 + len(_padded(host)) // 4,
                              _FAMILY_SERVER_INTERPRETED, len(host)) + _padded(host))
        # Answered in order: whatever comes back for this, the request before it has been handled.
        get_input_focus = 43
        x.sendall(struct.pack(">BxH", get_input_focus, 1))
        receive(x, 32, "X server")


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
