"""xspice-recorder, started on a control socket."""

import contextlib
import subprocess
import sys

from . import processes, video, xserver

sys.path.append(str(xserver.SOURCE / "launcher"))

from xspice_launcher.recorder import find_recorder  # noqa: E402


class Recorder:
    """`prefix`: a program that starts it, such as nohup."""

    def __init__(self, directory, *arguments, prefix=(), **options):
        self.mark = processes.new_mark()
        self._log = directory / f"recorder-{self.mark}.txt"
        program = find_recorder({"XSPICE_MODULE_PATH": str(xserver.module_path())})
        self.process = processes.spawn([*prefix, program, *arguments], mark=self.mark, log=self._log, **options)

    def wait_pictures(self, path, seconds, within=20):
        """Until the file has pictures that late."""
        def recorded():
            with contextlib.suppress(subprocess.CalledProcessError, ValueError):
                times = video.probe(path).times
                return bool(times) and times[-1] >= seconds
        processes.wait_for(recorded, within, lambda: f"{seconds} s recorded: {self.said()}", interval=0.1)

    def said(self):
        return self._log.read_text()

    def end(self, number=None, within=30):
        """Sends a signal, if one is given. Its exit status, and what it said."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(within), self.said()

    def close(self):
        processes.kill_remaining(self.mark)
        self.process.wait(10)
