"""How much dependence costs: the variance of a mean with clusters over that without."""

import numpy as np

from evalkit.stats.intervals import NO_ERROR, clustered_stderr
from evalkit.stats.sample import Floats, Ints

NEITHER = 1.0


def design_effect(influence: Floats, cluster: Ints) -> float | None:
    """The variance of an estimate whose rows depend on each other within clusters, over that of independent rows.

    As many independent rows as there are, divided by it, would tell as much (Kish's effective sample size).

    Args:
        influence: each row's on the estimate, shape (n,).
        cluster: what rows are dependent, numbered from 0; shape (n,).

    Returns:
        Exactly 1 where every row is a cluster; None where neither the rows nor their sums by cluster vary, or where
        there are fewer than two clusters.

    Reference: Kish 1965, Survey Sampling; Miller 2024, arXiv:2411.00640, for evaluations.
    """
    n = len(influence)
    alone = clustered_stderr(influence, np.arange(n)) if n > 1 else np.inf
    if not np.isfinite(alone) or alone < NO_ERROR:
        return None
    if len(np.unique(cluster)) == n:
        return NEITHER
    together = clustered_stderr(influence, cluster)
    # rows that cancel within every cluster leave an estimate without an error, as if nothing varied
    return (together / alone) ** 2 if np.isfinite(together) and together >= NO_ERROR else None
