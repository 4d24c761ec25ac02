"""People's agreement with each other, and a judge's agreement as a share of it."""

import numpy as np

from evalkit.stats.columns import Numbers
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.people.agreement import agreement_by, judged
from evalkit.stats.people.medians import medians_of_others
from evalkit.stats.people.panel import SAID, Panel
from evalkit.stats.people.rules import AgreementRule, check_tie_band, checked_verdict, marks
from evalkit.stats.people.shares import Share, clustered_share, refused_share, share_of_opinions, share_ratio
from evalkit.types import Estimate

ONE_PERSON, NOBODY = "one person", "no opinions"


def ceiling(panel: Panel, rule: AgreementRule, *, confidence: float = CONFIDENCE) -> Share:
    """The agreement of one person with each other person on the same comparison, averaged over ordered pairs.

    Returns:
        Percent; n counts pairs of people on a comparison, each once. Refused with `one person` where no comparison has
        opinions of two people.
    """
    if reason := _too_few(panel):
        return refused_share(reason)
    said = np.array(SAID)
    table = marks(rule, said[:, None], said[None, :])
    counted = ~np.isnan(table)
    counts = panel.counts
    # ordered pairs of two different people by what they say, shape (c, 3, 3)
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(len(said))
    either = round(float((pairs * (counted | counted.T)).sum() / 2))
    total = (pairs * np.where(counted, table, 0.0)).sum(axis=(1, 2))
    weight = (pairs * counted).sum(axis=(1, 2))
    return clustered_share(total, weight, panel.cluster, n=either, confidence=confidence)


def of_ceiling(
    panel: Panel, verdict: Numbers, rule: AgreementRule, *, tie_band: float = 0.0, confidence: float = CONFIDENCE
) -> Estimate:
    """A judge's agreement as a percentage of the ceiling, with the errors of both and their dependence.

    Both are measured on the comparisons that have a verdict and opinions of two people, so that like is compared with
    like. Above 100 a judge agrees with people more than they agree with each other.

    Returns:
        n counts instructions; refused with `one person` as the ceiling is.
    """
    if reason := _too_few(panel):
        return Estimate.refused(reason, n=0)
    shared = judged(panel, verdict).of_comparisons(panel.opinions_each > 1)
    ours = agreement_by(shared, verdict, rule, tie_band=tie_band, confidence=confidence)
    return share_ratio(ours, ceiling(shared, rule, confidence=confidence), confidence=confidence)


def against_majority(
    panel: Panel,
    verdict: Numbers,
    rule: AgreementRule = AgreementRule.HALF,
    *,
    tie_band: float = 0.0,
    confidence: float = CONFIDENCE,
) -> Share:
    """A judge's agreement with the median opinion of each comparison.

    The median of an even number of opinions is the mean of the middle two, never a random draw; a median between 1/2
    and a side is on that side.

    Returns:
        Percent; n counts comparisons.
    """
    check_tie_band(tie_band)
    values = marks(rule, checked_verdict(panel, verdict), panel.median, tie_band=tie_band)
    rows = np.arange(panel.n_comparisons, dtype=np.int64)
    return share_of_opinions(values, rows, panel.cluster, confidence=confidence)


def people_against_rest(
    panel: Panel, rule: AgreementRule = AgreementRule.HALF, *, confidence: float = CONFIDENCE
) -> Share:
    """The agreement of each person with the median of the other people on the same comparison.

    Returns:
        Percent; n counts opinions. Refused with `one person` where no comparison has opinions of two people.
    """
    if reason := _too_few(panel):
        return refused_share(reason)
    values = marks(rule, panel.said, medians_of_others(panel.comparison, panel.said))
    return share_of_opinions(values, panel.comparison, panel.cluster, confidence=confidence)


def _too_few(panel: Panel) -> str:
    """The reason why people cannot be compared with each other; empty where they can."""
    most = int(panel.opinions_each.max(initial=0))
    return {0: NOBODY, 1: ONE_PERSON}.get(most, "")
