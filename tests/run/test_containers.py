"""What containers take away: root, writable directories, /tmp/.X11-unix, a place for the X server's files."""

import os
import re

import pytest
from conftest import ORDINARY_USER

# Makes everything read-only but what WRITABLE names, then runs the rest as user OWNER, and shows what is left there.
# Program and modules may be below what is covered then: they are seen below /mnt.
SCRIPT = """
set -e
mount --make-rprivate /
mount --bind "${1%/launcher/*}" /mnt
shift
export XSPICE_MODULE_PATH=/mnt/modules
for place in $WRITABLE; do mount -t tmpfs -o mode=1777 tmpfs $place; done
[ -z "$READ_ONLY" ] || for place in / /dev/shm; do
    case " $WRITABLE " in *" $place "*) ;; *) mount -o remount,bind,ro $place ;; esac
done
eval "$PREPARE"
set +e
$EXEC setpriv --reuid=$OWNER --regid=$OWNER --clear-groups $LIMIT /mnt/launcher/xspice-run "$@"
status=$?
for place in $WRITABLE; do find $place -mindepth 1 ! -name .X11-unix; done
exit $status
"""

NAMESPACE = ["--pid", "--fork", "--mount-proc", "--kill-child"]

SHOW = ["sh", "-c", "touch /tmp/here 2>/dev/null && rm /tmp/here && echo writable; id -u; xdpyinfo | grep dimensions; "
                    "ls -d /tmp/.X11-unix/X${DISPLAY#:}; exit 7"]


@pytest.fixture(params=[0, ORDINARY_USER], ids=["root", "ordinary user"])
def contained(request, xspice_run):
    assert os.getuid() == 0, "only root can make a mount namespace"

    def start(*arguments, writable=(), read_only=True, prepare="", limit="", process_1=False, environment=None):
        variables = {"WRITABLE": " ".join(map(str, writable)), "READ_ONLY": "yes" if read_only else "",
                     "PREPARE": prepare, "OWNER": request.param, "LIMIT": limit, "TMPDIR": None,
                     "EXEC": "exec" if process_1 else "", **(environment or {})}
        return xspice_run(*arguments, owner=request.param, environment=variables, runtime_directory=False,
                          prefix=["unshare", "--mount", *(NAMESPACE if process_1 else ()), "sh", "-c", SCRIPT, "sh"])
    start.uid = request.param
    return start


def shown(contained, writable=False, file=False):
    """What SHOW prints; `file`: whether there is a socket file."""
    return "".join((
        "writable\n" if writable else "", f"{contained.uid}\n", r"  dimensions:    1280x1024 pixels \(338x270 millimeters\)\n",
        r"/tmp/.X11-unix/X\d+\n" if file else ""))


def test_read_only_root_with_a_tmp(contained):
    """docker run --read-only --tmpfs /tmp. Only root would be trusted to make /tmp/.X11-unix."""
    run = contained(*SHOW, writable=["/tmp"])
    assert run.wait() == 7
    assert re.fullmatch(shown(contained, writable=True, file=contained.uid == 0), run.said), run.said + run.complained


def test_read_only_root_and_tmp(contained, shared_directory):
    """Only XDG_RUNTIME_DIR can be written to."""
    run = contained(*SHOW, writable=[shared_directory], environment={"XDG_RUNTIME_DIR": shared_directory})
    assert run.wait() == 7
    assert re.fullmatch(shown(contained), run.said), run.said + run.complained


def test_read_only_root_and_nothing_said(contained):
    """docker run --read-only, where only /dev/shm can be written to."""
    run = contained(*SHOW, writable=["/dev/shm"])
    assert run.wait() == 7
    assert re.fullmatch(shown(contained), run.said), run.said + run.complained


def test_nothing_that_can_be_written_to(contained):
    run = contained("true")
    assert (run.wait(), run.said) == (2, "")
    assert re.fullmatch("xspice-run: TMPDIR: no directory can be written to: .*; set XDG_RUNTIME_DIR to one of yours\n",
                        run.complained)


@pytest.fixture
def without_namespaces(shared_directory):
    """A program that runs others where no user namespace can be made."""
    limit = shared_directory / "limit"
    limit.write_text('#!/bin/sh\nexec unshare --user --map-root-user sh -c '
                     '\'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"\' sh "$@"\n')
    limit.chmod(0o755)
    return limit


def test_read_only_tmp_where_namespaces_are_not_allowed(contained, without_namespaces):
    run = contained("true", writable=["/dev/shm"], limit=without_namespaces)
    assert (run.wait(), run.said) == (2, "")
    assert re.fullmatch(r"xspice-run: /var/lib/xkb: cannot be written to, nor can /tmp, and the X server may not have "
                        r"one of its own \(.*\); mount a tmpfs at /tmp\n", run.complained)


@pytest.mark.parametrize("prepare", ["chmod 0755 /tmp/.X11-unix", "rmdir /tmp/.X11-unix; touch /tmp/.X11-unix"],
                         ids=["of root alone", "no directory"])
def test_socket_directory_that_cannot_be_used(contained, prepare):
    run = contained(*SHOW, writable=["/tmp"], read_only=False, prepare=f"mkdir -m 1777 /tmp/.X11-unix; {prepare}; "
                                                                       "rm -f /tmp/.X11-unix/*")
    assert run.wait() == 7
    usable = contained.uid == 0 and "chmod" in prepare
    assert re.fullmatch(shown(contained, writable=True, file=usable), run.said), run.said + run.complained


def test_socket_directory_that_can_be_used(contained):
    run = contained(*SHOW, writable=["/tmp"], prepare="mkdir -m 1777 /tmp/.X11-unix")
    assert run.wait() == 7
    assert re.fullmatch(shown(contained, writable=True, file=True), run.said), run.said + run.complained


def test_all_of_it_as_process_1(contained):
    """docker run --read-only --user 1000 ... with xspice-run as the entry point."""
    script = ("cat /proc/1/comm; setsid -f sleep 1000; trap 'echo asked; exit 6' TERM; "
              "xdpyinfo > /dev/null && kill -TERM 1; while :; do sleep 0.05; done")
    run = contained("sh", "-c", script, writable=["/dev/shm"], process_1=True)
    assert (run.wait(), run.complained) == (6, "")
    assert run.said == "xspice-run\nasked\n"
