"""Stores that may only be read: they are opened as they are, and nothing is written into them or beside them."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from evalkit.errors import StoreError
from evalkit.store import Store, open_existing, open_store, seal
from evalkit.store.upkeep import check, require_sealed
from tests.store.filling import board_digest, fill, put_release, url
from tests.store.test_opening import make_version_4


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder whose write permission the test may take away."""
    folder = tmp_path / "a % place?#é"
    folder.mkdir()
    yield folder
    folder.chmod(0o700)


def to_log(path: Path) -> None:
    """Have the file kept with a write-ahead log, as a newer SQLite does."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def lock_file(path: Path) -> None:
    path.chmod(0o400)


def lock_folder(path: Path) -> None:
    path.parent.chmod(0o500)


def lock_both(path: Path) -> None:
    lock_file(path)
    lock_folder(path)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("lock", [lock_file, lock_folder, lock_both])
def test_what_cannot_be_written_is_read_and_stays_to_the_byte(
    store: Store, tmp_path: Path, place: Path, lock: Callable[[Path], None], *, log: bool
) -> None:
    fill(store, 6)
    path = place / "store.db"
    shutil.copy(tmp_path / "store.db", path)
    if log:
        to_log(path)
    before = path.read_bytes()
    lock(path)
    with _opened(path) as opened:
        assert opened.secret == store.secret
        assert board_digest(opened) == board_digest(store)
        assert check(opened).sound
        with pytest.raises(StoreError, match=r"store\.db: cannot be written: it(s folder)? is read-only\. Make it"):
            put_release(opened, "v1")
        with pytest.raises(StoreError, match="cannot be written"):
            fill(opened, 7)
    assert path.read_bytes() == before
    assert [one.name for one in place.iterdir()] == ["store.db"]


def _opened(path: Path) -> Store:
    return open_existing(sa.URL.create("sqlite", database=str(path)))


def test_a_link_leads_to_the_place_that_counts(store: Store, tmp_path: Path, place: Path) -> None:
    fill(store, 3)
    shutil.copy(tmp_path / "store.db", place / "store.db")
    link = tmp_path / "link.db"
    link.symlink_to(place / "store.db")
    lock_folder(place / "store.db")
    with open_store(url(link)) as opened:
        assert board_digest(opened) == board_digest(store)
        with pytest.raises(StoreError, match="its folder is read-only"):
            opened.require_writable()


def test_a_log_that_is_not_in_the_file_yet_is_read_where_it_can_be(store: Store, tmp_path: Path, place: Path) -> None:
    fill(store, 6)
    path, kept = place / "store.db", place.parent / "kept"
    kept.mkdir()
    shutil.copy(tmp_path / "store.db", path)
    to_log(path)
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM asked WHERE key = 'k003'")
        connection.commit()
        for name in ("store.db", "store.db-wal", "store.db-shm"):
            shutil.copy(place / name, kept / name)
    connection.close()
    for name in ("store.db", "store.db-wal"):
        shutil.copy(kept / name, place / name)
    lock_both(kept / "store.db")
    with open_store(url(kept / "store.db")) as opened:
        assert "k003" not in opened.keys_of("bench") and len(opened.keys_of("bench")) == 5
    kept.chmod(0o700)
    # without the index of the log, and where none can be made
    lock_both(path)
    if os.geteuid() != 0:
        with pytest.raises(StoreError, match=r"-wal or -journal beside it .* Copy all of them"):
            _opened(path)


def test_a_change_that_was_left_half_done_is_named_with_the_cure(store: Store, tmp_path: Path, place: Path) -> None:
    fill(store, 40)
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("PRAGMA cache_size=1")
        connection.execute("UPDATE asked SET candidate_chars = 77")
        # as a killed process leaves it
        for name in ("store.db", "store.db-journal"):
            shutil.copy(tmp_path / name, place / name)
        connection.rollback()
    connection.close()
    lock_both(place / "store.db")
    with pytest.raises(StoreError, match=r"-wal or -journal beside it .* Copy all of them to a folder") as raised:
        _opened(place / "store.db")
    assert "\n" not in str(raised.value)


def test_an_old_store_is_not_migrated_where_it_cannot_be(store: Store, tmp_path: Path, place: Path) -> None:
    fill(store, 2)
    path = place / "store.db"
    make_version_4(store, path)
    lock_file(path)
    with pytest.raises(StoreError, match=r"a store of version 4, .* and it is read-only\. Copy it to a folder"):
        _opened(path)
    path.chmod(0o600)
    _opened(path).close()


def test_what_is_no_store_and_what_others_may_change_is_refused_as_ever(
    store: Store, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = place / "store.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE other (x)")
    connection.close()
    lock_file(path)
    with pytest.raises(StoreError, match="not evalkit's"):
        _opened(path)
    path.chmod(0o600)
    shutil.copy(tmp_path / "store.db", path)
    path.chmod(0o464)
    with pytest.raises(StoreError, match=r"chmod go-w"):
        _opened(path)
    # nobody changes a file on a disk that is mounted for reading, and no mode of it can be changed there
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result((*[0] * 8, os.ST_RDONLY, 255)))
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.R_OK)
    with _opened(path) as opened, pytest.raises(StoreError, match="it is read-only"):
        opened.require_writable()


def test_a_seal_is_checked_and_never_begun(
    store: Store, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 3)
    plain = place / "plain.db"
    shutil.copy(tmp_path / "store.db", plain)
    monkeypatch.setenv(seal.KEY_VARIABLE, "k" * 32)
    with open_store(url(tmp_path / "sealed.db")) as opened:
        fill(opened, 3)
    shutil.copy(tmp_path / "sealed.db", place / "sealed.db")
    for path in (plain, place / "sealed.db"):
        lock_file(path)
    with _opened(place / "sealed.db") as opened:
        require_sealed(opened)
    with _opened(plain) as opened, pytest.raises(StoreError, match="rows have no seal"):
        require_sealed(opened)
    # a store that cannot be sealed anew is read with the key that it was sealed with
    monkeypatch.setenv(seal.EARLIER_KEY_VARIABLE, "k" * 32)
    monkeypatch.setenv(seal.KEY_VARIABLE, "n" * 32)
    with _opened(place / "sealed.db") as opened:
        require_sealed(opened)
