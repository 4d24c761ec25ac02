"""A store on PostgreSQL keeps the promises of one on SQLite.

The tests need a server: EVALKIT_TEST_POSTGRES is its address, with the name of a user who may make databases, as in
postgresql+psycopg://me@127.0.0.1:5432/postgres. Each test makes a database of its own and drops it.
"""

import hashlib
import os
import secrets
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from evalkit.errors import StoreError
from evalkit.store import Store, check, collect, open_store, repair, require_sealed, seal_store, statistics
from evalkit.store.releases import kept_verdicts, releases_of
from evalkit.store.seal import EARLIER_KEY_VARIABLE, KEY_VARIABLE
from evalkit.store.transfer import export_store, import_store
from evalkit.types import ReleaseRun
from tests.store.filling import BENCHMARK, board_digest, fill, put_document, put_plan, put_release
from tests.store.test_opening import (
    COVERED,
    COVERED_IN_3,
    VERSION_1,
    VERSION_2,
    VERSION_3,
    VERSION_4,
    VERSION_5,
    lay_out_old,
)
from tests.store.test_releases import keep_at_once
from tests.store.test_seal import KEY, OTHER

SERVER = os.environ.get("EVALKIT_TEST_POSTGRES")
pytestmark = pytest.mark.skipif(SERVER is None, reason="EVALKIT_TEST_POSTGRES names no PostgreSQL server")


