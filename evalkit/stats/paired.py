"""The difference of two models on their common instructions, under one judge and against one baseline."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import check_confidence
from evalkit.stats.intervals import CONFIDENCE, RARE, proportion_interval
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats, Sample
from evalkit.stats.winrate import Measured
from evalkit.types import OK, Estimate, Status, StatusKind, degraded

# a standard error of the difference below this share of the models' own standard errors is rounding error
_NO_SHARE = 1e-6
IDENTICAL = "the difference never varies"


def common(first: Sample, second: Sample) -> tuple[Sample, Sample]:
    """Both samples restricted to the instructions that have a verdict in both, with the same keys in the same order."""
    keys = frozenset(first.keys) & frozenset(second.keys)
    return first.restricted(keys), second.restricted(keys)


def paired_difference(
    first: Measured,
    second: Measured,
    *,
    samples: Sequence[Sample],
    names: tuple[str, str] = ("first", "second"),
    confidence: float = CONFIDENCE,
    span: float = 100.0,
    rates: bool = True,
) -> Estimate:
    """The lead of the first model over the second, in the units of the two estimates.

    The standard error is computed from the difference of the two estimates' influences, summed by cluster; errors of
    either estimate that its influences do not contain are added. The interval uses Student's quantile with one degree
    of freedom less than clusters. For raw win rates this is the paired t interval of the differences by instruction.
    Where all verdicts of a model are the same, its interval is exact, and the two intervals are combined as if they
    were independent. Where wins or losses of a model are rare, the difference's interval is at least that wide. Where
    the difference never varies, the interval is that of an event that was not seen once.

    Args:
        first, second: the estimates, each measured on its sample.
        samples: the samples of the two estimates, with the same keys; `common` restricts two samples to those.
        names: names of the two models in the status reasons.
        confidence: confidence level; must also be that of the two estimates' intervals, which the exact cases use.
        span: the largest possible difference.
        rates: the estimates are rates in percent, not mean grades.

    Returns:
        Refused where one of the estimates is refused or has no error; degraded where one is degraded. n counts
        clusters.

    Raises:
        StatsError: the samples have different keys, or an estimate was measured on another sample than its own.

    Reference: Zou and Donner 2008, Statistics in Medicine 27, for combined intervals; the rest is evalkit's own.

    Example:
        >>> from evalkit.stats import build_sample, paired_difference, win_rate
        >>> samples = [build_sample(["a", "b", "c", "d"], p) for p in ([1, 0.5, 0.9, 0.4], [0.5, 0.5, 0.4, 0.2])]
        >>> found = paired_difference(*map(win_rate, samples), samples=samples)
        >>> print(f"{found.value:.1f} [{found.lower:.2f}, {found.upper:.2f}]")
        30.0 [-8.98, 68.98]
    """
    check_confidence(confidence)
    check_measured([first, second], samples)
    if samples[0].keys != samples[1].keys:
        raise StatsError(
            "the two samples have different keys. Restrict both to what they have in common, by `common`, and measure "
            "both again"
        )
    n = samples[0].n_clusters
    a, b = first.estimate, second.estimate
    if reason := _refusal({names[0]: a, names[1]: b}, n):
        return Estimate.refused(reason, n=n)
    assert a.value is not None
    assert b.value is not None
    assert a.stderr is not None
    assert b.stderr is not None
    difference = a.value - b.value
    reach = student_quantile(n - 1, (1 + confidence) / 2)
    if any(np.ptp(sample.preference) == 0 for sample in samples):
        below, above = _joined(a, b)
    else:
        stderr = float(difference_errors([first, second], samples)[0, 1])
        below = above = reach * stderr
    status = _status({names[0]: a, names[1]: b})
    if max(below, above) <= _NO_SHARE * reach * math.hypot(a.stderr, b.stderr):
        unseen = proportion_interval(0.0, 0.0, n, confidence=confidence)[1]
        below, above = unseen * (span + difference), unseen * (span - difference)
        status = degraded(IDENTICAL)
    elif rates and (share := max(map(_rarity, (a.value, b.value), samples))):
        below, above = (
            side + share * max(0.0, joined - side) for side, joined in zip((below, above), _joined(a, b), strict=True)
        )
    lower, upper = max(-span, difference - below), min(span, difference + above)
    # the side of the interval towards zero, which decides significance
    towards = below if difference > 0 else above
    return Estimate(difference, towards / reach, lower, upper, n, status, _notes(a, b))


def significant(difference: Estimate) -> bool:
    """True if the difference's interval excludes zero."""
    lower, upper = difference.lower, difference.upper
    return lower is not None and upper is not None and (lower > 0 or upper < 0)


