"""Shares of single verdicts, several of which may be on one instruction."""

import numpy as np

from evalkit.stats.intervals import CONFIDENCE, NO_ERROR, clustered_stderr, proportion_interval
from evalkit.stats.quantiles import normal_quantile
from evalkit.stats.sample import Floats, Ints
from evalkit.types import Estimate

MIN_CLUSTERS = 2


def mean_share(values: Floats, cluster: Ints, *, confidence: float = CONFIDENCE) -> Estimate:
    """Mean in percent of values in [0, 1], one row per verdict; the interval is exact where all values agree.

    Args:
        cluster: cluster number of each row, with or without gaps; rows of one cluster are dependent; shape (n,).

    Returns:
        n counts clusters; refused below two.
    """
    numbered = np.unique(cluster, return_inverse=True)[1].astype(np.int64)
    n = int(numbered.max()) + 1 if len(numbered) else 0
    if n < MIN_CLUSTERS:
        return Estimate.refused(f"{n} instructions, at least {MIN_CLUSTERS} needed", n=n)
    # the computed mean of equal values may differ from them in its last digit
    mean = float(values.mean()) if np.ptp(values) > 0 else float(values[0])
    stderr = clustered_stderr(values - mean, numbered)
    lower, upper = proportion_interval(mean, stderr, n, confidence=confidence)
    if stderr < NO_ERROR:
        stderr = (upper - lower) / 2 / normal_quantile((1 + confidence) / 2)
    return Estimate(100 * mean, 100 * stderr, 100 * lower, 100 * upper, n)
