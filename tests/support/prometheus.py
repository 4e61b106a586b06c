"""Reads the text format of Prometheus strictly: https://prometheus.io/docs/instrumenting/exposition_formats/."""

import re

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
    """Of the one sample of this name that has these labels among its own."""
    (found,) = [value for (metric, has), value in samples.items()
                if metric == name and labels.items() <= dict(has).items()]
    return found