@pytest.fixture
def address() -> Iterator[str]:
    """The address of an empty database."""
    name = f"evalkit_test_{secrets.token_hex(6)}"
    server = sa.create_engine(str(SERVER), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield sa.make_url(str(SERVER)).set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


def execute(address: str, *statements: str) -> list[Sequence[object]]:
    """Run statements as anybody can who knows the password, and return the rows of the last one."""
    engine = sa.create_engine(address)
    try:
        with engine.begin() as connection:
            done = [connection.exec_driver_sql(statement) for statement in statements]
            return [tuple(row) for row in done[-1]] if done[-1].returns_rows else []
    finally:
        engine.dispose()


FUNCTION = "CREATE FUNCTION sly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM replies; RETURN NULL; END $$"
ROW = "CREATE FUNCTION slyly(text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RETURN true; END $$"
VALUE = "CREATE FUNCTION slyly() RETURNS text LANGUAGE sql AS 'SELECT ''x'''"
# what somebody may add, as the error names it, and the statement that the error proposes
FOREIGN = {
    (FUNCTION, "CREATE TRIGGER sly AFTER INSERT ON replies EXECUTE FUNCTION sly()"): 'DROP TRIGGER "sly" ON "replies"',
    (FUNCTION, "CREATE TRIGGER sly BEFORE DELETE ON releases EXECUTE FUNCTION sly()"):
        'DROP TRIGGER "sly" ON "releases"',
    (FUNCTION, "CREATE TRIGGER sly AFTER UPDATE ON asked EXECUTE FUNCTION sly()", "ALTER TABLE asked DISABLE TRIGGER "
     "sly"): 'DROP TRIGGER "sly" ON "asked"',
    ("CREATE RULE sly AS ON INSERT TO replies DO INSTEAD NOTHING",): 'DROP RULE "sly" ON "replies"',
    ("CREATE POLICY sly ON asked USING (false)",): 'DROP POLICY "sly" ON "asked"',
    (ROW, "ALTER TABLE replies ADD CONSTRAINT sly CHECK (slyly(reply))"):
        'ALTER TABLE "replies" DROP CONSTRAINT "sly"',
    ("CREATE TABLE theirs (key TEXT CONSTRAINT sly REFERENCES replies ON DELETE CASCADE)",):
        'ALTER TABLE "theirs" DROP CONSTRAINT "sly"',
    ("CREATE UNIQUE INDEX sly ON asked (model, key)",): 'DROP INDEX "sly"',
    ("CREATE INDEX sly ON replies (upper(reply))",): 'DROP INDEX "sly"',
}  # fmt: skip
# what somebody may change in a table, and its name
CHANGED = {
    ("ALTER TABLE replies ADD COLUMN extra TEXT",): "replies",
    ("ALTER TABLE replies ADD COLUMN extra TEXT GENERATED ALWAYS AS (upper(reply)) STORED",): "replies",
    ("ALTER TABLE failures RENAME COLUMN reason TO why",): "failures",
    ("ALTER TABLE plans DROP COLUMN document",): "plans",
    ("ALTER TABLE asked ALTER COLUMN repeat TYPE TEXT",): "asked",
    ("ALTER TABLE asked ALTER COLUMN judge DROP NOT NULL",): "asked",
    ("ALTER TABLE leases DROP CONSTRAINT leases_pkey",): "leases",
    (VALUE, "ALTER TABLE replies ALTER COLUMN seal SET DEFAULT slyly()"): "replies",
    ("CREATE DOMAIN sly AS TEXT CHECK (false)", "ALTER TABLE leases ALTER COLUMN owner TYPE sly"): "leases",
    ("ALTER TABLE asked ENABLE ROW LEVEL SECURITY", "ALTER TABLE asked FORCE ROW LEVEL SECURITY"): "asked",
    ("CREATE TABLE more () INHERITS (replies)",): "replies",
    ("ALTER TABLE replies SET UNLOGGED",): "replies",
    ("DROP TABLE leases", "CREATE VIEW leases AS SELECT key, key AS owner FROM replies"): "leases",
}


def test_a_database_with_anything_of_others_on_our_tables_is_refused_and_says_how_to_mend_it(address: str) -> None:
    with open_store(address) as store:
        fill(store, 4)
    for statements, cure in FOREIGN.items():
        execute(address, *statements)
        with pytest.raises(StoreError, match="holds what evalkit did not make") as raised:
            open_store(address)
        assert f"remove it with {cure} in" in str(raised.value)
        execute(address, cure, "DROP FUNCTION IF EXISTS sly(), slyly(text)", "DROP TABLE IF EXISTS theirs")
        with open_store(address) as store:
            assert check(store).sound and check(store).n_replies == 3


@pytest.mark.parametrize("statements", CHANGED)
def test_a_changed_table_is_refused(address: str, statements: tuple[str, ...]) -> None:
    with open_store(address) as store:
        fill(store, 4)
    execute(address, *statements)
    with pytest.raises(StoreError, match=f"its table {CHANGED[statements]} was changed"):
        open_store(address)
    if "VIEW" not in statements[-1]:
        assert execute(address, "SELECT count(*) FROM ONLY replies") == [(3,)]


def test_other_tables_may_stand_beside_a_store_and_a_foreign_database_is_no_store(address: str) -> None:
    execute(address, "CREATE TABLE theirs (x TEXT)")
    with pytest.raises(StoreError, match="a database, but not evalkit's"):
        open_store(address)
    execute(address, "DROP TABLE theirs")
    open_store(address).close()
    execute(address, "CREATE TABLE theirs (x TEXT)", "CREATE VIEW more AS SELECT * FROM replies",
            "CREATE INDEX own ON theirs (upper(x))")  # fmt: skip
    open_store(address).close()


OLD = {
    1: (VERSION_1, (), ()),
    2: (VERSION_2, COVERED, ()),
    3: (VERSION_3, COVERED_IN_3, ()),
    4: (VERSION_4, COVERED_IN_3, ("plans",)),
    5: (VERSION_5, (), ("plans",)),
}


@pytest.mark.parametrize("version", [*OLD, 6])
def test_an_old_store_is_migrated_with_its_board_unchanged(address: str, store: Store, version: int) -> None:
    posed = fill(store, 20)
    fill(store, 12, model="other")
    if version in OLD:
        layout, covered, tables = OLD[version]
        meta = {"schema": str(version)}
        if version > 1:
            meta["checksum"] = hashlib.sha256(store.secret.hex().encode()).hexdigest()[:16]
        engine = sa.create_engine(address)
        with engine.begin() as old:
            serial = layout.replace("(id INTEGER NOT NULL", "(id SERIAL NOT NULL")
            lay_out_old(store, old, serial, meta, covered=covered, tables=tables)
        engine.dispose()
    else:
        with open_store(address) as first:
            store = first
            posed = fill(first, 20)
            fill(first, 12, model="other")
            wanted = board_digest(first)
        execute(address, "DROP TABLE releases", "DROP TABLE release_verdicts",
                "UPDATE meta SET value = '6' WHERE name = 'schema'")  # fmt: skip
    for _ in range(2):
        with open_store(address) as migrated:
            assert migrated.secret == store.secret
            assert board_digest(migrated) == (board_digest(store) if version in OLD else wanted)
            assert len(migrated.replies(one.request.key for one in posed)) == 19
            assert check(migrated).sound
            assert releases_of(migrated) == []
    with open_store(address) as migrated:
        put_release(migrated, "v1")
        assert len(releases_of(migrated)) == 1 and len(fill(migrated, 20)) == 19


def test_a_trigger_in_an_old_store_does_not_run_while_it_would_be_migrated(address: str) -> None:
    with open_store(address) as store:
        fill(store, 4)
    execute(address, "DROP TABLE releases", "UPDATE meta SET value = '6' WHERE name = 'schema'", FUNCTION,
            "CREATE TRIGGER sly AFTER UPDATE ON meta EXECUTE FUNCTION sly()")  # fmt: skip
    with pytest.raises(StoreError, match='DROP TRIGGER "sly" ON "meta"'):
        open_store(address)
    assert execute(address, "SELECT count(*) FROM replies") == [(3,)]


def test_processes_that_show_the_same_numbers_at_once_keep_one_release(address: str) -> None:
    open_store(address).close()
    assert len(keep_at_once(address)) == 1


def test_releases_are_kept_once_whoever_keeps_them_and_damage_shows(address: str) -> None:
    with open_store(address) as store:
        runs: list[ReleaseRun] = []
        threads = [threading.Thread(target=lambda: runs.append(put_release(store, "v1"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(runs) == 8 and set(runs) == {runs[0]}
        second = put_release(store, "v2", verdicts='{"version":1,"keys":[]}')
        assert releases_of(store, benchmark=BENCHMARK, model="cand") == sorted(
            [runs[0], second], key=lambda run: run.verdicts
        )
        assert kept_verdicts(store, [second.verdicts]) == {second.verdicts: '{"version":1,"keys":[]}'}
        assert (statistics(store).n_releases, check(store).n_releases) == (2, 2)
        execute(address, "UPDATE releases SET model = 'better' WHERE document LIKE '%%v2%%'")
        with pytest.raises(StoreError, match="a release of model 'better' is damaged"):
            releases_of(store)
        repair(store)
        assert releases_of(store) == runs[:1]


ATTACKS = {
    "UPDATE replies SET body = '\"x\"'": "were changed without the key: replies ",
    "UPDATE asked SET plan = 'x'": "were changed without the key: asked ",
    "UPDATE releases SET document = replace(document, 'v1', 'v9')": "were changed without the key: releases ",
    "DELETE FROM releases": "were removed, added",
    "DELETE FROM replies WHERE key = (SELECT min(key) FROM replies)": "were removed, added",
    "INSERT INTO failures (key, reason, created) VALUES ('k', 'r', 'c')": "have no seal",
    "UPDATE replies SET seal = NULL": "were removed, added",
    "DELETE FROM meta WHERE name = 'seal'": "were removed, added",
}


def test_a_seal_shows_what_somebody_without_the_key_does(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with open_store(address) as store:
        fill(store, 6)
        put_plan(store, 6)
        put_document(store, "a.jsonl", [1, 2])
        put_release(store, "v1")
        collect(store, keep_days=0, dry_run=False)
        require_sealed(store)
        names = [name for (name,) in execute(address, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        for statement, said in ATTACKS.items():
            copies = [f"CREATE TABLE kept.{name} AS TABLE {name}" for name in names]
            execute(address, "CREATE SCHEMA kept", *copies, statement)
            with pytest.raises(StoreError, match=said):
                require_sealed(store)
            execute(address, *(f"DELETE FROM {name}; INSERT INTO {name} SELECT * FROM kept.{name}" for name in names),
                    "DROP SCHEMA kept CASCADE")  # fmt: skip
            require_sealed(store)
    monkeypatch.setenv(KEY_VARIABLE, OTHER)
    monkeypatch.setenv(EARLIER_KEY_VARIABLE, KEY)
    with open_store(address) as store:
        put_release(store, "v2")
        require_sealed(store)
    monkeypatch.delenv(EARLIER_KEY_VARIABLE)
    monkeypatch.delenv(KEY_VARIABLE)
    with open_store(address) as store, pytest.raises(StoreError, match="is not set"):
        put_release(store, "v3")


def test_writers_side_by_side_keep_one_seal(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(address).close()
    monkeypatch.setenv(KEY_VARIABLE, KEY)

    def write(model: str) -> None:
        with open_store(address) as own:
            fill(own, 8, model=model)
            put_release(own, "v1", model=model)

    threads = [threading.Thread(target=write, args=(f"m{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_store(address) as store:
        seal_store(store)
        require_sealed(store)
        assert len(releases_of(store)) == 4 and check(store).sound


def test_a_store_moves_between_databases_with_all_it_holds(address: str, store: Store, tmp_path: Path) -> None:
    fill(store, 12)
    put_document(store, "a.jsonl", [1, 2, 3])
    run = put_release(store, "v1")
    export_store(store, tmp_path / "a.jsonl.gz")
    with open_store(address) as theirs:
        import_store(theirs, tmp_path / "a.jsonl.gz")
        assert board_digest(theirs) == board_digest(store) and releases_of(theirs) == [run]
        export_store(theirs, tmp_path / "b.jsonl.gz")
    with open_store(f"sqlite:///{tmp_path / 'back.db'}") as back:
        import_store(back, tmp_path / "b.jsonl.gz")
        assert board_digest(back) == board_digest(store) and releases_of(back) == [run]
