"""Paired differences of two models."""

import dataclasses
from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evalkit.stats.controlled_rate import length_controlled_win_rate
from evalkit.stats.logistic import expit
from evalkit.stats.paired import IDENTICAL, common, difference_errors, paired_difference, significant
from evalkit.stats.sample import Floats, Sample
from evalkit.stats.winrate import Measured, win_rate
from evalkit.types import Estimate, StatusKind
from tests.stats.stat_samples import keys_for, numbers, sample_of, value_of

# extra hours of sleep of ten patients under two drugs, Cushny and Peebles 1905, as printed by Student 1908
SLEEP = (
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
)


def raw_difference(first: Sample, second: Sample, *, confidence: float = 0.95) -> Estimate:
    samples = common(first, second)
    measured = [win_rate(sample, confidence=confidence) for sample in samples]
    return paired_difference(measured[0], measured[1], samples=samples, confidence=confidence)


def lc(sample: Sample) -> Measured:
    return length_controlled_win_rate(sample).measured


def uniform(seed: int, n: int = 50) -> Sample:
    return sample_of(np.random.default_rng(seed).uniform(0.1, 0.9, n))


def test_raw_win_rates_give_the_paired_t_interval_worked_by_hand() -> None:
    found = raw_difference(sample_of([1.0, 0.5, 1.0, 0.0]), sample_of([0.0, 0.5, 0.5, 0.25]))
    # differences 1, 0, 1/2, -1/4: mean 5/16, squares about it (121 + 25 + 9 + 81) / 256 = 59/64
    stderr = 100 * (59 / 64 / 3 / 4) ** 0.5
    assert found.value == pytest.approx(31.25)
    assert found.stderr == pytest.approx(stderr)
    # Student's 97.5 % quantile with 3 degrees of freedom
    assert found.upper == pytest.approx(min(100, 31.25 + 3.182446 * stderr))
    assert found.lower == pytest.approx(31.25 - 3.182446 * stderr, abs=1e-4)


def test_the_two_sleeping_drugs_differ_as_published() -> None:
    # R's help of t.test prints for these data: mean difference 1.58 hours, 95 % interval 0.7001142 to 2.4598858
    first, second = (sample_of((np.array(hours) + 2) / 10) for hours in SLEEP)
    found = raw_difference(second, first)
    assert (found.value, found.lower, found.upper) == pytest.approx((15.8, 7.001142, 24.598858))


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=30), st.sampled_from([0.8, 0.95]))
def test_raw_win_rates_give_scipys_paired_interval(pairs: list[tuple[float, float]], confidence: float) -> None:
    first, second = (np.array(column) for column in zip(*pairs, strict=True))
    if min(np.ptp(first), np.ptp(second), np.ptp(first - second)) < 0.01:
        return
    if len(first) > 10 and min(*(min(one.mean(), 1 - one.mean()) for one in (first, second))) * len(first) < 10:
        # with wins or losses this rare the interval is wider
        return
    found = raw_difference(sample_of(first), sample_of(second), confidence=confidence)
    interval = stats.ttest_rel(first, second).confidence_interval(confidence)
    assert found.lower == pytest.approx(max(-100, 100 * interval.low), abs=1e-6)
    assert found.upper == pytest.approx(min(100, 100 * interval.high), abs=1e-6)


def test_the_verdicts_of_two_vicunas_give_the_interval_computed_by_hand(real_samples: Mapping[str, Sample]) -> None:
    larger, smaller = real_samples["vicuna-13b"], real_samples["vicuna-7b"]
    assert larger.keys == smaller.keys
    gap = 100 * (larger.preference - smaller.preference)
    reach = stats.t.ppf(0.975, len(gap) - 1) * gap.std(ddof=1) / len(gap) ** 0.5
    found = raw_difference(larger, smaller)
    assert (found.value, found.lower, found.upper) == pytest.approx(
        (gap.mean(), gap.mean() - reach, gap.mean() + reach)
    )
    assert numbers(found)[2:] == pytest.approx((0.324, 3.013), abs=0.001)


@pytest.mark.parametrize("measure", [win_rate, lc])
def test_the_other_way_round_the_difference_changes_its_sign_and_nothing_else(measure: object) -> None:
    assert callable(measure)
    samples = correlated_pair(3)
    one, other = (measure(sample) for sample in samples)
    forth = numbers(paired_difference(one, other, samples=samples))
    back = numbers(paired_difference(other, one, samples=samples[::-1]))
    assert back == pytest.approx((-forth[0], forth[1], -forth[3], -forth[2]))


def test_only_common_instructions_are_compared_in_the_same_order() -> None:
    first = sample_of([0.1, 0.2, 0.3], keys=["c", "a", "b"])
    second = sample_of([0.9, 0.8, float("nan")], keys=["d", "c", "b"])
    one, other = common(first, second)
    assert one.keys == other.keys == ("c",)
    assert (one.preference.tolist(), other.preference.tolist()) == ([0.1], [0.8])


