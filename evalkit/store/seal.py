"""A seal over a store's rows, by a key of the environment: rows that somebody edited, added or removed show.

Every row has a seal of its own, an HMAC of its content. The total in the table `meta` holds the number of sealed rows
and a keyed hash of their set, which no order decides; a nonce masks it, so that no sum of known rows can be made to
fit. Whoever lacks the key can neither write a row that fits nor leave one out unseen. An earlier state of the whole
store, with its total, fits: a seal does not know the time.
"""

import contextlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from evalkit.errors import ConfigError, StoreError
from evalkit.store.tables import chunks, meta_table, metadata

KEY_VARIABLE = "EVALKIT_SEAL_KEY"
EARLIER_KEY_VARIABLE = "EVALKIT_SEAL_KEY_BEFORE"
LEAST_KEY = 32
_TOTAL = "seal"
_TALLY = "evalkit_seal"
_AT_ONCE = 500
_SHOWN = 3
_MODULUS = 2**256
# a column that decides nothing: a database numbers the rows itself
_UNCOVERED = ("seal", "id")


@dataclass(frozen=True, slots=True)
class SealKey:
    """A key: `id` names it and tells nothing about it; the other parts are derived from it for one use each."""

    id: str
    rows: bytes = field(repr=False)
    leaves: bytes = field(repr=False)
    totals: bytes = field(repr=False)

    def seal(self, table: sa.Table, row: Mapping[Any, Any]) -> str:
        """The seal of a row; it covers every column that has a value, so that a new empty column changes none."""
        covered = {name: value for name, value in row.items() if name not in _UNCOVERED and value is not None}
        # a damaged cell may have turned into bytes
        text = json.dumps([table.name, covered], sort_keys=True, default=repr)
        return hmac.digest(self.rows, text.encode(), "sha256").hex()[:32]

    def leaf(self, seal: str) -> int:
        """The share of a sealed row in the total; nobody without the key knows it."""
        return int.from_bytes(hmac.digest(self.leaves, seal.encode("utf-8", "replace"), "sha256"))

    def mask(self, nonce: str, n: int, secret: str) -> int:
        text = json.dumps([self.id, nonce, n, secret])
        return int.from_bytes(hmac.digest(self.totals, text.encode(), "sha256"))

    def file_seal(self, digest: bytes) -> str:
        """The seal of an exported file whose lines have this digest."""
        return hmac.digest(self.totals, b"export" + digest, "sha256").hex()


@dataclass(frozen=True, slots=True)
class SealKeys:
    """The key that seals, and the earlier one that a store may still be sealed with."""

    current: SealKey
    earlier: SealKey | None = None


@dataclass(frozen=True, slots=True)
class Sealing:
    """The fit of a store's rows to their seals: `edited` ones do not fit; unless `complete`, their set does not.

    `other_key` says that the store is sealed with another key, so that nothing can be said about its rows.
    """

    n_sealed: int = 0
    n_unsealed: int = 0
    edited: tuple[str, ...] = ()
    complete: bool = True
    other_key: bool = False

    @property
    def intact(self) -> bool:
        """True if nothing that was sealed has changed; there may be rows that never were."""
        return not self.edited and self.complete and not self.other_key

    @property
    def fault(self) -> str | None:
        """The fault with its cure; None where every row is sealed and none is missing."""
        if self.other_key:
            return (
                f"is sealed with another key than {KEY_VARIABLE}. Take that key, give it as {EARLIER_KEY_VARIABLE} to "
                "have the store sealed with the new one, or begin a new store"
            )
        if self.edited:
            n = len(self.edited)
            shown = "; ".join(self.edited[:_SHOWN]) + (f"; and {n - _SHOWN} more" if n > _SHOWN else "")
            return (
                f"{n} of {self.n_sealed} sealed rows were changed without the key: {shown}. Take back a copy, or "
                "delete them with evalkit store check --repair, and judge again"
            )
        if not self.complete:
            return (
                "sealed rows were removed, added or put back to an earlier state without the key. Take back a copy, or "
                "begin a new store; evalkit store check --repair seals what is left"
            )
        if self.n_unsealed:
            return (
                f"{self.n_unsealed} of {self.n_sealed + self.n_unsealed} rows have no seal: they were written without "
                f"{KEY_VARIABLE}. If nobody else could write to the store, seal it as it is with evalkit store seal; "
                "else begin a new one"
            )
        return None


