"""Ratings with intervals, statuses and places."""

import math

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.ratings.battles import Battles, build_battles
from evalkit.stats.ratings.bradley_terry import fit_bradley_terry
from evalkit.stats.ratings.controlled import fit_controlled
from evalkit.stats.ratings.rated import (
    Rated,
    bootstrap_ratings,
    clusters_by_model,
    coefficient_estimates,
    elo_ratings,
    sandwich_ratings,
)
from evalkit.stats.ratings.scale import Scale, Unit
from evalkit.types import StatusKind
from tests.stats.ratings.some_battles import BASEBALL_TEAMS, baseball, battles_of, drawn, formula_rows

# arena-rank 0.1.1: BradleyTerry.compute_ratings_and_cis, sandwich intervals, on `formula_rows`
ARENA_LOWER = [1100.86872, 1050.77489, 984.76887, 934.91242, 883.94605, 824.29981]
ARENA_UPPER = [1174.82791, 1124.62234, 1057.62803, 1006.55259, 954.91437, 901.88400]


def rate(battles: Battles, scale: Scale | None = None) -> list[Rated]:
    return sandwich_ratings(battles, fit_bradley_terry(battles), scale=scale or Scale())


def bounds(rated: list[Rated]) -> tuple[list[float], list[float]]:
    lower, upper = [one.rating.lower for one in rated], [one.rating.upper for one in rated]
    assert None not in lower and None not in upper
    return [one for one in lower if one is not None], [one for one in upper if one is not None]


def test_intervals_are_as_wide_as_those_of_arena_rank() -> None:
    lower, upper = bounds(rate(battles_of(formula_rows())))
    theirs = np.subtract(ARENA_UPPER, ARENA_LOWER)
    assert np.subtract(upper, lower) == pytest.approx(theirs, rel=0.05)
    assert np.subtract(upper, lower) == pytest.approx(theirs, rel=0.01)


def test_the_american_league_has_its_published_errors_nearly() -> None:
    # Agresti 2002 has about 0.34 for each from the information; the sandwich differs by the chance of these 273 games
    rated = rate(baseball(), Scale(Unit.STRENGTH, "m6"))
    errors = [one.rating.stderr for one in rated[:6]]
    assert errors == pytest.approx([0.34] * 6, abs=0.03)
    assert len(BASEBALL_TEAMS) == len(rated) and all(one.n_battles == 78 for one in rated)


def test_an_anchor_has_no_error_and_others_have_that_of_their_difference() -> None:
    rated = rate(battles_of([(0, 1, 1.0)] * 60 + [(0, 1, 0.0)] * 40), Scale(Unit.STRENGTH, "m1"))
    assert (rated[1].rating.value, rated[1].rating.stderr) == (0.0, 0.0)
    assert rated[0].rating.value == pytest.approx(math.log(1.5))
    assert rated[0].rating.stderr == pytest.approx(math.sqrt(100 / 99 / 24))


def test_battles_and_win_rate_are_counted_with_ties_as_halves() -> None:
    rated = rate(battles_of([(0, 1, 1.0), (0, 1, 0.5), (1, 0, 1.0), (0, 1, 1.0)]))
    assert [one.n_battles for one in rated] == [4, 4]
    assert [one.win_rate for one in rated] == pytest.approx([62.5, 37.5])


def test_an_unbounded_model_has_a_number_without_an_interval_and_may_stand_anywhere() -> None:
    rated = rate(battles_of([*formula_rows(), (6, 0, 1.0), (6, 1, 1.0)]))
    top = rated[6]
    assert top.rating.value == max(one.rating.value or 0 for one in rated)
    assert (top.rating.lower, top.rating.upper, top.rating.stderr) == (None, None, None)
    assert str(top.rating.status).startswith(
        "degraded(unbounded above: the 6 models that are tied together have no win"
    )
    assert "Jeffreys' penalty keeps it finite; no interval" in top.rating.status.reason
    assert top.ranks is not None and (top.ranks.rank, top.ranks.lower, top.ranks.upper) == (1, 1, 7)
    assert all(one.rating.status.kind == StatusKind.OK and one.rating.lower is not None for one in rated[:6])


def test_models_beside_an_unbounded_one_keep_their_errors() -> None:
    alone = [one.rating.stderr for one in rate(battles_of(formula_rows()))]
    beside = [one.rating.stderr for one in rate(battles_of([*formula_rows(), (6, 0, 1.0), (6, 1, 1.0)]))[:6]]
    assert beside == pytest.approx(alone, rel=0.02)


def test_few_clusters_and_few_losses_are_degraded() -> None:
    few = rate(battles_of([(0, 1, 1.0), (0, 1, 0.0)] * 6))
    assert {str(one.rating.status) for one in few} == {"degraded(only 12 independent clusters of battles)"}
    assert all(one.rating.lower is not None for one in few)
    clear = rate(battles_of([(0, 1, 1.0)] * 97 + [(0, 1, 0.0)] * 3))
    assert clear[0].rating.status.reason == "only 3 losses, so that the interval is rough"
    assert clear[1].rating.status.reason == "only 3 wins, so that the interval is rough"


