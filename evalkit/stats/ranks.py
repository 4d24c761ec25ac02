"""Where a model may stand on a board: rank intervals from paired differences on common instructions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats, Sample
from evalkit.stats.winrate import Measured


@dataclass(frozen=True, slots=True)
class RankRange:
    """1 is the best; `lower` is the best rank that the data allow and `upper` the worst."""

    rank: int
    lower: int
    upper: int


def rank_ranges(
    measured: Sequence[Measured], samples: Sequence[Sample], *, confidence: float = CONFIDENCE
) -> list[RankRange | None]:
    """Rank and rank interval of each estimate, None for those that could not be estimated.

    A model's interval counts how many others are surely better and surely worse, by paired differences of influences
    with Bonferroni's correction for the comparisons of that model: each interval covers the true rank with the
    confidence asked for.

    Reference: the construction of Mogstad, Romano, Shaikh and Wilhelm 2024, Review of Economic Studies 91.
    """
    ranked = [index for index, one in enumerate(measured) if one.estimate.value is not None]
    ranges: list[RankRange | None] = [None] * len(measured)
    if not ranked:
        return ranges
    values = np.array([measured[index].estimate.value for index in ranked], dtype=float)
    own = np.array([_error(measured[index]) for index in ranked])
    error = _difference_errors([measured[index] for index in ranked], [samples[index] for index in ranked], own)
    tail = (1 - confidence) / 2 / max(1, len(ranked) - 1)
    critical = _critical([samples[index].n_clusters for index in ranked], tail)
    ahead = values[None, :] - values[:, None]  # how far the column's model is ahead of the row's
    surely_better = (ahead > critical * error).sum(axis=1)
    surely_worse = (-ahead > critical * error).sum(axis=1)
    for position, index in enumerate(ranked):
        rank = 1 + int((values > values[position]).sum())
        ranges[index] = RankRange(rank, 1 + int(surely_better[position]), len(ranked) - int(surely_worse[position]))
    return ranges


def _critical(n_clusters: Sequence[int], tail: float) -> Floats:
    """Student's quantile of each pair, by the fewer clusters of the two; shape (m, m)."""
    reach = {n: -student_quantile(max(1, n - 1), tail) for n in set(n_clusters)}
    own = np.array([reach[n] for n in n_clusters])
    larger: Floats = np.maximum(own[:, None], own[None, :])
    return larger


def _error(measured: Measured) -> float:
    """All that an interval allows for; infinite for an estimate without one, which therefore may stand anywhere."""
    estimate = measured.estimate
    if estimate.stderr is None or estimate.lower is None:
        return float("inf")
    return float(np.hypot(estimate.stderr, measured.prior_error))


def _difference_errors(
    measured: Sequence[Measured], samples: Sequence[Sample], own: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Standard errors of all pairwise differences in the estimates' units, shape (m, m)."""
    names = sorted({name for sample in samples for name in sample.clusters})
    places = {name: place for place, name in enumerate(names)}
    pulls = np.zeros((len(measured), len(places)))
    for row, (one, sample) in enumerate(zip(measured, samples, strict=True)):
        # rows of one cluster pull together
        place = np.array([places[name] for name in sample.clusters], dtype=np.int64)[sample.cluster]
        np.add.at(pulls[row], place, one.influence / sample.n)
    shared = pulls @ pulls.T
    explained = np.sqrt(np.diag(shared))
    # each model's own error stands on the diagonal; exact rules may make that wider than its influences do
    scale = np.divide(own, explained, out=np.zeros_like(own), where=(explained > 0) & np.isfinite(own))
    covariance = shared * np.outer(scale, scale)
    variance = own[:, None] ** 2 + own[None, :] ** 2 - 2 * covariance
    error: np.ndarray[tuple[int, int], np.dtype[np.float64]] = np.sqrt(np.maximum(variance, 0.0))
    return error
