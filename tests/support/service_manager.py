"""Real service managers, on a machine that need not be run by systemd. They need root.

    manager = UserManager(directory, mark, uid, gid, {"XSPICE_MODULE_PATH": ...})     # `systemd --user`
    manager = SystemManager(directory, mark)                                          # `systemd --system`
    manager.run("start", "xspice@7.service")                            # systemctl; the manager is ready
    manager.show("xspice@7.service", "ActiveState")
    manager.close()

Both read units from directory/units. The user's has its configuration in directory/home/.config, and directory/run as
XDG_RUNTIME_DIR; what it starts has `mark` in its environment. The system's is process 1 of namespaces of its own.
"""

import contextlib
import os
import pathlib
import re
import signal
import subprocess

from . import processes, procinfo

_MANAGER = "/lib/systemd/systemd"
# It runs only where /run/systemd/system says that systemd runs the machine: here it does, in a /run/systemd of its own.
_BEGIN_USER = """
mount --make-rprivate /
mkdir -p /run/systemd && mount -t tmpfs -o mode=755 tmpfs /run/systemd && mkdir /run/systemd/system
for group in {groups}; do echo $$ >$group/cgroup.procs || exit 1; done
exec setpriv --reuid {uid} --regid {gid} --clear-groups "$@"
"""
_BEGIN_SYSTEM = """
mount -t proc proc /proc && mount -t tmpfs -o mode=755 tmpfs /run
for group in {groups}; do echo $$ >$group/cgroup.procs || exit 1; done
exec unshare --cgroup env -i "$@"
"""


class _Manager:
    """What both have in common. `_systemctl`: how it is talked to."""

    def __init__(self, directory, mark):
        self.directory = pathlib.Path(directory)
        self.units = self.directory / "units"
        self.units.mkdir(parents=True, exist_ok=True)
        self._log = self.directory / "manager.log"
        # A group for it in each hierarchy that systemd uses.
        root = pathlib.Path("/sys/fs/cgroup")
        bases = [root] if (root / "cgroup.procs").exists() else [root / "systemd", root / "unified"]
        self._groups = [base / f"xspice-test-{mark}" for base in bases if base.is_dir()]
        for group in self._groups:
            group.mkdir()

    def _begin(self, script, words, **options):
        self._process = processes.spawn([*self._apart, "sh", "-c", script, "sh", *map(str, words)], log=self._log,
                                        **options)
        try:
            processes.wait_for(self._answers, 20, lambda: f"the manager: {self.log()}")
        except BaseException:
            self.close()
            raise

    def _answers(self):
        state = self.run("show", "--value", "--property=SystemState", check=False).stdout.strip()
        return state in ("running", "degraded")

    def run(self, *words, within=60, check=True):
        return subprocess.run([*self._systemctl, "--no-pager", *map(str, words)], env=self._environment,
                              capture_output=True, text=True, timeout=within, check=check, cwd="/")

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
        processes.stop(self._process, within=30, first=self._stop_signal)
        for group in self._groups:
            for path in sorted(group.rglob("*"), reverse=True):
                if path.is_dir():
                    with contextlib.suppress(OSError):
                        path.rmdir()
            with contextlib.suppress(OSError):
                group.rmdir()


class UserManager(_Manager):
    _apart = ["unshare", "--mount"]
    _stop_signal = signal.SIGTERM

    def __init__(self, directory, mark, uid, gid, environment):
        super().__init__(directory, mark)
        self.runtime, self.home = self.directory / "run", self.directory / "home"
        self.configuration = self.home / ".config"
        for path in (self.runtime, self.configuration / "systemd" / "user"):
            path.mkdir(parents=True, mode=0o700)
        for path in [self.directory, *self.directory.rglob("*")]:
            os.chown(path, uid, gid)
        for path in [path for group in self._groups for path in (group, *group.glob("cgroup.*"))]:
            os.chown(path, uid, gid)
        self._environment = {
            "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.runtime), "PATH": os.environ["PATH"],
            "SYSTEMD_UNIT_PATH": f"{self.configuration}/systemd/user:{self.units}:/usr/lib/systemd/user",
            "LC_ALL": "C.UTF-8", **environment}
        self._systemctl = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "systemctl", "--user"]
        script = _BEGIN_USER.format(groups=" ".join(map(str, self._groups)), uid=uid, gid=gid)
        everything = dict.fromkeys(os.environ) | self._environment  # None takes a variable away
        self._begin(script, [_MANAGER, "--user"], mark=mark, env=everything)


class SystemManager(_Manager):
    _apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts"]
    _stop_signal = signal.SIGKILL  # with process 1, everything in its namespace ends

    def __init__(self, directory, mark):
        super().__init__(directory, mark)
        for name in ("nothing", "sysinit", "basic", "shutdown"):  # what services depend on, with nothing in it
            (self.units / f"{name}.target").write_text("[Unit]\nDefaultDependencies=no\n")
        self._environment = {"PATH": os.environ["PATH"]}
        script = _BEGIN_SYSTEM.format(groups=" ".join(map(str, self._groups)))
        self._begin(script, ["container=test", f"PATH={os.environ['PATH']}", f"SYSTEMD_UNIT_PATH={self.units}",
                             _MANAGER, "--system", "--unit=nothing.target"], mark=mark)

    @property
    def _systemctl(self):
        return ["nsenter", f"--target={self._process_1()}", "--mount", "--pid", "--cgroup", "systemctl"]

    def _process_1(self):
        """As it is called out here; until it is there, the one that makes it."""
        return (procinfo.children(self._process.pid) or [self._process.pid])[0]

    def outside(self, pid):
        """The process that is called `pid` in there."""
        for found in procinfo.descendants(self._process_1()):
            names = re.search(r"^NSpid:\s(.*)$", pathlib.Path(f"/proc/{found}/status").read_text(), re.MULTILINE)
            if int(names[1].split()[-1]) == pid:
                return found
        raise ProcessLookupError(pid)
