"""The text of --help."""
from .option_table import GROUPS, OPTIONS


def text(width: int = 80) -> str:
    """The text of --help, for people who see xspice for the first time."""
    lines = [
        "Usage: xspice [:N] [OPTION...] [-- COMMAND...]",
        "",
        *wrapped("Starts an X display that SPICE clients such as remote-viewer connect to. Without :N the first "
                 "free display is used. It prints how to connect as soon as X programs and SPICE clients can, "
                 "and runs until COMMAND ends, or until it is interrupted (Ctrl-C).", 0, width),
        "",
        "Examples:",
        "  xspice -- xterm                         a terminal to connect to from here",
        "  xspice :1 --port 5900 --session openbox-session",
        "  xspice --addr 0.0.0.0 --tls-auto        for clients on other machines, too",
    ]
    lines += listed(GROUPS[:-1], OPTIONS, width)
    lines += [
        "",
        f"{GROUPS[-1]}, and either without effect here or refused (see the manual):",
        *wrapped(", ".join(option.name for option in OPTIONS if option.group == GROUPS[-1]), 2, width),
        "",
        *wrapped("Each option can be set in the environment, as XSPICE_SOME_NAME, and in "
                 "~/.config/xspice/xspice.toml or /etc/xspice/xspice.toml, as some-name. --switch=no takes back a "
                 "switch that is set there.", 0, width),
        "",
        *wrapped("Exit status: that of COMMAND (128 and the number of the signal if one ended it); 2 when the "
                 "display could not be started; 1 when the X server ended by itself.", 0, width),
        "",
        *wrapped("xspicectl looks at a running display and steers it. xspice-run gives one command a display, as "
                 "xvfb-run does.", 0, width),
        "",
        "More: man xspice, man xspice.toml",
    ]
    return "\n".join(lines) + "\n"


def listed(groups: tuple[str, ...], options: tuple, width: int) -> list[str]:
    """Options of this kind or of xspice-run's, by their groups."""
    lines = []
    for group in groups:
        lines += ["", f"{group}:"]
        for option in options:
            if option.group == group:
                head = ", ".join(filter(None, (option.short, option.name)))
                lines.append(f"  {head}{option.written_value}")
                lines += wrapped(option.help, 6, width)
    return lines


def wrapped(text: str, indent: int, width: int) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and indent + len(line) + 1 + len(word) > width:
            lines.append(" " * indent + line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, " " * indent + line]
