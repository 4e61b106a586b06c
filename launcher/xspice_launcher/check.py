"""What --check does: finds everything that would stop a start, without one."""
import os
import subprocess
import tempfile

from . import displays, entrances, files, keeper, ticket, toml_text
from .errors import OperatorError
from .option_table import BY_NAME
from .settings import COMMAND_LINE, ENVIRONMENT, Settings
from .xorg import child_environment, find_module_path

_TIMEOUT = 30  # seconds; a loaded machine needs a few
_ONE_OF_OURS = "SpicePort"  # an option of our driver


def run(settings: Settings) -> str:
    """The good news; raises OperatorError for the bad."""
    keeper.check_before_start(settings)
    secrets = ticket.choose(settings)
    ways = entrances.Entrances(settings)
    ways.choose()
    ways.release()
    displays.claim(settings.display, settings.first_display, settings.listen_tcp).release()
    _check_certificate(settings, secrets)
    _check_module(settings)
    lines = ["xspice: ok", *(f"  {line}" for line in _summary(settings, ways))]
    return "\n".join(lines) + "\n"


def _summary(settings: Settings, ways: entrances.Entrances) -> list[str]:
    lines = [f':{settings.display}  (command line)' if settings.display is not None else "a free display"]
    for entrance in ways.bound():
        lines.append(f'{entrance.host} {"TLS port" if entrance.tls else "port"} {entrance.port}')
    for name, origin in settings.given.items():
        where = {COMMAND_LINE: "command line", ENVIRONMENT: f"environment: {origin.name}"}.get(
            origin.strength, f"{origin.file}")
        option = BY_NAME[name]
        if option.in_files:
            lines.append(f"{option.file_key} = {toml_text.written(getattr(settings, option.key))}  ({where})")
    return lines


def _check_certificate(settings: Settings, secrets: ticket.Secrets) -> None:
    directory = keeper.tls_directory(settings)
    if settings.tls_auto:
        if os.path.isdir(directory):
            files.make_private_directory(directory)
        return
    certificate = settings.x509_cert_file or directory and os.path.join(directory, "server-cert.pem")
    key = settings.x509_key_file or directory and os.path.join(directory, "server-key.pem")
    if not (certificate and key):
        return
    import ssl  # here: nobody else needs it

    for name, file in (("--x509-cert-file", certificate), ("--x509-key-file", key)):
        if not os.access(file, os.R_OK):
            raise OperatorError(f"{name} {file}: no file that can be read; name one in PEM")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, secrets.key_password or (lambda: ""))
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise OperatorError(f"--x509-cert-file {certificate}: cannot be used with {key}: {reason}; "
                            "give a certificate and its key, both in PEM") from None


def _check_module(settings: Settings) -> None:
    """Lets the X server load our driver and list its options; it then ends without having served anybody."""
    with tempfile.TemporaryDirectory(prefix="xspice-check-") as directory:
        empty, log = os.path.join(directory, "empty"), os.path.join(directory, "log")
        os.mkdir(empty)
        argv = [settings.xorg, "-showopts", "-nolisten", "tcp", "-nolisten", "unix", "-config", os.devnull,
                "-configdir", empty, "-modulepath", find_module_path(settings), "-logfile", log, "-displayfd", "1"]
        try:
            ran = subprocess.run(argv, env=child_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, timeout=_TIMEOUT, check=False)
        except OSError as error:
            raise OperatorError(f"--xorg {settings.xorg}: cannot be started: {error.strerror}; "
                                "install xserver-xorg-core, or name the program") from None
        except subprocess.TimeoutExpired:
            raise OperatorError(f"--xorg {settings.xorg}: did not list its drivers within {_TIMEOUT} s; "
                                "name an X server of X.Org") from None
    said = ran.stdout.decode(errors="replace")
    if _ONE_OF_OURS not in said:
        lines = [line.partition("(EE)")[2].strip() for line in said.splitlines() if "(EE)" in line]
        reason = next((line for line in lines if line), "it says nothing")
        raise OperatorError(f"--xorg {settings.xorg}: cannot load xspice_drv.so: {reason}; "
                            "build xspice for this X server, or name another one")
