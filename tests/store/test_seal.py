"""A seal shows rows that were edited, added or removed without its key, and no row of an honest run."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from evalkit.errors import ConfigError, InputError, StoreError
from evalkit.store import Batch, Store, check, collect, open_store, repair, require_sealed, seal_store
from evalkit.store.encoding import place_checksum, reply_checksum
from evalkit.store.seal import EARLIER_KEY_VARIABLE, KEY_VARIABLE
from evalkit.store.transfer import export_store, import_store
from tests.store.filling import (
    batch,
    board_digest,
    fill,
    open_work,
    put_document,
    put_plan,
    put_release,
    reply_to,
    url,
    work,
)
from tests.store.test_opening import make_version_5

RELEASES = ("releases", "release_verdicts")
KEY = "a key of the tests, and of nobody else"
OTHER = "another key, which is as long as a key must be"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)


@pytest.fixture
def sealed(key: None, tmp_path: Path) -> Path:
    """A store with something in every table, all of it sealed."""
    path = tmp_path / "sealed.db"
    with open_store(url(path)) as store:
        posed = fill(store, 12)
        put_plan(store, 12)
        put_document(store, "a.jsonl", [1, 2, 3])
        put_release(store, "v1")
        store.commit(Batch(failures=[(posed[0].request, "no answer")]))
        require_sealed(store)
    return path


def execute(path: Path, *statements: str) -> None:
    """Change a store as anybody can who may write the file."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def rewrite_replies(path: Path) -> None:
    """Let the other answer win everywhere, with checksums that fit."""
    connection = sqlite3.connect(path)
    for name, text, exchange in connection.execute("SELECT key, reply, exchange FROM replies").fetchall():
        changed = text.replace("Because of", "Surely not because of")
        assert changed != text
        connection.execute(
            "UPDATE replies SET reply = ?, checksum = ? WHERE key = ?",
            (changed, reply_checksum(name, changed, exchange), name),
        )
    connection.commit()
    connection.close()


