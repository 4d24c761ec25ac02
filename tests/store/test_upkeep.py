"""Checking, collecting and counting what a store holds."""

import dataclasses
import datetime
import json
from pathlib import Path

import pytest

from evalkit.errors import StoreError
from evalkit.store import UNREADABLE, Batch, Store, open_store
from evalkit.store.upkeep import check, collect, repair, statistics
from evalkit.types import ChatRequest
from tests.cli.running import evalkit
from tests.store.filling import (
    BENCHMARK,
    JUDGE,
    batch,
    board_digest,
    fill,
    open_work,
    put_document,
    put_plan,
    scores,
    url,
    work,
)
from tests.store.test_database import execute
from tests.store.test_opening import dead_pid


def age(path: Path, days: int) -> None:
    then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)
    execute(path, f"UPDATE replies SET created = '{then.isoformat(timespec='seconds')}'")


def test_a_sound_store_checks_out_with_its_counts(store: Store) -> None:
    fill(store, 6)
    checked = check(store)
    assert checked.sound
    assert (checked.n_replies, checked.n_places, checked.n_judges, checked.n_failures) == (5, 6, 1, 0)


def test_live_and_dead_runs_are_told_apart(store: Store, tmp_path: Path) -> None:
    posed = open_work(store, work(store, 6))
    store.enter("dead", concurrency=4)
    store.commit(Batch(wanted=[one.request.key for one in posed]))
    execute(tmp_path / "store.db", f"UPDATE owners SET pid = {dead_pid()}")
    with open_store(url(tmp_path / "store.db")) as other:
        assert (check(other).n_live_runs, check(other).n_dead_runs, check(other).n_dead_leases) == (0, 1, 5)
        other.enter("live", concurrency=4)
        assert (check(other).n_live_runs, check(other).n_dead_runs, check(other).n_dead_leases) == (1, 0, 0)


def test_a_repair_takes_away_what_is_damaged_and_the_run_puts_it_back(store: Store, tmp_path: Path) -> None:
    fill(store, 12)
    before = board_digest(store)
    path = tmp_path / "store.db"
    for statement in (
        "UPDATE replies SET reply = replace(reply, 'of 3:', 'of 4:')",
        "UPDATE replies SET body = '{' WHERE reply LIKE '%of 5:%'",
        "UPDATE asked SET model = 'nobody' WHERE rowid = 2",
        "UPDATE asked SET candidate_chars = 1 WHERE rowid IN (3, 4)",
    ):
        execute(path, statement)
    assert [one.table for one in check(store).damaged] == ["replies"] * 2 + ["asked"] * 3
    assert repair(store).n_repaired == 5
    assert check(store).sound
    assert len(list(store.answered(JUDGE.digest, benchmark=BENCHMARK))) == 9
    fill(store, 12)
    assert board_digest(store) == before


def test_a_repair_takes_the_places_of_a_lost_judge_along_and_leaves_the_replies(store: Store, tmp_path: Path) -> None:
    posed = fill(store, 6)
    execute(tmp_path / "store.db", "UPDATE judges SET name = 'x'")
    repaired = repair(store)
    assert (repaired.n_repaired, repaired.n_places, repaired.n_replies) == (7, 0, 5)
    assert len(store.replies(one.request.key for one in posed)) == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents SET heading = '{}' WHERE name = 'a.jsonl'",
        "UPDATE records SET record = '{}' WHERE name = 'a.jsonl' AND position = 1",
        "UPDATE records SET position = 7 WHERE name = 'a.jsonl' AND position = 1",
    ],
)
def test_a_repair_takes_a_damaged_document_away_whole(store: Store, tmp_path: Path, statement: str) -> None:
    put_document(store, "a.jsonl", [1, 2])
    put_document(store, "b.jsonl", [1, 2, 3])
    assert (check(store).n_documents, check(store).n_records) == (2, 5)
    execute(tmp_path / "store.db", statement)
    (damaged,) = check(store).damaged
    assert damaged.key.startswith("mt_bench / judgments / a.jsonl")
    assert repair(store).n_repaired == 3
    assert check(store).sound
    assert scores(store) == {"b.jsonl": [1, 2, 3]}


