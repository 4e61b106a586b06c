"""Makes files from the tables of options and commands: python3 launcher/generate KIND [TEMPLATE].

Run by meson; not installed.
"""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parent)]

import completion  # noqa: E402
import config  # noqa: E402
import ctl_completion  # noqa: E402

KINDS = {
    "bash": lambda: completion.bash(completion.XSPICE),
    "zsh": lambda: completion.zsh(completion.XSPICE),
    "fish": lambda: completion.fish(completion.XSPICE),
    "run-bash": lambda: completion.bash(completion.XSPICE_RUN),
    "run-zsh": lambda: completion.zsh(completion.XSPICE_RUN),
    "run-fish": lambda: completion.fish(completion.XSPICE_RUN),
    "ctl-bash": ctl_completion.bash,
    "ctl-zsh": ctl_completion.zsh,
    "ctl-fish": ctl_completion.fish,
    "config": config.example,
    "config-manual": config.manual,
}

sys.stdout.write(KINDS[sys.argv[1]](*(pathlib.Path(name).read_text() for name in sys.argv[2:])))
