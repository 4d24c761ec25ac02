"""The overview of several benchmarks: its columns, its notes, and the forms that are tables of text."""

import json
import shutil
from collections.abc import Iterable, Mapping
from typing import Any

from evalkit.boards import Overview, OverviewCell, OverviewColumn, OverviewRow, Placed, Standing
from evalkit.reporting.agreement import agreement_document
from evalkit.reporting.columns import REFUSED, Column, interval_name, judge_notices, known_notes, rank_text
from evalkit.reporting.paired_agreement import difference_document, differences_cells, differences_notes
from evalkit.reporting.published_overview import published_columns, published_notes, published_values
from evalkit.reporting.tables import columns_text
from evalkit.reporting.values import csv_text
from evalkit.stats import AggregateMethod
from evalkit.text import (
    estimate_document,
    estimate_numbers,
    named,
    percent,
    plural,
    printable,
    short_interval,
)
from evalkit.types import StatusKind

MODEL = "model"
# what stands for the benchmark in lines of the aggregate
AGGREGATE = "aggregate"
METHODS = {
    AggregateMethod.MEAN_RANK: "mean rank",
    AggregateMethod.Z: "mean z-score",
    AggregateMethod.BT: "Elo of instruction wins",
}
_AGREEMENT = {
    "spearman": "Spearman",
    "kendall": "Kendall",
    "confident": "agreement with confidence",
    "separability": "separability",
}
ABSENT = "-"
# behind a number whose status is not ok; the notes say what it means
DOUBTFUL = "~"
_NAMES_SHOWN = 4


def overview_columns(overview: Overview) -> list[Column]:
    """Return the columns that people read: the models, then each number with its interval."""
    models = Column(MODEL, tuple(printable(row.model) for row in overview.rows), left=True)
    numbers = [_column(overview, place) for place in range(len(overview.columns))]
    if overview.standing is None:
        return [models, *numbers]
    return [models, _standing_column(overview, overview.standing), *numbers]


def _standing_column(overview: Overview, standing: Standing) -> Column:
    placed = {one.model: one for one in standing.models}
    cells = (placed.get(row.model) for row in overview.rows)
    return Column(METHODS[standing.method], tuple(ABSENT if one is None else _place_text(one) for one in cells))


def _place_text(placed: Placed) -> str:
    if placed.estimate.value is None:
        return short_interval(placed.estimate)
    doubtful = f" {DOUBTFUL}" if placed.estimate.status.kind == StatusKind.DEGRADED else ""
    return f"{rank_text(placed.rank)}: {short_interval(placed.estimate)}{doubtful}"


def standing_columns(overview: Overview) -> list[Column]:
    """Return the ranks of the aggregate, and those without each benchmark, as columns; none without an aggregate."""
    standing = overview.standing
    if standing is None:
        return []
    return [
        Column(MODEL, tuple(printable(one.model) for one in standing.models), left=True),
        Column("rank", tuple(rank_text(one.rank) for one in standing.models), left=True),
        *(
            Column(printable(f"without {name}"), tuple(_without(one, name) for one in standing.models))
            for name in standing.weights
        ),
    ]


def _without(placed: Placed, benchmark: str) -> str:
    rank = placed.without.get(benchmark)
    return ABSENT if rank is None else str(rank)


def agreement_columns(overview: Overview) -> list[Column]:
    """Return the agreement of each column with people as columns; none where no ranking was compared."""
    if not overview.agreements:
        return []
    found = [one.agreement for one in overview.agreements]
    titles = [
        METHODS[overview.standing.method] if one.column is None and overview.standing is not None
        else column_title(overview, one.column) if one.column is not None else ABSENT
        for one in overview.agreements
    ]  # fmt: skip
    return [
        Column("column", tuple(titles), left=True),
        *(
            Column(title, tuple(short_interval(getattr(agreement, name)) for agreement in found))
            for name, title in _AGREEMENT.items()
        ),
        Column("models", tuple(str(len(agreement.models)) for agreement in found)),
    ]


def _column(overview: Overview, place: int) -> Column:
    cells = tuple(cell_text(row.cells[place]) for row in overview.rows)
    return Column(column_title(overview, overview.columns[place]), cells)


def column_title(overview: Overview, column: OverviewColumn) -> str:
    """Return the board and the number of a column, for people."""
    return printable(overview.title(column))


