"""The rules by which a judge and a person agree on a comparison."""

from enum import Enum

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import Numbers, check_share, floats
from evalkit.stats.people.panel import Panel
from evalkit.stats.sample import Floats

# means of two orders that are a tie may differ from one half in their last digit
_ROUNDING = 1e-9


class AgreementRule(Enum):
    """The rule for the agreement of p, a judge's or a person's P(second is better), with h, a person's.

    `half` is 1 - |p - h|. `decided` counts opinions that are no tie: 1 where p is on the same side, 1/2 where p is a
    tie. `three_way` is 1 where both are the same of win, tie and loss. `both_decided` is `decided` where neither is a
    tie.
    """

    HALF = "half"
    DECIDED = "decided"
    THREE_WAY = "three_way"
    BOTH_DECIDED = "both_decided"


def marks(rule: AgreementRule, p: Floats, h: Floats, *, tie_band: float = 0.0) -> Floats:
    """The agreement of each p with each h, from 0 to 1; NaN where the rule does not count it, or one is missing.

    Args:
        p, h: P(second is better), of shapes that broadcast.
        tie_band: how far from 1/2 a p still is a tie.
    """
    if rule == AgreementRule.HALF:
        halves: Floats = 1 - np.abs(p - h)
        return halves
    ours, theirs = sides(p, tie_band=tie_band), sides(h)
    if rule == AgreementRule.THREE_WAY:
        counted = ~np.isnan(ours + theirs)
        return np.where(counted, ours == theirs, np.nan)
    found = np.where(theirs != 0, (1 + ours * theirs) / 2, np.nan)
    return np.where(ours != 0, found, np.nan) if rule == AgreementRule.BOTH_DECIDED else found


def sides(p: Floats, *, tie_band: float = 0.0) -> Floats:
    """-1 for the first answer, 1 for the second, 0 for a tie, NaN without a verdict."""
    away = p - 0.5
    side: Floats = np.where(np.abs(away) <= tie_band + _ROUNDING, 0.0, np.sign(away))
    return np.where(np.isnan(p), np.nan, side)


def checked_verdict(panel: Panel, verdict: Numbers) -> Floats:
    """The verdict of a judge on each comparison of a panel.

    Raises:
        StatsError: of another length, or outside [0, 1].
    """
    values = floats(verdict, "verdict", like=("the panel's comparisons", panel.n_comparisons))
    check_share(values, "verdict", "Give P(the second answer is better), NaN without a verdict")
    return values


def check_tie_band(tie_band: float) -> None:
    """Refuse a band that is not a distance from one half.

    Raises:
        StatsError: the band is below 0, or 1/2 and more.
    """
    if not 0 <= tie_band < 0.5:
        raise StatsError(f"tie_band is {tie_band:g}. Give the distance from 1/2 that is a tie, from 0 to below 0.5")
