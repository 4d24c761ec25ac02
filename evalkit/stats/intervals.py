"""Confidence intervals for proportions that stay inside [0, 1], and clustered standard errors."""

import numpy as np

from evalkit.stats.quantiles import beta_quantile, normal_quantile, student_quantile
from evalkit.stats.sample import Floats, Ints

CONFIDENCE = 0.95
# below this standard error the values count as equal; squares of smaller errors could underflow
NO_ERROR = 1e-9
# where fewer than this are expected on the rarer side, a sample may contain none of them, and its standard deviation is
# then no guide to the error
RARE = 5


def proportion_interval(
    mean: float, stderr: float, n: int, *, units: float | None = None, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Interval for a mean of values in [0, 1], from its standard error; exact (Clopper-Pearson) where all values agree.

    The standard error is converted to the number of coin tosses with the same standard error, and the ends are the Beta
    quantiles for that many tosses: the interval never leaves [0, 1] and is wider on the side with more room. Where
    fewer than five units are expected on the rarer side, the number of tosses is limited by the number of units,
    because one unseen win would change the standard deviation more than everything that was seen.

    Args:
        n: number of independent clusters, which also sets the degrees of freedom.
        units: number of independent values in the mean; n by default.

    Reference: Korn and Graubard 1998, Survey Methodology 24, for surveys of clustered yes-no answers; the limit at
    rare rates is evalkit's own.
    """
    tail = (1 - confidence) / 2
    spread = mean * (1 - mean)
    if stderr < NO_ERROR or spread <= 0:
        # there is no variance to scale by, so each cluster counts as one toss
        tosses = float(n)
    else:
        # Student's quantile, because the normal quantile is too short for few clusters
        correction = (normal_quantile(tail) / student_quantile(n - 1, tail)) ** 2 if n > 1 else 1.0
        tosses = _believed(spread / stderr**2, mean, n if units is None else units) * correction
    wins = mean * tosses
    lower = beta_quantile(wins, tosses - wins + 1, tail) if wins > 1e-9 else 0.0
    upper = beta_quantile(wins + 1, tosses - wins, 1 - tail) if tosses - wins > 1e-9 else 1.0
    return lower, upper


def _believed(tosses: float, mean: float, units: float) -> float:
    """The effective number of coin tosses, limited by the number of units where the rarer side is rare."""
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
