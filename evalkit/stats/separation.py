"""Arena-Hard's measures of how well intervals separate models, and of how well that agrees with a human ranking.

Reference: Li et al. 2024, arXiv:2406.11939.
"""

import math
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import StatsError
from evalkit.stats.columns import Numbers, check_confidence, floats, table
from evalkit.stats.intervals import CONFIDENCE, proportion_interval
from evalkit.types import OK, Estimate, degraded

Table = NDArray[np.float64]

MIN_MODELS = 4
FEW_MODELS = 10
_BOUNDS = ("models", "2")


def separability(intervals: Collection[Any], *, confidence: float = CONFIDENCE) -> Estimate:
    """Share of pairs of models whose intervals do not overlap, in [0, 1].

    Args:
        intervals: lower and upper bound of each model, shape (n, 2).

    Returns:
        n counts models; refused below four. The interval allows for sampling of models, because the pairs of one model
        are dependent.

    Raises:
        StatsError: the bounds are not a table of two columns.
    """
    check_confidence(confidence)
    intervals = table(intervals, "intervals", shape=_BOUNDS)
    if (refused := _refusal(intervals, "the board")) is not None:
        return refused
    return _over_models(_off_diagonal(_distances(intervals) > 0), confidence)


def agreement_with_confidence(
    board: Collection[Any], reference: Collection[Any], *, confidence: float = CONFIDENCE
) -> Estimate:
    """Mean over the pairs that the reference separates: 1 separated in the same order, 0.5 not separated, 0 opposite.

    Arena-Hard's own figures count two special cases as separate, and so does this function: an interval without width,
    such as that of the model that anchors the scale, even inside another interval, and intervals that share a single
    end. Where this decides a pair, a note gives the value without these cases.

    Args:
        board, reference: lower and upper bounds of the same models in the same order, shape (n, 2).

    Returns:
        A share in [0, 1], whose n counts models; refused below four, and where the reference separates no two models.

    Raises:
        StatsError: the bounds are not two tables of two columns and the same length.
    """
    check_confidence(confidence)
    board, reference = (table(side, name, shape=_BOUNDS) for side, name in ((board, "board"), (reference, "reference")))
    if len(board) != len(reference):
        raise StatsError(f"board has {len(board)} models, and reference has {len(reference)}. Give the same models")
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
            f"otherwise it is {np.nanmean(strict):.3f} over {_pairs(strict)} pairs"
        )
    return _over_models(scores, confidence, tuple(notes))


def pair_rank_brier(
    mean: Numbers, variance: Numbers, reference: Numbers, *, confidence: float = CONFIDENCE
) -> Estimate:
    """Brier score of the board's probability that one model is better than another; 0 is best, a coin toss has 0.25.

    Args:
        mean, variance: moments of each model's score under resampling, shape (n,); variance NaN where unknown.
        reference: scores whose order is taken as the truth, shape (n,); equal scores count as one half.

    Returns:
        A score in [0, 1], whose n counts models; refused below four, and where a variance is unknown.

    Raises:
        StatsError: a score is missing, or the columns have different lengths.
    """
    check_confidence(confidence)
    mean = floats(mean, "mean", known=True)
    rows = ("mean", len(mean))
    variance, reference = floats(variance, "variance", like=rows), floats(reference, "reference", like=rows, known=True)
    n = len(mean)
    if n < MIN_MODELS:
        return Estimate.refused(f"{n} shared {'model' if n == 1 else 'models'}, at least {MIN_MODELS} needed", n=n)
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
        return Estimate.refused(f"{n} shared {'model' if n == 1 else 'models'}, at least {MIN_MODELS} needed", n=n)
    if missing := int((~np.isfinite(intervals).all(axis=1)).sum()):
        return Estimate.refused(f"{name} gives no interval for {missing} of {n} models", n=n)
    return None


def _distances(intervals: Table) -> Table:
    """The gap between the two intervals of each pair; negative where they overlap."""
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
    """1 for pairs in the same order, 0 for the opposite order, 0.5 where `board` is 0, NaN where `reference` is 0."""
    return np.where(reference == 0, np.nan, (1 + board * reference) / 2)


def _off_diagonal(scores: NDArray[np.bool_] | Table) -> Table:
    table: Table = np.where(np.eye(len(scores), dtype=bool), np.nan, scores)
    return table


def _pairs(scores: Table) -> int:
    return int(np.isfinite(scores).sum()) // 2


def _over_models(scores: Table, confidence: float, notes: tuple[str, ...] = ()) -> Estimate:
    """The mean over pairs, with a jackknife interval for a U-statistic that leaves out each model in turn.

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
