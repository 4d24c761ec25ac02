"""The ladder of models that are measured on the same instructions again and again, and the lift of the best of them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

from evalkit.errors import StatsError
from evalkit.types import Estimate, StatusKind

# the integral below is cut off where a normal variable is found less than once in 10^18 times
_FAR = 9.0
_STEPS = 2_000


@dataclass(frozen=True, slots=True)
class Rung:
    """The place of one of several models on the ladder: the `best` of those before it, and whether it improves on that.

    `step` is the lead that an improvement must exceed, None for the first and where the lead has no error.
    """

    best: int | None
    lead: Estimate | None
    step: float | None
    improves: bool


def climb(n: int, difference: Callable[[int, int], Estimate]) -> list[Rung]:
    """The ladder of `n` models in the order in which they were looked at.

    A model improves on the best one before it only if its lead exceeds the standard error of that lead. Otherwise, and
    where that error is unknown or zero, the best one stays. A person who decides by the ladder alone learns little of
    the instructions from a look that shows no improvement, so that many more looks are possible before the best number
    says more than it should. The first model is the first best one.

    Args:
        difference: the lead of the model of the first number over that of the second, counted from 0, as
            `paired_difference` gives it.

    Reference: Blum and Hardt 2015, arXiv:1502.04585: the parameter-free Ladder mechanism. Its step is the standard
    deviation of the losses' differences over the root of n; ours also allows for clusters and for what is learned of
    length. It rounds the number that it shows to 1/n, and this does not.

    Example:
        >>> from evalkit.stats import climb
        >>> from evalkit.types import Estimate
        >>> rates, error = [50.0, 51.0, 54.0], 2.0
        >>> def lead(a, b):
        ...     return Estimate(rates[a] - rates[b], error, rates[a] - rates[b] - 4, rates[a] - rates[b] + 4, 100)
        >>> [(rung.best, rung.improves) for rung in climb(3, lead)]
        [(None, True), (0, False), (0, True)]
    """
    if n < 0:
        raise StatsError(f"n is {n}. Give the number of models")
    rungs: list[Rung] = []
    best = 0
    for number in range(n):
        if number == 0:
            rungs.append(Rung(None, None, None, improves=True))
            continue
        lead = difference(number, best)
        step = None if lead.status.kind == StatusKind.NOT_ESTIMABLE else lead.stderr
        improves = step is not None and lead.value is not None and lead.value > step > 0
        rungs.append(Rung(best, lead, step, improves))
        best = number if improves else best
    return rungs


def expected_largest(looks: int) -> float:
    """The expected value of the largest of `looks` independent standard normal errors.

    The best of several models that are equally good is by this many standard errors better than it should be. It grows
    without end, though slowly: at most by the root of twice the logarithm of the number.

    Raises:
        StatsError: there is no look.

    Reference: Harter 1961, Expected values of normal order statistics, Biometrika 48, tabulates the same values.

    Example:
        >>> from evalkit.stats.ladder import expected_largest
        >>> [round(expected_largest(looks), 4) for looks in (1, 2, 5, 10)]
        [0.0, 0.5642, 1.163, 1.5388]
    """
    if looks < 1:
        raise StatsError(f"looks is {looks}. Give the number of looks, from 1")
    normal = NormalDist()
    width = 2 * _FAR / _STEPS
    total = 0.0
    # the mean is the integral of 1 - F^looks over the positive numbers less that of F^looks over the negative ones
    for step in range(_STEPS):
        point = -_FAR + (step + 0.5) * width
        below = math.exp(looks * math.log(max(normal.cdf(point), 1e-300)))
        total += ((1 - below) if point > 0 else -below) * width
    return total