def seal_keys() -> SealKeys | None:
    """The keys of the environment; None where there is none.

    Raises:
        ConfigError: a key is too short to protect anything.
    """
    current, earlier = _key_of(KEY_VARIABLE), _key_of(EARLIER_KEY_VARIABLE)
    return None if current is None else SealKeys(current, earlier)


def _key_of(variable: str) -> SealKey | None:
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    if len(text) < LEAST_KEY:
        raise ConfigError(
            f"{variable}: has {len(text)} characters, and needs at least {LEAST_KEY}. Make one: openssl rand -hex 32"
        )
    key = text.encode("utf-8", "surrogateescape")
    derived = {use: hmac.digest(key, f"evalkit seal {use}".encode(), "sha256") for use in ("rows", "leaves", "totals")}
    return SealKey(hmac.digest(key, b"evalkit seal id", "sha256").hex()[:16], **derived)


class SealTotal:
    """The total of the sealed rows, as a transaction changes it."""

    def __init__(self, key: SealKey, *, n: int, value: int, secret: str) -> None:
        self.key = key
        self._secret = secret
        self._n = n
        self._value = value
        self._changed = False

    def add(self, seals: Iterable[str]) -> None:
        self._turn(seals, 1)

    def remove(self, seals: Iterable[str]) -> None:
        self._turn(seals, -1)

    def _turn(self, seals: Iterable[str], step: int) -> None:
        for seal in seals:
            # a sum rather than an exclusive or, which two equal rows would leave
            self._value = (self._value + step * self.key.leaf(seal)) % _MODULUS
            self._n += step
            self._changed = True

    def fits(self, seals: Iterable[str]) -> bool:
        """Tell whether these are exactly the sealed rows."""
        n, value = 0, 0
        for seal in seals:
            n += 1
            value = (value + self.key.leaf(seal)) % _MODULUS
        return (n, value) == (self._n, self._value)

    def restart(self, secret: str) -> None:
        """Begin with no row, under a secret that the store may just have taken over."""
        self._n, self._value, self._secret, self._changed = 0, 0, secret, True

    def write(self, connection: sa.Connection) -> None:
        """Write the total where it has changed, under a new nonce."""
        if not self._changed:
            return
        nonce = secrets.token_hex(16)
        masked = self._value ^ self.key.mask(nonce, self._n, self._secret)
        text = json.dumps({"key": self.key.id, "n": self._n, "nonce": nonce, "sum": f"{masked:064x}"})
        there = sa.update(meta_table).where(meta_table.c.name == _TOTAL).values(value=text)
        if not connection.execute(there).rowcount:
            connection.execute(sa.insert(meta_table).values(name=_TOTAL, value=text))
        self._changed = False


def unchecked(connection: sa.Connection, keys: SealKeys | None) -> str | None:
    """The words for a sealed store that cannot be checked, because there is no key; None for every other store."""
    if keys is not None or _TOTAL not in _meta(connection, locked=False):
        return None
    return f"is sealed, and {KEY_VARIABLE} is not set: whether its rows fit the seal was not checked"


@contextlib.contextmanager
def keeping(connection: sa.Connection, keys: SealKeys | None, where: str) -> Iterator[None]:
    """Keep the total of the sealed rows through a transaction that writes.

    Raises:
        StoreError: the store is sealed, and there is no key, or another one.
    """
    meta = _meta(connection, locked=keys is not None)
    if keys is None:
        if _TOTAL in meta:
            raise StoreError(
                f"{where}: is sealed, and {KEY_VARIABLE} is not set: what is written now would not fit the seal. Set "
                "the key, or name another store with --store"
            )
        yield
        return
    if _TOTAL not in meta:
        raise StoreError(f"{where}: has lost its seal while it was open. Run the same command again")
    tally = _tally(keys.current, meta, where)
    connection.info[_TALLY] = tally
    try:
        yield
        tally.write(connection)
    finally:
        connection.info.pop(_TALLY, None)


def fitting_keys(connection: sa.Connection, keys: SealKeys | None) -> SealKeys | None:
    """The keys to read a store with that cannot be sealed anew: the earlier one where the store is sealed with it."""
    if keys is None or keys.earlier is None or _key_id(_meta(connection, locked=False)) != keys.earlier.id:
        return keys
    return SealKeys(keys.earlier)


