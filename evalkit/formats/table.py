"""Reads tables of numeric preferences: judge, model, baseline, key, instruction or index, AlpacaEval's code, lengths,
and any measure of both answers.
"""

import os
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evalkit.documents import open_file
from evalkit.errors import InputError
from evalkit.formats.hub import saved_dataset
from evalkit.formats.instructions import instruction_key
from evalkit.formats.names import check_names
from evalkit.formats.outputs import source_records
from evalkit.formats.records import Record, csv_delimiter, open_unzipped
from evalkit.formats.rows import Source
from evalkit.formats.verdict_table import measure_columns

if TYPE_CHECKING:
    import pandas as pd

TEXT_COLUMNS = ("judge", "model", "baseline")
KEY_COLUMNS = ("key", "instruction", "index")
NUMBER_COLUMNS = ("preference", "len_1", "len_2")
CATEGORY_COLUMNS = ("category", "dataset")
_CSV = (".csv", ".csv.gz")
_HEADER_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class PreferenceGroup:
    """The verdicts of one judge on one model; arrays of shape (n,), preference NaN where there is none.

    `measures` have the candidate's and the baseline's values, NaN where unknown; `categories` are empty where the table
    has none.
    """

    judge: str
    model: str
    baseline: str
    keys: tuple[str, ...]
    preference: NDArray[np.float64]
    baseline_chars: NDArray[np.float64]
    candidate_chars: NDArray[np.float64]
    measures: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=dict)
    categories: tuple[str | None, ...] = ()


def read_preferences(
    path: Source, *, category: str | None = None, records: Sequence[Record] | None = None
) -> list[PreferenceGroup]:
    """Read the groups of a table, sorted by judge, baseline and model.

    Two columns of numbers, NAME_1 and NAME_2, are a measure of the baseline's and the candidate's answer.

    Args:
        category: the column of the categories; the first known one by default, and where the named one is missing.
        records: the records of the file, where they were read already.

    Raises:
        InputError: a column is missing, a value is of a wrong kind, or a row is repeated.
    """
    frame = read_frame(path, records)
    key_column = next((name for name in KEY_COLUMNS if name in frame.columns), None)
    missing = [name for name in (*TEXT_COLUMNS, *NUMBER_COLUMNS) if name not in frame.columns]
    if key_column is None:
        missing.append("key, instruction or index")
    if missing or key_column is None:
        raise InputError(f"{path}: missing column(s) {', '.join(missing)}. Found: {', '.join(map(str, frame.columns))}")
    frame = frame.assign(**{name: _without_blanks(frame[name]) for name in TEXT_COLUMNS})
    for name in TEXT_COLUMNS:
        _refuse(_no_name(frame[name]), frame, name, path, expected="a name")
        check_names(map(str, frame[name].unique()), f"{path}: {name}")
    check_keys(frame, key_column, path)
    _check_numbers(frame, path)
    _check_repeats(frame, key_column, path)
    known = category if category in frame.columns else _category_column(frame)
    return list(_groups(frame, key_column, known))


def read_frame(path: Source, records: Sequence[Record] | None = None) -> "pd.DataFrame":
    """Read a file of rows, a saved dataset, or rows that were given as a value, as a frame.

    Raises:
        InputError: the file is missing, empty or unreadable.
    """
    import pandas as pd

    if isinstance(path, Path):
        return _with_plain_columns(_frame_of_file(path, records))
    if path.frame is not None:
        return _with_plain_columns(path.frame)
    return pd.DataFrame([record.fields for record in records or path.records()])


def _frame_of_file(path: Path, records: Sequence[Record] | None) -> "pd.DataFrame":
    import pandas as pd

    # unlike the methods of Path it takes any name
    if not os.path.isfile(path) and not saved_dataset(path):
        with open_file(path):
            pass  # refused with the reason
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        elif path.name.endswith(_CSV):
            frame = _read_csv(path)
        else:
            frame = pd.DataFrame([record.fields for record in records or source_records(path)])
    except (ValueError, OSError) as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())[:200]}") from None
    if frame.empty:
        raise InputError(f"{path}: the file holds no rows")
    return frame


def _read_csv(path: Path) -> "pd.DataFrame":
    """A csv file, whatever delimiter and blanks in its header a spreadsheet wrote."""
    import pandas as pd

    with open_unzipped(path) as file:
        begun = file.read(_HEADER_BYTES).decode("utf-8-sig", "replace")
    delimiter, rest = csv_delimiter(begun)
    # spreadsheets that write semicolons write decimal commas too
    decimal = "," if delimiter == ";" else "."
    frame = pd.read_csv(path, sep=delimiter, decimal=decimal, skiprows=int(len(rest) < len(begun)))
    return frame.rename(columns=lambda name: name.strip() if isinstance(name, str) else name)


