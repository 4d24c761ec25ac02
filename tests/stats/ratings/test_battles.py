"""Battles and the counts of equal ones."""

from typing import Any

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.ratings.battles import MAX_MODELS, Battles, build_battles, tally
from evalkit.stats.sample import Floats
from tests.stats.ratings.some_battles import battles_of, drawn


def wins_of(battles: Battles) -> Floats:
    cells = tally(battles)
    wins: Floats = cells.wins(cells.count[None, :])[0]
    return wins


def slow_wins(battles: Battles) -> Floats:
    wins = np.zeros((battles.m, battles.m))
    for row in range(battles.n):
        weight = 1.0 if battles.weight is None else battles.weight[row]
        wins[battles.a[row], battles.b[row]] += weight * battles.outcome[row]
        wins[battles.b[row], battles.a[row]] += weight * (1 - battles.outcome[row])
    return wins


def test_a_tie_is_half_a_win_for_either_side() -> None:
    wins = wins_of(battles_of([(0, 1, 1.0), (1, 0, 0.5), (0, 1, 0.0), (0, 1, 0.0)]))
    assert wins.tolist() == [[0.0, 1.5], [2.5, 0.0]]


def test_votes_are_counted_by_pair_and_outcome_whichever_side_comes_first() -> None:
    cells = tally(battles_of([(0, 1, 1.0), (1, 0, 0.0), (0, 1, 0.5), (1, 2, 1.0), (2, 1, 1.0)]))
    found = list(zip(cells.first, cells.second, cells.outcome, cells.count, strict=True))
    assert found == [(0, 1, 0.5, 1), (0, 1, 1.0, 2), (1, 2, 0.0, 1), (1, 2, 1.0, 1)]


@pytest.mark.parametrize("kind", ["votes", "fractions", "weights", "both"])
def test_counting_gives_what_adding_up_row_by_row_gives(kind: str) -> None:
    generator = np.random.default_rng(0)
    votes = drawn(np.linspace(-1, 1, 6), 400, 3)
    battles = build_battles(
        votes.models,
        a=votes.a,
        b=votes.b,
        outcome=generator.random(400) if kind in ("fractions", "both") else votes.outcome,
        weight=generator.integers(1, 4, 400) / 2 if kind in ("weights", "both") else None,
    )
    assert wins_of(battles) == pytest.approx(slow_wins(battles))
    assert tally(battles).count.sum() == 400


def test_clusters_are_numbered_without_gaps_and_none_where_all_differ() -> None:
    def cluster(*names: int) -> Any:
        a, b, outcome = np.zeros(4, dtype=np.int64), np.ones(4, dtype=np.int64), np.full(4, 0.5)
        return build_battles(["x", "y"], a=a, b=b, outcome=outcome, cluster=np.array(names)).cluster

    assert cluster(7, 9, 7, 9).tolist() == [0, 1, 0, 1]
    assert cluster(-5, 10**15, -5, 3).tolist() == [0, 2, 0, 1]
    assert cluster(4, 8, 1, 0) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outcome": np.array([0.5, 1.2])}, "not a probability"),
        ({"outcome": np.array([0.5, np.nan])}, "not a probability"),
        ({"weight": np.array([1.0, 0.0])}, r"weight\[1\] is .*, not a positive number"),
        ({"weight": np.array([1.0, np.inf])}, r"weight\[1\] is .*, not a positive number"),
        ({"b": np.array([1, 0]), "a": np.array([0, 0])}, "'x' fights itself"),
        ({"b": np.array([1, 2])}, "not listed"),
        ({"covariates": {"tokens": np.array([0.1, np.nan])}}, "covariate tokens: a value is missing"),
        ({name: np.zeros(0, dtype=np.int64) for name in ("a", "b", "outcome")}, "there are no battles"),
    ],
)
def test_what_cannot_be_counted_is_refused(change: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"a": np.array([0, 0]), "b": np.array([1, 1]), "outcome": np.array([0.5, 1.0]), **change}
    with pytest.raises(StatsError, match=said):
        build_battles(["x", "y"], **given)


def test_more_models_than_fit_are_refused() -> None:
    one, other = np.array([0]), np.array([1])
    with pytest.raises(StatsError, match="too many to be rated together"):
        build_battles([str(n) for n in range(MAX_MODELS + 1)], a=one, b=other, outcome=np.array([1.0]))
