"""A store goes to another machine whole, or not at all."""

import dataclasses
import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from evalkit.errors import InputError, StoreError
from evalkit.store import UNREADABLE, Batch, Store, open_store
from evalkit.store.evaluations import evaluations_of
from evalkit.store.releases import releases_of
from evalkit.store.tables import asked_table, plan_table
from evalkit.store.transfer import export_store, import_store
from evalkit.store.upkeep import check
from tests.cli.running import evalkit
from tests.rig import mock_judge, write_judge, write_outputs
from tests.store.filling import (
    BENCHMARK,
    batch,
    board_digest,
    fill,
    open_work,
    put_document,
    put_evaluation,
    put_plan,
    put_release,
    scores,
    url,
    work,
)
from tests.store.test_database import execute
from tests.store.test_opening import COVERED, COVERED_IN_3, places_of

ADDED_IN_7 = ("releases", "release_verdicts")
ADDED_IN_8 = ("evaluations", "evaluation_evidence")
ADDED_SINCE = ("documents", "records", "plans", *ADDED_IN_7, *ADDED_IN_8)


def full(store: Store) -> None:
    """Something in every table, a question that was asked again and one that failed among it."""
    fill(store, 12)
    planned = work(store, 8, model="other")
    posed = open_work(store, planned)
    notes = [(posed[0].request, UNREADABLE), (posed[5].request, "rejected: \ud800"), (posed[5].request, "busy")]
    answered = batch(planned, posed[:5])
    store.commit(Batch(answered.replies, notes, [*answered.places, (planned.digest, posed[5].slot)]))
    put_document(store, "gpt.jsonl", [7, 8])
    put_plan(store, 12)
    put_plan(store, 8, model="other")
    put_release(store, "v1")
    put_release(store, "v2")
    put_evaluation(store, "auto_j")


@pytest.mark.parametrize("name", ["store.jsonl", "store.jsonl.gz"])
def test_an_imported_store_is_the_same_store(store: Store, tmp_path: Path, name: str) -> None:
    full(store)
    moved = export_store(store, tmp_path / name)
    with open_store(url(tmp_path / "new" / "store.db")) as new:
        assert import_store(new, tmp_path / name) == moved
        assert new.secret == store.secret
        assert board_digest(new) == board_digest(store)
        assert scores(new) == scores(store) == {"gpt.jsonl": [7, 8]}
        assert new.plans(benchmark=BENCHMARK) == store.plans(benchmark=BENCHMARK)
        assert (moved.n_plans, check(new).n_plans) == (2, 2)
        assert releases_of(new) == releases_of(store)
        assert (moved.n_releases, moved.n_release_verdicts, check(new).n_releases) == (2, 1, 2)
        assert evaluations_of(new) == evaluations_of(store)
        assert (moved.n_evaluations, moved.n_evaluation_evidence, check(new).n_evaluations) == (1, 1, 1)
        assert check(new).sound
        export_store(new, tmp_path / f"again-{name}")
    assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()
    with open_store(url(tmp_path / "new" / "store.db")) as reopened:
        assert reopened.secret == store.secret


