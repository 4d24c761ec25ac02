"""An open store: replies, failures and places, committed together with the claims to what is asked next."""

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from evalkit import faults
from evalkit.errors import KEY_FOUND, ConfigError, StoreError
from evalkit.redaction import Redactor, holds_key, redact_message
from evalkit.store import leases
from evalkit.store.encoding import (
    config_checksum,
    decode_config,
    decode_reply,
    decode_slot,
    encode_config,
    encode_reply,
    encode_request,
    encode_slot,
    exchange_digest,
    place_checksum,
    reply_checksum,
    slot_checksum,
    whole_reply,
)
from evalkit.store.naming import REPAIR, complaints, naming
from evalkit.store.plans import decode_plan, put_plan, sound
from evalkit.store.reserve import Reserve
from evalkit.store.seal import SealKeys, counted, forget, keeping, new_seals, resealing, sealed, sealing
from evalkit.store.tables import (
    CHUNK,
    asked_table,
    chunks,
    failure_table,
    insert_into,
    judge_table,
    plan_table,
    reply_table,
)
from evalkit.types import LABELLED, ChatReply, ChatRequest, Group, JudgeConfig, ModelConfig, PlanRecord, Slot

NOBODY = leases.Owner("", 0)
WRITES = "evalkit_writes"
BARE = "evalkit_bare"
# the note beside a reply that held no verdict when it came
UNREADABLE = "no verdict in the reply"
DAMAGED_REPLY = "the stored reply is damaged; run the same command again to ask anew"
DAMAGED_FAILURE = "the stored reason is damaged"
# without its index, which may be damaged
_COUNTED = "SELECT count(*) FROM asked NOT INDEXED WHERE {}"

Filled = tuple[Slot, ChatReply | None, str | None]


@dataclass(slots=True)
class Batch:
    """The content of one transaction, and the keys that the caller wants to ask for. `places` come with their plan."""

    replies: list[tuple[ChatRequest, ChatReply]] = field(default_factory=list)
    failures: list[tuple[ChatRequest, str]] = field(default_factory=list)
    places: list[tuple[str, Slot]] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Claimed:
    """The outcome of a claim: the wanted keys that have a reply and those that another process is asking for; the
    caller may ask for the rest.

    `unreadable` are stored replies in which a parser found no verdict when they came: their questions were, or are, to
    be asked again. `duplicates` are replies of the batch that were stored already: they were paid for twice. `n_freed`
    keys were held by dead runs: they may have been asked before.
    """

    stored: dict[str, ChatReply]
    held: set[str]
    unreadable: set[str]
    duplicates: set[str]
    n_freed: int = 0


