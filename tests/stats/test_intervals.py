"""Intervals and clustered standard errors."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom

from evalkit.stats.intervals import clustered_stderr, proportion_interval
from evalkit.stats.quantiles import normal_quantile, student_quantile

# so many clusters that Student's quantile is the normal one, and the coin tosses are exactly those given
MANY = 10**9


def tosses_interval(wins: int, n: int) -> tuple[float, float]:
    p = wins / n
    return proportion_interval(p, math.sqrt(p * (1 - p) / n), n if wins in (0, n) else MANY)


@pytest.mark.parametrize(
    ("wins", "n", "lower", "upper"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_coin_tosses_give_the_published_exact_interval(wins: int, n: int, lower: float, upper: float) -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I, method 5 (Clopper-Pearson)
    assert tosses_interval(wins, n) == pytest.approx((lower, upper), abs=5e-5)


@pytest.mark.parametrize("n", [1, 2, 5, 30, 805])
def test_all_wins_leave_room_below_for_the_loss_that_was_not_seen(n: int) -> None:
    lower, upper = proportion_interval(1.0, 0.0, n)
    assert upper == 1.0
    assert lower == pytest.approx(0.025 ** (1 / n), abs=1e-12)
    assert proportion_interval(0.0, 0.0, n) == pytest.approx((0.0, 1 - lower), abs=1e-12)


@pytest.mark.parametrize(("wins", "n"), [(3, 10), (1, 7), (40, 90)])
def test_the_ends_are_where_the_binomial_tails_hold_half_of_five_percent(wins: int, n: int) -> None:
    lower, upper = tosses_interval(wins, n)
    assert binom.sf(wins - 1, n, lower) == pytest.approx(0.025, abs=1e-6)
    assert binom.cdf(wins, n, upper) == pytest.approx(0.025, abs=1e-6)


def test_a_large_sample_gets_the_normal_interval() -> None:
    lower, upper = proportion_interval(0.4, 0.001, 10**6)
    assert (lower, upper) == pytest.approx((0.4 - 1.96e-3, 0.4 + 1.96e-3), abs=1e-5)


def test_few_clusters_widen_the_interval_by_students_quantile() -> None:
    wide, narrow = (proportion_interval(0.5, 0.01, clusters) for clusters in (10, MANY))
    # t with 9 degrees of freedom over the normal quantile: 2.262 / 1.960
    assert (wide[1] - wide[0]) / (narrow[1] - narrow[0]) == pytest.approx(2.262157 / 1.959964, rel=5e-3)


def test_a_rare_rate_has_no_more_tosses_than_clusters() -> None:
    # by the error alone one win in 10^6 of 50 near-certain losses would be 10^6 tosses, and end at 0.0004 %; of 50
    # tosses less Student's, 50 (1.960/2.010)^2 = 47.56, none won, the upper end is 1 - 0.025^(1/47.56) = 7.46 %
    lower, upper = proportion_interval(1e-6, 1e-6, 50)
    assert lower == pytest.approx(0, abs=1e-6)
    assert upper == pytest.approx(1 - 0.025 ** (1 / 47.56), abs=1e-4)
    # 3 of 50: the same tosses again, won 2.853 times
    rare = proportion_interval(0.06, 0.01, 50)
    assert rare == pytest.approx((beta.ppf(0.025, 2.853, 45.71), beta.ppf(0.975, 3.853, 44.70)), abs=2e-4)


def test_from_five_on_the_rarer_side_the_error_alone_decides() -> None:
    # 0.1 * 0.9 / 0.01^2 = 900 tosses, whatever the 50 clusters could vouch for
    shape = 900 * (normal_quantile(0.025) / student_quantile(49, 0.025)) ** 2
    lower, upper = proportion_interval(0.1, 0.01, 50)
    assert lower == pytest.approx(beta.ppf(0.025, 0.1 * shape, 0.9 * shape + 1), abs=1e-9)
    assert upper == pytest.approx(beta.ppf(0.975, 0.1 * shape + 1, 0.9 * shape), abs=1e-9)
    assert proportion_interval(0.098, 0.01, 50)[1] > upper + 0.05


def test_more_units_than_clusters_allow_more_tosses() -> None:
    few, many = (proportion_interval(0.02, 0.002, 50, units=units) for units in (50, 200))
    assert few[1] > many[1]


def test_a_rate_of_two_percent_is_held_by_fifty_verdicts_of_a_near_certain_judge() -> None:
    # a third of such samples holds no win at all: log-probabilities give 10^-4 or so where a loss is sure
    generator, runs = np.random.default_rng(8), 500
    sure = 10 ** generator.uniform(-7, -3, (runs, 50))
    preference = np.where(generator.random((runs, 50)) < 0.02, 1 - sure, sure)
    truth = 0.02 * (1 - 2 * sure.mean()) + sure.mean()
    errors = preference.std(axis=1, ddof=1) / math.sqrt(50)
    ends = [proportion_interval(float(a), float(b), 50) for a, b in zip(preference.mean(axis=1), errors, strict=True)]
    assert np.mean([lower <= truth <= upper for lower, upper in ends]) >= 0.97


@given(st.floats(0, 1), st.just(0.0) | st.floats(1e-6, 0.5), st.integers(1, 2000), st.floats(0.5, 0.999))
def test_the_interval_holds_the_mean_and_stays_inside_zero_and_one(
    mean: float, stderr: float, n: int, confidence: float
) -> None:
    lower, upper = proportion_interval(mean, stderr, n, confidence=confidence)
    assert 0 <= lower <= mean + 1e-9
    assert mean - 1e-9 <= upper <= 1


@given(st.floats(0.01, 0.99), st.floats(1e-4, 0.3), st.integers(2, 2000))
def test_swapping_sides_mirrors_the_interval(mean: float, stderr: float, n: int) -> None:
    lower, upper = proportion_interval(mean, stderr, n)
    assert proportion_interval(1 - mean, stderr, n) == pytest.approx((1 - upper, 1 - lower), abs=1e-9)


@given(st.floats(0.01, 0.99), st.floats(1e-4, 0.2), st.integers(2, 2000))
def test_a_larger_error_gives_a_wider_interval(mean: float, stderr: float, n: int) -> None:
    narrow, wide = (proportion_interval(mean, error, n) for error in (stderr, 1.5 * stderr))
    assert wide[0] <= narrow[0] + 1e-12
    assert wide[1] >= narrow[1] - 1e-12


def test_four_times_the_data_halve_the_standard_error() -> None:
    influence = np.random.default_rng(1).normal(size=100)
    influence -= influence.mean()
    single = clustered_stderr(influence, np.arange(100))
    fourfold = clustered_stderr(np.tile(influence, 4), np.arange(400))
    assert fourfold * math.sqrt(399 / 400) == pytest.approx(single * math.sqrt(99 / 100) / 2, rel=1e-12)


def test_the_standard_error_without_clusters_is_that_of_a_mean() -> None:
    values = np.random.default_rng(2).random(60)
    expected = values.std(ddof=1) / math.sqrt(60)
    assert clustered_stderr(values - values.mean(), np.arange(60)) == pytest.approx(expected, rel=1e-12)


def test_a_clustered_standard_error_worked_by_hand() -> None:
    # clusters {1, 1}, {-1}, {-1}: sums 2, -1, -1; sqrt(6 * 3 / 2) / 4 = 0.75
    assert clustered_stderr(np.array([1.0, 1.0, -1.0, -1.0]), np.array([0, 0, 1, 2])) == pytest.approx(0.75)


def test_copies_of_a_row_in_its_cluster_do_not_sharpen_the_estimate() -> None:
    influence = np.array([0.3, -0.1, -0.2])
    single = clustered_stderr(influence, np.arange(3))
    assert clustered_stderr(np.tile(influence, 5), np.tile(np.arange(3), 5)) == pytest.approx(single, rel=1e-12)


def test_no_more_clusters_than_coefficients_leave_the_error_unbounded() -> None:
    assert clustered_stderr(np.array([0.5, -0.5]), np.arange(2), parameters=2) == math.inf
