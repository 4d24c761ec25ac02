"""Rows that last: each is named by the digest of its content, is written once, and nothing replaces it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from evalkit.errors import StoreError
from evalkit.store.database import Store
from evalkit.store.naming import REPAIR
from evalkit.store.seal import counted, sealed
from evalkit.store.tables import (
    chunks,
    evaluation_table,
    evidence_table,
    insert_into,
    release_table,
    release_verdict_table,
)
from evalkit.types import Estimate, Status, StatusKind

# the columns of a record that its name covers; a text's name covers the text
_RECORDS = {
    release_table: ("benchmark", "model", "verdicts", "document"),
    evaluation_table: ("judge_digest", "labels_digest", "evidence", "document"),
}
# the tables of the texts that records were made of; a record has its text's name in a column of the same name
TEXTS = {release_table: release_verdict_table, evaluation_table: evidence_table}
LASTING = (*TEXTS, *TEXTS.values())


def text_name(text: str) -> str:
    """The name of a text: a digest of it."""
    return hashlib.sha256(text.encode()).hexdigest()


def put_record(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any], text: str) -> None:
    """Add a record with the text that it was made of, which a column of the record names."""
    texts = TEXTS[table]
    _add(connection, texts, {name_of(texts): row[name_of(texts)], "document": text})
    _add(connection, table, {name_of(table): _record_name(table, row), **row})


def texts_of(store: Store, table: sa.Table, names: Iterable[str], *, fault: str) -> dict[str, str]:
    """The texts that records of a table were made of, by name.

    Raises:
        StoreError: one is damaged or lost; the message begins with the `fault`.
    """
    texts, wanted, found = TEXTS[table], set(names), {}
    name = name_of(texts)
    with store.connect() as connection:
        for chunk in chunks(sorted(wanted)):
            query = sa.select(texts).where(texts.c[name].in_(chunk))
            found.update({row[name]: row for row in connection.execute(query).mappings()})
    if wanted != found.keys() or not all(is_whole(texts, row) for row in found.values()):
        raise StoreError(f"{store.where}: {fault}. {REPAIR}")
    return {name: row["document"] for name, row in found.items()}


def name_of(table: sa.Table) -> str:
    """The name of the column that names a table's rows."""
    (column,) = table.primary_key
    return column.name


def is_whole(table: sa.Table, row: Mapping[Any, Any]) -> bool:
    """True if a row has the content that its name is a digest of."""
    name = row[name_of(table)]
    try:
        return bool(name == (_record_name(table, row) if table in _RECORDS else text_name(row["document"])))
    except (TypeError, AttributeError):
        # a damaged cell may have turned into bytes
        return False


def encode_estimate(estimate: Estimate) -> dict[str, Any]:
    """An estimate as JSON."""
    fields = {name: getattr(estimate, name) for name in ("value", "stderr", "lower", "upper", "n")}
    status = [estimate.status.kind.value, estimate.status.reason]
    return {**fields, "status": status, "notes": list(estimate.notes)}


def decode_estimate(document: Mapping[str, Any]) -> Estimate:
    """The estimate that `encode_estimate` wrote."""
    kind, reason = document["status"]
    status = Status(StatusKind(kind), reason)
    return Estimate(**{**document, "status": status, "notes": tuple(document["notes"])})


def _add(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
    """Add a row unless it is there; a row of that name has the same content."""
    (whole,) = sealed(connection, table, [row])
    if connection.execute(insert_into(connection, table).on_conflict_do_nothing(), whole).rowcount:
        counted(connection, [whole])


def _record_name(table: sa.Table, row: Mapping[Any, Any]) -> str:
    return hashlib.sha256(json.dumps([row[name] for name in _RECORDS[table]]).encode()).hexdigest()
