"""The verdicts that a judge may give alone if it is to be wrong on no more than a given share of them."""

from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import check_confidence
from evalkit.stats.intervals import CONFIDENCE, clustered_stderr, proportion_interval
from evalkit.stats.people.selective import MIN_DECIDED, risk_curve, sureness
from evalkit.stats.people.stated import Stated
from evalkit.stats.sample import Floats
from evalkit.stats.shares import mean_share
from evalkit.types import Estimate

_STEPS = 50
# shares of the opinions at which the search begins; below the first few judges could prove anything
_STARTS = (0.2, 0.5)


@dataclass(frozen=True, slots=True)
class CoverageAtRisk:
    """The verdicts that may stand without a person, at a risk.

    With `confidence`, the judge is wrong on at most `risk` percent of the opinions on which its probability for one
    side is at least `threshold` percent. `coverage` is the percent of opinions that are of this kind. It is refused,
    and the threshold is None, where no threshold can be shown to keep the risk. `seen` is the coverage up to which the
    risk was kept on these very opinions. That is too much to hope for, because its threshold was chosen on them.
    """

    risk: float
    confidence: float
    threshold: float | None
    coverage: Estimate
    seen: float


def coverage_at_risk(stated: Stated, *, risk: float, confidence: float = CONFIDENCE) -> CoverageAtRisk:
    """The largest share of the decided opinions on which the judge can be shown to keep a risk, surest verdicts first.

    The search begins at a fifth and at half of the opinions and goes on, by a fiftieth of them at a time, for as long
    as the upper bound of the risk is at most the risk asked for. Each beginning uses up half of the allowed error, so
    all thresholds that are passed keep the risk at once with the confidence. Errors are clustered by instruction; a
    judge's tie is half an error.

    Args:
        risk: the largest share of wrong verdicts, between 0 and 1.

    Returns:
        `coverage` in percent, whose n counts instructions and whose interval is that of the share of further opinions
        on which the judge is as sure. Refused where no threshold passes, and below 30 decided opinions.

    Raises:
        StatsError: the risk is not between 0 and 1.

    Reference: Angelopoulos et al. 2021, arXiv:2110.01052, section 5.1 (fixed sequences from several starts).
    """
    check_confidence(confidence)
    if not 0 < risk < 1:
        raise StatsError(f"risk is {risk:g}. Give the share of wrong verdicts that is allowed, such as 0.1")
    decided = stated.decided
    n = decided.n_clusters
    if decided.n < MIN_DECIDED or n < 2:
        reason = f"{decided.n} decided opinions on {n} instructions, at least {MIN_DECIDED} needed"
        return CoverageAtRisk(100 * risk, confidence, None, Estimate.refused(reason, n=n), 0.0)
    curve = risk_curve(decided)
    kept = curve.coverage[curve.risk <= 100 * risk]
    seen = float(kept.max()) if len(kept) else 0.0
    sure = sureness(decided)
    threshold = _threshold(decided, sure, risk, confidence)
    if threshold is None:
        reason = f"no threshold is shown to keep the risk at {100 * risk:g} % with {100 * confidence:g} % confidence"
        return CoverageAtRisk(100 * risk, confidence, None, Estimate.refused(reason, n=n), seen)
    share_sure = mean_share((sure >= threshold).astype(np.float64), decided.cluster, confidence=confidence)
    return CoverageAtRisk(100 * risk, confidence, 50 + 100 * threshold, share_sure, seen)


def _threshold(decided: Stated, sure: Floats, risk: float, confidence: float) -> float | None:
    falling = -np.sort(-sure)
    shares = np.arange(1, _STEPS + 1) / _STEPS
    levels = falling[np.ceil(shares * len(falling)).astype(np.int64) - 1]
    passed: list[float] = []
    for start in _STARTS:
        for level in np.unique(-levels[shares >= start]):
            rows = sure >= -level
            if _upper_risk(decided.where(rows), confidence) > risk:
                break
            passed.append(float(-level))
    return min(passed, default=None)


def _upper_risk(kept: Stated, confidence: float) -> float:
    """The upper bound of the risk, wrong with half the probability that the confidence leaves."""
    wrong = 1 - kept.right
    n = kept.n_clusters
    if n < 2:
        return 1.0
    risk = float(wrong.mean())
    stderr = clustered_stderr(wrong - risk, kept.cluster)
    # of a two-sided interval, each side has half of what its confidence leaves, as each of the two starts is to have
    return proportion_interval(risk, stderr, n, confidence=confidence)[1]
