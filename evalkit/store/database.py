"""What has been paid for: raw replies by everything that decided them, failures, and who asked for what.

Verdicts are not stored; they are read anew from the raw replies, so a changed parser re-reads without a request.
"""

import dataclasses
import datetime
import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import ConnectionPoolEntry

from evalkit.errors import StoreError
from evalkit.types import Asked, ChatReply, ChatRequest, JudgeConfig, Labels, Order, Prices

SCHEMA_VERSION = 1
# from here on several connections may use a write-ahead log without risk of corruption
SAFE_WAL_VERSION = (3, 51, 3)
_CHUNK = 500

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
)
failure_table = sa.Table(
    "failures",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
)
judge_table = sa.Table(
    "judges",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("config", sa.Text, nullable=False),
    sa.Column("used", sa.Text, nullable=False),
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
)

Answered = tuple[Asked, ChatReply | None, str | None]


class Store:
    """An open store; use it as a context manager."""

    def __init__(self, engine: sa.Engine, secret: bytes, where: str) -> None:
        self._engine = engine
        self.secret = secret
        self.where = where

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    def replies(self, keys: Iterable[str]) -> dict[str, ChatReply]:
        """The stored replies among `keys`; a damaged row is not served.

        Raises:
            StoreError: the store cannot be read.
        """
        found: dict[str, ChatReply] = {}
        with self._connect() as connection:
            for chunk in _chunks(list(keys)):
                query = sa.select(reply_table.c.key, reply_table.c.reply, reply_table.c.checksum)
                for key, text, checksum in connection.execute(query.where(reply_table.c.key.in_(chunk))):
                    if checksum == _checksum(key, text):
                        found[key] = decode_reply(text)
        return found

    def body(self, key: str) -> str | None:
        """An endpoint's answer to the letter, for what a reply leaves out; None for offline judges."""
        with self._connect() as connection:
            found = connection.execute(sa.select(reply_table.c.body).where(reply_table.c.key == key)).scalar()
        return None if found is None else str(json.loads(found))

    def put(
        self,
        replies: Sequence[tuple[ChatRequest, ChatReply]],
        failures: Sequence[tuple[ChatRequest, str]] = (),
    ) -> None:
        """Commit replies and failures in one transaction; on return they are on disk. The latest reply counts.

        Raises:
            StoreError: the store cannot be written; nothing of this call is kept.
        """
        now = _now()
        reply_rows = []
        for request, reply in replies:
            text = encode_reply(reply)
            checksum = _checksum(request.key, text)
            body = None if reply.body is None else json.dumps(reply.body)
            row = {"key": request.key, "request": _encode_request(request), "reply": text, "body": body}
            reply_rows.append({**row, "checksum": checksum, "created": now})
        failure_rows = [{"key": request.key, "reason": reason, "created": now} for request, reason in failures]
        with self._transaction() as connection:
            if reply_rows:
                insert = self._insert(reply_table)
                update = {name: insert.excluded[name] for name in ("request", "reply", "body", "checksum", "created")}
                # only a damaged row is asked for again, so only that is replaced
                connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=update), reply_rows)
            if failure_rows:
                connection.execute(sa.insert(failure_table), failure_rows)

    def record(self, config: JudgeConfig, asked: Sequence[Asked]) -> None:
        """Note what a run asks, in place of what earlier runs of the same models, baseline and judge asked."""
        groups = {(one.benchmark, one.digest, one.baseline, one.model) for one in asked}
        with self._transaction() as connection:
            row = {"digest": config.digest, "name": config.name, "config": encode_config(config), "used": _now()}
            insert = self._insert(judge_table).values(row)
            update = {"name": row["name"], "config": row["config"], "used": row["used"]}
            connection.execute(insert.on_conflict_do_update(index_elements=["digest"], set_=update))
            columns = asked_table.c
            for benchmark, digest, baseline, model in groups:
                connection.execute(
                    sa.delete(asked_table).where(
                        columns.benchmark == benchmark,
                        columns.digest == digest,
                        columns.baseline == baseline,
                        columns.model == model,
                    )
                )
            if asked:
                connection.execute(sa.insert(asked_table), [_encode_asked(one) for one in asked])

    def judges(self) -> list[JudgeConfig]:
        """The judges that have been used, the latest first."""
        with self._connect() as connection:
            query = sa.select(judge_table.c.config).order_by(judge_table.c.used.desc(), judge_table.c.digest)
            return [decode_config(text) for (text,) in connection.execute(query)]

    def answered(self, digest: str, *, benchmark: str) -> list[Answered]:
        """What a judge was asked, each with its stored reply, or with the reason of its last failure."""
        columns = asked_table.c
        query = sa.select(asked_table).where(columns.digest == digest, columns.benchmark == benchmark)
        order = (columns.baseline, columns.model, columns.key, columns.order, columns.repeat)
        with self._connect() as connection:
            asked = [_decode_asked(row) for row in connection.execute(query.order_by(*order)).mappings()]
        keys = [one.reply_key for one in asked if one.reply_key]
        replies = self.replies(keys)
        failures = self.failures(key for key in keys if key not in replies)
        return [(one, replies.get(one.reply_key or ""), failures.get(one.reply_key or "")) for one in asked]

    def failures(self, keys: Iterable[str]) -> dict[str, str]:
        """The reasons of the last failures among `keys`."""
        found: dict[str, str] = {}
        with self._connect() as connection:
            for chunk in _chunks(list(keys)):
                query = sa.select(failure_table.c.key, failure_table.c.reason).where(failure_table.c.key.in_(chunk))
                found.update((key, reason) for key, reason in connection.execute(query.order_by(failure_table.c.id)))
        return found

    def _insert(self, table: sa.Table) -> Any:
        if self._engine.dialect.name != "postgresql":
            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        with _naming(self.where), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with _naming(self.where), self._engine.begin() as connection:
            yield connection


