"""The files of one display: private to their user, and gone when the display is."""
import errno
import os
import shutil
import stat
from collections.abc import Mapping

from .errors import OperatorError

_LONGEST_SOCKET = 107  # bytes of its name: sockaddr_un


class RunDirectory:
    """A directory of mode 0700 for one display.

    With XDG_RUNTIME_DIR: $XDG_RUNTIME_DIR/xspice/<random>; beside it, under names that can be guessed, the .vv file
    and a link to the control socket. Without: xspice-<random> in $TMPDIR or /tmp, or where else it can be, and the .vv
    file in it; the link is in /tmp/xspice-UID.

    Nothing exists before create(), but what will is known: whoever made a copy of this object by fork() can
    remove() what the other one made.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Raises OperatorError."""
        self._shared: str | None = None
        self.viewer_file: str | None = None
        self.control_path = ""  # by which programs find the control socket, once publish_control() was called
        self._control_link: str | None = None
        self.warning: str | None = None  # what the user may want to know about XDG_RUNTIME_DIR
        name = os.urandom(8).hex()
        runtime_directory = environment.get("XDG_RUNTIME_DIR")
        if runtime_directory:
            problem = _why_unusable(runtime_directory)
            if problem:
                self.warning = f"XDG_RUNTIME_DIR {runtime_directory}: {problem}; using a private directory elsewhere"
            else:
                self._shared = os.path.join(os.path.abspath(runtime_directory), "xspice")
                self.path = os.path.join(self._shared, name)
        if not self._shared:
            self.path = os.path.join(_temporary_directory(environment), f"xspice-{name}")

    def create(self) -> None:
        """Raises OperatorError."""
        try:
            while True:
                if self._shared:
                    try:
                        os.mkdir(self._shared, 0o700)
                    except FileExistsError:
                        pass
                try:
                    os.mkdir(self.path, 0o700)
                    break
                except FileNotFoundError:  # the last of the other displays just removed the shared one
                    if not self._shared:
                        raise
            self.make_directory("xorg.conf.d")
        except OSError as error:
            raise OperatorError(f'{"XDG_RUNTIME_DIR" if self._shared else "TMPDIR"}: cannot make {self.path}: '
                                f"{error.strerror}; set it to a directory that can be written to") from None

    @property
    def has_runtime_directory(self) -> bool:
        """Whether XDG_RUNTIME_DIR can be used."""
        return self._shared is not None

    def make_directory(self, name: str) -> str:
        os.mkdir(self.file(name), 0o700)
        return self.file(name)

    def file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def write(self, name: str, contents: bytes) -> str:
        return write_private(self.file(name), contents)

    def remove_file(self, name: str) -> None:
        try:
            os.unlink(self.file(name))
        except OSError:
            pass

    def viewer_path(self, display: int) -> str:
        """Where the .vv file of `display` goes; remove_names() knows of it from now on."""
        self.viewer_file = os.path.join(self._shared or self.path, f"display-{display}.vv")
        return self.viewer_file

    @property
    def control_socket(self) -> str:
        """Which the X server makes."""
        return self.file("control")

    def control_link(self, display: int) -> str:
        """The name that can be guessed for the control socket; remove_names() knows of it from now on."""
        self._control_link = os.path.join(self._shared or f"/tmp/xspice-{os.getuid()}", f"display-{display}.control")
        return self._control_link

    def publish_control(self, display: int) -> str | None:
        """Makes that name, if it can. What the user should know about it."""
        link = self.control_link(display)
        temporary = f"{link}.{os.path.basename(self.path)}"
        try:
            self._make_link(temporary)
            os.rename(temporary, link)
        except OSError as error:
            self._control_link = None
            self.control_path = self.control_socket
            if error.errno in (errno.EROFS, errno.EACCES, errno.ENOENT):
                return None  # no /tmp for us, and nothing wrong with that
            return f"{link}: cannot be made: {error.strerror}; the control socket is {self.control_path}"
        self.control_path = link
        return None

    def _make_link(self, path: str) -> None:
        """To the control socket. Raises OSError."""
        while True:
            if not self._shared:
                _make_shared(os.path.dirname(path))
            try:
                os.symlink(self.control_socket, path)
                return
            except FileNotFoundError:  # the last of the other displays just removed the directory
                if self._shared:
                    raise

    def remove_names(self) -> None:
        """Those that can be guessed. To be done while the display is ours: afterwards they may be somebody else's."""
        for path in (self.viewer_file, self._control_link):
            if path:
                try:
                    os.unlink(path)
                except OSError:
                    pass

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        for directory in (self._shared, self._control_link and os.path.dirname(self._control_link)):
            if directory:
                try:
                    os.rmdir(directory)
                except OSError:
                    pass  # other displays are using it


def _temporary_directory(environment: Mapping[str, str]) -> str:
    """The first one that can be used: build systems give TMPDIR very long names. Raises OperatorError."""
    # The last one is there in containers whose root file system is read-only.
    for directory in filter(None, (environment.get("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm")):
        if os.path.isdir(directory) and os.access(directory, os.W_OK | os.X_OK) and _has_room(directory):
            return os.path.abspath(directory)
    raise OperatorError("TMPDIR: no directory can be written to: neither it, nor /tmp, /var/tmp and /dev/shm; "
                        "set XDG_RUNTIME_DIR to one of yours")


def _has_room(directory: str) -> bool:
    """Whether the name of a socket of a display's private directory below this one is not too long."""
    return len(os.fsencode(os.path.abspath(directory))) <= _LONGEST_SOCKET - len("/xspice-0123456789abcdef/control")


def _why_unusable(runtime_directory: str) -> str | None:
    if not os.path.isdir(runtime_directory):
        return "not a directory"
    if not os.access(runtime_directory, os.W_OK | os.X_OK):
        return "cannot be written to"
    shared = os.path.join(os.path.abspath(runtime_directory), "xspice")
    if not _has_room(runtime_directory):
        return "too long for the name of a socket in it"
    try:
        private = _is_private(shared)
    except FileNotFoundError:
        return None
    return None if private else "its directory xspice is not private to you"


def _is_private(directory: str) -> bool:
    status = os.lstat(directory)
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077


def _make_shared(directory: str) -> None:
    """If it is not there. Raises OSError, also for one that is not private: anybody can make things in /tmp."""
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        if not _is_private(directory):
            raise PermissionError(errno.EPERM, "its directory is not private to you") from None


def state_directory(environment: Mapping[str, str]) -> str:
    """Where things stay from one start to the next: $XDG_STATE_HOME/xspice (XDG Base Directory Specification)."""
    base = environment.get("XDG_STATE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.local/state")
    return os.path.join(base, "xspice")


def make_private_directory(path: str) -> None:
    """If it is not there. Raises OperatorError, also for one that others can write to."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            pass
        status = os.stat(path)
    except OSError as error:
        raise OperatorError(f"XDG_STATE_HOME: cannot make {path}: {error.strerror}; "
                            "set it to a directory of yours") from None
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise OperatorError(f"XDG_STATE_HOME: {path} is not a directory that only you can write to; "
                            '"chmod 700" it, or set XDG_STATE_HOME to another place')


def write_private(path: str, contents: bytes) -> str:
    """Puts `contents` at `path` in one step, readable by its owner alone. Raises OSError, and leaves nothing then.

    Also for what is there and no file: it is replaced, and root could replace /dev/null.
    """
    if os.path.lexists(path) and not os.path.isfile(path):
        raise OSError(errno.EINVAL, "it is no regular file", path)
    temporary = f"{path}.{os.urandom(8).hex()}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(contents)
        os.rename(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
    return path
