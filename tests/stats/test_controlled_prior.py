"""Length control beside a prior: what it may be wrong by, and a model that is unlike all others."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from evalkit.stats.coefficients import UNHELD_DEVIATION, USUAL_DEVIATION, CoefficientPrior, widening
from evalkit.stats.confounding import Confounding
from evalkit.stats.controlled_rate import Controlled, length_controlled_win_rate
from evalkit.stats.covariates import (
    BASELINE_LENGTH,
    CURVATURE,
    LENGTH,
    LENGTH_TERMS,
    LONGER,
    SHORTER,
    build_design,
    control_terms,
    length_term,
)
from evalkit.stats.intervals import proportion_interval
from evalkit.stats.logistic import expit
from evalkit.stats.paired import difference_errors
from evalkit.stats.regression import Regression, regress
from evalkit.stats.sample import Floats, Sample
from evalkit.types import StatusKind
from tests.stats.stat_samples import (
    TYPICAL,
    draw,
    mirrored,
    mirrored_prior,
    numbers,
    prior_of,
    sample_of,
    value_of,
)

SLOPE = prior_of((LENGTH,), (1.2,), spread=(0.4,), error=(0.3,), form=np.array([[0.04]]))
SLOPES = prior_of(
    (SHORTER, LONGER),
    (1.6, 0.9),
    spread=np.array([[0.10, 0.06], [0.06, 0.09]]),
    error=np.array([[0.04, 0.01], [0.01, 0.02]]),
    form=0.03 * np.array([[1.0, -1.0], [-1.0, 1.0]]),
)


def moved_by(sample: Sample, prior: CoefficientPrior) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How far the estimate moves with the mean of each of the prior's coefficients, in points for each unit."""
    slopes = []
    for place in range(len(prior.names)):
        ends = []
        for size in (1e-3, -1e-3):
            mean = prior.mean.copy()
            mean[place] += size
            ends.append(
                value_of(length_controlled_win_rate(sample, prior=dataclasses.replace(prior, mean=mean)).estimate)
            )
        slopes.append((ends[0] - ends[1]) / 2e-3)
    return np.array(slopes)


@pytest.mark.parametrize("prior", [SLOPE, SLOPES])
def test_what_a_prior_may_be_wrong_by_is_how_far_the_estimate_follows_its_mean(prior: CoefficientPrior) -> None:
    sample = draw(40, 200, binary=True).sample
    controlled = length_controlled_win_rate(sample, prior=prior)
    pull = moved_by(sample, prior)
    assert np.abs(pull).max() > 1
    own, error, form = (float(np.sqrt(pull @ one @ pull)) for one in (prior.spread, prior.error, prior.form))
    assert controlled.measured.own_error == pytest.approx(own, rel=0.06)
    assert np.linalg.norm(controlled.measured.shared_errors) == pytest.approx(np.hypot(error, form), rel=0.06)
    assert controlled.parts is not None
    assert controlled.parts.history == pytest.approx(np.hypot(own, error), rel=0.06)
    assert controlled.parts.form == pytest.approx(form, rel=0.06)


@pytest.mark.parametrize("confounding", [None, Confounding(0.2, 0.8)])
@pytest.mark.parametrize("prior", [None, SLOPES, TYPICAL])
def test_the_parts_of_the_error_add_up_to_the_interval(
    prior: CoefficientPrior | None, confounding: Confounding | None
) -> None:
    controlled = length_controlled_win_rate(draw(41, 300).sample, prior=prior, confounding=confounding)
    value, stderr, lower, upper = numbers(controlled.estimate)
    assert controlled.parts is not None
    assert controlled.parts.sampling == stderr
    assert (controlled.parts.confounding > 0) == (confounding is not None)
    assert (controlled.parts.history > 0) == (prior is not None)
    expected = proportion_interval(value / 100, controlled.parts.total / 100, 300)
    assert (lower / 100, upper / 100) == pytest.approx(expected)


