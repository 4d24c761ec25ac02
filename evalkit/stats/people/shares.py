"""Shares of opinions with intervals clustered by instruction, and the difference and the ratio of two of them."""

import math
from dataclasses import dataclass

import numpy as np

from evalkit.stats.columns import check_confidence
from evalkit.stats.intervals import CONFIDENCE, NO_ERROR, RARE, proportion_interval
from evalkit.stats.paired import IDENTICAL
from evalkit.stats.quantiles import normal_quantile, student_quantile
from evalkit.stats.sample import Floats, Ints
from evalkit.types import OK, Estimate, degraded

MIN_CLUSTERS = 2
# an error of the difference below this share of the two errors is rounding error
_NO_SHARE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """A share in percent, and what it was counted from.

    The estimate's n counts instructions, on which its interval rests. `n` counts what the share is a share of: the
    opinions, or the pairs of people, and `n_comparisons` the comparisons that these are on. `pull` is the change of the
    share, from 0 to 1, when an instruction is left out, with its sign reversed; shape (instructions,).
    """

    estimate: Estimate
    n: int
    n_comparisons: int
    pull: Floats


def refused_share(reason: str) -> Share:
    return Share(Estimate.refused(reason, n=0), 0, 0, np.zeros(0))


def clustered_share(
    total: Floats, weight: Floats, cluster: Ints, *, n: int | None = None, confidence: float = CONFIDENCE
) -> Share:
    """The sum of values in [0, 1] over their number, in percent; the error is a jackknife that leaves out instructions.

    The interval is symmetric in the log-odds, with Student's quantile. Where all values agree, or fewer than five
    comparisons are expected on the rarer side, it is the exact one of `proportion_interval`.

    Args:
        total: sum of the values of each comparison, shape (c,).
        weight: number of values of each comparison, shape (c,).
        cluster: the instruction of each comparison, from 0, shape (c,).
        n: what the share is a share of; the sum of weights by default.

    Returns:
        Refused below two instructions.
    """
    check_confidence(confidence)
    comparisons = int((weight > 0).sum())
    n = round(float(weight.sum())) if n is None else n
    totals, weights = np.bincount(cluster, weights=total), np.bincount(cluster, weights=weight)
    asked = weights > 0
    clusters = int(asked.sum())
    pull = np.zeros(len(weights))
    if clusters < MIN_CLUSTERS:
        reason = f"{clusters} instruction{'s' * (clusters != 1)} with such opinions, at least {MIN_CLUSTERS} needed"
        return Share(Estimate.refused(reason, n=clusters), n, comparisons, pull)
    value = float(totals.sum() / weights.sum())
    without = (totals.sum() - totals[asked]) / (weights.sum() - weights[asked])
    pull[asked] = value - without
    stderr = jackknife_error(pull, clusters)
    lower, upper = _interval(value, stderr, clusters, comparisons, confidence)
    if stderr < NO_ERROR:
        pull[:] = 0.0
        stderr = (upper - lower) / 2 / normal_quantile((1 + confidence) / 2)
    return Share(Estimate(100 * value, 100 * stderr, 100 * lower, 100 * upper, clusters), n, comparisons, pull)


def share_of_opinions(values: Floats, comparison: Ints, cluster: Ints, *, confidence: float = CONFIDENCE) -> Share:
    """The mean of values in [0, 1], each of one opinion; those that are NaN are not counted.

    Args:
        values, comparison: shape (m,).
        cluster: the instruction of each comparison, shape (c,).
    """
    counted = ~np.isnan(values)
    size = len(cluster)
    total = np.bincount(comparison[counted], weights=values[counted], minlength=size).astype(np.float64)
    weight = np.bincount(comparison[counted], minlength=size).astype(np.float64)
    return clustered_share(total, weight, cluster, confidence=confidence)


