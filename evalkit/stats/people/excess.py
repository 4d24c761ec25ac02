"""A judge's preference for the longer answer, the list, the first, or its own family's, beyond people's preference."""

from dataclasses import dataclass

import numpy as np

from evalkit.stats.columns import Numbers, floats
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.people.agreement import judged
from evalkit.stats.people.panel import Panel
from evalkit.stats.people.rules import check_tie_band, checked_verdict, sides
from evalkit.stats.people.shares import Share, share_difference, share_of_opinions
from evalkit.stats.sample import Floats
from evalkit.types import Estimate

LONGER_BY_CHARS = 30
LIST_ITEMS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Excess:
    """The share of decided verdicts that prefer the answers in question, the same share of people's decided opinions,
    and the first minus the second in points.
    """

    judge: Share
    people: Share
    excess: Estimate


def excess_preference(
    panel: Panel, verdict: Numbers, favoured: Numbers, *, tie_band: float = 0.0, confidence: float = CONFIDENCE
) -> Excess:
    """The preference of a judge for one kind of answer beyond that of people, on the comparisons that they decided.

    Args:
        verdict: P(the second answer is better), NaN without a verdict, shape (c,).
        favoured: 1 where the second answer is of that kind, -1 where the first is, 0 where both or none; shape (c,).
        tie_band: how far from 1/2 a verdict still is a tie.

    Returns:
        The judge's share is of its decided verdicts, people's of their decided opinions on comparisons with a verdict.

    Raises:
        StatsError: verdicts or sides of another length, or a verdict outside [0, 1].
    """
    check_tie_band(tie_band)
    given = checked_verdict(panel, verdict)
    kind = np.sign(floats(favoured, "favoured", like=("the panel's comparisons", panel.n_comparisons)))
    rows = np.arange(panel.n_comparisons, dtype=np.int64)
    ours = _preferred(sides(given, tie_band=tie_band), kind)
    shared = judged(panel, given)
    theirs = _preferred(sides(shared.said), kind[shared.comparison])
    judge = share_of_opinions(ours, rows, panel.cluster, confidence=confidence)
    people = share_of_opinions(theirs, shared.comparison, panel.cluster, confidence=confidence)
    return Excess(judge, people, share_difference(judge, people, confidence=confidence))


def longer_side(first_chars: Floats, second_chars: Floats, *, by: float = LONGER_BY_CHARS) -> Floats:
    """1 where the second answer is longer by more than `by` characters, -1 where the first is, else 0; shape (c,)."""
    difference = np.asarray(second_chars, dtype=np.float64) - np.asarray(first_chars, dtype=np.float64)
    side: Floats = np.where(np.abs(difference) > by, np.sign(difference), 0.0)
    return side


def list_side(first_items: Floats, second_items: Floats, *, items: float = LIST_ITEMS) -> Floats:
    """1 where only the second answer has a list of at least so many items, -1 where only the first, else 0; (c,)."""
    first, second = (np.asarray(counts, dtype=np.float64) >= items for counts in (first_items, second_items))
    return second.astype(np.float64) - first.astype(np.float64)


def first_side(n_comparisons: int) -> Floats:
    """-1 for every comparison: the answers in question are the first; shape (c,)."""
    return np.full(n_comparisons, -1.0)


def _preferred(side: Floats, kind: Floats) -> Floats:
    """1 where the preferred answer is of the kind, 0 where the other is; NaN for ties and where there is no kind."""
    product = side * kind
    return np.where(product != 0, (1 + product) / 2, np.nan)
