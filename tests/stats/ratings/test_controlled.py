"""Strengths beside covariates."""

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.logistic import expit, fit_logistic
from evalkit.stats.ratings.battles import Battles, build_battles
from evalkit.stats.ratings.bradley_terry import fit_bradley_terry
from evalkit.stats.ratings.controlled import fit_controlled
from evalkit.stats.sample import Floats
from tests.stats.ratings.some_battles import drawn

STRENGTHS = np.array([0.6, 0.2, -0.1, -0.7])


def styled(n: int, seed: int, *, effect: float = 1.0) -> Battles:
    """Better models write more, and more is preferred."""
    generator = np.random.default_rng(seed)
    a = generator.integers(4, size=n)
    b = (a + 1 + generator.integers(3, size=n)) % 4
    tokens = np.tanh(STRENGTHS[a] - STRENGTHS[b] + generator.normal(size=n))
    outcome = (generator.random(n) < expit(STRENGTHS[a] - STRENGTHS[b] + effect * tokens)).astype(np.float64)
    return build_battles(["w", "x", "y", "z"], a=a, b=b, outcome=outcome, covariates={"tokens": tokens})


def test_it_is_the_regression_on_a_row_by_row_design() -> None:
    battles = styled(400, 1)
    fit = fit_controlled(battles)
    design = np.zeros((400, 4))
    design[np.arange(400), battles.a] = 1
    design[np.arange(400), battles.b] -= 1
    design[:, 3] = battles.covariates["tokens"] / fit.unit[0]
    expected = fit_logistic(design, battles.outcome, firth=False).coefficients
    assert fit.strengths[:3] - fit.strengths[3] == pytest.approx(expected[:3], abs=1e-6)
    assert fit.coefficients == pytest.approx(expected[3:], abs=1e-6)


def test_what_style_wins_is_not_counted_as_strength() -> None:
    battles = styled(40_000, 2)
    plain, controlled = fit_bradley_terry(battles).strengths, fit_controlled(battles)
    assert controlled.strengths == pytest.approx(STRENGTHS - STRENGTHS.mean(), abs=0.06)
    assert controlled.coefficients / controlled.unit == pytest.approx([1.0], abs=0.06)
    assert np.ptp(plain) > np.ptp(controlled.strengths) + 0.3


def test_a_covariate_that_means_nothing_changes_nothing_much() -> None:
    battles = styled(20_000, 3, effect=0.0)
    fit = fit_controlled(battles)
    assert fit.coefficients == pytest.approx([0.0], abs=0.05)


def test_its_unit_does_not_matter_and_equal_styles_stay_the_point_of_comparison() -> None:
    battles = styled(2000, 4)
    scaled = build_battles(
        battles.models,
        a=battles.a,
        b=battles.b,
        outcome=battles.outcome,
        covariates={"tokens": 1000 * battles.covariates["tokens"]},
    )
    assert fit_controlled(scaled).strengths == pytest.approx(fit_controlled(battles).strengths)
    assert fit_controlled(scaled).unit == pytest.approx(1000 * fit_controlled(battles).unit)


def with_covariates(values: dict[str, Floats]) -> Battles:
    votes = drawn(np.array([0.3, 0.0, -0.3]), 200, 6)
    return build_battles(votes.models, a=votes.a, b=votes.b, outcome=votes.outcome, covariates=values)


def test_covariates_that_say_nothing_of_their_own_are_refused() -> None:
    noise = np.random.default_rng(0).normal(size=200)
    with pytest.raises(StatsError, match="covariate lists is zero in every battle"):
        fit_controlled(with_covariates({"tokens": noise, "lists": np.zeros(200)}))
    with pytest.raises(StatsError, match="depend on each other"):
        fit_controlled(with_covariates({"tokens": noise, "lists": -3 * noise}))
    votes = with_covariates({})
    of_the_models = np.array([1.0, 5.0, 2.0])[votes.a] - np.array([1.0, 5.0, 2.0])[votes.b]
    with pytest.raises(StatsError, match="or on the models"):
        fit_controlled(with_covariates({"tokens": of_the_models}))


def test_a_covariate_that_explains_every_verdict_is_refused() -> None:
    votes = with_covariates({})
    decided = build_battles(
        votes.models,
        a=votes.a,
        b=votes.b,
        outcome=np.tile([1.0, 0.0], 100),
        covariates={"x": np.tile([1.0, -1.0], 100)},
    )
    with pytest.raises(StatsError, match="explain every verdict"):
        fit_controlled(decided)


def test_an_unbounded_model_is_named() -> None:
    battles = build_battles(
        ["x", "y"],
        a=np.zeros(4, dtype=np.int64),
        b=np.ones(4, dtype=np.int64),
        outcome=np.ones(4),
        covariates={"tokens": np.array([0.1, -0.2, 0.3, 0.1])},
    )
    with pytest.raises(StatsError, match="'x' is unbounded.*leave them out"):
        fit_controlled(battles)
