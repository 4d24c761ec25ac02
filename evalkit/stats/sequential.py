"""Looking at a sample while it grows: the confidence that each look needs for all of them to hold together.

The error that is allowed is shared between a confidence sequence for the looks before the last and an ordinary interval
for the last, which is at a sample planned beforehand: by the union bound both hold together.
"""

import math
from statistics import NormalDist

# of the error, what early looks get; the rest is the last look's, where close cases are decided. With less, wins and
# losses of a model at 60 % no longer save three fifths of 805 instructions
EARLY_SHARE = 0.5
# the sequence is tightest at this share of the planned sample: a clear case is decided there, and up to four times as
# much or as little costs it less than a tenth of its width
TIGHTEST_AT = 0.25
# a look that would need more is one at which nothing can be decided yet
_SUREST = 1 - 1e-12


def early_look_confidence(n: int, *, alpha: float, n_planned: int) -> float:
    """The confidence that the interval after `n` clusters needs, before everything that was planned is judged.

    Looks may come at any n, as often as one likes, and stop for any reason. The promise is asymptotic: the estimate
    must be nearly normal at the first look, which takes some 50 instructions.

    Args:
        alpha: two-sided, of all looks together, the last one among them.
        n_planned: clusters in the whole sample, fixed before the first look.

    Reference: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, Annals of Statistics 52, theorem 2.2 (a Gaussian
    mixture after Robbins 1970) with the scale of its appendix.
    """
    alpha = EARLY_SHARE * alpha
    # variance of the mixture in units of the running sum's
    spread = _best_spread(alpha) * n / max(1.0, TIGHTEST_AT * n_planned)
    reach = math.sqrt((spread + 1) / spread * (math.log1p(spread) - 2 * math.log(alpha)))
    return min(_SUREST, 1 - 2 * NormalDist().cdf(-reach))


def last_look_confidence(*, alpha: float) -> float:
    """The confidence that the interval needs once everything that was planned is judged.

    Args:
        alpha: as of `early_look_confidence`.
    """
    return 1 - (1 - EARLY_SHARE) * alpha


def _best_spread(alpha: float) -> float:
    """Where the width is least: the root of x = log(1 + x) - 2 log(alpha), by iteration, which contracts."""
    spread = -2 * math.log(alpha)
    for _ in range(100):
        spread = math.log1p(spread) - 2 * math.log(alpha)
    return spread
