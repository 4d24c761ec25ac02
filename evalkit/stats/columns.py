"""Columns that callers give as lists, arrays or series: read by position, with missing values found, and checked."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import StatsError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.str_]
# a list, an array or a series; a missing number is NaN, None or what pandas counts as missing
Numbers = Collection[float | None]
Labels = Collection[object]

_SHOWN = 60
_COLUMN = "Give a list, an array or a series with one value a row"


def floats(values: Numbers, name: str, *, like: tuple[str, int] | None = None, known: bool = False) -> Floats:
    """The numbers of a column, NaN where one is missing; shape (n,).

    Args:
        name: the argument's name, for messages.
        like: the name and length of the column that this one must be as long as.
        known: whether a missing number is refused.

    Raises:
        StatsError: not a column, of another length, or a value is not a number; the message names the position.
    """
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(np.float64), np.nan)
    array = _column(values, name, like)
    if array.dtype.kind not in "fiub":
        array = _each_number(values, array, name)
    numbers: Floats = np.asarray(array, dtype=np.float64)
    if known and (missing := np.isnan(numbers)).any():
        raise StatsError(f"{name}[{earliest(missing)}] is missing. Leave out the rows that have no value")
    return numbers


def table(values: Collection[Any], name: str, *, shape: tuple[str, str]) -> Floats:
    """The numbers of a table of two dimensions, NaN where one is missing.

    Args:
        shape: what rows and columns are, for messages; a number is the number of columns that the table must have.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatsError(f"{name} is not a table of numbers: {str(error)[:_SHOWN]}") from error
    wrong = array.ndim != 2 and array.size > 0
    if wrong or (array.ndim == 2 and shape[1].isdigit() and array.shape[1] != int(shape[1])):
        raise StatsError(f"{name} has the shape {array.shape}, not ({', '.join(shape)}). Give one row for each model")
    return array


def labels(values: Labels, name: str, *, like: tuple[str, int] | None = None, unnamed: str | None = None) -> Texts:
    """The labels of a column as text, shape (n,).

    Args:
        unnamed: the label of rows that have none; None where such a row is refused.

    Raises:
        StatsError: not a column, of another length, or a label is missing; the message names the position.
    """
    array = _column(values, name, like)
    if isinstance(values, np.ndarray) and array.dtype.kind in "Uiub":
        return array.astype(str)
    missing = _missing(values)
    if missing.any():
        if unnamed is None:
            raise StatsError(f"{name}[{earliest(missing)}] is missing. Give each row a label, or leave the row out")
        values = [unnamed if absent else value for value, absent in zip(values, missing, strict=True)]
    return np.asarray([str(value) for value in values], dtype=str)


def numbered(values: Labels, name: str, *, like: tuple[str, int] | None = None) -> Ints:
    """Labels as numbers from 0 without gaps, in the order of the labels; shape (n,).

    Raises:
        StatsError: as for `labels`.
    """
    array = _column(values, name, like)
    found = array if array.dtype.kind in "iub" else labels(values, name)
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def whole_numbers(values: Labels, name: str, *, like: tuple[str, int] | None = None) -> Ints | None:
    """The column as it is where it holds whole numbers; None where it holds anything else.

    Raises:
        StatsError: not a column, or of another length.
    """
    array = _column(values, name, like)
    return array if array.dtype.kind in "iu" else None


def check_share(values: Floats, name: str, cure: str, *, of: Texts | None = None) -> None:
    """Refuse numbers outside [0, 1]; a missing number passes.

    Args:
        cure: a sentence that says what to give instead.
        of: the instruction of each row, for messages.

    Raises:
        StatsError: the message names the position.
    """
    wrong = (values < 0) | (values > 1)
    if wrong.any():
        row = earliest(wrong)
        place = f"{name}[{row}]" if of is None else f"{name}[{row}], of instruction {shown(str(of[row]))},"
        raise StatsError(f"{place} is {values[row]:g}, outside [0, 1]. {cure}")


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that is not a share.

    Raises:
        StatsError: the confidence is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise StatsError(f"confidence is {confidence:g}. Give a number between 0 and 1, such as 0.95")


def earliest(rows: Bools) -> int:
    """The position of the first row that is marked."""
    return int(np.flatnonzero(rows)[0])


def shown(value: object) -> str:
    """A value of a caller as a message shows it, cut where it is long."""
    return repr(value)[:_SHOWN]


def _column(values: Collection[Any], name: str, like: tuple[str, int] | None) -> NDArray[Any]:
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise StatsError(f"{name} is not a column: its values are of different lengths. {_COLUMN}") from error
    if array.ndim == 0:
        raise StatsError(f"{name} is a single {type(values).__name__}, not a column. {_COLUMN}")
    if array.ndim > 1:
        raise StatsError(f"{name} has the shape {array.shape}, not (n,). {_COLUMN}")
    if like is not None and len(array) != like[1]:
        raise StatsError(
            f"{name} is of length {len(array)}, and {like[0]} of length {like[1]}. Give both one value a row"
        )
    return array


def _each_number(values: Numbers, array: NDArray[Any], name: str) -> Floats:
    """Read numbers one by one, where an array of them has another type than a number's."""
    missing = _missing(values)
    times = array.dtype.kind in "mM"
    return np.array(
        [
            np.nan if absent else _number(value, f"{name}[{row}]", refused=times)
            for row, (value, absent) in enumerate(zip(values, missing, strict=True))
        ],
        dtype=np.float64,
    )


def _number(value: Any, place: str, *, refused: bool) -> float:
    try:
        if not refused and not isinstance(value, str | bytes):
            return float(value)
    except (TypeError, ValueError):
        pass
    raise StatsError(f"{place} is {shown(value)}, which is not a number. Give NaN or None where there is no value")


def _missing(values: Collection[Any]) -> Bools:
    """The rows without a value: None, NaN, or what a series itself counts as missing."""
    isna = getattr(values, "isna", None)
    if isna is not None:
        return np.asarray(isna(), dtype=bool)
    rows: Sequence[bool] = [value is None or (isinstance(value, float) and value != value) for value in values]
    return np.array(rows, dtype=bool)
