"""Foreign verdicts as places: what is read from a reply, what is a number, and what is none."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.formats.judgments import Judgments, read_judgments
from evalkit.formats.verdicts import recorded
from evalkit.judge_spec.config import read_judge
from evalkit.judging.annotations import annotate_all
from evalkit.sources.recorded import annotations_of, file_verdict, judge_kind, recorded_judges
from evalkit.types import Annotation, Order, Rating, Reading
from tests.builders import words

SCALE = (1.0, 10.0)
GRADE = {
    "key": "81", "turn": 2, "judge": "gpt-4", "model": "m", "order": Order.ALONE, "rating": Rating(7.0, *SCALE),
    "reply": "So [[7]].",
}  # fmt: skip
GAME = {
    "key": "u1", "judge": "gpt-4", "model": "m", "baseline": "b", "order": Order.CANDIDATE_FIRST, "preference": 1.0,
    "reply": "[[A>B]]",
}  # fmt: skip


def file_of(*verdicts: Mapping[str, Any], scale: tuple[float, float] | None = None) -> Judgments:
    return Judgments(tuple(recorded(**one) for one in verdicts), scale)


def filed(verdict: Mapping[str, Any], **changes: Any) -> Annotation:
    """A verdict filed under its stand-in, which is what is read of its place again."""
    file = file_of({**verdict, **changes})
    judge = recorded_judges([file])[judge_kind(file.verdicts[0])]
    one = file_verdict(file.verdicts[0], judge)
    (again,) = annotate_all([(one.slot, one.reply, None)], judge.config)
    assert again == (one if one.slot.labels is not None else dataclasses.replace(one, reply=None))
    return one


def test_a_reply_that_says_what_was_recorded_is_what_is_read() -> None:
    one = filed(GRADE)
    assert (one.slot.key, one.slot.cluster, one.slot.turn, one.slot.recorded) == ("81:2", "81", 2, None)
    assert (one.rating, one.reading) == (Rating(7.0, *SCALE), Reading.STATED)
    one = filed(GAME, order=Order.BASELINE_FIRST, preference=0.0)
    assert (one.slot.recorded, one.preference, one.reading) == (None, 0.0, Reading.STATED)


@pytest.mark.parametrize("reply", ["[[6]]", "I like it.", None, ""])
def test_where_the_reply_says_something_else_the_recorded_number_counts(reply: str | None) -> None:
    one = filed(GRADE, reply=reply)
    assert (one.slot.recorded, one.rating, one.reading) == (7.0, Rating(7.0, *SCALE), Reading.RECORDED)
    # and the reply is kept all the same
    assert words(one) == reply


@pytest.mark.parametrize(("reply", "kept"), [("Hm.", "Hm."), ("[[7]]", "[[7]]"), ("$ERROR$", None), (None, None)])
def test_a_failure_is_never_a_verdict_whatever_the_reply_says(reply: str | None, kept: str | None) -> None:
    one = filed(GRADE, rating=None, failure="no grade was found in the reply", reply=reply)
    assert (one.rating, one.preference, one.failure) == (None, None, "no grade was found in the reply")
    assert words(one) == kept


@pytest.mark.parametrize("order", [Order.BASELINE_FIRST, Order.CANDIDATE_FIRST])
@pytest.mark.parametrize("preference", [0.0, 1.0])
@pytest.mark.parametrize("reply", ["[[K>>M]]", None])
def test_a_strong_verdict_stays_strong_without_a_reply_that_says_so(
    order: Order, preference: float, reply: str | None
) -> None:
    one = filed(GAME, order=order, preference=preference, strong=True, reply=reply)
    assert (one.preference, one.strong, one.slot.recorded) == (preference, True, None)


def test_a_verdict_that_tells_no_order_is_a_single_one() -> None:
    one = filed(GAME, order=None, preference=0.25, reply=None)
    assert (one.slot.order, one.preference) == (Order.BASELINE_FIRST, 0.25)
    assert filed(GRADE, order=None).slot.order == Order.ALONE


def test_a_grade_outside_of_the_scale_is_missing_with_the_reason() -> None:
    one = filed(GRADE, rating=Rating(7.0, 0.0, 1.0), reply=None)
    assert (one.rating, one.failure) == (None, "7 is outside the scale from 0 to 1")


def test_all_files_of_one_judge_make_one_board() -> None:
    failed = {"preference": None, "failure": "the judge's call failed"}
    games = [GAME, {**GAME, "order": None, "reply": None, "preference": 0.5}, {**GAME, "model": "other", **failed}]
    grades = [GRADE, {**GRADE, "rating": None, "failure": "no grade was found in the reply"}]
    for variants, scale in ((games, None), (grades, SCALE)):
        judges = [recorded_judges([file_of(one, scale=scale)]) for one in variants]
        assert len({judge.config.digest for of_file in judges for judge in of_file.values()}) == 1


def test_a_judge_that_grades_and_compares_is_two() -> None:
    configs = {kind: judge.config for kind, judge in recorded_judges([file_of(GRADE, GAME)]).items()}
    assert [(kind, config.name, config.asks) for kind, config in configs.items()] == [
        (("gpt-4", "grade"), "gpt-4", "grade"), (("gpt-4", "pair"), "gpt-4", "pair")
    ]  # fmt: skip
    assert len({config.digest for config in configs.values()}) == 2


def test_a_known_judge_takes_only_what_it_asks_for() -> None:
    known = {"gpt-4": read_judge("arena_hard")}
    judges = recorded_judges([file_of(GRADE, GAME)], known)
    assert judges["gpt-4", "pair"].config == known["gpt-4"]
    assert judges["gpt-4", "grade"].config.client == "imported"


def test_a_judge_of_several_scales_is_refused() -> None:
    other = {**GRADE, "rating": Rating(1.0, 0.0, 1.0)}
    for files in (
        [file_of(GRADE, other)],
        [file_of(GRADE), file_of(other)],
        [file_of(GRADE, scale=SCALE), file_of(other)],
    ):
        with pytest.raises(InputError, match="judge 'gpt-4' graded on several scales: 0 to 1, 1 to 10"):
            recorded_judges(files)


def test_two_places_never_share_a_reply() -> None:
    places: list[dict[str, Any]] = [{}, {"model": "n"}, {"turn": 1}, {"repeat": 1}, {"key": "82"}, {"judge": "other"}]
    keys = [filed(GRADE, **change).slot.reply_key for change in places]
    keys += [filed(GAME).slot.reply_key, filed(GAME, baseline="c").slot.reply_key]
    assert None not in keys and len(set(keys)) == len(keys)


def test_without_an_order_or_lengths_a_difference_in_length_is_unknown() -> None:
    assert filed(GAME, chars=(None, 5)).slot.candidate_chars is None
    slot = filed(GAME, chars=(3, 5), measures=({"bold": 1.0}, {})).slot
    assert (slot.baseline_chars, slot.candidate_chars) == (3, 5)
    assert slot.baseline_measures == {"bold": 1.0}


def test_verdicts_of_a_file_are_annotations_without_a_store() -> None:
    failed = {**GAME, "key": "u2", "preference": None, "failure": "null game", "reply": None}
    found = list(annotations_of(file_of(GAME, failed, GRADE)))
    assert [one.preference for one in found] == [1.0, None, None]
    assert found[1].failure == "null game" and found[2].rating is not None


@pytest.mark.parametrize("graded", [True, False])
def test_a_file_whose_grades_all_failed_stands_on_the_scale_that_it_tells(tmp_path: Path, graded: bool) -> None:
    row = {"instruction": "Q", "generator_2": "m", "output_2": "A", "annotator": "j", "scale": [1, 10]}
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps([{**row, "rating": 7 if graded else None}]))
    (judge,) = recorded_judges([read_judgments(path)]).values()
    assert judge.config.parser_options == {"low": 1.0, "high": 10.0}
