"""Reads xspice.toml: the user's and the system's, or the one that --config names."""
import os
import re
import stat
from collections.abc import Mapping
from typing import Any

from . import report
from .errors import OperatorError
from .option_table import OPTIONS, Option
from .settings import SYSTEM_FILE, USER_FILE, Origin, Settings, argument_of

SYSTEM = "/etc/xspice/xspice.toml"
_MAX_SIZE = 1 << 20  # bytes
_BY_KEY = {option.file_key: option for option in OPTIONS}


def user_file(environment: Mapping[str, str]) -> str:
    """XDG Base Directory Specification."""
    base = environment.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.config")
    return os.path.join(base, "xspice", "xspice.toml")


def read_usual(environment: Mapping[str, str], settings: Settings) -> None:
    """What there is of them. Raises OperatorError."""
    for path, strength in ((user_file(environment), USER_FILE), (SYSTEM, SYSTEM_FILE)):
        try:
            text = _contents(path, strength == USER_FILE)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise OperatorError(f"{path}: cannot be read: {error.strerror}; mend that, or remove it") from None
        _read_toml(text, path, strength, settings)


def read_named(path: str, settings: Settings) -> None:
    """What --config names. Raises OperatorError."""
    text = contents(path, "--config")
    if _is_xorg_conf(text):
        from . import converter  # here: hardly anybody needs it

        report.note(f"{path}: read as the configuration of an Xspice; --convert-config makes an xspice.toml of it")
        converter.read(text, path, settings)
    else:
        _read_toml(text, path, USER_FILE, settings)


def contents(path: str, option: str) -> str:
    """Of the file that `option` names, which may be a pipe. Raises OperatorError."""
    try:
        return _contents(path, False)
    except OSError as error:
        raise OperatorError(f"{option} {path}: cannot be read: {error.strerror}; name a file that can be") from None


def _contents(path: str, of_user: bool) -> str:
    """Raises OSError, and OperatorError for what must not count. `of_user`: it must be the user's, or root's."""
    with open(path, "rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode) and (
                status.st_mode & 0o022 or of_user and status.st_uid not in (0, os.geteuid())):
            raise OperatorError(f"{path}: other users can write to it; \"chmod go-w\" and \"chown\" make it yours")
        data = b""
        while part := file.read(_MAX_SIZE + 1 - len(data)):
            data += part
            if len(data) > _MAX_SIZE:
                raise OperatorError(f"{path}: larger than 1 MiB, so it is no configuration; name another file")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise OperatorError(f"{path}: not in UTF-8; write it so") from None


def _is_xorg_conf(text: str) -> bool:
    return re.search(r'^\s*Section\s*"', text, re.MULTILINE | re.IGNORECASE) is not None


def _read_toml(text: str, path: str, strength: int, settings: Settings) -> None:
    import tomllib  # here: without a file nobody needs it

    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        why = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "nested too deeply"
        raise OperatorError(f"{path}: not TOML: {why}; see xspice.toml(5)") from None
    for key, value in table.items():
        option, origin = _option(key, path), Origin(strength, key, path)
        for argument in _arguments(option, value, origin):
            settings.give(option, argument, origin)


def _option(key: str, path: str) -> Option:
    option = _BY_KEY.get(key)
    if option is None:
        import difflib  # here: nobody else needs it

        close = difflib.get_close_matches(key, [name for name, option in _BY_KEY.items() if option.in_files], n=1)
        remedy = f"did you mean {close[0]}?" if close else "xspice.toml(5) lists all"
        raise OperatorError(f"{path}: {key!r}: no such option; {remedy}")
    if not option.in_files:
        raise OperatorError(f"{path}: {key}: can be given on the command line only; remove it here")
    return option


def _arguments(option: Option, value: Any, origin: Origin) -> list[str]:
    """As they would be given on a command line. Raises OperatorError for a value of another type."""
    one = (bool,) if option.value is None else (str, int)
    values = value if isinstance(value, list) and option.is_list else [value]
    if not all(isinstance(item, one) and (option.value is None or not isinstance(item, bool)) for item in values):
        kind = "true or false" if option.value is None else "a text or number"
        raise OperatorError(f"{origin}: must be {kind}{', or a list of them' if option.is_list else ''}; write it so")
    arguments = [argument_of(item) for item in values]
    if arguments and option.is_list and not option.repeatable:
        arguments = [",".join(arguments)]
    return [_path(argument, origin.file) if option.is_path else argument for argument in arguments]


def _path(argument: str, file: str) -> str:
    """Nobody has expanded it, and a relative one is meant from where the file is."""
    return os.path.join(os.path.dirname(file), os.path.expanduser(argument)) if argument else argument
