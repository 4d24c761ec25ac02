"""The difference between two boards' correlations with one reference ranking of the same models."""

import math
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.agreement import FEW_MODELS, VALUES, Coefficient, mean_ranks
from evalkit.stats.columns import Numbers, check_confidence, floats
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.quantiles import student_quantile, student_tails
from evalkit.stats.sample import Floats
from evalkit.types import OK, Estimate, degraded

# of the 2^5 ways to exchange two boards' scores of five models, two are as extreme as any: p is 0.06 at least
MIN_MODELS_TO_COMPARE = 6
POWER = 0.8
_DIRECTIONS = 120
_RADII = 400
_DRAWS = 200

Influences = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class CorrelationDifference:
    """Two boards' correlations with the same reference, and the lead of the first over the second.

    `p_value` tests that both correlations are equal. `detectable` is the smallest true difference that as many models
    like these would show in four of five samples. `instructions` is the part of the standard error that other
    instructions would cause for the very same models; None where verdicts by instruction are not at hand.
    """

    coefficient: Coefficient
    first: float | None
    second: float | None
    estimate: Estimate
    p_value: float | None = None
    detectable: float | None = None
    instructions: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _ScaledErrors:
    """Standard errors of two correlations on the scale of Fisher's z, and the correlation of these errors."""

    first: float
    second: float
    shared: float

    @property
    def of_difference(self) -> float:
        return math.sqrt(self.first**2 + self.second**2 - 2 * self.shared * self.first * self.second)


def correlation_difference(
    coefficient: Coefficient,
    first: Numbers,
    second: Numbers,
    reference: Numbers,
    *,
    influences: Influences | None = None,
    confidence: float = CONFIDENCE,
) -> CorrelationDifference:
    """The lead of the first board over the second in the correlation with a reference, on the scale -2..2.

    The interval is for boards as they are measured, over other models like these: it contains the measurement errors
    of both boards and of the reference, because every model brings its own. Models are the unit. The errors of both
    correlations and what these errors share come from leaving out each model in turn, on the scale of Fisher's z, and
    are never smaller than those of normal scores. The interval is that of the difference of two back-transformed
    Student variables with n - 1 degrees of freedom, which are correlated as the errors are; p is Student's for the
    difference on Fisher's scale.

    Args:
        coefficient: Spearman or Kendall.
        first, second, reference: scores of the same models in the same order, shape (n,).
        influences: the influence of each instruction on each score of both boards, shape (n, instructions) each, with
            the same instructions in the same order. What all models share of the error of the instructions is added.

    Returns:
        Refused below six models, where a score is missing, where one side does not vary with any one model left out,
        and where the models could not tell a board that agrees perfectly from one that does not agree at all.

    Raises:
        StatsError: the coefficient is Pearson's, or a column has another length or shape.

    Reference: evalkit's own; leaving out models: Efron and Stein 1981, Annals of Statistics 9; the smallest errors:
    Bonett and Wright 2000, Psychometrika 65.

    Example:
        >>> import numpy as np
        >>> from evalkit.stats import Coefficient, correlation_difference
        >>> people = np.arange(12.0)
        >>> close, far = people[[1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 11, 10]], people[[3, 1, 6, 0, 2, 9, 4, 5, 11, 7, 8, 10]]
        >>> found = correlation_difference(Coefficient.SPEARMAN, close, far, people)
        >>> print(f"{found.estimate.value:.3f} [{found.estimate.lower:.3f}, {found.estimate.upper:.3f}]")
        0.266 [-0.031, 0.909]
    """
    check_confidence(confidence)
    if coefficient == Coefficient.PEARSON:
        raise StatsError("Pearson's correlations are not compared, because a few large scores decide their difference")
    one = floats(first, "first")
    rows = ("first", len(one))
    other, truth = floats(second, "second", like=rows), floats(reference, "reference", like=rows)
    if reason := _refusal(one, other, truth):
        return CorrelationDifference(coefficient, None, None, Estimate.refused(reason, n=len(one)))
    return _difference(coefficient, one, other, truth, influences, confidence)


