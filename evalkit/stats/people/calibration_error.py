"""The distance of a judge's stated probabilities from the share of opinions that they promise, in ten bins."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from evalkit.stats.bins import BINS, tenth_ends, tenths
from evalkit.stats.columns import check_confidence
from evalkit.stats.intervals import CONFIDENCE, NO_ERROR, proportion_interval
from evalkit.stats.people.stated import Stated
from evalkit.stats.quantiles import normal_quantile
from evalkit.stats.resample import generator_of
from evalkit.stats.sample import Floats, Ints
from evalkit.stats.shares import mean_share
from evalkit.types import OK, Estimate, degraded

MIN_DECIDED = 200
# probabilities of 0 and 1 alone state no uncertainty that could be right or wrong in size
MIN_INSIDE = 0.05
NEVER_VARIES = "the gap between stated and found never varies"
_DRAWS = 4_000
_HALVINGS = 20


class Binning(Enum):
    """Bins of equal width on the scale, or of equal numbers of opinions; equal probabilities share a bin in both."""

    EQUAL_WIDTH = "equal_width"
    EQUAL_MASS = "equal_mass"


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Decided opinions on which the judge's confidence was from `low` to below `high` percent, the last bin with its
    end: how many, the mean confidence, and the share on which the judge was right, both in percent.
    """

    low: float
    high: float
    count: int
    stated: float
    right: Estimate


def confidence_error(
    stated: Stated, *, binning: Binning = Binning.EQUAL_WIDTH, confidence: float = CONFIDENCE
) -> Estimate:
    """Expected calibration error (ECE): the mean gap between the judge's confidence and the share it is right, 0..1.

    The confidence is max(p, 1 - p) and the ten bins of equal width are those of [0.5, 1]. Only decided opinions count;
    a judge's tie is half right. The value is the mean over opinions of the gap of their bin, as it is published. It is
    too high: of a calibrated judge, too, every bin shows some gap by chance. The interval is not: it is for the value
    that unlimited opinions would have in the same bins, and has the error found most likely by chance in its middle.

    Returns:
        n counts instructions. Refused below 200 decided opinions, and where fewer than 5 % of the probabilities are
        strictly between 0 and 1. Degraded where the gaps never vary.

    Reference: Naeini et al. 2015, AAAI 29, and Guo et al. 2017, arXiv:1706.04599; the interval is evalkit's own.
    """
    decided = stated.decided
    scaled = 2 * decided.confidence - 1
    return _error(decided, decided.confidence, decided.right, _BIN[binning](scaled), confidence)


def probability_error(
    stated: Stated, *, binning: Binning = Binning.EQUAL_WIDTH, confidence: float = CONFIDENCE
) -> Estimate:
    """Expected calibration error of P(the second answer is better) itself, in ten bins of [0, 1].

    It also finds a judge that is as often right as it says and favours one place. Value, interval and refusals are
    those of `confidence_error`.
    """
    decided = stated.decided
    return _error(decided, decided.p, decided.said, _BIN[binning](decided.p), confidence)


def reliability_bins(
    stated: Stated, *, binning: Binning = Binning.EQUAL_WIDTH, confidence: float = CONFIDENCE
) -> tuple[ReliabilityBin, ...]:
    """The reliability diagram: the share on which the judge was right by its confidence; empty bins are left out.

    A bin's interval is clustered by instruction, and refused where the bin has fewer than two.
    """
    check_confidence(confidence)
    decided = stated.decided
    stated_confidence = decided.confidence
    places = _BIN[binning](2 * stated_confidence - 1)
    bins = []
    for place in np.unique(places):
        here = places == place
        inside = stated_confidence[here]
        low, high = (
            (50 + end / 2 for end in tenth_ends(int(place)))
            if binning == Binning.EQUAL_WIDTH
            else (100 * float(inside.min()), 100 * float(inside.max()))
        )
        right = mean_share(decided.right[here], decided.cluster[here], confidence=confidence)
        bins.append(ReliabilityBin(low, high, int(here.sum()), 100 * float(inside.mean()), right))
    return tuple(bins)