def test_a_damaged_plan_is_told_and_repaired_and_the_places_stay(store: Store, tmp_path: Path) -> None:
    fill(store, 6)
    record = put_plan(store, 6)
    before = board_digest(store)
    execute(tmp_path / "store.db", "UPDATE plans SET plan = 'x'")
    (damaged,) = check(store).damaged
    assert (damaged.table, damaged.key) == ("plans", f"bench / {JUDGE.digest} / base / cand")
    with pytest.raises(StoreError, match="the plan of model 'cand' .* is damaged. Run evalkit store check --repair"):
        board_digest(store)
    assert (repair(store).n_repaired, check(store).n_plans, check(store).n_places) == (1, 0, 6)
    assert board_digest(store) == before
    assert put_plan(store, 6) == record == store.plan_of(work(store, 6).group)


def test_a_damaged_plan_is_replaced_by_the_next_run(store: Store, tmp_path: Path) -> None:
    record = put_plan(store, 6)
    execute(tmp_path / "store.db", "UPDATE plans SET document = 'x'")
    put_plan(store, 6)
    assert store.plan_of(work(store, 6).group) == record


def test_plans_without_places_are_collected(store: Store) -> None:
    fill(store, 6)
    put_plan(store, 6)
    put_plan(store, 6, model="nobody")
    assert collect(store, keep_days=30, dry_run=True).n_plans == 1
    assert collect(store, keep_days=30, dry_run=False).n_plans == 1
    assert [group.model for group in store.plans(benchmark=BENCHMARK)] == ["cand"]
    assert statistics(store).n_plans == 1


def test_a_store_in_use_is_neither_repaired_nor_collected(store: Store) -> None:
    store.enter("run", concurrency=1)
    with pytest.raises(StoreError, match="in use by process"):
        repair(store)
    with pytest.raises(StoreError, match="in use by process"):
        collect(store, keep_days=0, dry_run=False)


def test_replies_that_nothing_refers_to_go_when_they_are_old(store: Store, tmp_path: Path) -> None:
    fill(store, 12)
    fill(store, 4)
    before = board_digest(store)
    assert collect(store, keep_days=30, dry_run=False).n_replies == 0
    age(tmp_path / "store.db", 31)
    assert collect(store, keep_days=30, dry_run=True).n_replies == 8
    assert statistics(store).n_unreferenced == 8
    assert collect(store, keep_days=30, dry_run=False).n_replies == 8
    assert board_digest(store) == before
    assert statistics(store).n_replies == 3


def test_the_file_shrinks_by_what_was_collected(store: Store, tmp_path: Path) -> None:
    fill(store, 400)
    fill(store, 4)
    size = (tmp_path / "store.db").stat().st_size
    collected = collect(store, keep_days=0, dry_run=False)
    assert collected.n_replies == 396
    assert collected.n_bytes == size - (tmp_path / "store.db").stat().st_size > size / 3


def test_outdated_failures_go_and_the_latest_ones_of_open_places_stay(store: Store) -> None:
    planned = work(store, 6)
    posed = open_work(store, planned)
    asked = batch(planned, posed)
    store.commit(Batch(failures=[(one.request, "busy") for one in posed], places=asked.places))
    store.commit(Batch(replies=asked.replies[:3]))
    store.commit(Batch(failures=[(work_of_nobody(store), "busy")]))
    assert collect(store, keep_days=30, dry_run=False).n_failures == 4
    assert list(store.failures(one.request.key for one in posed)) == [one.request.key for one in posed[3:]]


def work_of_nobody(store: Store) -> ChatRequest:
    planned = work(store, 1, model="nobody")
    return planned.pose(next(planned.places())).request