def test_an_export_is_private_and_appears_whole(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full(store)
    path = tmp_path / "out" / "store.jsonl.gz"
    export_store(store, path)
    assert path.stat().st_mode & 0o077 == 0
    before = path.read_bytes()
    execute(tmp_path / "store.db", "UPDATE asked SET candidate_chars = 1 WHERE rowid = 20")
    with pytest.raises(StoreError, match="asked .* is damaged. Run evalkit store check --repair"):
        export_store(store, path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["store.jsonl.gz"]


def test_a_second_import_changes_nothing(store: Store, tmp_path: Path) -> None:
    full(store)
    export_store(store, tmp_path / "store.jsonl")
    before = board_digest(store)
    moved = import_store(store, tmp_path / "store.jsonl")
    assert (moved.n_replies, moved.n_failures, moved.n_judges, moved.n_places_left_out) == (0, 0, 0, 0)
    assert (moved.n_documents, moved.n_records, moved.n_plans) == (0, 0, 0)
    assert board_digest(store) == before
    export_store(store, tmp_path / "again.jsonl")
    assert (tmp_path / "store.jsonl").read_bytes() == (tmp_path / "again.jsonl").read_bytes()


def test_two_machines_that_shared_a_secret_complete_each_other(store: Store, tmp_path: Path) -> None:
    planned = work(store, 12)
    posed = open_work(store, planned)
    export_store(store, tmp_path / "empty.jsonl")
    with open_store(url(tmp_path / "other.db")) as other:
        import_store(other, tmp_path / "empty.jsonl")
        other.commit(batch(planned, posed[:6]))
        export_store(other, tmp_path / "half.jsonl")
    first = batch(planned, posed[4:], first=4)
    first.failures = [(posed[0].request, "busy")]
    store.commit(first)
    moved = import_store(store, tmp_path / "half.jsonl")
    assert (moved.n_replies, moved.n_places) == (4, 4)
    with open_store(url(tmp_path / "alone.db")) as alone:
        alone.secret = store.secret
        fill(alone, 12)
        assert board_digest(store) == board_digest(alone)


def test_places_of_another_plan_are_left_out(store: Store, tmp_path: Path) -> None:
    fill(store, 12)
    put_plan(store, 12)
    export_store(store, tmp_path / "store.jsonl")
    fill(store, 5)
    assert store.plans(benchmark=BENCHMARK) == {}, "a plan goes with its places"
    before = board_digest(store)
    moved = import_store(store, tmp_path / "store.jsonl")
    assert (moved.n_places_left_out, moved.n_plans) == (12, 0)
    assert board_digest(store) == before


def test_places_that_had_no_plan_get_it_from_an_import(store: Store, tmp_path: Path) -> None:
    fill(store, 12)
    record = put_plan(store, 12)
    export_store(store, tmp_path / "store.jsonl")
    with store.transaction() as connection:
        connection.execute(sa.delete(plan_table))
    assert import_store(store, tmp_path / "store.jsonl").n_plans == 1
    assert list(store.plans(benchmark=BENCHMARK).values()) == [record]


def test_a_store_with_a_damaged_plan_is_not_exported(store: Store, tmp_path: Path) -> None:
    full(store)
    execute(tmp_path / "store.db", "UPDATE plans SET document = replace(document, '\"seed\": 0', '\"seed\": 1')")
    with pytest.raises(StoreError, match="plans .* is damaged"):
        export_store(store, tmp_path / "store.jsonl")


def test_an_export_of_version_3_is_imported(store: Store, tmp_path: Path) -> None:
    full(store)
    export_store(store, tmp_path / "store.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "store.jsonl").read_text().splitlines()]
    lines[0]["version"] = 3
    later = ("plans", *ADDED_IN_7, *ADDED_IN_8)
    lines[-1]["end"] = {name: n for name, n in lines[-1]["end"].items() if name not in later}
    kept = [without_blanks(line) for line in lines if line.get("table") not in later]
    (tmp_path / "old.jsonl").write_bytes(b"".join(map(signed, kept)))
    with open_store(url(tmp_path / "new.db")) as new:
        moved = import_store(new, tmp_path / "old.jsonl")
        assert (moved.n_places, moved.n_records, moved.n_plans) == (20, 2, 0)
        assert board_digest(new) == board_digest(store)
        assert check(new).sound


def without_blanks(line: dict[str, Any]) -> dict[str, Any]:
    """A line as versions 3 and 4 wrote it."""
    if line.get("table") == "replies":
        return without_exchange(line)
    if line.get("table") != "asked":
        return line
    row = {name: line["row"][name] for name in (*COVERED_IN_3, "plan")}
    covered = json.dumps([row[name] for name in COVERED_IN_3])
    return {**line, "row": {**row, "checksum": hashlib.sha256(covered.encode()).hexdigest()[:16]}}


def without_exchange(line: dict[str, Any]) -> dict[str, Any]:
    """The line of a reply as versions before 6 wrote it."""
    row = {name: value for name, value in line["row"].items() if name != "exchange"}
    checksum = hashlib.sha256(f"{row['key']}\n{row['reply']}".encode()).hexdigest()[:16]
    return {**line, "row": {**row, "checksum": checksum}}


def test_replies_under_another_secret_are_refused_with_the_cure(store: Store, tmp_path: Path) -> None:
    full(store)
    export_store(store, tmp_path / "store.jsonl")
    with open_store(url(tmp_path / "other.db")) as other:
        fill(other, 3)
        before = (tmp_path / "other.db").read_bytes()
        with pytest.raises(StoreError, match=r"other\.db: holds replies .* another secret.*Import into a new store"):
            import_store(other, tmp_path / "store.jsonl")
        assert (tmp_path / "other.db").read_bytes() == before


def test_nothing_is_imported_under_a_live_run(store: Store, tmp_path: Path) -> None:
    export_store(store, tmp_path / "store.jsonl")
    store.enter("run", concurrency=1)
    with pytest.raises(StoreError, match="in use by process"):
        import_store(store, tmp_path / "store.jsonl")


def test_a_torn_or_damaged_export_is_refused_with_its_line_and_nothing_is_imported(
    store: Store, tmp_path: Path
) -> None:
    full(store)
    export_store(store, tmp_path / "whole.jsonl")
    content = (tmp_path / "whole.jsonl").read_bytes()
    path = tmp_path / "torn.jsonl"
    lines = content.splitlines(keepends=True)
    with open_store(url(tmp_path / "new.db")) as new:
        before = (tmp_path / "new.db").read_bytes()

        def refused(damaged: bytes) -> str:
            path.write_bytes(damaged)
            with pytest.raises(InputError, match="torn.jsonl") as error:
                import_store(new, path)
            assert (tmp_path / "new.db").read_bytes() == before
            return str(error.value)

        for length in range(0, len(content), 331):
            refused(content[:length])
        for offset in range(5, len(content), 997):
            line = content[:offset].count(b"\n") + 1
            said = refused(content[:offset] + bytes([content[offset] ^ 1]) + content[offset + 1 :])
            assert f"line {line}" in said or f"line {line + 1}" in said
        assert "last line is missing" in refused(b"".join(lines[:-1]))
        assert f"line {len(lines) - 1}: lines are missing" in refused(b"".join([*lines[:3], *lines[4:]]))
        assert "lines are missing or doubled" in refused(content + lines[-1])
        assert "not the export of a store" in refused(b"".join(lines[1:]))
        assert "cannot be read after line" in refused(gzip.compress(content)[:-40])
        assert "line 1: torn" in refused(b"hello\n")


def test_of_two_documents_of_one_name_the_stores_own_stays_whole(store: Store, tmp_path: Path) -> None:
    put_document(store, "same.jsonl", [1, 2, 3])
    put_document(store, "other.jsonl", [4])
    export_store(store, tmp_path / "store.jsonl")
    with open_store(url(tmp_path / "other.db")) as other:
        put_document(other, "same.jsonl", [1])
        moved = import_store(other, tmp_path / "store.jsonl")
        assert (moved.n_documents, moved.n_records) == (1, 1)
        assert scores(other) == {"same.jsonl": [1], "other.jsonl": [4]}


@pytest.mark.parametrize("table", ["documents", "records"])
def test_a_store_with_a_damaged_document_is_not_exported(store: Store, tmp_path: Path, table: str) -> None:
    put_document(store, "gpt.jsonl", [1, 2])
    execute(tmp_path / "store.db", f"UPDATE {table} SET name = 'x' WHERE rowid = 1")
    with pytest.raises(StoreError, match=f"{table} mt_bench / judgments / x.* is damaged"):
        export_store(store, tmp_path / "store.jsonl")


def as_version_2(path: Path) -> list[bytes]:
    """The lines of an export as version 2 wrote them; documents and plans it would not have had."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0]["version"] = 2
    kept = [line for line in lines if line.get("table") not in ADDED_SINCE]
    for line in kept:
        if line.get("table") == "replies":
            line.update(without_exchange(line))
        if line.get("table") == "asked":
            line["row"] = {name: line["row"][name] for name in (*COVERED, "plan")}
            covered = json.dumps([line["row"][name] for name in COVERED])
            line["row"]["checksum"] = hashlib.sha256(covered.encode()).hexdigest()[:16]
    kept[-1]["end"] = {name: n for name, n in kept[-1]["end"].items() if name not in ADDED_SINCE}
    return [signed(line) for line in kept]


def signed(line: dict[str, Any]) -> bytes:
    document = {name: value for name, value in line.items() if name != "sha256"}
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]
    return json.dumps({**document, "sha256": digest}).encode() + b"\n"


def test_an_export_of_the_version_before_is_imported(store: Store, tmp_path: Path) -> None:
    full(store)
    export_store(store, tmp_path / "store.jsonl")
    old = as_version_2(tmp_path / "store.jsonl")
    (tmp_path / "old.jsonl").write_bytes(b"".join(old))
    with open_store(url(tmp_path / "new.db")) as new:
        moved = import_store(new, tmp_path / "old.jsonl")
        assert (moved.n_replies, moved.n_places, moved.n_documents) == (16, 20, 0)
        assert board_digest(new) == board_digest(store)
        assert check(new).sound
        known = [dataclasses.replace(one, baseline_blanks=None, candidate_blanks=None) for one in places_of(store)]
        assert places_of(new) == known


def test_a_damaged_place_in_an_export_of_the_version_before_is_refused(store: Store, tmp_path: Path) -> None:
    full(store)
    export_store(store, tmp_path / "store.jsonl")
    old = as_version_2(tmp_path / "store.jsonl")
    number = next(number for number, line in enumerate(old) if json.loads(line).get("table") == "asked")
    document = json.loads(old[number])
    document["row"]["candidate_chars"] += 1
    (tmp_path / "old.jsonl").write_bytes(b"".join([*old[:number], signed(document), *old[number + 1 :]]))
    with (
        open_store(url(tmp_path / "new.db")) as new,
        pytest.raises(InputError, match=f"line {number + 1}: asked .*damaged"),
    ):
        import_store(new, tmp_path / "old.jsonl")


def test_a_place_that_an_import_fills_is_taken_over_whole(store: Store, tmp_path: Path) -> None:
    planned = work(store, 6)
    posed = open_work(store, planned)
    export_store(store, tmp_path / "empty.jsonl")
    with open_store(url(tmp_path / "other.db")) as other:
        import_store(other, tmp_path / "empty.jsonl")
        # of the same plan, with other measures
        measured = [dataclasses.replace(one.slot, candidate_measures={"tokens": 9.0}) for one in posed]
        with other.transaction() as connection:
            connection.execute(sa.delete(asked_table))
        other.open_places(planned.config, planned.group, planned.digest, measured)
        filled = batch(planned, posed)
        other.commit(Batch(filled.replies, places=[(planned.digest, one) for one in measured]))
        export_store(other, tmp_path / "full.jsonl")
    import_store(store, tmp_path / "full.jsonl")
    assert check(store).sound


def test_an_export_of_a_version_to_come_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalkit.store.transfer.SCHEMA_VERSION", 9)
    export_store(store, tmp_path / "store.jsonl")
    monkeypatch.undo()
    with pytest.raises(InputError, match="an export of version 9; this evalkit reads versions 2 to 8"):
        import_store(store, tmp_path / "store.jsonl")


def board_and_repeat(folder: Path, command: list[object], results: str) -> tuple[str, str]:
    """What the board of a store says it is, and how many replies a repeated run took from the store."""
    board = evalkit("leaderboard", "--results", results, "--verbose", cwd=folder)
    assert board.returncode == 0, board.stderr
    again = evalkit(*command, "--results", results, cwd=folder, OPENAI_API_KEY="k")
    assert again.returncode == 0, again.stderr
    (digest,) = re.findall(r"sha256 (\w+)", board.stderr)
    (taken,) = re.findall(r"(\d+ of \d+ replies, .*)", again.stderr)
    return digest, taken


@pytest.mark.parametrize("kind", ["surface", "mock"])
def test_on_another_machine_the_board_is_the_same_and_nothing_is_asked_again(tmp_path: Path, kind: str) -> None:
    baseline, candidate = write_outputs(tmp_path, "base", 30), write_outputs(tmp_path, "cand", 30, seed=1)
    with mock_judge(tmp_path / "mock") as judge:
        name = "surface" if kind == "surface" else write_judge(tmp_path, judge.url, plain_http=True)
        command: list[object] = ["annotate", candidate, "--baseline", baseline, "--judge", name]
        first = evalkit(*command, "--results", "here", cwd=tmp_path, OPENAI_API_KEY="k")
        assert first.returncode == 0, first.stderr
        n_asked = len(judge.ledger())
        assert n_asked == (0 if kind == "surface" else 30)
        for words in (
            ("export", "moved.jsonl.gz", "--results", "here"),
            ("import", "moved.jsonl.gz", "--results", "there"),
        ):
            done = evalkit("store", *words, cwd=tmp_path)
            assert done.returncode == 0, done.stderr
        here, there = (board_and_repeat(tmp_path, command, results) for results in ("here", "there"))
        assert here == there
        assert there[1].startswith("30 of 30 replies, 30 from the store")
        assert len(judge.ledger()) == n_asked
