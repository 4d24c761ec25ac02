"""Single verdicts as comparisons of their own: each row is one verdict, with the opinions on its comparison."""

from dataclasses import dataclass

import numpy as np

from evalkit.metaeval.verdicts import JudgeVerdicts
from evalkit.stats import Floats, Ints, Panel, ShownVerdicts
from evalkit.stats.columns import Bools


@dataclass(frozen=True, eq=False)
class Singles:
    """The verdicts of which it is known who was shown first; arrays of shape (v,).

    `panel` has a comparison for each verdict, `preference` P(the second answer is better), and `shown_first` -1 where
    the first answer was shown first and 1 where the second was.
    """

    panel: Panel
    preference: Floats
    shown_first: Ints


def singles_of(panel: Panel, verdicts: JudgeVerdicts) -> Singles:
    """The verdicts that the judge gave itself, each beside the opinions on its comparison."""
    rows = verdicts.ordered & verdicts.asked
    comparison = verdicts.comparison[rows]
    return Singles(
        _repeated(panel, comparison),
        verdicts.preference[rows],
        np.where(verdicts.second_first[rows], 1, -1).astype(np.int64),
    )


def shown_verdicts(panel: Panel, verdicts: JudgeVerdicts) -> ShownVerdicts:
    """The same verdicts as statistics of the order take them, with the second answer as the candidate."""
    rows: Bools = verdicts.ordered & verdicts.asked
    comparison = verdicts.comparison[rows]
    question = np.unique(comparison, return_inverse=True)[1].astype(np.int64)
    return ShownVerdicts(
        question,
        np.zeros(len(comparison), dtype=np.int64),
        panel.cluster[comparison],
        verdicts.second_first[rows],
        verdicts.preference[rows],
    )


def _repeated(panel: Panel, comparison: Ints) -> Panel:
    """A panel whose comparisons are these rows of another one, which may have the same row several times."""
    by_comparison = np.argsort(panel.comparison, kind="stable")
    each = panel.opinions_each
    start = np.cumsum(each) - each
    counts = each[comparison]
    place = np.arange(len(comparison)).repeat(counts)
    within = np.arange(int(counts.sum())) - (np.cumsum(counts) - counts).repeat(counts)
    opinion = by_comparison[start[comparison].repeat(counts) + within]
    return Panel(panel.cluster[comparison], place, panel.person[opinion], panel.said[opinion])
