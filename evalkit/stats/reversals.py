"""The number of reversed verdicts that would change a conclusion about two models."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.paired import paired_difference, significant
from evalkit.stats.sample import Floats, Ints, Sample
from evalkit.stats.winrate import Measured


class Change(Enum):
    """The change that reversed verdicts cause: a significant difference loses its significance, or a difference that
    was not significant changes its sign.
    """

    DOUBT = "no longer significant"
    SIGN = "the other way round"


@dataclass(frozen=True, slots=True)
class Reversal:
    """A verdict whose preference p is replaced by 1 - p: that of the first or second model (0 or 1) on a key."""

    model: int
    key: str


@dataclass(frozen=True, slots=True)
class Fragility:
    """A set of reversed verdicts that changes the conclusion; its size is an upper bound for the smallest such set.

    `reversed` is empty where no tried set changes the conclusion; `of` is the number of verdicts on both models.
    """

    change: Change
    reversed: tuple[Reversal, ...]
    of: int

    @property
    def at_most(self) -> int | None:
        """A number of reversed verdicts that is enough; None where no tried number is."""
        return len(self.reversed) or None


def fragility(
    samples: tuple[Sample, Sample],
    measure: tuple[Callable[[Sample], Measured], Callable[[Sample], Measured]],
    *,
    confidence: float = CONFIDENCE,
) -> Fragility | None:
    """Reverse verdicts that favour the leading model, in falling order of their effect, until the conclusion changes.

    The effect of a reversal on the difference is exact for raw win rates, and approximated by the influences for
    controlled rates. Bisection finds the smallest prefix of that order that changes the conclusion, and the conclusion
    after that prefix is recomputed rather than extrapolated. A smaller set is impossible only for a change of sign of a
    raw win rate.

    Args:
        samples: both models' samples with the same keys; preferences of comparisons, not grades.
        measure: computes each model's rate in percent from its sample.

    Returns:
        None where the difference is refused or exactly zero.

    Raises:
        StatsError: the samples have different keys.
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
    return Fragility(
        change, tuple(Reversal(int(index >= n), keys[index % n]) for index in order[:count].tolist()), 2 * n
    )


def _moves(sample: Sample, measured: Measured) -> Floats:
    """Approximately n times the change of a rate in percent when a row's preference p becomes 1 - p; shape (n,).

    A row with preference p has the influence weight * (p - rate) on a raw rate, and the reversal changes p by 1 - 2p.
    """
    value = measured.estimate.value
    assert value is not None
    moves: Floats = sample.relative_weight * (100 - 2 * value) - 2 * measured.influence
    return moves


def _reversed(sample: Sample, rows: Ints) -> Sample:
    """The sample with the preferences of these rows reversed; rows that the sample does not have are ignored."""
    own = rows[(rows >= 0) & (rows < sample.n)]
    preference = sample.preference.copy()
    preference[own] = 1 - preference[own]
    return replace(sample, preference=preference)


def _smallest(changed: Callable[[int], bool], most: int) -> int:
    """A count found by bisection that changes the conclusion while the count before it does not; 0 where no tried count
    changes it.
    """
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
