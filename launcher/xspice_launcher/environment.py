"""Reads the variables of the environment that stand for options."""
from collections.abc import Mapping

from .errors import OperatorError
from .option_table import OPTIONS, TELLTALE_VARIABLES
from .settings import Settings


def read(environment: Mapping[str, str], settings: Settings) -> None:
    """For the options that were not given yet. Raises OperatorError."""
    for option in OPTIONS:
        if option.environment and option.name not in settings.given and environment.get(option.environment):
            settings.assign(option, environment[option.environment], option.environment)


def refuse_secrets(environment: Mapping[str, str]) -> None:
    """Raises OperatorError."""
    for variable, instead in TELLTALE_VARIABLES.items():
        if variable in environment:
            raise OperatorError(f"{variable}: every program that is started gets to see the environment; "
                                f"unset it, write the password into a file, and give {instead} FILE")
