"""The regression: against statsmodels, against published Firth estimates, and by its own definition."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import StatsError
from evalkit.stats.logistic import TOLERANCE, Prior, expit, fit_logistic, separated
from evalkit.stats.sample import Floats

# Heinze and Schemper 2002, Statistics in Medicine 21: 79 patients, histology grade HG (0 low, 1 high) on
# neovascularisation NV (0, 1), pulsatility index PI and endometrium height EH; NV separates quasi-completely.
# (PI, EH) by NV and HG; nobody has NV = 1 and a low grade.
NV0_LOW = """
    13 1.64, 16 2.26, 8 3.14, 34 2.68, 20 1.28, 5 2.31, 17 1.80, 10 1.68, 26 1.56, 17 2.31, 8 2.01, 7 1.89, 20 3.15,
    10 1.23, 18 1.27, 16 1.76, 18 2.00, 28 1.50, 11 1.33, 19 2.37, 10 1.82, 10 3.13, 18 1.31, 14 1.92, 21 1.64,
    11 2.01, 17 1.88, 25 1.93, 16 2.11, 19 1.29, 15 1.72, 33 0.75, 24 1.92, 29 2.02, 15 2.29, 12 2.33, 3 2.90,
    20 1.70, 23 1.41, 12 2.25, 22 1.54, 42 1.97, 15 1.75, 13 2.16, 14 2.57, 19 1.37, 12 3.61, 13 2.04, 10 2.17"""
NV0_HIGH = """
    8 2.64, 29 0.88, 12 1.27, 20 1.37, 7 0.97, 48 1.84, 12 1.11, 19 1.61, 2 1.18, 21 1.19, 15 1.06, 12 1.69, 6 1.84,
    5 1.30, 17 0.96, 5 0.35, 33 0.85"""
NV1_HIGH = """
    38 0.97, 22 1.14, 7 0.88, 25 0.91, 15 0.58, 22 1.44, 40 1.18, 5 0.93, 0 1.17, 49 0.27, 11 1.01, 21 0.98, 19 1.02"""

# none, one that takes coefficients for unrelated, and one that takes two of them to go together
PRIORS = [
    None,
    Prior.independent(np.array([0.0, 1.0, -1.0]), np.array([0.0, 11.0, 4.0])),
    Prior(np.array([0.0, 1.0, -1.0]), np.array([[0.0, 0.0, 0.0], [0.0, 11.0, -5.0], [0.0, -5.0, 4.0]])),
]


def endometrial() -> tuple[Floats, Floats]:
    rows = [
        (1.0, nv, *map(float, pair.split()), grade)
        for nv, grade, text in ((0.0, 0.0, NV0_LOW), (0.0, 1.0, NV0_HIGH), (1.0, 1.0, NV1_HIGH))
        for pair in text.split(",")
    ]
    table = np.array(rows)
    assert table.shape == (79, 5)
    return table[:, :4], table[:, 4]


def problem(seed: int, n: int = 120) -> tuple[Floats, Floats]:
    """A design with an intercept and two covariates, and fractions that follow it loosely."""
    generator = np.random.default_rng(seed)
    design = np.column_stack([np.ones(n), np.tanh(generator.normal(size=n)), generator.normal(size=n)])
    chance = expit(design @ np.array([-0.5, 1.3, 0.7]))
    return design, generator.beta(2 * chance, 2 * (1 - chance))


def penalised_log_likelihood(design: Floats, fractions: Floats, beta: Floats, prior: Prior | None = None) -> float:
    eta = design @ beta
    mu = expit(eta)
    likelihood = float(fractions @ eta - np.logaddexp(0, eta).sum())
    _, log_determinant = np.linalg.slogdet(design.T @ (design * (mu * (1 - mu))[:, None]))
    pull = 0.0 if prior is None else float((beta - prior.mean) @ prior.precision @ (beta - prior.mean))
    return likelihood + float(log_determinant) / 2 - pull / 2


@pytest.mark.parametrize("seed", range(5))
def test_the_unpenalised_fit_of_fractions_is_that_of_statsmodels(seed: int) -> None:
    design, fractions = problem(seed)
    reference = sm.GLM(fractions, design, family=sm.families.Binomial()).fit(tol=1e-14)
    fit = fit_logistic(design, fractions, firth=False)
    assert fit.coefficients == pytest.approx(reference.params, abs=1e-7)
    assert fit.covariance == pytest.approx(reference.normalized_cov_params, abs=1e-7)


def test_the_unpenalised_weighted_fit_is_that_of_statsmodels() -> None:
    design, fractions = problem(7)
    weights = np.random.default_rng(8).integers(1, 5, len(fractions)).astype(float)
    reference = sm.GLM(fractions, design, family=sm.families.Binomial(), freq_weights=weights).fit(tol=1e-14)
    fit = fit_logistic(design, fractions, weights=weights, firth=False)
    assert fit.coefficients == pytest.approx(reference.params, abs=1e-7)


def test_covariance_and_scores_make_the_sandwich_of_statsmodels() -> None:
    design, fractions = problem(11)
    fit = fit_logistic(design, fractions, firth=False)
    model = sm.GLM(fractions, design, family=sm.families.Binomial())
    sandwich = fit.covariance @ (fit.scores.T @ fit.scores) @ fit.covariance
    assert sandwich == pytest.approx(model.fit(tol=1e-14, cov_type="HC0").cov_params(), abs=1e-9)


def test_scores_summed_within_clusters_make_the_clustered_sandwich_of_statsmodels() -> None:
    design, fractions = problem(12)
    clusters = np.arange(len(fractions)) // 3
    fit = fit_logistic(design, fractions, firth=False)
    summed = np.array([fit.scores[clusters == cluster].sum(axis=0) for cluster in range(clusters[-1] + 1)])
    sandwich = fit.covariance @ (summed.T @ summed) @ fit.covariance
    reference = sm.GLM(fractions, design, family=sm.families.Binomial()).fit(
        tol=1e-14, cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
    )
    assert sandwich == pytest.approx(reference.cov_params(), abs=1e-9)


@pytest.mark.parametrize(("wins", "n"), [(0, 2), (0, 20), (3, 10), (10, 10), (805, 805), (17, 40)])
def test_firths_estimate_of_a_proportion_adds_half_a_win_and_half_a_loss(wins: int, n: int) -> None:
    # Firth 1993, Biometrika 80, section 3
    outcome = np.concatenate([np.ones(wins), np.zeros(n - wins)])
    fit = fit_logistic(np.ones((n, 1)), outcome)
    assert expit(fit.coefficients)[0] == pytest.approx((wins + 0.5) / (n + 1), abs=1e-8)


def test_firths_estimate_of_a_single_win_is_three_quarters() -> None:
    assert expit(fit_logistic(np.ones((1, 1)), np.ones(1)).coefficients)[0] == pytest.approx(0.75)


@pytest.mark.parametrize("table", [(3, 7, 6, 2), (0, 5, 4, 3), (0, 8, 9, 0), (5, 0, 6, 0)])
def test_firths_estimate_of_two_groups_adds_half_to_each_cell(table: tuple[int, int, int, int]) -> None:
    # the Jeffreys prior of a saturated model; the third table is separated, the second quasi-separated
    wins, losses, other_wins, other_losses = table
    group = np.repeat([0.0, 0.0, 1.0, 1.0], table)
    outcome = np.repeat([1.0, 0.0, 1.0, 0.0], table)
    fit = fit_logistic(np.column_stack([np.ones(len(group)), group]), outcome)
    log_odds = math.log((wins + 0.5) / (losses + 0.5))
    ratio = math.log((other_wins + 0.5) / (other_losses + 0.5)) - log_odds
    assert fit.coefficients == pytest.approx([log_odds, ratio], abs=1e-7)


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("seed", range(3))
def test_no_step_from_the_fit_raises_the_penalised_likelihood(seed: int, prior: Prior | None) -> None:
    design, fractions = problem(seed, n=40)
    best = fit_logistic(design, fractions, prior=prior).coefficients
    height = penalised_log_likelihood(design, fractions, best, prior)
    generator = np.random.default_rng(seed)
    for size in (1e-3, 0.1, 1.0):
        for direction in generator.normal(size=(20, 3)):
            assert penalised_log_likelihood(design, fractions, best + size * direction, prior) < height


def test_the_penalised_likelihood_is_highest_on_separated_data_too() -> None:
    design, outcome = endometrial()
    best = fit_logistic(design, outcome).coefficients
    height = penalised_log_likelihood(design, outcome, best)
    for direction in np.random.default_rng(0).normal(size=(40, 4)) * [1.0, 1.0, 0.03, 1.0]:
        assert penalised_log_likelihood(design, outcome, best + 0.1 * direction) < height


def test_a_strong_prior_holds_its_coefficient_and_leaves_the_others_free() -> None:
    design, fractions = problem(3)
    fit = fit_logistic(design, fractions, prior=Prior.independent(np.array([0.0, 2.5, 0.0]), np.array([0.0, 1e6, 0.0])))
    assert fit.coefficients[1] == pytest.approx(2.5, abs=1e-4)
    held = sm.GLM(fractions, design[:, [0, 2]], family=sm.families.Binomial(), offset=2.5 * design[:, 1]).fit()
    assert fit.coefficients[[0, 2]] == pytest.approx(held.params, abs=0.05)


@pytest.mark.parametrize("prior", PRIORS)
def test_the_covariance_is_the_inverse_curvature_of_likelihood_and_prior(prior: Prior | None) -> None:
    design, fractions = problem(15)
    fit = fit_logistic(design, fractions, prior=prior)
    mu = expit(design @ fit.coefficients)
    curvature = design.T @ np.diag(mu * (1 - mu)) @ design + (np.zeros((3, 3)) if prior is None else prior.precision)
    assert fit.covariance == pytest.approx(np.linalg.inv(curvature), abs=1e-9)


def test_whole_weights_are_repetitions() -> None:
    design, fractions = problem(4, n=50)
    weights = np.random.default_rng(5).integers(0, 4, 50)
    weighted = fit_logistic(design, fractions, weights=weights.astype(float))
    repeated = fit_logistic(np.repeat(design, weights, axis=0), np.repeat(fractions, weights))
    assert weighted.coefficients == pytest.approx(repeated.coefficients, abs=1e-9)
    assert weighted.covariance == pytest.approx(repeated.covariance, abs=1e-9)


def test_the_fit_does_not_depend_on_where_it_starts() -> None:
    design, fractions = problem(6)
    from_zero = fit_logistic(design, fractions)
    from_afar = fit_logistic(design, fractions, start=np.array([4.0, -5.0, 3.0]))
    assert from_afar.coefficients == pytest.approx(from_zero.coefficients, abs=1e-9)


@given(st.integers(0, 10**6))
def test_swapping_sides_turns_the_coefficients_around(seed: int) -> None:
    design, fractions = problem(seed, n=30)
    fit, swapped = fit_logistic(design, fractions), fit_logistic(design, 1 - fractions)
    assert swapped.coefficients == pytest.approx(-fit.coefficients, abs=1e-7)


@given(st.integers(0, 10**6))
def test_at_the_fit_the_slope_of_the_penalised_likelihood_is_zero(seed: int) -> None:
    design, fractions = problem(seed, n=30)
    beta = fit_logistic(design, fractions).coefficients
    slopes = [
        (
            penalised_log_likelihood(design, fractions, beta + step)
            - penalised_log_likelihood(design, fractions, beta - step)
        )
        / 2e-5
        for step in 1e-5 * np.eye(3)
    ]
    assert slopes == pytest.approx([0, 0, 0], abs=1e-5)


def test_scores_and_penalty_balance_to_the_tolerance() -> None:
    design, fractions = problem(9)
    fit = fit_logistic(design, fractions, firth=False)
    assert np.abs(fit.scores.sum(axis=0)).max() <= TOLERANCE
    assert fit.iterations < 20


def test_linearly_dependent_covariates_are_refused() -> None:
    design, fractions = problem(10)
    with pytest.raises(StatsError, match="linearly dependent"):
        fit_logistic(np.column_stack([design, design[:, 1] - design[:, 2]]), fractions)


def test_an_unpenalised_fit_of_separated_data_runs_away_without_a_warning_and_only_the_programme_tells() -> None:
    design, outcome = endometrial()
    assert abs(fit_logistic(design, outcome, firth=False).coefficients[1]) > 15
    assert separated(design, outcome)


def test_a_prior_alone_keeps_an_unpenalised_fit_of_separated_data_finite() -> None:
    design, outcome = endometrial()
    fit = fit_logistic(design, outcome, firth=False, prior=Prior.independent(np.zeros(4), np.ones(4)))
    assert np.abs(fit.coefficients).max() < 10


@pytest.mark.parametrize("scale", [1e-2, 1e3, 1e6])
@pytest.mark.parametrize("firth", [True, False])
def test_the_scale_of_a_covariate_only_scales_its_coefficient(scale: float, firth: bool) -> None:
    design, fractions = problem(13)
    stretched = design * np.array([1.0, 1.0, scale])
    fit, scaled = fit_logistic(design, fractions, firth=firth), fit_logistic(stretched, fractions, firth=firth)
    assert scaled.coefficients * [1.0, 1.0, scale] == pytest.approx(fit.coefficients, abs=1e-6)


def test_a_covariate_in_tiny_units_is_fitted_too() -> None:
    design, fractions = problem(13)
    fit = fit_logistic(design * np.array([1.0, 1.0, 1e-4]), fractions)
    assert fit.coefficients[2] == pytest.approx(1e4 * fit_logistic(design, fractions).coefficients[2], rel=1e-4)


@pytest.mark.parametrize("start", [1e2, 1e4, 1e6])
def test_a_start_at_a_huge_predictor_ends_at_the_fit_or_in_a_refusal(start: float) -> None:
    design, fractions = problem(14)
    expected = fit_logistic(design, fractions).coefficients
    try:
        found = fit_logistic(design, fractions, start=np.array([0.0, start, 0.0])).coefficients
    except StatsError:
        return
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("covariate", "fractions", "expected"),
    [
        ([1, 2, 3, 4], [0, 0, 1, 1], True),
        ([1, 2, 2, 3], [0, 0, 1, 1], True),
        ([1, 2, 3, 4], [0, 1, 0, 1], False),
        ([1, 2, 3, 4], [1, 1, 1, 1], True),
        ([1, 2, 2, 4], [0, 0.5, 0.5, 1], True),
        ([1, 2, 3, 4], [0, 0.5, 0.5, 1], False),
        ([1, 2, 3, 4], [0.1, 0.2, 0.8, 0.9], False),
        ([1, 2, 3, 4], [0, 0, 0.4, 1], True),
        ([1, 2, 3, 4], [0, 0.4, 0, 1], False),
        ([2, 2, 2, 2], [0, 1, 0, 1], False),
    ],
)
def test_separation_worked_by_hand(covariate: list[float], fractions: list[float], expected: bool) -> None:
    design = np.column_stack([np.ones(4), np.array(covariate, dtype=float)])
    assert separated(design, np.array(fractions, dtype=float)) == expected


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=12))
def test_one_covariate_separates_exactly_where_wins_and_losses_do_not_overlap(rows: list[tuple[int, bool]]) -> None:
    wins = [x for x, won in rows if won]
    losses = [x for x, won in rows if not won]
    if wins and losses:
        apart = max(wins) <= min(losses) or max(losses) <= min(wins)
        expected = apart and len({x for x, _ in rows}) > 1
    else:
        expected = True
    design = np.column_stack([np.ones(len(rows)), [x / 3 for x, _ in rows]])
    assert separated(design, np.array([float(won) for _, won in rows])) == expected


@given(st.integers(0, 10**6))
def test_an_unpenalised_fit_stays_finite_exactly_where_nothing_is_separated(seed: int) -> None:
    generator = np.random.default_rng(seed)
    design = np.column_stack([np.ones(12), generator.normal(size=(12, 2))])
    outcome = (generator.random(12) < 0.5).astype(float)
    try:
        bounded = bool(np.abs(fit_logistic(design, outcome, firth=False).coefficients).max() < 15)
    except StatsError:
        bounded = False
    if separated(design, outcome):
        assert not bounded
    elif not bounded:
        # near to separation but not there: the fit is steep, yet it exists
        assert np.isfinite(fit_logistic(design, outcome).coefficients).all()
