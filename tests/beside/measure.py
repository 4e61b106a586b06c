#!/usr/bin/python3
"""What sessions cost, beside those of other servers: each server and a real viewer of it in two network namespaces.

    XSPICE_BUILD_DIR=build/test tests/beside/measure.py --server xspice,reference,xvfb --workload terminal,gtk \\
        --link lan,wan --rounds 3 [--json FILE]

The servers take turns; the table has medians. What is not installed is left out. Needs root, for the namespaces; no
packet leaves them. Viewers are spice-gtk for xspice and the reference (Xspice with spice-server), TigerVNC's and xpra's
own for those. Links: lan, as fast as the kernel copies; wan, 20 Mbit/s and 20 ms there and back; far, 5 Mbit/s and
100 ms.

bytes      that the server has sent, with the headers of IP, until all was at rest again
CPU        seconds of processor time of the server with all that it has started
seen       pictures that the viewer has shown, of those that were drawn, or that came of as many keys
p50, p99   ms from when a picture began to be drawn, or a key was pressed, until the viewer has shown it
wrong      pixels that differ from the server's when all is at rest
memory     MB resident: at the start, with the viewer, and the most at any time
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import network  # noqa: E402
import servers  # noqa: E402
import workloads  # noqa: E402
from session import Session  # noqa: E402


def _size(value):
    if value < 1e4:
        return f"{value:.0f}"
    return f"{value / 1e6:.2f} M" if value >= 1e6 else f"{value / 1e3:.0f} k"


# What a result may have, in the order of columns: heading, and how it is written.
COLUMNS = {
    "bytes": ("bytes", _size),
    "cpu": ("CPU s", "{:.2f}".format),
    "seconds": ("drawing s", "{:.1f}".format),
    "seen": ("seen", "{:.0f}".format),
    "p50": ("p50 ms", "{:.1f}".format),
    "p99": ("p99 ms", "{:.1f}".format),
    "wrong": ("wrong", "{:.0f}".format),
    "start": ("start s", "{:.2f}".format),
    "memory": ("memory", "{:.0f}".format),
    "memory_viewer": ("with a viewer", "{:.0f}".format),
    "peak": ("peak", "{:.0f}".format),
    "operations": ("operations/s", "{:.0f}".format),
    "note": ("", str),
}


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def measure(server, workload, link, viewer, tenth):
    with tempfile.TemporaryDirectory(prefix="xspice-beside-") as directory:
        with Session(server, link, directory, viewer, tenth) as session:
            workloads.WORKLOADS[workload](session)
            return session.result


def median(results, key):
    values = [result[key] for result in results if key in result]
    if not values:
        return None
    return values[-1] if isinstance(values[-1], str) else statistics.median(values)


def table(link, workload, by_server):
    """Lines of Markdown."""
    medians = {server: {key: median(results, key) for key in COLUMNS} for server, results in by_server.items()}
    keys = [key for key in COLUMNS if any(row[key] is not None for row in medians.values())]
    lines = [f"**{workload}, {link}**: {workloads.WORKLOADS[workload].__doc__}", "",
             "| | " + " | ".join(COLUMNS[key][0] for key in keys) + " |", "|---" * (len(keys) + 1) + "|"]
    for server, row in medians.items():
        cells = [COLUMNS[key][1](row[key]) if row[key] is not None else "–" for key in keys]
        lines.append(f"| {server} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def choice(known):
    def parse(text):
        wanted = text.split(",")
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(known)}")
        return wanted
    return parse


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, known, default in (("server", servers.SERVERS, "xspice,reference,tigervnc,xvfb"),
                                 ("workload", workloads.WORKLOADS, "terminal,scroll-redraw,gtk,browser"),
                                 ("link", network.LINKS, "lan")):
        parser.add_argument(f"--{name}", type=choice(known), default=default, metavar="NAME,...",
                            help=f"of: {', '.join(known)}; default: {default}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-viewer", action="store_true", help="nobody looks at any server")
    parser.add_argument("--tenth", action="store_true", help="shorter workloads, to see that all works")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every single result there, too")
    return parser.parse_args()


def present(wanted):
    for server in wanted:
        if programs := servers.missing(server):
            say(f"{server} is left out: {', '.join(programs)} missing")
        else:
            yield server


def run_all(given, cases):
    """{case: its results}; a run that failed is told, and the others go on."""
    results = {case: [] for case in cases}
    for number in range(given.rounds * len(cases)):
        workload, link, server = case = cases[number % len(cases)]
        say(f"{number + 1} of {given.rounds * len(cases)}: {workload}, {link}, {server}")
        try:
            results[case].append(measure(server, workload, link, not given.without_viewer, given.tenth))
        except (AssertionError, OSError, LookupError, RuntimeError, subprocess.SubprocessError) as error:
            results[case].append({"note": "failed"})
            say(f"failed: {str(error)[:300]}")
        if given.json:
            given.json.write_text(json.dumps([{"workload": case[0], "link": case[1], "server": case[2], "runs": runs}
                                              for case, runs in results.items()], indent=1) + "\n")
    return results


def main():
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that all is ended and taken away
    if os.getuid() != 0:
        sys.exit("measure.py makes network namespaces: start it as root")
    given.server = list(present(given.server))
    cases = [(workload, link, server) for workload in given.workload for link in given.link for server in given.server
             if servers.SERVERS[server].viewer or (workload in workloads.ALONE and link == given.link[0])]
    results = run_all(given, cases)
    for workload in given.workload:
        for link in given.link:
            by_server = {case[2]: runs for case, runs in results.items() if case[:2] == (workload, link)}
            if by_server:
                print(table(link, workload, by_server), flush=True)
    return int(any(result.get("note") == "failed" for runs in results.values() for result in runs))


if __name__ == "__main__":
    sys.exit(main())
