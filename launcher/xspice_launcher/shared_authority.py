"""An Xauthority file that has the cookies of other displays, too: one entry goes in, and out again.

The format is that of libXau's AuFileName(3), and so is the way to lock it: FILE-c, to which FILE-l is a link.
"""
import os
import struct
import time
from collections.abc import Callable

from . import files, x11
from .errors import OperatorError

_LOCK_TIMEOUT = 10.0  # seconds
_FIELDS = 4  # address, number, name and data follow the family


class SharedAuthority:
    def __init__(self, path: str, cookie: bytes, display: int) -> None:
        self._path = os.path.realpath(path)
        self._entry = x11.local_entry(cookie, display)
        self._made = False  # by us: it was not there before

    def add(self) -> None:
        """Raises OperatorError."""
        self._change(lambda others: [*others, self._entry])

    def remove(self) -> None:
        """Raises OperatorError. The file goes, too, when we made it and nobody added to it."""
        self._change(lambda others: others)

    def _change(self, change: Callable[[list[bytes]], list[bytes]]) -> None:
        try:
            self._lock()
            try:
                ours = _key(self._entry)
                contents = change([entry for entry in self._read() if _key(entry) != ours])
                if contents or not self._made:
                    files.write_private(self._path, b"".join(contents))
                elif os.path.exists(self._path):
                    os.unlink(self._path)
            finally:
                self._unlock()
        except OSError as error:
            raise OperatorError(f"--auth-file {self._path}: {error.strerror}; "
                                "name a file in a directory that can be written to") from None

    def _read(self) -> list[bytes]:
        try:
            with open(self._path, "rb") as file:
                contents = file.read()
        except FileNotFoundError:
            self._made = True
            return []
        try:
            return _split(contents)
        except struct.error:
            raise OperatorError(f"--auth-file {self._path}: it is something else than an Xauthority file; "
                                "name another one") from None

    def _lock(self) -> None:
        """FILE-c is made once: who unlocks removes it before FILE-l, and another one may come in between. Leaves
        nothing when it fails.
        """
        first, second = self._path + "-c", self._path + "-l"
        deadline = time.monotonic() + _LOCK_TIMEOUT
        self._take(lambda: os.close(os.open(first, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)), deadline)
        try:
            self._take(lambda: os.link(first, second), deadline)
        except BaseException:
            os.unlink(first)
            raise

    def _take(self, make: Callable[[], object], deadline: float) -> None:
        """Until nobody else has it."""
        while True:
            try:
                make()
                return
            except FileExistsError:
                if time.monotonic() >= deadline:
                    raise OperatorError(f"--auth-file {self._path}: another program has locked it; if there is none, "
                                        f"remove {self._path}-c and {self._path}-l") from None
                time.sleep(0.01)

    def _unlock(self) -> None:
        for suffix in ("-c", "-l"):
            os.unlink(self._path + suffix)


def _split(contents: bytes) -> list[bytes]:
    """Its entries. Raises struct.error."""
    entries = []
    begin = at = 0
    while at < len(contents):
        at += 2
        for _ in range(_FIELDS):
            (length,) = struct.unpack_from(">H", contents, at)
            at += 2 + length
        if at > len(contents):
            raise struct.error
        entries.append(contents[begin:at])
        begin = at
    return entries


def _key(entry: bytes) -> bytes:
    """Family, address and number: of each there is one."""
    at = 2
    for _ in range(2):
        (length,) = struct.unpack_from(">H", entry, at)
        at += 2 + length
    return entry[:at]