def test_ties_alone_show_no_spread_and_one_cluster_none_either() -> None:
    tied = rate(battles_of([(0, 1, 0.5)] * 30))
    assert tied[0].rating.lower is None and "show no spread" in tied[0].rating.status.reason
    one_voter = rate(battles_of([*formula_rows(), (6, 0, 1.0), (6, 0, 0.0)], cluster=[*range(770), 770, 770]))
    assert one_voter[6].rating.lower is None and "one cluster" in one_voter[6].rating.status.reason
    two_voters = rate(battles_of(formula_rows(), cluster=[one % 2 for one in range(770)]))
    assert {one.rating.status.reason for one in two_voters} == {
        "2 independent clusters of battles are too few for the error of 5 parameters; no interval"
    }


def test_relabelling_permutes_the_ratings() -> None:
    battles = battles_of(formula_rows())
    place = np.array([3, 5, 0, 1, 4, 2])
    renamed = build_battles(battles.models, a=place[battles.a], b=place[battles.b], outcome=battles.outcome)
    first, second = rate(battles), rate(renamed)
    for one, other in enumerate(place.tolist()):
        assert second[other].rating.value == pytest.approx(first[one].rating.value)
        assert second[other].rating.stderr == pytest.approx(first[one].rating.stderr)
        assert second[other].ranks == first[one].ranks


def test_four_times_the_battles_halve_the_error() -> None:
    strengths = np.linspace(-1, 1, 5)
    once, four = (rate(drawn(strengths, n, 3)) for n in (4000, 16000))
    ratios = [(a.rating.stderr or 0) / (b.rating.stderr or 1) for a, b in zip(once, four, strict=True)]
    assert ratios == pytest.approx([2.0] * 5, rel=0.08)


def test_the_bootstrap_gives_nearly_the_intervals_of_the_sandwich() -> None:
    battles = drawn(np.linspace(-1, 1, 5), 3000, 4)
    fit, scale = fit_bradley_terry(battles), Scale()
    plain, resampled = rate(battles), bootstrap_ratings(battles, fit, scale=scale, rounds=2000)
    widths = [np.subtract(*bounds(one)[::-1]) for one in (plain, resampled)]
    assert widths[1] == pytest.approx(widths[0], rel=0.08)
    assert [one.rating.value for one in resampled] == [one.rating.value for one in plain]


@pytest.mark.parametrize("per_cluster", [1, 8], ids=["rows", "clusters"])
def test_intervals_hold_the_true_ratings_as_often_as_they_say(per_cluster: int) -> None:
    strengths = np.linspace(-1, 1, 6)
    truth = Scale(Unit.STRENGTH).origin + strengths - strengths.mean()
    held, unclustered = [], []
    for seed in range(250):
        battles = drawn(strengths, 1600, [seed, per_cluster], per_cluster=per_cluster, tied=0.8)
        lower, upper = bounds(rate(battles, Scale(Unit.STRENGTH)))
        held.append((lower <= truth) & (truth <= upper))
        if per_cluster > 1:
            apart = build_battles(battles.models, a=battles.a, b=battles.b, outcome=battles.outcome)
            lower, upper = bounds(rate(apart, Scale(Unit.STRENGTH)))
            unclustered.append((lower <= truth) & (truth <= upper))
    assert 0.93 <= np.mean(held) <= 0.97
    if unclustered:
        assert np.mean(unclustered) < 0.92


def test_coefficients_have_intervals() -> None:
    votes = drawn(np.linspace(-1, 1, 4), 4000, 5)
    noise = np.random.default_rng(1).normal(size=4000)
    battles = build_battles(votes.models, a=votes.a, b=votes.b, outcome=votes.outcome, covariates={"tokens": noise})
    found = coefficient_estimates(battles, fit_controlled(battles))["tokens"]
    assert found.lower is not None and found.upper is not None and found.lower < 0 < found.upper
    assert found.n == 4000
    assert coefficient_estimates(votes, fit_bradley_terry(votes)) == {}


def test_elo_has_ranks_and_no_intervals_and_is_marked() -> None:
    battles = battles_of(formula_rows())
    rated = elo_ratings(battles, scale=Scale(anchor="m5", value=800.0), k=4.0)
    assert rated[5].rating.value == 800.0 and [one.rank for one in rated] == [1, 2, 3, 4, 5, 6]
    assert all(one.ranks is None and one.rating.lower is None for one in rated)
    assert "depend on the order of the battles" in rated[0].rating.status.reason
    with pytest.raises(StatsError, match="anchor 'x' has no battles"):
        elo_ratings(battles, scale=Scale(anchor="x"), k=4.0)


def test_clusters_are_counted_by_model() -> None:
    rows = [(0, 1, 0.5), (0, 1, 1.0), (1, 2, 0.0), (2, 1, 0.5), (0, 1, 0.0)]
    assert clusters_by_model(battles_of(rows, cluster=[0, 0, 1, 2, 3])).tolist() == [2, 4, 2]
    assert clusters_by_model(battles_of(rows)).tolist() == [3, 5, 2]