class Store:
    """An open store; use it as a context manager."""

    def __init__(
        self,
        engine: sa.Engine,
        secret: bytes,
        where: str,
        path: Path | None = None,
        keys: SealKeys | None = None,
        *,
        unwritable: str | None = None,
    ) -> None:
        self._engine = engine
        self._writing = engine.execution_options(**{WRITES: True})
        self._owner = NOBODY
        self._unwritable = unwritable
        self.secret = secret
        self.where = where
        self.path = path
        self.seal_keys = keys
        self.reserve = Reserve(path)

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    def require_writable(self) -> None:
        """Refuse a store that was opened for reading because it cannot be written.

        Raises:
            StoreError: the file, its folder or its disk is read-only.
        """
        if self._unwritable is not None:
            raise StoreError(
                f"{self.where}: cannot be written: {self._unwritable}. Make it writable, or name another store with "
                "--store"
            )

    # places and judges

    def open_places(
        self,
        config: ModelConfig,
        group: Group,
        plan: str,
        slots: Iterable[Slot],
        *,
        record: PlanRecord | None = None,
    ) -> None:
        """Note the questions of a run, in place of earlier plans' questions for the same model and judge.

        Places of the same plan stay as they are: another process may be filling them.

        Args:
            record: record of what decided the places, where that is known.

        Raises:
            ConfigError: a name looks like a key.
        """
        for name in (config.name, group.benchmark, group.baseline, group.model):
            if holds_key(name):
                raise ConfigError(f"the name of a judge, a benchmark or a model {KEY_FOUND}")
        own = {table: _of(group, table) for table in (plan_table, asked_table)}
        own[judge_table] = judge_table.c.digest == config.digest
        with self.transaction() as connection, resealing(connection, self.where, *own.items()):
            text = encode_config(config, Redactor())
            row = {"digest": config.digest, "name": config.name, "config": text, "used": _now()}
            row["checksum"] = config_checksum(config.digest, config.name, text)
            insert = insert_into(connection, judge_table).values(*sealed(connection, judge_table, [row]))
            update = {name: row[name] for name in ("name", "config", "used", "checksum")}
            connection.execute(insert.on_conflict_do_update(index_elements=["digest"], set_=update))
            put_plan(connection, plan, asdict(group), record)
            stale = sa.or_(asked_table.c.plan != plan, asked_table.c.plan.is_(None))
            connection.execute(sa.delete(asked_table).where(_of(group), stale))
            _delete_damaged_places(connection, _of(group))
            place = insert_into(connection, asked_table).on_conflict_do_nothing()
            lacking = _without_blanks(connection, group)
            for chunk in chunks(slots):
                encoded = [encode_slot(slot) for slot in chunk]
                rows = [{**row, "plan": plan, "checksum": place_checksum(row)} for row in encoded]
                connection.execute(place, sealed(connection, asked_table, rows))
                _tell_blanks(connection, lacking, encoded)

    def judges(self) -> list[JudgeConfig]:
        """The judges that have been used, the latest first.

        Raises:
            StoreError: a configuration is damaged or lost.
        """
        return [config for config in self.configs() if isinstance(config, JudgeConfig)]

    def configs(self) -> list[ModelConfig]:
        """The judges that have been used, and the models that gave answers, the latest first.

        Raises:
            StoreError: a configuration is damaged or lost.
        """
        with self.connect() as connection:
            columns = judge_table.c
            rows = connection.execute(sa.select(judge_table).order_by(columns.used.desc(), columns.digest)).all()
            known = set(connection.execute(sa.select(asked_table.c.digest).distinct()).scalars())
        for row in rows:
            if row.checksum != config_checksum(row.digest, row.name, row.config):
                raise StoreError(f"{self.where}: the configuration of judge {row.name!r} is damaged. {REPAIR}")
        if lost := known - {row.digest for row in rows}:
            raise StoreError(f"{self.where}: the configuration of judge {min(map(str, lost))} is lost. {REPAIR}")
        return [decode_config(row.config) for row in rows]

    def benchmarks(self) -> dict[str, tuple[str, ...]]:
        """The models that have places, by benchmark; both in the order of their names.

        Places on people's labels are of no benchmark: they measure the judge.
        """
        columns = asked_table.c
        query = (
            sa.select(columns.benchmark, columns.model)
            .where(~columns.benchmark.startswith(LABELLED, autoescape=True))
            .distinct()
            .order_by(columns.benchmark, columns.model)
        )
        found: dict[str, list[str]] = {}
        with self.connect() as connection:
            for benchmark, model in connection.execute(query):
                found.setdefault(benchmark, []).append(model)
        return {benchmark: tuple(models) for benchmark, models in found.items()}

    def baselines(self, benchmark: str) -> tuple[str, ...]:
        """The baselines that a benchmark's places compare with."""
        query = sa.select(asked_table.c.baseline).where(asked_table.c.benchmark == benchmark).distinct()
        with self.connect() as connection:
            return tuple(sorted(filter(None, connection.execute(query).scalars())))

    def judged_by(self, benchmark: str, model: str) -> frozenset[str]:
        """The digests of the judges that a model has places under."""
        columns = asked_table.c
        query = sa.select(columns.digest).where(columns.benchmark == benchmark, columns.model == model).distinct()
        with self.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def keys_of(self, benchmark: str) -> frozenset[str]:
        """The keys of the instructions that a benchmark's places are for."""
        query = sa.select(asked_table.c.key).where(asked_table.c.benchmark == benchmark).distinct()
        with self.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def plans(self, *, benchmark: str) -> dict[Group, PlanRecord]:
        """The records of what decided a benchmark's places; none for an earlier layout's and other tools' verdicts.

        Raises:
            StoreError: a plan is damaged.
        """
        return self._plans(plan_table.c.benchmark == benchmark)

    def plan_of(self, group: Group) -> PlanRecord | None:
        """The record of what decided the places of one model under one judge, where that is known.

        Raises:
            StoreError: the plan is damaged.
        """
        return self._plans(_of(group, plan_table)).get(group)

    def _plans(self, where: sa.ColumnElement[bool]) -> dict[Group, PlanRecord]:
        with self.connect() as connection:
            rows = connection.execute(sa.select(plan_table).where(where)).mappings().all()
        for row in rows:
            if not sound(row):
                whose = f"model {row['model']!r} under judge {row['digest']}"
                raise StoreError(f"{self.where}: the plan of {whose} is damaged. {REPAIR}")
        return {
            Group(row["benchmark"], row["digest"], row["baseline"], row["model"]): decode_plan(row["document"])
            for row in rows
        }

    def answered(self, digest: str, *, benchmark: str) -> Iterator[Filled]:
        """A judge's places, each with its stored reply, or with the reason why there is none.

        Raises:
            StoreError: a place is damaged or cannot be found; it is named, as far as it can be read.
        """
        return self._answered({"digest": digest, "benchmark": benchmark})

    def answered_of(self, group: Group) -> Iterator[Filled]:
        """The same for one model under one judge."""
        return self._answered(asdict(group))

    def _answered(self, names: dict[str, str]) -> Iterator[Filled]:
        columns = asked_table.c
        order = (columns.baseline, columns.model, columns.key, columns.order, columns.repeat)
        mine = sa.and_(*(columns[name] == value for name, value in names.items()))
        query = sa.select(asked_table).where(mine).order_by(*order).limit(CHUNK)
        after: tuple[Any, ...] | None = None
        n = 0
        while True:
            # short transactions: a long read would keep other processes from committing
            with self.connect() as connection:
                further = query if after is None else query.where(sa.tuple_(*order) > sa.tuple_(*after))
                rows = _as_dictionaries(connection.execute(further))
                found = self._with_replies(connection, rows)
            # outside the connection, because the consumer may be slow
            yield from found
            n += len(rows)
            if len(rows) < CHUNK:
                break
            after = tuple(rows[-1][column.name] for column in order)
        self._check_number(names, n)

    def answered_for(self, group: Group, plan: str, keys: Sequence[str]) -> list[Filled]:
        """The places of some instructions of one model under one judge, as one plan laid them out."""
        with self.connect() as connection:
            mine = sa.and_(_of(group), asked_table.c.plan == plan)
            query = sa.select(asked_table).where(mine, asked_table.c.key.in_(keys))
            return self._with_replies(
                connection, _as_dictionaries(connection.execute(query.order_by(asked_table.c.repeat)))
            )

    def _with_replies(self, connection: sa.Connection, rows: Sequence[Any]) -> list[Filled]:
        for row in rows:
            if place_checksum(row) != row["checksum"]:
                # the owner of the place is perhaps damaged as well: it cannot be counted as missing anywhere
                raise StoreError(f"{self.where}: the place of {place_name(row)} is damaged. {REPAIR}")
        keys = [row["reply_key"] for row in rows if row["reply_key"]]
        replies, damaged = _replies(connection, keys)
        failures = _failures(connection, [key for key in keys if key not in replies])
        # a note on a reply stands beside the reply, which is lost where it cannot be found
        lost = [key for key, reason in failures.items() if reason == UNREADABLE]
        failures.update(dict.fromkeys((*damaged, *lost), DAMAGED_REPLY))
        places = [decode_slot(row) for row in rows]
        return [(slot, replies.get(slot.reply_key or ""), failures.get(slot.reply_key or "")) for slot in places]

    def _check_number(self, names: dict[str, str], n: int) -> None:
        """Check the number of rows: a damaged index hides rows, and must lead to all that the table holds."""
        if self._engine.dialect.name != "sqlite":
            return
        counted = sa.text(_COUNTED.format(" AND ".join(f"{name} = :{name}" for name in names)))
        with self.connect() as connection:
            # another process may have laid out a plan meanwhile
            if connection.execute(counted, names).scalar_one() != n and (said := complaints(connection, "asked")):
                raise StoreError(f"{self.where}: {said[0]}. {REPAIR}")

    # replies and failures

    def has_read(self, digest: str) -> bool:
        """True if a place of a judge or a model holds a reply that could be read."""
        places, failures = asked_table.c, failure_table.c
        replied = sa.exists().where(reply_table.c.key == places.reply_key)
        unreadable = sa.exists().where(failures.key == places.reply_key, failures.reason == UNREADABLE)
        query = sa.select(places.key).where(places.digest == digest, replied, ~unreadable).limit(1)
        with self.connect() as connection:
            return connection.execute(query).first() is not None

    def replies(self, keys: Iterable[str]) -> dict[str, ChatReply]:
        """The stored replies among `keys`, without damaged rows.

        Raises:
            StoreError: the store cannot be read.
        """
        with self.connect() as connection:
            return _replies(connection, keys)[0]

    def knows_replies(self, group: Group) -> bool:
        """Tell whether any place of the group's judge on its benchmark has a reply, whichever model it is about."""
        columns = asked_table.c
        mine = sa.and_(columns.benchmark == group.benchmark, columns.digest == group.digest)
        answered = sa.exists().where(reply_table.c.key == columns.reply_key)
        with self.connect() as connection:
            return connection.execute(sa.select(columns.key).where(mine, answered).limit(1)).first() is not None

    def failures(self, keys: Iterable[str]) -> dict[str, str]:
        """The reasons of the last failures among `keys`."""
        with self.connect() as connection:
            return _failures(connection, keys)

    def body(self, key: str) -> str | None:
        """An endpoint's answer to the letter, for parts that a reply leaves out; None for offline judges."""
        with self.connect() as connection:
            found = connection.execute(sa.select(reply_table).where(reply_table.c.key == key)).mappings().first()
        if found is None:
            return None
        if not whole_reply(found):
            raise StoreError(f"{self.where}: the body of reply {key[:16]} is damaged. {REPAIR}")
        return None if found["body"] is None else str(json.loads(found["body"]))

    def commit(self, batch: Batch) -> Claimed:
        """Commit a batch in one transaction; on return it is on disk, and the keys claimed are the caller's to ask.

        Of two replies under one key the first stays.

        Raises:
            StoreFull: no room is left; nothing of the batch is kept.
            StoreError: the store cannot be written; nothing of the batch is kept.
        """
        with self.transaction() as connection:
            leases.lock(connection)
            duplicates = self._put_replies(connection, batch.replies)
            if batch.failures:
                now = _now()
                rows = [
                    {"key": request.key, "reason": redact_message(_text(reason)), "created": now}
                    for request, reason in batch.failures
                ]
                rows = sealed(connection, failure_table, rows)
                connection.execute(sa.insert(failure_table), rows)
                counted(connection, rows)
            self._fill(connection, batch.places)
            leases.settle(connection, [request.key for request, _ in (*batch.replies, *batch.failures)])
            stored, _ = _replies(connection, batch.wanted)
            missing = [key for key in batch.wanted if key not in stored]
            held, n_freed = leases.claim(connection, self._owner, missing) if missing else (set(), 0)
            unreadable = {key for key, reason in _failures(connection, stored).items() if reason == UNREADABLE}
            faults.reach("before_commit")
        faults.reach("after_commit")
        return Claimed(stored, held, unreadable, duplicates, n_freed)

    def _put_replies(self, connection: sa.Connection, replies: Sequence[tuple[ChatRequest, ChatReply]]) -> set[str]:
        if not replies:
            return set()
        now = _now()
        there, damaged = _replies(connection, [request.key for request, _ in replies])
        rows: list[dict[str, Any]] = []
        duplicates: set[str] = set()
        redactor = Redactor()
        for request, reply in replies:
            if request.key in there:
                duplicates.add(request.key)
                continue
            text = encode_reply(reply, redactor)
            body = None if reply.body is None else json.dumps(redactor.content(reply.body))
            sent = encode_request(request, redactor)
            row = {"key": request.key, "request": sent, "reply": text, "body": body, "created": now}
            exchange = exchange_digest(sent, body)
            rows.append({**row, "exchange": exchange, "checksum": reply_checksum(request.key, text, exchange)})
            there[request.key] = reply
        for chunk in chunks(damaged):
            forget(connection, reply_table, reply_table.c.key.in_(chunk))
            connection.execute(sa.delete(reply_table).where(reply_table.c.key.in_(chunk)))
        if rows:
            rows = sealed(connection, reply_table, rows)
            connection.execute(sa.insert(reply_table), rows)
            counted(connection, rows)
        return duplicates

    def _fill(self, connection: sa.Connection, places: Sequence[tuple[str, Slot]]) -> None:
        if not places:
            return
        key = list(asked_table.primary_key)
        own = [column == sa.bindparam(f"its_{column.name}") for column in key]
        names = ("labels", "reply_key", "checksum", "seal")
        changed: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in names}
        statement = sa.update(asked_table).where(*own, asked_table.c.plan == sa.bindparam("its_plan")).values(changed)
        rows = []
        whole = [{**encode_slot(slot), "plan": plan, "checksum": slot_checksum(slot)} for plan, slot in places]
        seals = new_seals(connection, asked_table, whole, _seals_of(connection, whole))
        for row, seal in zip(whole, seals, strict=True):
            mine = {f"its_{column.name}": row[column.name] for column in key}
            new = {"new_labels": row["labels"], "new_reply_key": row["reply_key"]}
            new |= {"new_checksum": row["checksum"], "new_seal": seal}
            rows.append({**mine, **new, "its_plan": row["plan"]})
        connection.execute(statement, rows)

    # claims of questions

    def enter(self, name: str, *, concurrency: int) -> int:
        """Announce a run under its name; return the number of requests that killed runs may have had under way.

        Raises:
            StoreError: another run of this process is using this object.
        """
        if self._owner.name:
            raise StoreError(f"{self.where}: another run of this process is using it. Open the store once for each run")
        self._owner = leases.Owner(name, concurrency)
        with self.transaction() as connection:
            abandoned = leases.expire(connection)
            leases.heartbeat(connection, self._owner)
        return abandoned

    def beat(self) -> None:
        """Show that this run is alive; a run that was taken for dead meanwhile announces itself again."""
        with self.transaction() as connection:
            leases.heartbeat(connection, self._owner)

    def leave(self) -> None:
        """Give back everything that this run still holds."""
        name, self._owner = self._owner.name, NOBODY
        with self.transaction() as connection:
            leases.release(connection, name)

    # connections

    def vacuum(self) -> None:
        """Give the room of deleted rows back to the disk, where the database does not do so by itself."""
        if self._engine.dialect.name == "sqlite":
            bare = self._engine.execution_options(**{BARE: True})
            with naming(self.where, self.path), bare.connect() as connection:
                connection.exec_driver_sql("VACUUM")

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        with naming(self.where), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        self.require_writable()
        keys, where = self.seal_keys, self.where
        with naming(where, self.path), self._writing.begin() as connection, keeping(connection, keys, where):
            yield connection


