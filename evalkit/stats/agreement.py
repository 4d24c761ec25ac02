"""How far a board agrees with a reference ranking of the same models."""

import math

import numpy as np
from scipy.special import ndtri

from evalkit.stats.intervals import CONFIDENCE
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
    if np.ptp(board) == 0 or np.ptp(reference) == 0:
        return Estimate.refused("one of the rankings does not vary", n=n)
    from scipy.stats import rankdata

    value = float(np.corrcoef(rankdata(board), rankdata(reference))[0, 1])
    value = max(-1.0, min(1.0, value))
    status = OK if n >= FEW_MODELS else degraded(f"{n} models only")
    if abs(value) == 1.0:
        return Estimate(value, 0.0, -1.0 if value < 0 else _edge(n), 1.0 if value > 0 else -_edge(n), n, status)
    error = math.sqrt((1 + value**2 / 2) / (n - 3))
    reach = float(ndtri((1 + confidence) / 2)) * error
    centre = math.atanh(value)
    return Estimate(value, error * (1 - value**2), math.tanh(centre - reach), math.tanh(centre + reach), n, status)


def _edge(n: int) -> float:
    """The lower end for a perfect agreement of n models: that of the nearest smaller correlation, one swap away."""
    nearest = 1 - 12 / (n * (n**2 - 1))
    error = math.sqrt((1 + nearest**2 / 2) / (n - 3))
    return math.tanh(math.atanh(nearest) - 1.959963984540054 * error)
