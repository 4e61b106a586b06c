"""Reads the variables of the environment that stand for options."""
from collections.abc import Mapping

from . import report
from .option_table import OPTIONS
from .settings import ENVIRONMENT, Origin, Settings

_FOR_UNITS = "XSPICE_OPTIONS"  # what systemd adds to the command line of xspice@.service
# Variables of ours that stand for no option.
_OTHERS = ("XSPICE_CONTROL", _FOR_UNITS, "XSPICE_ENABLE_GDB", "XSPICE_IO_PORT_DEBUG_LEVEL")


def read(environment: Mapping[str, str], settings: Settings) -> None:
    """Raises OperatorError."""
    for option in OPTIONS:
        if option.in_environment:
            # One of another name counts where ours is not set.
            variable = next((name for name in (option.variable, *option.variables) if environment.get(name)), None)
            if variable:
                origin = Origin(ENVIRONMENT, variable)
                parts = environment[variable].split(",") if option.repeatable else [environment[variable]]
                for part in parts:
                    settings.give(option, part, origin)


def without_ours(environment: Mapping[str, str]) -> dict[str, str]:
    """For the session: they say how this display is, and not how one is that is started on it. Where xspice itself is
    stays known.
    """
    ours = {name for option in OPTIONS if option.in_environment and option.group != "Files"
            for name in (option.variable, *option.variables)} | {_FOR_UNITS}
    return {name: value for name, value in environment.items() if name not in ours}


def warn_of_others(environment: Mapping[str, str]) -> None:
    """Of variables that look like ours and are not: somebody mistyped one."""
    known = {name for option in OPTIONS if option.in_environment for name in (option.variable, *option.variables)}
    for name in environment:
        if name.startswith("XSPICE_") and name not in known and name not in _OTHERS:
            import difflib  # here: nobody else needs it

            close = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
            if close:
                report.warning(f"{name}: stands for no option; did you mean {close[0]}?")
