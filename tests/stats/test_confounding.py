"""How far an estimate moves when length stands for difficulty."""

import math

import numpy as np
import pytest
from scipy.optimize import root

from evalkit.stats.coefficients import CoefficientPrior
from evalkit.stats.confounding import Confounding, Sensitivity, log_odds_moved
from evalkit.stats.controlled_rate import length_controlled_win_rate
from evalkit.stats.covariates import LENGTH, Design, build_design, control_terms, length_term
from evalkit.stats.logistic import Prior, expit, fit_logistic
from evalkit.stats.sample import Floats, Sample
from tests.stats.stat_samples import TYPICAL, draw, numbers, sample_of

SENSITIVITY = Sensitivity(60.0, 52.0, 68.0, 0.5)


def design_of(sample: Sample, difficulty: dict[str, float] | None, prior: CoefficientPrior | None) -> Design:
    terms, _ = control_terms(sample, (LENGTH,))
    return build_design(sample, terms, difficulty, prior)


def logit(share: float) -> float:
    return math.log(share / (1 - share))


@pytest.mark.parametrize("prior", [None, TYPICAL])
@pytest.mark.parametrize("with_difficulty", [False, True])
def test_how_far_the_log_odds_move_is_what_refits_with_an_offset_find(
    prior: CoefficientPrior | None, with_difficulty: bool
) -> None:
    drawn = draw(1, 300, difficulty=0.8)
    sample = drawn.sample
    design = design_of(sample, drawn.difficulty if with_difficulty else None, prior)
    k = len(design.names)
    held = Prior(np.zeros(k), np.zeros((k, k))) if prior is None else prior.on(design.names)
    weights = np.random.default_rng(2).uniform(0.5, 2, sample.n)
    assert sample.length_difference is not None
    term = length_term(sample.length_difference)
    effect, stand_in = 0.7, (term - term.mean()) / term.std()

    def refitted(correlation: float) -> float:
        offset = correlation * effect * stand_in

        def score(beta: Floats) -> Floats:
            residual = weights * (sample.preference - expit(design.columns @ beta + offset))
            pulled: Floats = design.columns.T @ residual - held.precision @ (beta - held.mean)
            return pulled

        beta = root(score, np.zeros(k), tol=1e-12).x
        # what length stands for stays when lengths are made equal
        return logit(float(expit(design.alike @ beta + offset).mean()))

    fit = fit_logistic(design.columns, sample.preference, weights=weights, prior=held, firth=False)
    slope = (refitted(1e-3) - refitted(-1e-3)) / 2e-3
    assert log_odds_moved(sample, design, fit, weights=weights, effect=effect) == pytest.approx(slope, rel=1e-3)
    assert abs(slope) > 0.01


def unbalanced(longer: int, n: int = 400) -> Sample:
    length = np.where(np.arange(n) < longer, 300.0, -300.0)
    return sample_of(np.random.default_rng(3).uniform(0, 1, n), length)


@pytest.mark.parametrize(("longer", "expected"), [(200, 0.0), (300, 1 / 3**0.5), (100, -1 / 3**0.5), (360, 4 / 3)])
def test_without_a_prior_the_move_is_the_mean_of_the_length_term_in_its_deviations(
    longer: int, expected: float
) -> None:
    # three quarters longer: mean 1/2 and deviation sqrt(3)/2 of the term's size; nine tenths: 4/5 and 3/5
    controlled = length_controlled_win_rate(unbalanced(longer), confounding=Confounding(0.1, 0.6))
    assert controlled.sensitivity is not None and controlled.parts is not None
    assert controlled.sensitivity.log_odds == pytest.approx(0.6 * expected, abs=1e-6)
    share = numbers(controlled.estimate)[0] / 100
    assert controlled.parts.confounding == pytest.approx(abs(6 * expected) * share * (1 - share), abs=1e-4)


def test_length_may_stand_for_difficulty_only_where_lengths_are_unbalanced() -> None:
    for longer, wider in ((200, False), (300, True)):
        plain, doubted = (
            numbers(length_controlled_win_rate(unbalanced(longer), confounding=confounding).estimate)
            for confounding in (None, Confounding(0.3, 1.0))
        )
        assert doubted[0] == plain[0]
        assert (doubted[3] - doubted[2] > 1.05 * (plain[3] - plain[2])) == wider


def test_lengths_that_say_nothing_move_nothing() -> None:
    sample = sample_of(np.random.default_rng(4).uniform(0, 1, 40), [0.0] * 40)
    design = Design(("intercept",), np.ones((40, 1)), ())
    fit = fit_logistic(design.columns, sample.preference)
    assert log_odds_moved(sample, design, fit, weights=np.ones(40), effect=1.0) == 0


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (50.0, math.log(52 / 48) / 0.5),
        (80.0, (math.log(4) - math.log(68 / 32)) / 0.5),
        (52.0, 0.0),
        (55.0, 0.0),
        (60.0, 0.0),
        (65.0, 0.0),
        (68.0, 0.0),
    ],
)
def test_the_correlation_that_would_bring_a_threshold_into_the_interval_worked_by_hand(
    threshold: float, expected: float
) -> None:
    assert SENSITIVITY.correlation_to(threshold) == pytest.approx(expected)
    # the sign of the move only says in which direction length would have to go with difficulty
    assert Sensitivity(60.0, 52.0, 68.0, -0.5).correlation_to(threshold) == pytest.approx(expected)


def test_what_does_not_move_reaches_no_threshold() -> None:
    assert Sensitivity(60.0, 52.0, 68.0, 0.0).correlation_to(50.0) == math.inf
    assert Sensitivity(60.0, 52.0, 68.0, 0.0).correlation_to(61.0) == 0


def test_a_unit_of_correlation_moves_the_estimate_by_the_curves_slope_where_it_is() -> None:
    # 100 * 0.5 * 0.6 * 0.4
    assert SENSITIVITY.points == pytest.approx(12)


def test_where_length_goes_with_difficulty_as_far_as_said_intervals_hold_the_truth_and_without_they_do_not() -> None:
    generator = np.random.default_rng(5)
    held: dict[bool, list[bool]] = {True: [], False: []}
    for _ in range(100):
        correlation = float(np.clip(generator.normal(0, 0.3), -0.9, 0.9))
        latent = generator.normal(size=500)
        length = (500 + 500 * latent).round()
        difficulty = correlation * latent + math.sqrt(1 - correlation**2) * generator.normal(size=500)
        chance = expit(-0.2 + 1.2 * length_term(length) + difficulty)
        sample = sample_of((generator.random(500) < chance).astype(float), length)
        truth = 100 * float(expit(-0.2 + difficulty).mean())
        for known in (True, False):
            confounding = Confounding(0.3, 1 / math.sqrt(1.3458)) if known else None
            _, _, lower, upper = numbers(length_controlled_win_rate(sample, confounding=confounding).estimate)
            held[known].append(lower <= truth <= upper)
    assert np.mean(held[True]) >= 0.92
    assert np.mean(held[False]) <= 0.85
