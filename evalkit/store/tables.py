"""The tables of a store, and the migration of stores of earlier layouts."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from evalkit.store.encoding import config_checksum, exchange_digest, place_checksum, reply_checksum

SCHEMA_VERSION = 8
CHUNK = 500
T = TypeVar("T")

metadata = sa.MetaData()

meta_table = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
reply_table = sa.Table(
    "replies",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("reply", sa.Text, nullable=False),
    sa.Column("body", sa.Text),
    sa.Column("checksum", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    # the digest of request and body, so that the checksum covers what reading a verdict leaves out
    sa.Column("exchange", sa.Text),
    sa.Column("seal", sa.Text),
)
failure_table = sa.Table(
    "failures",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("seal", sa.Text),
)
judge_table = sa.Table(
    "judges",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("config", sa.Text, nullable=False),
    sa.Column("used", sa.Text, nullable=False),
    sa.Column("checksum", sa.Text),
    sa.Column("seal", sa.Text),
)
asked_table = sa.Table(
    "asked",
    metadata,
    sa.Column("benchmark", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("baseline", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("order", sa.Text, primary_key=True),
    sa.Column("repeat", sa.Integer, primary_key=True),
    sa.Column("judge", sa.Text, nullable=False),
    sa.Column("cluster", sa.Text, nullable=False),
    sa.Column("category", sa.Text),
    sa.Column("baseline_chars", sa.Integer, nullable=False),
    sa.Column("candidate_chars", sa.Integer),
    sa.Column("labels", sa.Text),
    sa.Column("reply_key", sa.Text, index=True),
    sa.Column("rule", sa.Text),
    sa.Column("failure", sa.Text),
    sa.Column("recorded", sa.Float),
    sa.Column("turn", sa.Integer, nullable=False, server_default="1"),
    sa.Column("baseline_measures", sa.Text),
    sa.Column("candidate_measures", sa.Text),
    # the number of blanks among the characters of the lengths, where the texts were known
    sa.Column("baseline_blanks", sa.Integer),
    sa.Column("candidate_blanks", sa.Integer),
    # the plan that the place belongs to: a run with another plan for the same models takes its rows away
    sa.Column("plan", sa.Text),
    sa.Column("checksum", sa.Text),
    sa.Column("seal", sa.Text),
)
owner_table = sa.Table(
    "owners",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("concurrency", sa.Integer, nullable=False),
    sa.Column("beat", sa.Float, nullable=False),
)
lease_table = sa.Table(
    "leases",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False, index=True),
)
# the content of other tools' files, unchanged: `heading` holds the facts needed to write such a file again
document_table = sa.Table(
    "documents",
    metadata,
    sa.Column("format", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("heading", sa.Text, nullable=False),
    sa.Column("checksum", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("seal", sa.Text),
)
record_table = sa.Table(
    "records",
    metadata,
    sa.Column("format", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("checksum", sa.Text, nullable=False),
    sa.Column("seal", sa.Text),
)
# the record of what decided a model's places under a judge, and the audit of its outputs; a run replaces it with its
# places
plan_table = sa.Table(
    "plans",
    metadata,
    sa.Column("benchmark", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("baseline", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("checksum", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("seal", sa.Text),
)
# the runs that showed or decided a model's number, each named by the digest of its content; nothing replaces one
release_table = sa.Table(
    "releases",
    metadata,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("benchmark", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("verdicts", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("seal", sa.Text),
)
# the verdicts that releases were measured on, which later runs of their models take out of `asked`
release_verdict_table = sa.Table(
    "release_verdicts",
    metadata,
    sa.Column("verdicts", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("seal", sa.Text),
)
# the measurements of how far judges agree with people, each named by the digest of its content; nothing replaces one
evaluation_table = sa.Table(
    "evaluations",
    metadata,
    sa.Column("evaluation", sa.Text, primary_key=True),
    sa.Column("judge_digest", sa.Text, nullable=False),
    sa.Column("labels_digest", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("seal", sa.Text),
)
# the labels and verdicts that evaluations were computed from, without the texts of instructions and answers
evidence_table = sa.Table(
    "evaluation_evidence",
    metadata,
    sa.Column("evidence", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("seal", sa.Text),
)


def secret_checksum(secret: str) -> str:
    """A checksum of the secret: a changed secret would change every key, and every reply would be paid for again."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def migrate(connection: sa.Connection, version: int) -> None:
    """Bring a store of an earlier version to this one, within the caller's transaction."""
    for step in range(version, SCHEMA_VERSION):
        _STEPS[step](connection)
    columns = meta_table.c
    connection.execute(sa.update(meta_table).where(columns.name == "schema").values(value=str(SCHEMA_VERSION)))


