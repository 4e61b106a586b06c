"""A program under test that has directories of its own, so that what it leaves can be seen."""

import os
import pathlib
import tempfile

from . import processes, procinfo


class ObservedProgram:
    """Who derives from it starts `process` with `mark`, with `runtime` and `temporary` for XDG_RUNTIME_DIR and TMPDIR,
    and with its streams going to `output` and `errors`; and removes `directory` in the end.

    `owner`: whose the directories are; None: those of the tests' own user."""

    def __init__(self, prefix, owner=None):
        self.mark = processes.new_mark()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
        self.directory.chmod(0o755)
        self.runtime = self.directory / "runtime"
        self.temporary = self.directory / "tmp"
        for directory in (self.runtime, self.temporary):
            directory.mkdir(mode=0o700)
            if owner is not None:
                os.chown(directory, owner, owner)
        self.output = self.directory / "output"
        self.errors = self.directory / "errors"

    @property
    def said(self):
        return self.output.read_text()

    @property
    def complained(self):
        return self.errors.read_text()

    def named(self, name):
        """The one process of this name, as soon as it is there."""
        def find():
            return [pid for pid in procinfo.descendants(self.process.pid) if procinfo.name(pid) == name]
        (pid,) = processes.wait_for(find, 10, lambda: f"{name}: {self.complained}")
        return pid

    def assert_no_process_nor_file_left(self, within, but=None):
        """`but`: the name of a directory that others make."""
        processes.wait_for(lambda: not processes.remaining(self.mark), within,
                           lambda: f"processes left: {processes.remaining(self.mark)}")
        files = [path for directory in (self.runtime, self.temporary) for path in directory.rglob("*")
                 if but not in path.parts]
        assert not files, files
