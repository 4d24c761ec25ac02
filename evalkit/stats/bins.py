"""Ten bins of equal width on [0, 1]."""

import numpy as np

from evalkit.stats.columns import Floats, Ints

BINS = 10
# rounding puts 0.3 into the bin that starts at 0.3, and not into the bin below
_DECIMALS = 9


def tenths(values: Floats) -> Ints:
    """The bin of each value in [0, 1], from 0 to 9; a bin includes its lower end, and the last one both ends."""
    places: Ints = np.minimum(np.floor(np.round(values * BINS, _DECIMALS)), BINS - 1).astype(np.int64)
    return places


def tenth_ends(place: int) -> tuple[float, float]:
    """The lower and the upper end of a bin, in percent."""
    return 100 * place / BINS, 100 * (place + 1) / BINS
