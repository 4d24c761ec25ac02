"""The rate at which a judge contradicts itself when it is asked the same question again."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from evalkit.stats.columns import Labels, Numbers, check_share, floats, labels
from evalkit.stats.intervals import clustered_stderr, proportion_interval
from evalkit.types import Estimate


def self_disagreement(keys: Labels, orders: Labels, clusters: Labels, preference: Numbers) -> Estimate | None:
    """Percent of pairs of repeats that decide differently, averaged over instructions; None where nothing is repeated.

    A decision is a preference above one half, below it, or exactly one half. The interval is clustered by instruction.

    Args:
        keys, orders, clusters: the instruction of each verdict, who was shown first, and the cluster; shape (n,).
        preference: P(candidate beats baseline), missing where there is no verdict; shape (n verdicts,).

    Raises:
        StatsError: a preference is outside [0, 1], or the columns have different lengths.
    """
    named = labels(keys, "keys")
    rows = ("keys", len(named))
    preference = floats(preference, "preference", like=rows)
    check_share(preference, "preference", "Give P(candidate beats baseline), NaN without a verdict", of=named)
    asked: list[tuple[str, str]] = list(
        zip(named.tolist(), labels(orders, "orders", like=rows, unnamed="").tolist(), strict=True)
    )
    cluster_of: dict[str, str] = dict(
        zip(named.tolist(), labels(clusters, "clusters", like=rows).tolist(), strict=True)
    )
    if len(set(asked)) == len(asked):
        return None
    groups: dict[tuple[str, str], list[float]] = {}
    for (key, order), value in zip(asked, preference, strict=True):
        if not np.isnan(value):
            groups.setdefault((key, order), []).append(float(np.sign(value - 0.5)))
    shares: dict[str, list[float]] = {}
    for (key, _), decisions in sorted(groups.items()):
        if len(decisions) > 1:
            shares.setdefault(key, []).append(_differing(decisions))
    if not shares:
        return None
    by_instruction = np.array([sum(values) / len(values) for values in shares.values()])
    cluster = np.unique([cluster_of[key] for key in shares], return_inverse=True)[1]
    n = int(cluster.max()) + 1
    mean = float(by_instruction.mean())
    stderr = clustered_stderr(by_instruction - mean, cluster)
    stderr = stderr if np.isfinite(stderr) else 0.0
    lower, upper = proportion_interval(mean, stderr, n)
    return Estimate(100 * mean, 100 * stderr, 100 * lower, 100 * upper, n)


def _differing(decisions: Sequence[float]) -> float:
    """Share of the pairs among some decisions that differ."""
    n = len(decisions)
    same = sum(count * (count - 1) for count in Counter(decisions).values())
    return 1.0 - same / (n * (n - 1))
