"""What goes into a store comes out of it, and damage is noticed."""

import dataclasses
import os
import sqlite3
from pathlib import Path

import pytest

from evalkit.errors import StoreError
from evalkit.store import Batch, Store, open_store
from evalkit.types import ChatReply, ModelConfig, Prices
from tests.store.filling import BENCHMARK, JUDGE, batch, board_digest, fill, open_work, reply_to, url, work

REPLY = ChatReply("[[K]]\ud800\0é", ((("K", -0.1), ("T", -2.5)),), "stop", 10, 1, "served-model", 0.25)


def execute(path: Path, statement: str) -> None:
    """What happens to a file behind the store's back."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def test_a_reply_comes_back_as_it_went_in_surrogates_included(store: Store) -> None:
    (posed,) = open_work(store, work(store))
    store.commit(Batch(replies=[(posed.request, REPLY)]))
    assert store.replies([posed.request.key]) == {posed.request.key: REPLY}


def test_the_endpoints_answer_is_kept_to_the_letter(store: Store) -> None:
    first, second = open_work(store, work(store, 3))
    body = '{"choices": [ ],\n "odd": "\ud800"}'
    store.commit(Batch(replies=[(first.request, dataclasses.replace(REPLY, body=body)), (second.request, REPLY)]))
    assert store.body(first.request.key) == body
    assert store.body(second.request.key) is None


def test_a_reopened_store_has_the_same_secret_and_replies(store: Store, tmp_path: Path) -> None:
    posed = fill(store, 3)
    with open_store(url(tmp_path / "store.db")) as again:
        assert again.secret == store.secret
        assert set(again.replies(one.request.key for one in posed)) == {one.request.key for one in posed}


def test_a_failure_is_kept_with_its_latest_reason_and_never_served(store: Store) -> None:
    planned = work(store)
    (posed,) = open_work(store, planned)
    failures = [(posed.request, "first"), (posed.request, "latest: \ud800")]
    store.commit(Batch(failures=failures, places=[(planned.digest, posed.slot)]))
    assert store.replies([posed.request.key]) == {}
    assert list(store.answered(JUDGE.digest, benchmark=BENCHMARK)) == [(posed.slot, None, "latest: \\ud800")]


def test_a_damaged_reply_is_not_served_and_another_one_takes_its_place(store: Store, tmp_path: Path) -> None:
    planned = work(store)
    (posed,) = open_work(store, planned)
    store.commit(batch(planned, [posed]))
    execute(tmp_path / "store.db", "UPDATE replies SET reply = replace(reply, '[[', '[<')")
    assert store.replies([posed.request.key]) == {}
    ((_, reply, why),) = store.answered(JUDGE.digest, benchmark=BENCHMARK)
    assert reply is None
    assert why is not None and "damaged" in why
    claimed = store.commit(batch(planned, [posed]))
    assert claimed.duplicates == set()
    assert store.replies([posed.request.key]) == {posed.request.key: reply_to(posed)}


@pytest.mark.parametrize(
    "change",
    [
        "candidate_chars = candidate_chars + 1", "baseline_chars = 7", "cluster = 'x'", "rule = 'identical'",
        "labels = '[1'", "labels = NULL", "category = x'ff'", '"order" = \'sideways\'', "repeat = 'one'",
        "model = 'other'", "reply_key = 'x'", "failure = 'none'",
    ],
)  # fmt: skip
def test_a_damaged_place_is_never_counted_and_the_same_run_lays_it_out_again(
    store: Store, tmp_path: Path, change: str
) -> None:
    posed = fill(store, 6)
    before = board_digest(store)
    execute(tmp_path / "store.db", f"UPDATE asked SET {change} WHERE key = '{posed[1].slot.key}'")
    with pytest.raises(StoreError, match="is damaged. Run evalkit store check --repair") as error:
        board_digest(store)
    assert "\n" not in str(error.value)
    if "model" not in change:  # a place under another name is out of the run's sight
        fill(store, 6)
        assert board_digest(store) == before


@pytest.mark.parametrize("change", ["SET config = replace(config, '1.0', '3.0')", "SET name = 'x'", "SET digest = 'x'"])
def test_a_damaged_judge_is_named_and_no_board_is_built_with_it(store: Store, tmp_path: Path, change: str) -> None:
    fill(store, 4)
    execute(tmp_path / "store.db", f"UPDATE judges {change}")
    with pytest.raises(StoreError, match="the configuration of judge .* is damaged. Run evalkit store check --repair"):
        store.judges()


def test_a_judge_that_is_gone_is_missed(store: Store, tmp_path: Path) -> None:
    fill(store, 4)
    execute(tmp_path / "store.db", "DELETE FROM judges")
    with pytest.raises(StoreError, match=f"judge {JUDGE.digest} is lost"):
        store.judges()


def test_a_run_with_another_plan_takes_the_places_of_the_same_model(store: Store) -> None:
    fill(store, 8)
    fill(store, 3)
    assert len(list(store.answered(JUDGE.digest, benchmark=BENCHMARK))) == 3


def test_a_run_with_the_same_plan_leaves_the_places_as_they_are(store: Store) -> None:
    fill(store, 8)
    open_work(store, work(store, 8))
    replies = [reply for _, reply, _ in store.answered(JUDGE.digest, benchmark=BENCHMARK)]
    assert sum(reply is not None for reply in replies) == 7


def test_places_are_read_in_parts_without_losing_or_doubling_any(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, 11)
    fill(store, 7, model="other")
    monkeypatch.setattr("evalkit.store.database.CHUNK", 4)
    keys = [(slot.model, slot.key) for slot, _, _ in store.answered(JUDGE.digest, benchmark=BENCHMARK)]
    assert keys == sorted(set(keys))
    assert len(keys) == 18


def test_the_judge_comes_back_without_its_headers(store: Store) -> None:
    fill(store, 2, config=dataclasses.replace(JUDGE, headers={"X-Token": "secret"}))
    assert store.judges() == [JUDGE]


def test_the_file_is_readable_by_its_owner_only(store: Store, tmp_path: Path) -> None:
    assert os.stat(tmp_path / "store.db").st_mode & 0o077 == 0


def test_every_commit_is_forced_to_disk_with_a_journal_that_the_library_can_be_trusted_with(store: Store) -> None:
    with store.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        journal = "wal" if sqlite3.sqlite_version_info >= (3, 51, 3) else "truncate"
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == journal


def test_a_failed_commit_keeps_nothing_of_the_batch(store: Store) -> None:
    first, second = open_work(store, work(store, 3))
    with pytest.raises(StoreError, match="store.db"):
        store.commit(
            Batch(replies=[(first.request, REPLY)], places=[("plan", dataclasses.replace(second.slot, model="\ud800"))])
        )
    assert store.replies([first.request.key]) == {}


def test_a_place_comes_back_with_turn_measures_and_the_verdict_on_record(store: Store) -> None:
    planned = work(store)
    (place,) = planned.places()
    kept = dataclasses.replace(
        place.slot,
        turn=2,
        recorded=0.75,
        baseline_measures={"tokens": 7.0, "bold": 0.0},
        candidate_measures={"lists": 1.5},
        failure="no reply é",
    )
    store.open_places(planned.config, planned.group, planned.digest, [kept])
    assert list(store.answered(JUDGE.digest, benchmark=BENCHMARK)) == [(kept, None, None)]


@pytest.mark.parametrize("column", ["recorded", "turn", "baseline_measures", "candidate_measures"])
def test_a_place_whose_new_columns_are_damaged_is_told(store: Store, tmp_path: Path, column: str) -> None:
    fill(store, 2)
    execute(tmp_path / "store.db", f"UPDATE asked SET {column} = '7' WHERE key = 'k001'")
    with pytest.raises(StoreError, match="instruction 'k001'.* is damaged"):
        list(store.answered(JUDGE.digest, benchmark=BENCHMARK))


def test_judges_and_models_are_kept_side_by_side_and_only_judges_are_told_for_such(store: Store) -> None:
    planned = work(store)
    judge = dataclasses.replace(
        planned.config, name="foreign", digest="foreign", labels=("A", "B"), fence=False, asks="grade"
    )
    model = ModelConfig(name="mine", client="openai", model="tiny", system="Be brief.", prices=Prices(1, 2), digest="m")
    for config in (judge, model):
        store.open_places(config, dataclasses.replace(planned.group, digest=config.digest), planned.digest, [])
    assert {config.digest: config for config in store.configs()} == {"foreign": judge, "m": model}
    assert store.judges() == [judge]
