import json
import math
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.formats.alpaca_eval import (
    RecordedReply,
    infer_order,
    preference_from_alpaca,
    read_recording,
)
from evalkit.formats.judgments import read_judgments
from evalkit.types import ChatReply, Labels, Order

ROW = {
    "instruction": "Say hello.",
    "output_1": "hi",
    "generator_1": "base",
    "output_2": "hello",
    "generator_2": "cand",
    "annotator": "judge",
    "preference": 1.25,
}
CHOICE = {
    "message": {"content": "m"},
    "logprobs": {"content": [{"token": "m", "top_logprobs": [{"token": "m", "logprob": -0.2}]}]},
}


def written(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(rows))
    return path


@pytest.mark.parametrize(("code", "preference"), [(1, 0.0), (1.5, 0.5), (2, 1.0), (0, 0.5), (1.25, 0.25)])
def test_the_code_says_how_probable_it_is_that_the_candidate_is_better(code: float, preference: float) -> None:
    assert preference_from_alpaca(code) == preference


def test_a_missing_code_is_a_missing_preference() -> None:
    assert preference_from_alpaca(math.nan) is None


@pytest.mark.parametrize("code", [None, -1])
def test_a_failed_call_of_the_recorder_is_a_missing_verdict(tmp_path: Path, code: object) -> None:
    (verdict,) = read_judgments(written(tmp_path, {**ROW, "preference": code})).verdicts
    assert verdict.preference is None
    assert (verdict.slot.baseline_chars, verdict.slot.candidate_chars) == (2, 5)


@pytest.mark.parametrize("code", [7, 2.5, 0.5, -2, "2", True, [1]])
def test_a_code_that_means_nothing_is_refused_with_its_row(tmp_path: Path, code: object) -> None:
    with pytest.raises(InputError, match='row 2: field "preference"'):
        read_judgments(written(tmp_path, ROW, {**ROW, "preference": code}))


def test_a_recorded_choice_becomes_a_reply(tmp_path: Path) -> None:
    recording = read_recording(written(tmp_path, {**ROW, "raw_completion": CHOICE}))
    ((row,),) = recording.rows.values()
    (recorded,) = row.replies
    assert recording.annotator == "judge"
    assert recorded.reply.top_logprobs == ((("m", -0.2),),)
    assert (row.preference, recorded.order, recorded.labels) == (0.25, None, Labels("m", "M"))


def test_a_tool_call_keeps_its_arguments_and_the_recorded_order(tmp_path: Path) -> None:
    raw = {"concise_explanation": "…", "ordered_models": [{"model": "M", "rank": 1}]}
    row = {**ROW, "raw_completion": raw, "referenced_models": {"M": "output_1", "m": "output_2"}}
    ((read,),) = read_recording(written(tmp_path, row)).rows.values()
    (recorded,) = read.replies
    assert json.loads(recorded.reply.text) == raw
    assert recorded.order == Order.CANDIDATE_FIRST


def test_a_row_without_a_raw_reply_has_none(tmp_path: Path) -> None:
    assert list(read_recording(written(tmp_path, {**ROW, "raw_completion": None})).rows.values()) == [()]


@pytest.mark.parametrize(
    "raw",
    [
        {"message": {"content": ""}, "finish_reason": "content_filter"},
        {"message": {"content": "[[m]]"}, "finish_reason": "error", "error": {"message": "gone"}},
        {"message": {"content": None, "refusal": "No."}},
    ],
)
def test_a_recorded_reply_that_was_broken_off_is_none_and_costs_no_other_row(tmp_path: Path, raw: object) -> None:
    path = written(tmp_path, {**ROW, "raw_completion": raw})
    assert list(read_recording(path).rows.values()) == [()]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"message": {"content": 3}}, "content is a number"),
        ([{"message": {"content": "x"}, "order": "sideways", "labels": ["A", "B", None]}], "unknown order 'sideways'"),
        ([{"message": {"content": "x"}, "order": "baseline_first", "labels": ["A"]}], "expected three names"),
    ],
)
def test_a_damaged_raw_reply_is_refused_with_its_row(tmp_path: Path, raw: object, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        read_recording(written(tmp_path, {**ROW, "raw_completion": raw}))
    assert "annotations.json: row 1" in str(error.value)


def test_several_judges_in_one_recording_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one judge, found 2"):
        read_recording(written(tmp_path, ROW, {**ROW, "annotator": "another"}))


@pytest.mark.parametrize(
    ("preference", "order"),
    [(0.25, Order.BASELINE_FIRST), (0.75, Order.CANDIDATE_FIRST), (0.4, None), (None, None)],
)
def test_the_order_is_the_one_that_turns_the_reply_into_the_recorded_preference(
    preference: float | None, order: Order | None
) -> None:
    recorded = RecordedReply(ChatReply("m"), None, 0, Labels("m", "M"))
    assert infer_order(recorded, preference, lambda o: 0.25 if o == Order.BASELINE_FIRST else 0.75) == order


def replies_of(tmp_path: Path, raw: object) -> list[tuple[str, Order | None, int]]:
    recording = read_recording(written(tmp_path, {**ROW, "raw_completion": raw}))
    rows = [row for found in recording.rows.values() for row in found]
    return [(one.reply.text, one.order, one.repeat) for row in rows for one in row.replies]


@pytest.mark.parametrize(
    "raw",
    [
        {"message": {"content": "m"}},
        [{"message": {"content": "m"}}],
        {"choices": [{"message": {"content": "m"}}]},
        {"text": "m"},
        "m",
        ["m"],
        '{"message": {"content": "m"}}',
        '[{"message": {"content": "m"}}]',
    ],
)
def test_a_recorded_reply_may_be_a_choice_a_list_of_choices_a_completion_or_text(tmp_path: Path, raw: object) -> None:
    assert replies_of(tmp_path, raw) == [("m", None, 0)]


def test_several_choices_are_repeats(tmp_path: Path) -> None:
    assert replies_of(tmp_path, ["m", "M"]) == [("m", None, 0), ("M", None, 1)]


@pytest.mark.parametrize("raw", [{"message": {"content": None}}, {"message": None}, {"text": None}, None, [None]])
def test_a_failed_call_is_no_reply(tmp_path: Path, raw: object) -> None:
    assert replies_of(tmp_path, raw) == []
