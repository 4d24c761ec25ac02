"""The sandwich covariance of strengths."""

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.ratings.battles import Battles, build_battles
from evalkit.stats.ratings.bradley_terry import fit_bradley_terry
from evalkit.stats.ratings.controlled import fit_controlled
from evalkit.stats.ratings.covariance import sandwich
from evalkit.stats.sample import Floats, Ints
from tests.stats.ratings.some_battles import battles_of, drawn


def brute_force(battles: Battles, cluster: Ints) -> Floats:
    """Row by row, with a pseudo-inverse, and the covariates standardised as in the fit."""
    fit = fit_controlled(battles) if battles.covariates else fit_bradley_terry(battles)
    design = np.zeros((battles.n, battles.m))
    design[np.arange(battles.n), battles.a] = 1
    design[np.arange(battles.n), battles.b] -= 1
    scaled = [values / fit.unit[one] for one, values in enumerate(battles.covariates.values())]
    design = np.column_stack([design, *scaled])
    chance = 1 / (1 + np.exp(-design @ np.concatenate([fit.strengths, fit.coefficients])))
    weight = np.ones(battles.n) if battles.weight is None else battles.weight
    bread = np.linalg.pinv(design.T @ (design * (weight * chance * (1 - chance))[:, None]))
    scores = design * (weight * (battles.outcome - chance))[:, None]
    summed = np.array([scores[cluster == one].sum(axis=0) for one in np.unique(cluster)])
    n, p = len(summed), design.shape[1] - 1
    found: Floats = n / (n - p) * bread @ summed.T @ summed @ bread
    return found


@pytest.mark.parametrize("clustered", [False, True], ids=["rows", "clusters"])
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weights"])
@pytest.mark.parametrize("controlled", [False, True], ids=["plain", "covariates"])
def test_the_quick_way_gives_what_the_slow_one_gives(clustered: bool, weighted: bool, controlled: bool) -> None:
    generator = np.random.default_rng(1)
    votes = drawn(np.linspace(-1, 1, 5), 300, 2)
    cluster = generator.integers(60, size=300) if clustered else np.arange(300)
    covariates = {"tokens": generator.normal(size=300), "lists": generator.normal(size=300)} if controlled else {}
    battles = build_battles(
        votes.models,
        a=votes.a,
        b=votes.b,
        outcome=votes.outcome,
        weight=generator.random(300) + 0.5 if weighted else None,
        cluster=cluster,
        covariates=covariates,
    )
    fit = fit_controlled(battles) if controlled else fit_bradley_terry(battles)
    found, expected = sandwich(battles, fit).matrix, brute_force(battles, cluster)
    m = battles.m
    centre = np.eye(len(expected))
    centre[:m, :m] -= 1 / m
    assert centre @ found @ centre.T == pytest.approx(centre @ expected @ centre.T, abs=1e-8)


def test_two_models_have_the_error_of_a_log_odds() -> None:
    battles = battles_of([(0, 1, 1.0)] * 60 + [(0, 1, 0.0)] * 40)
    found = sandwich(battles, fit_bradley_terry(battles)).matrix
    # 1/(n p (1-p)) by the delta method, and 100/99 for the one parameter
    assert found[0, 0] + found[1, 1] - 2 * found[0, 1] == pytest.approx(100 / 99 / 24)


def test_ties_lessen_the_error() -> None:
    split = battles_of(([(0, 1, 1.0), (0, 1, 0.0)]) * 50)
    tied = battles_of([(0, 1, 0.5)] * 50 + [(0, 1, 1.0), (0, 1, 0.0)] * 25)
    assert sandwich(tied, fit_bradley_terry(tied)).matrix[0, 0] == pytest.approx(
        sandwich(split, fit_bradley_terry(split)).matrix[0, 0] / 2
    )


def test_a_battle_written_down_ten_times_in_one_cluster_says_nothing_more() -> None:
    rows = [(one % 3, (one + 1 + one % 2) % 3, float(one % 5 < 3)) for one in range(60)]
    once = battles_of(rows)
    copied = battles_of(rows * 10, cluster=list(range(60)) * 10)
    plain = sandwich(once, fit_bradley_terry(once)).matrix
    assert sandwich(copied, fit_bradley_terry(copied)).matrix == pytest.approx(plain)


def test_the_clusters_of_each_model_are_counted() -> None:
    rows = [(0, 1, 0.5), (0, 1, 1.0), (1, 2, 0.0), (2, 1, 0.5), (0, 1, 0.0)]
    battles = battles_of(rows, cluster=[0, 0, 1, 2, 3])
    assert sandwich(battles, fit_bradley_terry(battles)).n_clusters.tolist() == [2, 4, 2]
    alone = battles_of(rows)
    assert sandwich(alone, fit_bradley_terry(alone)).n_clusters.tolist() == [3, 5, 2]


def test_as_many_parameters_as_clusters_are_refused() -> None:
    battles = battles_of([(0, 1, 0.5), (1, 2, 0.5), (1, 2, 0.5)], cluster=[0, 1, 1])
    with pytest.raises(StatsError, match="2 independent clusters of battles are too few for the error of 2"):
        sandwich(battles, fit_bradley_terry(battles))
