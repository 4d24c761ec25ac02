"""Looks after a store: checks and repairs it, collects unneeded rows, and counts what it holds."""

import datetime
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from evalkit.errors import ConfigError, StoreError
from evalkit.store.database import UNREADABLE, Store
from evalkit.store.encoding import (
    config_checksum,
    document_checksum,
    place_checksum,
    record_checksum,
    whole_reply,
)
from evalkit.store.lasting import TEXTS, is_whole, name_of
from evalkit.store.leases import live_owners, require_idle
from evalkit.store.naming import OTHER_FILE, REPAIR, complaints
from evalkit.store.plans import sound
from evalkit.store.seal import (
    KEY_VARIABLE,
    Sealing,
    delete_edited,
    inspect,
    rebuild,
    seal_rest,
    unchecked,
)
from evalkit.store.tables import (
    asked_table,
    document_table,
    evaluation_table,
    failure_table,
    judge_table,
    lease_table,
    owner_table,
    plan_table,
    record_table,
    release_table,
    reply_table,
)
from evalkit.types import Group, ModelConfig

_AT_ONCE = 500
_SHOWN = 3
_DOCUMENT = ("format", "kind", "name")


@dataclass(frozen=True, slots=True)
class Damage:
    """A row with a wrong checksum."""

    table: str
    key: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The number of rows, the damaged ones, and SQLite's complaints about the file if it is not sound.

    `n_repaired` rows were deleted: damaged ones, places without a judge, and all rows of an incomplete document.
    `sealing` says how the rows fit their seals; it is None without a key.
    """

    n_replies: int
    n_failures: int
    n_judges: int
    n_places: int
    n_documents: int
    n_records: int
    n_plans: int
    n_releases: int
    n_evaluations: int
    n_live_runs: int
    n_dead_runs: int
    n_dead_leases: int
    complaints: tuple[str, ...]
    damaged: tuple[Damage, ...]
    n_repaired: int = 0
    sealing: Sealing | None = None

    @property
    def sound(self) -> bool:
        return not self.complaints and not self.damaged

    @property
    def seal_fault(self) -> str | None:
        """The fault of the seal with its cure; None without one."""
        return None if self.sealing is None else self.sealing.fault


@dataclass(frozen=True, slots=True)
class Collected:
    """The number of rows that went, or would go, and the number of bytes that this gave back to the disk."""

    n_replies: int
    n_failures: int
    n_dead_runs: int
    n_dead_leases: int
    n_reserve_files: int
    n_plans: int
    n_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Filling:
    """One model under one judge: places that a reply or a recorded verdict fills; those that a rule fills; and those
    still open.
    """

    judge: str
    digest: str
    benchmark: str
    baseline: str
    model: str
    n_replied: int
    n_by_rule: int
    n_missing: int


@dataclass(frozen=True, slots=True)
class Spending:
    """The tokens of the replies in a judge's places, as the endpoint counted them; `cost` in US dollars at its prices.

    `n_uncounted` replies came without a count of tokens.
    """

    judge: str
    digest: str
    n_replies: int
    n_uncounted: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Everything that a store holds, in numbers; `n_bytes` is None where it is not a file."""

    n_replies: int
    n_unreferenced: int
    n_failures: int
    n_judges: int
    n_places: int
    n_documents: int
    n_records: int
    n_plans: int
    n_releases: int
    n_evaluations: int
    n_bytes: int | None
    filling: tuple[Filling, ...]
    spending: tuple[Spending, ...]


def check(store: Store) -> Checked:
    """Read every row and compare it with its checksum; nothing is changed.

    Raises:
        StoreError: the file is damaged so badly that it cannot be read.
    """
    with store.connect() as connection:
        checked = _check(connection)
        if store.seal_keys is None:
            return checked
        return replace(checked, sealing=inspect(connection, store.seal_keys, store.where))


def unchecked_seal(store: Store) -> str | None:
    """The note on a sealed store whose seal cannot be checked, for want of its key; None for every other store."""
    with store.connect() as connection:
        said = unchecked(connection, store.seal_keys)
    return None if said is None else f"{store.where}: {said}"


def require_sealed(store: Store) -> None:
    """Refuse a store of which not every row fits its seal: one with a seal, or any where there is a key.

    Raises:
        StoreError: a row was edited, added or removed without the key, or was never sealed; or the store has a seal,
            and there is no key.
    """
    if (said := unchecked_seal(store)) is not None:
        raise StoreError(f"{said}. Set the key, or name another store with --store")
    if store.seal_keys is None:
        return
    with store.connect() as connection:
        found = inspect(connection, store.seal_keys, store.where)
    if found.fault is not None:
        raise StoreError(f"{store.where}: {found.fault}")


