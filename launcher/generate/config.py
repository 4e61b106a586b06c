"""The example of an xspice.toml, and its manual."""
import textwrap

from xspice_launcher.option_table import GROUPS, OPTIONS, Option
from xspice_launcher.toml_text import default_line, is_for_users

_HEAD = """\
# Settings of xspice: ~/.config/xspice/xspice.toml for one user, /etc/xspice/xspice.toml for all.
# Every line that begins with # is without effect; those that set something show the default, or what is to be put
# there. See xspice.toml(5).
"""


def _of(group: str) -> list[Option]:
    return [option for option in OPTIONS if option.group == group and option.in_files and is_for_users(option)]


def example() -> str:
    lines = [_HEAD]
    for group in GROUPS:
        if _of(group):
            lines.append(f"\n# --- {group} ---\n")
            for option in _of(group):
                text = textwrap.fill(option.help, 116, initial_indent="# ", subsequent_indent="# ",
                                     break_on_hyphens=False)
                lines.append(f"\n{text}\n{default_line(option)}\n")
    return "".join(lines)


def manual(template: str) -> str:
    """`template` with its line @OPTIONS@ replaced."""
    lines = []
    for group in GROUPS:
        if _of(group):
            lines.append(f"## {group}\n\n")
            for option in _of(group):
                value = f"_{option.value}_" if option.value else "true|false"
                lines.append(f"*{option.file_key}* = {value}\n\t{_escaped(option.help)}\n\n")
    return template.replace("@OPTIONS@\n\n", "".join(lines))


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "\\*_" else character for character in text)