def test_four_times_the_instructions_halve_the_error() -> None:
    small, large = (numbers(raw_difference(uniform(1, n), uniform(2, n)))[1] for n in (500, 2000))
    assert small / large == pytest.approx(2, rel=0.1)


def test_copies_of_an_instruction_in_its_cluster_sharpen_nothing() -> None:
    one, other = uniform(1), uniform(2)

    def copied(sample: Sample) -> Sample:
        keys = [f"{key} {copy}" for copy in range(3) for key in sample.keys]
        return sample_of(np.tile(sample.preference, 3), keys=keys, clusters=[*sample.keys] * 3)

    assert numbers(raw_difference(copied(one), copied(other))) == pytest.approx(numbers(raw_difference(one, other)))
    assert raw_difference(copied(one), copied(other)).n == 50


def test_a_model_that_always_wins_brings_its_exact_interval_along() -> None:
    wins, half = sample_of(np.ones(100)), uniform(3, 100)
    found, alone = raw_difference(wins, half), win_rate(half).estimate
    below, above = value_of(win_rate(wins).estimate) - numbers(win_rate(wins).estimate)[2], 0.0
    value, _, lower, upper = numbers(alone)
    assert found.value == pytest.approx(100 - value)
    assert found.lower == pytest.approx(100 - value - np.hypot(below, upper - value))
    assert found.upper == pytest.approx(100 - value + np.hypot(above, value - lower))
    assert str(found.status) == "degraded(first: all_wins)"


def test_a_model_that_hardly_ever_wins_brings_its_own_interval_along() -> None:
    # three part-wins of 50, as a judge with log-probabilities gives them: their deviations hide that a win may come
    rare, often = sample_of([0.2, 0.3, 0.1, *[0.0] * 47]), sample_of([0.5, 0.52] * 25)
    found, alone, other = raw_difference(rare, often), win_rate(rare).estimate, win_rate(often).estimate
    value, _, lower, upper = numbers(alone)
    against, _, below, above = numbers(other)
    assert found.value == pytest.approx(value - against)
    gap = rare.preference - often.preference
    reach = 100 * stats.t.ppf(0.975, 49) * gap.std(ddof=1) / 50**0.5
    assert np.hypot(value - lower, above - against) < reach < np.hypot(upper - value, against - below) / 3
    assert found.lower == pytest.approx(found.value - reach)
    assert found.upper == pytest.approx(found.value + np.hypot(upper - value, against - below))
    assert found.status.kind == StatusKind.OK
    # of grades nothing is rare
    samples = common(rare, often)
    graded = paired_difference(*map(win_rate, samples), samples=samples, rates=False)
    assert (graded.lower, graded.upper) == pytest.approx((found.value - reach, found.value + reach))


def test_the_widening_of_rare_rates_falls_to_nothing_so_that_no_single_win_decides() -> None:
    often = np.repeat([1.0, 0.0], [25, 75])
    widths = []
    for wins in range(1, 13):
        found = raw_difference(sample_of(often), sample_of(np.repeat([1.0, 0.0], [wins, 100 - wins])))
        plain = paired_difference(
            *map(win_rate, pair := common(sample_of(often), sample_of(np.repeat([1.0, 0.0], [wins, 100 - wins])))),
            samples=pair,
            rates=False,
        )
        _, _, lower, upper = numbers(found)
        _, _, least, most = numbers(plain)
        widths.append((upper - lower) / (most - least))
    assert widths[0] > 1.05
    assert widths[9:] == pytest.approx([1.0] * 3)
    # from one number of wins to the next
    assert np.abs(np.diff(widths)).max() < 0.15


def test_the_same_rare_wins_twice_stay_a_difference_that_never_varies() -> None:
    rare = sample_of(np.repeat([1.0, 0.0], [3, 197]))
    assert str(raw_difference(rare, rare).status) == f"degraded({IDENTICAL})"


def test_two_models_that_always_win_are_not_known_to_be_equal() -> None:
    wins = sample_of(np.ones(805))
    found = raw_difference(wins, wins)
    # the exact interval of 805 wins of 805 begins at 99.54
    assert (found.value, found.lower, found.upper) == pytest.approx((0, -0.457, 0.457), abs=0.001)


def test_the_same_verdicts_twice_leave_the_chance_of_one_that_was_not_seen() -> None:
    found = raw_difference(uniform(4, 100), uniform(4, 100))
    unseen = 100 * (1 - 0.025 ** (1 / 100))
    assert (found.value, found.lower, found.upper) == pytest.approx((0, -unseen, unseen))
    assert str(found.status) == f"degraded({IDENTICAL})"


def test_what_one_of_them_lacks_refuses_the_difference_and_names_it() -> None:
    samples = uniform(1, 20), uniform(2, 20)
    found = paired_difference(win_rate(samples[0]), lc(samples[1]), samples=samples, names=("a", "b"))
    assert str(found.status) == "not_estimable(b: 20 instructions, at least 30 needed)"
    assert found.value is found.lower is None
    without = Measured(Estimate(50.0, None, None, None, 20), np.zeros(20))
    found = paired_difference(without, win_rate(samples[1]), samples=samples)
    assert found.status.reason == "first: no interval"


