"""--screenshot-on-failure: what was to be seen when COMMAND failed."""
import os
import time

from . import control, report
from .ctl import png
from .errors import OperatorError


def check_directory(directory: str) -> None:
    """Makes it. Raises OperatorError."""
    try:
        os.makedirs(directory, exist_ok=True)
        problem = None if os.access(directory, os.W_OK | os.X_OK) else "it cannot be written to"
    except OSError as error:
        problem = error.strerror
    if problem:
        raise OperatorError(f"--screenshot-on-failure {directory}: {problem}; name a directory of yours")


def take(socket: str, directory: str, what: str) -> None:
    """`what` goes into the name of the file. What goes wrong is told, and no more: COMMAND failed anyway."""
    try:
        with control.connect(socket) as display:
            answer, descriptor = display.request_descriptor("screenshot", cursor=True)
        if descriptor is None:
            raise OperatorError("the display sent no picture")
        try:
            picture = png.from_memory(descriptor, answer)
        finally:
            os.close(descriptor)
        _write(directory, what, picture)
    except OperatorError as error:
        report.warning(f"--screenshot-on-failure {directory}: {error}")
    except OSError as error:
        report.warning(f"--screenshot-on-failure {directory}: {error.strerror}")


def _write(directory: str, what: str, picture: bytes) -> None:
    """Under a name of its own, also where several fail at the same moment."""
    stem = os.path.join(directory, f"{time.strftime('%Y-%m-%dT%H-%M-%S')}-{what}")
    for number in range(1, 1000):
        path = f"{stem}.png" if number == 1 else f"{stem}-{number}.png"
        try:
            with open(path, "xb") as file:
                file.write(picture)
            return
        except FileExistsError:
            continue
