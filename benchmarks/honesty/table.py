"""The benchmark's table, in a terminal and in markdown."""

from collections.abc import Sequence

from benchmarks.honesty.cells import Cell
from benchmarks.honesty.measures import Figure, Group
from benchmarks.honesty.promises import broken, verdict
from benchmarks.honesty.runner import Result

HEADINGS = (
    "process", "n", "history", "rows", "truth", "not ok %", "coverage %", "bias", "width", "passes %", "fails %",
    "sensitivity", "pairs %", "verdict",
)  # fmt: skip
LEFT = 3


def lines_of(cell: Cell, result: Result) -> list[tuple[str, ...]]:
    """The table's lines of a cell, one for each stratum."""
    return [_line(cell, group) for group in result.groups]


def markdown(lines: Sequence[Sequence[str]]) -> str:
    rule = ["---" if place < LEFT and place != 1 else "---:" for place in range(len(HEADINGS))]
    return "\n".join(f"| {' | '.join(one)} |" for one in (HEADINGS, rule, *lines))


def terminal(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(HEADINGS, *lines, strict=True)]
    return "\n".join(
        "  ".join(
            text.ljust(width) if place < 1 else text.rjust(width)
            for place, (text, width) in enumerate(zip(one, widths, strict=True))
        )
        for one in (HEADINGS, *lines)
    )


def summary(results: Sequence[tuple[Cell, Result]]) -> str:
    """The number of lines that keep and that break the promise, by kind."""
    counts: dict[str, dict[str, int]] = {}
    for cell, result in results:
        for group in result.groups:
            row = counts.setdefault(cell.kind.name.lower(), {})
            name = verdict(group, cell.kind, beyond=cell.beyond).value
            row[name] = row.get(name, 0) + 1
    return "\n".join(
        f"{kind}: " + ", ".join(f"{count} {name}" for name, count in sorted(row.items()))
        for kind, row in counts.items()
    )


def _line(cell: Cell, group: Group) -> tuple[str, ...]:
    why = broken(group, cell.kind)
    said = verdict(group, cell.kind, beyond=cell.beyond).value
    return (
        f"{cell.name}, {group.stratum}",
        str(cell.n),
        cell.source.value,
        str(group.rows),
        f"{group.truth:.1f}",
        *map(_figure, (group.refused, group.coverage, group.bias, group.width, group.passes, group.fails)),
        "" if group.sensitivity is None else f"{group.sensitivity:.2f}",
        _figure(group.pairs),
        f"{said}: {', '.join(why)}" if why else said,
    )


def _figure(figure: Figure) -> str:
    if figure.value is None:
        return ""
    return f"{figure.value:.1f} ± {figure.error or 0.0:.1f}"
