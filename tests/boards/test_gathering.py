"""Verdicts gathered into entries: strong ones, grades, parts by turn and category, pooled judges."""

import dataclasses

import numpy as np
import pytest

from evalkit.boards.entries import Aggregation, Entry
from evalkit.boards.gathering import entries_of_annotations
from evalkit.boards.metrics import LC_WIN_RATE, Recipe
from evalkit.boards.row import build_row
from evalkit.errors import InputError
from evalkit.stats.sample import Combine
from evalkit.types import BOTH_ORDERS, Annotation, ChatReply, Order, Rating, Slot

SLOT = Slot(
    benchmark="bench",
    model="cand",
    baseline="base",
    judge="one",
    digest="d1",
    key="1",
    cluster="1",
    category=None,
    order=Order.BASELINE_FIRST,
    repeat=0,
    baseline_chars=10,
    candidate_chars=20,
)


def compared(
    key: str, *preferences: float | None, strong: bool = False, judge: str = "one", category: str | None = None
) -> list[Annotation]:
    """A comparison's verdicts, one an order."""
    slot = dataclasses.replace(SLOT, key=key, cluster=key, judge=judge, digest=f"of {judge}", category=category)
    return [
        Annotation(
            dataclasses.replace(slot, order=order), value, None if value is not None else "silent", strong=strong
        )
        for order, value in zip(BOTH_ORDERS, preferences, strict=False)
    ]


def graded(question: int, *grades: float | None, category: str | None = None, low: float = 1.0) -> list[Annotation]:
    """A conversation's grades, one a turn."""
    return [
        Annotation(
            dataclasses.replace(
                SLOT, baseline="", key=f"{question}:{turn}", cluster=str(question), order=Order.ALONE, turn=turn,
                category=category,
            ),
            None,
            None if grade is not None else "no number",
            rating=None if grade is None else Rating(grade, low, 10.0),
        )
        for turn, grade in enumerate(grades, start=1)
    ]  # fmt: skip


def entry_of(annotations: list[Annotation], aggregation: Aggregation) -> Entry:
    (entry,) = entries_of_annotations(annotations, aggregation)
    return entry


def test_a_strong_verdict_counts_as_often_as_asked_for() -> None:
    verdicts = [*compared("1", 1.0, 1.0, strong=True), *compared("2", 0.0, 0.0)]
    assert build_row(entry_of(verdicts, Aggregation()), Recipe()).raw.estimate.value == 50
    # by hand: three of four weights for the candidate
    assert build_row(entry_of(verdicts, Aggregation(strong_weight=3)), Recipe()).raw.estimate.value == 75


def test_by_agreement_a_win_needs_both_orders() -> None:
    verdicts = [*compared("1", 1.0, 1.0), *compared("2", 1.0, 0.5), *compared("3", 1.0, 0.0), *compared("4", 0.0, 0.0)]
    row = build_row(entry_of(verdicts, Aggregation(combine=Combine.AGREEMENT)), Recipe())
    assert (row.counts.wins, row.counts.ties, row.counts.losses) == (1, 2, 1)
    assert row.raw.estimate.value == 50
    assert build_row(entry_of(verdicts, Aggregation()), Recipe()).raw.estimate.value == pytest.approx(56.25)


def test_pooled_judges_give_one_score_and_all_must_answer() -> None:
    first = [*compared("1", 1.0, 1.0), *compared("2", 1.0, 1.0)]
    second = [*compared("1", 0.0, 0.0, judge="two"), *compared("2", None, 1.0, judge="two")]
    entry = entry_of([*first, *second], Aggregation(pool=True))
    assert (entry.judge, entry.sample.n, entry.sample.n_missing) == ("one + two", 1, 1)
    assert entry.sample.preference.tolist() == [0.5]
    assert len(entries_of_annotations([*first, *second])) == 2


