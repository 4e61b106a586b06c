"""The container: what the last stage of the Containerfile does, done in the machine, and run as an engine runs it.

As the image's user, as process 1, with a read-only root and a network of its own; and as the Kubernetes manifest says.
"""

import re
import signal

import pytest
import yaml
from conftest import SOURCE
from support import containerfile, kubernetes, processes, spice_client, viewer_file

IMAGE = containerfile.Image((SOURCE / "Containerfile").read_text())
RESOURCES = list(yaml.safe_load_all((SOURCE / "conf" / "kubernetes" / "xspice.yaml").read_text()))
DEPLOYMENT, SERVICE = RESOURCES
TICKET = "ticket of the secret"


@pytest.fixture(scope="module")
def image(machine, packages):
    """COPY and RUN; the packages are those that the first stage leaves, built by the same command."""
    for instruction, argument in IMAGE.steps:
        if instruction == "COPY":
            option, source, target = argument.split()
            assert (option, source) == ("--from=build", "/build/*.deb")
            machine.inside(target).mkdir(parents=True)
            for deb in packages.debs.values():
                (machine.inside(target) / deb.name).write_bytes(deb.read_bytes())
        elif instruction == "RUN":
            machine.run("sh", "-c", argument, environment=IMAGE.arguments, tmpfs=(), timeout=600)
    return machine


def test_the_first_stage_builds_what_the_second_copies(packages):
    """The `packages` here were built by its command, and with the Build-Depends that it installs."""
    first = containerfile.stages((SOURCE / "Containerfile").read_text())[0]
    commands = [argument for instruction, argument in first if instruction == "RUN"]
    assert "apt-get build-dep --yes --no-install-recommends . && dpkg-buildpackage --no-sign --build=binary" in commands
    assert ("WORKDIR", "/build/xspice") in first and ("COPY", ". .") in first
    assert packages.debs


class Container:
    def __init__(self, root, directory, words, **options):
        self.mark, self.log = processes.new_mark(), directory / "container.log"
        self._directory = directory
        self.running = root.start(*words, user=IMAGE.user, read_only=True, network=False, mark=self.mark, log=self.log,
                                  environment=IMAGE.environment, **options)

    def wait_ready(self):
        def ready():
            assert self.running.process.poll() is None, self.log.read_text()
            return "run programs" in self.log.read_text()
        processes.wait_for(ready, 60, lambda: self.log.read_text(), interval=0.1)

    def execute(self, *argv):
        return self.running.execute(*argv, user=IMAGE.user, environment=IMAGE.environment)

    def picture(self, file):
        """What a viewer sees that a .vv file leads there."""
        client = spice_client.Client(self._directory, prefix=["nsenter", f"--net=/proc/{self.running.pid}/ns/net"])
        try:
            viewer_file.connect(client, file, self._directory)
            client.wait_ready(20)
            return client.picture()
        finally:
            client.close()

    def stop(self):
        """As an engine does; the status that it reports."""
        self.running.signal(signal.SIGTERM)
        status = self.running.wait()
        assert not processes.remaining(self.mark)
        return status


@pytest.fixture
def contain(image, tmp_path):
    started = []

    def start(words, **options):
        started.append(Container(image, tmp_path, words, **options))
        return started[-1]
    yield start
    for container in started:
        processes.kill_remaining(container.mark)
        container.running.wait()


def volumes():
    """Empty, but with the mode and owner that the image gives the directory, as engines do it."""
    modes = {"/run/xspice": f"mode=700,uid={IMAGE.user},gid={IMAGE.user}", "/tmp": "mode=1777"}
    return [f"{path}:{modes[path]}" for path in IMAGE.volumes]


def test_a_container_shows_its_program(contain):
    container = contain([*IMAGE.entrypoint, *IMAGE.command], tmpfs=volumes())
    container.wait_ready()
    said = container.log.read_text()
    assert "0.0.0.0 TLS port 5900" in said and "warning" not in said
    path = re.search(r"remote-viewer (/\S+\.vv)$", said, re.MULTILINE)[1]
    assert container.picture(container.running.file(path)).size
    assert container.stop() == 128 + signal.SIGTERM


def test_the_status_of_the_program_is_that_of_the_container(contain):
    container = contain([*IMAGE.entrypoint, "--", "sh", "-c", "exit 7"], tmpfs=volumes())
    assert container.running.wait() == 7


def test_in_a_pipeline_it_runs_one_command(contain):
    """podman run --entrypoint xspice-run, with nothing at all that can be written to but the volume."""
    container = contain(["xspice-run", "--", "sh", "-c", 'echo "on $DISPLAY"; exit 5'], tmpfs=volumes())
    assert container.running.wait() == 5
    assert re.fullmatch(r"on :\d+\n", container.log.read_text())


def test_without_the_recorder_it_says_what_to_install(contain):
    container = contain(["xspice-run", "--record", "/tmp/run.webm", "--", "true"], tmpfs=volumes())
    assert container.running.wait() == 2
    assert re.fullmatch(r"xspice-run: .*xspice-recorder.* install .*\n", container.log.read_text())


# --- Kubernetes -----------------------------------------------------------------------------------------------------


def test_the_manifest_is_of_the_api():
    for resource in RESOURCES:
        kubernetes.check(resource)
    pod = DEPLOYMENT["spec"]["template"]
    assert SERVICE["spec"]["selector"] == DEPLOYMENT["spec"]["selector"]["matchLabels"] == pod["metadata"]["labels"]
    (container,) = pod["spec"]["containers"]
    assert {port["targetPort"] for port in SERVICE["spec"]["ports"]} == {port["name"] for port in container["ports"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["spec"]["volumes"]}
    version = re.search(r"version: '([^']+)'", (SOURCE / "meson.build").read_text())[1]
    assert container["image"] == f"xspice:{version}"


def test_the_pod_keeps_to_the_restricted_profile():
    """Kubernetes' Pod Security Standards, "restricted"."""
    spec = DEPLOYMENT["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {key for volume in spec["volumes"] for key in volume} <= {"name", "emptyDir", "secret"}


def test_a_pod_shows_its_program(contain, image, tmp_path):
    spec = DEPLOYMENT["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    context = spec["securityContext"]
    assert container["securityContext"]["readOnlyRootFilesystem"] and context["runAsUser"] == IMAGE.user
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    # An emptyDir as kubelet makes it for an fsGroup: of root, and everybody may write.
    empty = [f"{mounts[volume['name']]}:mode=2777,gid={context['fsGroup']}" for volume in spec["volumes"]
             if "emptyDir" in volume]
    (secret,) = [volume for volume in spec["volumes"] if "secret" in volume]
    ticket = image.inside(mounts[secret["name"]]) / "ticket"
    ticket.parent.mkdir(parents=True)
    ticket.write_text(TICKET + "\n")
    ticket.chmod(secret["secret"]["defaultMode"])
    image.run("chgrp", str(context["fsGroup"]), f"{mounts[secret['name']]}/ticket", tmpfs=())

    pod = contain([*IMAGE.entrypoint, *container["args"]], tmpfs=empty)
    pod.wait_ready()
    assert "warning" not in pod.log.read_text()
    assert pod.execute(*container["readinessProbe"]["exec"]["command"]).returncode == 0
    written = pod.execute("xspicectl", "vv", "--keep", "--host", "127.0.0.1")
    assert written.returncode == 0, written.stderr
    file = tmp_path / "desk.vv"
    file.write_text(written.stdout)
    assert pod.picture(file).shape == (800, 1280)
    assert pod.stop() == 128 + signal.SIGTERM
    ticket.unlink()
