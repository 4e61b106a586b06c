"""What the program `xspice` does with its command line."""
import os
import sys

from . import __version__, entrances, inherited, keeper, options, processes, report, session, ticket, xorg_conf
from .errors import OperatorError
from .front import Front
from .settings import Settings


def main(arguments: list[str]) -> int:
    processes.open_standard_streams()
    settings = None
    try:
        settings = options.parse(arguments, dict(os.environ), inherited.take(os.environ, os.getpid()))
        answer = _answer(settings)
        for line in settings.notes():
            report.note(line)
        if answer is not None:
            sys.stdout.write(answer)
            return 0
        if not settings.core_dumps:
            processes.keep_memory_private()
        keeper.check_before_start(settings)
        return Front(settings, ticket.choose(settings)).run()
    except OperatorError as error:
        report.problem(settings.blame(str(error)) if settings else str(error))
        return error.status


def _answer(settings: Settings) -> str | None:
    """To the options that ask for something else than a display. What only they need is imported here."""
    if settings.help:
        from . import usage
        return usage.text()
    if settings.version:
        return f"xspice {__version__}\n"
    if settings.list_sessions:
        return session.listing(os.environ)
    if settings.convert_config:
        from . import config_file, converter
        path = settings.convert_config
        return converter.toml(config_file.contents(path, "--convert-config"), path)
    if settings.print_config:
        from . import toml_text
        return toml_text.of_settings(settings)
    if settings.print_xorg_conf:
        return _xorg_conf(settings)
    if settings.check:
        from . import check
        return check.run(settings)
    return None


def _xorg_conf(settings: Settings) -> str:
    found = keeper.driver_values(entrances.Entrances(settings), keeper.tls_directory(settings))
    if not (settings.password_file or settings.disable_ticketing or settings.sasl):
        found["--password-file"] = "(made at the start)"
    return xorg_conf.text(settings, found)
