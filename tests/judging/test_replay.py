"""Recorded replies whose order is not told."""

import pytest

from evalkit.formats.alpaca_eval import RECORDED_LABELS, RecordedReply, RecordedRow, Recording
from evalkit.formats.instructions import instruction_key
from evalkit.judge_spec.config import read_judge
from evalkit.judging.replay import UNTOLD_ORDER, Recorded, match_recording, replayed
from evalkit.types import ChatReply, Comparison, Example, Order, Output

ASKED = Example("k", ("Why?",))
COMPARED = Comparison(ASKED, Output("k", "b", ("one",)), Output("k", "m", ("two",)))


def matched(preference: float | None, *replies: str, order: Order | None = None) -> Recorded:
    said = tuple(RecordedReply(ChatReply(text), order, place, RECORDED_LABELS) for place, text in enumerate(replies))
    row = RecordedRow("one", "two", preference, said)
    recording = Recording("r.json", "judge", {instruction_key("Why?"): (row,)})
    return match_recording([COMPARED], recording, replayed(read_judge("pairwise_label"), recording))


def test_no_verdict_is_taken_from_a_reply_whose_order_nothing_tells() -> None:
    found = matched(None, "[[m]]")
    assert found.questions == {"k": ()}
    assert found.failures == {"k": UNTOLD_ORDER}


def test_a_told_order_needs_no_preference() -> None:
    found = matched(None, "[[m]]", order=Order.CANDIDATE_FIRST)
    assert [question.order for question, _ in found.questions["k"]] == [Order.CANDIDATE_FIRST]


@pytest.mark.parametrize(
    ("preference", "order"), [(2 / 3, Order.CANDIDATE_FIRST), (1 / 3, Order.BASELINE_FIRST), (1.0, None)]
)
def test_several_choices_give_the_preference_together(preference: float, order: Order | None) -> None:
    found = matched(preference, "[[m]]", "[[M]]", "[[m]]")
    orders = [(question.order, question.repeat) for question, _ in found.questions["k"]]
    assert orders == ([] if order is None else [(order, 0), (order, 1), (order, 2)])
