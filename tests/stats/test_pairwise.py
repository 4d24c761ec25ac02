"""All pairs of models at once are what each pair's own win rate is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.stats.pairwise import better_shares
from evalkit.stats.sample import Floats
from evalkit.stats.winrate import win_rate
from evalkit.types import StatusKind
from tests.stats.stat_samples import numbers, sample_of

NAN = float("nan")


def test_a_case_by_hand() -> None:
    # common: a win, a tie, a loss and a win of the first; its last instruction the second does not have
    shares = better_shares(np.array([[0.9, 0.5, 0.1, 1.0, 1.0], [0.2, 0.5, 0.3, 0.9, NAN]]), np.arange(5))
    value, stderr, _, _ = numbers(shares[0, 1])
    assert (value, shares[0, 1].n) == (62.5, 4)
    # deviations 0.375, -0.125, -0.625, 0.375: as the win rate of 1, 1, 0.5, 0 in the handbook
    assert stderr == pytest.approx(23.936, abs=5e-4)


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 40), st.sampled_from([0.0, 0.3, 0.9]))
def test_every_pair_is_the_win_rate_of_its_wins_losses_and_ties(seed: int, models: int, n: int, missing: float) -> None:
    generator = np.random.default_rng(seed)
    preference: Floats = np.round(generator.random((models, n)), 1)
    preference[generator.random((models, n)) < missing] = NAN
    cluster = generator.integers(0, max(1, n // 2), n)
    cluster = np.unique(cluster, return_inverse=True)[1].astype(np.int64)
    shares = better_shares(preference, cluster)
    assert len(shares) == models * (models - 1)
    for (first, second), share in shares.items():
        ahead = preference[first] - preference[second]
        common = ~np.isnan(ahead)
        scores = 0.5 + 0.5 * np.sign(ahead[common])
        alone = win_rate(sample_of(scores, clusters=[f"{one:03d}" for one in cluster[common]])).estimate
        if alone.n < 2:
            assert share.status.kind == StatusKind.NOT_ESTIMABLE
            continue
        assert share.status == alone.status and share.n == alone.n
        assert numbers(share) == pytest.approx(numbers(alone), rel=1e-9, abs=1e-7)


def test_the_two_sides_of_a_pair_mirror_each_other() -> None:
    preference = np.random.default_rng(2).random((3, 50))
    shares = better_shares(preference, np.arange(50))
    for (first, second), share in shares.items():
        value, stderr, lower, upper = numbers(share)
        assert numbers(shares[second, first]) == pytest.approx((100 - value, stderr, 100 - upper, 100 - lower))


def test_means_that_differ_in_their_last_digit_are_a_tie() -> None:
    shares = better_shares(np.array([[0.1 + 0.2, 0.3], [0.3, 0.1 + 0.2]]), np.arange(2))
    assert shares[0, 1].value == 50.0
    assert str(shares[0, 1].status) == "degraded(no_variance)"


def test_a_model_that_always_does_better_wins_all_and_the_other_none() -> None:
    shares = better_shares(np.array([[1.0] * 805, [0.0] * 805]), np.arange(805))
    assert [str(shares[pair].status) for pair in ((0, 1), (1, 0))] == ["degraded(all_wins)", "degraded(all_losses)"]
    assert round(numbers(shares[0, 1])[2], 2) == 99.54


def test_one_common_instruction_is_refused_with_the_number() -> None:
    shares = better_shares(np.array([[0.1, NAN], [0.3, 0.4]]), np.arange(2))
    assert shares[1, 0].status.reason == "1 common instructions, at least 2 needed"


def test_alone_a_model_has_nobody_to_be_better_than() -> None:
    assert better_shares(np.array([[0.1, 0.2]]), np.arange(2)) == {}


def test_nothing_judged_is_refused() -> None:
    shares = better_shares(np.zeros((2, 0)), np.zeros(0, dtype=np.int64))
    assert shares[0, 1].status.reason == "0 common instructions, at least 2 needed"


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    generator, covered, runs = np.random.default_rng(7), 0, 400
    for _ in range(runs):
        # what both models meet alike drops out of the comparison, which the first wins with 0.7
        difficulty = generator.normal(size=(2, 80))
        better = generator.random(80) < 0.7
        gap = np.where(better, 0.1, -0.1)
        preference = 0.5 + 0.1 * np.tanh(difficulty[0]) + np.array([gap, -gap]) / 2
        _, _, lower, upper = numbers(better_shares(preference, np.arange(80))[0, 1])
        covered += lower <= 70 <= upper
    assert 0.93 <= covered / runs <= 0.985
