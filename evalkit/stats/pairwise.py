"""The shares of instructions on which each of many models did better than each other one, all pairs at once."""

import itertools
from collections.abc import Collection
from typing import Any

import numpy as np

from evalkit.stats.columns import Labels, check_confidence, check_share, numbered, table
from evalkit.stats.components import Bools
from evalkit.stats.intervals import CONFIDENCE, NO_ERROR, RARE
from evalkit.stats.quantiles import normal_quantile, student_quantile
from evalkit.stats.sample import Floats, Ints
from evalkit.stats.winrate import edge_reason
from evalkit.types import OK, Estimate, degraded

MIN_COMMON = 2
# rounding error of means over orders and repeats
_SAME = 1e-9
# as in proportion_interval
_NO_TOSS = 1e-9


def better_shares(
    preference: Collection[Any], cluster: Labels, *, confidence: float = CONFIDENCE
) -> dict[tuple[int, int], Estimate]:
    """For every pair of models the percent of common instructions on which the first did better, a tie counting half.

    Each share is the raw win rate of the pair's wins, ties and losses, with its interval. All pairs are computed with
    arrays, since a board of 44 models has 946 pairs.

    Args:
        preference: by model and instruction, missing where there is no verdict; an array or a frame of shape (m, n).
        cluster: the cluster of each instruction, a number or a name, shape (n,); instructions of one cluster are
            dependent.

    Returns:
        Estimates by pair of model numbers, in both orders; refused below two common instructions. n counts clusters.

    Raises:
        StatsError: a preference is outside [0, 1], or the shapes do not fit.
    """
    check_confidence(confidence)
    preference = table(preference, "preference", shape=("models", "instructions"))
    check_share(preference.ravel(), "preference, flattened,", "Give P(candidate beats baseline), NaN without a verdict")
    m = len(preference)
    cluster = numbered(cluster, "cluster", like=("a row of preference", preference.shape[-1]))
    rising = np.argsort(cluster, kind="stable")
    starts = np.flatnonzero(np.diff(cluster[rising], prepend=-1))
    found = [_against_later(preference[:, rising], model, starts) for model in range(m - 1)]
    if not found:
        return {}
    n, mean, stderr, varies = (np.concatenate(columns) for columns in zip(*found, strict=True))
    lower, upper = _proportion_intervals(mean, stderr, n, confidence)
    exact = stderr < NO_ERROR
    stderr = np.where(exact, (upper - lower) / 2 / normal_quantile((1 + confidence) / 2), stderr)
    shares: dict[tuple[int, int], Estimate] = {}
    for place, (first, second) in enumerate(itertools.combinations(range(m), 2)):
        figures = (100 * float(moment[place]) for moment in (mean, stderr, lower, upper))
        shares[first, second], shares[second, first] = _both(*figures, n=int(n[place]), same=not varies[place])
    return shares


def _against_later(preference: Floats, model: int, starts: Ints) -> tuple[Ints, Floats, Floats, Bools]:
    """One model against every later one: number of clusters, mean, standard error, and whether the scores vary; each of
    shape (m - 1 - model,).
    """
    ahead = preference[model] - preference[model + 1 :]
    common = ~np.isnan(ahead)
    score = np.where(common, 0.5 + 0.5 * np.sign(np.where(np.abs(ahead) > _SAME, ahead, 0.0)), 0.0)
    rows = common.sum(axis=1)
    mean = score.sum(axis=1) / np.maximum(rows, 1)
    by_cluster = np.add.reduceat(np.where(common, score - mean[:, None], 0.0), starts, axis=1)
    n = np.logical_or.reduceat(common, starts, axis=1).sum(axis=1)
    correction = n / np.maximum(n - 1, 1)
    stderr = np.sqrt((by_cluster**2).sum(axis=1) * correction) / np.maximum(rows, 1)
    # sums of halves are exact
    varies = (common & (score > mean[:, None])).any(axis=1)
    return n, mean, stderr, varies


def _proportion_intervals(mean: Floats, stderr: Floats, n: Ints, confidence: float) -> tuple[Floats, Floats]:
    """`proportion_interval` for many means at once; separate calls would take a millisecond each."""
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    students = {size: student_quantile(size - 1, tail) for size in np.unique(n).tolist() if size > 1}
    correction = np.array([(normal_quantile(tail) / students[size]) ** 2 if size > 1 else 1.0 for size in n.tolist()])
    spread = mean * (1 - mean)
    scaled = (stderr >= NO_ERROR) & (spread > 0)
    tosses = np.divide(spread, stderr**2, out=n.astype(np.float64), where=scaled)
    tosses = np.where(n * np.minimum(mean, 1 - mean) < RARE, np.minimum(tosses, n), tosses)
    tosses *= np.where(scaled, correction, 1.0)
    wins, losses = mean * tosses, (1 - mean) * tosses
    some, less = wins > _NO_TOSS, losses > _NO_TOSS
    lower, upper = np.zeros(len(mean)), np.ones(len(mean))
    lower[some] = betaincinv(wins[some], losses[some] + 1, tail)
    upper[less] = betaincinv(wins[less] + 1, losses[less], 1 - tail)
    return lower, upper


def _both(value: float, stderr: float, lower: float, upper: float, *, n: int, same: bool) -> tuple[Estimate, Estimate]:
    """The first model's share and the second's, which is its complement."""
    if n < MIN_COMMON:
        refused = Estimate.refused(f"{n} common instructions, at least {MIN_COMMON} needed", n=n)
        return refused, refused
    first, second = (degraded(edge_reason(percent / 100)) if same else OK for percent in (value, 100 - value))
    return (
        Estimate(value, stderr, lower, upper, n, first),
        Estimate(100 - value, stderr, 100 - upper, 100 - lower, n, second),
    )
