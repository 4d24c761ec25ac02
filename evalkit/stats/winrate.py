"""Raw and discrete win rates: what the verdicts say before any control."""

from dataclasses import dataclass

import numpy as np

from evalkit.stats.intervals import CONFIDENCE, clustered_stderr, proportion_interval
from evalkit.stats.quantiles import normal_quantile
from evalkit.stats.sample import Floats, Sample
from evalkit.types import OK, Estimate, degraded


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """An estimate in percent and each judged instruction's influence on it, on the scale 0..1 and shape (n,).

    `prior_error` is what the interval allows, in percentage points, for a model that is not like those its prior was
    learned from; it comes on top of the estimate's standard error, which is that of sampling instructions.
    """

    estimate: Estimate
    influence: Floats
    prior_error: float = 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Verdicts by direction; a preference above one half is a win."""

    wins: int
    losses: int
    ties: int


def win_rate(sample: Sample) -> Measured:
    """Mean preference in percent, a tie counting half, with a standard error clustered by instruction.

    The interval is exact at the edges: 805 wins of 805 give [99.54, 100].
    """
    if sample.n == 0:
        return Measured(Estimate.refused("no verdicts", n=0), np.zeros(0))
    mean = float(sample.preference.mean())
    influence = sample.preference - mean
    varies = bool(np.ptp(sample.preference) > 0)
    stderr = clustered_stderr(influence, sample.cluster) if varies else 0.0
    if not np.isfinite(stderr):
        stderr = 0.0
    lower, upper = proportion_interval(mean, stderr, sample.n_clusters)
    if stderr == 0.0:
        stderr = (upper - lower) / 2 / normal_quantile((1 + CONFIDENCE) / 2)
    status = OK if varies else degraded(edge_reason(sample))
    estimate = Estimate(100 * mean, 100 * stderr, 100 * lower, 100 * upper, sample.n_clusters, status)
    return Measured(estimate, influence)


def edge_reason(sample: Sample) -> str:
    """How verdicts that are all the same are called."""
    return {1.0: "all_wins", 0.0: "all_losses"}.get(float(sample.preference[0]), "no_variance")


def count(sample: Sample) -> Counts:
    wins = int((sample.preference > 0.5).sum())
    losses = int((sample.preference < 0.5).sum())
    return Counts(wins, losses, sample.n - wins - losses)


def discrete_win_rate(sample: Sample) -> float | None:
    """Percent of wins, a tie counting half and every other verdict whole; None without verdicts."""
    if sample.n == 0:
        return None
    counts = count(sample)
    return 100 * (counts.wins + counts.ties / 2) / sample.n


def bounds_over_missing(sample: Sample) -> tuple[float, float] | None:
    """The win rate in percent were every missing verdict a loss, and were every one a win."""
    total = sample.n + sample.n_missing
    if total == 0:
        return None
    won = float(sample.preference.sum())
    return 100 * won / total, 100 * (won + sample.n_missing) / total
