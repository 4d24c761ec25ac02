"""The content of other tools' files, kept in the store record by record so that they can be written again."""

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from evalkit.errors import StoreError
from evalkit.redaction import Redactor
from evalkit.store.database import Store
from evalkit.store.encoding import document_checksum, record_checksum
from evalkit.store.naming import REPAIR
from evalkit.store.seal import resealing, sealed
from evalkit.store.tables import CHUNK, chunks, document_table, record_table


@dataclass(frozen=True, slots=True, order=True)
class DocumentName:
    """The format, the kind and the path of a file."""

    format: str
    kind: str
    name: str


def write_document(
    store: Store, name: DocumentName, heading: Mapping[str, Any], records: Iterable[Mapping[str, Any]]
) -> int:
    """Keep a file's records, in place of an earlier file of that name; return their number.

    Args:
        heading: facts needed to write such a file again.
    """
    words = (name.format, name.kind, name.name)
    created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    n = 0
    mine = {table: sa.and_(table.c.format == name.format, table.c.kind == name.kind, table.c.name == name.name)
            for table in (record_table, document_table)}  # fmt: skip
    with store.transaction() as connection, resealing(connection, store.where, *mine.items()):
        for table, own_rows in mine.items():
            connection.execute(sa.delete(table).where(own_rows))
        own = {"format": name.format, "kind": name.kind, "name": name.name}
        redactor = Redactor()
        for chunk in chunks(redactor.content(json.dumps(record)) for record in records):
            rows = [
                {**own, "position": position, "record": said, "checksum": record_checksum(*words, position, said)}
                for position, said in enumerate(chunk, start=n + 1)
            ]
            connection.execute(sa.insert(record_table), sealed(connection, record_table, rows))
            n += len(chunk)
        # with their number, so that a lost last record is noticed
        text = redactor.content(json.dumps({"layout": heading, "n": n}, sort_keys=True))
        row = {**own, "heading": text, "checksum": document_checksum(*words, text), "created": created}
        connection.execute(sa.insert(document_table), sealed(connection, document_table, [row]))
    return n


def documents(store: Store, *, format: str | None = None) -> list[tuple[DocumentName, dict[str, Any]]]:  # noqa: A002
    """The kept files by name with their headings, of one format or of all.

    Raises:
        StoreError: a heading is damaged.
    """
    found = [(name, heading["layout"]) for name, heading in _headings(store)]
    return sorted(
        (document for document in found if format in (None, document[0].format)), key=lambda document: document[0]
    )


def records(store: Store, name: DocumentName) -> Iterator[dict[str, Any]]:
    """The records of a kept file in order.

    Raises:
        StoreError: one is damaged or lost.
    """
    n = next((heading["n"] for known, heading in _headings(store) if known == name), 0)
    columns = record_table.c
    mine = (columns.format == name.format, columns.kind == name.kind, columns.name == name.name)
    after = 0
    while True:
        query = sa.select(record_table).where(*mine, columns.position > after).order_by(columns.position).limit(CHUNK)
        with store.connect() as connection:
            rows = connection.execute(query).mappings().all()
        for row in rows:
            after += 1
            covered = (name.format, name.kind, name.name, row["position"], row["record"])
            if row["position"] != after or row["checksum"] != record_checksum(*covered):
                raise StoreError(f"{store.where}: record {after} of {name.kind} {name.name!r} is damaged. {REPAIR}")
            yield json.loads(row["record"])
        if len(rows) < CHUNK:
            break
    if after != n:
        raise StoreError(f"{store.where}: {n - after} of {n} records of {name.kind} {name.name!r} are lost. {REPAIR}")


def _headings(store: Store) -> Iterator[tuple[DocumentName, dict[str, Any]]]:
    with store.connect() as connection:
        rows = connection.execute(sa.select(document_table)).mappings().all()
    for row in rows:
        words = (row["format"], row["kind"], row["name"])
        if row["checksum"] != document_checksum(*words, row["heading"]):
            raise StoreError(f"{store.where}: the heading of {'/'.join(map(str, words))} is damaged. {REPAIR}")
        yield DocumentName(*words), json.loads(row["heading"])
