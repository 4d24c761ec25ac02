"""Checks whether a judge's stated probabilities predict its own next verdict on the same question."""

from dataclasses import dataclass

import numpy as np

from evalkit.stats.bins import BINS, tenth_ends, tenths
from evalkit.stats.columns import Labels, Numbers, check_confidence, check_share, floats, numbered
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.sample import Floats
from evalkit.stats.shares import mean_share
from evalkit.types import Estimate


@dataclass(frozen=True, slots=True)
class Bin:
    """The count of verdicts stated from `low` to below `high` percent; the last bin includes its upper end."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class RetestBin:
    """Verdicts from `low` to below `high` percent on repeated questions: how many, their mean, and the mean of the
    other verdicts on the same questions, both in percent.
    """

    low: float
    high: float
    count: int
    stated: float
    again: Estimate


def stated_bins(preference: Numbers) -> tuple[Bin, ...]:
    """A histogram of preferences in [0, 1], in tenths.

    Raises:
        StatsError: a preference is missing or outside [0, 1].
    """
    preference = _known(preference)
    counts = np.bincount(tenths(preference), minlength=BINS)
    return tuple(Bin(*tenth_ends(place), int(count)) for place, count in enumerate(counts))


def retest_bins(
    question: Labels, cluster: Labels, preference: Numbers, *, confidence: float = CONFIDENCE
) -> tuple[RetestBin, ...]:
    """The mean of a question's other verdicts by the stated verdict, in bins of a tenth; empty bins are left out.

    Every verdict on a question with several verdicts counts once as the stated verdict, and is compared with the mean
    of all other verdicts on its question. For a judge whose stated probabilities predict its own next verdict, the two
    means agree; for an overconfident judge, the other verdicts lie nearer to one half. A bin's interval is clustered by
    instruction.

    Args:
        question: the question of each verdict, a number or a name, shape (n verdicts,); a question is about two given
            answers.
        cluster: each verdict's instruction, a number or a name, shape (n verdicts,).
        preference: P(candidate beats baseline), known for each; shape (n verdicts,).

    Raises:
        StatsError: a preference is missing or outside [0, 1], or the columns have different lengths.
    """
    check_confidence(confidence)
    preference = _known(preference)
    rows = ("preference", len(preference))
    question, cluster = numbered(question, "question", like=rows), numbered(cluster, "cluster", like=rows)
    count = np.bincount(question)[question]
    total = np.bincount(question, weights=preference)[question]
    again = count > 1
    stated = preference[again]
    others = np.clip((total[again] - stated) / (count[again] - 1), 0.0, 1.0)
    places, clusters = tenths(stated), cluster[again]
    return tuple(
        RetestBin(
            *tenth_ends(place),
            int(here.sum()),
            100 * float(stated[here].mean()),
            mean_share(others[here], clusters[here], confidence=confidence),
        )
        for place, here in ((place, places == place) for place in range(BINS))
        if here.any()
    )


def _known(preference: Numbers) -> Floats:
    known = floats(preference, "preference", known=True)
    check_share(known, "preference", "Give P(candidate beats baseline)")
    return known
