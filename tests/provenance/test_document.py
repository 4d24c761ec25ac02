"""A row says where its numbers come from, and a file of verdicts that was edited beside its row is refused."""

import dataclasses
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.boards.build import build_boards
from evalkit.boards.gathering import entries_of_annotations
from evalkit.boards.metrics import DifficultySource, Recipe
from evalkit.boards.row import build_row
from evalkit.errors import InputError
from evalkit.judge_spec.config import digest, read_judge
from evalkit.judging.work import judge_facts
from evalkit.provenance.document import check_annotations, provenance_document, seal_fits, sealed
from evalkit.reporting.values import boards_document
from evalkit.sources.entries import entries_of_files, entries_of_store
from evalkit.store import Store
from evalkit.types import JudgeConfig, PromptMode
from tests.api.test_verification import BENCHMARK, SURFACE, judged, read, texts, write
from tests.builders import output_set


def edited(config: JudgeConfig, **changes: Any) -> JudgeConfig:
    changed = dataclasses.replace(config, **changes)
    return dataclasses.replace(changed, digest=digest(changed))


@pytest.mark.parametrize(
    ("judge", "mode"),
    [
        (read_judge("pairwise_label"), PromptMode.HARDENED),
        (edited(read_judge("pairwise_label"), fence=False), PromptMode.COMPAT),
        (edited(read_judge("pairwise_label"), labels=("A", "B")), PromptMode.COMPAT),
        (read_judge("surface"), PromptMode.NONE),
        (edited(read_judge("surface"), client="replay"), PromptMode.RECORDED),
    ],
)
def test_how_answers_were_shown_is_on_the_row(judge: JudgeConfig, mode: PromptMode) -> None:
    assert judge_facts(judge)["prompt_mode"] == mode


@pytest.mark.parametrize("change", [{"parameters": {"seed": 1}}, {"tie": "="}, {"parser_options": {"min_mass": 0.2}}])
def test_whatever_is_sent_or_read_by_changes_the_parameters_digest(change: dict[str, Any]) -> None:
    before, after = judge_facts(SURFACE), judge_facts(edited(SURFACE, **change))
    assert before["parameters"] != after["parameters"]
    assert before["prompt"] is after["prompt"] is None


def test_data_digests_tell_what_was_changed(store: Store) -> None:
    plans = [
        judged(store).work.record.data,
        judged(store, candidate=output_set("cand", texts("candidate"))).work.record.data,
    ]
    first, second = plans
    assert (first.questions, first.baseline) == (second.questions, second.baseline)
    assert first.candidate != second.candidate
    assert len({first.questions, first.baseline, first.candidate}) == 3


def test_a_boards_rows_say_where_they_come_from(store: Store) -> None:
    done = judged(store)
    (board,) = build_boards(entries_of_store(store, benchmark=BENCHMARK), Recipe(replicates=7, confidence=0.9))
    (row,) = boards_document([board])["boards"][0]["rows"]
    said = row["provenance"]
    assert (said["plan"], said["seed"], said["judge_digest"]) == (done.work.digest, 0, SURFACE.digest)
    assert said["data_sha256"]["candidate"] == done.work.data.candidate
    assert (said["recipe"]["bootstrap"], said["recipe"]["confidence"]) == (7, 0.9)
    assert len(said["verdicts_sha256"]) == len(said["replies_sha256"]) == 64


@pytest.mark.parametrize(
    ("difficulty", "kind"), [(DifficultySource.NONE, "none"), (DifficultySource.FIT, "fit"), ({"k001": 0.5}, "values")]
)
def test_a_recipe_names_its_difficulty_with_a_digest(store: Store, difficulty: Any, kind: str) -> None:
    (entry,) = entries_of_annotations(judged(store).annotations)
    row = dataclasses.replace(build_row(entry, Recipe()), recipe=Recipe(difficulty=difficulty))
    said = provenance_document(row)["recipe"]["difficulty"]
    assert said["kind"] == kind and (said["sha256"] is None) == (kind != "values")


def test_verdicts_of_a_file_are_recorded_ones_of_an_unknown_plan(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path, judged(store)).with_name("annotations.json")
    (entry,) = entries_of_files([path])
    said = provenance_document(build_row(entry, Recipe()))
    assert (said["plan"], said["prompt_mode"], said["data_sha256"], said["seed"]) == (None, "recorded", None, None)
    assert said["verdicts_sha256"] is not None


def test_verdicts_and_replies_have_one_digest_whatever_their_order(store: Store) -> None:
    annotations = list(judged(store).annotations)
    (forward,), (backward,) = entries_of_annotations(annotations), entries_of_annotations(annotations[::-1])
    assert forward.origin == backward.origin
    (fewer,) = entries_of_annotations(annotations[1:])
    assert fewer.origin != forward.origin


def test_a_sealed_document_shows_any_edit() -> None:
    document = sealed({"a": 1, "provenance": {"plan": "x"}}, annotations="ab")
    assert seal_fits(document) and seal_fits(json.loads(json.dumps(document, sort_keys=True)))
    for other in ({**document, "a": 1.0}, {**document, "b": None}, {"provenance": document["provenance"]}):
        assert not seal_fits(other)


def test_an_edited_file_of_verdicts_is_refused_by_name(store: Store, tmp_path: Path) -> None:
    row = write(tmp_path, judged(store))
    path = row.with_name("annotations.json")
    check_annotations(path)
    packed = path.with_name("annotations.json.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    check_annotations(packed)
    path.write_text(path.read_text().replace("word", "ward", 1))
    said = r"annotations\.json: not the file that row\.json beside it .* Run evalkit annotate again"
    for source in (path, path.parent):
        with pytest.raises(InputError, match=said):
            entries_of_files([source])
    check_annotations(packed)


@pytest.mark.parametrize("beside", ["", "{", "[1, null]", "{}", '{"provenance": 1}', '{"provenance": {}}', "[" * 9000])
def test_a_row_that_names_no_file_of_verdicts_is_nobodys_business(tmp_path: Path, beside: str) -> None:
    (tmp_path / "annotations.json").write_text("[]")
    check_annotations(tmp_path / "annotations.json")
    (tmp_path / "row.json").write_text(beside)
    check_annotations(tmp_path / "annotations.json")


def test_a_written_row_is_whole_in_one_file(store: Store, tmp_path: Path) -> None:
    row = read(write(tmp_path, judged(store)))
    assert seal_fits(row) and row["benchmark"] == row["provenance"]["benchmark"] == BENCHMARK
