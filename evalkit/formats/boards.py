"""AlpacaEval's leaderboard csv: one model per row, its name in a column without a name, rates in percent."""

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from evalkit.errors import InputError
from evalkit.files import write_text
from evalkit.formats.names import checked_name
from evalkit.formats.records import Record, read_records
from evalkit.text import spreadsheet_cell

# the names that the column of the model's name may have
MODEL_COLUMNS = ("", "model", "name", "Unnamed: 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlpacaRow:
    """One model's line; rates and their errors are percentages, None where the file has none.

    `lc_standard_error` is AlpacaEval's spread over instructions, and not a sampling error.
    """

    model: str
    win_rate: float | None = None
    standard_error: float | None = None
    n_wins: int | None = None
    n_wins_base: int | None = None
    n_draws: int | None = None
    n_total: int | None = None
    discrete_win_rate: float | None = None
    mode: str | None = None
    avg_length: int | None = None
    length_controlled_winrate: float | None = None
    lc_standard_error: float | None = None


_NUMBERS = tuple(column.name for column in fields(AlpacaRow) if column.name not in ("model", "mode"))
_COUNTS = ("n_wins", "n_wins_base", "n_draws", "n_total", "avg_length")
# the columns of our boards with these values, by AlpacaEval's names
_OURS = {
    "win_rate": "win_rate",
    "standard_error": "win_rate_stderr",
    "n_wins": "n_wins",
    "n_wins_base": "n_losses",
    "n_draws": "n_ties",
    "n_total": "n_total",
    "discrete_win_rate": "discrete_win_rate",
    "avg_length": "avg_length",
    "length_controlled_winrate": "lc_win_rate",
}


def read_board(path: Path) -> tuple[AlpacaRow, ...]:
    """The rows of a leaderboard in the order of the file; columns that AlpacaEval does not have are left out.

    Raises:
        InputError: wrong content; the message names file, row and column.
    """
    return board_rows(read_records(path))


def board_rows(records: Iterable[Record]) -> tuple[AlpacaRow, ...]:
    """The rows of a leaderboard from its records, as `read_board` reads those of a file.

    Raises:
        InputError: wrong content; the message names file, row and column.
    """
    rows: dict[str, AlpacaRow] = {}
    for record in records:
        row = _row(record)
        if row.model in rows:
            raise InputError(f"{record.where}: model {row.model[:60]!r} stands twice")
        rows[row.model] = row
    return tuple(rows.values())


def write_board(path: Path, rows: Iterable[AlpacaRow]) -> None:
    """Write a leaderboard as AlpacaEval does; columns without any value are left out.

    Raises:
        InputError: the file cannot be written.
    """
    given = list(rows)
    names = [column.name for column in fields(AlpacaRow)][1:]
    kept = [name for name in names if any(getattr(row, name) is not None for row in given)]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["", *kept])
    for row in given:
        values = (getattr(row, name) for name in kept)
        writer.writerow([spreadsheet_cell(row.model), *("" if value is None else value for value in values)])
    write_text(path, buffer.getvalue())


def row_of_ours(values: Mapping[str, Any], *, mode: str | None = None) -> AlpacaRow:
    """A row of our own board, by the names of its columns, as one of AlpacaEval's; our LC error is a sampling error,
    unlike AlpacaEval's, and is left out.

    Args:
        mode: the model's group on AlpacaEval's site, such as `community`.
    """
    found = {name: values.get(ours) for name, ours in _OURS.items()}
    counts = {name: round(value) for name, value in found.items() if name in _COUNTS and value is not None}
    return AlpacaRow(model=values["model"], mode=mode, **{**found, **counts})


def _row(record: Record) -> AlpacaRow:
    column = next((name for name in MODEL_COLUMNS if name in record.fields), None)
    if column is None or "win_rate" not in record.fields:
        names = ", ".join(repr(name[:40]) for name in list(record.fields)[:8])
        raise InputError(
            f"{record.where}: is not a row of a leaderboard: expected a model and its win_rate, found {names}"
        )
    model = checked_name(record.name(column), record.where)
    if not model.strip():
        raise InputError(f"{record.where}: the model has no name")
    values = {name: _count(record, name) if name in _COUNTS else _number(record, name) for name in _NUMBERS}
    return AlpacaRow(model=model, mode=record.optional_text("mode") or None, **values)  # type: ignore[arg-type]


def _number(record: Record, name: str) -> float | None:
    value = record.fields.get(name)
    if value is None or value == "" or value != value:
        return None
    try:
        number = math.inf if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.inf
    # the ways in which tables write a missing value
    if math.isnan(number):
        return None
    if not math.isfinite(number):
        raise InputError(f"{record.where}: {name}: expected a number, found {str(value)[:40]!r}")
    return number


def _count(record: Record, name: str) -> int | None:
    number = _number(record, name)
    if number is not None and number != int(number):
        raise InputError(f"{record.where}: {name}: expected a whole number, found {number:g}")
    return None if number is None else int(number)