def _difference(
    coefficient: Coefficient,
    one: Floats,
    other: Floats,
    truth: Floats,
    influences: Influences | None,
    confidence: float,
) -> CorrelationDifference:
    n = len(one)
    value = VALUES[coefficient]
    found = np.array([value(one, truth), value(other, truth)])
    z = np.arctanh(_inside(found, n))
    covariance = _models(coefficient, one, other, truth, found)
    instructions = None
    if influences is not None:
        shared, instructions = _instructions(coefficient, (one, other), truth, influences)
        covariance = covariance + shared
    errors = _errors(covariance, n)
    first, second = map(float, found)
    lead = first - second
    detectable = _apart(float(z.mean()), errors.of_difference * _reach(n, confidence))
    if detectable >= 1:
        reason = f"{n} models like these could not tell a board that agrees perfectly from one that does not agree"
        return CorrelationDifference(
            coefficient, first, second, Estimate.refused(reason, n=n), None, detectable, instructions
        )
    lower, upper = _interval(z, errors, n, confidence)
    slopes = 1 - _inside(found, n) ** 2
    stderr = _ScaledErrors(errors.first * slopes[0], errors.second * slopes[1], errors.shared).of_difference
    status = OK if n >= FEW_MODELS else degraded(f"{n} models only")
    estimate = Estimate(lead, stderr, min(lower, lead), max(upper, lead), n, status)
    p = student_tails(n - 1, float(z[0] - z[1]) / errors.of_difference)
    return CorrelationDifference(coefficient, first, second, estimate, p, detectable, instructions)


def _refusal(one: Floats, other: Floats, truth: Floats) -> str:
    n = len(one)
    if n < MIN_MODELS_TO_COMPARE:
        models = "model" if n == 1 else "models"
        return f"{n} shared {models} cannot show a difference, at least {MIN_MODELS_TO_COMPARE} needed"
    if not np.isfinite([one, other, truth]).all():
        return "a score is missing"
    if any(np.ptp(np.delete(side, model)) == 0 for side in (one, other, truth) for model in range(n)):
        return "one of the rankings does not vary, or varies by a single model"
    return ""


def _models(coefficient: Coefficient, one: Floats, other: Floats, truth: Floats, found: Floats) -> Floats:
    """Covariance of both Fisher's z over samples of models, by leaving out each model in turn; shape (2, 2)."""
    n = len(one)
    without = np.column_stack([_without_each(coefficient, side, truth) for side in (one, other)])  # (n, 2)
    apart = (without - without.mean(axis=0)) / (1 - _inside(found, n) ** 2)
    covariance: Floats = (n - 1) / n * apart.T @ apart
    errors = np.sqrt(np.diag(covariance))
    # few models or a perfect order show too little scatter
    least = np.sqrt(_normal_variance(coefficient, found, n))
    scale = np.maximum(errors, least) / np.where(errors > 0, errors, 1.0)
    wider: Floats = covariance * np.outer(scale, scale)
    np.fill_diagonal(wider, np.maximum(errors, least) ** 2)
    return wider


def _without_each(coefficient: Coefficient, board: Floats, truth: Floats) -> Floats:
    """The correlation with each model left out in turn, shape (n,)."""
    if coefficient == Coefficient.KENDALL:
        first, second = (np.sign(side[:, None] - side[None, :]) for side in (board, truth))
        products = [first * second, first**2, second**2]
        same, one, other = (product.sum() - 2 * product.sum(axis=1) for product in products)
    else:
        first, second = (_ranks_without_each(side) for side in (board, truth))
        same, one, other = ((first * second).sum(axis=1), (first**2).sum(axis=1), (second**2).sum(axis=1))
    values: Floats = same / np.sqrt(one * other)
    return values


def _ranks_without_each(scores: Floats) -> Floats:
    """Centred ranks with each model left out in turn, shape (n, n - 1); ties share their mean rank."""
    n = len(scores)
    left_out, ranked = scores[:, None], scores[None, :]
    ranks = mean_ranks(scores) - (left_out < ranked) - 0.5 * (left_out == ranked)
    kept = ranks[~np.eye(n, dtype=bool)].reshape(n, n - 1)
    centred: Floats = kept - n / 2
    return centred


def _normal_variance(coefficient: Coefficient, found: Floats, n: int) -> Floats:
    """Variance of Fisher's z of rank correlations of normal scores (Bonett and Wright 2000; Fieller et al. 1957)."""
    if coefficient == Coefficient.KENDALL:
        return np.full(2, 0.437 / (n - 4))
    variance: Floats = (1 + found**2 / 2) / (n - 3)
    return variance


