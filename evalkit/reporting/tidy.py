"""Write boards as tidy csv: a line for each model and metric, with the same columns for every metric."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.boards import Board, BoardRow, Overview, raw_metric
from evalkit.catalog import PublishedTable
from evalkit.reporting.columns import board_metrics
from evalkit.reporting.marks import BestMark, marks_of, overview_marks, overview_models
from evalkit.reporting.neighbours import APART, PUBLISHED
from evalkit.reporting.overview import CELL_COLUMNS, cell_values, column_title, standing_values
from evalkit.reporting.published_overview import published_values
from evalkit.reporting.values import csv_text
from evalkit.text import estimate_numbers
from evalkit.types import Estimate

# the same for one benchmark and for several
COLUMNS = (*CELL_COLUMNS, "mark", "published", "published_date", "published_source", "not_comparable")


def boards_tidy(boards: Sequence[Board]) -> str:
    """Return a line for each model and metric, also for the turns and categories that scores were split by.

    `mark` is `best`, `second`, `alike` (not significantly different from the best) or `second alike`. Published rows
    beside a board have a name in `published`.
    """
    return csv_text([line for board in boards for line in (*_own_lines(board), *_published_lines(board))], COLUMNS)


def overview_tidy(overview: Overview) -> str:
    """Return a line for each model and number of an overview, with the columns that a single board has."""
    marks = overview_marks(overview)
    titles = [column_title(overview, column) for column in overview.columns]
    names = overview_models(overview)
    found = [_mark_word(marks.of(title, own[title])) if title in own else None for own in names for title in titles]
    lines = [{**values, "mark": mark} for values, mark in zip(cell_values(overview), found, strict=True)]
    lines += [*standing_values(overview), *_published_cells(overview)]
    return csv_text(lines, COLUMNS)


def _published_cells(overview: Overview) -> list[dict[str, Any]]:
    """Return the values of each published number with what is known of its table."""
    cells = [
        (column, cell)
        for line in overview.published
        for column, cell in zip(overview.columns, line.cells, strict=True)
        if cell is not None
    ]
    found = []
    for values, (column, cell) in zip(published_values(overview), cells, strict=True):
        apart = next((one.apart for one in column.board.neighbours if one.table is cell.table), ())
        found.append({**values, **_table_facts(cell.table, apart)})
    return found


def _table_facts(table: PublishedTable, apart: Sequence[str]) -> dict[str, Any]:
    return {
        "published": table.name,
        "published_date": table.date,
        "published_source": table.source,
        "not_comparable": "; ".join(apart),
    }


def _own_lines(board: Board) -> Iterator[dict[str, Any]]:
    marks = marks_of(board)
    for row in board.rows:
        for metric in board_metrics(board):
            if metric in row.numbers:
                yield {
                    **_facts(row, metric.name, row.measured(metric).estimate),
                    "status": str(row.status(metric)),
                    "n_missing": row.entry.sample.n_missing,
                    "rank": row.rank.rank if row.rank is not None and metric == board.metric else None,
                    "mark": _mark_word(marks.of(metric.title, row.entry.model)),
                }
        for part, estimate in row.slices.items():
            yield {
                **_facts(row, raw_metric(row.entry).name, estimate),
                "part": part,
                "status": str(estimate.status),
                "n": row.entry.slices[part].n,
            }


def _facts(row: BoardRow, metric: str, estimate: Estimate) -> dict[str, Any]:
    entry = row.entry
    benchmark = None if entry.plan is None else entry.plan.benchmark
    whole = {
        "model": entry.model,
        "benchmark": benchmark,
        "judge": entry.judge,
        "judge_digest": entry.digest,
        "baseline": entry.baseline,
    }
    return {**whole, "metric": metric, **estimate_numbers(estimate), "n": entry.sample.n}


def _mark_word(mark: BestMark) -> str | None:
    if mark.best:
        return "best"
    # the second may be alike too
    return " ".join(word for word, there in (("second", mark.second), ("alike", mark.alike)) if there) or None


def _published_lines(board: Board) -> Iterator[Mapping[str, Any]]:
    for beside in board.neighbours:
        table = beside.table
        facts = {
            "judge": table.judge,
            "baseline": table.baseline,
            "benchmark": table.benchmark,
            "status": APART if beside.apart else PUBLISHED,
            **_table_facts(table, beside.apart),
        }
        for row in beside.rows:
            for metric, number in row.numbers.items():
                numbers = {part: getattr(number, part) for part in ("value", "lower", "upper", "stderr")}
                yield {"model": row.model, "metric": metric, "n": row.n, **numbers, **facts}
