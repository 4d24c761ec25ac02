"""Exports a store as lines of JSON, and imports them, to take paid replies to another machine or another layout."""

import contextlib
import gzip
import hashlib
import hmac
import itertools
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from evalkit.documents import open_file
from evalkit.errors import InputError, StoreError
from evalkit.files import replacing
from evalkit.store.database import UNREADABLE, Store
from evalkit.store.encoding import (
    config_checksum,
    document_checksum,
    place_checksum,
    record_checksum,
    whole_reply,
)
from evalkit.store.lasting import LASTING, is_whole, name_of
from evalkit.store.leases import require_idle
from evalkit.store.naming import REPAIR, complaints
from evalkit.store.plans import sound
from evalkit.store.seal import Sealing, SealKeys, inspect, rebuild, seal_rest
from evalkit.store.tables import (
    SCHEMA_VERSION,
    asked_table,
    document_table,
    evaluation_table,
    evidence_table,
    failure_table,
    insert_into,
    judge_table,
    meta_table,
    place_of_version,
    plan_table,
    record_table,
    release_table,
    release_verdict_table,
    reply_of_version,
    reply_table,
    secret_checksum,
)
from evalkit.store.upkeep import outdated_failures

FORMAT = "evalkit-store"
_ANOTHER = "Nothing was imported; take another copy of the file"
_AT_ONCE = 500
# replies come first: they decide whether a failure or a place is still of use; records need their document
_ORDER = (
    *(reply_table, failure_table, judge_table, asked_table, document_table, record_table, plan_table),
    *(release_verdict_table, release_table, evidence_table, evaluation_table),
)
_TABLES = {table.name: table for table in _ORDER}
_COLUMNS = {
    name: [column.name for column in table.columns if column.name not in ("id", "seal")]
    for name, table in _TABLES.items()
}
_NAMED_BY = {"judges": "digest", **{table.name: name_of(table) for table in LASTING}}
# the document of a release begins with its time
_ORDERED_BY = {
    "failures": [failure_table.c.key, failure_table.c.id],
    "releases": [release_table.c.document, release_table.c.run],
}
_GROUP = ("benchmark", "digest", "baseline", "model")
_DOCUMENT = ("format", "kind", "name")
# the fields that exports of earlier layouts lack
# layout 6 added seals, which stand for a whole export in its last line
_NOT_IN_7 = {table.name: set(_COLUMNS[table.name]) for table in (evidence_table, evaluation_table)}
_NOT_IN_6 = {**{table.name: set(_COLUMNS[table.name]) for table in (release_verdict_table, release_table)}, **_NOT_IN_7}
_NOT_IN_5 = {"replies": {"exchange"}, **_NOT_IN_6}
_NOT_IN_4 = {"asked": {"baseline_blanks", "candidate_blanks"}, **_NOT_IN_5}
_NOT_IN_3 = {"plans": set(_COLUMNS["plans"]), **_NOT_IN_4}
_NOT_IN_2 = {
    "documents": set(_COLUMNS["documents"]),
    "records": set(_COLUMNS["records"]),
    **_NOT_IN_3,
    "asked": {"recorded", "turn", "baseline_measures", "candidate_measures", *_NOT_IN_4["asked"]},
}
_LACKING: dict[int, dict[str, set[str]]] = {
    2: _NOT_IN_2,
    3: _NOT_IN_3,
    4: _NOT_IN_4,
    5: _NOT_IN_5,
    6: _NOT_IN_6,
    7: _NOT_IN_7,
    8: {},
}


@dataclass(frozen=True, slots=True)
class Moved:
    """The number of transferred rows; the store had the other rows of an import already.

    `n_places_left_out` places were left out: the store holds another plan for the same model and judge. `n_unsealed`
    rows have no seal though there is a key: the export was not sealed with it.
    """

    n_replies: int
    n_failures: int
    n_judges: int
    n_places: int
    n_documents: int
    n_records: int
    n_plans: int
    n_release_verdicts: int
    n_releases: int
    n_evaluation_evidence: int
    n_evaluations: int
    n_places_left_out: int = 0
    n_unsealed: int = 0


