"""Reads tables of one score per model: boards or reference rankings, from csv or JSON lines with bootstrap results."""

import csv
import io
import math
import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.documents import kind_of, read_text
from evalkit.errors import InputError
from evalkit.formats.names import checked_name
from evalkit.formats.records import csv_delimiter, read_records
from evalkit.formats.rows import Rows, Source

METRICS = ("score", "rating", "lc_win_rate", "length_controlled_winrate", "win_rate")

_MODEL_COLUMNS = ("model", "Model")
# the interval columns of a bare score; any other metric looks for METRIC_lower and METRIC_upper
_BOUNDS = {"lc_win_rate": ("lc_lower", "lc_upper"), "rating": ("rating_q025", "rating_q975")}
_SCORES = ("score", "rating")
# AlpacaEval's lc_standard_error is left out on purpose: it is not a sampling error
_ERRORS = {"lc_win_rate": "lc_stderr", "win_rate": "standard_error", "score": "stderr", "rating": "stderr"}
_RESULTS = "results"
# as many resamples do not rise by chance
_MANY = 10
_SORTED = (
    "the resamples of each model are sorted, so that they no longer tell which of different models belong together; "
    "boards are paired by model only"
)
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Score:
    """One model's score; its error is known as an interval, a standard error, or both.

    `resampled_mean` is the mean of its bootstrap results, which may differ from the score.
    """

    model: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    stderr: float | None = None
    resampled_mean: float | None = None


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """The models of a file in its order; `source` and `date` come from its first row.

    `notes` say what a reader of comparisons must know of the file.
    """

    name: str
    metric: str
    scores: tuple[Score, ...]
    source: str = ""
    date: str = ""
    notes: tuple[str, ...] = ()


def read_scores(path: Source, *, metric: str | None = None) -> ScoreTable:
    """Read one column of a table of models; by default the first of METRICS that it has.

    An empty field is a model without a number. Intervals are taken to be 95 % ones.

    Raises:
        InputError: a column is missing, a field is not a number, or a model appears twice.
    """
    return _read(_rows(path), metric, path)


def read_score_columns(path: Source, metrics: Sequence[str]) -> list[ScoreTable]:
    """Read each of several columns that a table has, as `read_scores` reads one.

    Raises:
        InputError: as for `read_scores`, or the table has none of the columns.
    """
    rows = _rows(path)
    known = [metric for metric in metrics if metric in rows[0]]
    return [_read(rows, metric, path) for metric in known or metrics[:1]]


def _read(rows: Sequence[dict[str, Any]], metric: str | None, path: Source) -> ScoreTable:
    model_column, column = _columns(rows[0], metric, path)
    bounds, error = _beside(rows[0], column)
    scores: dict[str, Score] = {}
    for number, row in enumerate(rows, start=1):
        where = f"{path}: row {number}"
        model = row.get(model_column)
        if model == "" and row.get(column) in ("", None):
            continue  # an empty line at the end of a spreadsheet
        if not isinstance(model, str) or not model:
            raise InputError(f"{where}: {model_column}: expected a name, found {kind_of(model)}")
        checked_name(model, where)
        if model in scores:
            raise InputError(f"{where}: model {model!r} stands twice. Keep one row for each model")
        scores[model] = _score(model, row, column, bounds, error, where)
    if all(score.value is None for score in scores.values()):
        raise InputError(f"{path}: {column}: no row holds a number")
    source, date = (str(rows[0].get(name) or "") for name in ("source", "date"))
    name = path.name if isinstance(path, Rows) else re.sub(r"\.(csv|jsonl)$", "", path.name)
    return ScoreTable(name, column, tuple(scores.values()), source, date, _notes(rows, column))


def _notes(rows: Sequence[Mapping[str, Any]], column: str) -> tuple[str, ...]:
    found = [row.get(_RESULTS) for row in rows] if column == "score" else []
    # an anchored model has a single value instead
    draws = [drawn for drawn in found if isinstance(drawn, list) and len(drawn) >= _MANY]
    return (_SORTED,) if draws and all(map(_rising, draws)) else ()


