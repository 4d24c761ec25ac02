"""The benchmark's lines, and their table in a terminal."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.honesty.cells import Cell
from benchmarks.honesty.measures import Figure, Group
from benchmarks.honesty.promises import Kind, Verdict, broken, verdict
from benchmarks.honesty.runner import Result

HEADINGS = (
    "process", "n", "history", "rows", "truth", "not ok %", "coverage %", "bias", "width", "passes %", "fails %",
    "sensitivity", "pairs %", "verdict",
)  # fmt: skip
_WORDS = {Kind.OWN: "own form", Kind.RARE: "rare rates", Kind.SEQUENTIAL: "sequential gates"}


@dataclass(frozen=True, slots=True)
class Line:
    """The models of one stratum in a cell; the figures are rounded, so that a verdict is that of the figures shown."""

    cell: Cell
    group: Group

    @property
    def kind(self) -> str:
        name = _WORDS.get(self.cell.kind, self.cell.kind.name.lower())
        return f"{name} (beyond)" if self.cell.beyond else name

    @property
    def name(self) -> str:
        return f"{self.cell.name}, {self.group.stratum}"

    @property
    def verdict(self) -> Verdict:
        return verdict(self.group, self.cell.kind, beyond=self.cell.beyond)

    @property
    def verdict_words(self) -> str:
        why = broken(self.group, self.cell.kind)
        return f"{self.verdict.value}: {', '.join(why)}" if why else self.verdict.value


def lines_of(cell: Cell, result: Result) -> list[Line]:
    """The lines of a cell, one for each stratum."""
    return [Line(cell, _rounded(group)) for group in result.groups]


def terminal(lines: Sequence[Line]) -> str:
    table = [HEADINGS, *map(_cells, lines)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            text.ljust(width) if place < 1 else text.rjust(width)
            for place, (text, width) in enumerate(zip(one, widths, strict=True))
        )
        for one in table
    )


def summary(lines: Sequence[Line]) -> str:
    """The number of lines that keep and that break the promise, by kind."""
    counts: dict[str, Counter[str]] = {}
    for line in lines:
        counts.setdefault(line.kind, Counter())[line.verdict.value] += 1
    return "\n".join(
        f"{kind}: " + ", ".join(f"{count} {name}" for name, count in sorted(row.items()))
        for kind, row in counts.items()
    )


def figure_text(figure: Figure) -> str:
    if figure.value is None:
        return ""
    return f"{figure.value:.1f} ± {figure.error or 0.0:.1f}"


def _cells(line: Line) -> tuple[str, ...]:
    group = line.group
    measured = (group.refused, group.coverage, group.bias, group.width, group.passes, group.fails)
    return (
        line.name,
        str(line.cell.n),
        line.cell.source.value,
        str(group.rows),
        f"{group.truth:.1f}",
        *map(figure_text, measured),
        "" if group.sensitivity is None else f"{group.sensitivity:.2f}",
        figure_text(group.pairs),
        line.verdict_words,
    )


def _rounded(group: Group) -> Group:
    return replace(
        group,
        truth=round(group.truth, 1),
        refused=_round(group.refused),
        coverage=_round(group.coverage),
        bias=_round(group.bias),
        width=_round(group.width),
        passes=_round(group.passes),
        fails=_round(group.fails),
        sensitivity=None if group.sensitivity is None else round(group.sensitivity, 2),
        pairs=_round(group.pairs),
    )


def _round(figure: Figure) -> Figure:
    return figure if figure.value is None else Figure(round(figure.value, 1), round(figure.error or 0.0, 1))
