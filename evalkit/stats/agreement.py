"""How far a board agrees with a reference ranking of the same models."""

import math

import numpy as np

from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.quantiles import normal_quantile
from evalkit.stats.sample import Floats
from evalkit.types import OK, Estimate, degraded

MIN_MODELS = 4
FEW_MODELS = 10


def spearman(board: Floats, reference: Floats, *, confidence: float = CONFIDENCE) -> Estimate:
    """Spearman's rank correlation on the scale -1..1, with Bonett and Wright's interval over models.

    Args:
        board, reference: scores of the same models in the same order, shape (n,).

    Returns:
        n counts models; not estimable below four or where one side does not vary.

    Reference: Bonett and Wright 2000, Psychometrika 65.
    """
    n = len(board)
    if n < MIN_MODELS:
        return Estimate.refused(f"{n} shared models, at least {MIN_MODELS} needed", n=n)
    if not (np.isfinite(board).all() and np.isfinite(reference).all()):
        return Estimate.refused("a score is missing", n=n)
    if np.ptp(board) == 0 or np.ptp(reference) == 0:
        return Estimate.refused("one of the rankings does not vary", n=n)
    from scipy.stats import rankdata

    value = float(np.corrcoef(rankdata(board), rankdata(reference))[0, 1])
    # rankings that agree in full are as good as the nearest ones that do not: two neighbours swapped
    nearest = 1 - 12 / (n * (n**2 - 1))
    perfect = abs(value) > 1 - 1e-12
    value = math.copysign(1.0, value) if perfect else value
    centre = math.copysign(nearest, value) if perfect else value
    error = math.sqrt((1 + centre**2 / 2) / (n - 3))
    reach = normal_quantile((1 + confidence) / 2) * error
    lower, upper = (math.tanh(math.atanh(centre) + side * reach) for side in (-1, 1))
    status = OK if n >= FEW_MODELS else degraded(f"{n} models only")
    return Estimate(value, error * (1 - centre**2), min(lower, value), max(upper, value), n, status)
