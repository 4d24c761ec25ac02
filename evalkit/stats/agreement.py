"""Agreement of a board with a reference ranking of the same models: rank and linear correlation."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import permutations

import numpy as np

from evalkit.stats.columns import Numbers, check_confidence, floats
from evalkit.stats.copula import Errors, correlation_interval, kendall_latent, pearson_latent, spearman_latent
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.quantiles import normal_quantile
from evalkit.stats.sample import Floats
from evalkit.types import OK, Estimate, degraded

MIN_MODELS = 4
FEW_MODELS = 10
PERMUTATIONS = 9_999
# 8! = 40320 orders are all tried
_EXACT_UP_TO = 8
_SAME = 1e-12
# as many orders of pairs are looked at together as fit into a cache
_CELLS = 200_000
# an error as wide as the spread leaves nothing to correlate
_LEAST_RELIABILITY = 0.5


class Coefficient(Enum):
    """The correlations that `correlation` computes."""

    SPEARMAN = "spearman"
    KENDALL = "kendall"
    PEARSON = "pearson"


@dataclass(frozen=True, slots=True)
class Robustness:
    """The dependence of a correlation on single models, and the p-value of the permutation test of no association.

    `lower` and `upper` are its range when each model is left out in turn. `model` is the index of the model whose
    removal changes the correlation most, and `without` is the correlation after that removal.
    """

    p_value: float
    lower: float
    upper: float
    model: int
    without: float


def correlation(
    coefficient: Coefficient,
    board: Numbers,
    reference: Numbers,
    *,
    errors: tuple[Numbers, Numbers] | None = None,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """A correlation on the scale -1..1, with an interval that allows for sampling of models and for measurement errors.

    The value is the correlation of the given scores. The interval is for the correlation of error-free scores in the
    population from which these models are a sample; where errors are known, it also contains the correlation of
    measured scores.

    Args:
        coefficient: the correlation; `spearman`, `kendall` and `pearson` compute one each.
        board, reference: scores of the same models in the same order, shape (n,). A series is read by position, not by
            its index.
        errors: standard errors of both rankings, each of shape (n,), 0 where no error is known.

    Returns:
        n counts models; not estimable below four, where a score is missing, or where one side does not vary.

    Raises:
        StatsError: a column has another length or shape, or the confidence is not between 0 and 1.
    """
    check_confidence(confidence)
    board, reference, errors = _columns(board, reference, errors)
    n = len(board)
    if n < MIN_MODELS:
        return Estimate.refused(f"{n} shared {'model' if n == 1 else 'models'}, at least {MIN_MODELS} needed", n=n)
    if not (np.isfinite(board).all() and np.isfinite(reference).all()):
        return Estimate.refused("a score is missing", n=n)
    if np.ptp(board) == 0 or np.ptp(reference) == 0:
        return Estimate.refused("one of the rankings does not vary", n=n)
    value = VALUES[coefficient](board, reference)
    stderr, lower, upper = correlation_interval(
        _LATENT[coefficient], value, board, reference, errors=errors, confidence=confidence
    )
    if coefficient == Coefficient.PEARSON:
        lower, upper = _wider((lower, upper), _fisher(value, n, confidence))
    reasons = [] if n >= FEW_MODELS else [f"{n} models only"]
    if errors is not None and min(map(_reliability, (board, reference), errors)) < _LEAST_RELIABILITY:
        reasons.append("measurement errors make up most of the differences between models")
    return Estimate(value, stderr, lower, upper, n, degraded("; ".join(reasons)) if reasons else OK)


def spearman(
    board: Numbers, reference: Numbers, *, errors: tuple[Numbers, Numbers] | None = None, confidence: float = CONFIDENCE
) -> Estimate:
    """Spearman's rank correlation; ties share their mean rank.

    Arguments, results and errors are those of `correlation`: scores of the same models in the same order, and a number
    from -1 to 1.

    Example:
        >>> from evalkit.stats import spearman
        >>> found = spearman([1, 0, 2, 3, 4, 5, 6, 7, 9, 8], range(10))
        >>> print(f"{found.value:.2f} [{found.lower:.2f}, {found.upper:.2f}] {found.status}")
        0.98 [0.85, 1.00] ok
    """
    return correlation(Coefficient.SPEARMAN, board, reference, errors=errors, confidence=confidence)


def kendall(
    board: Numbers, reference: Numbers, *, errors: tuple[Numbers, Numbers] | None = None, confidence: float = CONFIDENCE
) -> Estimate:
    """Kendall's tau-b: concordant minus discordant pairs, as a share of the untied pairs.

    Arguments, results and errors are those of `correlation`.
    """
    return correlation(Coefficient.KENDALL, board, reference, errors=errors, confidence=confidence)


def pearson(
    board: Numbers, reference: Numbers, *, errors: tuple[Numbers, Numbers] | None = None, confidence: float = CONFIDENCE
) -> Estimate:
    """Pearson's linear correlation; its interval is never shorter than Fisher's for normal scores.

    A sample shows less of a long tail than its population has, so an interval from the sample alone would be too short.
    Arguments, results and errors are those of `correlation`.
    """
    return correlation(Coefficient.PEARSON, board, reference, errors=errors, confidence=confidence)


def robustness(coefficient: Coefficient, board: Numbers, reference: Numbers) -> Robustness | None:
    """The permutation test of no association, two-sided, and the range when each model is left out.

    The test tries every order up to eight models and else 9,999 random ones, with one added for the order
    found (Phipson and Smyth 2010, arXiv:1603.05766). None where the correlation cannot be estimated from all models, or
    cannot be estimated after one of them is left out.

    Args:
        coefficient: the correlation.
        board, reference: scores of the same models in the same order, shape (n,).

    Raises:
        StatsError: a column has another length or shape.
    """
    board, reference, _ = _columns(board, reference, None)
    n = len(board)
    if n < MIN_MODELS or not np.isfinite([board, reference]).all():
        return None
    kept = ~np.eye(n, dtype=bool)
    if any(np.ptp(side[rows]) == 0 for rows in kept for side in (board, reference)):
        return None
    value = VALUES[coefficient]
    whole = value(board, reference)
    without = np.array([value(board[rows], reference[rows]) for rows in kept])
    model = int(np.argmax(np.abs(without - whole)))
    return Robustness(
        _permutation_p(coefficient, board, reference),
        float(without.min()),
        float(without.max()),
        model,
        float(without[model]),
    )


def _columns(
    board: Numbers, reference: Numbers, errors: tuple[Numbers, Numbers] | None
) -> tuple[Floats, Floats, Errors | None]:
    scores = floats(board, "board")
    rows = ("board", len(scores))
    truth = floats(reference, "reference", like=rows)
    if errors is None:
        return scores, truth, None
    first, second = (floats(side, f"errors[{place}]", like=rows, known=True) for place, side in enumerate(errors))
    return scores, truth, (first, second)


def mean_ranks(scores: Floats) -> Floats:
    """Ranks from 1, ties at their mean."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(count) - (count - 1) / 2)[place]
    return ranks


