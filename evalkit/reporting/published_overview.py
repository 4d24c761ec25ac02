"""The published rows beside an overview, as columns, values and notes."""

from typing import Any

from evalkit.boards import Overview, PublishedCell, PublishedLine
from evalkit.reporting.columns import Column
from evalkit.reporting.neighbours import APART, NOTHING, PUBLISHED
from evalkit.text import percent, plural, printable, stored

# behind a number that cannot be compared with those of its column; the notes say why
INCOMPARABLE = "≠"


def published_columns(overview: Overview) -> list[Column]:
    """Return the published models with a number for each column that some of them have; none without such rows."""
    if not overview.published:
        return []
    places = [place for place in range(len(overview.columns)) if any(line.cells[place] for line in overview.published)]
    return [
        Column("published model", tuple(printable(line.model) for line in overview.published), left=True),
        Column("table", tuple(printable(line.table) for line in overview.published), left=True),
        *(
            Column(
                printable(overview.title(overview.columns[place])),
                tuple(_text(line.cells[place]) for line in overview.published),
            )
            for place in places
        ),
    ]


def _text(cell: PublishedCell | None) -> str:
    if cell is None:
        return NOTHING
    return f"{percent(cell.number.value)}{'' if cell.comparable else f' {INCOMPARABLE}'}"


def published_notes(overview: Overview) -> list[str]:
    """Return the source and the date of each table, and why its numbers cannot be compared with those of a board."""
    lines = []
    for column in (one for one in overview.columns if one.ranks):
        for beside in column.board.neighbours:
            table = beside.table
            when = f", {table.date}" if table.date else ""
            lines.append(
                f"published: {table.title or table.name}{when}, {plural(len(table.rows), 'model')} in all; source: "
                f"{table.source or 'not given'}"
            )
            if beside.apart:
                board = overview.board_title(column)
                lines.append(f"{INCOMPARABLE} {table.title or table.name} beside {board}: {'; '.join(beside.apart)}")
    if overview.published:
        lines.append("published rows have no rank here, and no test and no aggregate uses them")
    return list(dict.fromkeys(lines))


def published_values(overview: Overview) -> list[dict[str, Any]]:
    """Return a dictionary for each published number, with the columns of an overview's csv."""
    return [values for line in overview.published for values in _values(overview, line)]


def _values(overview: Overview, line: PublishedLine) -> list[dict[str, Any]]:
    return [
        {
            "model": line.model,
            "benchmark": column.benchmark,
            "judge": cell.table.judge,
            "judge_digest": None,
            "baseline": cell.table.baseline,
            "metric": column.metric.name,
            "part": None,
            **{name: stored(getattr(cell.number, name)) for name in ("value", "lower", "upper", "stderr")},
            "n": cell.n,
            "n_missing": None,
            "rank": None,
            "status": PUBLISHED if cell.comparable else APART,
        }
        for column, cell in zip(overview.columns, line.cells, strict=True)
        if cell is not None
    ]
