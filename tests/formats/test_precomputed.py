"""Verdicts as inspect_ai's precomputed scores."""

import dataclasses

from evalkit.formats.precomputed import score_rows
from evalkit.formats.verdicts import Exchange, Stored
from evalkit.types import Annotation, Order, Rating
from tests.formats.test_verdict_table import ALONE, SLOT


def own(order: Order, preference: float | None, *, reply: str | None = None, repeat: int = 0) -> Stored:
    slot = dataclasses.replace(SLOT, order=order, repeat=repeat)
    return Annotation(slot, preference, None if preference is not None else "silent"), Exchange(reply=reply)


def test_a_grade_is_a_value_of_its_sample_and_epoch() -> None:
    graded = dataclasses.replace(ALONE, key="81", turn=1, repeat=2)
    (row,) = score_rows([(Annotation(graded, None, rating=Rating(7.0, 1.0, 10.0)), Exchange(reply="[[7]]"))])
    assert (row["id"], row["value"], row["epoch"], row["explanation"]) == (81, 7.0, 3, "[[7]]")
    assert (row["metadata"]["judge"], row["metadata"]["baseline"], row["metadata"]["turn"]) == ("j", None, 1)


def test_both_orders_are_one_value_and_the_metadata_has_each() -> None:
    (row,) = score_rows([own(Order.BASELINE_FIRST, 1.0, reply="a"), own(Order.CANDIDATE_FIRST, 0.5, reply="b")])
    assert (row["id"], row["value"], row["explanation"]) == ("81:2", 0.75, "a\n\nb")
    assert row["metadata"]["orders"] == {"baseline_first": 1.0, "candidate_first": 0.5}


def test_where_an_order_has_no_verdict_there_is_no_value_and_the_reason_is_told() -> None:
    (row,) = score_rows([own(Order.BASELINE_FIRST, 1.0), own(Order.CANDIDATE_FIRST, None)])
    assert (row["value"], row["metadata"]["failure"]) == (None, "silent")


def test_repeats_are_epochs() -> None:
    rows = list(score_rows([own(Order.BASELINE_FIRST, p, repeat=n) for n, p in enumerate((0.0, 1.0))]))
    assert [(row["epoch"], row["value"]) for row in rows] == [(1, 0.0), (2, 1.0)]
