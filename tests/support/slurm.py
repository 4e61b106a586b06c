"""A Slurm cluster of this one machine: Debian's daemons with a configuration of their own, on loopback."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess

from . import processes

_CONFIGURATION = """\
ClusterName=xspice
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={directory}/munge/socket
CryptoType=crypto/munge
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/linear
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


class Cluster:
    """Ready for jobs once it is made. Needs root."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.mark = processes.new_mark()
        self._ports = [processes.claim_port(), processes.claim_port()]
        self._daemons = []
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self):
        for name in ("state", "spool"):
            (self.directory / name).mkdir()
        munge = self.directory / "munge"
        munge.mkdir()
        (munge / "key").write_bytes(os.urandom(128))
        (munge / "key").chmod(0o400)
        keeper = pwd.getpwnam("munge")
        for path in (munge, munge / "key"):
            os.chown(path, keeper.pw_uid, keeper.pw_gid)
        (self.directory / "slurm.conf").write_text(_CONFIGURATION.format(
            host=socket.gethostname().partition(".")[0], directory=self.directory,
            controller_port=self._ports[0].number, node_port=self._ports[1].number))
        (self.directory / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        self._daemon("munged", "--foreground", *(f"--{what}={munge / name}" for what, name in (
            ("socket", "socket"), ("key-file", "key"), ("pid-file", "pid"), ("log-file", "log"),
            ("seed-file", "seed"))), uid=keeper.pw_uid)
        processes.wait_for((munge / "socket").exists, 20, self._logs)
        self._daemon("slurmctld", "-D")
        # Jobs end with the node, whatever happened to them.
        self._daemon("unshare", "--pid", "--mount-proc", "--fork", "--kill-child=KILL", "slurmd", "-D")
        self.wait_idle()

    def _daemon(self, name, *arguments, **options):
        self._daemons.append(processes.spawn([name, *arguments], mark=self.mark, log=self.directory / f"{name}.log",
                                             env=self._environment(), **options))

    def _environment(self):
        return {"SLURM_CONF": str(self.directory / "slurm.conf"),
                "PATH": f"{os.environ['PATH']}:/usr/sbin"}

    def _logs(self):
        return "".join(f"{path.name}: {path.read_text(errors='replace')[-800:]}\n"
                       for path in self.directory.glob("*.log"))

    def run(self, *argv, uid=None, environment=None, check=True, cwd=None):
        """One of Slurm's commands, as a user; returns what it printed."""
        options = {"user": uid, "group": uid, "extra_groups": []} if uid is not None else {}
        done = subprocess.run([str(word) for word in argv], env={**os.environ, **self._environment(),
                                                                 processes.MARK: self.mark, **(environment or {})},
                              capture_output=True, text=True, check=False, timeout=30, cwd=cwd, **options)
        assert not check or done.returncode == 0, (argv, done.stdout, done.stderr, self._logs())
        return done.stdout

    def state(self, job):
        """RUNNING, COMPLETED, CANCELLED, TIMEOUT, ..."""
        return self._show(job)["JobState"]

    def exit_status(self, job):
        return int(self._show(job)["ExitCode"].partition(":")[0])

    def _show(self, job):
        words = self.run("scontrol", "--oneliner", "show", "job", job).split()
        return dict(word.partition("=")[::2] for word in words)

    def wait_idle(self):
        """Until no job is there, nor what is left of one."""
        processes.wait_for(lambda: self.run("sinfo", "--noheader", "--format=%T", check=False) == "idle\n", 30,
                           self._logs, interval=0.1)

    def cancel_all(self):
        self.run("scancel", "--state=PENDING")
        self.run("scancel", "--state=RUNNING")
        self.wait_idle()

    def close(self):
        for daemon in reversed(self._daemons):
            processes.stop(daemon, first=signal.SIGKILL)
        for slot in self._ports:
            slot.release()
        try:
            processes.wait_for(lambda: not processes.remaining(self.mark), 10, lambda: processes.remaining(self.mark))
        finally:
            processes.kill_remaining(self.mark)
            shutil.rmtree(self.directory)
