"""The runs that showed or decided models' numbers, kept with their verdicts so that later releases can be compared."""

import dataclasses
import datetime
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from evalkit.errors import KEY_FOUND, ConfigError, StoreError
from evalkit.redaction import holds_key
from evalkit.store.database import Store
from evalkit.store.lasting import decode_estimate, encode_estimate, is_whole, put_record, text_name, texts_of
from evalkit.store.naming import REPAIR
from evalkit.store.tables import asked_table, release_table
from evalkit.types import Group, ReleaseRun

# any number that nothing else uses: processes that keep a release at once do so one after the other
_KEEPING_LOCK = 0x6576616C6B6975


def keep_release(
    store: Store, run: ReleaseRun, verdicts: str, *, adds: Callable[[ReleaseRun], bool] = lambda _: True
) -> None:
    """Add a run to the releases; nothing that was kept earlier changes.

    Args:
        verdicts: the text of the verdicts, which `verdicts_name` has named.
        adds: whether the run tells more than the last one of the same models that is kept; nobody else can keep one
            between this question and the answer.

    Raises:
        ConfigError: the label looks like a key.
        StoreError: the store cannot be written, or is sealed and there is no key.
    """
    if run.label is not None and holds_key(run.label):
        raise ConfigError(f"the label of a release {KEY_FOUND}")
    row: dict[str, Any] = {"benchmark": run.group.benchmark, "model": run.group.model, "verdicts": run.verdicts}
    row["document"] = _encode(run)
    with store.transaction() as connection:
        if connection.dialect.name == "postgresql":
            # SQLite's writers wait for each other by themselves
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": _KEEPING_LOCK})
        kept = _read_all(store, connection, benchmark=run.group.benchmark, model=run.group.model)
        last = [one for one in kept if (one.group, one.served_as) == (run.group, run.served_as)][-1:]
        if not all(map(adds, last)):
            return
        put_record(connection, release_table, row, verdicts)


def verdicts_name(text: str) -> str:
    """The name of kept verdicts: a digest of their text."""
    return text_name(text)


def releases_of(store: Store, *, benchmark: str | None = None, model: str | None = None) -> list[ReleaseRun]:
    """The kept runs, the earliest first; those of one benchmark and one model, or of all.

    Raises:
        StoreError: one is damaged.
    """
    with store.connect() as connection:
        return _read_all(store, connection, benchmark=benchmark, model=model)


def _read_all(store: Store, connection: sa.Connection, *, benchmark: str | None, model: str | None) -> list[ReleaseRun]:
    columns = release_table.c
    wanted = {columns.benchmark: benchmark, columns.model: model}
    query = sa.select(release_table).where(*(column == value for column, value in wanted.items() if value is not None))
    rows = connection.execute(query).mappings().all()
    for row in rows:
        if not is_whole(release_table, row):
            raise StoreError(f"{store.where}: a release of model {row['model']!r} is damaged. {REPAIR}")
    # runs of one instant in the order of their digests, so that every reading gives the same order
    return sorted((_read(store, row) for row in rows), key=lambda run: (run.at, run.verdicts))


def _read(store: Store, row: Mapping[Any, Any]) -> ReleaseRun:
    try:
        run = _decode(row)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{store.where}: a release of model {row['model']!r} is no release: {error!r}") from None
    if (run.group.benchmark, run.group.model, run.verdicts) != (row["benchmark"], row["model"], row["verdicts"]):
        raise StoreError(f"{store.where}: a release of model {row['model']!r} is filed under another's name. {REPAIR}")
    return run


def kept_verdicts(store: Store, names: Iterable[str]) -> dict[str, str]:
    """The texts of kept verdicts by name.

    Raises:
        StoreError: one is damaged or lost.
    """
    return texts_of(store, release_table, names, fault="the verdicts of a release are damaged")


def categories_of(store: Store, group: Group) -> dict[str, str]:
    """The categories of the instructions that a model was judged on, by key; without those that have none."""
    columns = asked_table.c
    mine = [columns[name] == value for name, value in dataclasses.asdict(group).items()]
    query = sa.select(columns.key, columns.category).where(*mine, columns.category.is_not(None)).distinct()
    with store.connect() as connection:
        return {str(key): str(category) for key, category in connection.execute(query)}


def _encode(run: ReleaseRun) -> str:
    fields = {field.name: getattr(run, field.name) for field in dataclasses.fields(run)}
    fields["group"] = dataclasses.asdict(run.group)
    fields["at"] = run.at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    fields["shown"] = encode_estimate(run.shown)
    return json.dumps(fields, sort_keys=True)


def _decode(row: Mapping[Any, Any]) -> ReleaseRun:
    fields = json.loads(row["document"])
    fields["group"] = Group(**fields["group"])
    fields["at"] = datetime.datetime.fromisoformat(fields["at"])
    fields["shown"] = decode_estimate(fields["shown"])
    return ReleaseRun(**fields)
