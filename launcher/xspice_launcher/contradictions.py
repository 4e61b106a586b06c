"""Options that do not go together. Each check raises OperatorError for what the operator has to mend."""
import os

from . import network, values
from .errors import OperatorError
from .option_table import BY_NAME
from .settings import COMMAND_LINE, ENVIRONMENT, Settings

# Only one of each can be meant.
_ALTERNATIVES = (
    ("--disable-ticketing", "--password-file"), ("--disable-ticketing", "--view-only-password-file"),
    ("--disable-ticketing", "--sasl"), ("--sasl", "--password-file"), ("--sasl", "--view-only-password-file"),
    ("--ipv4-only", "--ipv6-only"), ("--session", "--xsession"),
    ("--tls-auto", "--cacert-file"), ("--tls-auto", "--x509-cert-file"), ("--tls-auto", "--x509-key-file"),
    ("--tls-auto", "--x509-key-password-file"),
)

# Without TLS these have no effect, and somebody believes that they have.
_NEED_TLS = ("--x509-dir", "--cacert-file", "--x509-cert-file", "--x509-key-file", "--x509-key-password-file",
             "--dh-file", "--tls-ciphers", "--secure-channels")
_NEED_SASL = ("--sasl-config-dir", "--sasl-hostname", "--sasl-user")


def drop_the_weaker(settings: Settings) -> None:
    """Whoever says one thing on the command line does not mean its opposite in a file."""
    for pair in _ALTERNATIVES:
        if all(getattr(settings, BY_NAME[name].key) for name in pair):
            weaker, stronger = sorted(pair, key=settings.strength)
            if settings.strength(weaker) < settings.strength(stronger):
                settings.forget(weaker)
    if settings.command is not None:
        for name in ("--session", "--xsession"):
            if settings.strength(name) < COMMAND_LINE:
                settings.forget(name)
    if settings.strength("--keyboard-variant") < settings.strength("--keyboard-layout"):
        settings.forget("--keyboard-variant")  # of other layouts
    _drop_what_files_have_for_other_starts(settings)


def _drop_what_files_have_for_other_starts(settings: Settings) -> None:
    """But for what is to keep something from happening."""
    unused = () if settings.sasl else _NEED_SASL
    if not (settings.session or settings.xsession or settings.command):
        unused += ("--session-bus",)
    if not _speaks_tls(settings):
        unused += tuple(name for name in _NEED_TLS if name != "--secure-channels")
    for name in unused:
        if settings.strength(name) < ENVIRONMENT:
            settings.forget(name)


def _speaks_tls(settings: Settings) -> bool:
    """Inherited sockets do, where there is a certificate."""
    return bool(settings.tls_auto or settings.tls_port or settings.inherited)


def refuse(settings: Settings) -> None:
    _session(settings)
    _screen(settings)
    _keyboard(settings)
    _network(settings)
    _tls(settings)
    _access(settings)


def _session(settings: Settings) -> None:
    if settings.session and settings.command is not None:
        raise OperatorError('--session: contradicts the command after "--"; give one of them')
    if settings.session_bus and not (settings.session or settings.xsession or settings.command):
        raise OperatorError(f"--session-bus {settings.session_bus}: has no effect without a session; give --session, too")
    if settings.session and settings.xsession:
        raise OperatorError("--session: contradicts --xsession; give one of them")
    if settings.xsession and settings.command is not None:
        raise OperatorError('--xsession: contradicts the command after "--"; give one of them')
    if settings.command == []:
        raise OperatorError("--: needs a command; write -- COMMAND ARGUMENT...")


def _screen(settings: Settings) -> None:
    if values.screen_limit(settings.size, settings.numheads) is None:
        raise OperatorError(f"--numheads {settings.numheads}: monitors of {settings.size} do not fit into "
                            f"{values.LARGEST_SCREEN} pixels; lower it or --size")


def _keyboard(settings: Settings) -> None:
    if settings.keyboard_variant:
        layouts, variants = settings.keyboard_layout.split(","), settings.keyboard_variant.split(",")
        if len(variants) > len(layouts):
            raise OperatorError(f"--keyboard-variant {settings.keyboard_variant}: more variants than layouts; "
                                "give one for each layout of --keyboard-layout")
        values.check_keyboard_variants(layouts, variants)


def _network(settings: Settings) -> None:
    if settings.ipv4_only and settings.ipv6_only:
        raise OperatorError("--ipv4-only: contradicts --ipv6-only; give one of them")
    if settings.port and settings.port == settings.tls_port:
        raise OperatorError(f"--tls-port {settings.tls_port}: is --port, too; give another one, or --port 0")
    for address in settings.addr:
        try:
            network.resolve(address, 0, network.family_of(settings))
        except OSError:
            raise OperatorError(f'--addr {address}: has no IPv{"4" if settings.ipv4_only else "6"} address; give '
                                f'another one, or leave out --ipv{"4" if settings.ipv4_only else "6"}-only') from None


def _tls(settings: Settings) -> None:
    given = settings.given
    if settings.tls_auto:
        if settings.tls_port == 0:
            raise OperatorError("--tls-port 0: contradicts --tls-auto; give one of them")
        for name in ("--cacert-file", "--x509-cert-file", "--x509-key-file", "--x509-key-password-file"):
            if name in given:
                raise OperatorError(f"--tls-auto: contradicts {name}; give one of them, or --x509-dir alone")
    elif settings.tls_port:
        for name in ("--x509-cert-file", "--x509-key-file"):
            if name not in given and not settings.x509_dir:
                raise OperatorError(f"--tls-port {settings.tls_port}: needs a certificate; give --x509-dir, "
                                    "--x509-cert-file and --x509-key-file, or --tls-auto")
    elif not settings.inherited:
        for name in _NEED_TLS:
            if name in given:
                raise OperatorError(f"{name}: has no effect without TLS; give --tls-port or --tls-auto, too")


def _access(settings: Settings) -> None:
    passwords = [name for name in ("--password-file", "--view-only-password-file") if name in settings.given]
    if settings.sasl and settings.disable_ticketing:
        raise OperatorError("--sasl: contradicts --disable-ticketing; give one of them")
    if settings.disable_ticketing and passwords:
        raise OperatorError(f"--disable-ticketing: contradicts {passwords[0]}; give one of them")
    if settings.sasl and passwords:
        raise OperatorError(f"--sasl: contradicts {passwords[0]}; give one of them")
    for name in _NEED_SASL:
        if name in settings.given and not settings.sasl:
            raise OperatorError(f"{name}: has no effect without --sasl; give that, too")
    if settings.sasl_config_dir and not os.path.isfile(os.path.join(settings.sasl_config_dir, "xspice.conf")):
        raise OperatorError(f"--sasl-config-dir {settings.sasl_config_dir}: xspice.conf is not there; write one with "
                            "a mech_list, or leave the option out for /etc/sasl2")