def export_store(store: Store, path: Path) -> Moved:
    """Write a store to a file, gzipped where its name ends in .gz; equal stores give equal files.

    With a key, and a store that is sealed as a whole, the export is sealed as well.

    Raises:
        StoreError: a row is damaged, or the store cannot be read; nothing is written.
        InputError: the file cannot be written.
    """
    counts = dict.fromkeys(_TABLES, 0)
    with store.connect() as connection, _writing(path) as write:
        if said := complaints(connection):
            raise StoreError(f"{store.where}: {said[0]}. {REPAIR}")
        sealed = _sealed_whole(connection, store)
        digest = hashlib.sha256()

        def put(document: dict[str, Any]) -> None:
            digest.update(line := _line(document))
            write(line)

        put({"format": FORMAT, "version": SCHEMA_VERSION, "secret": store.secret.hex()})
        for name, table in _TABLES.items():
            for row in _sorted_rows(connection, table):
                if not _sound(name, row):
                    raise StoreError(f"{store.where}: {name} {_key(name, row)} is damaged. {REPAIR}")
                put({"table": name, "row": row})
                counts[name] += 1
        key = None if store.seal_keys is None or not sealed else store.seal_keys.current
        seal = {} if key is None else {"seal": {"key": key.id, "of": key.file_seal(digest.digest())}}
        put({"end": counts, **seal})
    return Moved(*counts.values())


def import_store(store: Store, path: Path) -> Moved:
    """Add what an export holds to a store, in one transaction; of two replies under one key the store's own stays.

    A store without replies takes over the export's secret, and with it every key. With a key for seals, the rows of an
    export that is sealed with it are sealed too, and those of any other have no seal.

    Raises:
        InputError: not an export, or one of another version, torn or damaged, with the line; or it does not fit its
            seal; nothing was imported.
        StoreError: the secrets differ, a run is using the store, or it does not fit its seal; nothing was imported.
    """
    with store.transaction() as connection:
        require_idle(connection, store.where)
        before, keys = _inspected(connection, store), store.seal_keys
        read = _Read(path, store.seal_keys)
        lines = read.lines()
        version, secret = _header(path, lines)
        adopted = secret != store.secret.hex()
        if adopted:
            _adopt(connection, store, path, secret)
        moved = _Import(connection).take(read.rows(lines, version=version))
        if before is not None and keys is not None:
            rebuild(connection)
            # rows that were here before without a seal cannot be told from those that came
            if read.sealed and not before.n_unsealed:
                seal_rest(connection)
            else:
                moved = replace(moved, n_unsealed=inspect(connection, keys, store.where).n_unsealed)
    if adopted:
        store.secret = bytes.fromhex(secret)
    return moved


