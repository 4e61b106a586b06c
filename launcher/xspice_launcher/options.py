"""Brings together what the command line, the environment and files say. The options themselves: option_table.py."""
from collections.abc import Mapping

from . import command_line, config_file, contradictions, environment, inherited, xorg_options
from .errors import OperatorError
from .settings import Settings

# With one of these others may come in.
_OTHER_WAYS_IN = {"--port", "--addr", "--tls-port", "--unix", "--password-file", "--view-only-password-file", "--sasl"}


def parse(arguments: list[str], variables: Mapping[str, str],
          sockets: tuple[inherited.InheritedSocket, ...] = ()) -> Settings:
    """Raises OperatorError. What only prints, and needs no settings for it, wins over every mistake but an unknown
    option.
    """
    settings = Settings()
    settings.inherited = sockets
    command_line.read(arguments, settings)
    if not (settings.help or settings.version or settings.list_sessions or settings.convert_config):
        environment.read(variables, settings)
        if settings.config:
            config_file.read_named(settings.config, settings)
        else:
            config_file.read_usual(variables, settings)
        settle(settings)
        environment.warn_of_others(variables)
    return settings


def settle(settings: Settings) -> None:
    """What follows from options for others. Raises OperatorError for those that do not go together."""
    contradictions.drop_the_weaker(settings)
    if xorg_options.LISTEN_TO_TCP in settings.xorg_option:
        settings.listen_tcp = True
    if settings.ipv6_only and "--addr" not in settings.given:
        settings.addr = ("::1",)
    if _is_private(settings):
        # The kernel lets in nobody else. And who starts the display by connecting cannot know what is made then.
        settings.disable_ticketing = True
    try:
        contradictions.refuse(settings)
    except OperatorError as error:
        raise OperatorError(settings.blame(str(error))) from None


def _is_private(settings: Settings) -> bool:
    sockets = settings.inherited
    return bool(sockets) and all(passed.private for passed in sockets) and not settings.given.keys() & _OTHER_WAYS_IN
