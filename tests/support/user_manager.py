"""A real service manager of a user, `systemd --user`, on a machine that need not be run by systemd.

    manager = UserManager(directory, mark, uid, {"PATH": ..., ...})     # root only; it is ready when this returns
    manager.run("start", "xspice@7.service")                            # systemctl --user
    manager.show("xspice@7.service", "ActiveState")
    manager.close()

It reads units from directory/units and configuration from directory/home/.config; its XDG_RUNTIME_DIR is
directory/run. What it starts has `mark` in its environment.
"""

import contextlib
import os
import pathlib
import signal
import subprocess

from . import processes

_MANAGER = "/lib/systemd/systemd"
# It runs only where /run/systemd/system says that systemd runs the machine: here it does, in a /run/systemd of its own.
_BEGIN = """
mount --make-rprivate /
mkdir -p /run/systemd && mount -t tmpfs -o mode=755 tmpfs /run/systemd && mkdir /run/systemd/system
for group in {groups}; do echo $$ >$group/cgroup.procs || exit 1; done
exec setpriv --reuid {uid} --regid {gid} --clear-groups "$@"
"""


def _control_groups(name):
    """Directories for a group that will be the user's: one in each hierarchy that systemd uses."""
    root = pathlib.Path("/sys/fs/cgroup")
    bases = [root] if (root / "cgroup.procs").exists() else [root / "systemd", root / "unified"]
    return [base / name for base in bases if base.is_dir()]


class UserManager:
    def __init__(self, directory, mark, uid, gid, environment):
        self._directory = pathlib.Path(directory)
        self._uid, self._gid = uid, gid
        self.runtime, self.home, self.units = (self._directory / name for name in ("run", "home", "units"))
        self.configuration = self.home / ".config"
        for path in (self.runtime, self.home, self.units, self.configuration / "systemd" / "user"):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in [self._directory, *self._directory.rglob("*")]:
            os.chown(path, uid, gid)
        self._environment = {
            "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.runtime), "PATH": os.environ["PATH"],
            "SYSTEMD_UNIT_PATH": f"{self.configuration}/systemd/user:{self.units}:/usr/lib/systemd/user",
            "LC_ALL": "C.UTF-8", **environment}
        self._groups = _control_groups(f"xspice-test-{mark}")
        for group in self._groups:
            group.mkdir()
            for path in (group, *group.glob("cgroup.*")):
                os.chown(path, uid, gid)
        begin = _BEGIN.format(groups=" ".join(map(str, self._groups)), uid=uid, gid=gid)
        self._log = self._directory / "manager.log"
        everything = dict.fromkeys(os.environ) | self._environment  # None takes a variable away
        self._process = processes.spawn(["unshare", "-m", "sh", "-c", begin, "sh", _MANAGER, "--user"], mark=mark,
                                        log=self._log, env=everything)
        processes.wait_for(self._answers, 20, lambda: f"the manager: {self._log.read_text()}")

    def _answers(self):
        return self._process.poll() is not None or self.run("is-system-running", check=False).returncode in (0, 1) and (
            self.run("show", "--property=SystemState", check=False).stdout.strip() in (
                "SystemState=running", "SystemState=degraded"))

    def command(self, *words, within=60, check=True):
        """Runs a program as the user."""
        return subprocess.run(["setpriv", "--reuid", str(self._uid), "--regid", str(self._gid), "--clear-groups",
                               *map(str, words)], env=self._environment, capture_output=True, text=True, timeout=within,
                              check=check, cwd="/")

    def run(self, *words, **options):
        return self.command("systemctl", "--user", "--no-pager", *words, **options)

    def show(self, unit, name):
        return self.run("show", "--value", f"--property={name}", unit).stdout.strip()

    def wait_state(self, unit, state, within=20):
        """Until ActiveState is `state`."""
        processes.wait_for(lambda: self.show(unit, "ActiveState") == state, within,
                           lambda: f"{unit} {state}: {self.run('status', unit, check=False).stdout}\n{self.log()}")

    def log(self):
        return self._log.read_text(errors="replace")

    def close(self):
        """Ends it, and with it every unit."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(30)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)
        for group in self._groups:
            for path in sorted(group.rglob("*"), reverse=True):
                if path.is_dir():
                    with contextlib.suppress(OSError):
                        path.rmdir()
            with contextlib.suppress(OSError):
                group.rmdir()
