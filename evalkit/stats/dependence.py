"""The design effect: the variance of a mean of clustered rows, divided by its variance if rows were independent."""

import numpy as np

from evalkit.stats.columns import Labels, Numbers, floats, numbered
from evalkit.stats.intervals import NO_ERROR, clustered_stderr

NEITHER = 1.0


def design_effect(influence: Numbers, cluster: Labels) -> float | None:
    """The variance of an estimate from rows that are dependent within clusters, over the variance for independent rows.

    The number of rows divided by the design effect is Kish's effective sample size.

    Args:
        influence: each row's influence on the estimate, shape (n,).
        cluster: the cluster of each row, a number or a name; shape (n,). Rows of one cluster are dependent.

    Returns:
        Exactly 1 where every row is its own cluster; None where the rows or their sums by cluster do not vary, or where
        there are fewer than two clusters.

    Raises:
        StatsError: an influence is missing, or the columns have different lengths.

    Reference: Kish 1965, Survey Sampling; Miller 2024, arXiv:2411.00640, for evaluations.
    """
    influence = floats(influence, "influence", known=True)
    cluster = numbered(cluster, "cluster", like=("influence", len(influence)))
    n = len(influence)
    alone = clustered_stderr(influence, np.arange(n)) if n > 1 else np.inf
    if not np.isfinite(alone) or alone < NO_ERROR:
        return None
    if len(np.unique(cluster)) == n:
        return NEITHER
    together = clustered_stderr(influence, cluster)
    # rows that cancel within every cluster give a standard error of zero, as if nothing varied
    return (together / alone) ** 2 if np.isfinite(together) and together >= NO_ERROR else None
