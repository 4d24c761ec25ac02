"""Several differences at once."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evalkit.stats.multiple import holm, indistinguishable, p_value
from evalkit.types import Estimate

pytestmark = pytest.mark.usefixtures("frozen_garbage")


def test_the_p_value_is_that_of_the_paired_t_test() -> None:
    generator = np.random.default_rng(1)
    first, second = generator.random(40), generator.random(40) * 0.8
    gap = first - second
    estimate = Estimate(gap.mean(), gap.std(ddof=1) / 40**0.5, -1.0, 1.0, 40)
    assert p_value(estimate) == pytest.approx(stats.ttest_rel(first, second).pvalue)


def test_the_p_value_of_the_sleeping_drugs_is_the_published_one() -> None:
    # Cushny and Peebles 1905: t = 4.0621 on 9 degrees of freedom; R's help of t.test prints 0.002833
    assert p_value(Estimate(4.0621, 1.0, 0.0, 8.0, 10)) == pytest.approx(0.002833, abs=1e-6)


def test_a_difference_without_an_error_is_certain_and_what_was_refused_has_no_p_value() -> None:
    assert p_value(Estimate(0.0, 0.0, 0.0, 0.0, 9)) == 1.0
    assert p_value(Estimate(0.1, 0.0, 0.1, 0.1, 9)) == 0.0
    assert p_value(Estimate.refused("nothing", n=0)) is None


def test_holms_steps_worked_by_hand() -> None:
    # 4 * 0.005, 3 * 0.01, 2 * 0.03, and 1 * 0.04, which may not fall below the one before
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


# by evalkit's own steps, before statsmodels took them over
WERE = [
    ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
    ([0.5, 0.5, 0.5], [1.0, 1.0, 1.0]),
    ([0.0, 1.0, 0.0], [0.0, 1.0, 0.0]),
    ([1e-12, 3e-9, 0.2, 0.2], [4e-12, 9e-9, 0.4, 0.4]),
    ([0.049, 0.0123456789, 0.7, 0.3, 0.3], [0.196, 0.0617283945, 0.9, 0.9, 0.9]),
    ([0.8, None, 0.02, None, 0.021], [0.8, None, 0.06, None, 0.06]),
    ([1.0, 0.0, 0.25], [1.0, 0.0, 0.5]),
]


@pytest.mark.parametrize(("p_values", "were"), WERE)
def test_adjusted_p_values_are_what_they_were(p_values: list[float | None], were: list[float | None]) -> None:
    adjusted = holm(p_values)
    assert [one is None for one in adjusted] == [one is None for one in were]
    assert [one for one in adjusted if one is not None] == pytest.approx(
        [one for one in were if one is not None], abs=1e-9
    )
    assert all(one is None or type(one) is float for one in adjusted)


@pytest.mark.parametrize("p_values", [[], [None], [None, None], [0.03], [None, 0.03], [1.0]])
def test_a_single_comparison_is_not_adjusted(p_values: list[float | None]) -> None:
    assert holm(p_values) == p_values


def test_what_could_not_be_tested_does_not_count_as_a_comparison() -> None:
    assert holm([0.01, None, 0.2]) == [0.02, None, 0.2]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_a_hypothesis_is_rejected_as_soon_as_all_sets_that_hold_it_are_by_bonferroni(p_values: list[float]) -> None:
    # the closed test, of which Holm's method is the short cut
    places = range(len(p_values))
    closed = [
        max(
            min(1.0, len(group) * min(p_values[one] for one in group))
            for size in places
            for group in combinations(places, size + 1)
            if place in group
        )
        for place in places
    ]
    assert holm(p_values) == pytest.approx(closed)


def test_true_nulls_among_false_ones_are_called_significant_once_in_twenty_or_less() -> None:
    generator = np.random.default_rng(2)
    wrong = 0
    for _ in range(1500):
        # five true nulls and three differences that are plain to see
        p_values = [*stats.norm.sf(generator.normal(size=5)), *stats.norm.sf(generator.normal(6, 1, 3))]
        wrong += any(one is not None and one < 0.05 for one in holm(p_values)[:5])
    assert 0.03 < wrong / 1500 <= 0.06


def apart(*pairs: str) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in pairs}


def test_a_model_in_the_middle_stands_in_two_sets() -> None:
    assert indistinguishable("abc", apart("ac")) == [("a", "b"), ("b", "c")]


def test_models_that_are_all_told_apart_stand_in_no_set_and_those_that_are_not_in_one() -> None:
    assert indistinguishable("abc", apart("ab", "ac", "bc")) == []
    assert indistinguishable("cab", set()) == [("c", "a", "b")]
    assert indistinguishable("abcd", apart("ac", "ad", "bc", "bd")) == [("a", "b"), ("c", "d")]


@given(st.sets(st.sampled_from([frozenset(pair) for pair in combinations("abcdef", 2)])))
def test_the_sets_are_the_largest_without_a_significant_pair(told_apart: set[frozenset[str]]) -> None:
    def alike(group: tuple[str, ...]) -> bool:
        return not any(frozenset(pair) in told_apart for pair in combinations(group, 2))

    all_alike = [group for size in range(2, 7) for group in combinations("abcdef", size) if alike(group)]
    largest = [group for group in all_alike if not any(set(group) < set(other) for other in all_alike)]
    assert sorted(indistinguishable("abcdef", told_apart)) == sorted(largest)
