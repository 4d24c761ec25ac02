"""The overview of several benchmarks: its columns, its notes, and the forms that are tables of text."""

import csv
import io
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evalkit.boards import Cell, Overview, OverviewColumn, OverviewRow
from evalkit.reporting.columns import REFUSED, Column, interval_name, judge_notices, part_title
from evalkit.reporting.tables import columns_markdown, columns_text
from evalkit.text import (
    estimate_document,
    markdown_cell,
    named,
    plural,
    printable,
    short_interval,
    spreadsheet_cell,
    stored,
)
from evalkit.types import StatusKind

MODEL = "model"
ABSENT = "-"
# behind a number whose status is not ok; the notes say what it means
DOUBTFUL = "~"
_NAMES_SHOWN = 4


def overview_columns(overview: Overview) -> list[Column]:
    """Return the columns that people read: the models, then each number with its interval."""
    models = Column(MODEL, tuple(printable(row.model) for row in overview.rows), left=True)
    return [models, *(_column(overview, place) for place in range(len(overview.columns)))]


def _column(overview: Overview, place: int) -> Column:
    cells = tuple(cell_text(row.cells[place]) for row in overview.rows)
    return Column(column_title(overview.columns[place], overview.columns), cells)


def column_title(column: OverviewColumn, columns: Sequence[OverviewColumn]) -> str:
    """Return what tells a column from the others: the benchmark and the number, and the judge where it has several."""
    same = {other.board.group for other in columns if other.benchmark == column.benchmark}
    number = part_title(column.part, [column.part]) if column.part else column.metric.title
    words = [column.benchmark, number]
    if len(same) > 1:
        judges = {other.board.judge for other in columns if other.benchmark == column.benchmark}
        board = column.board
        words.append(f"by {board.judge}" if len(judges) == len(same) else f"by {board.judge} against {board.baseline}")
    return printable(" ".join(words))


def cell_text(cell: Cell) -> str:
    """Return a number with its interval, and the mark of a number that is not ok."""
    if cell.row is None:
        return ABSENT
    if cell.refused:
        return REFUSED
    doubtful = cell.status.kind == StatusKind.DEGRADED and not cell.row.entry.itself
    return f"{short_interval(cell.estimate)}{f' {DOUBTFUL}' if doubtful else ''}"


def overview_notes(overview: Overview) -> list[str]:
    """Return what the columns rest on, board by board, and what a reader must know of the cells."""
    lines = []
    for column in _first_of_boards(overview):
        board = column.board
        against = f" against {board.baseline}" if board.baseline else ", answers graded alone"
        counts = sorted({row.entry.sample.n for row in board.rows})
        n = f"n = {counts[0]}" if len(counts) == 1 else f"n = {counts[0]} to {counts[-1]}"
        models = plural(len(board.rows), "model")
        lines.append(f"{column.benchmark}: {board.judge}{against}, {n}, {models}, {interval_name(board)}s")
        doubtful = [
            row.model for row, cell in _cells_of(overview, column)
            if cell.row is not None and cell.status.kind == StatusKind.DEGRADED and not cell.row.entry.itself
        ]  # fmt: skip
        if doubtful:
            lines.append(
                f"{DOUBTFUL} on {column.benchmark}, {column.metric.title} not ok: "
                f"{named(doubtful, most=_NAMES_SHOWN)}. "
                f"evalkit leaderboard --benchmark {column.benchmark} gives the reasons"
            )
    lines += dict.fromkeys(f"note: {note}" for board in overview.boards for note in judge_notices(board))
    lines += [
        f"{first} and {second} are names of one model, and one board has both: they stay apart"
        for first, second in overview.apart
    ]
    return [printable(line) for line in lines]


def _cells_of(overview: Overview, column: OverviewColumn) -> Iterable[tuple[OverviewRow, Cell]]:
    place = overview.columns.index(column)
    return ((row, row.cells[place]) for row in overview.rows)


