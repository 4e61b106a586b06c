"""conf/slurm/xspice.sbatch, as a job of an ordinary user on a cluster of one node."""

import json
import os
import pathlib
import pwd
import shutil
import stat
import sys
import tempfile

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
SOURCE = TESTS.parent
sys.path.insert(0, str(TESTS))

from support import processes, slurm, spice_client, viewer_file, xserver  # noqa: E402

USER = pwd.getpwnam("nobody").pw_uid
SCRIPT = SOURCE / "conf" / "slurm" / "xspice.sbatch"


@pytest.fixture(scope="module")
def cluster():
    directory = pathlib.Path(tempfile.mkdtemp(prefix="xspice-slurm-"))
    directory.chmod(0o755)
    found = slurm.Cluster(directory)
    yield found
    found.close()


class Owner:
    """An ordinary user with a home, and xspice in the PATH."""

    def __init__(self, cluster, directory):
        self._cluster = cluster
        self.home = directory / "home"
        self.home.mkdir(mode=0o700)
        os.chown(self.home, USER, USER)
        shutil.copytree(SOURCE / "launcher", directory / "launcher")  # the tree may be in a private home
        shutil.copytree(xserver.module_path(), directory / "modules")
        shutil.copy(SCRIPT, directory)
        self._script = directory / SCRIPT.name
        self._environment = {"HOME": str(self.home), "PATH": f"{directory / 'launcher'}:/usr/bin:/bin",
                             "XSPICE_MODULE_PATH": str(directory / "modules"), "XDG_RUNTIME_DIR": "/run/user/of-login"}

    def run(self, *words, **variables):
        return self._cluster.run(*words, uid=USER, cwd=self.home, environment=self._environment | variables)

    def submit(self, *words, **variables):
        return Job(self._cluster, self, self.run("sbatch", "--parsable", self._script, *words, **variables).strip())


class Job:
    def __init__(self, cluster, owner, number):
        self._cluster = cluster
        self.number = number
        self.viewer_file = owner.home / f"xspice-{number}.vv"
        self.log = owner.home / f"xspice-{number}.log"

    def wait_ready(self):
        def ready():
            state = self._cluster.state(self.number)
            assert state in ("PENDING", "RUNNING"), (state, self.log.read_text())
            return self.log.exists() and "on :" in self.log.read_text()  # what its program says comes last
        processes.wait_for(ready, 40, "the program's word", interval=0.1)

    def wait_state(self, state):
        processes.wait_for(lambda: self._cluster.state(self.number) == state, 20,
                           lambda: f"{state}: {self._cluster.state(self.number)}", interval=0.1)

    def cancel(self):
        self._cluster.run("scancel", self.number, uid=USER)


@pytest.fixture
def owner(cluster):
    with tempfile.TemporaryDirectory(prefix="xspice-owner-") as directory:
        os.chmod(directory, 0o755)
        yield Owner(cluster, pathlib.Path(directory))
        cluster.cancel_all()


@pytest.fixture
def viewer(tmp_path):
    client = spice_client.Client(tmp_path)
    yield client
    client.close()


HERE = {"DESKTOP_HOST": "127.0.0.1", "DESKTOP_ADDR": "127.0.0.1"}  # what a cluster has other machines for
WAYS = {"tls": HERE, "ssh": {"DESKTOP_WAY": "ssh"}}


def nothing_left(cluster, job):
    assert not job.viewer_file.exists()
    left = [name for _, name in processes.remaining(cluster.mark) if "slurm" not in name and "munged" not in name]
    assert not left, left


@pytest.mark.parametrize("way", WAYS)
def test_a_job_gives_its_owner_a_desktop_until_it_is_cancelled(cluster, owner, viewer, tmp_path, way):
    job = owner.submit("--size", "640x480", "--", "sh", "-c", "echo on $DISPLAY; exec sleep 1000", **WAYS[way])
    job.wait_ready()
    status = job.viewer_file.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o600, USER)
    keys = viewer_file.keys(job.viewer_file)
    assert ("ca" in keys, "tls-port" in keys) == ((True, True) if way == "tls" else (False, False))
    viewer_file.connect(viewer, job.viewer_file, tmp_path)
    viewer.wait_ready(20)
    assert viewer.picture().shape == (480, 640)

    log = job.log.read_text()
    assert f"remote-viewer {job.viewer_file}\n" in log
    assert keys["password"] not in log and "password" not in log
    tunnel = f"after: ssh -N -L {keys.get('port')}:127.0.0.1:{keys.get('port')} "
    assert (tunnel in log, "ssh" in log) == ((True, True) if way == "ssh" else (False, False))

    seen = owner.run("srun", "--overlap", f"--jobid={job.number}", "xspicectl", "--json", "clients")
    assert [client["address"].partition(":")[0] for client in json.loads(seen)["clients"]] == ["127.0.0.1"]
    job.cancel()
    job.wait_state("CANCELLED")
    cluster.wait_idle()
    nothing_left(cluster, job)


def test_the_end_of_the_program_is_the_end_of_the_job(cluster, owner):
    job = owner.submit("--", "sh", "-c", f"until [ -e {owner.home}/xspice-*.vv ]; do sleep 0.1; done; exit 7", **HERE)
    job.wait_state("FAILED")
    assert cluster.exit_status(job.number) == 7
    nothing_left(cluster, job)


def test_a_job_that_cannot_start_says_why(cluster, owner):
    job = owner.submit("--size", "0x0", **HERE)
    job.wait_state("FAILED")
    assert cluster.exit_status(job.number) == 2
    assert job.log.read_text().startswith("xspice: --size 0x0: ")
    nothing_left(cluster, job)
