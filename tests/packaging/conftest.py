"""Fixtures for tests of the Debian packages.

    packages        built once from the tracked files of this tree: .debs by name, .control(name), .contents(name)
    machine         a minimal Debian with what the packages depend on, an X server of its own, and the reference
"""

import contextlib
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
SOURCE = TESTS.parent
sys.path.insert(0, str(TESTS))

from support import deb822, private_root, xserver  # noqa: E402

ROOM = 4 << 30  # bytes; a Debian of 20,000 files, and what a build leaves


def working_directory():
    """In memory where there is room: to write and remove so many files takes minutes on some disks. It has the same name
    for the same build directory, so that the next start finds what a killed one has left."""
    with contextlib.suppress(OSError):
        memory = os.statvfs("/dev/shm")
        usable = not memory.f_flag & (os.ST_NOEXEC | os.ST_NODEV | os.ST_NOSUID)
        if usable and memory.f_bavail * memory.f_frsize > ROOM:
            name = hashlib.sha256(os.fsencode(xserver.BUILD)).hexdigest()[:12]
            return pathlib.Path("/dev/shm") / f"xspice-packaging-{name}"
    return xserver.BUILD / "packaging"


class Packages:
    def __init__(self, directory):
        self.directory = directory
        (self.changes,) = directory.glob("xspice_*.changes")
        self.debs = {path.name.partition("_")[0]: path for path in directory.glob("*.deb")}

    def control(self, name):
        (paragraph,) = deb822.paragraphs(_output("dpkg-deb", "--field", self.debs[name]))
        return paragraph

    def contents(self, name):
        """{path: (mode, owner)} of its files and links; no directories."""
        listed = [line.split(maxsplit=5) for line in _output("dpkg-deb", "--contents", self.debs[name]).splitlines()]
        return {words[5].partition(" -> ")[0].removeprefix("."): (words[0], words[1])
                for words in listed if not words[0].startswith("d")}


def _output(*argv):
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True, text=True, timeout=60).stdout


def copy_tree(target):
    """The tracked files as they are now: what a source package would have, and nothing that a build left."""
    listed = _output("git", "-C", SOURCE, "ls-files", "-z").split("\0")
    for name in filter(None, listed):
        if (SOURCE / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE / name, target / name, follow_symlinks=False)


@pytest.fixture(scope="session")
def work():
    directory = working_directory()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def packages(work):
    source = work / "build" / "xspice"
    copy_tree(source)
    # debhelper gives builds another HOME; ccache, where there is one, keeps what it knows.
    environment = {**os.environ, "DEB_BUILD_OPTIONS": f"parallel={os.cpu_count()} noautodbgsym",
                   "CCACHE_DIR": os.environ.get("CCACHE_DIR", os.path.expanduser("~/.cache/ccache"))}
    done = subprocess.run(["dpkg-buildpackage", "--no-sign", "--build=binary"], cwd=source, env=environment,
                          capture_output=True, text=True, check=False, timeout=1800)
    log = done.stdout + done.stderr
    assert done.returncode == 0, log[-4000:]
    assert "warning: " not in log, [line for line in log.splitlines() if "warning: " in line]
    return Packages(source.parent)


@pytest.fixture(scope="session")
def machine(work, packages):
    depends = sorted({name for package in packages.debs for name in deb822.names(packages.control(package)["Depends"])
                      if name not in packages.debs})
    # xserver-xspice is the reference; with video-dummy the machine's own X server starts without a graphics card.
    own = ["xserver-xorg-core", "xserver-xorg-video-dummy", "xserver-xorg-input-libinput", "xserver-xspice"]
    satisfy = f'chroot "$1" apt-get satisfy --yes --no-install-recommends "{", ".join(depends)}"'
    yield private_root.Root.bootstrap(work / "root", own, [satisfy, 'chroot "$1" useradd --uid 2000 --create-home alice'])