def _seals_of(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> dict[Any, str | None]:
    """The seals of stored places by primary key, of the same plans; none where this transaction does not seal."""
    found: dict[Any, str | None] = {}
    if not sealing(connection):
        return found
    columns = asked_table.c
    names = ("benchmark", "digest", "baseline", "model", "plan")
    keys: dict[tuple[Any, ...], list[str]] = {}
    for row in rows:
        keys.setdefault(tuple(row[name] for name in names), []).append(row["key"])
    query = sa.select(*asked_table.primary_key, columns.seal)
    for group, mine in keys.items():
        own = [columns[name] == value for name, value in zip(names, group, strict=True)]
        for chunk in chunks(mine):
            for *key, seal in connection.execute(query.where(*own, columns.key.in_(chunk))):
                found[tuple(key)] = seal
    return found


def _as_dictionaries(found: sa.CursorResult[Any]) -> list[dict[str, Any]]:
    """The rows by the names of their columns; a dictionary is read several times faster than a row's own mapping."""
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found]


def place_name(row: Any) -> str:
    """A place as errors name it."""
    return f"model {row['model']!r}, instruction {row['key']!r}, judge {row['judge']!r}"


def _replies(connection: sa.Connection, keys: Iterable[str]) -> tuple[dict[str, ChatReply], list[str]]:
    """The sound replies among `keys`, and the keys of damaged ones."""
    found: dict[str, ChatReply] = {}
    damaged: list[str] = []
    query = sa.select(reply_table.c.key, reply_table.c.reply, reply_table.c.exchange, reply_table.c.checksum)
    for chunk in chunks(keys):
        for key, text, exchange, checksum in connection.execute(query.where(reply_table.c.key.in_(chunk))):
            if checksum == reply_checksum(key, text, exchange):
                found[key] = decode_reply(text)
            else:
                damaged.append(key)
    return found, damaged


