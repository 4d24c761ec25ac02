"""Converts the values of any file to JSON and back; a value that JSON lacks becomes an object with one $name$."""

import base64
import binascii
import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from evalkit.documents import TOO_DEEP, kind_of
from evalkit.errors import InputError
from evalkit.formats.records import SURROGATE, Record

if TYPE_CHECKING:
    import pyarrow as pa

FLOAT, BYTES, DECIMAL, TEXT = "$float", "$bytes", "$decimal", "$text"


def _text_of(spelled: str) -> str:
    return base64.b64decode(spelled).decode("utf-8", "surrogatepass")


_READ: Mapping[str, Callable[[str], Any]] = {
    FLOAT: float, BYTES: base64.b64decode, DECIMAL: Decimal, TEXT: _text_of,
}  # fmt: skip


def to_json(record: Record) -> dict[str, Any]:
    """The fields of a record as values that any JSON writer takes, NaN and bytes among them.

    Raises:
        InputError: half of a surrogate pair in a name, a reserved name, a value of an unknown kind, or nesting that is
            too deep.
    """
    try:
        _check_names(record, "the record", record.fields)
        return {name: _encode(record, name[:40], value) for name, value in record.fields.items()}
    except RecursionError:
        raise InputError(f"{record.where}: {TOO_DEEP}") from None


def from_json(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `to_json`.

    Raises:
        InputError: an object that stands for another value does not spell one.
    """
    return {name: _decode(value) for name, value in fields.items()}


def to_text(schema: "pa.Schema") -> str:
    """A schema as text."""
    return base64.b64encode(schema.serialize()).decode()


def from_text(text: str) -> "pa.Schema":
    """The inverse of `to_text`.

    Raises:
        InputError: the text spells no schema.
    """
    import pyarrow as pa

    try:
        return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text, validate=True)))
    except (pa.ArrowException, OSError, ValueError, binascii.Error) as error:
        raise InputError(f"the schema of the table cannot be read: {_one_line(error)}") from None


def rows_of(table: "pa.Table", where: str) -> Iterator[dict[str, Any]]:
    """The rows of a table as JSON; times are whole numbers in the unit of their column.

    Raises:
        InputError: two columns of one name, or a column of a kind that cannot be kept.
    """
    import pyarrow as pa

    names = table.schema.names
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise InputError(f"{where}: column {repeated[:40]!r} stands twice")
    try:
        plain = table.cast(_plain_schema(table.schema, where))
        number = 0
        for batch in plain.to_batches(max_chunksize=1000):
            for fields in batch.to_pylist():
                number += 1
                yield to_json(Record(f"{where}: row {number}", fields))
    except (pa.ArrowException, ValueError, OverflowError) as error:
        raise InputError(f"{where}: cannot be read: {_one_line(error)}") from None


def table_of(rows: Iterable[Mapping[str, Any]], schema: "pa.Schema", where: str) -> "pa.Table":
    """The inverse of `rows_of`.

    Raises:
        InputError: a row does not fit the schema.
    """
    import pyarrow as pa

    try:
        plain = pa.Table.from_pylist([from_json(row) for row in rows], schema=_plain_schema(schema, where))
        return plain.cast(schema)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{where}: the rows do not fit the table's schema: {_one_line(error)}") from None


def _encode(record: Record, place: str, value: Any) -> Any:
    if isinstance(value, str):
        # texts know whether they are ASCII, which has no surrogates
        if value.isascii() or SURROGATE.search(value) is None:
            return value
        return {TEXT: base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()}
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {FLOAT: repr(value)}
    if isinstance(value, dict):
        _check_names(record, place, value)
        return {name: _encode(record, place, part) for name, part in value.items()}
    if isinstance(value, list):
        return [_encode(record, place, part) for part in value]
    if isinstance(value, bytes):
        return {BYTES: base64.b64encode(value).decode()}
    if isinstance(value, Decimal):
        return {DECIMAL: str(value)}
    raise InputError(f'{record.where}: field "{place}": holds {kind_of(value)}, which cannot be kept')


def _check_names(record: Record, place: str, value: Mapping[str, Any]) -> None:
    for name in value:
        if not name.isascii() and SURROGATE.search(name):
            raise InputError(f"{record.where}: {place} has a name with half of a surrogate pair, which cannot be kept")
    if len(value) == 1 and not _READ.keys().isdisjoint(value):
        raise InputError(f'{record.where}: field "{place}": the name {next(iter(value))!r} is reserved')


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(part) for part in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, text),) = value.items()
        if name in _READ and isinstance(text, str):
            with contextlib.suppress(ValueError, InvalidOperation):
                return _READ[name](text)
            raise InputError(f"{name}: expected the text of its value, found {text[:40]!r}")
    return {name: _decode(part) for name, part in value.items()}


def _plain_schema(schema: "pa.Schema", where: str) -> "pa.Schema":
    import pyarrow as pa

    fields = []
    for field in schema:
        kind = _plain(field.type)
        if kind is None:
            raise InputError(
                f"{where}: column {field.name[:40]!r} is of kind {str(field.type)[:40]}, which is not kept"
            )
        fields.append(pa.field(field.name, kind))
    return pa.schema(fields)


def _plain(kind: "pa.DataType") -> "pa.DataType | None":
    """The kind in which a column passes through Python without loss; None where there is none."""
    import pyarrow as pa

    known = pa.types
    if known.is_struct(kind):
        parts = [(kind.field(index).name, _plain(kind.field(index).type)) for index in range(kind.num_fields)]
        unique = len({name for name, _ in parts}) == len(parts)
        return pa.struct(parts) if unique and all(part is not None for _, part in parts) else None
    if known.is_list(kind) or known.is_large_list(kind):
        part = _plain(kind.value_type)
        if part is None:
            return None
        return pa.list_(part) if known.is_list(kind) else pa.large_list(part)
    if known.is_dictionary(kind):
        return _plain(kind.value_type)
    if known.is_date32(kind) or known.is_time32(kind):
        return pa.int32()
    if known.is_temporal(kind) and not known.is_interval(kind):
        return pa.int64()
    if known.is_float16(kind):
        return pa.float32()
    simple = (
        known.is_null, known.is_boolean, known.is_integer, known.is_floating, known.is_string, known.is_large_string,
        known.is_binary, known.is_large_binary, known.is_fixed_size_binary, known.is_decimal,
    )  # fmt: skip
    return kind if any(check(kind) for check in simple) else None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
