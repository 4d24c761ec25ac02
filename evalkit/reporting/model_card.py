"""Write boards as the `model-index` of model cards, which the Hugging Face hub reads."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from evalkit.boards import Board, BoardRow, Metric, Overview
from evalkit.reporting.columns import board_metrics
from evalkit.reporting.marks import made_on
from evalkit.text import DECIMALS_STORED, printable

_TASK = {"type": "text-generation", "name": "Text generation"}
_UNNAMED = "pairwise-comparison"
_UNNAMED_GRADES = "graded-answers"


def boards_model_card(boards: Sequence[Board]) -> str:
    """Return one YAML document whose `model-index` has an entry for each model; a card takes that of its own model.

    Only numbers that could be estimated are in it, each with its interval, n, status, judge and baseline. The
    baseline's own row and models whose outputs an audit refused are left out, and so are published rows.
    """
    return _document((row.entry.model, _result(board, row)) for board in boards for row in board.rows)


def overview_model_card(overview: Overview) -> str:
    """Return the boards of an overview as `boards_model_card` does, with the benchmarks and the names of the rows."""
    names = {spelling: row.model for row in overview.rows for spelling in row.spellings}
    benchmarks = {id(column.board): column.benchmark for column in overview.columns}
    return _document(
        (names.get(row.entry.model, row.entry.model), _result(board, row, benchmarks[id(board)]))
        for board in overview.boards
        for row in board.rows
    )


def _document(results: Iterable[tuple[str, dict[str, Any] | None]]) -> str:
    models: dict[str, list[dict[str, Any]]] = {}
    for model, result in results:
        if result is not None:
            models.setdefault(printable(model), []).append(result)
    index = [{"name": model, "results": found} for model, found in models.items()]
    head = f"# made on {made_on()}; a model's card takes the entry of its own model"
    text: str = yaml.safe_dump({"model-index": index}, sort_keys=False, allow_unicode=False, width=math.inf)
    return f"{head}\n{text}"


def _result(board: Board, row: BoardRow, benchmark: str | None = None) -> dict[str, Any] | None:
    """Return what a card says of a row; None for the baseline's own, a refused one, and one without any number."""
    if row.entry.itself or row.entry.refused:
        return None
    metrics = [found for metric in board_metrics(board) if (found := _metric(row, metric)) is not None]
    if not metrics:
        return None
    benchmark = benchmark or _benchmark(row)
    against = f", against {row.entry.baseline}" if row.entry.baseline else ""
    return {
        "task": dict(_TASK),
        "dataset": {
            "name": printable(f"{benchmark}, judge {row.entry.judge}{against}"),
            "type": printable(benchmark),
        },
        "metrics": metrics,
    }


def _benchmark(row: BoardRow) -> str:
    """The name of the benchmark; files do not tell it."""
    if row.entry.plan is not None:
        return row.entry.plan.benchmark
    return _UNNAMED_GRADES if row.entry.graded else _UNNAMED


def _metric(row: BoardRow, metric: Metric) -> dict[str, Any] | None:
    estimate = row.measured(metric).estimate
    if estimate.value is None:
        return None
    numbers = {
        part: round(number, DECIMALS_STORED)
        for part in ("lower", "upper", "stderr")
        if (number := getattr(estimate, part)) is not None
    }
    return {
        "type": metric.name,
        "value": round(estimate.value, DECIMALS_STORED),
        "name": metric.title,
        "args": {
            **numbers,
            "n": row.entry.sample.n,
            "n_missing": row.entry.sample.n_missing,
            "status": printable(str(row.status(metric))),
            "judge": printable(row.entry.judge),
            **({"baseline": printable(row.entry.baseline)} if row.entry.baseline else {}),
        },
    }