def _failures(connection: sa.Connection, keys: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks(keys):
        query = sa.select(failure_table.c.key, failure_table.c.reason).where(failure_table.c.key.in_(chunk))
        for key, reason in connection.execute(query.order_by(failure_table.c.id)):
            found[key] = reason if isinstance(reason, str) else DAMAGED_FAILURE
    return found


def _delete_damaged_places(connection: sa.Connection, where: sa.ColumnElement[bool]) -> None:
    """Delete damaged places, which newly planned ones replace."""
    key = list(asked_table.primary_key)
    damaged = [
        row
        for row in connection.execute(sa.select(asked_table).where(where)).mappings()
        if place_checksum(row) != row["checksum"]
    ]
    for row in damaged:
        connection.execute(sa.delete(asked_table).where(*(column == row[column.name] for column in key)))


def _text(reason: str) -> str:
    """The text of a reason without half a surrogate pair from an endpoint, which databases refuse."""
    return reason.encode("utf-8", "backslashreplace").decode()


def _without_blanks(connection: sa.Connection, group: Group) -> dict[tuple[Any, ...], Any]:
    """The places of a group, by their keys, that an earlier layout stored without the blanks in their lengths."""
    columns = asked_table.c
    unknown = sa.and_(columns.baseline_blanks.is_(None), columns.candidate_blanks.is_(None))
    rows = connection.execute(sa.select(asked_table).where(_of(group), unknown)).mappings()
    return {_place_key(row): row for row in rows}


def _tell_blanks(
    connection: sa.Connection, lacking: Mapping[tuple[Any, ...], Any], laid_out: Sequence[Mapping[str, Any]]
) -> None:
    """Add the blanks that a run found in its texts to the places that lack them; change nothing else in a place."""
    for row in laid_out:
        there = lacking.get(_place_key(row))
        found = {name: row[name] for name in ("baseline_blanks", "candidate_blanks")}
        if there is None or set(found.values()) == {None}:
            continue
        mine = (column == row[column.name] for column in asked_table.primary_key)
        values = {**found, "checksum": place_checksum({**there, **found})}
        connection.execute(sa.update(asked_table).where(*mine).values(values))


def _place_key(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in asked_table.primary_key)


def _of(group: Group, table: sa.Table = asked_table) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[name] == value for name, value in asdict(group).items()))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