def test_a_reply_without_a_verdict_stays_as_it_leads_on_to_the_next_question(store: Store, tmp_path: Path) -> None:
    planned = work(store, 3)
    posed = open_work(store, planned)
    (place,) = [place for place in planned.places() if place.slot.key == posed[0].slot.key]
    again = planned.pose(place, reask=1)
    store.commit(Batch(batch(planned, [posed[0]]).replies, [(posed[0].request, UNREADABLE)]))
    store.commit(batch(planned, [again]))
    age(tmp_path / "store.db", 31)
    collected = collect(store, keep_days=30, dry_run=False)
    assert (collected.n_replies, collected.n_failures) == (0, 0)
    assert store.commit(Batch(wanted=[posed[0].request.key])).unreadable == {posed[0].request.key}


def test_what_killed_runs_left_is_collected(store: Store, tmp_path: Path) -> None:
    posed = open_work(store, work(store, 6))
    store.enter("dead", concurrency=4)
    (tmp_path / f"store.db-reserve-{dead_pid()}").touch()
    store.commit(Batch(wanted=[one.request.key for one in posed]))
    execute(tmp_path / "store.db", f"UPDATE owners SET pid = {dead_pid()}")
    for dry_run in (True, False):
        collected = collect(store, keep_days=30, dry_run=dry_run)
        assert (collected.n_dead_runs, collected.n_dead_leases, collected.n_reserve_files) == (1, 5, 1)
    assert [path.name for path in tmp_path.iterdir() if "reserve" in path.name] == []
    assert check(store).n_dead_runs == 0


def test_statistics_count_places_and_price_what_fills_them(store: Store, tmp_path: Path) -> None:
    fill(store, 6)
    planned = work(store, 6, model="other")
    posed = open_work(store, planned)
    store.commit(batch(planned, posed[:2]))
    found = statistics(store)
    assert [(one.model, one.n_replied, one.n_by_rule, one.n_missing) for one in found.filling] == [
        ("cand", 5, 1, 0),
        ("other", 2, 1, 3),
    ]
    (spent,) = found.spending
    assert (spent.n_replies, spent.prompt_tokens, spent.completion_tokens, spent.n_uncounted) == (7, 700, 70, 0)
    assert spent.cost == pytest.approx((700 * 1.0 + 70 * 10.0) / 1e6)
    assert found.n_bytes == (tmp_path / "store.db").stat().st_size


def test_a_verdict_on_record_fills_its_place_and_costs_nothing(store: Store) -> None:
    planned = work(store, 3)
    recorded = [dataclasses.replace(place.slot, recorded=1) for place in planned.places() if place.subject is not None]
    store.open_places(planned.config, planned.group, planned.digest, recorded)
    put_document(store, "a.jsonl", [1, 2])
    assert check(store).sound
    found = statistics(store)
    assert [(one.n_replied, one.n_missing) for one in found.filling] == [(2, 0)]
    assert [(one.n_replies, one.cost) for one in found.spending] == [(0, 0.0)]
    assert (found.n_documents, found.n_records) == (1, 2)


def test_the_commands_say_what_they_found_and_how_to_cure_it(store: Store, tmp_path: Path) -> None:
    fill(store, 12)
    address = ("--store", url(tmp_path / "store.db"))
    assert json.loads(evalkit("store", "stats", *address, "--json", cwd=tmp_path).stdout)["n_replies"] == 11
    execute(tmp_path / "store.db", "UPDATE replies SET reply = replace(reply, 'of 3:', 'of 4:')")
    damaged = evalkit("store", "check", *address, "--json", cwd=tmp_path)
    assert damaged.returncode == 2
    assert json.loads(damaged.stdout)["damaged"][0]["table"] == "replies"
    assert damaged.stderr.count("\n") == 1
    assert "Run evalkit store check --repair" in damaged.stderr
    repaired = evalkit("store", "check", "--repair", *address, cwd=tmp_path)
    assert (repaired.returncode, repaired.stderr) == (0, "")
    assert "repaired: 1" in repaired.stdout
    assert evalkit("store", "check", *address, cwd=tmp_path).returncode == 0


def test_no_command_but_an_import_makes_a_store(tmp_path: Path) -> None:
    done = evalkit("store", "stats", cwd=tmp_path)
    assert done.returncode == 2
    assert "no store yet" in done.stderr
    assert list(tmp_path.iterdir()) == []
