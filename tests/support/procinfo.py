"""What /proc knows of a process."""

import contextlib
import os
import pathlib

_TICKS = os.sysconf("SC_CLK_TCK")


def _proc(pid):
    return pathlib.Path("/proc") / str(pid)


def descriptors(pid):
    return len(list((_proc(pid) / "fd").iterdir()))


def descriptor_targets(pid):
    """Sorted targets of all descriptors, for a message that says which one leaked."""
    targets = []
    for entry in (_proc(pid) / "fd").iterdir():
        try:
            targets.append(os.readlink(entry))
        except OSError:
            continue
    return sorted(targets)


def threads(pid):
    return len(list((_proc(pid) / "task").iterdir()))


def _kilobytes(path, key):
    for line in path.read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


def rss(pid):
    """Resident bytes."""
    return _kilobytes(_proc(pid) / "smaps_rollup", "Rss")


def peak_rss(pid):
    """The most bytes that were ever resident at once."""
    return _kilobytes(_proc(pid) / "status", "VmHWM")


def pss(pid):
    """Resident bytes, shared pages counted in proportion."""
    return _kilobytes(_proc(pid) / "smaps_rollup", "Pss")


def written(pid):
    """Bytes of pages that this process alone has, because it wrote to them. Unwritten pages of libraries do not count:
    whether those are private depends on who else has the library open just now."""
    return _kilobytes(_proc(pid) / "smaps_rollup", "Private_Dirty")


def cpu_seconds(pid):
    """User and system time of all threads, also of ended ones."""
    fields = (_proc(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def wakeups(pid):
    """Voluntary context switches of all live threads: how often a thread slept and was woken."""
    total = 0
    for task in (_proc(pid) / "task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                total += int(line.split()[1])
    return total


def run_delay(tid):
    """Seconds that a thread was ready to run while other threads had the processors; None where the kernel does
    not tell."""
    try:
        return int((_proc(tid) / "schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return None


def children(pid):
    """Pids of the direct children; none of one that has ended meanwhile."""
    found = []
    with contextlib.suppress(OSError):
        for task in (_proc(pid) / "task").iterdir():
            with contextlib.suppress(OSError):
                found += [int(word) for word in (task / "children").read_text().split()]
    return found


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def name(pid):
    try:
        return (_proc(pid) / "comm").read_text().strip()
    except OSError:
        return ""
