"""Prints what the server costs, and how quickly it answers. Not a test: the figures are for people to read.

    XSPICE_BUILD_DIR=build/test tests/clients/measure.py [--seconds 10] [--keys 300]

start-to-ready   from exec of `xspice` until X and the SPICE port accept connections (several starts), and of Xorg
                 with the module alone
idle             processor time and wake-ups per second of all threads of Xorg, without and with a client
memory           RSS and PSS of all its processes at the start; those of Xorg then, with a client, at its highest while
                 something draws, and when the client has gone
key to pixel     from a key press in the client to the changed pixel in the client's canvas, over loopback; an X
                 client paints a window for every key that it gets
8 clients        the processor time of Xorg while a film plays and text scrolls, with one client and with eight
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import processes, procinfo, spice_client, xdisplay, xserver  # noqa: E402
from support.exact import wait_rest  # noqa: E402
from support.film import Film  # noqa: E402

KEY = 0x1E


def milliseconds(values):
    ordered = sorted(1000 * value for value in values)
    return (f"p50 {statistics.median(ordered):.2f} ms, p99 {ordered[int(0.99 * (len(ordered) - 1))]:.2f} ms, "
            f"max {ordered[-1]:.2f} ms ({len(ordered)})")


def start_to_ready(make, starts):
    times = []
    for _ in range(starts):
        server = make().start()
        times.append(server.ready_after)
        server.stop()
    return milliseconds(times)


def idle(server, seconds):
    time.sleep(1)
    cpu, wakeups = procinfo.cpu_seconds(server.pid), procinfo.wakeups(server.pid)
    time.sleep(seconds)
    return (f"{1000 * (procinfo.cpu_seconds(server.pid) - cpu) / seconds:.1f} ms processor time/s, "
            f"{(procinfo.wakeups(server.pid) - wakeups) / seconds:.2f} wake-ups/s")


def memory(*pids):
    return (f"RSS {sum(map(procinfo.rss, pids)) / 1e6:.1f} MB, "
            f"PSS {sum(map(procinfo.pss, pids)) / 1e6:.1f} MB")


def painter(name):
    """The X client of key_to_pixel(): another colour for every key press, until the server goes."""
    with xdisplay.Display(name) as x:
        window = x.window(100, 100, 200, 100, 0x101010)
        print("ready", flush=True)
        colour = 0x101010
        while True:
            for event in x.wait_events():
                if event["type"] == "key-press":
                    colour = (colour + 0x070503) & 0xFFFFFF
                    x.paint_window(window, colour)


def key_to_pixel(server, client, keys):
    window = processes.spawn([sys.executable, __file__, "--painter", server.name], mark=processes.new_mark(),
                             log=server.directory / "painter.txt", env=server.client_environment(),
                             stdout=subprocess.PIPE)
    try:
        assert window.stdout.readline() == b"ready\n"
        wait_rest(server)
        times = []
        for _ in range(keys):
            times.append(client.timed_key(KEY, 150, 150))
            time.sleep(0.01)
        assert None not in times, f"{times.count(None)} of {keys} keys changed nothing"
        return milliseconds(times)
    finally:
        window.kill()
        window.wait(10)


def peak_memory(server, seconds):
    """The highest RSS while text scrolls and x11perf draws."""
    server.run("xterm", "-geometry", "120x50+0+0", "-e", "sh", "-c", "while :; do seq 1000; done")
    highest = 0
    running = True

    def watch():
        nonlocal highest
        while running:
            highest = max(highest, procinfo.rss(server.pid))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        server.call("x11perf", "-repeat", "1", "-time", str(max(seconds // 4, 1)), "-putimage500", "-scroll500",
                    "-aa10text", "-copypixwin500", within=120)
    finally:
        running = False
        watcher.join()
    server.end_clients()
    return f"RSS {highest / 1e6:.1f} MB"


def busy(size, seconds, clients, directory):
    """Processor time of Xorg, in seconds per second, while so many clients watch; and what they were sent of it."""
    server = xserver.Launched(size=size)
    viewers = []
    try:
        server.start()
        for _ in range(clients):
            viewers.append(spice_client.Client(directory))
            viewers[-1].connect(*server.address)
        for viewer in viewers:
            viewer.wait_ready()
        server.run("xterm", "-geometry", "80x24+660+500", "-e", "sh", "-c", "while :; do date +%N; sleep 0.03; done")
        film = Film(server, 640, 360, 15)
        film.wait_more(30)
        cpu, updates = procinfo.cpu_seconds(server.pid), [viewer.state()["updates"] for viewer in viewers]
        time.sleep(seconds)
        cpu = (procinfo.cpu_seconds(server.pid) - cpu) / seconds
        told = [viewer.state()["updates"] - before for viewer, before in zip(viewers, updates)]
        film.stop()
        server.end_clients()
        return cpu, min(told) / seconds
    finally:
        for viewer in viewers:
            viewer.close()
        server.stop()


def crowd(size, seconds, directory):
    (one, told), (eight, least) = (busy(size, seconds, clients, directory) for clients in (1, 8))
    return (f"{eight / one:.2f} times the processor time of one ({1000 * one:.0f} and {1000 * eight:.0f} ms/s); "
            f"areas drawn per second: {told:.0f}, of eight the fewest {least:.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10, help="how long to watch the idle server")
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--painter", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.painter:
        painter(arguments.painter)
        return

    def row(name, value):
        print(f"{name:<34}{value}", flush=True)

    row("start to ready, xspice", start_to_ready(lambda: xserver.Launched(size=arguments.size), arguments.starts))
    row("start to ready, Xorg alone", start_to_ready(lambda: xserver.Direct(size=arguments.size), arguments.starts))
    server = xserver.Launched(size=arguments.size)
    with tempfile.TemporaryDirectory() as directory:
        try:
            server.start()
            row("memory at the start", memory(server.process.pid, *procinfo.descendants(server.process.pid)))
            row("memory at the start, Xorg", memory(server.pid))
            row("idle without a client", idle(server, arguments.seconds))
            client = spice_client.Client(directory)
            client.connect(*server.address)
            row("client connected and shown after", f"{1000 * client.wait_ready():.0f} ms")
            row("memory with a client, Xorg", memory(server.pid))
            row("idle with a client", idle(server, arguments.seconds))
            row("key to pixel, idle", key_to_pixel(server, client, arguments.keys))
            row("peak memory while drawing, Xorg", peak_memory(server, arguments.seconds))
            row("memory after that, Xorg", memory(server.pid))
            client.close()
            time.sleep(1)
            row("memory without the client, Xorg", memory(server.pid))
            server.stop()
            row("8 clients", crowd(arguments.size, arguments.seconds, directory))
        finally:
            server.abandon()


if __name__ == "__main__":
    main()
