"""Confidence intervals of ranks on a board, from paired differences on common instructions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.stats.columns import check_confidence
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.paired import check_measured, difference_errors
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats, Sample
from evalkit.stats.winrate import Measured


@dataclass(frozen=True, slots=True)
class RankInterval:
    """A rank and its interval: 1 is the best; `lower` is the best rank that the data allow and `upper` the worst."""

    rank: int
    lower: int
    upper: int


def rank_intervals(
    measured: Sequence[Measured], samples: Sequence[Sample], *, confidence: float = CONFIDENCE
) -> list[RankInterval | None]:
    """Rank and rank interval of each estimate; None for an estimate that was refused.

    A model's interval follows from how many other models are significantly better and significantly worse, by paired
    differences of influences with Bonferroni's correction for that model's comparisons. Each interval covers its
    model's true rank with the given confidence.

    Args:
        measured: one estimate for each model, all of the same kind, such as win rates.
        samples: the sample of each estimate, in the same order; samples need not have the same instructions.

    Raises:
        StatsError: an estimate was measured on another sample than its own.

    Reference: the construction of Mogstad, Romano, Shaikh and Wilhelm 2024, Review of Economic Studies 91.

    Example:
        >>> from evalkit.stats import build_sample, rank_intervals, win_rate
        >>> samples = [build_sample(range(40), [1] * won + [0] * (40 - won)) for won in (30, 29, 10)]
        >>> [(one.rank, one.lower, one.upper) for one in rank_intervals([win_rate(s) for s in samples], samples)]
        [(1, 1, 2), (2, 1, 2), (3, 3, 3)]
    """
    check_confidence(confidence)
    check_measured(measured, samples)
    ranked = [index for index, rate in enumerate(measured) if rate.estimate.value is not None]
    intervals: list[RankInterval | None] = [None] * len(measured)
    if not ranked:
        return intervals
    values = np.array([measured[index].estimate.value for index in ranked], dtype=float)
    # the error is infinite for an estimate without a standard error, whose rank interval therefore contains every rank
    error = difference_errors([measured[index] for index in ranked], [samples[index] for index in ranked])
    tail = (1 - confidence) / 2 / max(1, len(ranked) - 1)
    critical = _critical([samples[index].n_clusters for index in ranked], tail)
    ahead = values[None, :] - values[:, None]  # how far the column's model is ahead of the row's
    surely_better = (ahead > critical * error).sum(axis=1)
    surely_worse = (-ahead > critical * error).sum(axis=1)
    for position, index in enumerate(ranked):
        rank = 1 + int((values > values[position]).sum())
        intervals[index] = RankInterval(
            rank, 1 + int(surely_better[position]), len(ranked) - int(surely_worse[position])
        )
    return intervals


def _critical(n_clusters: Sequence[int], tail: float) -> Floats:
    """Student's quantile of each pair, by the fewer clusters of the two; shape (m, m)."""
    reach = {n: -student_quantile(max(1, n - 1), tail) for n in set(n_clusters)}
    own = np.array([reach[n] for n in n_clusters])
    larger: Floats = np.maximum(own[:, None], own[None, :])
    return larger
