"""How few verdicts a conclusion hangs on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from evalkit.stats.paired import paired_difference, significant
from evalkit.stats.sample import Floats, Ints, Sample
from evalkit.stats.winrate import Measured


class Change(Enum):
    """What reversed verdicts would do: a difference that was significant no longer is, or one that was not changes its
    sign.
    """

    DOUBT = "no longer significant"
    SIGN = "the other way round"


@dataclass(frozen=True, slots=True)
class Reversal:
    """A verdict with preference p that is taken as 1 - p: the first or the second model's (0 or 1) on a key."""

    model: int
    key: str


@dataclass(frozen=True, slots=True)
class Fragility:
    """A set of reversed verdicts that changes the conclusion, and so an upper bound on the smallest such set.

    `reversed` is empty where no set that was tried would do; `of` is how many verdicts there are, on both models.
    """

    change: Change
    reversed: tuple[Reversal, ...]
    of: int

    @property
    def at_most(self) -> int | None:
        """How many verdicts are enough; None where none that were tried are."""
        return len(self.reversed) or None


def fragility(
    samples: tuple[Sample, Sample],
    measure: tuple[Callable[[Sample], Measured], Callable[[Sample], Measured]],
    *,
    confidence: float,
) -> Fragility | None:
    """Reverse verdicts that favour the model ahead, those that move the difference most first, until all has changed.

    How far a reversal moves the difference is exact for raw win rates, and for controlled ones taken from the
    influences; the number is the smallest prefix of that order found by bisection, and the change at its end is
    computed and not extrapolated. Only for a raw win rate's change of sign is no smaller set possible.

    Args:
        samples: with the same keys; preferences of comparisons, not grades.
        measure: how each model's rate in percent comes from its sample.

    Returns:
        None where there is no difference to change: it is refused, or exactly zero.
    """
    measured = (measure[0](samples[0]), measure[1](samples[1]))
    found = paired_difference(*measured, samples=samples, confidence=confidence)
    if not found.value:
        return None
    change = Change.DOUBT if significant(found) else Change.SIGN
    ahead = found.value > 0
    n = samples[0].n
    moves = np.concatenate([_moves(samples[0], measured[0]), -_moves(samples[1], measured[1])])
    order = np.argsort(moves if ahead else -moves, kind="stable")
    order = order[: int(((moves < 0) if ahead else (moves > 0)).sum())]

    def changed(count: int) -> bool:
        turned = (_reversed(samples[0], order[:count]), _reversed(samples[1], order[:count] - n))
        now = paired_difference(measure[0](turned[0]), measure[1](turned[1]), samples=turned, confidence=confidence)
        if now.value is None:
            return False
        turned_round = now.value < 0 if ahead else now.value > 0
        return turned_round or (change == Change.DOUBT and not significant(now))

    count = _smallest(changed, len(order))
    keys = samples[0].keys
    return Fragility(change, tuple(Reversal(int(one >= n), keys[one % n]) for one in order[:count].tolist()), 2 * n)


def _moves(sample: Sample, measured: Measured) -> Floats:
    """About how far a rate in percent moves when a row's preference p becomes 1 - p, times n; shape (n,).

    A row with preference p has the influence weight * (p - rate) on a raw rate, and 1 - 2p is twice what is between it
    and one half.
    """
    value = measured.estimate.value
    assert value is not None
    moves: Floats = sample.relative_weight * (100 - 2 * value) - 2 * measured.influence
    return moves


def _reversed(sample: Sample, rows: Ints) -> Sample:
    """With the preferences of those rows reversed that the sample has."""
    own = rows[(rows >= 0) & (rows < sample.n)]
    preference = sample.preference.copy()
    preference[own] = 1 - preference[own]
    return replace(sample, preference=preference)


def _smallest(changed: Callable[[int], bool], most: int) -> int:
    """The smallest count that changes it and whose predecessor does not, 0 where none that was tried does."""
    high = 1
    while high < most and not changed(high):
        high *= 2
    high = min(high, most)
    if not changed(high):
        return 0
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if changed(middle) else (middle, high)
    return high
