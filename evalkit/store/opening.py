"""Opens a store at a database address: a missing one is made, and one that cannot be trusted is refused."""

import contextlib
import os
import re
import secrets
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

from evalkit.errors import InputError, StoreError
from evalkit.files import creating, followed, sweep
from evalkit.redaction import Redactor, holds_key
from evalkit.store import tables
from evalkit.store.database import BARE, WRITES, Store
from evalkit.store.layout import refuse_changed, refuse_foreign
from evalkit.store.leases import require_idle
from evalkit.store.naming import OTHER_FILE, naming
from evalkit.store.reading import OTHER_COPY, connect_for_reading, naming_unread, on_read_only_disk, why_only_readable
from evalkit.store.seal import begin_seal, fitting_keys, seal_keys
from evalkit.store.tables import meta_table, metadata, migrate, secret_checksum

# from here on several connections may use a write-ahead log without risk of corruption
SAFE_WAL_VERSION = (3, 51, 3)
BUSY_SECONDS = 60
# signs that stand in a host or a database only where an address is typed wrongly
_DIVIDING = re.compile(r"[@?=&;]")
# a name of a host, a database or a file without anything that divides an address
_PLAIN = re.compile(r"[\w.-]{1,100}")
_SHOWN = 200
# any number that nothing else uses: processes that open a new store at once lay it out one after the other
_OPENING_LOCK = 0x6576616C6B6974
# as text or as the library's own value: a file's name may hold what ends a name in a text
Address = str | sa.URL
NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs"}
MOUNTS = Path("/proc/mounts")


def open_store(url: Address) -> Store:
    """Open the store at a database URL, making an SQLite file and its folder if there is none.

    A file that is read-only, or that lies in a read-only folder or on a read-only disk, is opened for reading.

    Raises:
        StoreError: not a store, of a newer version, in use by another version, damaged, or not safe to write.
    """
    address = _address(url)
    where = shown_url(address)
    path = None
    if address.get_backend_name() == "sqlite":
        path = _path(address, where)
        where = str(path)
        _check_place(path)
        # unlike the methods of Path it takes any name
        if not os.path.exists(path):
            _make_file(path)
        _check_file(path)
        with _naming_file(path):
            unwritable = why_only_readable(path)
        if unwritable is not None:
            return _open_for_reading(path, where, unwritable)
    keys = seal_keys()
    engine = _connect_engine(address)
    try:
        with naming(where, path):
            if path is not None:
                sa.event.listen(engine, "connect", _configure_sqlite)
                sa.event.listen(engine, "begin", _begin_sqlite)
            with engine.execution_options(**{WRITES: True}).begin() as connection:
                secret = _prepare(connection, where)
                begin_seal(connection, keys, where)
                return Store(engine, secret, where, path, keys)
    except StoreError as error:
        engine.dispose()
        # a driver may quote what it was given
        given = [str(address.password or ""), *(str(value) for value in address.query.values())]
        error.args = (Redactor(given).known(str(error)),)
        raise
    except BaseException:
        engine.dispose()
        raise


def _open_for_reading(path: Path, where: str, unwritable: str) -> Store:
    with _naming_file(path):
        engine = connect_for_reading(path)
    sa.event.listen(engine, "connect", _configure_reading)
    sa.event.listen(engine, "begin", _begin_sqlite)
    try:
        with naming(where, path), naming_unread(where), engine.connect() as connection:
            secret = _read_layout(connection, where, unwritable)
            return Store(engine, secret, where, path, fitting_keys(connection, seal_keys()), unwritable=unwritable)
    except BaseException:
        engine.dispose()
        raise


def store_exists(url: Address) -> bool:
    """True if a store exists already; a store that is not a file of this machine is assumed to exist."""
    address = _address(url)
    return address.get_backend_name() != "sqlite" or os.path.isfile(address.database or "")


def open_existing(url: Address) -> Store:
    """Open the store that earlier commands made.

    Raises:
        InputError: there is no store.
        StoreError: as in `open_store`.
    """
    if not store_exists(url):
        raise InputError(f"{shown_url(url)}: no store yet. Run evalkit annotate first, or name sources")
    return open_store(url)


def store_url(store: str | None, results: Path) -> sa.URL:
    """The given address, else that of the store in the folder of results, whatever its name.

    Raises:
        StoreError: the given text is not an address.
    """
    if store:
        return _address(store)
    file = str(results / "evalkit.db")
    # a name that begins so would be an address of its own
    return sa.URL.create("sqlite", database=f"./{file}" if file.startswith("file:") else file)


