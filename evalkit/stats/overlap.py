"""The overlap of a model's answer lengths with the baseline's, which limits what its rate at equal length can show."""

from dataclasses import dataclass

import numpy as np

from evalkit.stats.covariates import length_spread
from evalkit.stats.sample import Floats, Sample

# two answers that differ by at most this share of the baseline's length are of about equal length
BAND = 0.10


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """Shares of answers at least as long and at most as short as the baseline's; `near`, shape (n,), marks the answers
    of about the baseline's length.

    An answer of exactly the baseline's length counts half on each side. An answer at the edge of the band or beyond
    counts fully on its side, and the weight is linear between, so that a single character changes little.
    """

    as_long: float
    as_short: float
    near: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @property
    def smaller(self) -> float:
        return min(self.as_long, self.as_short)

    @property
    def word(self) -> str:
        """`long` or `short`, whichever fewer answers are."""
        return "long" if self.as_long <= self.as_short else "short"


def overlap_of(sample: Sample) -> Overlap | None:
    """The overlap of a sample's lengths with the baseline's; None where lengths are unknown or never differ."""
    difference = sample.length_difference
    if difference is None or not np.isfinite(difference).all() or not difference.any():
        return None
    band = _band(sample, difference)
    near = np.abs(difference) <= band
    # where the baseline's answer is empty the band has no width, and the sign of the difference decides
    side = np.clip(np.divide(difference, band, out=np.sign(difference), where=band > 0), -1.0, 1.0)
    return Overlap(sample.mean((1 + side) / 2), sample.mean((1 - side) / 2), near)


def _band(sample: Sample, difference: Floats) -> Floats:
    """The difference in characters up to which two answers are of about equal length, shape (n,)."""
    length = sample.baseline_length
    if length is None or not np.isfinite(length).all():
        return np.full(len(difference), BAND * length_spread(difference) if np.ptp(difference) else 0.0)
    return BAND * np.maximum(length, 0.0)
