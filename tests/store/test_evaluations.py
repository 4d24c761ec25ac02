"""The store keeps how far judges agree with people, and nothing replaces it."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from evalkit.errors import ConfigError, StoreError
from evalkit.store import Store, check, collect, open_store, repair, require_sealed, statistics
from evalkit.store.evaluations import evaluations_of, evidence_name, evidence_of
from evalkit.store.lasting import put_record
from evalkit.store.releases import releases_of
from evalkit.store.seal import KEY_VARIABLE
from evalkit.store.tables import evaluation_table, evidence_table
from evalkit.store.transfer import export_store, import_store
from tests.store.filling import JUDGE, board_digest, fill, put_evaluation, put_release, url
from tests.store.test_database import execute
from tests.store.test_opening import make_version_7


def test_what_was_measured_is_read_back_and_a_later_run_of_the_judge_changes_none_of_it(store: Store) -> None:
    later = put_evaluation(store, "auto_j", day=9)
    first = put_evaluation(store, "pandalm", evidence='{"version":1,"labels":[]}')
    other = put_evaluation(store, "auto_j", digest="another form")
    fill(store, 3)
    assert evaluations_of(store, judge_digest=JUDGE.digest) == [first, later]
    assert evaluations_of(store) == [other, first, later]
    assert evaluations_of(store, judge_digest="none") == []
    assert evidence_of(store, [first.evidence]) == {first.evidence: '{"version":1,"labels":[]}'}
    assert first.evidence == evidence_name('{"version":1,"labels":[]}') != later.evidence == other.evidence
    assert collect(store, keep_days=0, dry_run=False).n_plans == 0
    assert (statistics(store).n_evaluations, check(store).n_evaluations) == (3, 3)


def test_a_measurement_that_repeats_an_earlier_one_keeps_its_date(store: Store) -> None:
    first = put_evaluation(store, "auto_j")
    assert put_evaluation(store, "auto_j", day=9) == first
    assert put_evaluation(store, "auto_j", evidence="{}", day=9) != first
    assert [record.at.day for record in evaluations_of(store)] == [5, 9]


def test_a_name_of_labels_that_is_a_key_is_refused(store: Store) -> None:
    with pytest.raises(ConfigError, match="the name of the labels looks like a key"):
        put_evaluation(store, "sk-proj-" + "a1B2" * 12)
    assert evaluations_of(store) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE evaluations SET document = replace(document, '64.0', '94.0')", "an evaluation of judge .* is damaged"),
        ("UPDATE evaluations SET judge_digest = 'better'", "an evaluation of judge 'better' is damaged"),
        ("UPDATE evaluation_evidence SET document = '{}'", "the labels and verdicts of an evaluation are damaged"),
        ("DELETE FROM evaluation_evidence", "the labels and verdicts of an evaluation are damaged"),
    ],
)
def test_a_damaged_evaluation_is_told_and_a_repair_takes_it_away(
    store: Store, tmp_path: Path, statement: str, said: str
) -> None:
    put_evaluation(store, "auto_j")
    execute(tmp_path / "store.db", statement)
    with pytest.raises(StoreError, match=said):
        evidence_of(store, [one.evidence for one in evaluations_of(store)])
    assert not check(store).sound
    assert repair(store).n_repaired
    assert check(store).sound
    assert evaluations_of(store) == []
    put_evaluation(store, "auto_j")
    assert check(store).sound


def test_an_evaluation_under_the_digest_of_another_judge_is_told(store: Store, tmp_path: Path) -> None:
    put_evaluation(store, "auto_j")
    with store.connect() as connection:
        row = dict(connection.execute(sa.select(evaluation_table)).mappings().one())
    # a digest that fits an edited row: only the document itself can contradict it
    row["judge_digest"] = "better"
    del row["evaluation"]
    with store.transaction() as connection:
        connection.execute(sa.delete(evaluation_table))
        put_record(connection, evaluation_table, row, '{"version":1}')
    with pytest.raises(StoreError, match="an evaluation of judge 'better' is filed under another's name"):
        evaluations_of(store)


def test_a_seal_covers_evaluations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "a key of the tests, and of nobody else")
    with open_store(url(tmp_path / "store.db")) as store:
        put_evaluation(store, "auto_j")
        put_evaluation(store, "pandalm")
        require_sealed(store)
        with store.connect() as connection:
            for table in (evaluation_table, evidence_table):
                assert connection.execute(sa.select(table.c.seal).where(table.c.seal.is_(None))).all() == []
        execute(tmp_path / "store.db", "DELETE FROM evaluations WHERE document LIKE '%pandalm%'")
        with pytest.raises(StoreError, match="sealed rows were removed"):
            require_sealed(store)


def test_a_store_of_the_layout_before_evaluations_is_migrated_with_none(store: Store, tmp_path: Path) -> None:
    fill(store, 4)
    release = put_release(store, "v1")
    path = tmp_path / "old.db"
    make_version_7(store, path)
    with open_store(url(path)) as migrated:
        assert evaluations_of(migrated) == []
        assert board_digest(migrated) == board_digest(store)
        assert releases_of(migrated) == releases_of(store) == [release]
        kept = put_evaluation(migrated, "auto_j")
        assert evaluations_of(migrated) == [kept]
        assert check(migrated).sound


def test_evaluations_go_to_another_machine_with_their_evidence(store: Store, tmp_path: Path) -> None:
    kept = put_evaluation(store, "auto_j")
    export_store(store, tmp_path / "store.jsonl")
    with open_store(url(tmp_path / "new.db")) as new:
        own = put_evaluation(new, "pandalm", day=1)
        moved = import_store(new, tmp_path / "store.jsonl")
        assert (moved.n_evaluations, moved.n_evaluation_evidence) == (1, 0)
        assert evaluations_of(new) == [own, kept]
        assert evidence_of(new, [kept.evidence]) == {kept.evidence: '{"version":1}'}
        assert import_store(new, tmp_path / "store.jsonl").n_evaluations == 0
    execute(tmp_path / "store.db", "UPDATE evaluation_evidence SET document = '{}'")
    with pytest.raises(StoreError, match="evaluation_evidence .* is damaged"):
        export_store(store, tmp_path / "store.jsonl")