def shown_url(url: Address) -> str:
    """An address as it is safe to show: a file's name as it is, and of a server its host and database, without user,
    password and settings.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return f"sqlite:///{address.database or ''}"
    # part of a password that is typed wrongly may stand for any other part
    host = address.host if _PLAIN.fullmatch(address.host or "") else None
    database = address.database if _PLAIN.fullmatch(address.database or "") else None
    return sa.URL.create(address.drivername, host=host, port=address.port, database=database).render_as_string()


def _prepare(connection: sa.Connection, where: str) -> bytes:
    """Lay out a new store or migrate an old one, and return the secret."""
    if connection.dialect.name == "postgresql":
        # SQLite's writers wait for each other by themselves
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": _OPENING_LOCK})
    names = _table_names(connection)
    if not names and not _holds_pages(connection):
        return _lay_out(connection)
    meta, version = _foundation(connection, names, where)
    if version < tables.SCHEMA_VERSION:
        # a running evalkit of the earlier version knows nothing of the new layout
        if "owners" in names:
            require_idle(connection, f"{where} (a store of version {version})")
        migrate(connection, version)
        return _prepare(connection, where)
    return _whole(connection, names, meta, where)


def _read_layout(connection: sa.Connection, where: str, unwritable: str) -> bytes:
    """Return the secret of a store that cannot be written, and so not be migrated."""
    names = _table_names(connection)
    meta, version = _foundation(connection, names, where)
    if version < tables.SCHEMA_VERSION:
        raise StoreError(
            f"{where}: a store of version {version}, which has to be brought to version {tables.SCHEMA_VERSION} once, "
            f"and {unwritable}. {OTHER_COPY}"
        )
    return _whole(connection, names, meta, where)


def _table_names(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names())


def _foundation(connection: sa.Connection, names: set[str], where: str) -> tuple[dict[str, object], int]:
    """Return what the store says of itself, and its version.

    Raises:
        StoreError: not a store, with something of others in it, or of a version that is not known.
    """
    if "meta" not in names:
        raise StoreError(f"{where}: a database, but not evalkit's. {OTHER_FILE}")
    refuse_foreign(connection, where)
    meta = {str(name): value for name, value in connection.execute(sa.select(meta_table))}
    version = str(meta.get("schema", ""))
    if not (version.isascii() and version.isdecimal() and 1 <= int(version) <= tables.SCHEMA_VERSION):
        raise StoreError(
            f"{where}: a store of version {version or 'unknown'}; this evalkit reads versions 1 to "
            f"{tables.SCHEMA_VERSION}. Use the evalkit that wrote it, or name another file with --store"
        )
    return meta, int(version)


def _whole(connection: sa.Connection, names: set[str], meta: dict[str, object], where: str) -> bytes:
    """Return the secret of a store of the present version that has all of its tables as they were made."""
    if lost := metadata.tables.keys() - names:
        raise StoreError(f"{where}: the file is damaged: it has lost its table {min(lost)}. {OTHER_FILE}")
    refuse_changed(connection, where)
    return _secret(meta, where)


def _secret(meta: dict[str, object], where: str) -> bytes:
    secret = str(meta.get("secret", ""))
    if meta.get("checksum") != secret_checksum(secret):
        raise StoreError(
            f"{where}: the store's secret is damaged, and with another one every question would be asked anew. "
            "Take back a copy, or import an export into a new store"
        )
    return bytes.fromhex(secret)


def _lay_out(connection: sa.Connection) -> bytes:
    metadata.create_all(connection)
    secret = secrets.token_hex(32)
    meta = {"schema": str(tables.SCHEMA_VERSION), "secret": secret, "checksum": secret_checksum(secret)}
    connection.execute(sa.insert(meta_table), [{"name": name, "value": value} for name, value in meta.items()])
    return bytes.fromhex(secret)


def _holds_pages(connection: sa.Connection) -> bool:
    """True if a file without tables holds pages all the same, which only a damaged file does."""
    if connection.dialect.name != "sqlite":
        return False
    return bool(connection.exec_driver_sql("PRAGMA page_count").scalar_one() > 1)


def _connect_engine(address: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(address)
    except sa.exc.ArgumentError as error:
        said = " ".join(str(error).split())[:_SHOWN]
        raise StoreError(f"{shown_url(address)}: cannot be opened: {said}") from None
    except ImportError as error:
        raise StoreError(
            f"the driver {error.name} is not installed. For PostgreSQL: pip install 'evalkit-lc[postgres]'"
        ) from None


def _address(url: Address) -> sa.URL:
    try:
        address = sa.make_url(url)
        address.get_dialect()
    except (sa.exc.ArgumentError, ValueError):
        # a password that is typed wrongly may stand anywhere in it
        shown = url if _PLAIN.fullmatch(str(url)) and not holds_key(str(url)) else "--store"
        raise StoreError(
            f"{shown}: not a database address. Expected one such as sqlite:///results/evalkit.db, or "
            "postgresql://host:5432/name with a number as port"
        ) from None
    kind = address.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise StoreError(f"{kind}: no database that a store can be in. Expected sqlite or postgresql")
    plain = not (address.query or address.host or address.username) and address.get_driver_name() == "pysqlite"
    if kind == "sqlite" and not plain:
        raise StoreError(
            "--store: an address of sqlite that names more than a file. Expected one such as "
            "sqlite:///results/evalkit.db; --results takes every name of a folder as it is"
        )
    if kind != "sqlite" and _DIVIDING.search(f"{address.host or ''} {address.database or ''}"):
        raise StoreError(
            "--store: the address cannot be read as it is meant, and is not shown because it may hold a password. "
            "Write %40, %2F, %3A and %3F for the signs @ / : ? in a password"
        )
    return address


def _path(address: sa.URL, where: str) -> Path:
    name = address.database or ""
    if name in ("", ":memory:") or name.startswith("file:"):
        raise StoreError(f"{where}: names no file. Expected an address such as sqlite:///results/evalkit.db")
    return Path(name)


def _check_place(path: Path) -> None:
    kind = _file_system(path)
    if kind in NETWORK_FILE_SYSTEMS:
        raise StoreError(
            f"{path}: lies on a network file system ({kind}), whose locks cannot be trusted. "
            "Name a file on a disk of this machine, or a PostgreSQL address, with --store"
        )


def _make_file(path: Path) -> None:
    """Make a new store appear whole: a kill leaves none, and of several processes that begin at once one makes it."""
    with _naming_file(path), creating(path) as part, naming(str(path), path):
        engine = sa.create_engine(sa.URL.create("sqlite", database=str(part)))
        sa.event.listen(engine, "connect", _configure_unnamed)
        try:
            with engine.begin() as connection:
                _lay_out(connection)
        finally:
            engine.dispose()


def _check_file(path: Path) -> None:
    # a second name of the file, left by a kill, would have two journals
    sweep(path)
    with _naming_file(path):
        status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise StoreError(f"{path}: is a folder. Name a file")
    if not stat.S_ISREG(status.st_mode):
        raise StoreError(f"{path}: is not a plain file. Name another one with --store")
    if status.st_size == 0:
        raise StoreError(f"{path}: is empty, and a store never is. Take back a copy, or delete it to begin a new one")
    for beside in _journals(path):
        if beside.is_symlink() or (beside.exists() and not beside.is_file()):
            raise StoreError(f"{beside}: is not a plain file, and SQLite would write into it. Remove it")
    if not os.access(path, os.R_OK):
        raise StoreError(f"{path}: may not be read. Run chmod u+r on it first")
    if os.name == "posix" and status.st_mode & 0o022 and not on_read_only_disk(path):
        raise StoreError(f"{path}: others may change it, and every number with it. Run chmod go-w on it first")
    if os.name == "posix" and status.st_uid not in (os.geteuid(), 0) and os.geteuid() != 0:
        raise StoreError(f"{path}: belongs to another user. Take a copy of your own")


def _journals(path: Path) -> list[Path]:
    """The files that SQLite writes beside a database, whether they are there or not."""
    place = followed(path)
    return [place.with_name(f"{place.name}-{kind}") for kind in ("journal", "wal", "shm")]


@contextlib.contextmanager
def _naming_file(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from None


def _file_system(path: Path) -> str | None:
    """The kind of file system that a file is on, where the machine gives it."""
    found: tuple[int, str | None] = (-1, None)
    with contextlib.suppress(OSError, ValueError):
        place = str(path.resolve())
        for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
            _, mount, kind, *_ = line.split(" ")
            mount = mount.replace("\\040", " ")
            if (place == mount or place.startswith(mount.rstrip("/") + "/")) and len(mount) >= found[0]:
                found = (len(mount), kind)
    return found[1]


def _configure_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    journal = "WAL" if sqlite3.sqlite_version_info >= SAFE_WAL_VERSION else "TRUNCATE"
    # transactions are begun by _begin_sqlite: the driver would begin them too late
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_SECONDS * 1000}", f"journal_mode={journal}", "synchronous=FULL", "mmap_size=0"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _configure_reading(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    for pragma in (f"busy_timeout={BUSY_SECONDS * 1000}", "query_only=ON", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}")


def _configure_unnamed(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """Have a file that has no name yet forced to disk only once, when it gets one."""
    for pragma in ("journal_mode=MEMORY", "synchronous=OFF"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    """Lock at once for a transaction that will write: two that read first could block each other."""
    options = connection.get_execution_options()
    if not options.get(BARE):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITES) else "BEGIN")
