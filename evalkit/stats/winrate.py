"""Raw and discrete win rates, without any control."""

from dataclasses import dataclass, field

import numpy as np

from evalkit.stats.columns import check_confidence
from evalkit.stats.intervals import CONFIDENCE, NO_ERROR, clustered_stderr, proportion_interval
from evalkit.stats.quantiles import normal_quantile
from evalkit.stats.sample import Floats, Sample
from evalkit.types import OK, Estimate, degraded


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """An estimate and the influence of each judged instruction on it, shape (n,); both in the same units.

    A row's influence divided by n is how far the estimate moves when that row gets one more row's weight; for win rates
    it is in percentage points. The estimate's standard error is that of sampling instructions; two further errors, in
    the same units, are separate. `own_error` is independent between models, for example where a model's slope differs
    from those that its prior was learned from. `shared_errors` are how far the estimate moves with each independent
    error of the prior, per standard deviation; all estimates with the same prior move together.
    """

    estimate: Estimate
    influence: Floats
    own_error: float = 0.0
    shared_errors: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, slots=True)
class Counts:
    """Verdicts by direction; a preference above one half is a win."""

    wins: int
    losses: int
    ties: int


def win_rate(sample: Sample, *, confidence: float = CONFIDENCE) -> Measured:
    """Weighted mean preference in percent, a tie counting half, with a standard error clustered by instruction.

    With weights it is a ratio estimate: instructions are drawn at random together with their weights. The interval is
    exact at the edges: 805 wins of 805 give [99.54, 100].

    Returns:
        The estimate in percent, whose n counts clusters, and each instruction's influence in points. Refused without
        verdicts, and degraded where all verdicts are the same.

    Raises:
        StatsError: the confidence is not between 0 and 1.

    Reference: Korn and Graubard 1998, Survey Methodology 24, for the interval.

    Example:
        >>> from evalkit.stats import build_sample, win_rate
        >>> found = win_rate(build_sample(["a", "b", "c", "d"], [1, 1, 0.5, 0])).estimate
        >>> print(f"{found.value} [{found.lower:.2f}, {found.upper:.2f}] {found.status}")
        62.5 [1.30, 99.93] ok
    """
    check_confidence(confidence)
    if sample.n == 0:
        return Measured(Estimate.refused("no verdicts", n=0), np.zeros(0))
    mean = sample.mean(sample.preference)
    influence = sample.relative_weight * (sample.preference - mean)
    varies = bool(np.ptp(sample.preference) > 0)
    stderr = clustered_stderr(influence, sample.cluster) if varies else 0.0
    if not np.isfinite(stderr) or stderr < NO_ERROR:
        stderr = 0.0
    n = sample.n_clusters if stderr else sample.n_effective
    lower, upper = proportion_interval(mean, stderr, n, units=sample.n_effective, confidence=confidence)
    if stderr == 0.0:
        stderr = (upper - lower) / 2 / normal_quantile((1 + confidence) / 2)
    status = OK if varies else degraded(edge_reason(sample.preference[0]))
    estimate = Estimate(100 * mean, 100 * stderr, 100 * lower, 100 * upper, sample.n_clusters, status)
    return Measured(estimate, 100 * influence)


def edge_reason(preference: float) -> str:
    """The words for a sample in which all verdicts have this preference."""
    return {1.0: "all_wins", 0.0: "all_losses"}.get(float(preference), "no_variance")


def count_outcomes(sample: Sample) -> Counts:
    """Numbers of instructions by direction of the verdict, without weights."""
    wins = int((sample.preference > 0.5).sum())
    losses = int((sample.preference < 0.5).sum())
    return Counts(wins, losses, sample.n - wins - losses)


def discrete_win_rate(sample: Sample) -> float | None:
    """Weighted percent of wins, a tie counting half and every other verdict whole; None without verdicts."""
    if sample.n == 0:
        return None
    return sample.mean(50 + 50 * np.sign(sample.preference - 0.5))


def bounds_over_missing(sample: Sample) -> tuple[float, float] | None:
    """The win rate in percent with every missing verdict set to a loss, and with every missing verdict set to a win.

    The weight of a missing verdict is unknown too, and is set to the largest weight in the sample.

    Returns:
        The lower and the upper bound; equal where no verdict is missing, and None without instructions.
    """
    if sample.n + sample.n_missing == 0:
        return None
    weight = np.ones(sample.n) if sample.weight is None else sample.weight
    missing = sample.n_missing * (float(weight.max()) if sample.n else 1.0)
    won = float((weight * sample.preference).sum())
    total = float(weight.sum()) + missing
    return 100 * won / total, 100 * (won + missing) / total
