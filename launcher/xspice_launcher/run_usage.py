"""The text of xspice-run --help."""
from .run_options import GROUPS, OPTIONS
from .usage import listed, wrapped


def text(width: int = 80) -> str:
    lines = [
        "Usage: xspice-run [OPTION...] [--] COMMAND [ARGUMENT...]",
        "",
        *wrapped("Runs COMMAND on an X display of its own, and ends with its exit status; the display, and whatever "
                 "COMMAND left running on it, ends then, too. xvfb-run's options do what they do there.", 0, width),
        "",
        "Examples:",
        "  xspice-run npm test",
        "  xspice-run --screenshot-on-failure shots --record run.webm -- pytest",
        '  xspice-run -a -s "-screen 0 1920x1080x24" ./test',
        *listed(GROUPS, OPTIONS, width),
        "",
        *wrapped("Exit status: that of COMMAND (128 and the number of the signal if one ended it); 126 when it cannot "
                 "be run, 127 when it is not there, 124 after --timeout; 2 when the display could not be started; 1 "
                 "when the X server ended.", 0, width),
        "",
        "More: man xspice-run",
    ]
    return "\n".join(lines) + "\n"
