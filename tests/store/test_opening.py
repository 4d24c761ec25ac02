"""Which files and addresses are taken for a store, and which are refused by name."""

import dataclasses
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from evalkit.errors import StoreError
from evalkit.store import Store, open_store, opening, shown_url, store_exists, tables
from evalkit.store.upkeep import check, repair
from evalkit.types import Slot
from tests.rig import REPOSITORY
from tests.store.filling import BENCHMARK, JUDGE, board_digest, fill, open_work, url, work
from tests.store.test_database import execute

# the layout of version 1, as it was
VERSION_1 = """
CREATE TABLE meta (name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name));
CREATE TABLE replies (key TEXT NOT NULL, request TEXT NOT NULL, reply TEXT NOT NULL, body TEXT, checksum TEXT NOT NULL,
    created TEXT NOT NULL, PRIMARY KEY (key));
CREATE TABLE failures (id INTEGER NOT NULL, key TEXT NOT NULL, reason TEXT NOT NULL, created TEXT NOT NULL,
    PRIMARY KEY (id));
CREATE INDEX ix_failures_key ON failures (key);
CREATE TABLE judges (digest TEXT NOT NULL, name TEXT NOT NULL, config TEXT NOT NULL, used TEXT NOT NULL,
    PRIMARY KEY (digest));
CREATE TABLE asked (benchmark TEXT NOT NULL, digest TEXT NOT NULL, baseline TEXT NOT NULL, model TEXT NOT NULL,
    key TEXT NOT NULL, "order" TEXT NOT NULL, repeat INTEGER NOT NULL, judge TEXT NOT NULL, cluster TEXT NOT NULL,
    category TEXT, baseline_chars INTEGER NOT NULL, candidate_chars INTEGER, labels TEXT, reply_key TEXT, rule TEXT,
    failure TEXT, PRIMARY KEY (benchmark, digest, baseline, model, key, "order", repeat));
CREATE INDEX ix_asked_reply_key ON asked (reply_key);
"""
# and what version 2 had besides
VERSION_2 = (
    VERSION_1
    + """
ALTER TABLE asked ADD COLUMN "plan" TEXT;
ALTER TABLE asked ADD COLUMN checksum TEXT;
ALTER TABLE judges ADD COLUMN checksum TEXT;
CREATE TABLE owners (owner TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, concurrency INTEGER NOT NULL,
    beat FLOAT NOT NULL, PRIMARY KEY (owner));
CREATE TABLE leases (key TEXT NOT NULL, owner TEXT NOT NULL, PRIMARY KEY (key));
CREATE INDEX ix_leases_owner ON leases (owner);
"""
)
# and version 3
VERSION_3 = (
    VERSION_2
    + """
ALTER TABLE asked ADD COLUMN recorded FLOAT;
ALTER TABLE asked ADD COLUMN turn INTEGER NOT NULL DEFAULT 1;
ALTER TABLE asked ADD COLUMN baseline_measures TEXT;
ALTER TABLE asked ADD COLUMN candidate_measures TEXT;
CREATE TABLE documents (format TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, heading TEXT NOT NULL,
    checksum TEXT NOT NULL, created TEXT NOT NULL, PRIMARY KEY (format, kind, name));
CREATE TABLE records (format TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL,
    record TEXT NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (format, kind, name, position));
"""
)
# and version 4
VERSION_4 = (
    VERSION_3
    + """
CREATE TABLE plans (benchmark TEXT NOT NULL, digest TEXT NOT NULL, baseline TEXT NOT NULL, model TEXT NOT NULL,
    "plan" TEXT NOT NULL, document TEXT NOT NULL, checksum TEXT NOT NULL, created TEXT NOT NULL,
    PRIMARY KEY (benchmark, digest, baseline, model));
"""
)
# and version 5
VERSION_5 = (
    VERSION_4
    + """
ALTER TABLE asked ADD COLUMN baseline_blanks INTEGER;
ALTER TABLE asked ADD COLUMN candidate_blanks INTEGER;
"""
)
# and version 7, which had the seals of version 6
VERSION_7 = (
    VERSION_5
    + "".join(f"ALTER TABLE {name} ADD COLUMN seal TEXT;" for name in
              ("replies", "failures", "judges", "asked", "documents", "records", "plans"))
    + """
ALTER TABLE replies ADD COLUMN exchange TEXT;
CREATE TABLE releases (run TEXT NOT NULL, benchmark TEXT NOT NULL, model TEXT NOT NULL, verdicts TEXT NOT NULL,
    document TEXT NOT NULL, seal TEXT, PRIMARY KEY (run));
CREATE TABLE release_verdicts (verdicts TEXT NOT NULL, document TEXT NOT NULL, seal TEXT, PRIMARY KEY (verdicts));
"""
)  # fmt: skip
# what a place's checksum covered in version 2, in this order
COVERED = (
    "benchmark", "model", "baseline", "judge", "digest", "key", "cluster", "category", "order", "repeat",
    "baseline_chars", "candidate_chars", "labels", "reply_key", "rule", "failure",
)  # fmt: skip
# and in versions 3 and 4
COVERED_IN_3 = (*COVERED, "recorded", "turn", "baseline_measures", "candidate_measures")


