"""Rank intervals that hold for all models at once."""

import hashlib
from statistics import NormalDist

import numpy as np

from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.ranks import RankInterval
from evalkit.stats.ratings.battles import Bools
from evalkit.stats.ratings.student import student_reach
from evalkit.stats.sample import Floats, Ints

_DRAWS = 10_000
_FEWEST_DRAWS = 1_000
_MOST_DIFFERENCES = 20_000_000


def joint_rank_intervals(
    values: Floats, covariance: Floats, *, n_clusters: Ints, known: Bools, confidence: float = CONFIDENCE
) -> list[RankInterval]:
    """Rank and rank interval of every model: with the given confidence all intervals together hold all true ranks.

    One model is surely better than another where the simultaneous interval of their difference lies above zero; a
    model's interval leaves out the places of those that are surely better and surely worse.

    Args:
        values: higher is better, shape (m,).
        covariance: covariance of the values, shape (m, m).
        n_clusters: number of clusters behind each value, for Student's correction, shape (m,).
        known: False for a model without an error, whose interval contains every rank, shape (m,).

    Reference: Mogstad, Romano, Shaikh and Wilhelm 2024, Review of Economic Studies 91.
    """
    m = len(values)
    places = np.flatnonzero(known)
    better, worse = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
    if len(places) > 1:
        inner = np.ix_(places, places)
        margin = _margins(covariance[inner], n_clusters[places], confidence)
        ahead = values[places][None, :] - values[places][:, None]  # the lead of the column's model over the row's
        better[places], worse[places] = (ahead > margin).sum(axis=1), (-ahead > margin).sum(axis=1)
    ranks = m - np.searchsorted(np.sort(values), values, side="right")
    return [RankInterval(1 + int(ranks[model]), 1 + int(better[model]), m - int(worse[model])) for model in range(m)]


def _margins(covariance: Floats, n_clusters: Ints, confidence: float) -> Floats:
    """The difference of two values from which they are surely different, shape (m, m)."""
    variance = np.diag(covariance)
    error = np.sqrt(np.maximum(variance[:, None] + variance[None, :] - 2 * covariance, 0.0))
    tail = NormalDist().cdf(-critical_value(covariance, error, confidence=confidence))
    critical = student_reach(n_clusters - 1, tail)
    margins: Floats = np.maximum(critical[:, None], critical[None, :]) * error
    return margins


def critical_value(covariance: Floats, error: Floats, *, confidence: float = CONFIDENCE) -> float:
    """The bound on the largest difference of two values, in its standard errors, that holds with the given confidence.

    Simulated from the values' joint normal distribution with a seed that comes from the covariance.

    Args:
        error: standard errors of all differences, shape (m, m).
    """
    m = len(covariance)
    draws = int(np.clip(2 * _MOST_DIFFERENCES // (m * m), _FEWEST_DRAWS, _DRAWS))
    size = max(float(np.abs(covariance).max()), 1e-300)
    digest = hashlib.sha256(np.round(covariance / size, 9).tobytes()).digest()
    generator = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    levels, directions = np.linalg.eigh(covariance)
    root = directions * np.sqrt(np.maximum(levels, 0.0))
    noise = root @ generator.normal(size=(m, draws))
    inverse = np.divide(1.0, error, out=np.zeros_like(error), where=error > 0)
    largest = np.zeros(draws)
    for model in range(m - 1):
        apart = noise[model + 1 :] - noise[model]
        apart *= inverse[model + 1 :, model, None]
        np.maximum(largest, np.abs(apart, out=apart).max(axis=0), out=largest)
    return float(np.quantile(largest, confidence))
