"""How many answers tell of a win rate at equal length: those of about the baseline's length, and those beyond it."""

from dataclasses import dataclass

import numpy as np

from evalkit.stats.covariates import length_spread
from evalkit.stats.sample import Floats, Sample

# of the baseline's length: so far apart two answers are about equally long
BAND = 0.10


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """Shares of answers as long as the baseline's and as short; `near` marks those of about equal length, shape (n,).

    An answer of exactly the baseline's length counts half on either side, one at the edge of the band whole on its own:
    a character more or less makes no answer a long one.
    """

    as_long: float
    as_short: float
    near: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @property
    def smaller(self) -> float:
        return min(self.as_long, self.as_short)

    @property
    def word(self) -> str:
        """What hardly any answer is."""
        return "long" if self.as_long <= self.as_short else "short"


def overlap_of(sample: Sample) -> Overlap | None:
    """How far a sample's lengths overlap; None where they are unknown or never differ."""
    difference = sample.length_difference
    if difference is None or not np.isfinite(difference).all() or not difference.any():
        return None
    band = _band(sample, difference)
    near = np.abs(difference) <= band
    # where the baseline's answer is empty there is no band, and a sign decides
    side = np.clip(np.divide(difference, band, out=np.sign(difference), where=band > 0), -1.0, 1.0)
    return Overlap(sample.mean((1 + side) / 2), sample.mean((1 - side) / 2), near)


def _band(sample: Sample, difference: Floats) -> Floats:
    """How many characters make no difference, shape (n,)."""
    length = sample.baseline_length
    if length is None or not np.isfinite(length).all():
        return np.full(len(difference), BAND * length_spread(difference) if np.ptp(difference) else 0.0)
    return BAND * np.maximum(length, 0.0)