def make_version_1(store: Store, path: Path) -> None:
    """The store's rows under the layout of version 1; its replies had no fingerprint yet."""
    make_old(store, path, VERSION_1, {"schema": "1"})


def make_version_2(store: Store, path: Path) -> None:
    """The store's rows under the layout of version 2, with the checksums that it gave to places."""
    checksum = hashlib.sha256(store.secret.hex().encode()).hexdigest()[:16]
    make_old(store, path, VERSION_2, {"schema": "2", "checksum": checksum}, covered=COVERED)


def make_version_3(store: Store, path: Path) -> None:
    """The store's rows under the layout of version 3."""
    checksum = hashlib.sha256(store.secret.hex().encode()).hexdigest()[:16]
    make_old(store, path, VERSION_3, {"schema": "3", "checksum": checksum}, covered=COVERED_IN_3)


def make_version_4(store: Store, path: Path) -> None:
    """The store's rows under the layout of version 4, which had plans."""
    checksum = hashlib.sha256(store.secret.hex().encode()).hexdigest()[:16]
    make_old(store, path, VERSION_4, {"schema": "4", "checksum": checksum}, covered=COVERED_IN_3, tables=("plans",))


def make_version_5(store: Store, path: Path) -> None:
    """The store's rows under the layout of version 5, which had no seals, and whose checksums of replies left the
    endpoint's answer out.
    """
    checksum = hashlib.sha256(store.secret.hex().encode()).hexdigest()[:16]
    make_old(store, path, VERSION_5, {"schema": "5", "checksum": checksum}, tables=("plans",))


def make_version_7(store: Store, path: Path) -> None:
    """The store's rows under the layout of version 7, which had releases and no evaluations."""
    checksum = hashlib.sha256(store.secret.hex().encode()).hexdigest()[:16]
    tables = ("plans", "releases", "release_verdicts")
    make_old(store, path, VERSION_7, {"schema": "7", "checksum": checksum}, tables=tables, exchange=True)


def make_old(
    store: Store,
    path: Path,
    layout: str,
    meta: Mapping[str, str],
    *,
    covered: Sequence[str] = (),
    tables: Sequence[str] = (),
    exchange: bool = False,
) -> None:
    # the address is built by the library, because a folder's name may hold marks of an address
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    with engine.begin() as old:
        lay_out_old(store, old, layout, meta, covered=covered, tables=tables, exchange=exchange)
    engine.dispose()
    path.chmod(0o600)