def _spearman(board: Floats, reference: Floats) -> float:
    return _pearson(mean_ranks(board), mean_ranks(reference))


def _kendall(board: Floats, reference: Floats) -> float:
    first, second = _signs(board), _signs(reference)
    return _bounded(float(first @ second) / math.sqrt(float(first @ first) * float(second @ second)))


def _pearson(board: Floats, reference: Floats) -> float:
    # a scale that neither overflows nor underflows
    first, second = ((side - side.mean()) / np.ptp(side) for side in (board, reference))
    return _bounded(float(first @ second) / math.sqrt(float(first @ first) * float(second @ second)))


def _bounded(value: float) -> float:
    """The correlation, with values that differ from 1 or -1 by rounding only set to exactly 1 or -1."""
    return math.copysign(1.0, value) if abs(value) > 1 - _SAME else value


def _signs(scores: Floats) -> Floats:
    """The order of every pair as -1, 0 or 1, shape (pairs,)."""
    first, second = np.triu_indices(len(scores), 1)
    signs: Floats = np.sign(scores[first] - scores[second])
    return signs


def _fisher(value: float, n: int, confidence: float) -> tuple[float, float]:
    if abs(value) == 1:
        return value, value
    reach = normal_quantile((1 + confidence) / 2) / math.sqrt(n - 3)
    return math.tanh(math.atanh(value) - reach), math.tanh(math.atanh(value) + reach)


def _wider(first: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return min(first[0], other[0]), max(first[1], other[1])


def _reliability(scores: Floats, error: Floats) -> float:
    """Reliability: the share of the variance of scores that is not measurement error."""
    return 1 - float(np.mean(error**2)) / float(np.var(scores, ddof=1))


def _permutation_p(coefficient: Coefficient, board: Floats, reference: Floats) -> float:
    n = len(board)
    rising = np.lexsort((reference, board))
    board, reference = board[rising], reference[rising]
    if n <= _EXACT_UP_TO:
        orders, added = np.array(list(permutations(range(n)))), 0
    else:
        generator = np.random.default_rng(n)
        orders, added = generator.permuted(np.tile(np.arange(n), (PERMUTATIONS, 1)), axis=1), 1
    if coefficient == Coefficient.KENDALL:
        # only the numerator changes with the order
        signs = np.sign(reference[:, None] - reference[None, :])
        first = np.sign(board[:, None] - board[None, :])
        parts = np.array_split(orders, 1 + len(orders) * n**2 // _CELLS)
        found = np.concatenate(
            [np.einsum("ij,kij->k", first, signs[part[:, :, None], part[:, None, :]]) for part in parts]
        )
        whole = np.vdot(first, signs)
    else:
        ranked = coefficient == Coefficient.SPEARMAN
        left, right = ((mean_ranks(side) if ranked else side / np.ptp(side)) for side in (board, reference))
        left, right = left - left.mean(), right - right.mean()
        found, whole = right[orders] @ left, right @ left
    as_far = int((np.abs(found) >= abs(whole) * (1 - _SAME) - _SAME).sum())
    return (as_far + added) / (len(orders) + added)


VALUES: Mapping[Coefficient, Callable[[Floats, Floats], float]] = {
    Coefficient.SPEARMAN: _spearman,
    Coefficient.KENDALL: _kendall,
    Coefficient.PEARSON: _pearson,
}
_LATENT = {
    Coefficient.SPEARMAN: spearman_latent,
    Coefficient.KENDALL: kendall_latent,
    Coefficient.PEARSON: pearson_latent,
}
