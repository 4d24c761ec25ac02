"""The verdicts of any foreign file, whatever its kind."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.formats.instructions import instruction_key
from evalkit.formats.judgments import read_judgments
from evalkit.formats.records import read_records
from evalkit.formats.rows import Rows
from evalkit.judge_spec.parsers import find_parser
from evalkit.types import ChatReply, Example, Labels, Order, Rating, Unparsed
from tests.builders import words
from tests.conftest import REAL_DATA

Row = dict[str, Any]
ANNOTATION: Row = {
    "instruction": "Do.", "output_1": "ab", "generator_1": "base", "output_2": "**abc**", "generator_2": "cand",
    "annotator": "judge", "dataset": "koala", "preference": 1.25,
}  # fmt: skip
SINGLE: Row = {"question_id": 1, "model": "m", "judgment": "[[7]]", "score": 7}


def saved(path: Path, *rows: Row) -> Path:
    text = json.dumps(rows) if path.suffix == ".json" else "".join(json.dumps(row) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


def test_an_annotation_keeps_texts_as_lengths_and_measures(tmp_path: Path) -> None:
    (verdict,) = read_judgments(saved(tmp_path / "a.json", ANNOTATION)).verdicts
    slot = verdict.slot
    assert (slot.key, slot.judge, slot.category) == (instruction_key("Do."), "judge", "koala")
    assert (slot.model, slot.baseline, verdict.preference) == ("cand", "base", 0.25)
    assert (slot.baseline_chars, slot.candidate_chars, slot.candidate_measures["bold"]) == (2, 7, 1)
    assert (slot.order, verdict.reply, verdict.failure) == (None, None, None)


@pytest.mark.parametrize(
    ("change", "order", "reply"),
    [
        ({"raw_completion": {"message": {"content": "m"}}}, None, "m"),
        ({"raw_completion": "[[m]]"}, None, "[[m]]"),
        ({"preference_raw_completion": {"text": "m"}}, None, "m"),
        (
            {"raw_completion": {"rank": 1}, "referenced_models": {"m": "output_2", "M": "output_1"}},
            Order.CANDIDATE_FIRST, '{"rank": 1}',
        ),
        (
            {"raw_completion": [{"order": "baseline_first", "message": {"content": "m"}, "labels": ["m", "M", None]}]},
            Order.BASELINE_FIRST, "m",
        ),
        ({"raw_completion": [{}, {}]}, None, None),
        ({"raw_completion": {"message": None, "order": []}, "referenced_models": {"m": []}}, None, None),
    ],
    ids=["choice", "text", "later name", "tool call", "ours", "several", "nothing"],
)  # fmt: skip
def test_the_reply_behind_an_annotation_is_kept(
    tmp_path: Path, change: Row, order: Order | None, reply: str | None
) -> None:
    (verdict,) = read_judgments(saved(tmp_path / "a.json", {**ANNOTATION, **change})).verdicts
    assert (verdict.slot.order, words(verdict)) == (order, reply)


def test_an_annotation_without_a_preference_is_a_failure(tmp_path: Path) -> None:
    (verdict,) = read_judgments(saved(tmp_path / "a.json", {**ANNOTATION, "preference": None})).verdicts
    assert (verdict.preference, verdict.failure) == (None, "the file has no verdict for this row")


def test_a_table_of_preferences_gives_a_verdict_a_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("judge,model,baseline,index,preference,len_1,len_2\nj,m,b,3,1.75,10,20\nj,m,b,4,,10,20\n")
    first, second = read_judgments(path).verdicts
    slot = first.slot
    assert (slot.key, slot.judge, slot.model, slot.baseline) == ("000003", "j", "m", "b")
    assert (first.preference, slot.baseline_chars, slot.candidate_chars) == (0.75, 10, 20)
    assert (second.preference, second.failure) == (None, "the file has no verdict for this row")


def test_the_judge_is_in_the_name_of_a_file_that_does_not_tell(tmp_path: Path) -> None:
    path = saved(tmp_path / "gpt-4_single.jsonl", SINGLE)
    assert read_judgments(path).verdicts[0].slot.judge == "gpt-4"
    assert read_judgments(path, judge="other").verdicts[0].slot.judge == "other"


def test_categories_come_from_the_questions(tmp_path: Path) -> None:
    questions = (Example("1", ("Do.",), "math"),)
    path = saved(tmp_path / "gpt-4_single.jsonl", SINGLE, {**SINGLE, "question_id": 2})
    verdicts = read_judgments(path, questions=questions).verdicts
    assert [verdict.slot.category for verdict in verdicts] == ["math", None]


@pytest.mark.parametrize("row", [{"instruction": "i", "output": "o"}, {"uid": "x", "prompt": "p"}, {"a": 1}])
def test_a_file_without_verdicts_is_refused_by_what_it_is(tmp_path: Path, row: Row) -> None:
    path = saved(tmp_path / "a.jsonl", row)
    with pytest.raises(InputError, match=f"^{path}: holds no verdicts: its records are those of "):
        read_judgments(path)


def test_a_table_of_unknown_columns_is_told_the_columns_of_each_kind(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    path.write_text(json.dumps([{"player1": "a", "player2": "b", "result": 1}]))
    with pytest.raises(InputError, match=r"player1, player2, result. Votes .* model_a, model_b, winner; pref"):
        read_judgments(path)


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="the published judgments are not beside this checkout")
def test_recorded_grades_read_again_are_those_that_were_published() -> None:
    path = REAL_DATA / "arena_hard" / "arena_bench_v1_judgment_claude-2.1.jsonl"
    with (REAL_DATA / "arena_hard" / "arena_bench_v1_single_scores.csv").open(newline="") as file:
        published = {
            row["question_id"]: float(row["score"]) if row["score"] else None
            for row in csv.DictReader(file)
            if row["model"] == "claude-2.1"
        }
    parse = find_parser("mt_bench_grade", {})
    recorded = {record.text("question_id"): record.fields["score"] for record in read_records(path)}
    verdicts = {verdict.slot.key: verdict for verdict in read_judgments(path).verdicts}
    assert len(verdicts) == len(recorded) == len(published) == 300
    for key, verdict in verdicts.items():
        again = parse(verdict.reply or ChatReply(""), Labels("A", "B"))
        assert (again if isinstance(again, Rating) else None) == verdict.rating
        assert (None if verdict.rating is None else verdict.rating.value) == recorded[key] == published[key]
        assert isinstance(again, Unparsed) == (verdict.failure is not None)
    assert sum(verdict.failure is not None for verdict in verdicts.values()) == 1


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="the published annotations are not beside this checkout")
def test_published_annotations_keep_who_was_shown_first() -> None:
    path = REAL_DATA / "alpaca_eval" / "annotations" / "claude-2.1.alpaca_eval_cot_gpt4_turbo_fn.json.gz"
    orders = [verdict.slot.order for verdict in read_judgments(path).verdicts]
    assert (len(orders), orders.count(Order.BASELINE_FIRST), orders.count(Order.CANDIDATE_FIRST)) == (805, 398, 404)


ROW: dict[str, Any] = {
    "instruction": "Why?", "output_1": "a", "generator_1": "b", "output_2": "c", "generator_2": "m", "preference": 2.0,
    "annotator": "j",
}  # fmt: skip
GAME: dict[str, Any] = {"question_id": 1, "model": "m", "judgment": "[[7]]", "score": 7, "turn": 1, "judge": "j"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ROW, ROW], "row 2: repeats row 1 to the letter. Keep one of each"),
        ([ROW, {**ROW, "preference": 1.0}], "row 2: j judges m on the instruction of row 1 again, and nothing says"),
        ([ROW, {**ROW, "dataset": "x"}], "row 2: j judges m on the instruction of row 1 again, and nothing says"),
        ([GAME, {**GAME, "question_id": 2}, GAME], "row 3: repeats row 1 to the letter. Keep one of each"),
    ],
)
@pytest.mark.parametrize("value", [False, True])
def test_a_verdict_that_stands_twice_is_refused(
    tmp_path: Path, rows: list[dict[str, Any]], said: str, value: bool
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(rows))
    with pytest.raises(InputError) as error:
        read_judgments(Rows.of(rows, "a.json") if value else path)
    assert said in str(error.value)


def test_rows_in_both_orders_are_two_verdicts(tmp_path: Path) -> None:
    both = [{**ROW, "referenced_models": {"m": side}, "raw_completion": "m"} for side in ("output_1", "output_2")]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{**row, "raw_completion": {"text": "m"}} for row in both]))
    assert [one.slot.order for one in read_judgments(path).verdicts] == [Order.BASELINE_FIRST, Order.CANDIDATE_FIRST]


def test_rows_without_texts_are_known_by_their_keys_and_lengths(tmp_path: Path) -> None:
    bare = {**ROW, "instruction": None, "output_1": None, "output_2": None, "len_1": 7, "len_2": 9, "blanks_2": 2}
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{**bare, "key": "k1", "turn": 1}, {**bare, "key": "k2:3", "turn": 3, "len_1": None}]))
    first, second = (one.slot for one in read_judgments(path).verdicts)
    assert (first.key, first.question, first.baseline_chars, first.candidate_chars) == ("k1", "k1", 7, 9)
    assert (first.baseline_blanks, first.candidate_blanks) == (None, 2)
    assert (second.key, second.question, second.turn, second.candidate_chars) == ("k2:3", "k2", 3, None)
