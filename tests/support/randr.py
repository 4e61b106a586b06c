"""What xrandr says of a screen."""

import re


class Head:
    def __init__(self, line):
        found = re.match(r"(\S+) (connected|disconnected)( primary)?(?: (\d+)x(\d+)\+(\d+)\+(\d+))?.*?"
                         r"(?:(\d+)mm x (\d+)mm)?$", line)
        self.name, self.connected = found[1], found[2] == "connected"
        self.geometry = tuple(map(int, found.groups()[3:7])) if found[4] else None
        self.millimetres = tuple(map(int, found.groups()[7:9])) if found[8] else None


def screen(server):
    """((width, height), heads by name)."""
    text = server.xrandr()
    size = re.search(r"current (\d+) x (\d+)", text)
    heads = [Head(line) for line in text.splitlines() if re.match(r"\S+ (dis)?connected", line)]
    return (int(size[1]), int(size[2])), {head.name: head for head in heads}
