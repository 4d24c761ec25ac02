"""Tracks which runs are alive and which questions they may ask, so that processes can share a store's work."""

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from evalkit.errors import StoreError
from evalkit.processes import running
from evalkit.store.tables import chunks, insert_into, lease_table, owner_table

# an owner that was silent for this long is taken for dead, and its leases are free
SILENT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Owner:
    """A run by its name, and the number of requests that it may have under way."""

    name: str
    concurrency: int


def heartbeat(connection: sa.Connection, owner: Owner) -> None:
    """Show that a run is alive."""
    row = {"owner": owner.name, "host": socket.gethostname(), "pid": os.getpid()}
    insert = insert_into(connection, owner_table).values({**row, "concurrency": owner.concurrency, "beat": time.time()})
    connection.execute(insert.on_conflict_do_update(index_elements=["owner"], set_={"beat": insert.excluded.beat}))


def release(connection: sa.Connection, name: str) -> None:
    """Free everything that a run holds."""
    connection.execute(sa.delete(lease_table).where(lease_table.c.owner == name))
    connection.execute(sa.delete(owner_table).where(owner_table.c.owner == name))


def expire(connection: sa.Connection) -> int:
    """Forget the dead runs; return the number of requests that they may have had under way."""
    live, abandoned = live_owners(connection), 0
    for name, most in connection.execute(sa.select(owner_table.c.owner, owner_table.c.concurrency)).all():
        if name not in live:
            held = sa.select(sa.func.count()).select_from(lease_table).where(lease_table.c.owner == name)
            abandoned += min(connection.execute(held).scalar_one(), most if isinstance(most, int) else 0)
            release(connection, name)
    return abandoned


def lock(connection: sa.Connection) -> None:
    """Let one transaction at a time look for replies and claim keys without one; SQLite has but one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE leases IN EXCLUSIVE MODE"))


def claim(connection: sa.Connection, owner: Owner, keys: Sequence[str]) -> tuple[set[str], int]:
    """Lease keys that no other living run holds; return those that one holds, and how many were held by dead runs.

    Args:
        keys: keys without a reply, as seen since `lock` was called in the same transaction.
    """
    others: dict[str, str] = {}
    for chunk in chunks(keys):
        found = sa.select(lease_table.c.key, lease_table.c.owner).where(lease_table.c.key.in_(chunk))
        others.update((key, holder) for key, holder in connection.execute(found) if holder != owner.name)
    live = live_owners(connection) if others else set()
    held = {key for key, holder in others.items() if holder in live}
    if free := [{"key": key, "owner": owner.name} for key in keys if key not in held]:
        insert = insert_into(connection, lease_table)
        mine = {"owner": insert.excluded.owner}
        connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=mine), free)
    return held, len(others) - len(held)


def settle(connection: sa.Connection, keys: Sequence[str]) -> None:
    """Give back the leases of answered keys."""
    for chunk in chunks(keys):
        connection.execute(sa.delete(lease_table).where(lease_table.c.key.in_(chunk)))


def live_owners(connection: sa.Connection) -> set[str]:
    """The runs that hold valid leases: they gave a sign lately and, on this machine, their process lives."""
    here, now = socket.gethostname(), time.time()
    columns = owner_table.c
    rows = connection.execute(sa.select(columns.owner, columns.host, columns.pid, columns.beat))
    live = set()
    for owner, host, pid, beat in rows:
        # a beat from the future is as stale as an old one: a clock was set
        heard = isinstance(beat, float | int) and abs(now - beat) <= SILENT_SECONDS
        if heard and (host != here or _runs(pid)):
            live.add(owner)
    return live


def require_idle(connection: sa.Connection, where: str) -> None:
    """Refuse while a run is using the store.

    Raises:
        StoreError: a run is using it; the message names its process.
    """
    if owners := live_owners(connection):
        columns = owner_table.c
        query = sa.select(columns.pid, columns.host).where(columns.owner == min(owners))
        pid, host = connection.execute(query).one()
        raise StoreError(f"{where}: in use by process {pid} on {host}. Wait until that run has ended, or end it")


def _runs(pid: object) -> bool:
    try:
        return isinstance(pid, int) and running(pid)
    except OverflowError:
        # a damaged row
        return False