def _with_plain_columns(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with the kinds of columns that other files give: categories would be sorted in an order of their own,
    and numbers among objects would not be known as numbers.
    """
    import pandas as pd

    found = frame.copy(deep=False)
    for name, kind in frame.dtypes.items():
        column = frame[name]
        if isinstance(kind, pd.ArrowDtype):
            column = column.array.__arrow_array__().to_pandas()
            column.index = frame.index
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(column.cat.categories.dtype)
        if column.dtype == object:
            column = _numbers_among_objects(column)
        if column is not frame[name]:
            found[name] = column
    return found


def _numbers_among_objects(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """The column of numbers that objects are; other objects as they are."""
    import pandas as pd

    if pd.api.types.infer_dtype(column, skipna=True) not in ("integer", "floating", "mixed-integer-float"):
        return column
    numbers = column.infer_objects()
    if numbers.dtype == object and column.isna().any():
        numbers = pd.Series(column.to_numpy(dtype=np.float64, na_value=np.nan), index=column.index)
    return numbers


def row_key(value: object, column: str) -> str:
    """The key of an instruction given as a key, as a text, or as an index, which is zero-padded so that keys sort as
    numbers.
    """
    if column == "key":
        return str(value)
    return instruction_key(str(value)) if column == "instruction" else f"{int(float(str(value))):06d}"


def check_keys(frame: "pd.DataFrame", key_column: str, path: Source) -> None:
    """Refuse a table in which a row has no instruction and no index.

    Raises:
        InputError: a row has neither; the message names it.
    """
    if key_column == "index":
        values = _numbers(frame, "index", path)
        wrong = values.isna() | (values < 0) | (values > 2**53) | (values != values.round())
        _refuse(wrong, frame, "index", path, expected="a whole number from 0")
    else:
        expected = "a key" if key_column == "key" else "an instruction"
        _refuse(_no_name(frame[key_column]), frame, key_column, path, expected=expected)


def _no_name(values: "pd.Series[Any]") -> "pd.Series[bool]":
    # a parquet file may hold lists and mappings, which cannot be keys
    return values.isna() | ~values.map(lambda value: isinstance(value, Hashable)).astype(bool)


def _without_blanks(names: "pd.Series[Any]") -> "pd.Series[Any]":
    """The names of a column without the white space that a table may pad them with; a blank one is missing."""
    return names.map(lambda name: name.strip() or None if isinstance(name, str) else name)


def _numbers(frame: "pd.DataFrame", name: str, path: Source) -> "pd.Series[Any]":
    import pandas as pd

    try:
        return pd.to_numeric(frame[name], errors="coerce")
    except (OverflowError, TypeError, ValueError):
        raise InputError(f"{path}: {name}: holds a value that is not a number, or one that is too large") from None


def _refuse(wrong: "pd.Series[bool]", frame: "pd.DataFrame", name: str, path: Source, *, expected: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong.to_numpy())[0])
        found = str(frame[name].iloc[row])
        raise InputError(f"{path}: row {row + 1}: {name}: expected {expected}, found {found!r}")


def _check_numbers(frame: "pd.DataFrame", path: Source) -> None:
    for name in NUMBER_COLUMNS:
        values = _numbers(frame, name, path)
        wrong = (values.isna() & frame[name].notna()) | _no_numbers(frame[name], path)
        if name == "preference":
            wrong |= values.notna() & (values != 0) & ~values.between(1, 2)
            expected = "0, a number from 1 to 2, or nothing"
        else:
            wrong |= values.isna() | (values < 0) | np.isinf(values)
            expected = "a length in characters"
        _refuse(wrong, frame, name, path, expected=expected)


def _no_numbers(column: "pd.Series[Any]", path: Source) -> "pd.Series[bool]":
    """A mask of the truth values, and of texts in a file that could hold numbers, whatever they would parse as."""
    if column.dtype.kind in "iuf":
        return column.isna() & False
    kinds = (bool, np.bool_) if isinstance(path, Path) and path.name.endswith(_CSV) else (bool, np.bool_, str)
    return column.map(lambda value: isinstance(value, kinds)).astype(bool)


def _check_repeats(frame: "pd.DataFrame", key_column: str, path: Source) -> None:
    repeated = frame.duplicated([*TEXT_COLUMNS, key_column])
    if repeated.any():
        row = int(np.flatnonzero(repeated.to_numpy())[0])
        raise InputError(
            f"{path}: {int(repeated.sum())} rows repeat judge, model, baseline and {key_column}; "
            f"the first is row {row + 1}. Keep one of each"
        )


def _groups(frame: "pd.DataFrame", key_column: str, category: str | None) -> Iterator[PreferenceGroup]:
    keys = {value: row_key(value, key_column) for value in frame[key_column].unique()}
    numbers = set(frame.select_dtypes("number").columns)
    measures = {
        name: both for name, both in measure_columns(map(str, frame.columns)).items() if numbers.issuperset(both)
    }
    for (judge, baseline, model), rows in frame.groupby(["judge", "baseline", "model"], sort=True):
        code = rows["preference"].to_numpy(dtype=np.float64, na_value=np.nan)
        yield PreferenceGroup(
            judge=str(judge),
            model=str(model),
            baseline=str(baseline),
            keys=tuple(keys[value] for value in rows[key_column]),
            # 0 is an old way of writing a tie
            preference=np.where(code == 0, 0.5, code - 1.0),
            baseline_chars=rows["len_1"].to_numpy(dtype=np.float64),
            candidate_chars=rows["len_2"].to_numpy(dtype=np.float64),
            measures={
                name: (
                    rows[candidate].to_numpy(np.float64, na_value=np.nan),
                    rows[base].to_numpy(np.float64, na_value=np.nan),
                )
                for name, (base, candidate) in measures.items()
            },
            categories=() if category is None else tuple(map(_name, rows[category])),
        )


def _category_column(frame: "pd.DataFrame") -> str | None:
    return next((name for name in CATEGORY_COLUMNS if name in frame.columns), None)


def _name(value: object) -> str | None:
    """The name of a category; None for anything but text."""
    return value if isinstance(value, str) and value else None
