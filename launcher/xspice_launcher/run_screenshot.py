"""--screenshot-on-failure: what was to be seen when COMMAND failed, and before.

A program's windows are gone as soon as it has ended. So the screen is also looked at while COMMAND runs, and a picture
of what vanished at the end is kept.
"""
import mmap
import os
import time

from . import control, report
from .ctl import png
from .errors import OperatorError

LOOK_EVERY = 0.25  # seconds
_LATELY = 3.0  # seconds; what changed longer ago has nothing to do with the end
_PATIENCE = 2.0  # seconds; a server that is too busy is not asked again
_LARGEST = 64 << 20  # bytes of a picture that is worth to be kept three times


def check_directory(directory: str) -> None:
    """Makes it. Raises OperatorError."""
    try:
        os.makedirs(directory, exist_ok=True)
        problem = None if os.access(directory, os.W_OK | os.X_OK) else "it cannot be written to"
    except OSError as error:
        problem = error.strerror
    if problem:
        raise OperatorError(f"--screenshot-on-failure {directory}: {problem}; name a directory of yours")


class Pictures:
    """Of one display, whose control socket is `socket`."""

    def __init__(self, socket: str, directory: str) -> None:
        self._socket = socket
        self._directory = directory
        self._watched: _Watched | None = None

    def look(self) -> None:
        """To be called every LOOK_EVERY seconds."""
        if self._watched is None:
            self._watched = _Watched(self._socket)
        self._watched.look()

    def take(self, what: str) -> None:
        """`what` goes into the names of the files. What goes wrong is told, and no more: COMMAND failed anyway."""
        try:
            stem = self._write(self._now(), f"{time.strftime('%Y-%m-%dT%H-%M-%S')}-{what}")
            before = self._watched.vanished() if self._watched else None
            if before:
                self._write(before, f"{stem}-before")
        except OperatorError as error:
            report.warning(f"--screenshot-on-failure {self._directory}: {error}")
        except OSError as error:
            report.warning(f"--screenshot-on-failure {self._directory}: {error.strerror}")

    def _now(self) -> bytes:
        with control.connect(self._socket) as display:
            answer, descriptor = display.request_descriptor("screenshot", cursor=True)
        if descriptor is None:
            raise OperatorError("the display sent no picture")
        try:
            return png.from_memory(descriptor, answer)
        finally:
            os.close(descriptor)

    def _write(self, picture: bytes, name: str) -> str:
        """Under a name of its own, also where several fail at the same moment. Returns it, without its ending."""
        number = 1
        while True:
            stem = name if number == 1 else f"{name}-{number}"
            try:
                with open(os.path.join(self._directory, stem + ".png"), "xb") as file:
                    file.write(picture)
                return stem
            except FileExistsError:
                number += 1


class _Watched:
    """A capture of the display, and what it showed before its last change."""

    def __init__(self, socket: str) -> None:
        self._display: control.Control | None = None
        self._size: dict[str, int] = {}
        self._memory: mmap.mmap | None = None
        self._shown = b""  # what is in the memory
        self._before: tuple[dict[str, int], bytes] | None = None
        self._changed = 0.0  # when
        try:
            self._display = control.connect(socket, _PATIENCE)
            self._map(*self._display.request_descriptor("capture", _PATIENCE, cursor=False))
        except (OperatorError, OSError):
            self._give_up()  # the picture at the end says what is wrong, if something is

    def look(self) -> None:
        if self._display is None:
            return
        try:
            answer, descriptor = self._display.request_descriptor("frame", _PATIENCE, timeout=0)
            if answer.get("changed") or descriptor is not None:
                before = self._size, self._shown
                if descriptor is not None:
                    self._map(answer, descriptor)
                self._shown = self._memory[:]
                if self._shown != before[1]:
                    self._before, self._changed = before, time.monotonic()
        except (OperatorError, OSError):
            self._give_up()

    def vanished(self) -> bytes | None:
        """A picture of what was there until lately, and is not any more."""
        self.look()
        if self._before is None or time.monotonic() - self._changed > _LATELY:
            return None
        size, pixels = self._before
        return png.encode(pixels, size["width"], size["height"], size["stride"])

    def _map(self, answer: dict[str, int], descriptor: int | None) -> None:
        if descriptor is None:
            raise OperatorError("the display sent no picture")
        try:
            length = answer["stride"] * answer["height"]
            if length > _LARGEST:
                raise OperatorError("the screen is too large to be watched")
            self._memory = mmap.mmap(descriptor, length, prot=mmap.PROT_READ)
        finally:
            os.close(descriptor)
        self._size = answer
        self._shown = self._memory[:]

    def _give_up(self) -> None:
        if self._display:
            self._display.close()
        self._display = None
