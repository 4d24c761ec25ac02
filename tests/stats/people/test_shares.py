"""Clustered shares, their difference and their ratio: cases by hand, edges and properties."""

import numpy as np
import pytest

from evalkit.stats.intervals import proportion_interval
from evalkit.stats.people.shares import Share, clustered_share, share_difference, share_of_opinions, share_ratio
from evalkit.stats.sample import Floats
from tests.stats.stat_samples import numbers, value_of


def share_of(values: list[float] | Floats, cluster: list[int] | None = None) -> Share:
    rows = np.arange(len(values))
    return share_of_opinions(np.array(values, dtype=float), rows, rows if cluster is None else np.array(cluster))


def test_the_error_is_a_jackknife_over_instructions_by_hand() -> None:
    # without the first, second and third instruction the mean of 1 1 | 0 | 0 is 0, 2/3 and 2/3: 1/2, -1/6 and -1/6 away
    found = share_of([1, 1, 0, 0], [0, 0, 1, 2])
    value, stderr, lower, upper = numbers(found.estimate)
    assert (value, found.estimate.n, found.n, found.n_comparisons) == (50.0, 3, 4, 4)
    assert stderr == pytest.approx(100 * (2 / 3 * (1 / 4 + 2 / 36)) ** 0.5)
    assert 0 <= lower < 50 < upper <= 100


def test_saying_everything_twice_changes_nothing() -> None:
    values, cluster = np.random.default_rng(1).random(60), np.arange(60) // 2
    once, twice = share_of(values, cluster.tolist()), share_of(np.tile(values, 2), np.tile(cluster, 2).tolist())
    assert numbers(once.estimate) == pytest.approx(numbers(twice.estimate))


def test_where_all_agree_the_interval_is_the_exact_one() -> None:
    _, _, lower, upper = numbers(share_of(np.ones(40)).estimate)
    assert (lower / 100, upper / 100) == proportion_interval(1.0, 0.0, 40)
    _, stderr, lower, upper = numbers(share_of(np.full(40, 0.5)).estimate)
    assert stderr > 0 and lower == pytest.approx(100 - upper)


def test_missing_values_are_left_out_and_one_instruction_is_refused() -> None:
    found = share_of([1, np.nan, 0, 1], [0, 1, 2, 2])
    assert (found.n, found.estimate.n) == (3, 2)
    assert value_of(found.estimate) == pytest.approx(200 / 3)
    for values in ([1.0, 1.0], [np.nan, 1.0]):
        assert "at least 2 needed" in share_of(values, [0, 0]).estimate.status.reason
    assert share_of([np.nan, np.nan]).estimate.value is None


def test_the_difference_is_paired() -> None:
    generator = np.random.default_rng(2)
    ours = generator.integers(0, 2, 400).astype(float)
    theirs = np.where(generator.random(400) < 0.1, 1 - ours, ours)
    paired = share_difference(share_of(ours), share_of(theirs))
    apart = share_difference(share_of(ours), share_of(generator.permutation(theirs)))
    value, stderr, _, _ = numbers(paired)
    assert value == pytest.approx(100 * (ours - theirs).mean())
    # as the error of the mean of the paired differences
    assert stderr == pytest.approx(100 * np.std(ours - theirs, ddof=1) / 20, rel=0.02)
    assert stderr < 0.6 * numbers(apart)[1]


def test_the_ends_of_a_difference_and_a_ratio_turn_with_its_sides() -> None:
    generator = np.random.default_rng(3)
    first, second = (share_of(generator.random(50)) for _ in range(2))
    value, stderr, lower, upper = numbers(share_difference(first, second))
    assert numbers(share_difference(second, first)) == pytest.approx((-value, stderr, -upper, -lower))
    ratio = [end / 100 for end in (numbers(share_ratio(first, second)))]
    turned = [end / 100 for end in (numbers(share_ratio(second, first)))]
    assert turned[0] == pytest.approx(1 / ratio[0])
    assert turned[2:] == pytest.approx([1 / ratio[3], 1 / ratio[2]])


def test_shares_that_never_differ_have_the_interval_of_an_unseen_event() -> None:
    share = share_of(np.random.default_rng(4).random(50))
    for first, second in ((share, share), (share_of(np.ones(50)), share_of(np.ones(50)))):
        found = share_difference(first, second)
        value, _, lower, upper = numbers(found)
        assert value == 0 and lower < -1 and upper > 1
        assert str(found.status) == "degraded(the difference never varies)"


def test_a_ratio_to_a_share_that_may_be_zero_is_refused() -> None:
    nothing = clustered_share(np.zeros(9), np.ones(9), np.arange(9))
    assert "may be 0" in share_ratio(share_of(np.ones(9)), nothing).status.reason
    assert numbers(share_ratio(nothing, share_of(np.ones(9))))[0] == 0
    assert share_difference(nothing, share_of([1.0])).value is None
