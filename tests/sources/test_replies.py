"""The verdicts behind a recorded mean."""

import itertools
import math

import pytest

from evalkit.formats.alpaca_eval import RawReply
from evalkit.sources.replies import Reread, reread
from evalkit.types import ChatReply, Labels, Order, Reading

KM, B, C = Labels("K", "M", "T"), Order.BASELINE_FIRST, Order.CANDIDATE_FIRST


def said(text: str, order: Order | None = B, *, repeat: int = 0, p_first: float | None = None) -> RawReply:
    logprobs = () if p_first is None else ((("K", math.log(p_first)), ("M", math.log1p(-p_first))),)
    return RawReply(ChatReply(text, logprobs), order, repeat, KM)


@pytest.mark.parametrize(("p_first", "preference"), [(0.9, 0.1), (0.25, 0.75)])
def test_a_weighted_reply_tells_the_order_in_which_it_gives_what_was_recorded(
    p_first: float, preference: float
) -> None:
    (one,) = reread([said("K", None, p_first=p_first)], preference) or []
    assert (one.order, one.reading) == (B, Reading.WEIGHTED) and one.value == pytest.approx(preference)
    (other,) = reread([said("K", None, p_first=p_first)], 1 - preference) or []
    assert other.order == C and other.value == pytest.approx(1 - preference)


def test_a_tie_tells_no_order() -> None:
    (one,) = reread([said("K", None, p_first=0.5)], 0.5) or []
    assert one.order is None and one.value == pytest.approx(0.5)


def test_both_orders_with_repeats_are_read_by_the_parser_that_gives_their_mean() -> None:
    replies = [said("[[K]]", B), said("[[M]]", B, repeat=1), said("So:\n[[K]]", C)]
    assert [one.value for one in reread(replies, 0.75) or []] == [0.0, 1.0, 1.0]
    assert reread(replies, 0.5) is None
    assert [one.value for one in reread([said("[[K>>M]]", B), said("[[K=M]]", C)], 0.25) or []] == [0.0, 0.5]


def test_a_repeat_without_a_verdict_says_why_and_leaves_the_mean_to_the_others() -> None:
    read = reread([said("[[K]]", B), said("Who knows?", B, repeat=1)], 0.0)
    assert read is not None and read[0].value == 0.0
    assert read[1].value is None and "no [[label]]" in str(read[1].failure)


def test_an_order_without_a_verdict_leaves_no_mean() -> None:
    replies = [said("[[K]]", B), said("Who knows?", C)]
    assert [one.value for one in reread(replies, None) or []] == [0.0, None]
    assert reread(replies, 0.0) is None
    assert reread([said("Who knows?", B)], None) is None, "nothing was read"


def test_grades_are_read_on_their_scale() -> None:
    replies = [said("[[7]]", Order.ALONE), said("[[8]]", Order.ALONE, repeat=1)]
    expected = [Reread(Order.ALONE, 7.0, Reading.STATED), Reread(Order.ALONE, 8.0, Reading.STATED)]
    assert reread(replies, 7.5, scale=(1, 10)) == expected
    assert reread(replies, 7.5, scale=(1, 7)) is None
    assert reread(replies, 7.5) is None


def test_swapping_the_sides_turns_every_value_round() -> None:
    for p_first, order in itertools.product((0.1, 0.4, 0.8), (B, C)):
        value = p_first if order == C else 1 - p_first
        (one,) = reread([said("K", order, p_first=p_first)], value) or []
        (other,) = reread([said("K", C if order == B else B, p_first=p_first)], 1 - value) or []
        assert one.value is not None and other.value == pytest.approx(1 - one.value)