def _first_of_boards(overview: Overview) -> list[OverviewColumn]:
    return list({id(column.board): column for column in reversed(overview.columns) if column.ranks}.values())[::-1]


def overview_title(overview: Overview) -> str:
    """Return the line above the table."""
    return printable(f"{plural(len(overview.rows), 'model')} on {', '.join(overview.benchmarks)}")


def overview_text(overview: Overview, *, columns: int | None = None) -> str:
    """Return aligned columns; those that do not fit beside the models follow in a table below."""
    room = columns or shutil.get_terminal_size((120, 40)).columns
    return "\n".join([overview_title(overview), *columns_text(overview_columns(overview), room, key=MODEL),
                      *overview_notes(overview)]) + "\n"  # fmt: skip


def overview_markdown(overview: Overview) -> str:
    table = columns_markdown(overview_columns(overview))
    footer = [f"- {line}" for line in map(markdown_cell, overview_notes(overview))]
    return "\n".join([f"**{markdown_cell(overview_title(overview))}**", "", *table, "", *footer]) + "\n"


def overview_csv(overview: Overview) -> str:
    """Return a line for each model and number; no text can become a formula."""
    rows = cell_values(overview)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CELL_COLUMNS)
    for row in rows:
        writer.writerow(spreadsheet_cell(value) if isinstance(value, str) else value for value in row.values())
    return buffer.getvalue()


CELL_COLUMNS = (
    "model", "benchmark", "judge", "judge_digest", "baseline", "metric", "part", "value", "lower", "upper", "stderr",
    "n", "n_missing", "rank", "status",
)  # fmt: skip


def cell_values(overview: Overview) -> list[dict[str, Any]]:
    """Return a dictionary for each model and number, with the columns of `CELL_COLUMNS`."""
    return [
        _values(row, column, cell)
        for row in overview.rows
        for column, cell in zip(overview.columns, row.cells, strict=True)
    ]


def _values(row: OverviewRow, column: OverviewColumn, cell: Cell) -> dict[str, Any]:
    estimate, behind = cell.estimate, cell.row
    rank = behind.rank if behind is not None and column.ranks else None
    shown = cell.value is not None
    return {
        "model": row.model,
        "benchmark": column.benchmark,
        "judge": column.board.judge,
        "judge_digest": column.board.digest,
        "baseline": column.board.baseline,
        "metric": column.metric.name,
        "part": column.part,
        **{name: stored(getattr(estimate, name)) if shown else None for name in ("value", "lower", "upper", "stderr")},
        "n": estimate.n,
        "n_missing": None if behind is None else behind.entry.sample.n_missing,
        "rank": None if rank is None else rank.rank,
        "status": REFUSED if cell.refused else str(cell.status),
    }


def overview_document(overview: Overview) -> dict[str, Any]:
    """Return the overview as JSON: its columns, and each model's cells in their order."""
    return {
        "columns": [
            {
                "benchmark": column.benchmark,
                "judge": column.board.judge,
                "judge_digest": column.board.digest,
                "served_as": column.board.served_as or None,
                "baseline": column.board.baseline,
                "metric": column.metric.name,
                "part": column.part,
                "ranks": column.ranks,
            }
            for column in overview.columns
        ],
        "models": [
            {
                "model": row.model,
                "spellings": list(row.spellings),
                "cells": [
                    {**estimate_document(cell.estimate), "status": REFUSED if cell.refused else str(cell.status)}
                    for cell in row.cells
                ],
            }
            for row in overview.rows
        ],
        "notes": overview_notes(overview),
    }


def overview_json(overview: Overview) -> str:
    return json.dumps(overview_document(overview), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def overview_metrics(overview: Overview) -> Mapping[str, Any]:
    """Return each cell's estimate by `model/column`, as in `careful/example LC win rate`."""
    return {
        f"{row.model}/{column_title(column, overview.columns)}": cell.estimate
        for row in overview.rows
        for column, cell in zip(overview.columns, row.cells, strict=True)
        if not cell.refused
    }
