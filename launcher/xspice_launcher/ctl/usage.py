"""The texts of --help."""
import textwrap
from collections.abc import Sequence

from .command import Command

_WIDTH = 80
_SHOWN = ("list", "screenshot", "key", "mouse", "vv")  # have their first example in the help of all


def of_all(commands: Sequence[Command]) -> str:
    """For people who see xspicectl for the first time."""
    width = max(len(command.name) for command in commands)
    lines = [
        "Usage: xspicectl [:N] COMMAND [OPTION...] [ARGUMENT...]",
        "",
        *_wrap("Looks at a running display of xspice, and steers it. Without :N it is the display that "
               "xspicectl runs on, or else the only one there is.", 0),
        "",
        "Commands:",
        *(f"  {command.name:<{width}}  {command.summary}" for command in commands),
        "",
        "Options for every command:",
        f"  {'--json':<{width}}  print JSON, for programs",
        f"  {'--help':<{width}}  explain the command",
        "",
        "Examples:",
        *_examples([command.examples[0] for command in commands if command.name in _SHOWN]),
        "",
        *_wrap("Exit status: 0 when it was done; 1 when the display refused, or the time was up; 2 when the "
               "command line is wrong, or there is no such display.", 0),
        "",
        "More: man xspicectl",
    ]
    return "\n".join(lines) + "\n"


def of_command(command: Command) -> str:
    lines = [f"Usage: {command.usage()}", "", *_wrap(command.help, 0)]
    if command.flags:
        lines += ["", "Options:"]
        for flag in command.flags:
            lines.append(f'  {flag.name} {flag.value or ""}'.rstrip())
            lines += _wrap(flag.help, 6)
    if command.examples:
        lines += ["", "Examples:", *_examples(command.examples)]
    return "\n".join(lines) + "\n"


def _examples(examples: Sequence[tuple[str, str]]) -> list[str]:
    lines = []
    for line, meaning in examples:
        first = f"  xspicectl {line}"
        if len(first) < 40 and 40 + len(meaning) <= _WIDTH:
            lines.append(f"{first:<40}{meaning}")
        else:
            lines += [first, f"      {meaning}"]
    return lines


def _wrap(text: str, indent: int) -> list[str]:
    return [line for paragraph in text.split("\n\n")
            for line in (*textwrap.wrap(paragraph, _WIDTH, initial_indent=" " * indent,
                                        subsequent_indent=" " * indent, break_on_hyphens=False), "")][:-1]
