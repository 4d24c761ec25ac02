"""The verdicts behind a recorded mean."""

import itertools
import math

import pytest

from evalkit.formats.alpaca_eval import RecordedReply
from evalkit.sources.replies import reread
from evalkit.types import Annotation, ChatReply, Labels, Order, Rating, Reading
from tests.builders import given, words

KM, B, C = Labels("K", "M", "T"), Order.BASELINE_FIRST, Order.CANDIDATE_FIRST


def said(text: str, order: Order | None = B, *, repeat: int = 0, p_first: float | None = None) -> RecordedReply:
    logprobs = () if p_first is None else ((("K", math.log(p_first)), ("M", math.log1p(-p_first))),)
    return RecordedReply(ChatReply(text, logprobs), order, repeat, KM)


def preferences(read: list[Annotation] | None) -> list[float | None]:
    return [one.preference for one in read or []]


@pytest.mark.parametrize(("p_first", "preference"), [(0.9, 0.1), (0.25, 0.75)])
def test_a_weighted_reply_tells_the_order_in_which_it_gives_what_was_recorded(
    p_first: float, preference: float
) -> None:
    (one,) = reread(given(preference), [said("K", None, p_first=p_first)]) or []
    assert (one.slot.order, one.reading) == (B, Reading.WEIGHTED) and one.preference == pytest.approx(preference)
    (other,) = reread(given(1 - preference), [said("K", None, p_first=p_first)]) or []
    assert other.slot.order == C and other.preference == pytest.approx(1 - preference)


def test_a_tie_tells_no_order() -> None:
    (one,) = reread(given(0.5), [said("K", None, p_first=0.5)]) or []
    assert one.slot.order is None and one.preference == pytest.approx(0.5)


def test_both_orders_with_repeats_are_read_by_the_parser_that_gives_their_mean() -> None:
    replies = [said("[[K]]", B), said("[[M]]", B, repeat=1), said("So:\n[[K]]", C)]
    read = reread(given(0.75), replies) or []
    assert [(one.slot.order, one.slot.repeat, one.preference, words(one)) for one in read] == [
        (B, 0, 0.0, "[[K]]"), (B, 1, 1.0, "[[M]]"), (C, 0, 1.0, "So:\n[[K]]")
    ]  # fmt: skip
    assert reread(given(0.5), replies) is None
    assert preferences(reread(given(0.25), [said("[[K>>M]]", B), said("[[K=M]]", C)])) == [0.0, 0.5]


def test_a_repeat_without_a_verdict_says_why_and_leaves_the_mean_to_the_others() -> None:
    read = reread(given(0.0), [said("[[K]]", B), said("Who knows?", B, repeat=1)])
    assert read is not None and preferences(read) == [0.0, None]
    assert "no [[label]]" in str(read[1].failure)


def test_an_order_without_a_verdict_leaves_no_mean() -> None:
    replies = [said("[[K]]", B), said("Who knows?", C)]
    assert preferences(reread(given(None), replies)) == [0.0, None]
    assert reread(given(0.0), replies) is None
    assert reread(given(None), [said("Who knows?", B)]) is None, "nothing was read"


def test_grades_are_read_on_their_scale() -> None:
    replies = [said("[[7]]", Order.ALONE), said("[[8]]", Order.ALONE, repeat=1)]
    read = reread(given(rating=Rating(7.5, 1, 10)), replies)
    assert read == [
        given(None, Order.ALONE, repeat=repeat, rating=Rating(grade, 1, 10), reading=Reading.STATED, reply=one.reply)
        for repeat, (grade, one) in enumerate(zip((7.0, 8.0), replies, strict=True))
    ]
    assert reread(given(rating=Rating(7.5, 1, 7)), replies) is None
    assert reread(given(7.5), replies) is None


def test_swapping_the_sides_turns_every_value_round() -> None:
    for p_first, order in itertools.product((0.1, 0.4, 0.8), (B, C)):
        value = p_first if order == C else 1 - p_first
        (one,) = reread(given(value), [said("K", order, p_first=p_first)]) or []
        (other,) = reread(given(1 - value), [said("K", C if order == B else B, p_first=p_first)]) or []
        assert one.preference is not None and other.preference == pytest.approx(1 - one.preference)
