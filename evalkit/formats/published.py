"""Reads published tables of scores: a model a row, with the numbers that a leaderboard printed about it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import InputError
from evalkit.formats.names import checked_name
from evalkit.formats.records import Record, read_records

# a metric's name, and the beginning of the names of the columns beside it
_OURS = {"lc_win_rate": "lc", "win_rate": "win_rate", "style_win_rate": "style", "score": "score"}
_RATES = ("lc_win_rate", "win_rate", "style_win_rate")
_MT_BENCH = "MT-bench (score)"
_MODELS = ("model", "key", "Model", "", "name", "Unnamed: 0")
_COUNTS = ("n", "n_total")
# the ways in which tables write that there is no number
_NOTHING = ("", "-", "nan", "none", "n/a")


@dataclass(frozen=True, slots=True)
class PublishedNumber:
    """A number as it was printed, with its interval and standard error where they were printed too."""

    value: float
    lower: float | None = None
    upper: float | None = None
    stderr: float | None = None


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One model's line: its numbers by the names of our metrics, rates in percent.

    `n` counts the instructions with a verdict. The average length of answers is in characters or in tokens. `formulas`
    are the names of the estimators that made the numbers, by metric, where they are another tool's own.
    """

    model: str
    numbers: Mapping[str, PublishedNumber]
    n: int | None = None
    avg_chars: float | None = None
    avg_tokens: float | None = None
    date: str = ""
    formulas: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The names of the columns of one number, and of the formula that made it if it is another tool's own."""

    value: str
    lower: str = ""
    upper: str = ""
    stderr: str = ""
    formula: str = ""


def read_published_rows(path: Path) -> tuple[PublishedRow, ...]:
    """The rows of a published table in a file, as `published_rows` gives those of records.

    Raises:
        InputError: wrong content; the message names file, row and column.
    """
    return published_rows(read_records(path))


def published_rows(records: Iterable[Record]) -> tuple[PublishedRow, ...]:
    """The rows of a published table in their order; a row without any number is left out.

    The columns are those of our own boards, of AlpacaEval's leaderboards, of Arena-Hard's, or of the table of FastChat
    that has MT-Bench's scores.

    Raises:
        InputError: wrong content; the message names file, row and column.
    """
    rows: dict[str, PublishedRow] = {}
    for record in records:
        row = _row(record)
        if row.model in rows:
            raise InputError(f"{record.where}: model {row.model[:60]!r} stands twice. Keep one row for each model")
        if row.numbers:
            rows[row.model] = row
    return tuple(rows.values())


def _row(record: Record) -> PublishedRow:
    column = next((name for name in _MODELS if name in record.fields), None)
    known = _columns(record.fields)
    if column is None or not known:
        found = ", ".join(repr(str(name)[:40]) for name in list(record.fields)[:8])
        raise InputError(
            f"{record.where}: is not a row of a published table: expected a model and a number such as lc_win_rate, "
            f"win_rate or score, found {found}"
        )
    model = checked_name(record.name(column), record.where)
    if not model:
        raise InputError(f"{record.where}: the model has no name")
    numbers = {name: number for name, at in known.items() if (number := _number_of(record, name, at)) is not None}
    n = next((count for name in _COUNTS if (count := _number(record, name)) is not None), None)
    return PublishedRow(
        model,
        numbers,
        n=None if n is None else round(n),
        avg_chars=_number(record, "avg_length"),
        avg_tokens=_number(record, "avg_tokens"),
        date=str(record.fields.get("date") or ""),
        formulas={name: at.formula for name, at in known.items() if at.formula},
    )


def _columns(fields: Mapping[str, object]) -> dict[str, _Columns]:
    """The columns of each metric that a table has, by the table's kind."""
    if _MT_BENCH in fields:
        return {"score": _Columns(_MT_BENCH)}
    if {"score", "rating_q025"} <= fields.keys():
        # Arena-Hard's score is a win rate, and its bounds are those of the win rate
        return {"win_rate": _Columns("score", "rating_q025", "rating_q975", formula="arena_v0.1")}
    if {"win_rate", "standard_error"} <= fields.keys():
        # AlpacaEval's lc_standard_error is left out, because it is not a sampling error
        both = {
            "lc_win_rate": _Columns("length_controlled_winrate", formula="lc_compat"),
            "win_rate": _Columns("win_rate", stderr="standard_error"),
        }
        return {name: at for name, at in both.items() if at.value in fields}
    return {
        name: _Columns(name, f"{prefix}_lower", f"{prefix}_upper", f"{prefix}_stderr")
        for name, prefix in _OURS.items()
        if name in fields
    }


def _number_of(record: Record, metric: str, at: _Columns) -> PublishedNumber | None:
    value = _number(record, at.value)
    if value is None:
        return None
    lower, upper, stderr = (_number(record, name) if name else None for name in (at.lower, at.upper, at.stderr))
    if metric in _RATES and not 0 <= value <= 100:
        raise InputError(f"{record.where}: {at.value}: expected a percentage from 0 to 100, found {value:g}")
    if (lower is not None and lower > value) or (upper is not None and upper < value):
        raise InputError(f"{record.where}: {at.value}: {value:g} is outside of its interval, {lower} to {upper}")
    if stderr is not None and stderr < 0:
        raise InputError(f"{record.where}: {at.stderr}: expected an error of 0 or more, found {stderr:g}")
    return PublishedNumber(value, lower, upper, stderr)


def _number(record: Record, name: str) -> float | None:
    value = record.fields.get(name)
    if value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING):
        return None
    try:
        number = math.inf if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.inf
    if math.isnan(number):
        return None
    if not math.isfinite(number):
        raise InputError(f"{record.where}: {name}: expected a number, found {str(value)[:40]!r}")
    return number
