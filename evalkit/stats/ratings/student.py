"""Student's quantiles for many degrees of freedom at once."""

from statistics import NormalDist

import numpy as np

from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats, Ints

# from here on the expansion is right to five decimals, in tails of 1e-5 too
_MANY = 100


def student_reach(freedom: Ints, tail: float) -> Floats:
    """The distance from zero beyond which Student's distribution leaves a tail, for each number of degrees of freedom.

    Reference: for many degrees the expansion in their inverse, Abramowitz and Stegun 26.7.5.
    """
    z = -NormalDist().inv_cdf(tail)
    many = np.maximum(freedom, _MANY).astype(np.float64)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    reach: Floats = z + first / many + second / many**2 + third / many**3
    for few in np.unique(freedom[freedom < _MANY]).tolist():
        reach[freedom == few] = -student_quantile(few, tail)
    return reach