def _rising(drawn: Sequence[Any]) -> bool:
    numbers = [number for number in drawn if isinstance(number, int | float)]
    return len(numbers) == len(drawn) and all(map(operator.le, numbers, numbers[1:]))


def csv_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a csv file, each with as many fields as its header.

    Raises:
        InputError: the file is missing, empty, or not CSV.
    """
    try:
        delimiter, text = csv_delimiter(read_text(path))
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
        rows: list[dict[str, Any]] = list(reader)
    except csv.Error as error:
        raise InputError(f"{path}: not valid CSV: {error}") from None
    if not rows:
        raise InputError(f"{path}: the file holds no rows")
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise InputError(f"{path}: row {number}: not as many fields as the header has")
    return rows


def _columns(row: Mapping[str, Any], metric: str | None, path: Source) -> tuple[str, str]:
    model = next((name for name in _MODEL_COLUMNS if name in row), None)
    column = metric if metric is not None else next((name for name in METRICS if name in row), None)
    if model is None or column is None:
        found = f"{path}: expected the columns model and score, found {', '.join(row)}"
        if model is None:
            raise InputError(f"{found}. Name the column of the models model")
        if {"metric", "value"} <= row.keys():
            raise InputError(
                f"{found}. It has a line for each number: write the board with --format csv-wide, which has a line for "
                "each model, and name the column of the scores with --metric COLUMN"
            )
        raise InputError(f"{found}. Name the column of the scores with --metric COLUMN")
    if column not in row:
        raise InputError(f"{path}: no column {column!r}. Found: {', '.join(row)}")
    return model, column


def _beside(names: Mapping[str, Any], column: str) -> tuple[tuple[str, str] | None, str | None]:
    """The columns with the interval and the standard error of a metric."""
    pairs = [(f"{column}_lower", f"{column}_upper")]
    if column in _BOUNDS:
        pairs.append(_BOUNDS[column])
    # a bare lower and upper belong to the score where there is one
    if column in _SCORES or not any(name in names for name in _SCORES):
        pairs.append(("lower", "upper"))
    bounds = next((pair for pair in pairs if all(name in names for name in pair)), None)
    errors = (f"{column}_stderr", _ERRORS.get(column, ""))
    return bounds, next((name for name in errors if name in names), None)


def _score(
    model: str, row: Mapping[str, Any], column: str, bounds: tuple[str, str] | None, error: str | None, where: str
) -> Score:
    value = _number(row, column, where)
    lower, upper = (_number(row, name, where) for name in bounds) if bounds else (None, None)
    if lower is None or upper is None:
        lower = upper = None
    elif lower > upper:
        raise InputError(f"{where}: {bounds[0] if bounds else ''}: {lower:g} is above the upper bound {upper:g}")
    stderr = None if error is None else _number(row, error, where)
    if stderr is not None and stderr < 0:
        raise InputError(f"{where}: {error}: expected a standard error, found {stderr:g}")
    draws = row.get(_RESULTS) if column == "score" else None
    if not isinstance(draws, list) or len(draws) < 2:
        return Score(model, value, lower, upper, stderr)
    numbers = [_number({_RESULTS: draw}, _RESULTS, where) or 0.0 for draw in draws]
    mean = math.fsum(numbers) / len(numbers)
    spread = math.sqrt(math.fsum((number - mean) ** 2 for number in numbers) / len(numbers))
    return Score(model, value, lower, upper, spread, mean)


def _number(row: Mapping[str, Any], name: str, where: str) -> float | None:
    found = row.get(name)
    if found is None or (isinstance(found, str) and not found.strip()):
        return None
    # float() alone would take 1_0 for 10, and the digits of other scripts
    if isinstance(found, str) and _NUMBER.fullmatch(found.strip()):
        found = float(found)
    if isinstance(found, bool) or not isinstance(found, int | float) or abs(found) > 1e300 or found != found:
        raise InputError(f"{where}: {name}: expected a number, found {str(found)[:60]!r}")
    return float(found)


def _rows(path: Source) -> list[dict[str, Any]]:
    if isinstance(path, Path) and path.suffix != ".jsonl":
        return csv_rows(path)
    return [record.fields for record in (path.records() if isinstance(path, Rows) else read_records(path))]