def test_what_all_models_share_cancels_in_the_difference_of_a_model_and_its_copy() -> None:
    sample = draw(42, 200).sample
    shared = prior_of((SHORTER, LONGER), (1.6, 0.9), spread=(1e-9, 1e-9), error=(0.4, 0.4))
    measured = length_controlled_win_rate(sample, prior=shared).measured
    assert np.linalg.norm(measured.shared_errors) > 1
    assert difference_errors([measured, measured], [sample, sample])[0, 1] == pytest.approx(0, abs=1e-5)
    own = prior_of((SHORTER, LONGER), (1.6, 0.9), spread=(0.4, 0.4))
    strays = length_controlled_win_rate(sample, prior=own).measured
    # two models of which each strays by itself do not cancel, alike as they are
    assert difference_errors([strays, strays], [sample, sample])[0, 1] == pytest.approx(2**0.5 * strays.own_error)


def slope_of(seed: int, slope: float, n: int = 400) -> Sample:
    generator = np.random.default_rng([seed, n])
    length = generator.normal(250, 500, n).round()
    chance = expit(-0.4 + slope * np.tanh(length / 500))
    return sample_of(generator.beta(chance, 1 - chance), length)


@pytest.mark.parametrize(("slope", "least"), [(1.0, 0.92), (1.4, 0.9), (3.0, 0.9), (-1.0, 0.9)])
def test_a_model_is_covered_however_many_deviations_its_slope_lies_from_the_prior(slope: float, least: float) -> None:
    # the typical slope is 1, and models lie 0.2 around it
    prior = prior_of((SHORTER, LONGER), (1.0, 1.0), spread=np.full((2, 2), 0.04))
    held, deviations = [], []
    for seed in range(60):
        controlled = length_controlled_win_rate(slope_of(seed, slope), prior=prior)
        _, _, lower, upper = numbers(controlled.estimate)
        held.append(lower <= 100 * float(expit(np.array(-0.4))) <= upper)
        assert controlled.deviation is not None
        deviations.append(controlled.deviation)
    assert np.mean(held) >= least
    assert np.mean(deviations) > 3 if abs(slope - 1) == 2 else np.mean(deviations) < 2


def regression_of(sample: Sample, prior: CoefficientPrior) -> Regression:
    terms, _ = control_terms(sample, (LENGTH,))
    return regress(sample, build_design(sample, terms, None, prior), prior)


ONE_SLOPE = prior_of((SHORTER, LONGER), (1.0, 1.0), spread=np.full((2, 2), 0.04))


def at_typical_slopes(sample: Sample, slope: float) -> float:
    """The rate at equal length of a model with this slope of length: its level makes up for the verdicts' mean."""
    assert sample.length_difference is not None
    term = length_term(sample.length_difference)
    level = brentq(lambda level: float((sample.preference - expit(level + slope * term)).mean()), -20, 20)
    return float(expit(np.array(level)))


@pytest.mark.parametrize("slope", [-1.0, 1.8, 3.0, 6.0])
def test_a_prior_that_gave_way_is_doubted_by_the_distance_to_its_typical_slopes_over_the_root_of_three(
    slope: float,
) -> None:
    sample = slope_of(2, slope)
    found = regression_of(sample, ONE_SLOPE)
    assert found.deviation is not None and found.deviation > USUAL_DEVIATION
    # under a prior as wide as that the model lies within two deviations, and nothing is left to give way
    freed = regression_of(sample, ONE_SLOPE.widened(LENGTH_TERMS, float(widening(np.array(found.deviation)))))
    assert freed.deviation is not None and freed.deviation <= USUAL_DEVIATION
    assert freed.doubt == 0
    assert found.estimate == pytest.approx(freed.estimate, abs=1e-9)
    # a uniform distribution over as far on either side has this standard deviation; a prior is never quite without one
    distance = abs(found.estimate - at_typical_slopes(sample, 1.0))
    assert distance > 0.005
    # up to three deviations it grows, so that a deviation just beyond two adds next to nothing
    grown = min(1.0, found.deviation - USUAL_DEVIATION)
    assert found.doubt == pytest.approx(grown * distance / math.sqrt(3), rel=0.02)
    assert grown < 1.0 if slope == 1.8 else grown == 1.0


def test_a_model_within_two_deviations_of_its_prior_is_not_doubted_for_it() -> None:
    deviations = []
    for seed, slope in enumerate(np.linspace(0.8, 1.2, 9)):
        found = regression_of(slope_of(seed, float(slope)), ONE_SLOPE)
        assert found.deviation is not None
        if found.deviation <= USUAL_DEVIATION:
            assert found.doubt == 0
            deviations.append(found.deviation)
    assert len(deviations) >= 7
    # nor is one of which no other model tells anything
    sample = slope_of(0, 3.0)
    terms, _ = control_terms(sample, (LENGTH,))
    assert regress(sample, build_design(sample, terms, None), None).doubt == 0