def lengthen_a_place(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    row = dict(connection.execute("SELECT rowid, * FROM asked LIMIT 1").fetchone())
    row["candidate_chars"] += 100
    connection.execute(
        "UPDATE asked SET candidate_chars = ?, checksum = ? WHERE rowid = ?",
        (row["candidate_chars"], place_checksum(row), row["rowid"]),
    )
    connection.commit()
    connection.close()


def swap_two_seals(path: Path) -> None:
    execute(path, "UPDATE replies SET seal = (SELECT seal FROM replies ORDER BY key DESC LIMIT 1) "
                  "WHERE key = (SELECT key FROM replies ORDER BY key LIMIT 1)")  # fmt: skip


COLUMNS = "benchmark, digest, baseline, model, 'x' || key, \"order\", repeat, judge, cluster, baseline_chars, seal"
# what somebody without the key does -> what a check says of it
ATTACKS: dict[str, tuple[Callable[[Path], None], str]] = {
    "rewritten replies": (rewrite_replies, "were changed without the key: replies "),
    "another length": (lengthen_a_place, "were changed without the key: asked "),
    "another body": (lambda path: execute(path, "UPDATE replies SET body = '\"x\"'"), "were changed without"),
    "another time": (lambda path: execute(path, "UPDATE replies SET created = '2020'"), "were changed without"),
    "another reason": (lambda path: execute(path, "UPDATE failures SET reason = 'x'"), "were changed without"),
    "another price": (lambda path: execute(path, "UPDATE judges SET used = 'x'"), "were changed without"),
    "another plan of a place": (lambda path: execute(path, "UPDATE asked SET plan = 'x'"), "were changed without"),
    "another record": (lambda path: execute(path, "UPDATE records SET record = '{}'"), "were changed without"),
    "a reply less": (lambda path: execute(path, "DELETE FROM replies WHERE rowid = 1"), "were removed, added"),
    "a place less": (lambda path: execute(path, "DELETE FROM asked WHERE rowid = 3"), "were removed, added"),
    "a failure less": (lambda path: execute(path, "DELETE FROM failures"), "were removed, added"),
    "a plan less": (lambda path: execute(path, "DELETE FROM plans"), "were removed, added"),
    "no rows at all": (lambda path: execute(path, *(f"DELETE FROM {table}" for table in (
        "replies", "failures", "judges", "asked", "plans", "documents", "records", *RELEASES))), "were removed, added"),
    "a failure twice": (lambda path: execute(path, "INSERT INTO failures (key, reason, created, seal) "
        "SELECT key, reason, created, seal FROM failures"), "were removed, added"),
    "a place with a seal of another": (lambda path: execute(path, "INSERT INTO asked (benchmark, digest, baseline, "
        f"model, key, \"order\", repeat, judge, cluster, baseline_chars, seal) SELECT {COLUMNS} FROM asked LIMIT 1"),
        "were changed without the key"),
    "a place without a seal": (lambda path: execute(path, "INSERT INTO asked (benchmark, digest, baseline, "
        f"model, key, \"order\", repeat, judge, cluster, baseline_chars, seal) SELECT {COLUMNS} FROM asked LIMIT 1",
        "UPDATE asked SET seal = NULL WHERE key LIKE 'x%'"), "have no seal"),
    "swapped seals": (swap_two_seals, "were changed without the key"),
    "seals taken off": (lambda path: execute(path, *(f"UPDATE {table} SET seal = NULL" for table in (
        "replies", "failures", "judges", "asked", "plans", "documents", "records", *RELEASES))), "were removed, added"),
    "the whole seal taken off": (lambda path: execute(path, *(f"UPDATE {table} SET seal = NULL" for table in (
        "replies", "failures", "judges", "asked", "plans", "documents", "records", *RELEASES)),
        "DELETE FROM meta WHERE name = 'seal'"), "have no seal: they were written without"),
    "no total": (lambda path: execute(path, "DELETE FROM meta WHERE name = 'seal'"), "were removed, added"),
    "a total that is none": (lambda path: execute(path, "UPDATE meta SET value = '{' WHERE name = 'seal'"), "seal"),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_somebody_without_the_key_does_shows(attack: str, sealed: Path) -> None:
    change, said = ATTACKS[attack]
    change(sealed)
    with open_store(url(sealed)) as store, pytest.raises(StoreError, match=said):
        require_sealed(store)


def test_rows_of_an_earlier_genuine_state_show_among_later_ones(sealed: Path, tmp_path: Path) -> None:
    """Every one of them has a seal that fits, but their set is that of no state."""
    earlier = tmp_path / "earlier.db"
    earlier.write_bytes(sealed.read_bytes())
    with open_store(url(sealed)) as store:
        planned = work(store, 13)
        store.commit(batch(planned, open_work(store, planned)))
        require_sealed(store)
    execute(
        sealed, "DELETE FROM asked", f"ATTACH '{earlier}' AS earlier", "INSERT INTO asked SELECT * FROM earlier.asked"
    )
    with open_store(url(sealed)) as store, pytest.raises(StoreError, match="put back to an earlier state"):
        require_sealed(store)


def test_an_earlier_state_of_the_whole_store_does_not_show(sealed: Path) -> None:
    """What a seal cannot see, as the documentation says."""
    earlier = sealed.read_bytes()
    with open_store(url(sealed)) as store:
        fill(store, 3, model="later")
    sealed.write_bytes(earlier)
    with open_store(url(sealed)) as store:
        require_sealed(store)


def test_an_edited_row_is_not_sealed_anew_by_whoever_writes_next(sealed: Path) -> None:
    lengthen_a_place(sealed)
    with open_store(url(sealed)) as store:
        with pytest.raises(StoreError, match="were changed without the key: asked "):
            fill(store, 12)
        for refused in (lambda: collect(store, keep_days=0, dry_run=False), lambda: seal_store(store)):
            with pytest.raises(StoreError, match="were changed without the key: asked "):
                refused()
        fill(store, 3, model="other")
        with pytest.raises(StoreError, match="1 of .* were changed without the key: asked "):
            require_sealed(store)


def test_honest_work_of_every_kind_keeps_the_seal(sealed: Path) -> None:
    with open_store(url(sealed)) as store:
        # more instructions, other texts, the same again, another model, a file anew and less of it
        for n, model in ((12, "cand"), (15, "cand"), (4, "cand"), (6, "another")):
            fill(store, n, model=model)
            require_sealed(store)
        put_document(store, "a.jsonl", [4])
        put_plan(store, 6, model="another")
        require_sealed(store)
        assert collect(store, keep_days=-1, dry_run=True).n_replies
        require_sealed(store)
        assert collect(store, keep_days=-1, dry_run=False).n_replies
        require_sealed(store)
        assert check(store).seal_fault is None
    with open_store(url(sealed)) as store:
        require_sealed(store)


def test_a_place_that_is_filled_twice_in_one_batch_is_counted_once(key: None, tmp_path: Path) -> None:
    with open_store(url(tmp_path / "store.db")) as store:
        planned = work(store, 2)
        posed = open_work(store, planned)
        places = [(planned.digest, one.slot) for one in (*posed, *posed)]
        store.commit(Batch(replies=[(one.request, reply_to(one)) for one in posed], places=places))
        require_sealed(store)


def test_writers_side_by_side_keep_one_seal(key: None, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    open_store(url(path)).close()
    failed: list[StoreError] = []

    def write(name: str) -> None:
        try:
            with open_store(url(path)) as store:
                planned = work(store, 10, model=name)
                for one in open_work(store, planned):
                    store.commit(batch(planned, [one]))
        except StoreError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with open_store(url(path)) as store:
        require_sealed(store)
        assert check(store).n_places == 30


def test_a_sealed_store_is_read_but_not_written_without_its_key(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    with open_store(url(sealed)) as store:
        board = board_digest(store)
        for write in (lambda: fill(store, 3), lambda: put_document(store, "b", [1]), lambda: repair(store)):
            with pytest.raises(StoreError, match=f"is sealed, and {KEY_VARIABLE} is not set"):
                write()
        assert board_digest(store) == board
    monkeypatch.setenv(KEY_VARIABLE, OTHER)
    with open_store(url(sealed)) as store:
        for refused in (lambda: fill(store, 3), lambda: require_sealed(store)):
            with pytest.raises(StoreError, match="is sealed with another key"):
                refused()
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with open_store(url(sealed)) as store:
        require_sealed(store)


def test_what_a_store_held_before_the_key_has_no_seal_until_it_is_sealed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 5)
    before = board_digest(store)
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with open_store(url(tmp_path / "store.db")) as later:
        with pytest.raises(
            StoreError, match=r"1\d of 1\d rows have no seal: .* seal it as it is with evalkit store seal"
        ):
            require_sealed(later)
        # new rows are sealed, and the run seals no row of others, not even one that it fills
        fill(later, 5)
        fill(later, 3, model="new")
        with pytest.raises(StoreError, match=r"\d+ of \d+ rows have no seal"):
            require_sealed(later)
        assert seal_store(later) and not seal_store(later)
        require_sealed(later)
        fill(later, 5)
        require_sealed(later)
        assert board_digest(later) != before


def test_a_store_of_the_layout_before_seals_is_sealed_like_any_other(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 5)
    make_version_5(store, tmp_path / "old.db")
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with open_store(url(tmp_path / "old.db")) as migrated:
        assert board_digest(migrated) == board_digest(store)
        with pytest.raises(StoreError, match="have no seal"):
            require_sealed(migrated)
        seal_store(migrated)
        require_sealed(migrated)


def test_a_new_key_takes_over_what_the_earlier_one_sealed(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, OTHER)
    monkeypatch.setenv(EARLIER_KEY_VARIABLE, KEY)
    with open_store(url(sealed)) as store:
        require_sealed(store)
        fill(store, 3, model="later")
    monkeypatch.delenv(EARLIER_KEY_VARIABLE)
    with open_store(url(sealed)) as store:
        require_sealed(store)
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with open_store(url(sealed)) as store, pytest.raises(StoreError, match="another key"):
        require_sealed(store)


def test_a_new_key_does_not_take_over_what_was_edited(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rewrite_replies(sealed)
    monkeypatch.setenv(KEY_VARIABLE, OTHER)
    monkeypatch.setenv(EARLIER_KEY_VARIABLE, KEY)
    with pytest.raises(StoreError, match="were changed without the key"):
        open_store(url(sealed))


def test_repair_deletes_what_does_not_fit_and_the_rest_is_whole(sealed: Path) -> None:
    with open_store(url(sealed)) as store:
        n = check(store).n_replies
    execute(sealed, "UPDATE replies SET created = '2020' WHERE rowid = 2", "DELETE FROM replies WHERE rowid = 1")
    with open_store(url(sealed)) as store:
        assert repair(store).n_repaired == 1
        require_sealed(store)
        assert check(store).n_replies == n - 2
        fill(store, 12)
        require_sealed(store)
        assert check(store).n_replies == n


def test_an_export_of_a_sealed_store_is_sealed(sealed: Path, tmp_path: Path) -> None:
    with open_store(url(sealed)) as store:
        export_store(store, tmp_path / "a.jsonl")
    with open_store(url(tmp_path / "elsewhere.db")) as store:
        assert import_store(store, tmp_path / "a.jsonl").n_unsealed == 0
        require_sealed(store)
        # once more, into a store that has all of it
        import_store(store, tmp_path / "a.jsonl")
        require_sealed(store)


def test_an_export_that_was_changed_is_refused_and_one_without_a_seal_is_not_sealed(
    sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(url(sealed)) as store:
        export_store(store, tmp_path / "a.jsonl")
    monkeypatch.delenv(KEY_VARIABLE)
    with open_store(url(tmp_path / "forged.db")) as store:
        import_store(store, tmp_path / "a.jsonl")
    rewrite_replies(tmp_path / "forged.db")
    with open_store(url(tmp_path / "forged.db")) as store:
        export_store(store, tmp_path / "b.jsonl")
    lines, forged = ((tmp_path / name).read_bytes().splitlines(keepends=True) for name in ("a.jsonl", "b.jsonl"))
    (tmp_path / "c.jsonl").write_bytes(b"".join([*forged[:-1], lines[-1]]))
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with open_store(url(tmp_path / "new.db")) as store:
        with pytest.raises(InputError, match="the export was changed since it was sealed"):
            import_store(store, tmp_path / "c.jsonl")
        require_sealed(store)
        assert import_store(store, tmp_path / "b.jsonl").n_unsealed > 0
        with pytest.raises(StoreError, match="have no seal"):
            require_sealed(store)


def test_an_edited_store_is_not_exported_as_a_genuine_one(sealed: Path, tmp_path: Path) -> None:
    rewrite_replies(sealed)
    with open_store(url(sealed)) as store, pytest.raises(StoreError, match="were changed without the key"):
        export_store(store, tmp_path / "a.jsonl")
    assert not (tmp_path / "a.jsonl").exists()


def test_a_short_key_is_refused_and_no_key_is_shown_or_kept(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert KEY.encode() not in sealed.read_bytes()
    with open_store(url(sealed)) as store:
        assert KEY not in repr(store.seal_keys) and KEY not in repr(vars(store))
    monkeypatch.setenv(KEY_VARIABLE, "short")
    with pytest.raises(ConfigError, match="has 5 characters, and needs at least 32") as refused:
        open_store(url(sealed))
    assert "short" not in str(refused.value)
    monkeypatch.setenv(KEY_VARIABLE, "  ")
    with open_store(url(sealed)) as store:
        assert store.seal_keys is None
    with open_store(url(sealed)) as store, pytest.raises(ConfigError, match=f"{KEY_VARIABLE} is not set"):
        seal_store(store)