def difference_errors(measured: Sequence[Measured], samples: Sequence[Sample]) -> Floats:
    """Standard errors of all pairwise differences in the estimates' units, shape (m, m).

    Infinite where one of the two estimates has no standard error.
    """
    names = sorted({name for sample in samples for name in sample.clusters})
    pulls = cluster_pulls(measured, samples, {name: place for place, name in enumerate(names)})
    shared = pulls @ pulls.T
    explained = np.sqrt(np.diag(shared))
    own = np.array([_own_error(rate.estimate) for rate in measured])
    beyond = np.array([rate.own_error for rate in measured])
    # an error larger than that of the influences comes from an exact rule, and is treated as independent between models
    scale = np.divide(own, explained, out=np.zeros_like(own), where=(explained > 0) & np.isfinite(own))
    covariance = shared * np.minimum(scale[:, None], scale[None, :]) ** 2
    # the models' own deviations from their prior are independent too
    alone = own**2 + beyond**2
    variance = alone[:, None] + alone[None, :] - 2 * covariance + _apart(measured)
    error: Floats = np.sqrt(np.maximum(variance, 0.0))
    return error


def shared_errors(measured: Sequence[Measured]) -> Floats:
    """The errors that the estimates share, shape (m, errors); an estimate without an error has zero there."""
    shared = np.zeros((len(measured), max((len(rate.shared_errors) for rate in measured), default=0)))
    for row, rate in enumerate(measured):
        shared[row, : len(rate.shared_errors)] = rate.shared_errors
    return shared


def _apart(measured: Sequence[Measured]) -> Floats:
    """Variance of each difference due to errors that the estimates share, shape (m, m); equal shifts of both cancel."""
    shared = shared_errors(measured)
    apart: Floats = ((shared[:, None, :] - shared[None, :, :]) ** 2).sum(axis=2)
    return apart


def _own_error(estimate: Estimate) -> float:
    return math.inf if estimate.stderr is None or estimate.lower is None else estimate.stderr


def cluster_pulls(measured: Sequence[Measured], samples: Sequence[Sample], places: Mapping[str, int]) -> Floats:
    """The summed influence of each cluster on each estimate, shape (m, clusters), with the clusters at their places."""
    pulls = np.zeros((len(measured), len(places)))
    for row, (rate, sample) in enumerate(zip(measured, samples, strict=True)):
        # rows of one cluster are dependent, so their influences are summed
        place = np.array([places[name] for name in sample.clusters], dtype=np.int64)[sample.cluster]
        np.add.at(pulls[row], place, rate.influence / sample.n)
    return pulls


def check_measured(measured: Sequence[Measured], samples: Sequence[Sample]) -> None:
    """Refuse estimates that cannot have been measured on these samples."""
    if len(measured) != len(samples):
        raise StatsError(f"there are {len(measured)} estimates and {len(samples)} samples. Give one sample for each")
    for place, (rate, sample) in enumerate(zip(measured, samples, strict=True)):
        if rate.estimate.value is not None and len(rate.influence) != sample.n:
            raise StatsError(
                f"estimate {place} was measured on {len(rate.influence)} instructions, and samples[{place}] has "
                f"{sample.n}. Give the sample that it was measured on"
            )


def _refusal(named: Mapping[str, Estimate], n: int) -> str:
    """The reason why the difference cannot be estimated; empty where it can."""
    if n < 2:
        return f"{n} common instructions, at least 2 needed"
    for name, estimate in named.items():
        if estimate.value is None:
            return f"{name}: {estimate.status.reason}"
        if estimate.stderr is None or estimate.lower is None:
            return f"{name}: no interval"
    return ""


def _rarity(percent: float, sample: Sample) -> float:
    """The rarity of a rate's wins, or losses: where it is high, the deviations of the verdicts tell little of the
    error.

    Returns 1 where fewer than five are expected, falling to 0 at ten, so that no single verdict decides. Below ten
    instructions it is 0, because Student's quantile already allows for them, and it rises to its full size at twenty.
    """
    units = sample.n_effective
    expected = units * min(percent, 100 - percent) / 100
    few = min(1.0, max(0.0, 2 - expected / RARE))
    return few * min(1.0, max(0.0, units / (2 * RARE) - 1))


def _joined(first: Estimate, second: Estimate) -> tuple[float, float]:
    """The distances from the difference of two independent estimates to the lower and upper end of its interval."""
    below, above = zip(*map(_reaches, (first, second)), strict=True)
    return math.hypot(below[0], above[1]), math.hypot(above[0], below[1])


def _reaches(estimate: Estimate) -> tuple[float, float]:
    assert estimate.value is not None
    assert estimate.lower is not None
    assert estimate.upper is not None
    return estimate.value - estimate.lower, estimate.upper - estimate.value


def _status(named: Mapping[str, Estimate]) -> Status:
    doubts = [
        f"{name}: {estimate.status.reason}"
        for name, estimate in named.items()
        if estimate.status.kind == StatusKind.DEGRADED
    ]
    return degraded("; ".join(doubts)) if doubts else OK


def _notes(first: Estimate, second: Estimate) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first.notes, *second.notes)))
