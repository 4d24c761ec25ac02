"""What a judge says when it is asked again: whether its probabilities hold for its own next verdict."""

from dataclasses import dataclass

import numpy as np

from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.sample import Floats, Ints
from evalkit.stats.shares import mean_share
from evalkit.types import Estimate

BINS = 10
# so that 0.3 opens the bin from 0.3 and not the one below it
_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Bin:
    """How many verdicts state a probability from `low` up to `high` percent; the last bin has its upper end too."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class RetestBin:
    """Verdicts from `low` up to `high` that were asked for again, in percent: how many, their mean, and the mean of the
    other verdicts on their questions.
    """

    low: float
    high: float
    count: int
    stated: float
    again: Estimate


def stated_bins(preference: Floats) -> tuple[Bin, ...]:
    """A histogram of preferences in [0, 1], in tenths."""
    counts = np.bincount(_places(preference), minlength=BINS)
    return tuple(Bin(*_ends(place), int(count)) for place, count in enumerate(counts))


def retest_bins(
    question: Ints, cluster: Ints, preference: Floats, *, confidence: float = CONFIDENCE
) -> tuple[RetestBin, ...]:
    """What is stated once beside what is stated the other times, by tenths of the first; bins without verdicts are left
    out.

    Every verdict on a question that has another one counts once as what was stated, beside the mean of all others on
    its question. A judge whose probabilities are those of its own next verdict lies on the diagonal; one that is surer
    than it is steady lies nearer to one half. A bin's interval is clustered by instruction.

    Args:
        question: numbered from 0; verdicts of one question are on the same two answers; shape (n verdicts,).
        cluster: the instruction, numbered; shape (n verdicts,).
        preference: P(candidate beats baseline); shape (n verdicts,).
    """
    count = np.bincount(question)[question]
    total = np.bincount(question, weights=preference)[question]
    again = count > 1
    stated = preference[again]
    others = np.clip((total[again] - stated) / (count[again] - 1), 0.0, 1.0)
    places, clusters = _places(stated), cluster[again]
    return tuple(
        RetestBin(
            *_ends(place),
            int(here.sum()),
            100 * float(stated[here].mean()),
            mean_share(others[here], clusters[here], confidence=confidence),
        )
        for place, here in ((place, places == place) for place in range(BINS))
        if here.any()
    )


def _places(preference: Floats) -> Ints:
    places: Ints = np.minimum(np.floor(np.round(preference * BINS, _DECIMALS)), BINS - 1).astype(np.int64)
    return places


def _ends(place: int) -> tuple[float, float]:
    return 100 * place / BINS, 100 * (place + 1) / BINS
