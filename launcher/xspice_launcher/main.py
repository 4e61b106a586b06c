"""What the program `xspice` does with its command line."""
import os
import sys

from . import (__version__, entrances, inherited, keeper, options, processes, report, session, ticket, usage,
               xorg_conf)
from .errors import OperatorError
from .front import Front
from .settings import Settings


def main(arguments: list[str]) -> int:
    try:
        settings = options.parse(arguments, dict(os.environ), inherited.take(os.environ, os.getpid()))
        if settings.help:
            sys.stdout.write(usage.text())
            return 0
        if settings.version:
            print(f"xspice {__version__}")
            return 0
        if settings.list_sessions:
            sys.stdout.write(session.listing(os.environ))
            return 0
        if settings.print_config:
            return _print_config(settings)
        if not settings.core_dumps:
            processes.keep_memory_private()
        keeper.check_before_start(settings)
        return Front(settings, ticket.choose(settings)).run()
    except OperatorError as error:
        report.problem(str(error))
        return error.status


def _print_config(settings: Settings) -> int:
    found = keeper.driver_values(entrances.Entrances(settings), keeper.tls_directory(settings))
    if not (settings.password_file or settings.disable_ticketing or settings.sasl):
        found["--password-file"] = "(made at the start)"
    sys.stdout.write(xorg_conf.text(settings, found))
    return 0
