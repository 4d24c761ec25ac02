"""How verdicts become a sample."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import StatsError
from evalkit.stats.sample import Combine, Sample, build_sample
from evalkit.stats.winrate import bounds_over_missing, win_rate
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
    with pytest.raises(StatsError, match=rf"preference\[1\], of instruction '0001', is {wrong:g}, outside \[0, 1\]"):
        sample_of([0.5, wrong, 1.0])


@pytest.mark.parametrize("pair", [(1.5, 0.3), (-1.0, 1.0), (float("inf"), float("-inf"))])
def test_a_wrong_preference_is_refused_although_the_other_order_pulls_the_mean_inside(
    pair: tuple[float, float],
) -> None:
    with pytest.raises(StatsError, match="instruction 'a'"):
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


# --- weights


def test_a_verdict_of_weight_three_counts_as_three_in_its_instruction_and_among_instructions() -> None:
    # a: strong win and loss; b: two ties
    sample = build_sample(
        ["a", "a", "b", "b"], np.array([1.0, 0.0, 0.5, 0.5]), orders=["x", "y"] * 2, weight=np.array([3.0, 1, 1, 1])
    )
    assert sample.preference.tolist() == [0.75, 0.5]
    assert sample.weight is not None
    assert sample.weight.tolist() == [2.0, 1.0]
    # three wins, a loss and two ties among six
    assert sample.mean(sample.preference) == pytest.approx(4 / 6)


def test_repeats_share_the_weight_of_one_verdict() -> None:
    # order x: a strong and two plain wins, 5/3 on average; order y: a loss
    sample = build_sample(
        ["a"] * 4, np.array([1.0, 1.0, 1.0, 0.0]), orders=["x", "x", "x", "y"], weight=np.array([3.0, 1, 1, 1])
    )
    assert sample.preference.tolist() == pytest.approx([(5 / 3) / (5 / 3 + 1)])
    assert sample.weight is not None
    assert sample.weight.tolist() == pytest.approx([4 / 3])


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([1.0, 3.0])), min_size=2, max_size=40))
def test_one_verdict_in_each_order_makes_the_weighted_mean_of_all_verdicts(rows: list[tuple[float, float]]) -> None:
    rows = rows[: len(rows) // 2 * 2]
    preference, weight = (np.array(column) for column in zip(*rows, strict=True))
    keys = [f"{index // 2:02d}" for index in range(len(rows))]
    sample = build_sample(keys, preference, orders=["x", "y"] * (len(rows) // 2), weight=weight)
    assert sample.mean(sample.preference) == pytest.approx(np.average(preference, weights=weight))
    assert 0 <= sample.mean(sample.preference) <= 1
    assert sample.relative_weight.mean() == pytest.approx(1)


@pytest.mark.parametrize("combine", list(Combine))
def test_equal_weights_change_nothing(combine: Combine) -> None:
    values = np.random.default_rng(1).random(30)
    keys, orders = [f"{index // 3:02d}" for index in range(30)], ["x", "y", "x"] * 10
    plain, weighted = (
        build_sample(keys, values, orders=orders, weight=weight, combine=combine) for weight in (None, np.ones(30))
    )
    assert plain.weight is None
    assert plain.preference.tobytes() == weighted.preference.tobytes()
    assert plain.n_effective == weighted.n_effective == 10


def test_few_heavy_instructions_tell_as_much_as_fewer_equal_ones() -> None:
    # 20 squared over 50
    assert build_sample(list("abcdefghij"), np.ones(10), weight=np.array([1.0, 3.0] * 5)).n_effective == 8
    assert build_sample([], np.zeros(0)).n_effective == 0


@pytest.mark.parametrize("wrong", [0.0, -3.0, NAN, float("inf")])
def test_a_weight_that_is_not_a_positive_number_is_refused_with_its_instruction(wrong: float) -> None:
    said = rf"weight\[1\], of instruction 'b', is {wrong:g}, which is not a positive number"
    with pytest.raises(StatsError, match=said):
        build_sample(["a", "b"], np.array([1.0, 0.5]), weight=np.array([1.0, wrong]))
    # what has no verdict needs none
    assert build_sample(["a", "b"], np.array([1.0, NAN]), weight=np.array([1.0, wrong])).n_missing == 1


# --- agreement of the orders


@pytest.mark.parametrize(
    ("both", "expected"),
    [
        ((1.0, 1.0), 1.0),
        ((0.0, 0.0), 0.0),
        ((1.0, 0.0), 0.5),
        ((0.5, 1.0), 0.5),
        ((0.5, 0.5), 0.5),
        ((0.5, 0.0), 0.5),
        ((0.9, 0.6), 1.0),
        ((0.4, 0.1), 0.0),
    ],
)
def test_by_agreement_a_side_wins_only_if_every_order_decides_for_it(
    both: tuple[float, float], expected: float
) -> None:
    sample = build_sample(["a", "a"], np.array(both), orders=["x", "y"], combine=Combine.AGREEMENT)
    assert sample.preference.tolist() == [expected]


def test_by_agreement_a_single_order_decides_alone_and_repeats_by_their_mean() -> None:
    sample = build_sample(
        ["a", "b", "b", "b", "b"],
        np.array([0.8, 1.0, 0.0, 0.0, 0.2]),
        orders=["x", "x", "x", "x", "y"],
        combine=Combine.AGREEMENT,
    )
    assert sample.preference.tolist() == [1.0, 0.0]


def test_by_agreement_an_order_without_a_verdict_leaves_the_instruction_missing() -> None:
    sample = build_sample(["a", "a"], np.array([1.0, NAN]), orders=["x", "y"], combine=Combine.AGREEMENT)
    assert (sample.keys, sample.missing) == ((), ("a",))


# --- measures


def test_measures_follow_their_instructions() -> None:
    sample = build_sample(
        ["b", "a", "a", "c"],
        np.array([1.0, 0.5, 0.5, NAN]),
        orders=["x", "x", "y", "x"],
        measures={"bold": (np.array([7, 2, 2, 9]), np.array([1.0, NAN, NAN, 0.0]))},
    )
    candidate, baseline = sample.measures["bold"]
    assert candidate.tolist() == [2.0, 7.0]
    assert np.isnan(baseline[0])
    assert baseline[1] == 1.0
    assert sample_of([1.0]).measures == {}


# --- subsets, and what missing verdicts would make of it


def whole() -> Sample:
    """Two clusters of two; c lacks a verdict."""
    return build_sample(
        ["d", "c", "b", "a"],
        np.array([0.2, NAN, 0.6, 1.0]),
        length_difference=np.array([4.0, 3.0, 2.0, 1.0]),
        clusters=["y", "y", "x", "x"],
        weight=np.array([1.0, 1.0, 1.0, 3.0]),
        measures={"bold": (np.array([8.0, 7.0, 6.0, 5.0]), np.zeros(4))},
    )


def test_a_restricted_sample_is_what_those_instructions_alone_would_give() -> None:
    part = whole().restricted({"d", "c", "a"})
    assert (part.keys, part.missing, part.clusters) == (("a", "d"), ("c",), ("x", "y"))
    assert part.cluster.tolist() == [0, 1]
    assert part.preference.tolist() == [1.0, 0.2]
    assert part.weight is not None and part.weight.tolist() == [3.0, 1.0]
    assert part.length_difference is not None and part.length_difference.tolist() == [1.0, 4.0]
    assert part.missing_length_difference is not None and part.missing_length_difference.tolist() == [3.0]
    assert part.measures["bold"][0].tolist() == [5.0, 8.0]
    assert win_rate(part).estimate.n == 2


def test_a_cluster_of_which_nothing_is_left_does_not_count() -> None:
    part = whole().restricted({"d"})
    assert (part.clusters, part.cluster.tolist(), part.n_clusters) == (("y",), [0], 1)
    assert whole().restricted(()).n_clusters == 0


def test_missing_verdicts_filled_in_stand_in_their_place_and_weigh_as_the_heaviest() -> None:
    filled = whole().filled(1.0)
    assert (filled.keys, filled.missing, filled.clusters) == (("a", "b", "c", "d"), (), ("c", "x", "y"))
    assert filled.preference.tolist() == [1.0, 0.6, 1.0, 0.2]
    assert filled.cluster.tolist() == [1, 1, 0, 2]
    assert filled.weight is not None and filled.weight.tolist() == [3.0, 1.0, 3.0, 1.0]
    assert filled.length_difference is not None and filled.length_difference.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert np.isnan(filled.measures["bold"][0]).tolist() == [False, False, True, False]


@pytest.mark.parametrize("weight", [None, [1.0, 3.0, 1.0, 1.0]])
def test_filled_samples_have_the_win_rates_that_bound_the_missing(weight: list[float] | None) -> None:
    sample = build_sample(
        list("abcd"), np.array([0.2, 0.6, NAN, NAN]), weight=None if weight is None else np.array(weight)
    )
    bounds = [win_rate(sample.filled(preference)).estimate.value for preference in (0.0, 1.0)]
    assert bounds == pytest.approx(list(bounds_over_missing(sample) or ()))


def test_a_sample_without_any_verdict_can_be_filled() -> None:
    filled = build_sample(["a", "b"], np.array([NAN, NAN])).filled(0.0)
    assert (filled.n, filled.n_clusters) == (2, 2)
    assert win_rate(filled).estimate.value == 0
