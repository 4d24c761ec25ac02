"""Whether a regression says the right thing of pairs that are about equally long, which is what it is asked about."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.stats.sample import Floats, Sample

# below so many pairs their own spread is too unsure
MIN_FOR_OWN_SPREAD = 30
# below so many there is nothing to hold against each other
MIN_PAIRS = 10
MISFIT = 3.0
POOLED_MISFIT = 2.0
POOLED_MISFIT_POINTS = 4.0


@dataclass(frozen=True, slots=True)
class FitCheck:
    """The verdicts on `n` pairs of about equal length minus what was predicted of them, in points on average; `z` in
    standard errors.
    """

    residual: float
    n: int
    z: float

    @property
    def all_misfit(self) -> bool:
        """Whether a check of several models together counts against all of them."""
        return abs(self.residual) > POOLED_MISFIT_POINTS and abs(self.z) > POOLED_MISFIT

    def __str__(self) -> str:
        direction = "little" if self.residual > 0 else "much"
        return f"predicts {abs(self.residual):.1f} points too {direction} at equal length (z {self.z:.1f}, n {self.n})"


@dataclass(frozen=True, slots=True, eq=False)
class NearEqual:
    """The pairs of about equal length by instruction: verdict minus prediction, and the prediction's own variance."""

    keys: tuple[str, ...]
    residual: Floats
    variance: Floats


def near_equal(sample: Sample, near: NDArray[np.bool_], *, predicted: Floats, dispersion: float) -> NearEqual:
    """What there is to check of one model.

    Args:
        near: which pairs are about equally long, shape (n,).
        predicted: of every pair, in [0, 1].
        dispersion: variance of verdicts over that of coin tosses.
    """
    rows = np.flatnonzero(near)
    chance = predicted[rows]
    return NearEqual(
        tuple(sample.keys[row] for row in rows),
        sample.preference[rows] - chance,
        dispersion * chance * (1 - chance),
    )


def check_fit(pairs: NearEqual) -> FitCheck | None:
    """The check of one model, with the model's own variance, of few pairs at least that of the prediction.

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
    """The check of several models together; verdicts on one instruction are not independent.

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
