"""A judge's agreement with people's opinions, by four rules."""

import numpy as np

from evalkit.stats.columns import Numbers
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.people.panel import Panel
from evalkit.stats.people.rules import AgreementRule, check_tie_band, checked_verdict, marks
from evalkit.stats.people.shares import Share, share_of_opinions


def agreement_by(
    panel: Panel, verdict: Numbers, rule: AgreementRule, *, tie_band: float = 0.0, confidence: float = CONFIDENCE
) -> Share:
    """A judge's agreement with each person's opinion, averaged over opinions.

    Args:
        verdict: P(the second answer is better) of each comparison, NaN without a verdict, shape (c,).
        tie_band: how far from 1/2 a verdict still is a tie.

    Returns:
        Percent; n counts the opinions that the rule counts, and the estimate's n instructions.

    Raises:
        StatsError: verdicts of another length or outside [0, 1], or no distance as band.
    """
    check_tie_band(tie_band)
    given = checked_verdict(panel, verdict)
    values = marks(rule, given[panel.comparison], panel.said, tie_band=tie_band)
    return share_of_opinions(values, panel.comparison, panel.cluster, confidence=confidence)


def human_agreement(panel: Panel, verdict: Numbers, *, confidence: float = CONFIDENCE) -> Share:
    """The mean of 1 - |p - h| over people's opinions h, where p is the judge's verdict.

    Example:
        >>> from evalkit.stats import build_panel, human_agreement
        >>> panel = build_panel(["a", "b"], of=["a", "a", "b"], people=["ann", "bob", "ann"], said=[0, 0.5, 1])
        >>> found = human_agreement(panel, [0.0, 0.5])
        >>> print(f"{found.estimate.value:.2f} of {found.n} opinions")
        66.67 of 3 opinions
    """
    return agreement_by(panel, verdict, AgreementRule.HALF, confidence=confidence)


def agreement_decided(
    panel: Panel, verdict: Numbers, *, tie_band: float = 0.0, confidence: float = CONFIDENCE
) -> Share:
    """Over opinions that are no tie: 1 where the judge is on the same side, 1/2 where it calls a tie."""
    return agreement_by(panel, verdict, AgreementRule.DECIDED, tie_band=tie_band, confidence=confidence)


def agreement_three_way(
    panel: Panel, verdict: Numbers, *, tie_band: float = 0.0, confidence: float = CONFIDENCE
) -> Share:
    """Over all opinions: 1 where judge and person say the same of win, tie and loss."""
    return agreement_by(panel, verdict, AgreementRule.THREE_WAY, tie_band=tie_band, confidence=confidence)


def agreement_both_decided(
    panel: Panel, verdict: Numbers, *, tie_band: float = 0.0, confidence: float = CONFIDENCE
) -> Share:
    """Over opinions that are no tie, on which the judge calls no tie either: 1 where both are on the same side."""
    return agreement_by(panel, verdict, AgreementRule.BOTH_DECIDED, tie_band=tie_band, confidence=confidence)


def judged(panel: Panel, verdict: Numbers) -> Panel:
    """The panel with the opinions of comparisons that have a verdict."""
    return panel.of_comparisons(~np.isnan(checked_verdict(panel, verdict)))
