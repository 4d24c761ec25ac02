"""The published rows beside a board: their table, its title and its notes, the same for every form of the board."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.boards import Board, BoardRow, Metric, Neighbours
from evalkit.formats import PublishedNumber, PublishedRow
from evalkit.reporting.columns import ITSELF, Column, board_metrics, interval_name, row_status
from evalkit.reporting.reasons import KINDS
from evalkit.text import DECIMALS_STORED, interval, percent, plural, printable
from evalkit.types import StatusKind

HERE, PUBLISHED, NOTHING = "here", "published", "-"
APART = "published, not comparable"
_UNKNOWN = "not given"


@dataclass(frozen=True, slots=True)
class NeighboursTable:
    """The published rows of one table with a board's own among them, as columns; no column if there are no rows."""

    title: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line: the number that orders it, and its texts by the titles of the columns."""

    value: float
    cells: Mapping[str, str]


def neighbour_tables(board: Board) -> list[NeighboursTable]:
    """Return a table for each published table beside the board.

    Where the numbers can be compared, the board's own models stand among the published ones at the places of their
    numbers; otherwise the published rows stand alone.
    """
    return [_table(board, beside) for beside in board.neighbours]


def neighbour_values(board: Board) -> list[dict[str, Any]]:
    """Return the published rows beside a board as values by column, of which our rows have the first ones too."""
    return [_values(board, beside, row) for beside in board.neighbours for row in beside.rows]


def neighbours_document(board: Board) -> list[dict[str, Any]]:
    """Return the published tables beside a board for a JSON reader, with the reasons why they cannot be compared."""
    return [
        {
            "table": beside.table.name,
            "title": beside.table.title or None,
            "benchmark": beside.table.benchmark,
            "judge": beside.table.judge or None,
            "baseline": beside.table.baseline,
            "instructions": beside.table.instructions,
            "date": beside.table.date or None,
            "source": beside.table.source or None,
            "note": beside.table.note or None,
            "comparable": not beside.apart,
            "not_comparable_because": list(beside.apart),
            "rows": [_values(board, beside, row) for row in beside.rows],
        }
        for beside in board.neighbours
    ]


def short_name(name: str, names: Iterable[str]) -> str:
    """Return the end of a file's path that no other one has: the store keeps paths without what leads out of a folder,
    so that the whole of one may be no path at all.
    """
    parts = name.split("/")
    tails = ("/".join(parts[-n:]) for n in range(1, len(parts) + 1))
    return next((tail for tail in tails if sum(f"/{other}".endswith(f"/{tail}") for other in names) == 1), name)


def published_length(row: PublishedRow) -> str:
    """Return the average length of a published model's answers, with its unit where that is not characters."""
    if row.avg_chars is not None:
        return f"{row.avg_chars:.0f}"
    return NOTHING if row.avg_tokens is None else f"{row.avg_tokens:.0f} tokens"


def _table(board: Board, beside: Neighbours) -> NeighboursTable:
    table = beside.table
    metrics = [metric for metric in board_metrics(board) if metric.name in table.metrics]
    lines = [_published_line(row, beside, board, metrics) for row in beside.rows]
    if beside.rows and not beside.apart:
        lines += [line for row in board.rows if (line := _own_line(row, board, metrics)) is not None]
    lines.sort(key=lambda line: -line.value)
    titles = list(lines[0].cells) if lines else []
    columns = tuple(
        Column(title, tuple(line.cells[title] for line in lines), left=title in ("model", "from")) for title in titles
    )
    names = [other.table.name for other in board.neighbours]
    title = table.title or short_name(table.name, names)
    when = f" of {table.date}" if table.date else ""
    against = f" against {table.baseline}" if table.baseline else ""
    return NeighboursTable(
        printable(f"published beside: {title}{when}, judge {table.judge or _UNKNOWN}{against}"),
        columns,
        tuple(map(printable, _notes(beside, names))),
    )


def _notes(beside: Neighbours, names: Sequence[str]) -> list[str]:
    table = beside.table
    reasons = "; ".join(beside.apart)
    if not beside.rows:
        name = table.title or short_name(table.name, names)
        return [f"no row of {name} is shown: {reasons}" if reasons else f"no row of {name} is near"]
    first = (
        f"not comparable with this board: {reasons}"
        if beside.apart
        else "published rows have no rank, and no test compares them with the models judged here"
    )
    source = f"source: {table.source or _UNKNOWN}, {table.date or 'without a date'}"
    return [first, *([table.note] if table.note else []), f"{source}; {plural(len(table.rows), 'model')} in all"]


def _published_line(row: PublishedRow, beside: Neighbours, board: Board, metrics: Sequence[Metric]) -> _Line:
    number = row.numbers[board.metric.name]
    same = f", here as {beside.same[row.model]}" if row.model in beside.same else ""
    cells = {
        "model": row.model,
        board.metric.title: percent(number.value),
        interval_name(board): _interval(number),
        **{
            metric.title: percent(row.numbers[metric.name].value) if metric.name in row.numbers else NOTHING
            for metric in metrics
            if metric != board.metric
        },
        "n": NOTHING if row.n is None else str(row.n),
        "avg chars": published_length(row),
        "from": f"{APART if beside.apart else PUBLISHED}{same}",
    }
    return _Line(number.value, {title: printable(cell) for title, cell in cells.items()})


def _own_line(row: BoardRow, board: Board, metrics: Sequence[Metric]) -> _Line | None:
    estimate = row.measured(board.metric).estimate
    if estimate.value is None or row.entry.refused:
        return None
    length = row.entry.avg_length
    cells = {
        "model": row.entry.model,
        board.metric.title: percent(estimate.value),
        interval_name(board): interval(estimate),
        **{metric.title: percent(row.measured(metric).estimate.value) for metric in metrics if metric != board.metric},
        "n": str(row.entry.sample.n),
        "avg chars": NOTHING if length is None else f"{length:.0f}",
        "from": HERE
        if row_status(board, row) in (KINDS[StatusKind.OK], ITSELF)
        else f"{HERE}, {row_status(board, row)}",
    }
    return _Line(estimate.value, {title: printable(cell) for title, cell in cells.items()})


def _interval(number: PublishedNumber) -> str:
    """Return the published interval, or the published standard error where there is no interval."""
    if number.lower is not None and number.upper is not None:
        return f"[{percent(number.lower)}, {percent(number.upper)}]"
    return NOTHING if number.stderr is None else f"stderr {percent(number.stderr)}"


def _values(board: Board, beside: Neighbours, row: PublishedRow) -> dict[str, Any]:
    table = beside.table
    values: dict[str, Any] = {"model": row.model}
    for metric in board_metrics(board):
        if (number := row.numbers.get(metric.name)) is not None:
            values |= {metric.name: number.value}
            values |= {metric.column(part): getattr(number, part) for part in ("lower", "upper", "stderr")}
    values |= {
        "n_total": row.n,
        "avg_length": row.avg_chars,
        "avg_tokens": row.avg_tokens,
        "judge": table.judge or None,
        "baseline": table.baseline,
        "published": table.name,
        "published_date": table.date or None,
        "published_source": table.source or None,
        "not_comparable": "; ".join(beside.apart) or None,
        "same_as": beside.same.get(row.model),
    }
    return {
        name: round(value, DECIMALS_STORED) if isinstance(value, float) else value for name, value in values.items()
    }
