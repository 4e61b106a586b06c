"""Where the program is that writes recordings: a process of its own, for it needs libavcodec and nobody else does."""
import os
from collections.abc import Mapping

from .errors import OperatorError

_PROGRAM = "xspice-recorder"


def find_recorder(environment: Mapping[str, str] = os.environ) -> str:
    """Its path: $XSPICE_RECORDER, or where it was installed, or in the build directory that $XSPICE_MODULE_PATH is of.

    Raises OperatorError when it is not there.
    """
    given = environment.get("XSPICE_RECORDER")
    if given:
        if not _is_program(given):
            raise OperatorError(f"XSPICE_RECORDER {given}: is not a program; unset it, or give the path of {_PROGRAM}")
        return given
    places = []
    try:
        from . import build_config  # written by meson at installation
        places.append(build_config.RECORDER_PATH)
    except ImportError:
        pass
    modules = environment.get("XSPICE_MODULE_PATH")
    if modules:
        places.append(os.path.abspath(os.path.join(modules, "..", "..", "launcher", "recorder", _PROGRAM)))
    for place in places:
        if _is_program(place):
            return place
    where = f"it is not at {' or '.join(places)}" if places else "xspice is not installed"
    raise OperatorError(f"{_PROGRAM}, which makes recordings, was not found: {where}; "
                        "install it, or set XSPICE_RECORDER to its path")


def _is_program(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)