def refusal(stated: Stated) -> str | None:
    """The reason why calibration cannot be measured on these opinions, or None."""
    decided = stated.decided
    if decided.n < MIN_DECIDED:
        return f"{decided.n} decided opinions, at least {MIN_DECIDED} needed"
    inside = float(((decided.p > 0) & (decided.p < 1)).mean())
    if inside < MIN_INSIDE:
        return f"{100 * inside:.1f} % of the probabilities are strictly between 0 and 1, at least 5 % needed"
    return None


def _error(decided: Stated, promised: Floats, found: Floats, places: Ints, confidence: float) -> Estimate:
    check_confidence(confidence)
    n = decided.n_clusters
    if (reason := refusal(decided)) is not None:
        return Estimate.refused(reason, n=n)
    gaps = np.bincount(places, weights=found - promised, minlength=BINS) / decided.n
    value = float(np.abs(gaps).sum())
    covariance = _covariance(decided, gaps, found - promised, places)
    if n < 2 or np.trace(covariance) < NO_ERROR**2:
        reach = proportion_interval(0.0, 0.0, n, confidence=confidence)[1]
        stderr = reach / normal_quantile((1 + confidence) / 2)
        return Estimate(value, stderr, max(0.0, value - reach), min(1.0, value + reach), n, degraded(NEVER_VARIES))
    covariance += np.diag(np.maximum(0.0, _least_variance(found, places) - np.diag(covariance)))
    lower, upper, stderr = _interval(gaps, covariance, generator_of(np.append(gaps, promised)), confidence)
    return Estimate(value, stderr, lower, upper, n, OK)


def _covariance(decided: Stated, gaps: Floats, gap: Floats, places: Ints) -> Floats:
    """The clustered covariance of the bins' summed gaps, each divided by all opinions; shape (bins, bins)."""
    clusters = decided.n_clusters
    sums = np.bincount(decided.cluster * BINS + places, weights=gap, minlength=clusters * BINS)
    rest = sums.reshape(clusters, BINS) - np.bincount(decided.cluster)[:, None] * gaps
    covariance: Floats = rest.T @ rest * clusters / max(1, clusters - 1) / decided.n**2
    return covariance


def _least_variance(found: Floats, places: Ints) -> Floats:
    """The variance of each bin's gap if one more opinion of either kind were in it; shape (bins,).

    A bin in which the judge was always right would otherwise seem to have no error.
    """
    count = np.bincount(places, minlength=BINS)
    rate = (np.bincount(places, weights=found, minlength=BINS) + 1) / (count + 2)
    variance: Floats = count * rate * (1 - rate) / len(found) ** 2
    return variance


def _interval(
    gaps: Floats, covariance: Floats, generator: np.random.Generator, confidence: float
) -> tuple[float, float, float]:
    """The errors under which the one found is neither too high nor too low, and a standard error.

    True gaps are tried that are proportional to those found. For each size of them, normal errors of the gaps tell how
    often chance would show at least the error found.
    """
    values, vectors = np.linalg.eigh(covariance)
    noise = generator.standard_normal((_DRAWS, BINS)) * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    found = float(np.abs(gaps).sum())
    shape = gaps / found if found > 0 else np.full(BINS, 1 / BINS)

    def smallest(share: float) -> float:
        """The smallest true error with which at least this share of the draws show the error found or more."""
        low, high = 0.0, 1.0
        if shown(low) >= share:
            return low
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if shown(middle) >= share else (middle, high)
        return high

    def shown(size: float) -> float:
        return float((np.abs(size * shape + noise).sum(axis=1) >= found).mean())

    tail = (1 - confidence) / 2
    # the shape found is rougher than the true one, which makes the upper end a little too low: half the tail makes up
    # for it in simulations. The error found stays inside, though chance alone may have made it
    lower, upper = smallest(tail), max(smallest(1 - tail / 2), found)
    return lower, upper, (upper - lower) / 2 / normal_quantile(1 - tail)


def _equal_mass(values: Floats) -> Ints:
    """Bins that begin at the tenths of the sorted values; equal values share the bin of the first of them."""
    _, place, count = np.unique(values.round(12), return_inverse=True, return_counts=True)
    before = np.cumsum(count) - count
    places: Ints = (before * BINS // len(values))[place].astype(np.int64)
    return places


_BIN: dict[Binning, Callable[[Floats], Ints]] = {Binning.EQUAL_WIDTH: tenths, Binning.EQUAL_MASS: _equal_mass}
