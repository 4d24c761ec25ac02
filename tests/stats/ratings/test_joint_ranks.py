"""Rank intervals that hold for all models at once."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from evalkit.stats.ranks import RankInterval
from evalkit.stats.ratings.bradley_terry import fit_bradley_terry
from evalkit.stats.ratings.joint_ranks import critical_value, joint_rank_intervals
from evalkit.stats.ratings.rated import sandwich_ratings
from evalkit.stats.ratings.scale import Scale
from evalkit.stats.sample import Floats
from tests.stats.ratings.some_battles import drawn


def ranges(values: Sequence[float], errors: Sequence[float], known: Sequence[bool] | None = None) -> list[RankInterval]:
    m = len(values)
    return joint_rank_intervals(
        np.array(values),
        np.diag(np.square(errors)),
        n_clusters=np.full(m, 10_000),
        known=np.array(known if known is not None else [True] * m),
    )


def test_what_lies_far_apart_has_its_rank_and_what_lies_close_shares_places() -> None:
    assert ranges([3.0, 0.1, 0.0, -3.0], [0.2] * 4) == [
        RankInterval(1, 1, 1),
        RankInterval(2, 2, 3),
        RankInterval(3, 2, 3),
        RankInterval(4, 4, 4),
    ]


def test_equal_values_share_the_better_rank() -> None:
    assert ranges([1.0, 1.0, -5.0], [0.1] * 3) == [RankInterval(1, 1, 2), RankInterval(1, 1, 2), RankInterval(3, 3, 3)]


def test_a_model_without_an_error_may_stand_anywhere_and_others_make_room_for_it() -> None:
    assert ranges([9.0, 3.0, -3.0], [0.2] * 3, [False, True, True]) == [
        RankInterval(1, 1, 3),
        RankInterval(2, 1, 2),
        RankInterval(3, 2, 3),
    ]


def test_two_models_need_the_usual_distance_and_many_a_larger_one() -> None:
    def critical(m: int) -> float:
        return critical_value(np.eye(m), np.full((m, m), math.sqrt(2)))

    assert critical(2) == pytest.approx(1.96, abs=0.04)
    # the studentised range of 10 independent values, divided by the root of 2: 4.474 / 1.414 in tables (infinitely many
    # degrees of freedom), as in Tukey's test
    assert critical(10) == pytest.approx(4.474 / math.sqrt(2), abs=0.04)


def test_few_clusters_widen_the_margins() -> None:
    values, covariance = np.array([1.0, 0.0]), np.diag([0.08, 0.08])
    known = np.array([True, True])
    many = joint_rank_intervals(values, covariance, n_clusters=np.array([1000, 1000]), known=known)
    few = joint_rank_intervals(values, covariance, n_clusters=np.array([1000, 4]), known=known)
    assert many == [RankInterval(1, 1, 1), RankInterval(2, 2, 2)]
    assert few == [RankInterval(1, 1, 2), RankInterval(2, 1, 2)]


def all_ranks_held(strengths: Floats, seed: int) -> bool:
    battles = drawn(strengths, 40 * len(strengths), seed)
    rated = sandwich_ratings(battles, fit_bradley_terry(battles), scale=Scale())
    truth = [1 + int((strengths > one).sum()) for one in strengths]
    found = [one.ranks for one in rated]
    return all(one is not None and one.lower <= rank <= one.upper for one, rank in zip(found, truth, strict=True))


@pytest.mark.parametrize(
    ("strengths", "sets", "least", "most"),
    [
        # all equal: every false order counts, so that the share is the confidence itself, within 1.5 points of error
        ([0.0] * 8, 200, 0.92, 0.98),
        ([0.8, 0.8, 0.4, 0.4, 0.0, 0.0, -0.8, -0.8], 60, 0.95, 1.0),
        ([1.0, 0.3, 0.2, 0.1, 0.0, -0.1, -0.5, -1.0], 60, 0.95, 1.0),
    ],
    ids=["all equal", "equal pairs", "all different"],
)
def test_all_true_ranks_are_held_at_once_as_often_as_promised(
    strengths: list[float], sets: int, least: float, most: float
) -> None:
    held = [all_ranks_held(np.array(strengths), seed) for seed in range(sets)]
    assert least <= sum(held) / len(held) <= most
