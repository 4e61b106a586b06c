"""A Debian in a directory, for tests that install something: nothing of this machine changes.

    root = Root.bootstrap(directory, ["xserver-xorg-core"])     # by mmdebstrap, from where this machine's apt gets it
    root.run("dpkg", "-i", "/tmp/xspice.deb")
    process = root.start("xspice", user=1000, read_only=True, mark=mark, log=log)

Every command has mounts and a PID namespace of its own, in which it is process 1: nothing outlives it, and nothing has
to be unmounted. There are no user namespaces in it, as in most containers. The network is this machine's, or with
network=False a loopback interface of its own. Needs root.
"""

import contextlib
import hashlib
import os
import pathlib
import shutil
import stat
import subprocess

from . import processes, procinfo

# $1: the root; $2: "ro" or "rw"; $3: "lo" or "all"; $4: USER:GROUP; then PATH:OPTIONS for each tmpfs, "--", and the
# command.
_ENTER = """
set -eu
root=$1 mode=$2 network=$3 user=$4
shift 4
[ "$network" = all ] || ip link set lo up
mount --bind "$root" "$root"
[ "$mode" = rw ] || mount -o remount,bind,ro "$root"
mount --rbind --make-rslave /dev "$root/dev"
mount -t proc proc "$root/proc"
while [ "$1" != -- ]; do
    mkdir -p "$root${1%%:*}"
    mount -t tmpfs -o "${1#*:}" tmpfs "$root${1%%:*}"
    shift
done
shift
exec chroot --userspec="$user" --groups="${user#*:}" "$root" "$@"
"""
# What programs change in passing, whatever is installed: lists, logs, caches, backups.
_PASSING = ("dev", "proc", "sys", "run", "tmp", "var/tmp", "var/log", "var/cache", "var/lib/apt",
            "var/lib/dpkg/status-old", "var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend", "var/lib/dpkg/triggers/Lock")


def _sources():
    """sources.list with the Debian that apt on this machine is configured for; nothing else counts."""
    form = "$(CREATED_BY)|$(ORIGIN)|deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " \
           "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    listed = subprocess.run(["apt-get", "indextargets", "--format", form], check=True, capture_output=True, text=True)
    return "".join(line.split("|", 2)[2] + "\n" for line in listed.stdout.splitlines()
                   if line.startswith("Packages|Debian|"))


class Root:
    def __init__(self, directory):
        self.path = pathlib.Path(directory)

    @classmethod
    def bootstrap(cls, directory, packages, commands=()):
        """A minimal Debian with `packages`, and what `commands` (of sh, with the root in $1) make of it."""
        sources = pathlib.Path(f"{directory}.list")
        sources.write_text(_sources())
        hooks = [f"--customize-hook={command}" for command in commands]
        done = subprocess.run(["mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory",
                               "--skip=cleanup/apt/lists", f"--include={','.join(packages)}", *hooks,
                               "", directory, sources], capture_output=True, text=True, check=False, timeout=900)
        assert done.returncode == 0, done.stderr[-3000:]
        sources.unlink()
        return cls(directory)

    def remove(self):
        shutil.rmtree(self.path)

    # --- commands -------------------------------------------------------------------------------------------------

    def command(self, *argv, user=0, read_only=False, network=True, tmpfs=("/run:mode=755",)):
        """The words that run `argv` in it as `user`. `tmpfs`: PATH:OPTIONS of file systems that begin empty."""
        return ["unshare", "--mount", "--pid", *([] if network else ["--net"]), "--fork", "--kill-child=KILL",
                "sh", "-c", _ENTER, "sh", str(self.path), "ro" if read_only else "rw", "all" if network else "lo",
                f"{user}:{user}", *tmpfs, "--", *map(str, argv)]

    @staticmethod
    def environment(environment=None):
        return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                "DEBIAN_FRONTEND": "noninteractive", **(environment or {})}

    def run(self, *argv, environment=None, check=True, timeout=300, **options):
        done = subprocess.run(self.command(*argv, **options), env=self.environment(environment), capture_output=True,
                              text=True, check=False, timeout=timeout, stdin=subprocess.DEVNULL)
        assert not check or done.returncode == 0, (argv, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done

    def start(self, *argv, mark, log, environment=None, prefix=(), **options):
        """Does not wait for it. `prefix`: a program of this machine that starts it, such as strace."""
        variables = {name: None for name in os.environ} | self.environment(environment)
        return Running(self.path, processes.spawn([*prefix, *self.command(*argv, **options)], mark=mark, log=log,
                                                  env=variables))

    # --- what there is --------------------------------------------------------------------------------------------

    def inside(self, path):
        return self.path / str(path).lstrip("/")

    def snapshot(self):
        """{path: what it is}, but for what changes in passing."""
        found = {}
        for directory, directories, files in os.walk(self.path):
            place = os.path.relpath(directory, self.path)
            place = "" if place == "." else place + "/"
            directories[:] = [name for name in directories if place + name not in _PASSING]
            for name in directories + files:
                if place + name not in _PASSING:
                    found["/" + place + name] = _describe(os.path.join(directory, name))
        return found


class Running:
    """A command in a root."""

    def __init__(self, root, process):
        self._root = root
        self.process = process

    @property
    def pid(self):
        """Of the program, seen from outside; it is process 1 inside. None before it runs and after it ended."""
        for child in procinfo.descendants(self.process.pid):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{child}/root") == str(self._root) and procinfo.name(child) != "chroot":
                    return child
        return None

    def file(self, path):
        """A path of it, seen from outside: also in file systems that only it has."""
        return pathlib.Path(f"/proc/{self.pid}/root") / str(path).lstrip("/")

    def execute(self, *argv, user, environment, timeout=30):
        """As "podman exec" and "kubectl exec" do: in its namespaces. Returns the finished process."""
        words = ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--net", "--root", "--wd",
                 f"--setuid={user}", f"--setgid={user}", *map(str, argv)]
        return subprocess.run(words, env=Root.environment(environment), capture_output=True, text=True, check=False,
                              timeout=timeout, stdin=subprocess.DEVNULL)

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, within=30):
        return self.process.wait(within)


def _describe(path):
    status = os.lstat(path)
    described = (stat.filemode(status.st_mode), status.st_uid, status.st_gid)
    if stat.S_ISLNK(status.st_mode):
        return (*described, os.readlink(path))
    if stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            return (*described, hashlib.file_digest(file, "sha256").hexdigest())
    return described
