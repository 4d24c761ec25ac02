"""Takes rows as Python values, data frames, records, dictionaries and datasets, and reads them as rows of a file."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.documents import TOO_DEEP, kind_of
from evalkit.errors import InputError
from evalkit.formats.records import Record

if TYPE_CHECKING:
    import pandas as pd

_KNOWN = "a data frame, a list of records, a dictionary or a dataset"
# few, because a row may hold megabytes that a frame has in another form
_ROWS_AT_ONCE = 64
# whole numbers beyond these are longer than the digits that JSON's readers take
_MOST_BITS = 14_284
# kinds that a table has and JSON has not: a reader refuses them where it needs the field
_OF_TABLES = (date, time, timedelta, Decimal, bytes)
_SHOWN = 40


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows that a caller gave as a value; `name` stands where a file has its path.

    Rows of a frame have the values that a table in a file may have, and other rows those that JSON may have. A missing
    value of any kind is None.
    """

    name: str
    _content: "_Content" = field(repr=False)

    @classmethod
    def of(cls, value: object, name: str) -> "Rows":
        """Take a pandas frame, an Arrow table, a frame that can become one of these, a dataset, a sequence of mappings,
        or a mapping.

        A mapping leads from instructions to answers, or from models to any other of these values. An instruction or an
        answer of several turns is a tuple or a list of texts. A named index of a frame is a column.

        Raises:
            InputError: a value of another kind, without rows, or with columns that are not told apart by text.
        """
        return cls(name, _content_of(value, name, expected=f"a path, {_KNOWN}"))

    def __str__(self) -> str:
        return self.name

    @property
    def frame(self) -> "pd.DataFrame | None":
        """The frame that the rows were given as, counted from 0; None for rows that were given one by one."""
        return self._content.frame if isinstance(self._content, _Framed) else None

    @property
    def names(self) -> list[str]:
        """The columns of the frame, or the fields of the first row.

        Raises:
            InputError: the first row is wrong.
        """
        return list(next(self.records()).fields) if self.frame is None else list(self.frame.columns)

    def records(self) -> Iterator[Record]:
        """The rows one after the other, as `read_records` gives those of a file.

        Raises:
            InputError: a row is not a mapping, or holds what a file could not; as late as at the row concerned.
        """
        return self._content.records(self.name)


# a file or a folder, or rows that were given as a value
Source = Path | Rows


@dataclass(frozen=True, slots=True, eq=False)
class _Framed:
    """Rows by columns."""

    frame: "pd.DataFrame"

    def records(self, name: str) -> Iterator[Record]:
        columns = {column: self.frame[column] for column in self.frame.columns}
        for start in range(0, len(self.frame), _ROWS_AT_ONCE):
            stop = min(start + _ROWS_AT_ONCE, len(self.frame))
            parts = {column: values.iloc[start:stop].tolist() for column, values in columns.items()}
            for number in range(stop - start):
                fields = {column: values[number] for column, values in parts.items()}
                yield _record(fields, f"{name}: row {start + number + 1}", table=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Listed:
    """Rows one by one."""

    rows: tuple[object, ...]

    def records(self, name: str) -> Iterator[Record]:
        for number, row in enumerate(self.rows, start=1):
            where = f"{name}: row {number}"
            if not isinstance(row, Mapping):
                raise InputError(f"{where}: expected a mapping, found {kind_of(row)}")
            yield _record(row, where, table=False)


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """Answers by instruction."""

    answers: Mapping[object, object]

    def records(self, name: str) -> Iterator[Record]:
        for number, (instruction, answer) in enumerate(self.answers.items(), start=1):
            row = {"instruction": instruction, "output": answer}
            yield _record(row, f"{name}: row {number}", table=False)


@dataclass(frozen=True, slots=True, eq=False)
class _ByModel:
    """Rows of several models."""

    rows: Mapping[str, Rows]

    def records(self, name: str) -> Iterator[Record]:  # noqa: ARG002 (each model's rows have their own name)
        for model, rows in self.rows.items():
            for record in rows.records():
                column = _model_field(record.fields)
                told = record.fields.get(column)
                if told not in (None, model):
                    raise InputError(
                        f'{record.where}: field "{column}": expected {model!r} or nothing, found {str(told)[:_SHOWN]!r}'
                    )
                yield Record(record.where, {**record.fields, column: model})


_Content = _Framed | _Listed | _Answers | _ByModel


def _content_of(value: Any, name: str, *, expected: str) -> _Content:
    if _is_a(value, "datasets", "DatasetDict"):
        value = _one_split(value, name)
    frame = _frame_of(value)
    if frame is not None:
        found: _Content = _Framed(_told_apart(frame, name))
        value = frame
    elif isinstance(value, Mapping):
        found = _mapped(value, name)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview):
        found = _Listed(tuple(value))
    else:
        raise InputError(f"{name}: expected {expected}, found {type(value).__name__}")
    if not len(value):
        raise InputError(f"{name}: holds no rows")
    return found


def _is_a(value: object, package: str, name: str) -> bool:
    """True for a value of a class of a package, which need not be loaded to tell."""
    return any(kind.__name__ == name and kind.__module__.split(".")[0] == package for kind in type(value).__mro__)


def _one_split(splits: Any, name: str) -> Any:
    if len(splits) != 1:
        raise InputError(f"{name}: has the splits {', '.join(sorted(map(str, splits)))}. Give one of them")
    return next(iter(splits.values()))


