"""How figures look to people."""
from collections.abc import Sequence


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], right: frozenset[str] = frozenset()) -> str:
    """Columns as wide as they must be; those in `right` have their figures one below the other."""
    cells = [[printable(str(cell)) for cell in row] for row in (heads, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = []
    for row in cells:
        padded = [cell.rjust(width) if head in right else cell.ljust(width)
                  for cell, width, head in zip(row, widths, heads)]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def facts(pairs: Sequence[tuple[str, object]]) -> str:
    """A name and a value on each line."""
    width = max(len(name) for name, _ in pairs)
    return "\n".join(f"{name:<{width}}  {printable(str(value))}".rstrip() for name, value in pairs)


def printable(text: str) -> str:
    """What came from others must not steer the terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def duration(seconds: float) -> str:
    whole = int(seconds)
    for size, unit, smaller, name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // smaller} {name}"
    return f"{whole} s"


def amount(count: float, unit: str = "B") -> str:
    """'1.2 MB': thousands, as links count."""
    for prefix in ("", "k", "M", "G"):
        if count < 999.5:
            return f"{count:.0f} {prefix}{unit}" if not prefix or count >= 99.5 else f"{count:.1f} {prefix}{unit}"
        count /= 1000
    return f"{count:.1f} T{unit}"


def plural(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