def test_the_doubt_is_the_models_own_and_widens_its_interval() -> None:
    sample = slope_of(3, 3.0)
    found = regression_of(sample, ONE_SLOPE)
    controlled = length_controlled_win_rate(sample, prior=ONE_SLOPE)
    wide = ONE_SLOPE.widened(LENGTH_TERMS, float(widening(np.array(found.deviation))))
    freed = length_controlled_win_rate(sample, prior=wide)
    assert controlled.parts is not None and freed.parts is not None
    assert found.doubt > 0.01
    assert controlled.measured.own_error == pytest.approx(math.hypot(freed.measured.own_error, 100 * found.doubt))
    assert controlled.measured.shared_errors.tolist() == pytest.approx(freed.measured.shared_errors.tolist())
    assert controlled.parts.history == pytest.approx(math.hypot(freed.parts.history, 100 * found.doubt))
    one, other = (numbers(each.estimate) for each in (controlled, freed))
    assert one[:2] == pytest.approx(other[:2])
    assert one[3] - one[2] > other[3] - other[2]


def test_without_a_history_the_judge_may_be_what_is_unlike_others_and_nothing_is_doubted_for_it() -> None:
    sample = slope_of(3, 3.0)
    confounding = Confounding(0.2, 1.0)
    found = length_controlled_win_rate(sample, prior=ONE_SLOPE, confounding=confounding)
    assert found.deviation is not None and found.deviation > USUAL_DEVIATION
    wide = ONE_SLOPE.widened(LENGTH_TERMS, float(widening(np.array(found.deviation))))
    freed = length_controlled_win_rate(sample, prior=wide, confounding=confounding)
    assert numbers(found.estimate) == pytest.approx(numbers(freed.estimate))
    assert found.parts is not None and freed.parts is not None
    assert found.parts.history == pytest.approx(freed.parts.history)


def test_a_model_of_which_the_quality_goes_with_its_length_is_covered_by_what_the_prior_is_doubted_for() -> None:
    # the judge takes its length as that of others, by 1, and where it wrote at length it was better by 2: at equal
    # length it is what the typical slope says
    held: dict[str, list[bool]] = {"doubted": [], "freed": []}
    for seed in range(25):
        sample = slope_of(seed, 3.0)
        assert sample.length_difference is not None
        truth = 100 * float(expit(-0.4 + 2.0 * np.tanh(sample.length_difference / 500)).mean())
        controlled = length_controlled_win_rate(sample, prior=ONE_SLOPE)
        assert controlled.deviation is not None
        wide = ONE_SLOPE.widened(LENGTH_TERMS, float(widening(np.array(controlled.deviation))))
        for name, prior in (("doubted", ONE_SLOPE), ("freed", wide)):
            _, _, lower, upper = numbers(length_controlled_win_rate(sample, prior=prior).estimate)
            held[name].append(lower <= truth <= upper)
    assert np.mean(held["doubted"]) >= 0.9
    assert np.mean(held["freed"]) <= 0.5