def _frame_of(value: Any) -> "pd.DataFrame | None":
    """The value as a frame; None for a value that is no table."""
    if _is_a(value, "datasets", "Dataset"):
        # as it is stored: its own format may be that of another library
        value = value.with_format("arrow")[:]
    elif not _is_table(value):
        made = (getattr(value, name, None) for name in ("to_arrow", "to_pandas"))
        value = next((make() for make in made if callable(make)), None)
    if _is_a(value, "pyarrow", "Table"):
        import pandas as pd

        # otherwise whole numbers beside a missing one would become fractions
        return pd.DataFrame(value.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True))
    if not _is_a(value, "pandas", "DataFrame"):
        return None
    frame: pd.DataFrame = value
    return _with_index(frame)


def _is_table(value: object) -> bool:
    return _is_a(value, "pandas", "DataFrame") or _is_a(value, "pyarrow", "Table")


def _with_index(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with the named parts of its index as columns, counted from 0; the caller's own stays as it is."""
    import pandas as pd

    index = frame.index
    found = frame.copy(deep=False)
    found.index = pd.RangeIndex(len(frame))
    for place, label in enumerate(index.names):
        if isinstance(label, str) and label not in frame.columns:
            found.insert(0, label, index.get_level_values(place).to_series(index=found.index))
    return found


def _told_apart(frame: "pd.DataFrame", name: str) -> "pd.DataFrame":
    """The frame, if texts tell its columns apart."""
    labels = list(frame.columns)
    for number, label in enumerate(labels, start=1):
        if not isinstance(label, str):
            raise InputError(
                f"{name}: column {number}: expected a text as its name, found {str(label)[:_SHOWN]!r} "
                f"({type(label).__name__})"
            )
    repeated = sorted({label for label in labels if labels.count(label) > 1})
    if repeated:
        raise InputError(f"{name}: column {repeated[0][:_SHOWN]!r} stands twice in the header")
    return frame


def _mapped(value: Mapping[object, object], name: str) -> _Content:
    if any(map(_is_answer, value.values())):
        return _Answers(dict(value))
    parts: dict[str, Rows] = {}
    for model, rows in value.items():
        if not isinstance(model, str):
            raise InputError(f"{name}: expected the name of a model, found {kind_of(model)}")
        inner = f'{name}: model "{model[:_SHOWN]}"'
        parts[model] = Rows(inner, _content_of(rows, inner, expected=_KNOWN))
    return _ByModel(parts)


def _is_answer(value: object) -> bool:
    """True for a text, for nothing, and for the texts of several turns."""
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(turn, str) for turn in value)
    return value is None or isinstance(value, str)


def _model_field(fields: Mapping[str, Any]) -> str:
    """The field that names the model of a record, in any layout of outputs."""
    if "output" in fields:
        return "generator"
    return "model_id" if "choices" in fields else "model" if "messages" in fields else "generator"


def _record(row: Mapping[Any, Any], where: str, *, table: bool) -> Record:
    try:
        return Record(where, _plain_fields(row, where, "", table=table))
    except RecursionError:
        raise InputError(f"{where}: {TOO_DEEP}") from None


def _plain_fields(row: Mapping[Any, Any], where: str, place: str, *, table: bool) -> dict[str, Any]:
    found = {}
    for name, value in row.items():
        if not isinstance(name, str):
            inside = f' in field "{place}"' if place else ""
            raise InputError(f"{where}: expected a text as the name of a field{inside}, found {kind_of(name)}")
        found[name] = _plain(value, where, f"{place}.{name[:_SHOWN]}" if place else name[:_SHOWN], table=table)
    return found


def _plain(value: Any, where: str, place: str, *, table: bool) -> Any:
    """The value as a reader of files would give it."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return _short_enough(value, where, place)
    if kind is float:
        return None if math.isnan(value) else value
    return _plain_other(value, where, place, table=table)


def _plain_other(value: Any, where: str, place: str, *, table: bool) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(part, where, f"{place}[{number}]", table=table) for number, part in enumerate(value)]
    if isinstance(value, Mapping):
        return _plain_fields(value, where, place, table=table)
    if _is_a(value, "pandas", "NAType") or _is_a(value, "pandas", "NaTType"):
        return None
    if _is_a(value, "numpy", "ndarray"):
        return _plain(value.tolist(), where, place, table=table)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return _short_enough(int(value), where, place)
    if _is_a(value, "numpy", "generic"):
        return _plain_scalar(value, where, place, table=table)
    if isinstance(value, float):
        return _plain(float(value), where, place, table=table)
    if table and isinstance(value, _OF_TABLES):
        return value
    raise _refusal(where, place, kind_of(value))


def _plain_scalar(value: Any, where: str, place: str, *, table: bool) -> Any:
    """A scalar of numpy as Python's own."""
    if value.dtype.kind in "mM":
        if value != value:
            return None
        # whole numbers would come out of the finer units
        value = value.astype(f"{value.dtype.kind}8[us]")
    found = value.item()
    if type(found) is type(value):
        raise _refusal(where, place, kind_of(value))
    return _plain(found, where, place, table=table)


def _short_enough(value: int, where: str, place: str) -> int:
    if value.bit_length() > _MOST_BITS:
        raise _refusal(where, place, "a number too long to read")
    return value


def _refusal(where: str, place: str, found: str) -> InputError:
    return InputError(f'{where}: field "{place}": found {found}, which no file of rows can hold')