def lay_out_old(
    store: Store,
    old: sa.Connection,
    layout: str,
    meta: Mapping[str, str],
    *,
    covered: Sequence[str] = (),
    tables: Sequence[str] = (),
    exchange: bool = False,
) -> None:
    """Copy a store's rows into an empty database, under an earlier layout and with the checksums of its version."""
    for statement in filter(str.strip, layout.split(";")):
        old.exec_driver_sql(statement)
    for name in ("replies", "failures", "judges", "asked", *tables):
        columns = [column["name"] for column in sa.inspect(old).get_columns(name)]
        listed, marks = (", ".join(form.format(column) for column in columns) for form in ('"{}"', ":{}"))
        with store.connect() as connection:
            rows = [dict(row) for row in connection.execute(sa.text(f"SELECT {listed} FROM {name}")).mappings()]
        for row in rows:
            if name == "replies" and not exchange:
                row["checksum"] = hashlib.sha256(f"{row['key']}\n{row['reply']}".encode()).hexdigest()[:16]
            if name == "asked" and covered:
                values = [row[column] for column in covered]
                row["checksum"] = hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]
        if rows:
            old.execute(sa.text(f"INSERT INTO {name} ({listed}) VALUES ({marks})"), rows)
    insert = sa.text("INSERT INTO meta VALUES (:name, :value)")
    old.execute(insert, [{"name": n, "value": value} for n, value in {**meta, "secret": store.secret.hex()}.items()])


@pytest.mark.parametrize("make", [make_version_1, make_version_2, make_version_3, make_version_4, make_version_5])
def test_an_old_store_is_migrated_with_its_board_unchanged(
    store: Store, tmp_path: Path, make: Callable[[Store, Path], None]
) -> None:
    posed = fill(store, 20)
    fill(store, 12, model="other")
    path = tmp_path / "old.db"
    make(store, path)
    for _ in range(2):
        with open_store(url(path)) as migrated:
            assert migrated.secret == store.secret
            assert board_digest(migrated) == board_digest(store)
            assert len(migrated.replies(one.request.key for one in posed)) == 19
            assert check(migrated).sound
    with open_store(url(path)) as migrated:
        # the run that asked before finds everything, under a plan of its own now
        assert len(fill(migrated, 20)) == 19
        assert board_digest(migrated) == board_digest(store)
        assert check(migrated).sound


def test_a_repeated_run_adds_the_blanks_that_an_old_store_lacks_and_changes_nothing_else(
    store: Store, tmp_path: Path
) -> None:
    fill(store, 8)
    path = tmp_path / "old.db"
    make_version_4(store, path)
    with open_store(url(path)) as migrated:
        before = places_of(migrated)
        assert {(one.baseline_blanks, one.candidate_blanks) for one in before} == {(None, None)}
        open_work(migrated, work(migrated, 8))
        after = places_of(migrated)
        assert {one.candidate_blanks for one in after} == {0, 1}
        unknown = [dataclasses.replace(one, baseline_blanks=None, candidate_blanks=None) for one in after]
        assert unknown == before and any(one.reply_key for one in after)
        assert after == places_of(store) and check(migrated).sound


def places_of(store: Store) -> list[Slot]:
    return [place for place, _, _ in store.answered(JUDGE.digest, benchmark=BENCHMARK)]


def test_places_of_version_2_keep_what_they_said_and_are_of_one_turn(store: Store, tmp_path: Path) -> None:
    fill(store, 8)
    path = tmp_path / "old.db"
    make_version_2(store, path)
    with open_store(url(path)) as migrated:
        known = [dataclasses.replace(one, baseline_blanks=None, candidate_blanks=None) for one in places_of(store)]
        assert places_of(migrated) == known
        assert {place.turn for place, _, _ in migrated.answered(JUDGE.digest, benchmark=BENCHMARK)} == {1}


def test_a_damaged_place_of_version_2_stays_damaged_and_the_others_stay_sound(store: Store, tmp_path: Path) -> None:
    fill(store, 8)
    path = tmp_path / "old.db"
    make_version_2(store, path)
    execute(path, "UPDATE asked SET candidate_chars = 1 WHERE key = 'k003'")
    execute(path, "UPDATE asked SET checksum = NULL WHERE key = 'k005'")
    with open_store(url(path)) as migrated:
        assert [one.key.split(" / ")[3] for one in check(migrated).damaged] == ["k003", "k005"]
        with pytest.raises(StoreError, match="instruction 'k003'.* is damaged"):
            list(migrated.answered(JUDGE.digest, benchmark=BENCHMARK))
        assert repair(migrated).n_repaired == 2


