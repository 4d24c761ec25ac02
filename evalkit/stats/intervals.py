"""Confidence intervals that stay inside the range of what they bound."""

import numpy as np

from evalkit.stats.quantiles import beta_quantile, normal_quantile, student_quantile
from evalkit.stats.sample import Floats, Ints

CONFIDENCE = 0.95
# below this the values agree for all purposes, and squares underflow
NO_ERROR = 1e-9
# with fewer expected on the rarer side, a sample may hold none of them, and then its spread tells nothing
RARE = 5


def proportion_interval(
    mean: float, stderr: float, n: int, *, units: float | None = None, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Interval for a mean of values in [0, 1], from its standard error; exact (Clopper-Pearson) where all values agree.

    The error is turned into the number of coin tosses that would have it, and the Beta quantiles of that many tosses
    are taken: the interval never leaves [0, 1] and is wider on the side with more room. A mean that speaks of fewer
    than five units on its rarer side has no more tosses than units: one unseen win would change its spread more than
    all that was seen.

    Args:
        n: independent clusters, which also set the degrees of freedom.
        units: of how many independent values the mean is; n by default.

    Reference: Korn and Graubard 1998, Survey Methodology 24, for surveys of clustered yes-no answers; the limit at
    rare rates is our own.
    """
    tail = (1 - confidence) / 2
    spread = mean * (1 - mean)
    if stderr < NO_ERROR or spread <= 0:
        # no variance to scale by: as if every value had been a toss of its own
        tosses = float(n)
    else:
        # Student's quantile for the clusters at hand, as the normal one is too short for few of them
        correction = (normal_quantile(tail) / student_quantile(n - 1, tail)) ** 2 if n > 1 else 1.0
        tosses = _believed(spread / stderr**2, mean, n if units is None else units) * correction
    wins = mean * tosses
    lower = beta_quantile(wins, tosses - wins + 1, tail) if wins > 1e-9 else 0.0
    upper = beta_quantile(wins + 1, tosses - wins, 1 - tail) if tosses - wins > 1e-9 else 1.0
    return lower, upper


def _believed(tosses: float, mean: float, units: float) -> float:
    """So many of the tosses that an error amounts to as the units can vouch for."""
    return min(tosses, units) if units * min(mean, 1 - mean) < RARE else tosses


def clustered_stderr(influence: Floats, cluster: Ints, *, parameters: int = 1) -> float:
    """Standard error of a mean from each row's influence on it, summed within clusters.

    Args:
        influence: shape (n,), summing to about zero; the estimate moves by influence / n when its row gets more weight.
        parameters: coefficients estimated, for the degrees of freedom of the correction c / (c - parameters).
    """
    by_cluster = np.bincount(cluster, weights=influence)
    clusters = len(by_cluster)
    if clusters <= parameters:
        return float("inf")
    return float(np.sqrt(np.sum(by_cluster**2) * clusters / (clusters - parameters)) / len(influence))
