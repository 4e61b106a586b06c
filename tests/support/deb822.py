"""Debian's control files."""

import re


def paragraphs(text):
    """[{field: value}]; lines of a value are joined by blanks."""
    found = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        fields = re.sub(r"\n[ \t]+", " ", "\n".join(lines)).splitlines()
        found.append({name: value.strip() for name, _, value in (field.partition(":") for field in fields)})
    return found


def names(relations):
    """The packages that a field such as Depends names, without versions and substitution variables."""
    alternatives = re.split(r"[,|]", relations)
    found = [re.match(r"\s*([a-z0-9][a-z0-9+.-]*)", alternative) for alternative in alternatives]
    return [match[1] for match in found if match]