def _share_between_processes(connection: sa.Connection) -> None:
    """From 1 to 2: plans, checksums of all that decides a number, and tables by which processes share their work."""
    for table, column in (("asked", "plan"), ("asked", "checksum"), ("judges", "checksum")):
        connection.execute(sa.text(f"ALTER TABLE {table} ADD COLUMN {column} TEXT"))
    metadata.create_all(connection, tables=[owner_table, lease_table])
    secret = connection.execute(sa.select(meta_table.c.value).where(meta_table.c.name == "secret")).scalar_one()
    connection.execute(sa.insert(meta_table).values(name="checksum", value=secret_checksum(secret)))
    judges = judge_table.c
    for judge in connection.execute(sa.select(judges.digest, judges.name, judges.config)).all():
        checksum = config_checksum(judge.digest, judge.name, judge.config)
        connection.execute(sa.update(judge_table).where(judges.digest == judge.digest).values(checksum=checksum))
    columns = asked_table.c
    key = list(asked_table.primary_key)
    for row in connection.execute(sa.select(*(columns[name] for name in _FIELDS_OF_2))).mappings().all():
        place = sa.and_(*(column == row[column.name] for column in key))
        values = {columns.checksum: place_checksum(row, fields=_FIELDS_OF_2), columns.plan: ""}
        connection.execute(sa.update(asked_table).where(place).values(values))


def _hold_all_families(connection: sa.Connection) -> None:
    """From 2 to 3: turns, recorded verdicts and measures of the answers, and tables for other tools' files."""
    added = {"recorded": "FLOAT", "turn": "INTEGER NOT NULL DEFAULT 1", "baseline_measures": "TEXT",
             "candidate_measures": "TEXT"}  # fmt: skip
    for column, kind in added.items():
        connection.execute(sa.text(f"ALTER TABLE asked ADD COLUMN {column} {kind}"))
    metadata.create_all(connection, tables=[document_table, record_table])
    key = list(asked_table.primary_key)
    columns = asked_table.c
    there = [column for column in columns if column.name not in (*_ADDED_IN_5, "seal")]
    for row in connection.execute(sa.select(*there)).mappings().all():
        # a damaged place stays damaged
        if row["checksum"] == place_checksum(row, fields=_FIELDS_OF_2):
            place = sa.and_(*(column == row[column.name] for column in key))
            connection.execute(sa.update(asked_table).where(place).values({columns.checksum: place_checksum(row)}))


def _remember_plans(connection: sa.Connection) -> None:
    """From 3 to 4: a table for what decided the places; unknown for earlier ones until their run is repeated."""
    metadata.create_all(connection, tables=[plan_table])


def _tell_blanks(connection: sa.Connection) -> None:
    """From 4 to 5: add the number of blanks in each length, which is unknown until the run is repeated."""
    for column in _ADDED_IN_5:
        connection.execute(sa.text(f"ALTER TABLE asked ADD COLUMN {column} INTEGER"))


