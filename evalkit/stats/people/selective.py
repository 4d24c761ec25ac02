"""Selective answering: how often a judge is right on the opinions of which it is surest."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from evalkit.stats.columns import check_confidence
from evalkit.stats.intervals import CONFIDENCE, NO_ERROR, proportion_interval
from evalkit.stats.people.stated import TIE, Stated
from evalkit.stats.quantiles import normal_quantile
from evalkit.stats.resample import generator_of
from evalkit.stats.sample import Floats, Ints
from evalkit.types import OK, Estimate, Status, degraded

MIN_DECIDED = 30
REPLICATES = 400
ONE_CONFIDENCE = "the judge is equally sure of every verdict, so nothing can be selected"
# the most numbers in one of the tables of resamples
_TABLE_NUMBERS = 2_000_000
_MOST_STEPS = 1_000


@dataclass(frozen=True, eq=False)
class RiskCurve:
    """The judge's error on its surest verdicts: a point for each confidence that occurs, the highest first; shape (g,).

    `threshold` is a confidence in percent of 50 to 100, `coverage` the percent of decided opinions on which the judge
    is at least that sure, and `risk` the percent of these on which it is wrong.
    """

    threshold: Floats
    coverage: Floats
    risk: Floats


@dataclass(frozen=True, slots=True)
class Selective:
    """Numbers of the risk-coverage curve.

    `aurc` is the area under the curve, 0..1 and 0 best: the mean risk over all coverages. `e_aurc` is its excess over
    the area of a judge that is as often right and surest where it is right. `right_at_half` is the percent right on the
    surer half of the opinions.
    """

    aurc: Estimate
    e_aurc: Estimate
    right_at_half: Estimate


def risk_curve(stated: Stated) -> RiskCurve:
    """The risk at each coverage of the decided opinions, in the order of |P(the second is better) - 0.5|.

    A judge's tie is half an error. Opinions of equal confidence enter together, and the curve between two points is
    that of entering them in a random order.
    """
    decided = stated.decided
    ladder = _ladder(sureness(decided))
    count, wrong = (np.cumsum(np.bincount(ladder.step, weights=values)) for values in (None, 1 - decided.right))
    return RiskCurve(100 * (TIE + ladder.level), 100 * count / max(1, decided.n), 100 * wrong / count)


def selective_answering(stated: Stated, *, confidence: float = CONFIDENCE) -> Selective:
    """The area under the risk-coverage curve, its excess, and the share right on the surer half.

    Only decided opinions count; a judge's tie is half an error. Opinions of equal confidence share their mean error.
    Intervals are those of 400 bootstrap resamples of whole instructions.

    Returns:
        n counts instructions. Refused below 30 decided opinions or two instructions, degraded where the judge is
        equally sure of all.

    Reference: Geifman et al. 2019, arXiv:1805.08206, for AURC and its excess.
    """
    check_confidence(confidence)
    decided = stated.decided
    n = decided.n_clusters
    if decided.n < MIN_DECIDED or n < 2:
        refused = Estimate.refused(
            f"{decided.n} decided opinions on {n} instructions, at least {MIN_DECIDED} needed", n=n
        )
        return Selective(refused, refused, refused)
    sure, wrong = sureness(decided), 1 - decided.right
    own, perfect = _ladder(sure), _ladder(-wrong)
    once = np.ones((1, n), dtype=np.int64)
    value = _drawn_numbers((own, perfect), wrong, decided.cluster, [once])[0]
    # further steps change the errors of the numbers by much less than chance does
    coarse = own.merged(), perfect
    drawn = _resamples(n, generator_of(np.concatenate([sure, wrong])))
    draws = _drawn_numbers(coarse, wrong, decided.cluster, drawn)
    status = degraded(ONE_CONFIDENCE) if np.ptp(sure) == 0 else OK
    aurc, e_aurc, right = (
        _estimate(float(found), drawn, size, status, confidence)
        for found, drawn, size in zip(value, draws.T, (n, n, max(2, n // 2)), strict=True)
    )
    return Selective(aurc, e_aurc, _percent(right))


def sureness(stated: Stated) -> Floats:
    """The distance of each probability from one half, equal for p and 1 - p; shape (n,)."""
    # in binary, 0.3 and 0.7 are not equally far from one half
    distance: Floats = np.abs(stated.p - TIE)
    return distance.round(15)


@dataclass(frozen=True, eq=False)
class _Ladder:
    """Opinions by falling level: the level of each step, and the step of each opinion, numbered from 0."""

    level: Floats
    step: Ints

    def merged(self) -> "_Ladder":
        """The same order in a few hundred steps of about equal numbers of opinions, where there are more."""
        if len(self.level) <= _MOST_STEPS:
            return self
        count = np.bincount(self.step)
        step = np.unique((np.cumsum(count) - count) * _MOST_STEPS // len(self.step), return_inverse=True)[1][self.step]
        return _Ladder(np.zeros(int(step.max()) + 1), step)


def _ladder(level: Floats) -> _Ladder:
    rising, step = np.unique(-level, return_inverse=True)
    return _Ladder(-rising.astype(np.float64), step.astype(np.int64))


def _drawn_numbers(ladders: tuple[_Ladder, _Ladder], wrong: Floats, cluster: Ints, drawn: Iterable[Ints]) -> Floats:
    """AURC, its excess and the share right at half coverage in each draw of instructions; shape (draws, 3).

    Args:
        ladders: by the judge's confidence, and by its errors, right ones first.
        drawn: how often each instruction is drawn; each of shape (draws at once, clusters).
    """
    # imported here because scipy.sparse takes longer to load than most commands take to run
    from scipy.sparse import csr_array

    shape = int(cluster.max()) + 1
    counts, errors = (
        [csr_array((values, (ladder.step, cluster)), shape=(len(ladder.level), shape)) for ladder in ladders]
        for values in (np.ones(len(cluster)), wrong)
    )
    found = []
    for times in drawn:
        columns = times.T.astype(np.float64)
        (area, half), (least, _) = (
            _area_and_half((count @ columns).T, (error @ columns).T)
            for count, error in zip(counts, errors, strict=True)
        )
        found.append(np.column_stack([area, area - least, 1 - half]))
    return np.concatenate(found)


def _area_and_half(count: Floats, wrong: Floats) -> tuple[Floats, Floats]:
    """The mean of the cumulative error, and the cumulative error at half of the opinions; each of shape (draws,).

    Args:
        count, wrong: opinions and the sum of errors of each step, shape (draws, steps).
    """
    count_after, wrong_after = np.cumsum(count, axis=1), np.cumsum(wrong, axis=1)
    count_before, wrong_before = count_after - count, wrong_after - wrong
    share = np.divide(wrong, count, out=np.zeros_like(wrong), where=count > 0)
    total = count_after[:, -1]
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, int(total.max()) + 1))])
    # the j-th opinion of a step has the cumulative error share + (before - share * count before) / (count before + j)
    steps = harmonic[count_after.astype(np.int64)] - harmonic[count_before.astype(np.int64)]
    area = (wrong + (wrong_before - share * count_before) * steps).sum(axis=1) / total
    half = total / 2
    place = (count_after < half[:, None]).sum(axis=1)
    row = np.arange(len(place))
    inside = half - count_before[row, place]
    return area, (wrong_before[row, place] + share[row, place] * inside) / half


def _resamples(clusters: int, generator: np.random.Generator) -> Iterator[Ints]:
    """Draw all instructions anew, some draws at a time: the times that each is drawn, shape (draws, clusters)."""
    at_once = max(1, _TABLE_NUMBERS // clusters)
    for start in range(0, REPLICATES, at_once):
        draws = min(at_once, REPLICATES - start)
        chosen = generator.integers(clusters, size=(draws, clusters)) + clusters * np.arange(draws)[:, None]
        yield np.bincount(chosen.ravel(), minlength=draws * clusters).reshape(draws, clusters)


def _estimate(value: float, draws: Floats, n: int, status: Status, confidence: float) -> Estimate:
    """A number in [0, 1] with the interval of a share that has the standard error of its resamples."""
    stderr = float(draws.std(ddof=1))
    value = min(1.0, max(0.0, value))
    lower, upper = proportion_interval(value, stderr, n, confidence=confidence)
    if stderr < NO_ERROR:
        stderr = (upper - lower) / 2 / normal_quantile((1 + confidence) / 2)
    return Estimate(value, stderr, lower, upper, n, status)


def _percent(share: Estimate) -> Estimate:
    value, stderr, lower, upper = (
        None if number is None else 100 * number for number in (share.value, share.stderr, share.lower, share.upper)
    )
    return replace(share, value=value, stderr=stderr, lower=lower, upper=upper)