class _Import:
    """The rows of an import on their way into a store."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._last_failure = connection.execute(sa.select(sa.func.max(failure_table.c.id))).scalar() or 0
        columns = [asked_table.c[name] for name in (*_GROUP, "plan")]
        self._plans: dict[tuple[str, ...], set[str]] = {}
        for *group, plan in connection.execute(sa.select(*columns).distinct()):
            self._plans.setdefault(tuple(group), set()).add(plan)
        names = [document_table.c[name] for name in _DOCUMENT]
        self._documents = {tuple(row) for row in connection.execute(sa.select(*names))}
        self._left_out = 0
        self._inserts = {
            "replies": insert_into(connection, reply_table).on_conflict_do_nothing(),
            "judges": insert_into(connection, judge_table).on_conflict_do_nothing(),
            "failures": insert_into(connection, failure_table),
            "asked": _fill_open(insert_into(connection, asked_table)),
            "documents": insert_into(connection, document_table).on_conflict_do_nothing(),
            "records": insert_into(connection, record_table).on_conflict_do_nothing(),
            "plans": insert_into(connection, plan_table).on_conflict_do_nothing(),
            **{table.name: insert_into(connection, table).on_conflict_do_nothing() for table in LASTING},
        }

    def take(self, rows: Iterator[tuple[str, dict[str, Any]]]) -> Moved:
        counts = dict.fromkeys(_TABLES, 0)
        for name, of_table in itertools.groupby(rows, key=lambda named: named[0]):
            while some := [row for _, row in itertools.islice(of_table, _AT_ONCE)]:
                if fitting := [row for row in some if self._fits(name, row)]:
                    counts[name] += self._connection.execute(self._inserts[name], fitting).rowcount
        mine = failure_table.c.id > self._last_failure
        outdated = self._connection.execute(sa.delete(failure_table).where(mine, outdated_failures()))
        counts["failures"] -= outdated.rowcount
        return replace(Moved(*counts.values()), n_places_left_out=self._left_out)

    def _fits(self, name: str, row: dict[str, Any]) -> bool:
        if name == "failures":
            return not self._known_failure(row)
        if name in ("asked", "plans"):
            plans = self._plans.get(tuple(row[column] for column in _GROUP))
            left_out = plans is not None and row["plan"] not in plans
            self._left_out += left_out and name == "asked"
            return not left_out
        if name in ("documents", "records"):
            # of two documents of one name the store's own stays, with no record of the other in it
            return tuple(row[column] for column in _DOCUMENT) not in self._documents
        return True

    def _known_failure(self, row: dict[str, Any]) -> bool:
        columns = failure_table.c
        same = [columns.key == row["key"], columns.id <= self._last_failure, columns.reason == row["reason"]]
        if row["reason"] != UNREADABLE:
            same.append(columns.created == row["created"])
        return self._connection.execute(sa.select(columns.id).where(*same).limit(1)).first() is not None


def _fill_open(insert: Any) -> Any:
    """An insert of places that are not stored yet, and of those stored that no reply fills."""
    mine = asked_table.c.reply_key
    open_here = sa.or_(mine.is_(None), mine.not_in(sa.select(reply_table.c.key)))
    better = sa.and_(insert.excluded.reply_key.is_not(None), open_here)
    key = [column.name for column in asked_table.primary_key]
    # every column, because the checksum covers every column; a seal does not outlive what it was made of
    update = {name: insert.excluded[name] for name in _COLUMNS["asked"] if name not in key}
    update["seal"] = None
    return insert.on_conflict_do_update(index_elements=key, set_=update, where=better)


def _sealed_whole(connection: sa.Connection, store: Store) -> bool:
    """Tell whether every row of a store fits its seal.

    Raises:
        StoreError: one does not, so that an export would make it look genuine.
    """
    found = _inspected(connection, store)
    return found is not None and found.fault is None


def _inspected(connection: sa.Connection, store: Store) -> Sealing | None:
    """The fit of a store's rows to their seals; None without a key.

    Raises:
        StoreError: they do not.
    """
    if store.seal_keys is None:
        return None
    found = inspect(connection, store.seal_keys, store.where)
    if not found.intact:
        raise StoreError(f"{store.where}: {found.fault}")
    return found


def _adopt(connection: sa.Connection, store: Store, path: Path, secret: str) -> None:
    if connection.execute(sa.select(reply_table.c.key).limit(1)).first() is not None:
        raise StoreError(
            f"{store.where}: holds replies to questions drawn from another secret than those of {path}, which could "
            "never be found in it. Import into a new store, with --store"
        )
    for name, value in (("secret", secret), ("checksum", secret_checksum(secret))):
        connection.execute(sa.update(meta_table).where(meta_table.c.name == name).values(value=value))


def _sorted_rows(connection: sa.Connection, table: sa.Table) -> Iterator[dict[str, Any]]:
    order = _ORDERED_BY.get(table.name, list(table.primary_key))
    query = sa.select(*(table.c[name] for name in _COLUMNS[table.name])).order_by(*order)
    if table is failure_table:
        query = query.where(~outdated_failures())
    for row in connection.execute(query, execution_options={"yield_per": _AT_ONCE}).mappings():
        yield dict(row)


def _sound(name: str, row: dict[str, Any]) -> bool:
    if name == "replies":
        return whole_reply(row)
    if name == "judges":
        return bool(row["checksum"] == config_checksum(row["digest"], row["name"], row["config"]))
    if name == "asked":
        return bool(row["checksum"] == place_checksum(row))
    if name == "documents":
        return bool(row["checksum"] == document_checksum(*(row[column] for column in (*_DOCUMENT, "heading"))))
    if name == "records":
        covered = (*_DOCUMENT, "position", "record")
        return bool(row["checksum"] == record_checksum(*(row[column] for column in covered)))
    if name == "plans":
        return sound(row)
    if (table := _TABLES[name]) in LASTING:
        return is_whole(table, row)
    return isinstance(row["reason"], str)


def _key(name: str, row: dict[str, Any]) -> str:
    if name == "plans":
        return " / ".join(str(row[column]) for column in _GROUP)
    if name in ("documents", "records"):
        return " / ".join(str(row[column]) for column in (*_DOCUMENT, "position") if column in row)
    return str(row[_NAMED_BY.get(name, "key")])[:16]


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[Callable[[bytes], object]]:
    # the file holds instructions, outputs and replies in plain text, and the secret
    with replacing(path, mode=0o600) as text:
        if path.suffix != ".gz":
            yield text.buffer.write
            return
        # without name and time, which would differ between two equal exports
        with gzip.GzipFile("", "wb", 6, text.buffer, 0) as file:
            yield file.write


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps({**document, "sha256": _digest(document)}).encode() + b"\n"


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]


class _Read:
    """An export that is being read: its lines, its rows, and whether it is sealed with the key."""

    def __init__(self, path: Path, keys: SealKeys | None) -> None:
        self.path = path
        self.sealed = False
        self._keys = keys
        self._digest = hashlib.sha256()

    def lines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The document of every line with the name of its place, checked against the line's digest."""
        path, number = self.path, 0
        try:
            with _reading(path) as file:
                for number, line in enumerate(file, start=1):
                    yield f"{path}: line {number}", _document(f"{path}: line {number}", line)
                    self._digest.update(line)
        except (OSError, EOFError, zlib.error) as error:
            said = getattr(error, "strerror", None) or error
            raise InputError(f"{path}: cannot be read after line {number}: {said}. {_ANOTHER}") from None

    def rows(
        self, lines: Iterator[tuple[str, dict[str, Any]]], *, version: int
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Table and row of each line; the last line gives the number of lines that there must be, and the seal."""
        lacking = _LACKING[version]
        columns = {name: some for name, every in _COLUMNS.items() if (some := set(every) - lacking.get(name, set()))}
        counts = dict.fromkeys(columns, 0)
        for where, document in lines:
            if "end" in document:
                self._check_seal(where, document.get("seal"))
                if document["end"] != counts or next(lines, None) is not None:
                    raise InputError(f"{where}: lines are missing or doubled. {_ANOTHER}")
                return
            name, row = document.get("table"), document.get("row")
            if name not in columns or not isinstance(row, dict) or set(row) != columns[name]:
                raise InputError(f"{where}: not a row of a store. {_ANOTHER}")
            if name == "asked":
                row = place_of_version(row, version)
            elif name == "replies":
                row = reply_of_version(row, version)
            if not _sound(name, row):
                raise InputError(f"{where}: {name} {_key(name, row)} is damaged. {_ANOTHER}")
            counts[name] += 1
            yield name, row
        raise InputError(f"{self.path}: ends too early: its last line is missing. {_ANOTHER}")

    def _check_seal(self, where: str, seal: Any) -> None:
        """Refuse an export that was changed since it was sealed; one that another key sealed has no seal for us."""
        if self._keys is None or not isinstance(seal, dict):
            return
        # the digest is that of all lines before the last
        digest = self._digest.digest()
        for key in (self._keys.current, self._keys.earlier):
            if key is not None and seal.get("key") == key.id:
                if not hmac.compare_digest(str(seal.get("of")).encode(), key.file_seal(digest).encode()):
                    raise InputError(f"{where}: the export was changed since it was sealed. {_ANOTHER}")
                self.sealed = True


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[Iterable[bytes]]:
    with open_file(path) as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed:
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield unpacked


def _document(where: str, line: bytes) -> dict[str, Any]:
    try:
        document = json.loads(line)
        digest = document.pop("sha256")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise InputError(f"{where}: torn, or not a line of an export. {_ANOTHER}") from None
    if not line.endswith(b"\n") or digest != _digest(document):
        raise InputError(f"{where}: damaged. {_ANOTHER}")
    return dict(document)


def _header(path: Path, lines: Iterator[tuple[str, dict[str, Any]]]) -> tuple[int, str]:
    """Version and secret of an export that this evalkit reads."""
    where, header = next(lines, (str(path), {}))
    if header.get("format") != FORMAT:
        raise InputError(f"{where}: not the export of a store. Write one with evalkit store export")
    version = header.get("version")
    if version not in _LACKING:
        raise InputError(
            f"{where}: an export of version {version}; this evalkit reads versions {min(_LACKING)} to "
            f"{max(_LACKING)}. Open the store with this evalkit, and export it anew"
        )
    return version, str(header["secret"])
