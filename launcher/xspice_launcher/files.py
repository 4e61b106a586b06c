"""The files of one display: private to their user, and gone when the display is."""
import errno
import os
import shutil
import stat
import tempfile

from . import report
from .errors import OperatorError


class RunDirectory:
    """A directory of mode 0700 for one display.

    With XDG_RUNTIME_DIR: $XDG_RUNTIME_DIR/xspice/<random>, and the .vv file beside it under a name that can be
    guessed. Without: /tmp/xspice-<random>, and the .vv file in it.
    """

    def __init__(self, runtime_directory: str | None) -> None:
        """Raises OperatorError."""
        self._shared: str | None = None
        self.viewer_file: str | None = None
        if runtime_directory:
            try:
                self._shared = os.path.join(os.path.abspath(runtime_directory), 'xspice')
                self.path = _make_in_shared(self._shared)
            except OSError as error:
                self._shared = None
                report.warning(f'XDG_RUNTIME_DIR {runtime_directory}: {error.strerror}; '
                               'using a private directory elsewhere')
        if not self._shared:
            try:
                self.path = tempfile.mkdtemp(prefix='xspice-')
            except OSError as error:
                raise OperatorError(f'TMPDIR: cannot make a private directory: {error.strerror}; '
                                    'set it to a directory that can be written to') from None
        os.mkdir(self.file('empty'))

    def file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def write(self, name: str, contents: bytes) -> str:
        return write_private(self.file(name), contents)

    def viewer_path(self, display: int) -> str:
        """Where the .vv file of `display` goes; remove() knows of it from now on."""
        self.viewer_file = os.path.join(self._shared or self.path, f'display-{display}.vv')
        return self.viewer_file

    def remove(self) -> None:
        if self.viewer_file:
            try:
                os.unlink(self.viewer_file)
            except OSError:
                pass
        shutil.rmtree(self.path, ignore_errors=True)
        if self._shared:
            try:
                os.rmdir(self._shared)
            except OSError:
                pass  # other displays are using it


def _make_in_shared(shared: str) -> str:
    while True:
        try:
            os.mkdir(shared, 0o700)
        except FileExistsError:
            pass
        status = os.lstat(shared)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise PermissionError(errno.EPERM, 'its directory xspice belongs to somebody else')
        os.chmod(shared, 0o700)
        try:
            return tempfile.mkdtemp(dir=shared)
        except FileNotFoundError:
            continue  # the last of the other displays just removed it


def write_private(path: str, contents: bytes) -> str:
    """Puts `contents` at `path` in one step, readable by its owner alone."""
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))  # 0600 from the start
    with os.fdopen(handle, 'wb') as file:
        file.write(contents)
    os.rename(temporary, path)
    return path
