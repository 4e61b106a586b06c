"""Brings together what the command line and the environment say. The options themselves: option_table.py."""
from collections.abc import Mapping

from . import command_line, contradictions, environment, inherited
from .settings import Settings


_OTHER_WAYS_IN = {"--port", "--addr", "--tls-port", "--unix", "--password-file", "--view-only-password-file", "--sasl"}


def parse(arguments: list[str], variables: Mapping[str, str],
          sockets: tuple[inherited.InheritedSocket, ...] = ()) -> Settings:
    """Raises OperatorError. What only prints wins over every mistake but an unknown option."""
    settings = Settings()
    settings.inherited = sockets
    command_line.read(arguments, settings)
    environment.read(variables, settings)
    if settings.ipv6_only and "--addr" not in settings.given:
        settings.addr = ("::1",)
    if sockets and all(passed.private for passed in sockets) and not settings.given & _OTHER_WAYS_IN:
        # The kernel lets in nobody else. And who starts the display by connecting cannot know what is made then.
        settings.disable_ticketing = True
    if not (settings.help or settings.version or settings.list_sessions):
        environment.refuse_secrets(variables)
        contradictions.refuse(settings)
    return settings