def cell_text(cell: OverviewCell) -> str:
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
        board, name = column.board, overview.board_title(column)
        against = f" against {board.baseline}" if board.baseline else ", answers graded alone"
        counts = sorted({row.entry.sample.n for row in board.rows})
        n = f"n = {counts[0]}" if len(counts) == 1 else f"n = {counts[0]} to {counts[-1]}"
        models = plural(len(board.rows), "model")
        lines.append(f"{name}: {board.judge}{against}, {n}, {models}, {interval_name(board)}s")
        doubtful = [
            row.model for row, cell in _cells_of(overview, column)
            if cell.row is not None and cell.status.kind == StatusKind.DEGRADED and not cell.row.entry.itself
        ]  # fmt: skip
        if doubtful:
            lines.append(
                f"{DOUBTFUL} on {name}, {column.metric.title} not ok: "
                f"{named(doubtful, most=_NAMES_SHOWN)}. "
                f"The board of {column.benchmark} alone gives the reasons"
            )
    lines += dict.fromkeys(f"note: {note}" for board in overview.boards for note in judge_notices(board))
    lines += [f"note: {note}" for note in known_notes(overview.boards)]
    lines += [
        f"{first} and {second} are names of one model, and one board has both: they stay apart"
        for first, second in overview.apart
    ]
    if overview.standing is not None:
        lines += _standing_notes(overview.standing)
    if overview.leads:
        lines += differences_notes(overview.leads)
    lines += published_notes(overview)
    return [printable(line) for line in lines]


def _standing_notes(standing: Standing) -> list[str]:
    """Return how the aggregate was made, what it hangs on, and whom it leaves out."""
    shares = ", ".join(f"{name} {percent(100 * share)} %" for name, share in standing.weights.items())
    lines = [f"{METHODS[standing.method]}: over {shares}; rank intervals hold at once"]
    lines += [
        f"without {name}, the rank changes of {named(models, most=_NAMES_SHOWN)}"
        for name, models in standing.hangs_on.items()
        if models
    ]
    doubts = {one.estimate.status.reason: one for one in standing.models if one.estimate.status.reason}
    lines += [f"{METHODS[standing.method]}: {reason}" for reason in doubts]
    reasons: dict[str, list[str]] = {}
    for model, reason in standing.left_out.items():
        reasons.setdefault(reason, []).append(model)
    lines += [f"{named(models, most=_NAMES_SHOWN)}: not aggregated: {reason}" for reason, models in reasons.items()]
    return lines


def _cells_of(overview: Overview, column: OverviewColumn) -> Iterable[tuple[OverviewRow, OverviewCell]]:
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
    lines = [overview_title(overview), *columns_text(overview_columns(overview), room, key=MODEL)]
    for title, table, key in further_tables(overview):
        lines += [title, *columns_text(table, room, key=key)]
    return "\n".join([*lines, *overview_notes(overview)]) + "\n"


def further_tables(overview: Overview) -> list[tuple[str, list[Column], str]]:
    """Return the tables below the overview: a title, the columns, and the title of the column that names its lines."""
    found = []
    if columns := published_columns(overview):
        found.append(("published rows:", columns, columns[0].title))
    if columns := standing_columns(overview):
        found.append(("rank by the aggregate, and without each benchmark:", columns, MODEL))
    if columns := agreement_columns(overview):
        reference = overview.agreements[0].agreement.reference
        date = f" ({reference.date})" if reference.date else ""
        found.append((printable(f"agreement with {reference.name}{date}:"), columns, "column"))
    if overview.leads:
        header, lines = differences_cells(overview.leads)
        cells = [tuple(printable(line[place]) for line in lines) for place in range(len(header))]
        columns = [Column(title, column, left=title == header[0]) for title, column in zip(header, cells, strict=True)]
        found.append(("which column agrees better with people:", columns, header[0]))
    return found


def overview_csv(overview: Overview) -> str:
    """Return a line for each model and number; no text can become a formula."""
    lines = [*cell_values(overview), *standing_values(overview), *published_values(overview)]
    return csv_text(lines, CELL_COLUMNS)


