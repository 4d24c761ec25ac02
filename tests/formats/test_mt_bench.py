"""MT-Bench's judgments as verdicts."""

from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.formats.mt_bench import SCALE, pair_verdicts, single_verdicts
from evalkit.formats.records import Record
from evalkit.judge_spec.parsers import find_parser
from evalkit.types import ChatReply, Labels, Order, Rating, Unparsed

Row = dict[str, Any]
SINGLE: Row = {
    "question_id": 81, "model": "vicuna", "judge": ["gpt-4", "single-v1"], "user_prompt": "…",
    "judgment": "Rating: [[7]]", "score": 7, "turn": 2, "tstamp": 1.0,
}  # fmt: skip
PAIR: Row = {
    "question_id": 81, "model_1": "vicuna", "model_2": "alpaca", "g1_winner": "model_1", "g2_winner": "tie",
    "judge": ["gpt-4", "pair-v2"], "g1_judgment": "[[A]]", "g2_judgment": "[[C]]", "turn": 1,
}  # fmt: skip


def records(*rows: Row) -> list[Record]:
    return [Record(f"file:{number}", row) for number, row in enumerate(rows, start=1)]


def test_a_grade_keeps_question_model_judge_and_turn() -> None:
    (verdict,) = single_verdicts(records(SINGLE))
    slot = verdict.slot
    assert (slot.question, slot.cluster, slot.model, slot.judge) == ("81", "81", "vicuna", "gpt-4")
    assert (verdict.rating, slot.key, slot.turn, slot.order) == (Rating(7.0, 1.0, 10.0), "81:2", 2, Order.ALONE)
    assert (verdict.failure, verdict.preference, verdict.reply) == (None, None, ChatReply("Rating: [[7]]"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"score": -1}, "no grade was found in the reply"),
        ({"score": None}, "no grade was found in the reply"),
        ({"score": -1, "judgment": "$ERROR$"}, "the judge's call failed ($ERROR$)"),
        ({"score": 5, "judgment": "$ERROR$"}, "the judge's call failed ($ERROR$)"),
        ({"score": 11}, "11 is outside the scale from 1 to 10"),
    ],
)
def test_a_score_that_stands_for_none_is_a_failure(change: Row, reason: str) -> None:
    (verdict,) = single_verdicts(records({**SINGLE, **change}))
    assert (verdict.rating, verdict.failure) == (None, reason)


def test_rows_that_a_judge_appended_on_the_same_answer_are_repeats() -> None:
    verdicts = single_verdicts(records(SINGLE, {**SINGLE, "turn": 1}, {**SINGLE, "score": 8}))
    assert [(verdict.slot.turn, verdict.slot.repeat, verdict.rating) for verdict in verdicts] == [
        (2, 0, Rating(7, *SCALE)), (1, 0, Rating(7, *SCALE)), (2, 1, Rating(8, *SCALE))
    ]  # fmt: skip


def test_a_file_that_names_no_judge_and_no_turn_has_the_given_judge() -> None:
    bare = {name: value for name, value in SINGLE.items() if name not in ("judge", "turn")}
    (verdict,) = single_verdicts(records(bare), judge="gpt-4-turbo")
    assert (verdict.slot.judge, verdict.slot.key, verdict.slot.turn) == ("gpt-4-turbo", "81", 1)
    assert next(single_verdicts(records(bare))).slot.judge == "unnamed"


def test_the_games_of_a_pair_are_its_two_orders() -> None:
    first, second = pair_verdicts(records(PAIR))
    assert (first.slot.model, first.slot.baseline, first.slot.key) == ("vicuna", "alpaca", "81:1")
    # the first game shows model_1 first
    assert (first.slot.order, first.preference, first.reply) == (Order.CANDIDATE_FIRST, 1.0, ChatReply("[[A]]"))
    assert (second.slot.order, second.preference, second.reply) == (Order.BASELINE_FIRST, 0.5, ChatReply("[[C]]"))


@pytest.mark.parametrize(("winner", "preference"), [("model_1", 1.0), ("model_2", 0.0), ("tie", 0.5), ("error", None)])
def test_winners_are_preferences_for_the_first_model(winner: str, preference: float | None) -> None:
    verdict = next(pair_verdicts(records({**PAIR, "g1_winner": winner})))
    assert verdict.preference == preference
    assert (verdict.failure is None) == (preference is not None)


def test_a_failed_game_fails_alone() -> None:
    first, second = pair_verdicts(records({**PAIR, "g1_winner": "error", "g1_judgment": "$ERROR$"}))
    assert (first.failure, second.failure) == ("the judge's call failed ($ERROR$)", None)


def test_the_old_form_with_one_winner_has_no_order() -> None:
    row = {name: value for name, value in PAIR.items() if not name.startswith("g")}
    (verdict,) = pair_verdicts(records({**row, "winner": "model_2"}))
    assert (verdict.slot.order, verdict.preference) == (None, 0.0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"score": "7"}, 'field "score": expected a number, found text'),
        ({"score": True}, 'field "score": expected a number, found true'),
        ({"score": 10**400}, 'field "score": expected a number, found one too large'),
        ({"turn": 0}, 'field "turn": expected a number that counts from 1, found 0'),
        ({"turn": 1.5}, 'field "turn": expected a number that counts from 1'),
        ({"model": None}, 'field "model": expected text, found null'),
        ({"judge": [4]}, 'field "judge[0]": expected text, found a number'),
        ({"question_id": [1]}, 'field "question_id": expected text, found a list'),
    ],
)
def test_a_grade_of_a_wrong_kind_is_refused_with_its_place(change: Row, reason: str) -> None:
    with pytest.raises(InputError) as error:
        list(single_verdicts(records({**SINGLE, **change})))
    assert str(error.value).startswith(f"file:1: {reason}")


@pytest.mark.parametrize("winner", ["A", "model_3", "model_a\n"])
def test_an_unknown_winner_is_refused(winner: str) -> None:
    with pytest.raises(InputError, match='field "g2_winner": expected one of model_1, model_2, tie, error'):
        list(pair_verdicts(records({**PAIR, "g2_winner": winner})))


@pytest.mark.parametrize(
    ("reply", "grade"),
    [
        ("Rating: [[7]]", 7),
        ("Rating: [[7.5]] and [[9]]", 7.5),
        ("a list [3], then [[8]]", 8),
        ("only [3] and [4]", 3),
        ("[[7.]]", 7),
    ],
)
def test_a_recorded_reply_reads_as_mt_bench_reads_it(reply: str, grade: float) -> None:
    assert find_parser("mt_bench_grade", {})(ChatReply(reply), Labels("A", "B")) == Rating(grade, 1, 10)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "no number in brackets"),
        ("Rating: 7", "no number in brackets"),
        ("[[seven]] [[٧]]", "no number in brackets"),
        ("[[11]] [[7]]", "11 is outside the scale from 1 to 10"),
        (f"[[{'9' * 5000}]]", "inf"),
    ],
)
def test_a_recorded_reply_without_a_grade_is_unparsed(reply: str, reason: str) -> None:
    verdict = find_parser("mt_bench_grade", {})(ChatReply(reply), Labels("A", "B"))
    assert isinstance(verdict, Unparsed) and reason in verdict.reason


def test_the_scale_of_recorded_grades_can_be_another() -> None:
    parse = find_parser("mt_bench_grade", {"low": 0, "high": 5})
    assert parse(ChatReply("[[0]]"), Labels("A", "B")) == Rating(0, 0, 5)
