"""Nothing that evalkit did not lay out may run in a store, and every column of a reply is covered by its checksum."""

import sqlite3
from pathlib import Path

import pytest

from evalkit.errors import StoreError
from evalkit.store import Store, open_store
from evalkit.store.upkeep import check
from tests.store.filling import board_digest, fill, url
from tests.store.test_database import execute
from tests.store.test_opening import make_version_5

FOREIGN = {
    "CREATE TRIGGER sly AFTER INSERT ON replies BEGIN DELETE FROM replies; END": "trigger 'sly'",
    "CREATE TRIGGER sly BEFORE DELETE ON asked BEGIN SELECT RAISE(IGNORE); END": "trigger 'sly'",
    "CREATE VIEW sly AS SELECT * FROM replies": "view 'sly'",
    "CREATE TABLE sly (x)": "table 'sly'",
    "CREATE UNIQUE INDEX sly ON replies (request)": "index 'sly'",
    "CREATE INDEX sly ON asked (upper(judge))": "index 'sly'",
    "CREATE VIRTUAL TABLE sly USING fts5 (x)": "table 'sly'",
    "DROP INDEX ix_asked_reply_key; CREATE UNIQUE INDEX ix_asked_reply_key ON asked (reply_key)": "ix_asked_reply_key",
}
CHANGED = {
    "ALTER TABLE replies ADD COLUMN extra TEXT": "replies",
    "ALTER TABLE asked ADD COLUMN sly TEXT AS (upper(judge))": "asked",
    "ALTER TABLE failures RENAME COLUMN reason TO why": "failures",
    "ALTER TABLE plans DROP COLUMN document": "plans",
    "ALTER TABLE leases ADD COLUMN sly TEXT CHECK (sly <> 'x')": "leases",
    "DROP TABLE leases; CREATE TABLE leases (key TEXT PRIMARY KEY ON CONFLICT REPLACE, owner TEXT)": "leases",
    "DROP TABLE leases; CREATE VIEW leases AS SELECT key, key AS owner FROM replies": "leases",
    "DROP TABLE leases; CREATE TABLE leases (key TEXT NOT NULL, owner TEXT NOT NULL)": "leases",
}


@pytest.mark.parametrize(("statement", "named"), {**FOREIGN, **CHANGED}.items())
def test_a_store_with_anything_of_others_in_it_is_refused_and_stays_as_it_is(
    store: Store, tmp_path: Path, statement: str, named: str
) -> None:
    fill(store, 4)
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.executescript(statement)
    before = (tmp_path / "store.db").read_bytes()
    with pytest.raises(StoreError) as raised:
        open_store(url(tmp_path / "store.db"))
    said = str(raised.value)
    assert named in said and "take back a copy" in said.lower() and "\n" not in said
    assert (tmp_path / "store.db").read_bytes() == before


def test_a_trigger_in_an_old_store_does_not_run_while_it_would_be_migrated(store: Store, tmp_path: Path) -> None:
    fill(store, 4)
    path = tmp_path / "old.db"
    make_version_5(store, path)
    execute(path, "CREATE TRIGGER sly AFTER UPDATE ON replies BEGIN DELETE FROM replies; END")
    with pytest.raises(StoreError, match="trigger 'sly'.*DROP TRIGGER"):
        open_store(url(path))
    execute(path, "DROP TRIGGER sly")
    with open_store(url(path)) as migrated:
        assert board_digest(migrated) == board_digest(store)


@pytest.mark.parametrize("column", ["body", "request", "reply", "exchange", "checksum"])
def test_a_change_of_any_text_of_a_reply_is_found(store: Store, tmp_path: Path, column: str) -> None:
    fill(store, 4)
    assert check(store).sound
    execute(tmp_path / "store.db", f'UPDATE replies SET "{column}" = \'"changed"\' WHERE rowid = 1')
    assert [damage.table for damage in check(store).damaged] == ["replies"]


def test_a_changed_body_is_found_in_a_migrated_store_and_is_not_shown(store: Store, tmp_path: Path) -> None:
    posed = fill(store, 4)
    path = tmp_path / "old.db"
    make_version_5(store, path)
    with open_store(url(path)) as migrated:
        assert check(migrated).sound
        execute(path, "UPDATE replies SET body = '\"other\"'")
        assert check(migrated).damaged
        with pytest.raises(StoreError, match="body of reply .* is damaged"):
            migrated.body(posed[0].request.key)


def test_a_reply_that_was_damaged_before_stays_damaged_when_its_store_is_migrated(store: Store, tmp_path: Path) -> None:
    fill(store, 4)
    path = tmp_path / "old.db"
    make_version_5(store, path)
    execute(path, "UPDATE replies SET reply = replace(reply, '[[', '[<') WHERE rowid = 1")
    execute(path, "UPDATE replies SET body = '{' WHERE rowid = 2")
    with open_store(url(path)) as migrated:
        assert len(check(migrated).damaged) == 2


def test_a_store_that_was_moved_away_is_not_called_read_only(store: Store, tmp_path: Path) -> None:
    fill(store, 2)
    (tmp_path / "store.db").rename(tmp_path / "moved.db")
    with pytest.raises(StoreError) as raised:
        fill(store, 4)
    assert "moved or deleted" in str(raised.value) and "readonly" not in str(raised.value)