def _instructions(
    coefficient: Coefficient, boards: tuple[Floats, Floats], truth: Floats, influences: Influences
) -> tuple[Floats, float]:
    """The change that other instructions would make: the covariance of both Fisher's z that leaving out models misses,
    shape (2, 2), and the standard error of the difference of the correlations for these very models.

    The models' own errors scatter the models, and leaving out models shows that scatter. What is left is the covariance
    of draws in which all models share the instructions, less that of draws in which each model has its own.
    """
    n, generator = len(truth), np.random.default_rng(len(truth))
    weights = generator.standard_normal((_DRAWS, influences[0].shape[1]))
    together = [weights @ pulls.T for pulls in influences]  # (draws, n) each
    # of two boards that have the same verdicts, a model's errors are alike also where other models have their own
    first, second = (np.sqrt((pulls**2).sum(axis=1)) for pulls in influences)
    slope = np.divide((influences[0] * influences[1]).sum(axis=1), first, out=np.zeros(n), where=first > 0)
    shared, own = generator.standard_normal((2, _DRAWS, n))
    apart = [shared * first, shared * slope + own * np.sqrt(np.maximum(second**2 - slope**2, 0))]
    redrawn = [
        np.column_stack([_each(coefficient, side + move, truth) for side, move in zip(boards, moves, strict=True)])
        for moves in (together, apart)
    ]
    more = np.subtract(*(np.cov(np.arctanh(_inside(found, n)).T) for found in redrawn))
    size, direction = np.linalg.eigh(more)
    return (direction * np.maximum(size, 0)) @ direction.T, float(np.std(redrawn[0][:, 0] - redrawn[0][:, 1]))


def _each(coefficient: Coefficient, boards: Floats, truth: Floats) -> Floats:
    """The correlation of each row with the reference, shape (draws,); redrawn scores have no ties."""
    if coefficient == Coefficient.KENDALL:
        one, other = np.triu_indices(len(truth), 1)
        ranks, target = np.sign(boards[:, one] - boards[:, other]), np.sign(truth[one] - truth[other])
    else:
        ranks, target = np.argsort(np.argsort(boards, axis=1), axis=1).astype(np.float64), mean_ranks(truth)
        ranks, target = ranks - ranks.mean(axis=1, keepdims=True), target - target.mean()
    values: Floats = ranks @ target / np.sqrt((ranks**2).sum(axis=1) * (target @ target))
    return values


def _errors(covariance: Floats, n: int) -> _ScaledErrors:
    first, second = np.sqrt(np.diag(covariance))
    shared = float(covariance[0, 1] / (first * second))
    # n models cannot show that two boards err more alike, or more oppositely, than this
    return _ScaledErrors(float(first), float(second), max(-1 + 1 / n, min(shared, 1 - 1 / n)))


def _interval(z: Floats, errors: _ScaledErrors, n: int, confidence: float) -> tuple[float, float]:
    """The quantiles of tanh(z_1) - tanh(z_2) for a bivariate Student distribution, on a fixed grid of its plane."""
    angle = 2 * math.pi * (np.arange(_DIRECTIONS) + 0.5) / _DIRECTIONS
    share = (np.arange(_RADII) + 0.5) / _RADII
    degrees = n - 1
    radius = np.sqrt(degrees * (share ** (-2 / degrees) - 1))
    across, along = np.outer(radius, np.cos(angle)), np.outer(radius, np.sin(angle))
    one = z[0] + errors.first * across
    other = z[1] + errors.second * (errors.shared * across + math.sqrt(1 - errors.shared**2) * along)
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(np.tanh(one) - np.tanh(other), [tail, 1 - tail])
    return float(lower), float(upper)


def _reach(n: int, confidence: float) -> float:
    """The distance in standard errors from which a difference is significant with the usual power."""
    return student_quantile(n - 1, (1 + confidence) / 2) + student_quantile(n - 1, POWER)


def _apart(level: float, difference: float) -> float:
    """The difference of two correlations that are this far apart on Fisher's scale around a level."""
    return math.tanh(level + difference / 2) - math.tanh(level - difference / 2)


def _inside(found: Floats, n: int) -> Floats:
    """Correlations off the ends of their scale, where Fisher's z is infinite."""
    inside: Floats = np.clip(found, -1 + 1 / n**2, 1 - 1 / n**2)
    return inside