def test_a_model_that_is_none_of_the_priors_stands_by_its_own_lengths() -> None:
    prior = prior_of((SHORTER, LONGER), (1.0, 1.0), spread=np.full((2, 2), 0.01))
    sample = slope_of(0, 6.0, n=2000)
    assert sample.length_difference is not None
    # a tenth of the answers is shorter: enough beside a history, too few alone
    rows = (
        np.flatnonzero(sample.length_difference > 60)[:900].tolist()
        + np.flatnonzero(sample.length_difference < -60)[:100].tolist()
    )
    mostly_longer = sample_of(sample.preference[rows], sample.length_difference[rows])
    usual = prior_of((SHORTER, LONGER), (6.0, 6.0), spread=np.full((2, 2), 0.01))
    freed, held = (length_controlled_win_rate(mostly_longer, prior=one) for one in (prior, usual))
    assert freed.deviation is not None and freed.deviation > UNHELD_DEVIATION
    assert "thin: 10.0% of answers are as short as the baseline's" in freed.estimate.status.reason
    assert "thin" not in held.estimate.status.reason


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(30, 120), st.booleans(), st.floats(-6, 6), st.floats(-6, 6))
def test_swapping_sides_and_the_roles_of_the_slopes_turns_the_estimate_into_its_complement(
    seed: int, n: int, binary: bool, shorter: float, longer: float
) -> None:
    prior = dataclasses.replace(SLOPES, mean=np.array([shorter, longer]))
    sample = draw(seed, n, binary=binary).sample
    one = length_controlled_win_rate(sample, prior=prior)
    other = length_controlled_win_rate(mirrored(sample), prior=mirrored_prior(prior))
    value, stderr, lower, upper = numbers(one.estimate)
    assert numbers(other.estimate) == pytest.approx((100 - value, stderr, 100 - upper, 100 - lower), abs=1e-5)
    assert other.deviation == pytest.approx(one.deviation, abs=1e-5)
    assert 0 <= lower <= value <= upper <= 100


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.floats(-4, 0.5), st.sampled_from([1e-6, 1e-2, 1.0, 1e3]))
def test_no_prior_keeps_a_fit_from_its_end(seed: int, level: float, width: float) -> None:
    sample = draw(seed, 60, intercept=level, binary=True).sample
    controlled = length_controlled_win_rate(sample, prior=SLOPES.widened((SHORTER, LONGER), width))
    value, stderr, lower, upper = numbers(controlled.estimate)
    assert 0 <= lower <= value <= upper <= 100
    assert np.isfinite(stderr)


def test_neither_order_nor_names_of_instructions_matter_beside_a_prior() -> None:
    drawn = draw(44, 150, difficulty=0.8)
    assert drawn.sample.length_difference is not None
    order = np.random.default_rng(0).permutation(150)
    moved = sample_of(
        drawn.sample.preference[order],
        drawn.sample.length_difference[order],
        keys=[f"other {key}" for key in drawn.sample.keys],
    )
    difficulty = np.array(list(drawn.difficulty.values()))[order]
    named = dict(zip(moved.keys, difficulty.tolist(), strict=True))
    one = length_controlled_win_rate(drawn.sample, difficulty=drawn.difficulty, prior=TYPICAL).estimate
    other = length_controlled_win_rate(moved, difficulty=named, prior=TYPICAL).estimate
    assert numbers(other) == pytest.approx(numbers(one), abs=1e-8)


ALONE = prior_of((SHORTER, LONGER, BASELINE_LENGTH), (1.6, 0.9, -0.3), spread=(0.3, 0.3, 0.2))


def with_baseline(seed: int, n: int = 200) -> Sample:
    sample = draw(seed, n).sample
    lengths = np.random.default_rng(seed).lognormal(7, 0.6, n).round()
    return dataclasses.replace(sample, baseline_length=lengths)


def test_the_baselines_length_stands_in_for_difficulty_where_the_prior_knows_it() -> None:
    sample = with_baseline(45)
    controlled = length_controlled_win_rate(sample, prior=ALONE)
    assert set(controlled.coefficients) == {"intercept", SHORTER, LONGER, BASELINE_LENGTH}
    unknown = length_controlled_win_rate(dataclasses.replace(sample, baseline_length=None), prior=ALONE)
    assert set(unknown.coefficients) == {"intercept", SHORTER, LONGER}


def test_missing_verdicts_that_are_filled_in_bring_no_length_of_the_baselines_and_do_no_harm() -> None:
    sample = with_baseline(46)
    assert sample.length_difference is not None and sample.baseline_length is not None
    verdicts = sample.preference.copy()
    verdicts[:5] = np.nan
    gaps = sample_of(verdicts, sample.length_difference, baseline_length=sample.baseline_length)
    bounds = [length_controlled_win_rate(gaps.filled(said), prior=ALONE) for said in (0.0, 1.0)]
    assert all(BASELINE_LENGTH not in one.coefficients for one in bounds)
    plain = value_of(length_controlled_win_rate(gaps, prior=ALONE).estimate)
    assert value_of(bounds[0].estimate) < plain < value_of(bounds[1].estimate)
    assert all(one.estimate.n == 200 and one.overlap is not None for one in bounds)


def few_lengths(length: list[float]) -> Controlled:
    return length_controlled_win_rate(sample_of(draw(47, 60).sample.preference, length), prior=SLOPES)