def test_pooled_judges_are_not_parted_by_the_models_that_serve_them() -> None:
    verdicts = [
        dataclasses.replace(one, reply=ChatReply("[[m]]", model=f"model of {one.slot.judge}"))
        for one in [*compared("1", 1.0, 1.0), *compared("1", 0.0, 0.0, judge="two")]
    ]
    entry = entry_of(verdicts, Aggregation(pool=True))
    assert (entry.served_as, entry.sample.preference.tolist()) == ("", [0.5])
    assert entry.judging.served == ("model of one", "model of two")


def test_only_the_categories_asked_for_are_taken() -> None:
    verdicts = [*compared("1", 1.0, category="coding"), *compared("2", 0.0, category="math"), *compared("3", 0.0)]
    assert entry_of(verdicts, Aggregation(categories=("coding",))).sample.keys == ("1",)


def test_the_mean_grade_is_on_the_judges_scale_and_clustered_by_question() -> None:
    row = build_row(entry_of([*graded(81, 10, 4), *graded(82, 7, 7), *graded(83, 1, 10)], Aggregation()), Recipe())
    score = row.raw.estimate
    assert score.value == pytest.approx(6.5)
    assert score.n == 3, "questions, not grades"
    # by hand: sums of residuals by question are 1, 1 and -2
    assert score.stderr == pytest.approx(np.sqrt((1 + 1 + 4) * 3 / 2) / 6)
    assert score.lower is not None and score.upper is not None
    assert 1 <= score.lower < 6.5 < score.upper <= 10
    assert row.measured(LC_WIN_RATE).estimate.status.reason == "graded alone"


def test_grades_are_averaged_whatever_the_rule_for_comparisons() -> None:
    aggregation = Aggregation(combine=Combine.AGREEMENT)
    assert build_row(
        entry_of([*graded(81, 10, 4), *graded(82, 7, 7)], aggregation), Recipe()
    ).raw.estimate.value == pytest.approx(7)


def test_scores_are_split_by_turn_and_by_category() -> None:
    grades = [*graded(81, 10, 4, category="math"), *graded(82, 8, 2, category="coding")]
    parts = build_row(entry_of(grades, Aggregation(by=("turn", "category"))), Recipe()).slices
    assert {name: one.value for name, one in parts.items()} == {
        "turn 1": pytest.approx(9),
        "turn 2": pytest.approx(3),
        "category coding": pytest.approx(5),
        "category math": pytest.approx(7),
    }


def test_what_all_verdicts_are_of_is_no_part_of_a_row() -> None:
    grades = [*graded(81, 10, category="math"), *graded(82, 8, category="math")]
    assert not build_row(entry_of(grades, Aggregation(by=("turn", "category"))), Recipe()).slices


def test_a_grade_that_could_not_be_read_is_counted_and_bounded_and_never_a_number() -> None:
    row = build_row(entry_of([*graded(81, 10, None), *graded(82, 4, 4)], Aggregation()), Recipe())
    assert row.raw.estimate.value == pytest.approx(6)
    assert (row.entry.sample.n, row.entry.sample.n_missing) == (3, 1)
    assert row.entry.failures == {"no number": 1}
    assert row.bounds is not None
    assert list(row.bounds) == pytest.approx([(18 + 1) / 4, (18 + 10) / 4])


def test_grades_on_different_scales_are_not_averaged() -> None:
    with pytest.raises(InputError, match="different scales cannot be averaged: 0 to 10, 1 to 10"):
        entries_of_annotations([*graded(1, 5), *graded(2, 5, low=0.0)])


def test_measures_reach_the_sample_by_instruction() -> None:
    verdicts = [
        dataclasses.replace(
            one,
            slot=dataclasses.replace(one.slot, candidate_measures={"headers": 3.0}, baseline_measures={"headers": 1.0}),
        )
        for one in [*compared("1", 1.0, 0.0), *compared("2", 1.0, 1.0)]
    ]
    candidate, baseline = entry_of(verdicts, Aggregation()).sample.measures["headers"]
    assert (candidate.tolist(), baseline.tolist()) == ([3, 3], [1, 1])