def seal_store(store: Store) -> int:
    """Seal the rows that have no seal, as the owner of the key trusts them; return their number.

    Raises:
        ConfigError: there is no key.
        StoreError: a run is using the store, a row is damaged, or sealed rows were changed without the key.
    """
    if store.seal_keys is None:
        raise ConfigError(f"{KEY_VARIABLE} is not set, and a seal needs a key. Make one with: openssl rand -hex 32")
    with store.transaction() as connection:
        require_idle(connection, store.where)
        checked = _check(connection)
        if not checked.sound:
            raise StoreError(f"{store.where}: {fault(checked)}. {REPAIR}")
        found = inspect(connection, store.seal_keys, store.where)
        if not found.intact:
            raise StoreError(f"{store.where}: {found.fault}")
        return seal_rest(connection)


def damage_of(store: Store, group: Group) -> tuple[Damage, ...]:
    """The damage to one model's verdicts under one judge: to its plan, its places, their replies, or the judge.

    Raises:
        StoreError: the file is damaged so badly that it cannot be read.
    """
    names = asdict(group)
    places = [asked_table.c[name] == value for name, value in names.items()]
    chosen = {
        plan_table: [plan_table.c[name] == value for name, value in names.items()],
        judge_table: [judge_table.c.digest == group.digest],
        asked_table: places,
        reply_table: [reply_table.c.key.in_(sa.select(asked_table.c.reply_key).where(*places))],
    }
    with store.connect() as connection:
        return tuple(
            Damage(table.name, _name(table, row))
            for table, where in chosen.items()
            for row in _BAD[table](connection, *where)
        )


def repair(store: Store) -> Checked:
    """Delete damaged rows, so that the next run asks for them again, and build the indexes again.

    Raises:
        StoreError: a run is using the store, or the file is damaged beyond that.
    """
    with store.transaction() as connection:
        require_idle(connection, store.where)
        if complaints(connection):
            connection.exec_driver_sql("REINDEX")
        damaged = list(_damaged(connection))
        n_repaired = _delete_damaged(connection)
        n_repaired += delete_edited(connection)
        rebuild(connection)
        after = _check(connection)
        if not after.sound:
            raise StoreError(f"{store.where}: cannot be repaired: {fault(after)}. {OTHER_FILE}")
    return replace(after, damaged=tuple(damaged), n_repaired=n_repaired)


def fault(checked: Checked) -> str:
    """The fault of a store in one line."""
    said = list(checked.complaints[:_SHOWN])
    said += [f"{row.table} {row.key} is damaged" for row in checked.damaged[:_SHOWN]]
    more = len(checked.complaints) + len(checked.damaged) - len(said)
    return "; ".join(said) + (f"; and {more} more" if more else "")


def collect(store: Store, *, keep_days: float, dry_run: bool) -> Collected:
    """Delete replies that no place refers to and that are older than `keep_days`, failures that a later reply outdated,
    and remains of dead runs.

    Raises:
        StoreError: a run is using the store.
    """
    before = _n_bytes(store) or 0
    with store.transaction() as connection:
        require_idle(connection, store.where)
        # a dry run does the same and takes it back, because each deletion depends on those before
        trial = connection.begin_nested()
        _check_intact(connection, store)
        oldest = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=keep_days)
        old = reply_table.c.created <= oldest.isoformat(timespec="seconds")
        found = Collected(
            n_replies=_delete(connection, reply_table, sa.and_(_unreferenced(), ~_led_on(), old)),
            n_failures=_delete(connection, failure_table, outdated_failures()),
            # no run is alive, so all of them are dead
            n_dead_runs=_delete(connection, owner_table, sa.true()),
            n_dead_leases=_delete(connection, lease_table, sa.true()),
            n_reserve_files=len(store.reserve.left_behind()),
            n_plans=_delete(connection, plan_table, _without_places()),
        )
        if dry_run:
            trial.rollback()
            return found
        trial.commit()
        rebuild(connection)
    for path in store.reserve.left_behind():
        path.unlink(missing_ok=True)
    store.vacuum()
    return replace(found, n_bytes=max(0, before - (_n_bytes(store) or 0)))


def _check_intact(connection: sa.Connection, store: Store) -> None:
    """Refuse to seal anew what does not fit its seal."""
    if store.seal_keys is not None and not (found := inspect(connection, store.seal_keys, store.where)).intact:
        raise StoreError(f"{store.where}: {found.fault}")