def standing_values(overview: Overview) -> list[dict[str, Any]]:
    """Return a dictionary for each model's aggregate, with the columns of `CELL_COLUMNS`."""
    if overview.standing is None:
        return []
    return [
        {
            **dict.fromkeys(CELL_COLUMNS),
            "model": one.model,
            "benchmark": AGGREGATE,
            "metric": overview.standing.method.value,
            **estimate_numbers(one.estimate),
            "n": one.estimate.n,
            "rank": None if one.rank is None else one.rank.rank,
            "status": str(one.estimate.status),
        }
        for one in overview.standing.models
    ]


def overview_wide(overview: Overview) -> str:
    """Return a line for each model; each number has columns for its interval, error, n and status beside it."""
    titles = [column_title(overview, column).replace(" ", "_") for column in overview.columns]
    rows, whole = [], {line["model"]: line for line in standing_values(overview)}
    for row in overview.rows:
        values: dict[str, Any] = {"model": row.model}
        for title, column, cell in zip(titles, overview.columns, row.cells, strict=True):
            tidy = _values(row, column, cell)
            values |= {title: tidy["value"], **{f"{title}_{part}": tidy[part] for part in _BESIDE}}
        if overview.standing is not None:
            tidy = whole.get(row.model, dict.fromkeys(CELL_COLUMNS))
            values |= {AGGREGATE: tidy["value"], **{f"{AGGREGATE}_{part}": tidy[part] for part in (*_BESIDE, "rank")}}
        rows.append(values)
    return csv_text(rows, list(rows[0]) if rows else [])


_BESIDE = ("lower", "upper", "stderr", "n", "status")
CELL_COLUMNS: tuple[str, ...] = (
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


def _values(row: OverviewRow, column: OverviewColumn, cell: OverviewCell) -> dict[str, Any]:
    behind = cell.row
    rank = behind.rank if behind is not None and column.ranks else None
    # the verdicts that are counted, as in the forms of a single board
    sample = None if behind is None else column.sample(behind)
    return {
        "model": row.model,
        "benchmark": column.benchmark,
        "judge": column.board.judge,
        "judge_digest": column.board.digest,
        "baseline": column.board.baseline,
        "metric": column.metric.name,
        "part": column.part,
        **estimate_numbers(cell.shown),
        "n": 0 if sample is None else sample.n,
        "n_missing": None if sample is None else sample.n_missing,
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
                    _cell_document(_values(row, column, cell), cell)
                    for column, cell in zip(overview.columns, row.cells, strict=True)
                ],
            }
            for row in overview.rows
        ],
        "aggregate": None if overview.standing is None else _standing_document(overview.standing),
        "agreement": [
            {
                "column": None if one.column is None else overview.columns.index(one.column),
                **agreement_document(one.agreement),
            }
            for one in overview.agreements
        ],
        "agreement_differences": [difference_document(lead) for lead in overview.leads],
        "published": published_values(overview),
        "notes": overview_notes(overview),
    }


def _cell_document(values: Mapping[str, Any], cell: OverviewCell) -> dict[str, Any]:
    counted = {name: values[name] for name in ("n", "n_missing", "rank", "status")}
    return {**estimate_document(cell.shown), **counted}


def _standing_document(standing: Standing) -> dict[str, Any]:
    return {
        "method": standing.method.value,
        "weights": dict(standing.weights),
        "models": [
            {
                "model": one.model,
                **estimate_document(one.estimate),
                "rank": None if one.rank is None else one.rank.rank,
                "rank_lower": None if one.rank is None else one.rank.lower,
                "rank_upper": None if one.rank is None else one.rank.upper,
                "rank_without": dict(one.without),
            }
            for one in standing.models
        ],
        "left_out": dict(standing.left_out),
    }


def overview_json(overview: Overview) -> str:
    return json.dumps(overview_document(overview), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def overview_metrics(overview: Overview) -> Mapping[str, Any]:
    """Return each cell's estimate by `model/column`, as in `careful/example LC win rate`, and the aggregate's."""
    found = {
        f"{row.model}/{column_title(overview, column)}": cell.estimate
        for row in overview.rows
        for column, cell in zip(overview.columns, row.cells, strict=True)
        if not cell.refused
    }
    standing = overview.standing
    if standing is not None:
        found |= {f"{one.model}/{METHODS[standing.method]}": one.estimate for one in standing.models}
    return found
