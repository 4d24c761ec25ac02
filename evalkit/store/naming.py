"""Turns database errors into one line that names the store, its fault, and the cure."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from evalkit.errors import StoreError, StoreFull

OTHER_FILE = "Name another file with --store; if it was a store, take back a copy, or import an export into a new one"
REPAIR = "Run evalkit store check --repair on it, and then the same command again"
# words of SQLite's errors that no sound file causes
_DAMAGE = ("malformed", "Could not decode", "no such table", "no such column", "UNIQUE constraint",
           "NOT NULL constraint", "corrupt")  # fmt: skip


@contextmanager
def naming(where: str, path: Path | None = None) -> Iterator[None]:
    """Turn database errors into one line that names the store, and the free room where it is short."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _explained(error, where, path) from error
    except sa.exc.SQLAlchemyError as error:
        raise StoreError(f"{where}: {' '.join(str(error).split())[:300]}") from error
    except UnicodeDecodeError as error:
        # SQLite quotes a damaged name in its error
        raise StoreError(f"{where}: the file is damaged: it holds a name that is not text. {OTHER_FILE}") from error
    except UnicodeEncodeError as error:
        raise StoreError(f"{where}: cannot keep a text with half a surrogate pair: {error.reason}") from error
    except OSError as error:
        raise StoreFull(f"{where}: cannot be written: {error.strerror}{_room(path)}") from error


def _explained(error: sa.exc.DBAPIError, where: str, path: Path | None) -> StoreError:
    said = " ".join(str(error.orig).split())
    # its text says that the database is read-only
    if getattr(error.orig, "sqlite_errorname", None) == "SQLITE_READONLY_DBMOVED":
        again = "Put it back, and run the same command again"
        return StoreError(f"{where}: the file was moved or deleted while it was in use. {again}")
    if "full" in said or "disk I/O error" in said:
        return StoreFull(f"{where}: {said}{_room(path)}")
    if "not a database" in said:
        return StoreError(f"{where}: {said}. {OTHER_FILE}")
    if "locked" in said:
        return StoreError(f"{where}: {said} by another process. Try again when that is done")
    if any(sign in said for sign in _DAMAGE):
        return StoreError(f"{where}: {said}: the file is damaged. {REPAIR}")
    return StoreError(f"{where}: {said}")


def _room(path: Path | None) -> str:
    try:
        free = shutil.disk_usage(path.parent if path else ".").free
    except OSError:
        return ""
    return f". {free:,} bytes are free there. Make room and run the same command again; what was committed is kept"


def complaints(connection: sa.Connection, table: str | None = None) -> list[str]:
    """The faults that SQLite finds in its file, or in one table and its indexes; empty for other databases."""
    if connection.dialect.name != "sqlite":
        return []
    found = connection.exec_driver_sql(f"PRAGMA integrity_check({table})" if table else "PRAGMA integrity_check")
    lines = [" ".join(str(line).split()) for (line,) in found]
    return [] if lines == ["ok"] else lines