def _led_on() -> sa.ColumnElement[bool]:
    """Replies without a verdict whose question was asked again: without the first one the next run would ask again."""
    columns = failure_table.c
    return sa.exists().where(columns.key == reply_table.c.key, columns.reason == UNREADABLE)


def outdated_failures() -> sa.ColumnElement[bool]:
    """Failures whose question has a reply by now, or that no place refers to.

    The note that a reply held no verdict stays with that reply: without it the next run would not look further.
    """
    columns = failure_table.c
    replied = sa.exists().where(reply_table.c.key == columns.key)
    referred = sa.exists().where(asked_table.c.reply_key == columns.key)
    return sa.or_(sa.and_(replied, columns.reason != UNREADABLE), sa.and_(~replied, ~referred))


def statistics(store: Store) -> Statistics:
    """Count what a store holds.

    Raises:
        StoreError: the store cannot be read.
    """
    configs = {config.digest: config for config in store.configs()}
    with store.connect() as connection:
        return Statistics(
            n_replies=_count(connection, reply_table),
            n_unreferenced=_count(connection, reply_table, _unreferenced()),
            n_failures=_count(connection, failure_table),
            n_judges=len(configs),
            n_places=_count(connection, asked_table),
            n_documents=_count(connection, document_table),
            n_records=_count(connection, record_table),
            n_plans=_count(connection, plan_table),
            n_releases=_count(connection, release_table),
            n_evaluations=_count(connection, evaluation_table),
            n_bytes=_n_bytes(store),
            filling=tuple(_filling(connection)),
            spending=tuple(_spending(connection, configs[digest]) for digest in sorted(configs)),
        )


def _check(connection: sa.Connection) -> Checked:
    live = live_owners(connection)
    owners = set(connection.execute(sa.select(owner_table.c.owner)).scalars())
    dead = sa.true() if not live else lease_table.c.owner.not_in(live)
    return Checked(
        n_replies=_count(connection, reply_table),
        n_failures=_count(connection, failure_table),
        n_judges=_count(connection, judge_table),
        n_places=_count(connection, asked_table),
        n_documents=_count(connection, document_table),
        n_records=_count(connection, record_table),
        n_plans=_count(connection, plan_table),
        n_releases=_count(connection, release_table),
        n_evaluations=_count(connection, evaluation_table),
        n_live_runs=len(live),
        n_dead_runs=len(owners - live),
        n_dead_leases=_count(connection, lease_table, dead),
        complaints=tuple(complaints(connection)),
        damaged=tuple(_damaged(connection)),
    )


def _damaged(connection: sa.Connection) -> Iterator[Damage]:
    for table, rows in _BAD.items():
        for row in rows(connection):
            yield Damage(table.name, _name(table, row))


def _delete_damaged(connection: sa.Connection) -> int:
    n = 0
    # a file with a hole must not be taken for a whole one
    holed = {tuple(row[name] for name in _DOCUMENT) for row in _bad_records(connection)}
    for table, rows in _BAD.items():
        key = list(table.primary_key)
        for row in list(rows(connection)):
            own = [column == row[column.name] for column in key]
            n += connection.execute(sa.delete(table).where(*own)).rowcount
    # a place without its judge cannot be read; the replies stay, and the next run lays the place out again
    orphans = asked_table.c.digest.not_in(sa.select(judge_table.c.digest))
    n += connection.execute(sa.delete(asked_table).where(orphans)).rowcount
    for names in holed:
        own = [document_table.c[name] == value for name, value in zip(_DOCUMENT, names, strict=True)]
        n += connection.execute(sa.delete(document_table).where(*own)).rowcount
    whole = sa.exists().where(*(document_table.c[name] == record_table.c[name] for name in _DOCUMENT))
    return n + connection.execute(sa.delete(record_table).where(~whole)).rowcount


