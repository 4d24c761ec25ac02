"""Shares of verdicts of which several are on one instruction: a case by hand, edges, a property, and coverage."""

import numpy as np
import pytest

from evalkit.stats.shares import mean_share
from tests.stats.stat_samples import numbers, value_of


def test_the_error_is_clustered_by_hand() -> None:
    # deviations from 0.5 sum to 1, -0.5 and -0.5 by cluster: sqrt(3/2 * 1.5) / 4
    found = mean_share(np.array([1.0, 1.0, 0.0, 0.0]), np.array([7, 7, 2, 5]))
    value, stderr, _, _ = numbers(found)
    assert (value, found.n) == (50.0, 3)
    assert stderr == pytest.approx(100 * 1.5 / 4)


def test_values_that_agree_have_the_exact_interval() -> None:
    value, stderr, lower, upper = numbers(mean_share(np.ones(805), np.arange(805)))
    assert (value, round(lower, 2), upper) == (100.0, 99.54, 100.0)
    assert stderr > 0


@pytest.mark.parametrize("cluster", [[], [3], [3, 3]])
def test_fewer_than_two_instructions_are_refused(cluster: list[int]) -> None:
    found = mean_share(np.ones(len(cluster)), np.array(cluster, dtype=np.int64))
    assert found.value is None and "at least 2 needed" in found.status.reason


def test_saying_everything_twice_changes_nothing() -> None:
    values, cluster = np.random.default_rng(1).random(60), np.arange(60) // 2
    once, twice = mean_share(values, cluster), mean_share(np.tile(values, 2), np.tile(cluster, 2))
    assert numbers(once) == pytest.approx(numbers(twice))


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    generator, covered, runs = np.random.default_rng(3), 0, 400
    for _ in range(runs):
        # five verdicts an instruction, which share its chance
        chance = generator.beta(1, 3, 60)
        values = (generator.random((60, 5)) < chance[:, None]).astype(float).ravel()
        _, _, lower, upper = numbers(mean_share(values, np.repeat(np.arange(60), 5)))
        covered += lower <= 25 <= upper
    assert 0.925 <= covered / runs <= 0.985
    assert value_of(mean_share(values, np.repeat(np.arange(60), 5))) == pytest.approx(100 * values.mean())
