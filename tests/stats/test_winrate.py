"""Raw win rates, their counts and what missing verdicts could do to them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.stats.sample import Sample, build_sample
from evalkit.stats.winrate import bounds_over_missing, count_outcomes, discrete_win_rate, win_rate
from evalkit.types import StatusKind
from tests.stats.stat_samples import draw, mirrored, numbers, sample_of, value_of

NAN = float("nan")


@pytest.mark.parametrize("n", [1, 40])
def test_without_verdicts_there_is_no_win_rate(n: int) -> None:
    estimate = win_rate(sample_of([NAN] * n)).estimate
    assert str(estimate.status) == "not_estimable(no verdicts)"
    assert (estimate.value, estimate.stderr, estimate.lower, estimate.upper, estimate.n) == (None,) * 4 + (0,)


@pytest.mark.parametrize(
    ("preference", "expected", "reason"),
    [
        ([1.0], (100, 2.5, 100), "all_wins"),
        ([0.0], (0, 0, 97.5), "all_losses"),
        ([1.0] * 5, (100, 47.8176, 100), "all_wins"),
        ([1.0] * 805, (100, 99.5428, 100), "all_wins"),
        ([0.0] * 805, (0, 0, 0.4572), "all_losses"),
    ],
    ids=["one win", "one loss", "five wins", "805 wins", "805 losses"],
)
def test_verdicts_that_all_agree_get_the_exact_interval(
    preference: list[float], expected: tuple[float, float, float], reason: str
) -> None:
    estimate = win_rate(sample_of(preference)).estimate
    value, stderr, lower, upper = numbers(estimate)
    assert (value, lower, upper) == pytest.approx(expected, abs=1e-4)
    assert stderr > 0
    assert str(estimate.status) == f"degraded({reason})"


def test_all_ties_are_exactly_fifty_with_the_error_of_coin_tosses() -> None:
    estimate = win_rate(sample_of([0.5] * 805)).estimate
    value, stderr, lower, upper = numbers(estimate)
    assert value == 50
    assert str(estimate.status) == "degraded(no_variance)"
    assert stderr == pytest.approx(100 * np.sqrt(0.25 / 805), rel=0.03)
    assert lower + upper == pytest.approx(100, abs=1e-9)


def test_the_same_soft_verdict_everywhere_is_a_lack_of_variance_not_a_certainty() -> None:
    estimate = win_rate(sample_of([0.1] * 50)).estimate
    value, stderr, lower, upper = numbers(estimate)
    assert value == pytest.approx(10)
    assert stderr > 3
    assert lower < 5
    assert upper > 20
    assert str(estimate.status) == "degraded(no_variance)"


def test_a_win_rate_worked_by_hand() -> None:
    # mean 3/5; squared deviations 1.2; sqrt(1.2 / 4 / 5) = 0.244949
    estimate = win_rate(sample_of([1.0, 1.0, 1.0, 0.0, 0.0])).estimate
    value, stderr, lower, upper = numbers(estimate)
    assert (value, stderr) == pytest.approx((60, 24.4949), abs=1e-4)
    assert lower < 60 < upper
    assert estimate.status.kind == StatusKind.OK
    assert estimate.n == 5


def test_rows_of_one_instruction_count_once() -> None:
    single = win_rate(sample_of([1.0, 0.0, 0.7, 0.2])).estimate
    doubled = win_rate(sample_of([1.0, 0.0, 0.7, 0.2] * 2, clusters=list("abcd") * 2)).estimate
    assert numbers(doubled) == pytest.approx(numbers(single), rel=1e-12)
    assert doubled.n == 4


def test_rows_that_are_all_of_one_instruction_leave_almost_everything_possible() -> None:
    estimate = win_rate(sample_of([0.2, 0.9], clusters=["same", "same"])).estimate
    _, stderr, lower, upper = numbers(estimate)
    assert upper - lower > 90
    assert stderr > 20


def test_a_tie_is_neither_a_win_nor_a_loss() -> None:
    counts = count_outcomes(sample_of([1.0, 0.51, 0.5, 0.49, 0.0, 0.0]))
    assert (counts.wins, counts.losses, counts.ties) == (2, 3, 1)


def test_the_discrete_win_rate_takes_every_verdict_whole() -> None:
    assert discrete_win_rate(sample_of([0.9, 0.6, 0.5, 0.1])) == 62.5
    assert discrete_win_rate(sample_of([NAN])) is None


def test_missing_verdicts_are_bounded_by_all_losses_and_all_wins() -> None:
    # of ten asked, six wins and two losses are known
    assert bounds_over_missing(sample_of([1.0] * 6 + [0.0] * 2 + [NAN] * 2)) == (60, 80)
    assert bounds_over_missing(sample_of([NAN, NAN])) == (0, 100)


@pytest.mark.parametrize("linked", [False, True], ids=["at random", "linked to the outcome"])
def test_the_bounds_hold_the_win_rate_of_the_full_table_whatever_is_lost(linked: bool) -> None:
    full = draw(3, 800).sample
    generator = np.random.default_rng(4)
    lost = np.argsort(full.preference)[-40:] if linked else generator.choice(800, 40, replace=False)
    preference = full.preference.copy()
    preference[lost] = NAN
    sample = sample_of(preference)
    bounds = bounds_over_missing(sample)
    assert bounds is not None
    assert sample.n_missing == 40
    assert bounds[1] - bounds[0] == pytest.approx(5)
    assert bounds[0] <= 100 * full.preference.mean() <= bounds[1]


def test_nothing_missing_leaves_no_room_between_the_bounds() -> None:
    assert bounds_over_missing(sample_of([1.0, 0.5])) == (75, 75)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_swapping_sides_turns_a_win_rate_into_its_complement(preference: list[float]) -> None:
    sample = sample_of(preference)
    value, stderr, lower, upper = numbers(win_rate(sample).estimate)
    other = numbers(win_rate(mirrored(sample)).estimate)
    assert other == pytest.approx((100 - value, stderr, 100 - upper, 100 - lower), abs=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_the_influences_of_a_win_rate_sum_to_zero(preference: list[float]) -> None:
    measured = win_rate(sample_of(preference))
    assert measured.influence.sum() == pytest.approx(0, abs=1e-7)


def weighted(preference: list[float], weight: list[float], clusters: list[str] | None = None) -> Sample:
    return build_sample(
        [f"{index:04d}" for index in range(len(preference))],
        np.array(preference),
        weight=np.array(weight),
        clusters=clusters,
    )


def test_a_weighted_win_rate_worked_by_hand() -> None:
    # (3 + 1 + 0 + 0) / 8 = 1/2; the pulls 3/2, 1/2, -3/2, -1/2 over the mean weight 2 have squares 5/4;
    # sqrt(5/4 * 4/3) / 4 = 0.3227
    estimate = win_rate(weighted([1.0, 1.0, 0.0, 0.0], [3.0, 1.0, 3.0, 1.0])).estimate
    value, stderr, lower, upper = numbers(estimate)
    assert (value, stderr) == pytest.approx((50, 32.2749), abs=1e-4)
    assert lower + upper == pytest.approx(100)
    assert estimate.n == 4


def test_the_error_of_a_weighted_win_rate_is_that_of_a_ratio() -> None:
    # the textbook's variance of a ratio of two means, from their variances and covariance
    generator = np.random.default_rng(5)
    weight, preference = generator.choice([1.0, 3.0], 400), generator.random(400)
    estimate = win_rate(weighted(preference.tolist(), weight.tolist())).estimate
    value, stderr, _, _ = numbers(estimate)
    ratio = value / 100
    spread = np.cov(weight * preference, weight)
    variance = (spread[0, 0] + ratio**2 * spread[1, 1] - 2 * ratio * spread[0, 1]) / 400 / weight.mean() ** 2
    assert stderr == pytest.approx(100 * np.sqrt(variance), rel=1e-9)


def test_a_weighted_influence_is_what_a_little_more_of_its_row_does() -> None:
    generator = np.random.default_rng(6)
    preference, weight = generator.random(20), generator.choice([1.0, 3.0], 20)
    measured = win_rate(weighted(preference.tolist(), weight.tolist()))
    for row in range(20):
        more = weight.copy()
        more[row] *= 1.0001
        moved = value_of(win_rate(weighted(preference.tolist(), more.tolist())).estimate) - value_of(measured.estimate)
        assert 20 * moved / 0.0001 == pytest.approx(measured.influence[row], rel=1e-3, abs=1e-6)


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([1.0, 3.0])), min_size=1, max_size=50))
def test_the_scale_of_the_weights_does_not_matter_and_the_interval_stays_inside(
    rows: list[tuple[float, float]],
) -> None:
    preference, weight = (list(column) for column in zip(*rows, strict=True))
    one = win_rate(weighted(preference, weight)).estimate
    other = win_rate(weighted(preference, [7 * each for each in weight])).estimate
    assert numbers(other) == pytest.approx(numbers(one), abs=1e-6)
    value, stderr, lower, upper = numbers(one)
    assert 0 <= lower <= value <= upper <= 100
    assert stderr > 0


def test_all_wins_of_unequal_weight_are_as_sure_as_fewer_equal_ones() -> None:
    # (50 + 150)^2 / (50 + 450) = 80 of 100
    estimate = win_rate(weighted([1.0] * 100, [1.0, 3.0] * 50)).estimate
    assert numbers(estimate)[2] == pytest.approx(100 * 0.025 ** (1 / 80))
    assert str(estimate.status) == "degraded(all_wins)"


def test_discrete_rates_are_weighted_and_counts_are_not() -> None:
    sample = weighted([0.9, 0.5, 0.2, 0.1], [3.0, 1.0, 1.0, 1.0])
    assert discrete_win_rate(sample) == pytest.approx(100 * 3.5 / 6)
    assert (count_outcomes(sample).wins, count_outcomes(sample).ties, count_outcomes(sample).losses) == (1, 1, 2)


def test_a_missing_verdict_may_weigh_as_much_as_the_heaviest() -> None:
    # 3 + 0 of 4 known, one missing: 3/7 and 6/7
    assert bounds_over_missing(weighted([1.0, 0.0, NAN], [3.0, 1.0, 1.0])) == pytest.approx((300 / 7, 600 / 7))
    assert bounds_over_missing(weighted([NAN], [1.0])) == (0, 100)


def test_published_win_rates_and_their_errors_are_reproduced(
    real_samples: Mapping[str, Sample], published: pd.DataFrame
) -> None:
    shared = sorted(set(real_samples) & set(published.index))
    assert len(shared) == 43
    for model in shared:
        value, stderr, _, _ = numbers(win_rate(real_samples[model]).estimate)
        assert value == pytest.approx(published["win_rate"][model], abs=1e-6), model
        assert stderr == pytest.approx(published["standard_error"][model], abs=1e-6), model
        assert real_samples[model].n == published["n_total"][model], model


def test_published_discrete_win_rates_and_counts_are_reproduced(
    real_samples: Mapping[str, Sample], published: pd.DataFrame
) -> None:
    for model in sorted(set(real_samples) & set(published.index)):
        counts = count_outcomes(real_samples[model])
        assert discrete_win_rate(real_samples[model]) == pytest.approx(published["discrete_win_rate"][model], abs=1e-6)
        assert (counts.wins, counts.losses, counts.ties) == tuple(
            published.loc[model, ["n_wins", "n_wins_base", "n_draws"]]
        )
