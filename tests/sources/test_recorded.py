"""Foreign verdicts as places: what is read from a reply, what is a number, and what is none."""

import dataclasses
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.formats.verdicts import ForeignVerdict
from evalkit.judge_spec.config import read_judge
from evalkit.judging.requests import annotate_all
from evalkit.sources.recorded import Filed, annotations_of, file_verdict, judge_configs, judge_kind
from evalkit.types import Annotation, Order, Reading

GRADE = ForeignVerdict(
    key="81", turn=2, judge="gpt-4", model="m", order=Order.ALONE, rating=7.0, scale=(1.0, 10.0), reply="So [[7]]."
)
GAME = ForeignVerdict(
    key="u1", judge="gpt-4", model="m", baseline="b", order=Order.CANDIDATE_FIRST, preference=1.0, reply="[[A>B]]"
)


def filed(verdict: ForeignVerdict, **changes: Any) -> tuple[Filed, Annotation]:
    """A verdict filed under its stand-in, and what is read of it again."""
    changed = dataclasses.replace(verdict, **changes)
    config = judge_configs([changed])[judge_kind(changed)]
    one = file_verdict(changed, config, benchmark="bench")
    (annotation,) = annotate_all([(one.slot, one.reply, None)], config)
    return one, annotation


def test_a_reply_that_says_what_was_recorded_is_what_is_read() -> None:
    one, annotation = filed(GRADE)
    assert (one.slot.key, one.slot.cluster, one.slot.turn, one.slot.recorded) == ("81:2", "81", 2, None)
    assert annotation.rating is not None
    assert (annotation.rating.value, annotation.rating.low, annotation.reading) == (7.0, 1.0, Reading.STATED)
    one, annotation = filed(GAME, order=Order.BASELINE_FIRST, preference=0.0)
    assert (one.slot.recorded, annotation.preference, annotation.reading) == (None, 0.0, Reading.STATED)


@pytest.mark.parametrize("reply", ["[[6]]", "I like it.", None, ""])
def test_where_the_reply_says_something_else_the_recorded_number_counts(reply: str | None) -> None:
    one, annotation = filed(GRADE, reply=reply)
    assert one.slot.recorded == 7.0 and annotation.rating is not None
    assert (annotation.rating.value, annotation.reading) == (7.0, Reading.RECORDED)
    # and the reply is kept all the same
    assert (None if one.reply is None else one.reply.text) == reply


@pytest.mark.parametrize(("reply", "kept"), [("Hm.", "Hm."), ("[[7]]", "[[7]]"), ("$ERROR$", None), (None, None)])
def test_a_failure_is_never_a_verdict_whatever_the_reply_says(reply: str | None, kept: str | None) -> None:
    one, annotation = filed(GRADE, rating=None, failure="no grade was found in the reply", reply=reply)
    assert (annotation.rating, annotation.preference) == (None, None)
    assert annotation.failure == "no grade was found in the reply"
    assert (None if one.reply is None else one.reply.text) == kept


@pytest.mark.parametrize("order", [Order.BASELINE_FIRST, Order.CANDIDATE_FIRST])
@pytest.mark.parametrize("preference", [0.0, 1.0])
@pytest.mark.parametrize("reply", ["[[K>>M]]", None])
def test_a_strong_verdict_stays_strong_without_a_reply_that_says_so(
    order: Order, preference: float, reply: str | None
) -> None:
    one, annotation = filed(GAME, order=order, preference=preference, strong=True, reply=reply)
    assert (annotation.preference, annotation.strong, one.slot.recorded) == (preference, True, None)


def test_a_verdict_that_tells_no_order_is_a_single_one() -> None:
    one, annotation = filed(GAME, order=None, preference=0.25, reply=None)
    assert (one.slot.order, annotation.preference) == (Order.BASELINE_FIRST, 0.25)
    one, _ = filed(GRADE, order=None)
    assert one.slot.order == Order.ALONE


def test_a_grade_outside_of_the_scale_is_missing_with_the_reason() -> None:
    one, annotation = filed(GRADE, scale=None, reply=None)
    assert (annotation.rating, annotation.failure) == (None, "7 is outside the scale from 0 to 1")
    assert one.verdict.failure is None


def test_all_files_of_one_judge_make_one_board() -> None:
    variants = [
        GAME,
        dataclasses.replace(GAME, order=None, reply=None, preference=0.5),
        dataclasses.replace(GAME, model="other", preference=None, failure="the judge's call failed"),
    ]
    assert len({judge_configs([one])[judge_kind(one)].digest for one in variants}) == 1


def test_a_judge_that_grades_and_compares_is_two() -> None:
    configs = judge_configs([GRADE, GAME])
    assert [(kind, config.name, config.asks) for kind, config in configs.items()] == [
        (("gpt-4", "grade"), "gpt-4", "grade"), (("gpt-4", "pair"), "gpt-4", "pair")
    ]  # fmt: skip
    assert len({config.digest for config in configs.values()}) == 2


def test_a_known_judge_takes_only_what_it_asks_for() -> None:
    known = {"gpt-4": read_judge("arena_hard")}
    configs = judge_configs([GRADE, GAME], known)
    assert configs["gpt-4", "pair"] == known["gpt-4"]
    assert configs["gpt-4", "grade"].client == "imported"


def test_a_judge_of_several_scales_is_refused() -> None:
    with pytest.raises(InputError, match="judge 'gpt-4' graded on several scales: 0 to 1, 1 to 10"):
        judge_configs([GRADE, dataclasses.replace(GRADE, scale=(0.0, 1.0), rating=1.0)])


def test_two_places_never_share_a_reply() -> None:
    places: list[dict[str, Any]] = [{}, {"model": "n"}, {"turn": 1}, {"repeat": 1}, {"key": "82"}, {"judge": "other"}]
    keys = [filed(GRADE, **change)[0].slot.reply_key for change in places]
    keys += [filed(GAME)[0].slot.reply_key, filed(GAME, baseline="c")[0].slot.reply_key]
    assert None not in keys and len(set(keys)) == len(keys)


def test_without_an_order_or_lengths_a_difference_in_length_is_unknown() -> None:
    assert filed(GAME, candidate_chars=5)[0].slot.candidate_chars is None
    one, _ = filed(GAME, candidate_chars=5, baseline_chars=3, baseline_measures={"bold": 1.0})
    assert (one.slot.baseline_chars, one.slot.candidate_chars) == (3, 5)
    assert one.slot.baseline_measures == {"bold": 1.0}


def test_verdicts_of_a_file_are_annotations_without_a_store() -> None:
    failed = dataclasses.replace(GAME, key="u2", preference=None, failure="null game", reply=None)
    found = list(annotations_of([GAME, failed, GRADE], benchmark=""))
    assert [one.preference for one in found] == [1.0, None, None]
    assert found[1].failure == "null game" and found[2].rating is not None
