"""The runs that showed or decided models' numbers, kept with their verdicts so that later releases can be compared."""

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from evalkit.errors import KEY_FOUND, ConfigError, StoreError
from evalkit.redaction import holds_key
from evalkit.store.database import Store
from evalkit.store.naming import REPAIR
from evalkit.store.seal import counted, sealed
from evalkit.store.tables import asked_table, chunks, insert_into, release_table, release_verdict_table
from evalkit.types import Estimate, Group, ReleaseRun, Status, StatusKind

# any number that nothing else uses: processes that keep a release at once do so one after the other
_KEEPING_LOCK = 0x6576616C6B6975
_COVERED = ("benchmark", "model", "verdicts", "document")


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
    row["run"] = _run_name(row)
    with store.transaction() as connection:
        if connection.dialect.name == "postgresql":
            # SQLite's writers wait for each other by themselves
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": _KEEPING_LOCK})
        kept = _read_all(store, connection, benchmark=run.group.benchmark, model=run.group.model)
        last = [one for one in kept if (one.group, one.served_as) == (run.group, run.served_as)][-1:]
        if not all(map(adds, last)):
            return
        _add(connection, release_verdict_table, {"verdicts": run.verdicts, "document": verdicts})
        _add(connection, release_table, row)


def verdicts_name(text: str) -> str:
    """The name of kept verdicts: a digest of their text."""
    return hashlib.sha256(text.encode()).hexdigest()


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
        if not is_whole(row):
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
    wanted, found = set(names), {}
    with store.connect() as connection:
        for chunk in chunks(sorted(wanted)):
            query = sa.select(release_verdict_table).where(release_verdict_table.c.verdicts.in_(chunk))
            found.update({row["verdicts"]: row for row in connection.execute(query).mappings()})
    if wanted != found.keys() or not all(map(is_whole, found.values())):
        raise StoreError(f"{store.where}: the verdicts of a release are damaged. {REPAIR}")
    return {name: row["document"] for name, row in found.items()}


def categories_of(store: Store, group: Group) -> dict[str, str]:
    """The categories of the instructions that a model was judged on, by key; without those that have none."""
    columns = asked_table.c
    mine = [columns[name] == value for name, value in dataclasses.asdict(group).items()]
    query = sa.select(columns.key, columns.category).where(*mine, columns.category.is_not(None)).distinct()
    with store.connect() as connection:
        return {str(key): str(category) for key, category in connection.execute(query)}


def is_whole(row: Mapping[Any, Any]) -> bool:
    """True if a row of either table has the content that its name is a digest of."""
    try:
        return bool(row["run"] == _run_name(row) if "run" in row else row["verdicts"] == verdicts_name(row["document"]))
    except (TypeError, AttributeError):
        # a damaged cell may have turned into bytes
        return False


def _add(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
    """Add a row unless it is there; a row of that name has the same content."""
    (whole,) = sealed(connection, table, [row])
    if connection.execute(insert_into(connection, table).on_conflict_do_nothing(), whole).rowcount:
        counted(connection, [whole])


def _run_name(row: Mapping[Any, Any]) -> str:
    return hashlib.sha256(json.dumps([row[name] for name in _COVERED]).encode()).hexdigest()


def _encode(run: ReleaseRun) -> str:
    fields = {field.name: getattr(run, field.name) for field in dataclasses.fields(run)}
    fields["group"] = dataclasses.asdict(run.group)
    fields["at"] = run.at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    fields["shown"] = {
        **dataclasses.asdict(run.shown),
        "status": [run.shown.status.kind.value, run.shown.status.reason],
    }
    return json.dumps(fields, sort_keys=True)


def _decode(row: Mapping[Any, Any]) -> ReleaseRun:
    fields = json.loads(row["document"])
    fields["group"] = Group(**fields["group"])
    fields["at"] = datetime.datetime.fromisoformat(fields["at"])
    kind, reason = fields["shown"].pop("status")
    notes = tuple(fields["shown"].pop("notes"))
    fields["shown"] = Estimate(**fields["shown"], status=Status(StatusKind(kind), reason), notes=notes)
    return ReleaseRun(**fields)
