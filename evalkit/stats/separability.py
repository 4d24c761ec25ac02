"""How well intervals tell models apart, and whether they do so as people do: the measures of Arena-Hard.

Reference: Li et al. 2024, arXiv:2406.11939.
"""

import math

import numpy as np
from numpy.typing import NDArray

from evalkit.stats.intervals import CONFIDENCE, proportion_interval
from evalkit.stats.sample import Floats
from evalkit.types import OK, Estimate, degraded

Table = NDArray[np.float64]

MIN_MODELS = 4
FEW_MODELS = 10


def separability(intervals: Table, *, confidence: float = CONFIDENCE) -> Estimate:
    """Share of pairs of models whose intervals have no point in common, in [0, 1].

    Args:
        intervals: lower and upper bound of each model, shape (n, 2).

    Returns:
        n counts models, and the interval is over models like these: the pairs of one model are not independent.
    """
    if (refused := _refusal(intervals, "the board")) is not None:
        return refused
    return _over_models(_off_diagonal(_distances(intervals) > 0), confidence)


def agreement_with_confidence(board: Table, reference: Table, *, confidence: float = CONFIDENCE) -> Estimate:
    """Mean over the pairs that the reference separates: 1 separated in the same order, 0.5 not separated, 0 opposite.

    An interval without width, as a model has that a scale is anchored at, counts as separate from all others, also
    from those around it, and so do intervals that share a single end: Arena-Hard's own figures are made so. Where that
    decides a pair, a note says what comes out otherwise.

    Args:
        board, reference: lower and upper bounds of the same models in the same order, shape (n, 2).
    """
    for intervals, name in ((board, "the board"), (reference, "the reference")):
        if (refused := _refusal(intervals, name)) is not None:
            return refused
    orders = [_order(side) for side in (board, reference)]
    distances = [_distances(side) for side in (board, reference)]
    scores = _verdicts(*(order * (distance >= 0) for order, distance in zip(orders, distances, strict=True)))
    strict = _verdicts(*(order * (distance > 0) for order, distance in zip(orders, distances, strict=True)))
    pairs = _pairs(scores)
    if pairs == 0:
        return Estimate.refused("the reference separates no two models", n=len(board))
    notes = [f"{pairs} of {math.comb(len(board), 2)} pairs"]
    if not np.array_equal(scores, strict, equal_nan=True) and _pairs(strict):
        notes.append(
            "intervals that have no width, or share a single end, count as apart; "
            f"otherwise it is {np.nanmean(strict):.4f} over {_pairs(strict)} pairs"
        )
    return _over_models(scores, confidence, tuple(notes))


def pair_rank_brier(mean: Floats, variance: Floats, reference: Floats, *, confidence: float = CONFIDENCE) -> Estimate:
    """Mean squared error of the board's probability that one model is better than another; 0 is best, 0.25 a coin's.

    Args:
        mean, variance: of a model's score under resampling, shape (n,); variance NaN where unknown.
        reference: scores whose order is taken for the truth, shape (n,); equal ones count half.
    """
    n = len(mean)
    if n < MIN_MODELS:
        return Estimate.refused(f"{n} shared models, at least {MIN_MODELS} needed", n=n)
    if not np.isfinite(variance).all():
        return Estimate.refused("the board gives no measurement errors", n=n)
    ahead = mean[None, :] - mean[:, None]
    error = np.sqrt(variance[None, :] + variance[:, None])
    sure = np.where(ahead > 0, np.inf, np.where(ahead < 0, -np.inf, 0.0))
    score = np.divide(ahead, error, out=sure, where=error > 0)
    chance = np.vectorize(lambda z: math.erfc(-z / math.sqrt(2)) / 2)(score)
    truth = (1 + np.sign(reference[None, :] - reference[:, None])) / 2
    return _over_models(_off_diagonal((chance - truth) ** 2), confidence)


def _refusal(intervals: Table, name: str) -> Estimate | None:
    n = len(intervals)
    if n < MIN_MODELS:
        return Estimate.refused(f"{n} shared models, at least {MIN_MODELS} needed", n=n)
    if missing := int((~np.isfinite(intervals).all(axis=1)).sum()):
        return Estimate.refused(f"{name} gives no interval for {missing} of {n} models", n=n)
    return None


def _distances(intervals: Table) -> Table:
    """From the end of the lower interval of each pair to the start of the upper; negative where they overlap."""
    lower, upper = intervals.T
    distances: Table = np.maximum(lower[None, :], lower[:, None]) - np.minimum(upper[None, :], upper[:, None])
    return distances


def _order(intervals: Table) -> Table:
    """1 where the column's interval lies above the row's, -1 where below."""
    lower, upper = intervals.T
    by_lower = np.sign(lower[None, :] - lower[:, None])
    order: Table = np.where(by_lower == 0, np.sign(upper[None, :] - upper[:, None]), by_lower)
    return order


def _verdicts(board: Table, reference: Table) -> Table:
    """1 for pairs in the same order, 0 for the opposite, 0.5 where the board is 0, NaN where the reference is."""
    return np.where(reference == 0, np.nan, (1 + board * reference) / 2)


def _off_diagonal(scores: NDArray[np.bool_] | Table) -> Table:
    table: Table = np.where(np.eye(len(scores), dtype=bool), np.nan, scores)
    return table


def _pairs(scores: Table) -> int:
    return int(np.isfinite(scores).sum()) // 2


def _over_models(scores: Table, confidence: float, notes: tuple[str, ...] = ()) -> Estimate:
    """The mean over pairs, with an interval from leaving out each model in turn (the jackknife of a U-statistic).

    Args:
        scores: in [0, 1] and symmetric, NaN where a pair does not count; shape (n, n).
    """
    n = len(scores)
    value = float(np.nanmean(scores))
    known = np.isfinite(scores)
    total, count = np.where(known, scores, 0.0), known.sum(axis=1)
    rest = known.sum() - 2 * count
    reason = f"{n} models only" if n < FEW_MODELS else ""
    if (rest == 0).any():
        return Estimate(value, None, None, None, n, degraded("one model has all the pairs"), notes)
    without = (total.sum() - 2 * total.sum(axis=1)) / rest
    stderr = math.sqrt((n - 1) / n * float(((without - without.mean()) ** 2).sum()))
    lower, upper = proportion_interval(value, stderr, n, units=_pairs(scores), confidence=confidence)
    return Estimate(value, stderr, lower, upper, n, degraded(reason) if reason else OK, notes)
