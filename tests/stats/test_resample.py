"""The bootstrap over instructions."""

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.resample import bootstrap, generator_of, percentile_interval
from evalkit.stats.sample import Floats
from evalkit.stats.winrate import win_rate
from tests.stats.stat_samples import sample_of


def weighted_mean(values: Floats, counts: Floats) -> float:
    return float(np.average(values, weights=counts))


def test_every_draw_takes_as_many_clusters_as_there_are_and_all_rows_of_each() -> None:
    cluster = np.array([0, 1, 1, 2, 2, 2])
    seen: list[Floats] = []

    def keep(counts: Floats) -> float:
        seen.append(counts)
        return 0.0

    bootstrap(keep, cluster, replicates=50, data=np.zeros(6))
    for counts in seen:
        by_cluster = [set(counts[cluster == number].tolist()) for number in range(3)]
        assert all(len(one) == 1 for one in by_cluster)
        assert sum(one.pop() for one in by_cluster) == 3
    assert len({tuple(counts) for counts in seen}) > 5


def test_the_same_data_give_the_same_draws_and_other_data_others() -> None:
    values = np.random.default_rng(1).random(40)
    cluster = np.arange(40)
    first, again, other = (
        bootstrap(lambda counts: weighted_mean(values, counts), cluster, replicates=20, data=data)
        for data in (values, values.copy(), values + 0.1)
    )
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_the_draws_do_not_touch_the_global_random_state() -> None:
    np.random.seed(5)
    expected = np.random.random()
    np.random.seed(5)
    bootstrap(lambda counts: 0.0, np.arange(9), replicates=5, data=np.zeros(9))
    assert np.random.random() == expected


@pytest.mark.parametrize("share", [1, 4], ids=["independent rows", "four rows an instruction"])
def test_the_spread_of_resampled_means_is_the_clustered_standard_error(share: int) -> None:
    generator = np.random.default_rng(2)
    values = np.clip(np.repeat(generator.random(400 // share), share) + generator.normal(0, 0.05, 400), 0, 1)
    sample = sample_of(values, clusters=[f"{index // share:03d}" for index in range(400)])
    draws = bootstrap(
        lambda counts: weighted_mean(sample.preference, counts), sample.cluster, replicates=2000, data=values
    )
    stderr = win_rate(sample).estimate.stderr
    assert 100 * draws.std(ddof=1) == pytest.approx(stderr, rel=0.06)


@pytest.mark.parametrize(("failures", "passes"), [(0, True), (10, True), (11, False), (100, False)])
def test_at_most_a_tenth_of_the_draws_may_fail(failures: int, passes: bool) -> None:
    calls = iter(range(100))

    def statistic(counts: Floats) -> float:
        if next(calls) < failures:
            raise StatsError("no")
        return 1.0

    def run() -> Floats:
        return bootstrap(statistic, np.arange(5), replicates=100, data=np.zeros(5))

    if passes:
        assert len(run()) == 100 - failures
    else:
        with pytest.raises(StatsError, match=f"only {100 - failures} of 100 bootstrap draws"):
            run()


def test_an_error_of_another_kind_is_not_swallowed() -> None:
    def statistic(counts: Floats) -> float:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bootstrap(statistic, np.arange(5), replicates=3, data=np.zeros(5))


def test_the_percentile_interval_leaves_out_the_same_share_on_both_sides() -> None:
    draws = np.arange(1001.0)
    assert percentile_interval(draws) == pytest.approx((25, 975))
    assert percentile_interval(draws, confidence=0.5) == pytest.approx((250, 750))


def test_random_numbers_belong_to_the_data() -> None:
    first, again, other = (generator_of(data).random() for data in (np.ones(3), np.ones(3) + 1e-12, np.ones(4)))
    assert first == again
    assert first != other