@pytest.mark.parametrize("keys", [["x", "y"], ["0000", "y"]])
def test_fewer_than_two_common_instructions_are_refused(keys: list[str]) -> None:
    found = raw_difference(sample_of([0.1, 0.7]), sample_of([0.2, 0.3], keys=keys))
    assert found.status.kind == StatusKind.NOT_ESTIMABLE
    assert "common instructions, at least 2 needed" in found.status.reason


def test_what_a_prior_may_be_wrong_by_comes_on_top_of_both() -> None:
    samples = uniform(1), uniform(2)
    one, other = (win_rate(sample) for sample in samples)
    before = numbers(paired_difference(one, other, samples=samples))[1]
    strays = (Measured(each.estimate, each.influence, 3.0) for each in (one, other))
    after = numbers(paired_difference(*strays, samples=samples))[1]
    assert after == pytest.approx((before**2 + 2 * 3.0**2) ** 0.5)


def test_errors_that_two_estimates_share_count_by_how_far_they_move_them_apart() -> None:
    samples = uniform(1), uniform(2)
    one, other = (win_rate(sample) for sample in samples)
    before = numbers(paired_difference(one, other, samples=samples))[1]
    first = dataclasses.replace(one, shared_errors=np.array([3.0, 1.0]))
    # one row knows two errors of what was learned, the other none of the second: it then does not move with it
    for shared, apart in (([3.0, 1.0], 0.0), ([-1.0, 1.0], 4.0), ([3.0], 1.0), ([0.0, 5.0], 5.0)):
        second = dataclasses.replace(other, shared_errors=np.array(shared))
        after = numbers(paired_difference(first, second, samples=samples))[1]
        assert after == pytest.approx((before**2 + apart**2) ** 0.5)


def test_an_error_beyond_the_influences_never_makes_a_difference_surer() -> None:
    first = uniform(1)
    second = sample_of(np.clip(0.5 + 2 * (first.preference - 0.5), 0, 1))
    one, other = win_rate(first), win_rate(second)
    wide = Estimate(*numbers(one.estimate), 50)
    before = difference_errors([one, other], [first, second])[0, 1]
    for factor in (1.0, 1.5, 2.0, 4.0):
        value, stderr, lower, upper = numbers(wide)
        wider = Measured(Estimate(value, factor * stderr, lower, upper, 50), one.influence)
        after = difference_errors([wider, other], [first, second])[0, 1]
        assert after >= before - 1e-9
        before = after


def test_a_difference_is_significant_where_its_interval_lies_on_one_side_of_zero() -> None:
    assert significant(Estimate(2.0, 0.5, 1.0, 3.0, 9))
    assert significant(Estimate(-2.0, 0.5, -3.0, -1.0, 9))
    assert not significant(Estimate(0.5, 0.5, -0.5, 1.5, 9))
    assert not significant(Estimate.refused("nothing", n=0))


LEVELS = (0.2, -0.3)


def correlated_pair(seed: int, n: int = 200) -> tuple[Sample, Sample]:
    """Wins and losses of two models with chance expit(level + length / 500, bounded), luck and length partly shared."""
    generator = np.random.default_rng(seed)

    def related(strength: float) -> tuple[Floats, Floats]:
        shared = generator.normal(size=n)
        mixed = [strength**0.5 * shared + (1 - strength) ** 0.5 * generator.normal(size=n) for _ in LEVELS]
        return mixed[0], mixed[1]

    def model(level: float, luck: Floats, length: Floats) -> Sample:
        difference = (150 + 500 * length).round()
        chance = expit(level + 1.2 * np.tanh(difference / 500))
        normal = np.array([NormalDist().inv_cdf(one) for one in chance.tolist()])
        return sample_of((luck < normal).astype(float), difference, keys=keys_for(n))

    models = [model(*one) for one in zip(LEVELS, related(0.6), related(0.5), strict=True)]
    return models[0], models[1]


def test_the_interval_of_the_paired_lc_difference_holds_the_truth_as_often_as_it_says() -> None:
    truth = 100 * float(expit(np.array(LEVELS[0])) - expit(np.array(LEVELS[1])))
    held, shorter = [], []
    for seed in range(300):
        samples = correlated_pair(seed)
        one, other = (lc(sample) for sample in samples)
        _, stderr, lower, upper = numbers(paired_difference(one, other, samples=samples))
        held.append(lower <= truth <= upper)
        shorter.append(stderr / np.hypot(numbers(one.estimate)[1], numbers(other.estimate)[1]))
    assert 0.93 <= np.mean(held) <= 0.97
    # what the models share makes it surer than a difference of strangers
    assert np.mean(shorter) < 0.9