def open_store(url: str) -> Store:
    """Open the store at a database URL, making an SQLite file and its folder where there is none.

    Raises:
        StoreError: not a store, of another version, or not writable.
    """
    address = _address(url)
    where = address.render_as_string(hide_password=True)
    if address.get_backend_name() == "sqlite" and address.database:
        where = address.database
        _make_file(Path(address.database))
    with _naming(where):
        engine = _connect_engine(address)
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _configure_sqlite)
        with engine.begin() as connection:
            names = sa.inspect(connection).get_table_names()
            if names and "meta" not in names:
                raise StoreError(f"{where}: a database, but not evalkit's. Name another file with --store")
            if not names:
                metadata.create_all(connection)
            secret = _read_meta(connection, where)
    return Store(engine, secret, where)


def store_exists(url: str) -> bool:
    """Whether a store is there already; one that is no file of this machine is taken to be."""
    address = _address(url)
    return address.get_backend_name() != "sqlite" or Path(address.database or "").is_file()


def encode_reply(reply: ChatReply) -> str:
    # plain ASCII: a lone surrogate in a reply must not end the run
    fields = dataclasses.asdict(reply)
    del fields["body"]  # in a column of its own, as reading verdicts does not need it
    return json.dumps(fields, ensure_ascii=True)


def decode_reply(text: str) -> ChatReply:
    fields = json.loads(text)
    positions = fields.pop("top_logprobs")
    logprobs = tuple(tuple((token, value) for token, value in position) for position in positions)
    return ChatReply(top_logprobs=logprobs, **fields)


def encode_config(config: JudgeConfig) -> str:
    fields = dataclasses.asdict(config)
    del fields["headers"]  # they may carry secrets and decide no verdict
    return json.dumps(fields, sort_keys=True)


def decode_config(text: str) -> JudgeConfig:
    fields = json.loads(text)
    prices = fields.pop("prices")
    return JudgeConfig(prices=Prices(**prices) if prices else None, **fields)


def _encode_request(request: ChatRequest) -> str:
    messages = [[message.role, message.content] for message in request.messages]
    return json.dumps({"model": request.model, "messages": messages, "parameters": dict(request.parameters)})


def _encode_asked(asked: Asked) -> dict[str, Any]:
    row = {field.name: getattr(asked, field.name) for field in dataclasses.fields(asked)}
    labels = asked.labels
    row["order"] = asked.order.value
    row["labels"] = None if labels is None else json.dumps([labels.first, labels.second, labels.tie])
    return row


def _decode_asked(row: Mapping[Any, Any]) -> Asked:
    fields = dict(row)
    labels = fields.pop("labels")
    fields["order"] = Order(fields["order"])
    return Asked(labels=None if labels is None else Labels(*json.loads(labels)), **fields)


def _read_meta(connection: sa.Connection, where: str) -> bytes:
    rows = connection.execute(sa.select(meta_table.c.name, meta_table.c.value))
    found = {str(row.name): str(row.value) for row in rows}
    if not found:
        found = {"schema": str(SCHEMA_VERSION), "secret": secrets.token_hex(32)}
        new = [{"name": name, "value": value} for name, value in found.items()]
        connection.execute(sa.insert(meta_table), new)
    if found.get("schema") != str(SCHEMA_VERSION):
        raise StoreError(
            f"{where}: a store of version {found.get('schema')}; this evalkit reads version {SCHEMA_VERSION}. "
            "Use the evalkit that wrote it, or name another file with --store"
        )
    return bytes.fromhex(found["secret"])


def _connect_engine(address: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(address)
    except ImportError as error:
        raise StoreError(
            f"the driver {error.name} is not installed. For PostgreSQL install evalkit-lc[postgres]"
        ) from None


def _address(url: str) -> sa.URL:
    try:
        return sa.make_url(url)
    except sa.exc.ArgumentError:
        raise StoreError(f"{url}: not a database address. Expected one such as sqlite:///results/evalkit.db") from None


def _make_file(path: Path) -> None:
    if path.is_dir():
        raise StoreError(f"{path}: is a folder. Name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from None


def _configure_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    journal = "WAL" if sqlite3.sqlite_version_info >= SAFE_WAL_VERSION else "TRUNCATE"
    cursor = connection.cursor()
    for pragma in ("busy_timeout=30000", f"journal_mode={journal}", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@contextmanager
def _naming(where: str) -> Iterator[None]:
    """Database errors as one line that names the store."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise StoreError(f"{where}: {' '.join(str(error.orig).split())}") from error
    except sa.exc.SQLAlchemyError as error:
        raise StoreError(f"{where}: {' '.join(str(error).split())[:300]}") from error


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]


def _checksum(key: str, text: str) -> str:
    return hashlib.sha256(f"{key}\n{text}".encode()).hexdigest()[:16]


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
