"""Shares of single verdicts, several of which may be on one instruction."""

import numpy as np

from evalkit.stats.columns import Labels, Numbers, check_confidence, check_share, floats, numbered
from evalkit.stats.intervals import CONFIDENCE, NO_ERROR, clustered_stderr, proportion_interval
from evalkit.stats.quantiles import normal_quantile
from evalkit.types import Estimate

MIN_CLUSTERS = 2


def mean_share(values: Numbers, cluster: Labels, *, confidence: float = CONFIDENCE) -> Estimate:
    """Mean in percent of values in [0, 1], one row per verdict; the interval is exact where all values agree.

    Args:
        values: one for each verdict, none of them missing; shape (n,).
        cluster: the cluster of each row, a number or a name; rows of one cluster are dependent; shape (n,).

    Returns:
        The mean in percent, whose n counts clusters; refused below two.

    Raises:
        StatsError: a value is missing or outside [0, 1], or the columns have different lengths.
    """
    check_confidence(confidence)
    values = floats(values, "values", known=True)
    check_share(values, "values", "Give shares, of which 1 is all")
    cluster = numbered(cluster, "cluster", like=("values", len(values)))
    n = int(cluster.max()) + 1 if len(cluster) else 0
    if n < MIN_CLUSTERS:
        return Estimate.refused(f"{n} instructions, at least {MIN_CLUSTERS} needed", n=n)
    # the computed mean of equal values may differ from them in its last digit
    mean = float(values.mean()) if np.ptp(values) > 0 else float(values[0])
    stderr = clustered_stderr(values - mean, cluster)
    lower, upper = proportion_interval(mean, stderr, n, confidence=confidence)
    if stderr < NO_ERROR:
        stderr = (upper - lower) / 2 / normal_quantile((1 + confidence) / 2)
    return Estimate(100 * mean, 100 * stderr, 100 * lower, 100 * upper, n)
