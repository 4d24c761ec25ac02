"""Other tools' files in the store, record by record."""

from typing import Any

import pytest
import sqlalchemy as sa

from evalkit.errors import StoreError
from evalkit.store import Store
from evalkit.store.documents import DocumentName, documents, records, write_document
from evalkit.store.tables import CHUNK, document_table, record_table

NAME = DocumentName("mt_bench", "single", "a/b.jsonl")
HEADING: dict[str, Any] = {"container": "lines", "columns": []}


def test_records_come_back_in_order_whatever_they_hold(store: Store) -> None:
    rows = [{"n": n, "text": "é\u2028\x00 \U0001f600", "nested": [{"a": None}, 1.5, True]} for n in range(CHUNK + 1)]
    assert write_document(store, NAME, HEADING, iter(rows)) == CHUNK + 1
    assert list(records(store, NAME)) == rows
    assert documents(store) == [(NAME, HEADING)]


@pytest.mark.parametrize("n", [0, 1, CHUNK, 2 * CHUNK])
def test_as_many_come_back_as_were_written(store: Store, n: int) -> None:
    assert write_document(store, NAME, HEADING, ({"n": one} for one in range(n))) == n
    assert [row["n"] for row in records(store, NAME)] == list(range(n))


def test_a_file_takes_the_place_of_an_earlier_one_of_its_name_alone(store: Store) -> None:
    other = DocumentName("mt_bench", "pair", NAME.name)
    write_document(store, NAME, HEADING, [{"n": 1}, {"n": 2}])
    write_document(store, other, HEADING, [{"n": 3}])
    write_document(store, NAME, {**HEADING, "gzip": True}, [{"n": 4}])
    assert list(records(store, NAME)) == [{"n": 4}]
    assert list(records(store, other)) == [{"n": 3}]
    assert documents(store) == [(other, HEADING), (NAME, {**HEADING, "gzip": True})]


def test_the_files_of_one_format_can_be_listed(store: Store) -> None:
    write_document(store, NAME, HEADING, [])
    write_document(store, DocumentName("inspect", "log", "x"), HEADING, [])
    assert [name.format for name, _ in documents(store, format="inspect")] == ["inspect"]
    assert len(documents(store)) == 2


def test_a_failure_in_the_middle_leaves_the_earlier_file(store: Store) -> None:
    write_document(store, NAME, HEADING, [{"n": 1}])

    def broken() -> Any:
        yield {"n": 2}
        raise ValueError("torn")

    with pytest.raises(ValueError, match="torn"):
        write_document(store, NAME, HEADING, broken())
    assert list(records(store, NAME)) == [{"n": 1}]


@pytest.mark.parametrize(
    "damage",
    [
        sa.update(record_table).where(record_table.c.position == 2).values(record='{"n": 9}'),
        sa.delete(record_table).where(record_table.c.position == 2),
        sa.update(record_table).where(record_table.c.position == 2).values(position=4),
        sa.update(record_table).where(record_table.c.position == 2).values(checksum="0" * 16),
    ],
    ids=["changed", "lost", "moved", "checksum"],
)
def test_a_damaged_record_is_named_and_those_before_it_are_given(store: Store, damage: sa.Executable) -> None:
    write_document(store, NAME, HEADING, [{"n": n} for n in range(3)])
    with store.transaction() as connection:
        connection.execute(damage)
    found = records(store, NAME)
    assert next(found) == {"n": 0}
    with pytest.raises(StoreError, match=r"record 2 of single 'a/b.jsonl' is damaged"):
        list(found)


def test_a_damaged_heading_is_named(store: Store) -> None:
    write_document(store, NAME, HEADING, [])
    with store.transaction() as connection:
        connection.execute(sa.update(document_table).values(heading='{"container": "csv", "columns": []}'))
    with pytest.raises(StoreError, match=r"the heading of mt_bench/single/a/b.jsonl is damaged"):
        documents(store)
