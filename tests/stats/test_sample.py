"""How verdicts become a sample."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import StatsError
from evalkit.stats.sample import build_sample
from evalkit.stats.winrate import win_rate
from tests.stats.stat_samples import sample_of

NAN = float("nan")


def test_both_orders_of_an_instruction_are_averaged_into_one_row() -> None:
    sample = build_sample(["b", "a", "a", "b"], np.array([1.0, 0.75, 0.25, 0.5]), orders=["x", "x", "y", "y"])
    assert sample.keys == ("a", "b")
    assert sample.preference.tolist() == [0.5, 0.75]


def test_repeats_are_averaged_within_their_order_before_the_orders_are() -> None:
    # order x says 1, 1, 1 and order y says 0: half, not three quarters
    sample = build_sample(["a"] * 4, np.array([1.0, 1.0, 1.0, 0.0]), orders=["x", "x", "x", "y"])
    assert sample.preference.tolist() == [0.5]


def test_one_repeat_with_a_verdict_is_enough_for_its_order() -> None:
    sample = build_sample(["a", "a", "a"], np.array([NAN, 0.5, 1.0]), orders=["x", "x", "y"])
    assert sample.preference.tolist() == [0.75]
    assert sample.n_missing == 0


def test_an_instruction_with_a_verdict_in_one_of_its_two_orders_is_missing_not_half_judged() -> None:
    sample = build_sample(
        ["a", "a", "b", "b"],
        np.array([1.0, NAN, 0.25, 0.25]),
        orders=["x", "y", "x", "y"],
        length_difference=np.array([7.0, 7.0, 9.0, 9.0]),
    )
    assert sample.keys == ("b",)
    assert sample.missing == ("a",)
    assert sample.missing_length_difference is not None
    assert sample.missing_length_difference.tolist() == [7.0]


def test_a_verdict_that_changes_with_the_order_is_counted_as_inconsistent() -> None:
    sample = build_sample(
        ["a", "a", "b", "b", "c", "c"],
        np.array([0.9, 0.2, 0.9, 0.8, 0.5, 0.1]),
        orders=["x", "y"] * 3,
    )
    assert sample.n_inconsistent == 1


def test_rows_that_share_an_instruction_text_are_one_cluster() -> None:
    sample = sample_of([0.1, 0.2, 0.3], clusters=["hello", "bye", "hello"])
    assert sample.cluster.tolist() == [1, 0, 1]
    assert sample.n == 3
    assert sample.n_clusters == 2


def test_clusters_are_numbered_among_the_judged_rows_only() -> None:
    sample = sample_of([NAN, 0.2, 0.3], clusters=["a", "c", "d"])
    assert sample.cluster.tolist() == [0, 1]
    assert sample.n_clusters == 2


def test_without_a_single_verdict_the_sample_is_empty_and_every_instruction_is_missing() -> None:
    sample = sample_of([NAN, NAN], [1.0, 2.0])
    assert (sample.n, sample.n_missing, sample.n_clusters) == (0, 2, 0)


def test_a_table_without_rows_is_an_empty_sample() -> None:
    assert build_sample([], np.zeros(0)).n == 0


@pytest.mark.parametrize("wrong", [1.5, -1.0, float("inf"), float("-inf"), 7.0, -1e-9])
def test_a_preference_outside_zero_to_one_is_refused_with_its_instruction(wrong: float) -> None:
    with pytest.raises(StatsError, match=rf"instruction 0001: preference {wrong:g} is outside \[0, 1\]"):
        sample_of([0.5, wrong, 1.0])


@pytest.mark.parametrize("pair", [(1.5, 0.3), (-1.0, 1.0), (float("inf"), float("-inf"))])
def test_a_wrong_preference_is_refused_although_the_other_order_pulls_the_mean_inside(
    pair: tuple[float, float],
) -> None:
    with pytest.raises(StatsError, match="instruction a"):
        build_sample(["a", "a"], np.array(pair), orders=["x", "y"])


# at most two verdicts an order: their sum has one value in any row order
_tables = st.lists(st.lists(st.floats(0, 1) | st.just(NAN), min_size=1, max_size=4), min_size=1, max_size=12)


@given(_tables, st.randoms(use_true_random=False))
def test_row_order_changes_no_bit(table: list[list[float]], shuffler: Random) -> None:
    rows = [
        (f"key {index}", order, value, f"text {index % 5}", 10.0 * index)
        for index, values in enumerate(table)
        for order, value in zip(("x", "y", "x", "y"), values, strict=False)
    ]
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    one, other = (
        build_sample(
            [row[0] for row in some],
            np.array([row[2] for row in some]),
            orders=[row[1] for row in some],
            clusters=[row[3] for row in some],
            length_difference=np.array([row[4] for row in some]),
        )
        for some in (rows, shuffled)
    )
    assert one.keys == other.keys
    assert one.missing == other.missing
    assert one.preference.tobytes() == other.preference.tobytes()
    assert one.cluster.tobytes() == other.cluster.tobytes()
    assert one.length_difference is not None
    assert other.length_difference is not None
    assert one.length_difference.tobytes() == other.length_difference.tobytes()
    assert win_rate(one).estimate == win_rate(other).estimate


def test_row_order_changes_no_bit_of_the_mean_of_three_repeats() -> None:
    values = np.array([0.1, 0.2, 0.3])
    one, other = (build_sample(["a"] * 3, values[rows]).preference[0] for rows in ([0, 1, 2], [2, 1, 0]))
    assert one == other


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_preferences_of_a_sample_stay_within_zero_and_one(values: list[float]) -> None:
    keys = [f"{index // 3}" for index in range(len(values))]
    sample = build_sample(keys, np.array(values), orders=["x" if index % 2 else "y" for index in range(len(values))])
    assert ((sample.preference >= 0) & (sample.preference <= 1)).all()
