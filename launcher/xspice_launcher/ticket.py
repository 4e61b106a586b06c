"""The password that clients give, which the protocol calls the ticket."""
import os
import secrets
import stat

from . import report
from .errors import OperatorError
from .options import Settings
from .values import MAX_PASSWORD

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 that do not look alike: 5 bits each


def generate() -> str:
    """80 random bits, in four groups of four that can be read out and typed."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def choose(settings: Settings) -> str | None:
    """What clients must give; None: nothing. Raises OperatorError."""
    if settings.disable_ticketing:
        return None
    if not settings.password_file:
        return generate()
    ticket, shared = read(settings.password_file)
    if shared:
        report.warning(f"--password-file {settings.password_file}: other users can read it; "
                       '"chmod 600" makes it private')
    return ticket


def read(path: str) -> tuple[str, bool]:
    """The first line of the file, and whether other users could read it, too. Raises OperatorError."""
    try:
        with open(path, "rb", buffering=0) as file:  # what follows in a pipe is the session's
            mode = os.fstat(file.fileno()).st_mode
            line = file.readline(4096).rstrip(b"\r\n")
    except OSError as error:
        raise OperatorError(f"--password-file {path}: {error.strerror}; "
                            "name a readable file whose first line is the password") from None
    try:
        ticket = line.decode()
    except UnicodeDecodeError:
        ticket = ""
    if not ticket.isprintable() or not 1 <= len(line) <= MAX_PASSWORD:
        raise OperatorError(f"--password-file {path}: its first line is not a password; "
                            f"write 1 to {MAX_PASSWORD} bytes of text there")
    return ticket, stat.S_ISREG(mode) and bool(mode & 0o044)
