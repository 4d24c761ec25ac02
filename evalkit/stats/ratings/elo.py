"""Elo ratings, updated battle by battle: for comparison with boards that use them."""

import math

import numpy as np

from evalkit.stats.ratings.battles import Battles
from evalkit.stats.sample import Floats


def online_elo(battles: Battles, *, k: float = 4.0, scale: float = 400.0, initial: float = 1000.0) -> Floats:
    """Ratings after the last battle, shape (m,). They depend on the order of the battles.

    Args:
        k: points that a whole battle moves.
        scale: difference in points that means odds of ten to one.

    Reference: Elo 1978, The Rating of Chessplayers.
    """
    ratings = [float(initial)] * battles.m
    half = math.log(10) / scale / 2
    weights = np.ones(battles.n) if battles.weight is None else battles.weight
    for a, b, outcome, points in zip(
        battles.a.tolist(), battles.b.tolist(), battles.outcome.tolist(), (k * weights).tolist(), strict=True
    ):
        expected = 0.5 * (1.0 + math.tanh(half * (ratings[a] - ratings[b])))
        change = points * (outcome - expected)
        ratings[a] += change
        ratings[b] -= change
    return np.array(ratings)
