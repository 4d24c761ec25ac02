"""Agreement beyond chance: Krippendorff's alpha of the people, and Cohen's kappa of a judge with their majority."""

import math
from collections.abc import Callable
from enum import Enum

import numpy as np

from evalkit.stats.columns import Numbers, check_confidence
from evalkit.stats.intervals import CONFIDENCE, proportion_interval
from evalkit.stats.people.ceiling import NOBODY, ONE_PERSON
from evalkit.stats.people.panel import SAID, Panel
from evalkit.stats.people.rules import check_tie_band, checked_verdict, sides
from evalkit.stats.people.shares import MIN_CLUSTERS, jackknife_error
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats, Ints
from evalkit.types import Estimate, degraded

ALL_AGREE = "all people agree"
NO_VARIETY = "judge and people always say the same one thing"
NEVER_APART = "judge and people never differ"
ONE_APART = "all disagreement is on one instruction"
_CELLS = len(SAID) ** 2


class Measurement(Enum):
    """The distance between two opinions: `nominal`, 1 where they differ, or `interval`, their difference squared."""

    NOMINAL = "nominal"
    INTERVAL = "interval"


def krippendorff_alpha(
    panel: Panel, measurement: Measurement = Measurement.NOMINAL, *, confidence: float = CONFIDENCE
) -> Estimate:
    """Krippendorff's alpha of people's opinions 0, 1/2 and 1: 1 is full agreement, 0 that of chance.

    Its interval is a jackknife of log(1 - alpha) that leaves out instructions. The library `krippendorff` gives the
    same value; its licence, the GPL, would become that of every program with evalkit in it, so only tests use it.

    Returns:
        A number up to 1; n counts instructions. Refused with `one person` where no comparison has two opinions, and
        with `all people agree` where nobody ever disagrees: nothing then tells agreement from chance, or its error.

    Reference: Krippendorff 2018, Content Analysis, chapter 12.
    """
    check_confidence(confidence)
    most = int(panel.opinions_each.max(initial=0))
    if most < 2:
        return Estimate.refused(ONE_PERSON if most else NOBODY, n=0)
    counts = panel.counts
    several = counts.sum(axis=1) > 1
    counts = counts[several]
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(len(SAID))
    together = pairs / (counts.sum(axis=1) - 1)[:, None, None]
    distance = _distance(measurement)
    if not (together * distance).any():
        return Estimate.refused(ALL_AGREE, n=len(np.unique(panel.cluster[several])))

    def disagreement(tables: Floats) -> Floats:
        """Observed over expected disagreement for tables of coincidences, shape (k, 3, 3)."""
        each = tables.sum(axis=2)
        expected = np.einsum("ki,ij,kj->k", each, distance, each)
        return _quotient((tables * distance).sum(axis=(1, 2)) * (each.sum(axis=1) - 1), expected)

    value = 1 - float(disagreement(together.sum(axis=0)[None])[0])
    return _beyond_chance(value, disagreement, together, panel.cluster[several], confidence)


def cohen_kappa(panel: Panel, verdict: Numbers, *, tie_band: float = 0.0, confidence: float = CONFIDENCE) -> Estimate:
    """Cohen's kappa of a judge with the median of people, in the three categories win, tie and loss.

    The value is that of scikit-learn. Its interval is a jackknife of log(1 - kappa) that leaves out instructions;
    without any disagreement it is that of an event that was not seen once.

    Args:
        verdict: P(the second answer is better) of each comparison, NaN without a verdict, shape (c,).
        tie_band: how far from 1/2 a verdict still is a tie.

    Returns:
        A number from -1 to 1; n counts instructions. Refused where judge and people always say the same one thing.

    Reference: Cohen 1960, Educational and Psychological Measurement 20.
    """
    check_confidence(confidence)
    check_tie_band(tie_band)
    ours = sides(checked_verdict(panel, verdict), tie_band=tie_band)
    theirs = sides(panel.median)
    both = ~np.isnan(ours + theirs)
    if not both.any():
        return Estimate.refused("no comparison has a verdict and an opinion", n=0)
    first, second = (np.rint(side[both] + 1).astype(np.int64) for side in (ours, theirs))
    size = len(SAID)
    tables = np.zeros((len(first), size, size))
    tables[np.arange(len(first)), first, second] = 1.0
    if len(np.unique(np.concatenate([first, second]))) == 1:
        return Estimate.refused(NO_VARIETY, n=len(np.unique(panel.cluster[both])))
    # imported here because it takes long to load
    from sklearn.metrics import cohen_kappa_score

    value = float(cohen_kappa_score(first, second, labels=list(range(size))))
    distance = _distance(Measurement.NOMINAL)

    def disagreement(tables: Floats) -> Floats:
        expected = np.einsum("ki,ij,kj->k", tables.sum(axis=2), distance, tables.sum(axis=1))
        return _quotient((tables * distance).sum(axis=(1, 2)) * tables.sum(axis=(1, 2)), expected)

    return _beyond_chance(value, disagreement, tables, panel.cluster[both], confidence)


def _beyond_chance(
    value: float, disagreement: Callable[[Floats], Floats], tables: Floats, cluster: Ints, confidence: float
) -> Estimate:
    """A coefficient 1 - observed / expected disagreement with its interval.

    Args:
        disagreement: observed over expected disagreement of tables that are summed, shape (k, 3, 3) to (k,).
        tables: of each comparison, shape (c, 3, 3).
    """
    numbers = np.unique(cluster, return_inverse=True)[1]
    n = int(numbers.max()) + 1
    if n < MIN_CLUSTERS:
        return Estimate.refused(f"{n} instruction, at least {MIN_CLUSTERS} needed", n=n)
    place = (numbers[:, None] * _CELLS + np.arange(_CELLS)).ravel()
    by_cluster = np.bincount(place, weights=tables.ravel(), minlength=n * _CELLS).reshape(n, len(SAID), len(SAID))
    whole = by_cluster.sum(axis=0, keepdims=True)
    ratio, without = float(disagreement(whole)[0]), disagreement(whole - by_cluster)
    reach = student_quantile(n - 1, (1 + confidence) / 2)
    if ratio <= 0:
        unseen = proportion_interval(0.0, 0.0, n, confidence=confidence)[1]
        share = _distance(Measurement.NOMINAL)
        seen = whole[0] / whole.sum()
        chance = float(seen.sum(axis=1) @ share @ seen.sum(axis=0))
        lower = max(-1.0, value - unseen / chance)
        return Estimate(value, (value - lower) / reach, lower, 1.0, n, degraded(NEVER_APART))
    if not np.isfinite(without).all():
        return Estimate.refused("without one of the instructions nothing would vary", n=n)
    if (without > 1e-12).all():
        stderr = jackknife_error(np.log(ratio) - np.log(without), n)
        lower, upper = (1 - ratio * math.exp(min(700.0, end)) for end in (reach * stderr, -reach * stderr))
        return Estimate(value, ratio * stderr, lower, upper, n)
    # the logarithm of no disagreement is not a number
    stderr = jackknife_error(ratio - without, n)
    return Estimate(value, stderr, value - reach * stderr, min(1.0, value + reach * stderr), n, degraded(ONE_APART))


def _distance(measurement: Measurement) -> Floats:
    said = np.array(SAID)
    apart = said[:, None] - said[None, :]
    distance: Floats = apart**2 if measurement == Measurement.INTERVAL else (apart != 0).astype(np.float64)
    return distance


def _quotient(above: Floats, below: Floats) -> Floats:
    share: Floats = np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
    return share