def begin_seal(connection: sa.Connection, keys: SealKeys | None, where: str) -> None:
    """Begin to seal a store that is not sealed; seal one anew that is sealed with the earlier key.

    What a store held before stays without a seal.

    Raises:
        StoreError: the rows do not fit the earlier key's seal.
    """
    if keys is None:
        return
    meta = _meta(connection, locked=True)
    if _TOTAL not in meta:
        tally = SealTotal(keys.current, n=0, value=0, secret=meta["secret"])
        tally.restart(meta["secret"])
        tally.write(connection)
    elif keys.earlier is not None and _key_id(meta) == keys.earlier.id != keys.current.id:
        found = _inspect(connection, keys.earlier, meta, where)
        if not found.intact:
            raise StoreError(f"{where}: {found.fault}")
        renewed = SealTotal(keys.current, n=0, value=0, secret=meta["secret"])
        renewed.restart(meta["secret"])
        for table in _sealed_tables():
            renewed.add(_write_seals(connection, keys.current, table, table.c.seal.is_not(None)))
        renewed.write(connection)


def sealed(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows to insert, each with its seal where the store is sealed; `counted` or `resealing` must count them."""
    tally = _tally_of(connection)
    if tally is None:
        return [dict(row) for row in rows]
    return [{**row, "seal": tally.key.seal(table, row)} for row in rows]


def counted(connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Count rows that were inserted with their seals."""
    if (tally := _tally_of(connection)) is not None:
        tally.add(row["seal"] for row in rows)


def forget(connection: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> None:
    """Take rows that are about to be deleted out of the total."""
    if (tally := _tally_of(connection)) is not None:
        query = sa.select(table.c.seal).where(*where, table.c.seal.is_not(None))
        tally.remove(connection.execute(query).scalars().all())


@contextlib.contextmanager
def resealing(
    connection: sa.Connection, where: str, *scopes: tuple[sa.Table, sa.ColumnElement[bool]]
) -> Iterator[None]:
    """Seal anew what the block changes among some rows, and count what it inserts with a seal or deletes.

    Rows that had no seal before keep none.

    Raises:
        StoreError: one of the rows did not fit its seal; the block is not run.
    """
    tally = _tally_of(connection)
    if tally is None:
        yield
        return
    for table, chosen in scopes:
        for row in _stream(connection, table, chosen, table.c.seal.is_not(None)):
            if row["seal"] != tally.key.seal(table, row):
                raise StoreError(f"{where}: {Sealing(1, edited=(_row_name(table, row),)).fault}")
            tally.remove([row["seal"]])
    yield
    for table, chosen in scopes:
        stale = []
        for row in _stream(connection, table, chosen, table.c.seal.is_not(None)):
            seal = tally.key.seal(table, row)
            tally.add([seal])
            if seal != row["seal"]:
                stale.append((row, seal))
        _put_seals(connection, table, stale)


def new_seals(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], seals: dict[Any, str | None]
) -> list[str | None]:
    """The seals of rows that are about to be replaced, counted; a row without a seal keeps none.

    Args:
        rows: whole rows as they will be.
        seals: the present seals by primary key, which are kept up to date; a row that is not there is not counted.
    """
    tally = _tally_of(connection)
    if tally is None:
        return [None for _ in rows]
    found: list[str | None] = []
    for row in rows:
        key = tuple(row[column.name] for column in table.primary_key)
        before = seals.get(key)
        if before is None:
            found.append(None)
            continue
        seals[key] = now = tally.key.seal(table, row)
        tally.remove([before])
        tally.add([now])
        found.append(now)
    return found


def sealing(connection: sa.Connection) -> bool:
    """Tell whether this transaction seals what it writes."""
    return _tally_of(connection) is not None


def inspect(connection: sa.Connection, keys: SealKeys, where: str) -> Sealing:
    """Compare every row with its seal, and their set with the total.

    Raises:
        StoreError: the total is damaged.
    """
    return _inspect(connection, keys.current, _meta(connection, locked=False), where)


def seal_rest(connection: sa.Connection) -> int:
    """Seal every row that has no seal; return their number."""
    tally = _tally_of(connection)
    assert tally is not None
    n = 0
    for table in _sealed_tables():
        added = _write_seals(connection, tally.key, table, table.c.seal.is_(None))
        tally.add(added)
        n += len(added)
    return n


def delete_edited(connection: sa.Connection) -> int:
    """Delete the rows that do not fit their seals; return their number."""
    tally = _tally_of(connection)
    if tally is None:
        return 0
    n = 0
    for table in _sealed_tables():
        wrong = [row for row in _stream(connection, table, table.c.seal.is_not(None))
                 if row["seal"] != tally.key.seal(table, row)]  # fmt: skip
        for row in wrong:
            own = [column == row[column.name] for column in table.primary_key]
            n += connection.execute(sa.delete(table).where(*own)).rowcount
    return n


def rebuild(connection: sa.Connection) -> None:
    """Make the total anew of the rows that are there, which the caller has checked against their seals."""
    tally = _tally_of(connection)
    if tally is None:
        return
    tally.restart(_meta(connection, locked=False)["secret"])
    for table in _sealed_tables():
        query = sa.select(table.c.seal).where(table.c.seal.is_not(None))
        tally.add(connection.execute(query, execution_options={"yield_per": _AT_ONCE}).scalars())
    tally.write(connection)


def _inspect(connection: sa.Connection, key: SealKey, meta: Mapping[str, str], where: str) -> Sealing:
    if _TOTAL in meta and _key_id(meta) != key.id:
        return Sealing(other_key=True)
    n_unsealed, edited, seals = 0, [], []
    for table in _sealed_tables():
        for row in _stream(connection, table):
            if row["seal"] is None:
                n_unsealed += 1
                continue
            seals.append(str(row["seal"]))
            if row["seal"] != key.seal(table, row):
                edited.append(_row_name(table, row))
    complete = _tally(key, meta, where).fits(seals) if _TOTAL in meta else not seals
    return Sealing(len(seals), n_unsealed, tuple(edited), complete)


def _tally_of(connection: sa.Connection) -> SealTotal | None:
    found = connection.info.get(_TALLY)
    return found if isinstance(found, SealTotal) else None


def _tally(key: SealKey, meta: Mapping[str, str], where: str) -> SealTotal:
    """The total of a store that is sealed with this key."""
    if _key_id(meta) != key.id:
        raise StoreError(f"{where}: {Sealing(other_key=True).fault}")
    try:
        told = json.loads(meta[_TOTAL])
        n, nonce, value = int(told["n"]), str(told["nonce"]), int(told["sum"], 16)
    except (ValueError, TypeError, KeyError):
        raise StoreError(f"{where}: its seal is damaged. Take back a copy, or begin a new store") from None
    return SealTotal(key, n=n, value=value ^ key.mask(nonce, n, meta["secret"]), secret=meta["secret"])


def _key_id(meta: Mapping[str, str]) -> str | None:
    try:
        return str(json.loads(meta[_TOTAL])["key"])
    except (ValueError, TypeError, KeyError):
        return None


def _meta(connection: sa.Connection, *, locked: bool) -> dict[str, str]:
    """The total and the secret; while the total is `locked`, other writers wait on databases that have several."""
    names = meta_table.c.name.in_([_TOTAL, "secret"])
    query = sa.select(meta_table.c.name, meta_table.c.value).where(names).order_by(meta_table.c.name)
    rows = connection.execute(query.with_for_update() if locked else query)
    return {str(name): str(value) for name, value in rows}


def _sealed_tables() -> list[sa.Table]:
    return [table for table in metadata.sorted_tables if "seal" in table.c]


def _write_seals(connection: sa.Connection, key: SealKey, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[str]:
    found = [(row, key.seal(table, row)) for row in _stream(connection, table, *where)]
    _put_seals(connection, table, found)
    return [seal for _, seal in found]


def _put_seals(connection: sa.Connection, table: sa.Table, found: Sequence[tuple[Mapping[Any, Any], str]]) -> None:
    own = [column == sa.bindparam(f"its_{column.name}") for column in table.primary_key]
    statement = sa.update(table).where(*own).values(seal=sa.bindparam("new_seal"))
    for chunk in chunks(found):
        rows = [{**{f"its_{one.name}": row[one.name] for one in table.primary_key}, "new_seal": seal}
                for row, seal in chunk]  # fmt: skip
        connection.execute(statement, rows)


def _row_name(table: sa.Table, row: Mapping[Any, Any]) -> str:
    return f"{table.name} {' / '.join(str(row[column.name])[:40] for column in table.primary_key)}"


def _stream(connection: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    names = [column.name for column in table.columns]
    query = sa.select(table).where(*where)
    for row in connection.execute(query, execution_options={"yield_per": _AT_ONCE}):
        # a dictionary is several times faster than the row by itself
        yield dict(zip(names, row, strict=True))