def _cover_bodies_and_leave_room_for_seals(connection: sa.Connection) -> None:
    """From 5 to 6: let the checksum of a reply cover what was sent and the endpoint's answer to the letter, and give
    each row a column for a seal, which rows of earlier layouts lack.
    """
    there = sa.inspect(connection)
    for table in metadata.sorted_tables:
        # a later layout's tables are not there yet
        if "seal" not in table.c or not there.has_table(table.name):
            continue
        if "seal" not in {column["name"] for column in there.get_columns(table.name)}:
            connection.execute(sa.text(f"ALTER TABLE {table.name} ADD COLUMN seal TEXT"))
    connection.execute(sa.text("ALTER TABLE replies ADD COLUMN exchange TEXT"))
    columns = reply_table.c
    query, last = sa.select(reply_table).order_by(columns.key).limit(CHUNK), ""
    # a chunk at a time, because bodies are large
    while rows := connection.execute(query.where(columns.key > last)).mappings().all():
        for row in rows:
            new = reply_of_version(dict(row), 5)
            values = {name: new[name] for name in ("exchange", "checksum")}
            connection.execute(sa.update(reply_table).where(columns.key == row["key"]).values(values))
        last = rows[-1]["key"]


def _keep_releases(connection: sa.Connection) -> None:
    """From 6 to 7: tables for the releases of each model, which begin with the next run."""
    metadata.create_all(connection, tables=[release_table, release_verdict_table])


def _keep_evaluations(connection: sa.Connection) -> None:
    """From 7 to 8: tables for the evaluations of judges, of which there are none yet."""
    metadata.create_all(connection, tables=[evaluation_table, evidence_table])


def reply_of_version(row: Mapping[str, Any], version: int) -> dict[str, Any]:
    """A reply of an earlier version in this layout; a damaged one stays damaged."""
    if version >= 6:
        return dict(row)
    exchange = exchange_digest(row["request"], row["body"])
    old = hashlib.sha256(f"{row['key']}\n{row['reply']}".encode()).hexdigest()[:16]
    fits = row["checksum"] == old and _is_json(row["request"]) and (row["body"] is None or _is_json(row["body"]))
    new = reply_checksum(row["key"], row["reply"], exchange) if fits else row["checksum"]
    return {**row, "exchange": exchange, "checksum": new}


def _is_json(text: object) -> bool:
    try:
        json.loads(text)  # type: ignore[arg-type]
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def place_of_version(row: Mapping[str, Any], version: int) -> dict[str, Any]:
    """A place of an earlier version in this layout; a damaged place stays damaged."""
    place = {**(_ADDED_IN_3 if version == 2 else {}), **_ADDED_IN_5, **row}
    if version == 2 and row["checksum"] == place_checksum(row, fields=_FIELDS_OF_2):
        place["checksum"] = place_checksum(place)
    return place


_FIELDS_OF_2 = (
    "benchmark", "model", "baseline", "judge", "digest", "key", "cluster", "category", "order", "repeat",
    "baseline_chars", "candidate_chars", "labels", "reply_key", "rule", "failure",
)  # fmt: skip
_ADDED_IN_3 = {"recorded": None, "turn": 1, "baseline_measures": None, "candidate_measures": None}
_ADDED_IN_5 = {"baseline_blanks": None, "candidate_blanks": None}
_STEPS = {
    1: _share_between_processes,
    2: _hold_all_families,
    3: _remember_plans,
    4: _tell_blanks,
    5: _cover_bodies_and_leave_room_for_seals,
    6: _keep_releases,
    7: _keep_evaluations,
}


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:
    """An insert statement with conflict handling, in the database's own dialect, of which the number of added rows is
    known.
    """
    # without the option PostgreSQL's driver knows it only as long as the cursor is open
    counted = {"preserve_rowcount": True}
    if connection.dialect.name != "postgresql":
        return sqlite.insert(table).execution_options(**counted)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table).execution_options(**counted)


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Chunks of items, few enough at a time to be named in one statement."""
    chunk: list[T] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
