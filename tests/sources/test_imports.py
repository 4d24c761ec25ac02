"""Foreign files into the store: what is kept, what is filed, and what is said of the rest."""

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.boards.entries import Entry
from evalkit.errors import ConfigError, InputError
from evalkit.judge_spec.config import read_judge
from evalkit.sources.entries import entries_of_store
from evalkit.sources.imports import Imported, ImportOptions, document_name, find_files, import_files
from evalkit.store import Store
from evalkit.store.documents import documents, records
from evalkit.types import Example
from tests.formats.test_foreign import KINDS

Row = dict[str, Any]
SINGLE: Row = {"question_id": 1, "model": "m", "judge": ["gpt-4", "single-v1"], "judgment": "[[7]]", "score": 7}
PAIR: Row = {
    "question_id": 1, "model_1": "m", "model_2": "b", "judge": ["gpt-4", "pair-v2"], "g1_winner": "model_1",
    "g1_judgment": "[[A]]", "g2_winner": "model_1", "g2_judgment": "[[B]]", "turn": 1,
}  # fmt: skip
GAMES: Row = {"question_id": "x", "model": "m", "judge": "gpt-4", "games": [{"score": "B>>A", "judgment": "[[B>>A]]"}]}
LOG: Row = {"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}}
PREFERENCE: Row = {
    "judge": "j", "model": "m", "baseline": "b", "index": 0, "preference": 1.75, "len_1": 4, "len_2": 8
}  # fmt: skip


def saved(path: Path, *rows: Row) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(rows) if path.suffix == ".json" else "".join(json.dumps(row) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


def imported(store: Store, *paths: Path, options: ImportOptions = ImportOptions()) -> Imported:
    folder = Path(store.where.removeprefix("sqlite:///")).parent / "judges"
    return import_files(store, paths, options, judges_folder=folder)


def entry(store: Store, benchmark: str) -> Entry:
    (found,) = entries_of_store(store, benchmark=benchmark)
    return found


@pytest.mark.parametrize(
    ("rows", "benchmark", "reason"),
    [
        ([{**SINGLE, "score": -1, "judgment": "Hm."}], "mt_bench", "no grade was found in the reply"),
        ([{**SINGLE, "score": -1, "judgment": "$ERROR$"}], "mt_bench", "the judge's call failed ($ERROR$)"),
        ([{**PAIR, "g1_winner": "error"}], "mt_bench", "no verdict was found in the reply"),
        ([{**GAMES, "games": [None]}], "arena_hard_v0.1", "the judge's call failed: the file has null for the game"),
        (
            [{**GAMES, "games": [{"score": None, "judgment": "[[A>B]]"}]}],
            "arena_hard_v0.1", "no verdict was found in the reply",
        ),
    ],
)  # fmt: skip
def test_what_stands_for_no_verdict_is_a_failure_with_its_reason(
    store: Store, tmp_path: Path, rows: list[Row], benchmark: str, reason: str
) -> None:
    done = imported(store, saved(tmp_path / "a.jsonl", *rows))
    assert done.failures == {"gpt-4": 1}
    found = entry(store, benchmark)
    assert (found.sample.n, found.sample.n_missing, found.failures) == (0, 1, {reason: 1})


def test_verdicts_are_counted_by_judge_and_records_by_kind(store: Store, tmp_path: Path) -> None:
    done = imported(store, saved(tmp_path / "a.jsonl", SINGLE, {**SINGLE, "question_id": 2, "score": -1}))
    assert (done.records, done.verdicts, done.failures) == ({"mt_bench single": 2}, {"gpt-4": 1}, {"gpt-4": 1})
    assert done.judges == ()
    assert done.notes == ("judge gpt-4: 1 record without a verdict: no grade was found in the reply",)


def test_two_files_with_the_same_verdicts_are_refused(store: Store, tmp_path: Path) -> None:
    first, second = saved(tmp_path / "a.jsonl", SINGLE), saved(tmp_path / "b.jsonl", SINGLE)
    with pytest.raises(InputError, match="b.jsonl: holds verdicts of gpt-4 on .* that .*a.jsonl holds too. Name each"):
        imported(store, first, second)
    assert documents(store) == []


def test_one_judge_may_have_graded_and_compared(store: Store, tmp_path: Path) -> None:
    imported(store, saved(tmp_path / "a_single.jsonl", SINGLE), saved(tmp_path / "a_pair.jsonl", PAIR))
    found = {(one.judge, one.baseline, one.sample.n) for one in entries_of_store(store, benchmark="mt_bench")}
    assert found == {("gpt-4", "", 1), ("gpt-4", "b", 1)}


@pytest.mark.parametrize(
    ("row", "options", "benchmark"),
    [
        (SINGLE, ImportOptions(), "mt_bench"),
        (GAMES, ImportOptions(), "arena_hard_v0.1"),
        ({**GAMES, "baseline": "o3-mini-2025-01-31"}, ImportOptions(), "arena_hard_v2"),
        (GAMES, ImportOptions(baseline="other"), "arena_hard_v2"),
        (PREFERENCE, ImportOptions(), "imported"),
        (PREFERENCE, ImportOptions(benchmark="example"), "example"),
    ],
)
def test_the_benchmark_is_the_formats_or_the_one_that_is_named(
    store: Store, tmp_path: Path, row: Row, options: ImportOptions, benchmark: str
) -> None:
    imported(store, saved(tmp_path / "a.jsonl", row), options=options)
    assert entry(store, benchmark).sample.n == 1


def test_a_benchmark_may_be_a_file_and_must_be_one(store: Store, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jsonl", SINGLE)
    (tmp_path / "mine.yaml").write_text("description: Mine.\n")
    imported(store, path, options=ImportOptions(benchmark=str(tmp_path / "mine.yaml")))
    assert entry(store, "mine").sample.n == 1
    with pytest.raises(ConfigError, match="unknown benchmark 'mtbench'"):
        imported(store, path, options=ImportOptions(benchmark="mtbench"))


def test_verdicts_can_be_filed_under_a_judge_of_ours(store: Store, tmp_path: Path) -> None:
    judge = read_judge("arena_hard")
    path = saved(tmp_path / "a.jsonl", {**GAMES, "judge": judge.name})
    imported(store, path, options=ImportOptions(judges=[judge]))
    assert entry(store, "arena_hard_v0.1").digest == judge.digest


def test_questions_give_categories(store: Store, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jsonl", SINGLE)
    imported(store, path, options=ImportOptions(questions=(Example("1", ("Why?",), category="math"),)))
    config = store.judges()[0]
    ((slot, reply, _),) = store.answered(config.digest, benchmark="mt_bench")
    assert (slot.category, reply and reply.text) == ("math", "[[7]]")


def test_importing_again_changes_nothing_and_what_is_gone_from_a_file_goes(store: Store, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jsonl", SINGLE, {**SINGLE, "question_id": 2})
    first = imported(store, path)
    before = list(store.answered(store.judges()[0].digest, benchmark="mt_bench"))
    assert imported(store, path) == first
    assert list(store.answered(store.judges()[0].digest, benchmark="mt_bench")) == before
    imported(store, saved(path, {**SINGLE, "score": 3, "judgment": "[[3]]"}))
    ((slot, reply, _),) = store.answered(store.judges()[0].digest, benchmark="mt_bench")
    assert (slot.key, reply and reply.text) == ("1", "[[3]]")
    ((name, _),) = documents(store)
    assert [row["score"] for row in records(store, name)] == [3]


def test_a_bad_row_files_nothing_of_any_file(store: Store, tmp_path: Path) -> None:
    good = saved(tmp_path / "good.jsonl", SINGLE)
    bad = saved(tmp_path / "bad.jsonl", {**SINGLE, "score": "seven"})
    with pytest.raises(InputError, match='bad.jsonl:1: field "score": expected a number, found text'):
        imported(store, good, bad)
    assert (store.judges(), documents(store)) == ([], [])


def test_a_score_on_no_known_scale_is_missing_and_the_cure_is_named(store: Store, tmp_path: Path) -> None:
    samples = [{"id": n, "epoch": 1, "scores": {"rubric": {"value": value}}} for n, value in enumerate((0.5, 7))]
    path = tmp_path / "log.json"
    path.write_text(json.dumps({**LOG, "samples": samples}))
    done = imported(store, path)
    note, lost = done.notes
    assert lost == "judge rubric: 1 record without a verdict: 7 is outside the scale from 0 to 1"
    assert note.startswith("judge rubric: 1 grades are outside its scale and count as missing. Give the scale with")
    assert entry(store, "imported").failures == {"7 is outside the scale from 0 to 1": 1}


def test_a_file_of_every_kind_is_found_in_a_folder_but_no_table_unless_it_is_asked_for(tmp_path: Path) -> None:
    for number, (_, _, name, row) in enumerate(KINDS):
        if not name.endswith(".csv"):
            saved(tmp_path / str(number) / name, row)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "broken.jsonl").write_text("{")
    formats = [format_ for format_, _, name, _ in KINDS if not name.endswith(".csv")]
    assert len(find_files(tmp_path)) == sum(format_ != "table" for format_ in formats)
    for format_ in set(formats):
        assert len(find_files(tmp_path, format=format_)) == formats.count(format_)
    with pytest.raises(InputError, match="holds no file of inspect"):
        find_files(tmp_path, format="inspect")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.jsonl", "a.jsonl"), ("./deep/../a.json.gz", "a.json.gz"), ("/tmp/x/a.csv", "tmp/x/a.csv"),
        ("../../a.json", "a.json"), ("folder", "folder"),
    ],
)  # fmt: skip
def test_a_file_is_known_by_where_it_lay(path: str, name: str) -> None:
    assert document_name(Path(path)) == name


def test_files_in_two_forms_are_two_and_two_of_one_name_are_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path / "a.jsonl", SINGLE)
    saved(tmp_path / "in" / "a.jsonl", SINGLE)
    saved(tmp_path / "in" / "a.json", {**SINGLE, "question_id": 2})
    monkeypatch.chdir(tmp_path / "in")
    imported(store, Path("a.jsonl"), Path("a.json"), Path("a.json"))
    assert [name.name for name, _ in documents(store)] == ["a.json", "a.jsonl"]
    with pytest.raises(InputError, match="would be kept under the name of a.jsonl, 'a.jsonl'. Run evalkit import in"):
        imported(store, Path("a.jsonl"), Path("../a.jsonl"))