@pytest.mark.parametrize("make", [make_version_1, make_version_2])
def test_a_migration_that_is_killed_leaves_the_old_store(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Store, Path], None]
) -> None:
    fill(store, 5)
    path = tmp_path / "old.db"
    make(store, path)
    before = path.read_bytes()
    monkeypatch.setattr(tables, "place_checksum", lambda row, **_: sqlite3.connect(tmp_path / "missing" / "x"))
    with pytest.raises(sqlite3.OperationalError):
        open_store(url(path))
    monkeypatch.undo()
    assert path.read_bytes() == before
    with open_store(url(path)) as migrated:
        assert board_digest(migrated) == board_digest(store)


@pytest.fixture
def version_to_come(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Have evalkit be one of a version to come."""

    def upgrade() -> None:
        def step(connection: sa.Connection) -> None:
            connection.execute(sa.text("DELETE FROM failures"))

        monkeypatch.setattr(tables, "SCHEMA_VERSION", 9)
        monkeypatch.setitem(tables._STEPS, 8, step)

    return upgrade


def test_a_live_run_of_an_earlier_version_is_not_migrated_under_its_feet(
    store: Store, tmp_path: Path, version_to_come: Callable[[], None]
) -> None:
    fill(store, 5)
    before = board_digest(store)
    store.enter("run", concurrency=4)
    version_to_come()
    with pytest.raises(StoreError, match=rf"version 8\): in use by process {os.getpid()} on .*\. Wait until"):
        open_store(url(tmp_path / "store.db"))
    assert board_digest(store) == before
    store.leave()
    with open_store(url(tmp_path / "store.db")) as migrated:
        assert board_digest(migrated) == before


def test_a_dead_run_of_an_earlier_version_does_not_stand_in_the_way(
    store: Store, tmp_path: Path, version_to_come: Callable[[], None]
) -> None:
    fill(store, 5)
    store.enter("run", concurrency=4)
    execute(tmp_path / "store.db", f"UPDATE owners SET pid = {dead_pid()}")
    version_to_come()
    with open_store(url(tmp_path / "store.db")) as migrated, migrated.connect() as connection:
        version = connection.execute(sa.text("SELECT value FROM meta WHERE name = 'schema'")).scalar_one()
        assert version == "9"


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize("version", ["9", "99", "0", "", "x", "²", "-1"])
def test_a_store_of_a_version_that_is_not_known_is_refused(store: Store, tmp_path: Path, version: str) -> None:
    execute(tmp_path / "store.db", f"UPDATE meta SET value = '{version}' WHERE name = 'schema'")
    with pytest.raises(
        StoreError, match=f"a store of version {version or 'unknown'}; this evalkit reads versions 1 to 8"
    ):
        open_store(url(tmp_path / "store.db"))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE meta SET value = 'ab' WHERE name = 'secret'", "secret is damaged"),
        ("UPDATE meta SET name = 'x' WHERE name = 'secret'", "secret is damaged"),
        ("DELETE FROM meta WHERE name = 'checksum'", "secret is damaged"),
        ("DELETE FROM meta", "version unknown"),
        ("DROP TABLE replies", "has lost its table replies"),
    ],
)
def test_a_store_whose_foundations_are_damaged_is_refused(
    store: Store, tmp_path: Path, statement: str, said: str
) -> None:
    fill(store, 2)
    execute(tmp_path / "store.db", statement)
    with pytest.raises(StoreError, match=said) as error:
        open_store(url(tmp_path / "store.db"))
    assert str(error.value).startswith(str(tmp_path / "store.db"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b"not a database, but long enough to be looked at" * 40), "not a database"),
        (lambda path: path.write_bytes(b""), "is empty, and a store never is"),
        (lambda path: path.mkdir(), "is a folder"),
        (os.mkfifo, "is not a plain file"),
        (lambda path: execute(path, "CREATE TABLE other (x)"), "not evalkit's"),
    ],
)
def test_what_is_no_store_is_refused_by_name(tmp_path: Path, make: Callable[[Path], object], said: str) -> None:
    path = tmp_path / "odd.db"
    make(path)
    if path.is_file():
        path.chmod(0o600)
    with pytest.raises(StoreError, match=said) as error:
        open_store(url(path))
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_file_that_may_not_be_read_is_refused(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "store.db").chmod(0o200)
    # whoever runs the tests may be allowed everything
    monkeypatch.setattr("evalkit.store.opening.os.access", lambda path, mode: False)
    with pytest.raises(StoreError, match=r"store\.db: may not be read\. Run chmod u\+r"):
        open_store(url(tmp_path / "store.db"))


@pytest.mark.parametrize("mode", [0o602, 0o620, 0o666])
def test_a_file_that_others_may_change_is_refused_with_the_cure(store: Store, tmp_path: Path, mode: int) -> None:
    (tmp_path / "store.db").chmod(mode)
    with pytest.raises(StoreError, match=r"store\.db: others may change it.*chmod go-w"):
        open_store(url(tmp_path / "store.db"))


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_network_file_system_is_refused_before_anything_is_made_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    mounts = tmp_path / "mounts"
    share = str(tmp_path / "a share").replace(" ", "\\040")
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nserver:/x {share} {kind} rw 0 0\nnot a mount\n")
    monkeypatch.setattr(opening, "MOUNTS", mounts)
    with pytest.raises(StoreError, match=rf"lies on a network file system \({kind}\).*--store"):
        open_store(url(tmp_path / "a share" / "store.db"))
    assert not (tmp_path / "a share").exists()
    open_store(url(tmp_path / "a share beside it" / "store.db")).close()


def test_a_place_where_no_folder_can_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match=r"file/deep/store\.db: cannot be written"):
        open_store(url(tmp_path / "file" / "deep" / "store.db"))


@pytest.mark.parametrize("name", ["with space.db", "é😀.db", "percent%20.db", "q?uestion.db", "n" * 200 + ".db"])
def test_odd_names_are_names(tmp_path: Path, name: str) -> None:
    address = sa.URL.create("sqlite", database=str(tmp_path / name)).render_as_string()
    for _ in range(2):
        open_store(address).close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("address", ["results.db", "sqlite://", "sqlite:///:memory:", "nosuch://host/x"])
def test_an_address_that_names_no_database_is_refused(address: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///results/evalkit.db"):
        open_store(address)


def test_asking_whether_a_store_exists_makes_none(tmp_path: Path) -> None:
    assert not store_exists(url(tmp_path / "none" / "store.db"))
    assert not (tmp_path / "none").exists()


OPENER = """
import sys
from evalkit.store import open_store
print("ready", flush=True)
sys.stdin.readline()
print(open_store(sys.argv[1]).secret.hex())
"""


def test_eight_processes_that_open_a_new_store_at_once_open_the_same_one(tmp_path: Path) -> None:
    address = url(tmp_path / "deep" / "store.db")
    command, pipe = [sys.executable, "-c", OPENER, address], subprocess.PIPE
    running = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=REPOSITORY) for _ in range(8)
    ]
    for process in running:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [(*process.communicate(timeout=60), process.returncode) for process in running]
    assert {(said, status) for _, said, status in ended} == {("", 0)}
    assert len({secret for secret, _, _ in ended}) == 1
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["store.db"]


def test_a_kill_before_the_new_store_has_its_name_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    address = url(tmp_path / "store.db")
    command = [sys.executable, "-c", OPENER, address]
    environment = {**os.environ, "EVALKIT_FAULT": "before_rename:1:kill9"}
    killed = subprocess.run(command, env=environment, cwd=REPOSITORY, input=b"go", capture_output=True, check=False)
    assert killed.returncode == -9
    assert not (tmp_path / "store.db").exists()
    open_store(address).close()
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]


def test_an_address_is_shown_without_its_password() -> None:
    assert shown_url("postgresql://me:secret@host/db") == "postgresql://host/db"
    assert shown_url("sqlite:///results/evalkit.db") == "sqlite:///results/evalkit.db"
    with pytest.raises(StoreError):
        shown_url("no address")
