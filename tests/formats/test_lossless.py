"""Values of any file as JSON and back again."""

import json
import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.formats.lossless import from_json, from_text, rows_of, table_of, to_json, to_text
from evalkit.formats.records import Record

N = 2
NAN = float("nan")
COLUMNS = [
    pa.nulls(N), pa.array([NAN, None]), pa.array([math.inf, -math.inf]), pa.array([True, None]),
    pa.array([2**64 - 1] * N, pa.uint64()), pa.array([-(2**63)] * N), pa.array([1.1, NAN], pa.float32()),
    pa.array([1.5, None], pa.float32()).cast(pa.float16()), pa.array(["x", None], pa.large_string()),
    pa.array([b"\xff", b""]), pa.array([b"ab", None], pa.binary(2)), pa.array([[1], None]), pa.array([{"a": 1}, None]),
    pa.array([{"a": NAN, "b": None}, {"a": None, "b": "x"}]), pa.array(["x", None]).dictionary_encode(),
    pa.array([2**31 - 1] * N, pa.int32()).cast(pa.date32()), pa.array([86_400_000, 0]).cast(pa.date64()),
    pa.array([2**62] * N, pa.timestamp("s", "UTC")), pa.array([1, None], pa.timestamp("ns", "Nowhere/AtAll")),
    pa.array([1] * N, pa.time32("ms")), pa.array([1] * N, pa.time64("ns")), pa.array([2**62] * N, pa.duration("s")),
    pa.array([Decimal("1.20"), None], pa.decimal128(30, 3)),
    pa.array([[{"t": 1}], []], pa.list_(pa.struct([("t", pa.timestamp("ms"))]))),
    pa.array([[["a"]], None], pa.large_list(pa.list_(pa.dictionary(pa.int8(), pa.string())))),
]  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: str(column.type))
def test_a_column_of_any_kind_comes_back_with_its_kind(column: pa.Array) -> None:
    table = pa.table({"column": column}, metadata={"pandas": "{}"})
    rows = json.loads(json.dumps(list(rows_of(table, "table")), allow_nan=False))
    found = table_of(rows, from_text(to_text(table.schema)), "table")
    assert found.schema.equals(table.schema, check_metadata=True)
    # NaN equals nothing, so what is compared is how it is written
    assert str(found.combine_chunks()) == str(table)


@pytest.mark.parametrize(
    "column",
    [pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8())), pa.array([(1, 2, 3)], pa.month_day_nano_interval())],
    ids=["map", "interval"],
)
def test_a_column_that_cannot_be_kept_is_refused_by_name(column: pa.Array) -> None:
    with pytest.raises(InputError, match="^table: column 'c' is of kind .*, which is not kept"):
        list(rows_of(pa.table({"c": column}), "table"))


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="^table: column 'a' stands twice"):
        list(rows_of(pa.table([[1], [2]], ["a", "a"]), "table"))


@pytest.mark.parametrize("text", ["", "x", "AAAA", to_text(pa.schema([("a", pa.int8())]))[:40]])
def test_a_text_that_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="the schema of the table cannot be read"):
        from_text(text)


def test_a_row_that_does_not_fit_the_schema_is_refused() -> None:
    with pytest.raises(InputError, match="^table: the rows do not fit the table's schema"):
        table_of([{"a": "x"}], pa.schema([("a", pa.int8())]), "table")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_any_values_come_back_equal_and_of_the_same_kind(fields: dict[str, Any]) -> None:
    text = json.dumps(to_json(Record("file:1", fields)), allow_nan=False)
    found = from_json(json.loads(text))
    assert found == fields
    assert repr(found) == repr(fields)


@pytest.mark.parametrize("fields", [{"a": "x\ud83d"}, {"a": [{"b": "\udc00\ud83d\U0001f600"}]}])
def test_half_of_a_surrogate_pair_comes_back(fields: dict[str, Any]) -> None:
    text = json.dumps(to_json(Record("file:1", fields)))
    assert "\\ud83d" not in text
    assert from_json(json.loads(text)) == fields


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"a": {"\ud83d": 1}}, "a has a name with half of a surrogate pair"),
        ({"a": {"$float": "nan"}}, "field \"a\": the name '$float' is reserved"),
        ({"$bytes": "x"}, "the name '$bytes' is reserved"),
        ({"a": {1, 2}}, 'field "a": holds set, which cannot be kept'),
    ],
)
def test_what_json_cannot_hold_is_refused_with_its_place(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError) as error:
        to_json(Record("file:1", fields))
    assert str(error.value).startswith("file:1: ") and reason in str(error.value)


def test_nesting_that_is_too_deep_is_refused() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(InputError, match="nested too deeply"):
        to_json(Record("file:1", {"a": deep}))


@pytest.mark.parametrize("fields", [{"a": {"$float": "x"}}, {"a": {"$bytes": "x"}}, {"a": {"$decimal": "x"}}])
def test_what_stands_for_no_value_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="expected the text of its value, found 'x'"):
        from_json(fields)
