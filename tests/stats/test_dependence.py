"""What dependence costs."""

import numpy as np
import pytest

from evalkit.stats.dependence import design_effect


def test_two_fives_that_agree_among_themselves_cost_nine_times_the_variance() -> None:
    # sums by cluster are 2.5 and -2.5: 12.5 * 2/1 = 25; one by one 10 * 0.25 * 10/9 = 2.78
    influence = np.repeat([0.5, -0.5], 5)
    assert design_effect(influence, np.repeat([0, 1], 5)) == pytest.approx(25 / (2.5 * 10 / 9))


def test_rows_that_are_a_cluster_each_cost_nothing() -> None:
    assert design_effect(np.array([0.5, -0.2, -0.3]), np.array([2, 0, 1])) == 1.0


def test_opposites_within_clusters_tell_more_than_independent_rows() -> None:
    found = design_effect(np.array([0.5, -0.4, 0.3, -0.4]), np.array([0, 0, 1, 1]))
    assert found is not None and found < 1


@pytest.mark.parametrize("influence", [np.zeros(4), np.array([0.3]), np.zeros(0)])
def test_what_does_not_vary_has_no_design_effect(influence: np.ndarray) -> None:
    assert design_effect(influence, np.zeros(len(influence), dtype=np.int64)) is None


def test_rows_that_cancel_within_every_cluster_have_none() -> None:
    assert design_effect(np.array([0.5, -0.5, 0.3, -0.3]), np.array([0, 0, 1, 1])) is None


def test_a_single_cluster_has_none() -> None:
    assert design_effect(np.array([0.5, -0.5]), np.array([0, 0])) is None


def test_neither_the_order_of_rows_nor_the_numbers_of_clusters_matter() -> None:
    generator = np.random.default_rng(4)
    influence, cluster = generator.normal(size=60), generator.integers(20, size=60)
    cluster = np.unique(cluster, return_inverse=True)[1]
    order = generator.permutation(60)
    there = design_effect(influence, cluster)
    assert design_effect(influence[order], (cluster.max() - cluster)[order]) == pytest.approx(there, rel=1e-12)
    assert design_effect(-3 * influence, cluster) == pytest.approx(there, rel=1e-12)