def share_difference(first: Share, second: Share, *, confidence: float = CONFIDENCE) -> Estimate:
    """The first share minus the second, in points, on the same comparisons.

    The two intervals are combined with the correlation of what each instruction does to the two shares. Where that
    leaves nothing, the interval is that of an event that was not seen once.

    Reference: Zou and Donner 2008, Statistics in Medicine 27; Zou 2007, Psychological Methods 12, for dependent ones.
    """
    n = max(first.estimate.n, second.estimate.n)
    if (refusal := _refusal(first, second, n)) is not None:
        return refusal
    (a, a_lower, a_upper), (b, b_lower, b_upper) = map(_numbers, (first, second))
    value = a - b
    apart = jackknife_error(first.pull - second.pull, n)
    apiece = math.hypot(*(jackknife_error(share.pull, n) for share in (first, second)))
    if apart <= _NO_SHARE * apiece or not (first.pull.any() or second.pull.any()):
        unseen = proportion_interval(0.0, 0.0, n, confidence=confidence)[1]
        lower, upper = value - unseen * (1 + value), value + unseen * (1 - value)
        status = degraded(IDENTICAL)
    else:
        together = _correlation(first, second)
        lower = value - _joined(a - a_lower, b_upper - b, together)
        upper = value + _joined(a_upper - a, b - b_lower, together)
        status = OK
    stderr = (upper - lower) / 2 / student_quantile(n - 1, (1 + confidence) / 2)
    return Estimate(100 * value, 100 * stderr, 100 * max(-1.0, lower), 100 * min(1.0, upper), n, status)


def share_ratio(first: Share, second: Share, *, confidence: float = CONFIDENCE) -> Estimate:
    """The first share as a percentage of the second, on the same comparisons, with the errors of both.

    Refused where the second share is 0, or is not known to be above 0.

    Reference: Donner and Zou 2012, Statistical Methods in Medical Research 21, with the correlation of the two.
    """
    n = max(first.estimate.n, second.estimate.n)
    if (refusal := _refusal(first, second, n)) is not None:
        return refusal
    (a, a_lower, a_upper), (b, b_lower, b_upper) = map(_numbers, (first, second))
    if b_lower <= 0:
        return Estimate.refused("what it would be a share of may be 0", n=n)
    together = _correlation(first, second)
    lower = max(0.0, _ratio_limit((a, a - a_lower), (b, b_upper - b), together, side=-1))
    upper = _ratio_limit((a, a_upper - a), (b, b - b_lower), together, side=1)
    stderr = (upper - lower) / 2 / student_quantile(n - 1, (1 + confidence) / 2)
    return Estimate(100 * a / b, 100 * stderr, 100 * lower, 100 * upper, n)


def jackknife_error(pull: Floats, clusters: int) -> float:
    """The standard error from what leaving out each cluster does to an estimate.

    Reference: Efron and Stein 1981, Annals of Statistics 9.
    """
    return math.sqrt((clusters - 1) / clusters * float(pull @ pull))


def _interval(value: float, stderr: float, clusters: int, comparisons: int, confidence: float) -> tuple[float, float]:
    spread = value * (1 - value)
    if stderr < NO_ERROR or spread <= 0 or comparisons * min(value, 1 - value) < RARE:
        return proportion_interval(value, stderr, clusters, units=comparisons, confidence=confidence)
    odds = math.log(value / (1 - value))
    reach = student_quantile(clusters - 1, (1 + confidence) / 2) * stderr / spread
    lower, upper = (1 / (1 + math.exp(min(700.0, -end))) for end in (odds - reach, odds + reach))
    return lower, upper


def _refusal(first: Share, second: Share, n: int) -> Estimate | None:
    for share in (first, second):
        if share.estimate.value is None:
            return Estimate.refused(share.estimate.status.reason, n=n)
    return None


def _numbers(share: Share) -> tuple[float, float, float]:
    """Value and interval of a share, from 0 to 1."""
    found = share.estimate
    assert found.value is not None
    assert found.lower is not None
    assert found.upper is not None
    return found.value / 100, found.lower / 100, found.upper / 100


def _correlation(first: Share, second: Share) -> float:
    """The correlation of the errors of two shares; 0 where one of them never varies."""
    size = math.sqrt(float(first.pull @ first.pull) * float(second.pull @ second.pull))
    return float(first.pull @ second.pull) / size if size > 0 else 0.0


def _joined(first: float, second: float, together: float) -> float:
    return math.sqrt(max(0.0, first**2 + second**2 - 2 * together * first * second))


def _ratio_limit(first: tuple[float, float], second: tuple[float, float], together: float, *, side: int) -> float:
    """The ratio r at which the limit of `first - r * second` is 0, from each value and its distance to its limit."""
    (a, a_reach), (b, b_reach) = first, second
    middle = a * b - together * a_reach * b_reach
    below = b**2 - b_reach**2
    if below <= 0:
        # only where the second share is so small that its upper limit is twice its value
        return 0.0
    root = math.sqrt(max(0.0, middle**2 - (a**2 - a_reach**2) * below))
    return (middle + side * root) / below
