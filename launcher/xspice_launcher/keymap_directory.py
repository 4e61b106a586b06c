"""Where the X server's keyboard compiler can write.

Xorg has it write each keymap to a file: in /var/lib/xkb, or else in /tmp, and nowhere else. Where the whole root file
system is read-only, neither can be written to. Then the X server is given a view of its own in which one can: a user
namespace and a mount namespace, for which nobody needs to be root.
"""
import ctypes
import os

from . import processes

_PLACES = ("/var/lib/xkb", "/tmp")  # as Xorg tries them
_CLONE_NEWNS = 0x20000
_CLONE_NEWUSER = 0x10000000
_MS_REC = 0x4000
_MS_PRIVATE = 0x40000


def missing() -> str | None:
    """The directory that make_private() has to make writable; None when nothing needs to be done."""
    if any(os.access(place, os.W_OK | os.X_OK) for place in _PLACES):
        return None
    return next((place for place in _PLACES if os.path.isdir(place)), None)


def make_private(place: str) -> None:
    """In a new process: `place` is empty and writable, for this process alone. Raises OSError that names `place`."""
    user, group = os.getuid(), os.getgid()
    processes.let_memory_be_read()  # or our own files in /proc would not be ours
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNS), place)
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    except OSError as error:
        raise OSError(error.errno, os.strerror(error.errno), place) from None
    _check(libc.mount(None, b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None), place)
    _check(libc.mount(b"xspice", os.fsencode(place), b"tmpfs", ctypes.c_ulong(0), b"mode=0700,size=8m"), place)


def _check(result: int, place: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), place)
