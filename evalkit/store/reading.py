"""Opens the file of a store that can only be read; nothing is written into it, and nothing appears beside it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa

from evalkit.errors import StoreError
from evalkit.files import followed

OTHER_COPY = "Copy it to a folder that can be written, and name the copy with --store"
# the byte of a database's header that says how it is read, and its value for a write-ahead log
_FORMAT_BYTE, _AHEAD = 19, 2
# what SQLite says where it would have to write before it can read
_WRITING_FIRST = ("SQLITE_CANTOPEN", "SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY", "SQLITE_READONLY_CANTINIT")


def why_only_readable(path: Path) -> str | None:
    """The reason why a store's file cannot be written; None where it can.

    Raises:
        OSError: the file is gone.
    """
    place = followed(path)
    for one, said in ((place, "it is read-only"), (place.parent, "its folder is read-only")):
        # asked of the mode too, because the machine lets root write anything
        if not os.access(one, os.W_OK) or (os.name == "posix" and not one.stat().st_mode & 0o222):
            return said
    return None


def on_read_only_disk(path: Path) -> bool:
    """True if nobody can change the file before its disk is mounted anew."""
    return os.name == "posix" and bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def connect_for_reading(path: Path) -> sa.Engine:
    """Make an engine that can read the file and do nothing else."""
    place = followed(path)
    settings = {"mode": "ro"}
    if _settled(place):
        # SQLite would make files beside a database with a write-ahead log, if only to read it
        settings["immutable"] = "1"
    address = f"{place.absolute().as_uri()}?{urlencode(settings)}"
    return sa.create_engine("sqlite://", poolclass=sa.pool.QueuePool, creator=lambda: _connect(address))


@contextmanager
def naming_unread(where: str) -> Iterator[None]:
    """Name the cure where a killed run left changes that only a writer can bring into the file."""
    try:
        yield
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlite_errorname", None) not in _WRITING_FIRST:
            raise
        raise StoreError(
            f"{where}: is read-only, and the changes in the files -wal or -journal beside it have to be written into "
            "it before it can be read. Copy all of them to a folder that can be written, and name the copy with --store"
        ) from error


def _connect(address: str) -> sqlite3.Connection:
    # the pool hands a connection to one thread at a time
    return sqlite3.connect(address, uri=True, check_same_thread=False)


def _settled(path: Path) -> bool:
    """True for a database that is kept with a write-ahead log, all of which is in the file."""
    with path.open("rb") as file:
        ahead = file.read(_FORMAT_BYTE + 1)[-1:] == bytes([_AHEAD])
    beside = [path.with_name(f"{path.name}-{kind}") for kind in ("wal", "journal")]
    return ahead and not any(one.exists() and one.stat().st_size for one in beside)
