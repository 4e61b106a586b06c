"""The text format of Prometheus, read strictly: https://prometheus.io/docs/instrumenting/exposition_formats/."""

import re

from test_requests import CLIENTS, STATUS
from xspice_launcher.ctl import metrics

LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"'
NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"


def parse(text):
    """{(name, labels): value}; asserts everything that the format demands."""
    assert text.endswith("\n")
    kinds, helped, samples, current, done = {}, set(), {}, None, set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = re.fullmatch(r"# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\\n]|\\[\\n])+)", line)[1]
            assert name not in helped
            helped.add(name)
        elif line.startswith("# TYPE "):
            name, kind = re.fullmatch(r"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge)", line).groups()
            assert name in helped and name not in kinds and name not in done  # before its samples, and once
            assert (kind == "counter") == name.endswith("_total")
            kinds[name] = kind
            done.add(current)
            current = name
        else:
            name, labels, value = re.fullmatch(
                rf"([a-zA-Z_:][a-zA-Z0-9_:]*)\{{((?:{LABEL}(?:,|(?=\}})))*)\}} ({NUMBER})", line).group(1, 2, 5)
            assert name == current  # all of one metric are together
            found = re.findall(LABEL, labels)
            assert len(dict(found)) == len(found)
            key = name, tuple(sorted(found))
            assert key not in samples
            samples[key] = float(value)
    assert helped == set(kinds)
    return samples


def value(samples, name, **labels):
    (found,) = [value for (metric, has), value in samples.items() if metric == name and labels.items() <= dict(has).items()]
    return found


def test_figures_of_a_display_and_its_clients():
    samples = parse(metrics.exposition(metrics.of_display(5, STATUS, {"clients": CLIENTS})))
    assert value(samples, "xspice_uptime_seconds", display=":5") == 3725.5
    assert value(samples, "xspice_info", version="0.1.0") == 1
    assert value(samples, "xspice_clients") == 2
    assert value(samples, "xspice_commits_total") == 99
    assert value(samples, "xspice_client_sent_bytes_total", client="3", address="192.0.2.7:5123",
                 user="alice") == 1_234_567
    assert value(samples, "xspice_client_image_bytes_total", client="3", codec="jpeg") == 7
    assert value(samples, "xspice_client_encode_seconds_total", client="3") == 0.0125
    assert value(samples, "xspice_client_rtt_seconds", client="3") == 0.00025
    assert value(samples, "xspice_client_encrypted", client="3") == 1
    assert value(samples, "xspice_client_view_only", client="12", user="") == 1
    # What is not known is left out.
    assert not [key for key in samples if key[0] == "xspice_client_rtt_seconds" and ("client", "12") in key[1]]


def test_several_displays_are_put_together():
    samples = metrics.of_display(5, STATUS, {"clients": CLIENTS}) + metrics.of_display(6, STATUS, {"clients": CLIENTS})
    assert len(parse(metrics.exposition(samples))) == len(samples)


def test_names_cannot_break_out():
    nasty = 'a"b\\c\nd} 7'
    samples = parse(metrics.exposition(metrics.of_display(5, {}, {"clients": [{**CLIENTS[0], "user": nasty}]})))
    (user,) = {dict(labels)["user"] for name, labels in samples if name == "xspice_client_frames_total"}
    assert user == 'a\\"b\\\\c\\nd} 7'


def test_no_figures():
    assert metrics.exposition([]) == ""
