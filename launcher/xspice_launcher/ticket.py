"""Passwords: those that clients give, which the protocol calls tickets, and that of the private key."""
import os
import stat
from typing import NamedTuple

from . import report
from .errors import OperatorError
from .settings import Settings
from .values import MAX_PASSWORD

_MAX_KEY_PASSWORD = 1023  # bytes; what OpenSSL takes
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 that do not look alike: 5 bits each


def generate() -> str:
    """80 random bits, in four groups of four that can be read out and typed."""
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in os.urandom(16))  # 32 divides 256
    return "-".join(letters[at:at + 4] for at in range(0, len(letters), 4))


class Secrets(NamedTuple):
    """What nobody else must know. None: not needed."""

    ticket: str | None = None
    view_only_ticket: str | None = None
    key_password: str | None = None

    def __repr__(self) -> str:
        return "Secrets"


def choose(settings: Settings) -> Secrets:
    """Reads the files, or makes a ticket. Raises OperatorError."""
    first = None
    if settings.password_file:
        first = _read_ticket("--password-file", settings.password_file)
    elif not (settings.disable_ticketing or settings.sasl):
        first = generate()
    second = None
    if settings.view_only_password_file:
        second = _read_ticket("--view-only-password-file", settings.view_only_password_file)
        if first == second:
            raise OperatorError(f"--view-only-password-file {settings.view_only_password_file}: has the password of "
                                "--password-file; choose another one")
    key = None
    if settings.x509_key_password_file:
        key = read("--x509-key-password-file", settings.x509_key_password_file, _MAX_KEY_PASSWORD)[0]
    return Secrets(first, second, key)


def _read_ticket(option: str, path: str) -> str:
    ticket, shared = read(option, path, MAX_PASSWORD)
    if shared:
        report.warning(f'{option} {path}: other users can read it; "chmod 600" makes it private')
    return ticket


def read(option: str, path: str, longest: int) -> tuple[str, bool]:
    """The first line of the file, and whether other users could read it, too. Raises OperatorError."""
    try:
        with open(path, "rb", buffering=0) as file:  # what follows in a pipe is the session's
            status = os.fstat(file.fileno())
            line = file.readline(4096).rstrip(b"\r\n")
    except OSError as error:
        raise OperatorError(f"{option} {path}: {error.strerror}; "
                            "name a readable file whose first line is the password") from None
    try:
        secret = line.decode()
    except UnicodeDecodeError:
        secret = ""
    if not secret.isprintable() or not 1 <= len(line) <= longest:
        raise OperatorError(f"{option} {path}: its first line is not a password; "
                            f"write 1 to {longest} bytes of text there")
    # Who is let in by the group to a file of somebody else could not do with less.
    others = 0o044 if status.st_uid == os.geteuid() else 0o004
    return secret, stat.S_ISREG(status.st_mode) and bool(status.st_mode & others)
