"""The table of judges beside people for files: csv, JSON, and AlpacaEval's csv."""

import json
from typing import Any

from evalkit.formats import ALPACA_COLUMNS, PARSED
from evalkit.metaeval import JudgeRow, JudgeTable, RowKind
from evalkit.reporting.judges.notes import judge_table_notes
from evalkit.reporting.values import csv_text
from evalkit.stats import Pooled
from evalkit.text import estimate_document, estimate_numbers, stored
from evalkit.types import Estimate


def judge_table_values(table: JudgeTable) -> list[dict[str, Any]]:
    """Return a row for each judge, control and the people, then one for each part, with None for a missing number."""
    rows = [_row_values(table, row) for row in table.rows]
    for row in table.rows:
        for field, parts in row.parts.items():
            for part in parts.categories:
                values = _names(table, row) | {"field": field, "part": part.name, "judged": part.count}
                values |= _columns("human_agreement", part.raw) | _columns("human_agreement_pooled", part.shrunk)
                rows.append(values | _columns("deviation", part.deviation) | {"p_adjusted": stored(part.p_value)})
    return rows


def judge_table_csv(table: JudgeTable) -> str:
    """Return the rows as csv; no text can become a formula, and missing numbers are empty fields."""
    rows = judge_table_values(table)
    return csv_text(rows, list(dict.fromkeys(name for row in rows for name in row)))


def _row_values(table: JudgeTable, row: JudgeRow) -> dict[str, Any]:
    values = _names(table, row) | {
        "rank": None if row.rank is None else row.rank.rank,
        "rank_lower": None if row.rank is None else row.rank.lower,
        "rank_upper": None if row.rank is None else row.rank.upper,
        "excess_rank": row.excess_rank,
        "judged": row.judged,
        "missing": None if row.kind == RowKind.PUBLISHED else row.missing,
    }
    for name, number in row.numbers.items():
        values |= _columns(name, number.estimate, number.count)
        if row.kind == RowKind.PUBLISHED:
            values[f"{name}_instructions"] = None
    return values


def _names(table: JudgeTable, row: JudgeRow) -> dict[str, Any]:
    return {
        "judge": row.judge.name,
        "kind": row.kind.value,
        "judge_digest": row.judge.digest,
        "labels": row.published_in or table.labels.source.name,
        "labels_digest": None if row.published_in else table.labels.source.digest,
    }


def _columns(name: str, estimate: Estimate, count: int | None = None) -> dict[str, Any]:
    """Return a number's columns: `_n` is the count behind it where that is known, else the instructions."""
    numbers = estimate_numbers(estimate)
    return {
        name: numbers["value"],
        f"{name}_lower": numbers["lower"],
        f"{name}_upper": numbers["upper"],
        f"{name}_n": estimate.n if count is None else count,
        f"{name}_instructions": estimate.n,
        f"{name}_status": str(estimate.status),
    }


def judge_table_json(table: JudgeTable) -> str:
    """Return the table, its figures and its notes as one JSON document."""
    source = table.labels.source
    document = {
        "labels": {
            "name": source.name,
            "digest": source.digest,
            "layout": source.layout,
            "comparisons": table.labels.n,
            "opinions": table.labels.panel.n_opinions,
            "people_each": table.labels.people,
        },
        "rows": [_document(row) for row in table.rows],
        "effective_votes": None if table.votes is None else estimate_document(table.votes),
        "published": [
            {"name": one.name, "title": one.title, "labels": one.labels, "date": one.date, "source": one.source}
            for one in table.published
        ],
        "notes": list(judge_table_notes(table)),
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _document(row: JudgeRow) -> dict[str, Any]:
    return {
        "judge": row.judge.name,
        "kind": row.kind.value,
        "judge_digest": row.judge.digest,
        "rank": None if row.rank is None else [row.rank.rank, row.rank.lower, row.rank.upper],
        "excess_rank": row.excess_rank,
        "judged": row.judged,
        "missing": None if row.kind == RowKind.PUBLISHED else row.missing,
        "published_in": row.published_in or None,
        "failures": dict(row.failures),
        "numbers": {
            name: {"count": number.count, **estimate_document(number.estimate)} for name, number in row.numbers.items()
        },
        "ahead_of_control": None
        if row.ahead is None
        else {"control": row.best_control, **estimate_document(row.ahead)},
        "parts": {field: _parts_document(parts) for field, parts in row.parts.items()},
    }


def _parts_document(parts: Pooled) -> dict[str, Any]:
    return {
        "spread": estimate_document(parts.spread),
        "categories": [
            {
                "name": part.name,
                "n": part.count,
                "raw": estimate_document(part.raw),
                "pooled": estimate_document(part.shrunk),
                "deviation": estimate_document(part.deviation),
                "p_adjusted": stored(part.p_value),
            }
            for part in parts.categories
        ],
    }


def judge_table_alpaca(table: JudgeTable) -> str:
    """Return the table as csv with the names, the scales and the empty fields of AlpacaEval's table of annotators."""
    rows = []
    for row in table.rows:
        values: dict[str, Any] = {"annotator": row.judge.name}
        for theirs, column in ALPACA_COLUMNS.items():
            value = row.estimate(column.measure).value
            values[theirs] = None if value is None else stored(value * column.factor)
        rows.append({**values, PARSED: row.judged, "mode": row.kind.value})
    return csv_text(rows, ["annotator", *ALPACA_COLUMNS, PARSED, "mode"])