def test_a_single_length_that_is_not_the_baselines_is_refused_whatever_others_taught() -> None:
    estimate = few_lengths([-300.0] * 60).estimate
    assert str(estimate.status) == "not_estimable(the length difference is the same everywhere)"


def test_of_two_slopes_only_those_are_fitted_that_there_are_answers_for() -> None:
    controlled = few_lengths([-300.0] * 30 + [0.0] * 30)
    assert set(controlled.coefficients) == {"intercept", SHORTER}
    assert controlled.estimate.status.kind == StatusKind.OK


def test_two_lengths_cannot_tell_two_slopes_from_a_level_and_have_one() -> None:
    for third in (400.0, 401.0, 420.0):
        controlled = few_lengths([-200.0] * 30 + [400.0] * 29 + [third])
        assert set(controlled.coefficients) == {"intercept", LENGTH}
        assert controlled.estimate.value is not None
    for third in (450.0, 500.0, 800.0, 5000.0):
        controlled = few_lengths([-200.0] * 30 + [400.0] * 29 + [third])
        assert controlled.estimate.value is not None, third
    assert set(controlled.coefficients) == {"intercept", SHORTER, LONGER}


def test_a_doubt_is_told_once_and_never_of_a_refusal() -> None:
    controlled = length_controlled_win_rate(draw(48, 60).sample)
    doubted = controlled.doubted("a reason").doubted("a reason")
    assert str(doubted.estimate.status) == "degraded(a reason)"
    assert str(doubted.doubted("another").estimate.status) == "degraded(a reason; another)"
    refused: Controlled = length_controlled_win_rate(draw(48, 10).sample)
    assert refused.doubted("a reason") is refused


@pytest.mark.parametrize("slope", [-1.0, 2.0, 4.0])
def test_a_curvature_that_is_known_hides_no_deviating_slope(slope: float) -> None:
    # nearly all answers are shorter: there the curvature's column and the slope's are nearly one
    generator = np.random.default_rng(4)
    length = generator.normal(-700, 500, 600).round()
    chance = expit(-0.5 + slope * np.tanh(length / 500))
    sample = sample_of((generator.random(600) < chance).astype(float), length)
    spread = np.array([[0.1, 0.08], [0.08, 0.1]])
    straight = prior_of((SHORTER, LONGER), (1.0, 1.0), spread=spread)
    curved = prior_of((SHORTER, LONGER, CURVATURE), (1.0, 1.0, 0.0), spread=np.diag([0.1, 0.1, 0.0]))
    curved.spread[:2, :2] = spread
    with_curvature, without = regression_of(sample, curved), regression_of(sample, straight)
    assert CURVATURE in with_curvature.design.names
    assert with_curvature.deviation == pytest.approx(without.deviation, rel=0.02)
    assert with_curvature.estimate == pytest.approx(without.estimate, abs=0.005)


def lengths_of_few_sizes(kind: str, n: int) -> Floats:
    """Length differences of few sizes, which differ by a character where they are alike."""
    generator = np.random.default_rng(n)
    jitter = generator.integers(-1, 2, n).astype(float)
    if kind == "three":
        length: Floats = generator.choice([-300.0, 0.0, 300.0], n) + jitter
    elif kind == "equal or far":
        length = generator.choice([0.0, 0.0, 2500.0, -3500.0], n) + generator.integers(-40, 40, n)
    else:
        length = np.where(generator.random(n) < 0.8, 0.0, generator.choice([3000.0, -4000.0, 1.0], n))
    return length


@pytest.mark.parametrize("n", [48, 200, 805])
@pytest.mark.parametrize("kind", ["three", "equal or far", "nearly all equal"])
def test_lengths_that_hardly_tell_a_curvature_do_not_keep_a_model_from_a_number(kind: str, n: int) -> None:
    length = lengths_of_few_sizes(kind, n)
    verdicts = (np.random.default_rng(n).random(n) < expit(np.tanh(length / 500))).astype(float)
    sample = sample_of(verdicts, length)
    curved = prior_of((SHORTER, LONGER, CURVATURE), (1.5, 0.5, 0.4), spread=(0.4, 0.4, 0.05))
    estimate = length_controlled_win_rate(sample, prior=curved).estimate
    straight = length_controlled_win_rate(sample, prior=curved.chosen((SHORTER, LONGER))).estimate
    assert value_of(estimate) == pytest.approx(value_of(straight), abs=4)
