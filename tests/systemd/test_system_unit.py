"""xspice-user@NAME.service, run by a real manager of the system, which is process 1 of its own namespaces."""

import os
import pathlib
import pwd
import re
import shutil
import signal

import pytest
from support import processes, procinfo, wire
from support.service_manager import SystemManager

USER = pwd.getpwnam("daemon")  # whoever has a home that is there
UNIT = f"xspice-user@{USER.pw_name}.service"


@pytest.fixture
def system(tmp_path, installed):
    units = tmp_path / "units"
    shutil.copytree(installed.system_units, units)
    mark = processes.new_mark()
    manager = SystemManager(tmp_path, mark)
    try:
        yield manager
    finally:
        manager.close()
        assert not processes.remaining(mark)


def test_desktop_of_a_user(system, installed):
    slot = processes.claim_port()
    configuration = system.units / f"{UNIT}.d" / "test.conf"  # instead of /etc/xspice/users/daemon.env
    configuration.parent.mkdir()
    configuration.write_text(
        f"[Service]\nEnvironment=XSPICE_MODULE_PATH={installed.modules}\n"
        f'Environment="XSPICE_SESSION=exec sleep 1000"\n'
        f'Environment="XSPICE_OPTIONS=--port {slot.number} --disable-ticketing"\n')
    system.run("daemon-reload")
    started = system.run("start", UNIT, check=False)
    assert started.returncode == 0, f"{started.stderr}{system.run('status', UNIT, check=False).stdout}{system.log()}"
    with wire.Connection(("127.0.0.1", slot.number)) as connection:
        connection.link(wire.constant("CHANNEL_MAIN")).authenticate("")
    main = system.outside(int(system.show(UNIT, "MainPID")))
    session = processes.wait_for(
        lambda: [pid for pid in procinfo.descendants(main) if procinfo.name(pid) == "sleep"], 10, "the session")[0]
    assert os.stat(f"/proc/{session}").st_uid == USER.pw_uid
    status = dict(re.findall(r"^(NoNewPrivs|CapBnd):\t(\w+)$", pathlib.Path(f"/proc/{session}/status").read_text(),
                             re.MULTILINE))
    assert status == {"NoNewPrivs": "1", "CapBnd": "0" * 16}
    mounts = pathlib.Path(f"/proc/{session}/mounts").read_text()
    assert re.search(r"^\S+ /usr \S+ ro,", mounts, re.MULTILINE)

    os.kill(next(pid for pid in procinfo.descendants(main) if procinfo.name(pid) == "Xorg"), signal.SIGKILL)
    processes.wait_for(lambda: system.show(UNIT, "NRestarts") == "1", 20, "a restart")
    system.wait_state(UNIT, "active")
    with wire.Connection(("127.0.0.1", slot.number)) as connection:
        connection.link(wire.constant("CHANNEL_MAIN")).authenticate("")

    system.run("stop", UNIT)
    assert (system.show(UNIT, "ActiveState"), system.show(UNIT, "Result")) == ("inactive", "success")
    assert not processes.port_in_use(slot.number)
    slot.release()