def _bad_replies(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Iterator[sa.RowMapping]:
    for row in _stream(connection, sa.select(reply_table).where(*where)):
        if not whole_reply(row):
            yield row


def _bad_judges(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Iterator[sa.RowMapping]:
    for row in _stream(connection, sa.select(judge_table).where(*where)):
        if row["checksum"] != config_checksum(row["digest"], row["name"], row["config"]):
            yield row


def _bad_places(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Iterator[sa.RowMapping]:
    for row in _stream(connection, sa.select(asked_table).where(*where)):
        if row["checksum"] != place_checksum(row):
            yield row


def _bad_documents(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Iterator[sa.RowMapping]:
    for row in _stream(connection, sa.select(document_table).where(*where)):
        if row["checksum"] != document_checksum(*(row[name] for name in (*_DOCUMENT, "heading"))):
            yield row


def _bad_records(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Iterator[sa.RowMapping]:
    for row in _stream(connection, sa.select(record_table).where(*where)):
        if row["checksum"] != record_checksum(*(row[name] for name in (*_DOCUMENT, "position", "record"))):
            yield row


def _bad_plans(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Iterator[sa.RowMapping]:
    for row in _stream(connection, sa.select(plan_table).where(*where)):
        if not sound(row):
            yield row


def _bad_texts(table: sa.Table, connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Iterator[sa.RowMapping]:
    for row in _stream(connection, sa.select(table).where(*where)):
        if not is_whole(table, row):
            yield row


def _bad_lasting(table: sa.Table, connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Iterator[sa.RowMapping]:
    texts = TEXTS[table]
    name = name_of(texts)
    known = set(connection.execute(sa.select(texts.c[name])).scalars())
    for row in _stream(connection, sa.select(table).where(*where)):
        if not is_whole(table, row) or row[name] not in known:
            yield row


_BAD: dict[sa.Table, Callable[..., Iterator[sa.RowMapping]]] = {
    reply_table: _bad_replies,
    judge_table: _bad_judges,
    asked_table: _bad_places,
    document_table: _bad_documents,
    record_table: _bad_records,
    plan_table: _bad_plans,
    # before the records, which are of no use without their texts
    **{texts: partial(_bad_texts, texts) for texts in TEXTS.values()},
    **{table: partial(_bad_lasting, table) for table in TEXTS},
}


def _name(table: sa.Table, row: sa.RowMapping) -> str:
    if table is asked_table:
        return " / ".join(str(row[name]) for name in ("benchmark", "judge", "model", "key", "order", "repeat"))
    if table in (document_table, record_table, plan_table):
        return " / ".join(str(row[column.name]) for column in table.primary_key)
    return str(row[next(iter(table.primary_key)).name])[:16]


def _unreferenced() -> sa.ColumnElement[bool]:
    return ~sa.exists().where(asked_table.c.reply_key == reply_table.c.key)


def _without_places() -> sa.ColumnElement[bool]:
    return ~sa.exists().where(*(asked_table.c[column.name] == column for column in plan_table.primary_key))


def _filling(connection: sa.Connection) -> Iterator[Filling]:
    columns = asked_table.c
    group = (columns.judge, columns.digest, columns.benchmark, columns.baseline, columns.model)
    by_rule = sa.case((columns.rule.is_not(None), 1), else_=0)
    filled = sa.or_(reply_table.c.key.is_not(None), columns.recorded.is_not(None))
    replied = sa.case((sa.and_(columns.rule.is_(None), filled), 1), else_=0)
    query = sa.select(*group, sa.func.count(), sa.func.sum(replied), sa.func.sum(by_rule))
    query = query.select_from(asked_table.outerjoin(reply_table, columns.reply_key == reply_table.c.key))
    for row in connection.execute(query.group_by(*group).order_by(*group)):
        judge, digest, benchmark, baseline, model, n, n_replied, n_by_rule = row
        missing = n - n_replied - n_by_rule
        yield Filling(judge, digest, benchmark, baseline, model, n_replied, n_by_rule, missing)


def _spending(connection: sa.Connection, config: ModelConfig) -> Spending:
    n = uncounted = prompt = completion = 0
    mine = sa.select(asked_table.c.reply_key).where(asked_table.c.digest == config.digest)
    for row in _stream(connection, sa.select(reply_table).where(reply_table.c.key.in_(mine))):
        if not whole_reply(row):
            continue
        reply = json.loads(row["reply"])
        n += 1
        uncounted += reply["prompt_tokens"] is None or reply["completion_tokens"] is None
        prompt += reply["prompt_tokens"] or 0
        completion += reply["completion_tokens"] or 0
    cost = None if config.prices is None else config.prices.cost(prompt, completion)
    return Spending(config.name, config.digest, n, uncounted, prompt, completion, cost)


def _stream(connection: sa.Connection, query: sa.Select[Any]) -> Iterable[sa.RowMapping]:
    return connection.execute(query, execution_options={"yield_per": _AT_ONCE}).mappings()


def _count(connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool] | None = None) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return int(connection.execute(query if where is None else query.where(where)).scalar_one())


def _delete(connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.delete(table).where(where)).rowcount


def _n_bytes(store: Store) -> int | None:
    return None if store.path is None else store.path.stat().st_size
