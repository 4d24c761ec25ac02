"""Checks a regression against the verdicts on pairs of about equal length."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.stats.sample import Floats, Sample

# with fewer pairs the variance of their residuals is too uncertain to be used alone
MIN_FOR_OWN_SPREAD = 30
# with fewer pairs or instructions no check is made
MIN_PAIRS = 10
MISFIT = 3.0
POOLED_MISFIT = 2.0
POOLED_MISFIT_POINTS = 4.0


@dataclass(frozen=True, slots=True)
class FitCheck:
    """The mean residual, verdict minus prediction, of `n` pairs of about equal length, in points; `z` is the mean over
    its standard error.
    """

    residual: float
    n: int
    z: float

    @property
    def all_misfit(self) -> bool:
        """True if a check of several models together counts against all of them."""
        return abs(self.residual) > POOLED_MISFIT_POINTS and abs(self.z) > POOLED_MISFIT

    def __str__(self) -> str:
        direction = "little" if self.residual > 0 else "much"
        return f"predicts {abs(self.residual):.1f} points too {direction} at equal length (z {self.z:.1f}, n {self.n})"


@dataclass(frozen=True, slots=True, eq=False)
class NearEqual:
    """The pairs of about equal length by instruction: residual (verdict minus prediction) and predicted variance."""

    keys: tuple[str, ...]
    residual: Floats
    variance: Floats


def near_equal(sample: Sample, near: NDArray[np.bool_], *, predicted: Floats, dispersion: float) -> NearEqual:
    """One model's pairs of about equal length, for the check.

    Args:
        near: which pairs are of about equal length, shape (n,).
        predicted: predicted preference of every pair, in [0, 1].
        dispersion: variance of the verdicts divided by the variance of coin tosses with the same mean.
    """
    rows = np.flatnonzero(near)
    chance = predicted[rows]
    return NearEqual(
        tuple(sample.keys[row] for row in rows),
        sample.preference[rows] - chance,
        dispersion * chance * (1 - chance),
    )


def check_fit(pairs: NearEqual) -> FitCheck | None:
    """The check of one model, with the variance of its own residuals; with few pairs, the predicted variance is a lower
    bound.

    None below ten pairs.
    """
    n = len(pairs.keys)
    if n < MIN_PAIRS:
        return None
    variance = float(pairs.residual.var(ddof=1))
    if n < MIN_FOR_OWN_SPREAD:
        variance = max(variance, float(pairs.variance.mean()))
    mean = float(pairs.residual.mean())
    return FitCheck(100 * mean, n, mean / math.sqrt(variance / n) if variance > 0 else 0.0)


def check_fits(models: Sequence[NearEqual]) -> FitCheck | None:
    """The check of several models together; the variance is clustered, as verdicts on one instruction are dependent.

    None below ten pairs or instructions.
    """
    sums: dict[str, tuple[float, int]] = {}
    for pairs in models:
        for key, residual in zip(pairs.keys, pairs.residual.tolist(), strict=True):
            total, count = sums.get(key, (0.0, 0))
            sums[key] = total + residual, count + 1
    n = sum(count for _, count in sums.values())
    if len(sums) < MIN_PAIRS:
        return None
    mean = sum(total for total, _ in sums.values()) / n
    variance = sum((total - mean * count) ** 2 for total, count in sums.values())
    return FitCheck(100 * mean, n, mean * n / math.sqrt(variance) if variance > 0 else 0.0)
