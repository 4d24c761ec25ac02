"""Resampled strengths."""

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.ratings.battles import Battles, build_battles
from evalkit.stats.ratings.bootstrap import bootstrap_strengths
from evalkit.stats.ratings.bradley_terry import BradleyTerry, fit_bradley_terry
from evalkit.stats.ratings.controlled import fit_controlled
from evalkit.stats.ratings.covariance import sandwich
from evalkit.stats.sample import Floats
from tests.stats.ratings.some_battles import battles_of, drawn


def spread(battles: Battles, fit: BradleyTerry, rounds: int) -> Floats:
    found: Floats = bootstrap_strengths(battles, fit, rounds=rounds).std(axis=0, ddof=1)
    return found


@pytest.mark.parametrize("kind", ["rows", "clusters", "fractions", "covariates"])
def test_its_spread_is_the_error_of_the_sandwich(kind: str) -> None:
    votes = drawn(np.linspace(-1, 1, 5), 2000, 8, per_cluster=4 if kind == "clusters" else 1, tied=0.8)
    outcome = votes.outcome
    if kind == "fractions":
        outcome = np.clip(outcome + np.random.default_rng(0).uniform(-0.2, 0.2, 2000), 0, 1)
    covariates = {"tokens": np.random.default_rng(1).normal(size=2000)} if kind == "covariates" else None
    battles = build_battles(
        votes.models, a=votes.a, b=votes.b, outcome=outcome, cluster=votes.cluster, covariates=covariates
    )
    fit = fit_controlled(battles) if covariates else fit_bradley_terry(battles)
    errors = np.sqrt(np.diag(sandwich(battles, fit).matrix))
    assert spread(battles, fit, 200 if covariates else 1500) == pytest.approx(errors, rel=0.15 if covariates else 0.08)


def test_whole_clusters_are_drawn() -> None:
    rows = [(one % 3, (one + 1 + one % 2) % 3, float(one % 5 < 3)) for one in range(60)]
    once, copied = battles_of(rows), battles_of(rows * 10, cluster=list(range(60)) * 10)
    assert spread(copied, fit_bradley_terry(copied), 1000) == pytest.approx(
        spread(once, fit_bradley_terry(once), 1000), rel=0.1
    )


def test_a_round_is_the_fit_to_the_drawn_rows() -> None:
    # two clusters: a round has the first twice, the second twice, or each once
    one, other = [(0, 1, 1.0)] * 3 + [(0, 1, 0.0)], [(0, 1, 1.0)] * 2 + [(1, 0, 1.0)] * 3
    battles = battles_of([*one, *other], cluster=[0] * 4 + [1] * 5)
    draws = bootstrap_strengths(battles, fit_bradley_terry(battles), rounds=60)
    gaps = {round(float(gap), 6) for gap in draws[:, 0] - draws[:, 1]}
    assert gaps == {round(float(np.log(odds)), 6) for odds in (3 / 1, 2 / 3, 5 / 4)}


def test_the_same_battles_give_the_same_draws_and_others_others() -> None:
    first, other = drawn(np.linspace(-1, 1, 4), 300, 1), drawn(np.linspace(-1, 1, 4), 300, 2)
    draws = [bootstrap_strengths(one, fit_bradley_terry(one), rounds=30) for one in (first, first, other)]
    assert draws[0].tolist() == draws[1].tolist() != draws[2].tolist()


def test_rounds_that_lose_a_bound_are_left_out_and_too_many_are_refused() -> None:
    rows = [(0, 1, 1.0)] * 30 + [(0, 1, 0.0)] * 30 + [(2, 1, 1.0)] * 30
    rare = battles_of([*rows, *[(1, 2, 1.0)] * 4])
    draws = bootstrap_strengths(rare, fit_bradley_terry(rare), rounds=400)
    assert 360 <= len(draws) < 400
    rarer = battles_of([*rows, (1, 2, 1.0)])
    with pytest.raises(StatsError, match=r"only \d+ of 400 bootstrap rounds"):
        bootstrap_strengths(rarer, fit_bradley_terry(rarer), rounds=400)


def test_an_unbounded_model_is_refused_by_name() -> None:
    battles = battles_of([(0, 1, 1.0), (1, 0, 1.0), (2, 0, 1.0)])
    with pytest.raises(StatsError, match="'m2' is unbounded above.*sandwich"):
        bootstrap_strengths(battles, fit_bradley_terry(battles), rounds=50)
