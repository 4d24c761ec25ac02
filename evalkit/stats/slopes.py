"""A judge's length effect, learned from many models: one slope or two, the spread between models, and the errors."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from statistics import NormalDist

import numpy as np

from evalkit.stats.coefficients import UNHELD_DEVIATION, CoefficientPrior
from evalkit.stats.covariates import (
    DIFFICULTY,
    INTERCEPT,
    LONGER,
    LONGER_BALANCED,
    SHORTER,
    SHORTER_BALANCED,
    TAUGHT,
    at_balance,
    length_balance,
)
from evalkit.stats.population import Population, deviations, held_out_loss, learn_population, predict
from evalkit.stats.sample import Floats
from evalkit.stats.table import Table

# candidate standard deviations between models of half the gap between two slopes; held-out verdicts choose one
GAP_SPREADS = (0.0, 0.2, 0.4, 0.7)
# the one-standard-error rule: a larger spread is chosen only where it predicts better by more than this many
_SURE = 1.0
# from half the sum and half the gap of two slopes to the slopes, which are sum + gap and sum - gap
_SUM_AND_GAP = np.array([[1.0, 1.0], [1.0, -1.0]])
_GAP = 1
# places, among the five coefficients, of those that a single model has: two slopes and the weight of difficulty
_OWN = [0, 1, 4]
# prior standard deviations around zero, in log-odds, of the half sum and half gap of the typical slopes, of what a
# balance of 1 adds to both, and of the weight of difficulty: models with all their lengths on one side, or all of one
# balance, carry no information about some of these
_DOUBT = np.array([4.0, 2.0, 2.0, 2.0, np.inf])
# the same for the curvature, the coefficient of |t| (1 - |t|)
_CURVATURE_DOUBT = 2.0


class Shape(Enum):
    """The shape of the length effect.

    ONE is one slope. TWO is one slope where answers are shorter and another where they are longer. BY_BALANCE is two
    slopes that depend on how far a model's answers lie on one side of the baseline's length. CURVED is two slopes and
    a curvature, which can round the kink between them. LEARNED averages the four with weights by how well each predicts
    held-out verdicts.
    """

    LEARNED = "learned"
    ONE = "one"
    TWO = "two"
    BY_BALANCE = "by-balance"
    CURVED = "curved"


# the shapes that are averaged
SHAPES = (Shape.ONE, Shape.TWO, Shape.BY_BALANCE, Shape.CURVED)


@dataclass(frozen=True, slots=True)
class ShapeChoice:
    """The weights of the shapes, chosen by held-out verdicts.

    The weights are shares of bootstrap draws of instructions in which a shape predicts better. The losses are log
    losses per verdict. The slopes are those of a typical model of median balance, in log-odds for an answer that is far
    shorter or far longer.
    """

    weights: Mapping[Shape, float]
    losses: Mapping[Shape, float]
    shorter: float
    longer: float


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A model that the prior was learned from: its coefficients by name, the level first, and the variance of its
    verdicts divided by that of coin tosses.
    """

    coefficients: Mapping[str, float]
    dispersion: float


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """The prior for a further model of the judge, and the difficulty to be used with it.

    Difficulty has unit standard deviation; it and its precision have shape (n,). `members` are the models that the
    prior was learned from, by name, and `predicted` are the chances of a win that their regressions give beside the
    difficulty of the other models, shape (m, n).
    """

    prior: CoefficientPrior
    difficulty: Floats
    precision: Floats
    members: Mapping[str, Member]
    predicted: Floats
    choice: ShapeChoice | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """A shape's prior, its fitted population with the table and the turn of its coordinates to the coefficients, and
    its log loss on held-out verdicts by instruction, shape (n,).
    """

    prior: CoefficientPrior
    population: Population
    table: Table
    turn: Floats
    loss: Floats


def learn_slopes(table: Table, shape: Shape = Shape.LEARNED, *, least: int) -> Learned:
    """Learn the prior for a further model from the models of a table; with two parts of length, average the shapes.

    A model whose slope is far outside this judge's, such as a submission that games the judge, is left out. A shape's
    weight is the share of bootstrap draws of instructions in which it predicts better, computed by its normal limit
    instead of draws. The covariance between the weighted shapes is part of the prior's error.

    Args:
        least: models are left out only if at least this many remain.
    """
    if table.names != (SHORTER, LONGER):
        k = len(table.names) + 1
        everything, nothing = np.ones(k, dtype=bool), np.zeros(k, dtype=bool)
        population = learn_population(table, np.eye(k - 1), everything, absent=nothing)
        return _learned(table, population, _prior(table, population, np.eye(k), population.spread), np.eye(k))
    two = _two_slopes(table)
    usual = deviations(table, _SUM_AND_GAP, two, _with_gap(two.spread, GAP_SPREADS[-1])) <= UNHELD_DEVIATION
    if not usual.all() and usual.sum() >= least:
        table = table.restricted(usual)
        two = _two_slopes(table)
    balance = length_balance(table.controls[:, :, 0], table.controls[:, :, 1], table.known)
    tried = {
        Shape.ONE: _one_slope(table),
        Shape.TWO: _with_gap_drawn(table, two),
        Shape.BY_BALANCE: _by_balance(table, balance),
        Shape.CURVED: _curved(table),
    }
    losses = {each: attempt.loss for each, attempt in tried.items()}
    weights = _weights(losses) if shape is Shape.LEARNED else {each: float(each is shape) for each in tried}
    prior = _mixed([(weight, tried[each].prior) for each, weight in weights.items()])
    verdicts = float((table.known > 0).sum())
    middling = at_balance(prior, float(np.median(balance)))
    choice = ShapeChoice(
        weights,
        {each: float(loss.sum()) / verdicts for each, loss in losses.items()},
        *middling.mean[:2].tolist(),
    )
    likeliest = tried[max(weights, key=weights.__getitem__)]
    return replace(_learned(likeliest.table, likeliest.population, prior, likeliest.turn), choice=choice)


def _one_slope(table: Table) -> _Tried:
    """One slope: no gap, so that a model's two slopes are equal."""
    varying = np.array([True, False, True])
    population, turn = learn_population(table, _SUM_AND_GAP, varying, absent=~varying), _turn(3)
    loss = held_out_loss(table, _SUM_AND_GAP, population, population.spread)
    return _Tried(_prior(table, population, turn, population.spread), population, table, turn, loss)


def _two_slopes(table: Table) -> Population:
    """Two slopes with a gap that all models share; without answers on one side its prior alone holds the gap."""
    varying, nothing = np.array([True, False, True]), np.zeros(3, dtype=bool)
    return learn_population(table, _SUM_AND_GAP, varying, absent=nothing, doubt=_DOUBT[_OWN])


def _with_gap_drawn(table: Table, two: Population) -> _Tried:
    """Two slopes whose gap is drawn for each model around the common gap."""
    turn = _turn(3)
    spread, loss = _with_spread_of_gap(table, two, turn)
    return _Tried(_prior(table, two, turn, spread), two, table, turn, loss)


def _by_balance(table: Table, balance: Floats) -> _Tried:
    """Two slopes that depend on the balance of a model's lengths, shape (m,), with a gap drawn for each model.

    A model that is much weaker than the baseline mostly gives shorter answers, and a model made to match the baseline
    is balanced. A judge need not treat the lengths of both in the same way.
    """
    wider = table.with_controls((SHORTER_BALANCED, LONGER_BALANCED), balance[:, None, None] * table.controls)
    learned = learn_population(
        wider,
        _turn(5)[:-1, :-1],
        np.array([True, False, False, False, True]),
        absent=np.zeros(5, dtype=bool),
        doubt=_DOUBT,
    )
    # a single model has one balance, so its slopes include the balance's effect
    population = replace(
        learned,
        mean=_of_models(learned.mean, balance),
        without=np.stack([_of_models(mean, balance) for mean in learned.without]),
        spread=learned.spread[np.ix_(_OWN, _OWN)],
        coefficients=np.column_stack([learned.coefficients[:, 0], _of_models(learned.coefficients[:, 1:], balance)]),
    )
    spread, loss = _with_spread_of_gap(table, population, _turn(3))
    whole = np.zeros((5, 5))
    whole[np.ix_(_OWN, _OWN)] = spread
    return _Tried(_prior(wider, learned, _turn(5), whole), population, table, _turn(3), loss)


def _curved(table: Table) -> _Tried:
    """Two slopes and a curvature that all models share, with a gap drawn for each model.

    An effect may have its best length near the baseline's and fall on both sides; two straight slopes would put a peak
    there, and the rate at equal length would be too high.
    """
    curved, turn = table.with_curvature(), _turn(4)
    population = learn_population(
        curved,
        turn[:-1, :-1],
        np.array([True, False, False, True]),
        absent=np.zeros(4, dtype=bool),
        doubt=np.array([*_DOUBT[:2], _CURVATURE_DOUBT, np.inf]),
    )
    spread, loss = _with_spread_of_gap(curved, population, turn)
    return _Tried(_prior(curved, population, turn, spread), population, curved, turn, loss)


def _of_models(coefficients: Floats, balance: Floats) -> Floats:
    """Typical or own coefficients of models, with the effect of their balance added to the slopes; shape (m, 3)."""
    each = np.broadcast_to(coefficients, (len(balance), 5))
    folded: Floats = each[:, _OWN].copy()
    folded[:, :2] += balance[:, None] * each[:, 2:4]
    return folded


def _turn(k: int) -> Floats:
    """The matrix from half sums and half gaps, of two slopes and of the balance's effects on them, to the slopes and
    effects; other coefficients stay. Shape (k, k).
    """
    turn = np.eye(k)
    for first in range(0, k - 2, 2):
        turn[first : first + 2, first : first + 2] = _SUM_AND_GAP
    return turn


def _learned(table: Table, population: Population, prior: CoefficientPrior, turn: Floats) -> Learned:
    """The result with difficulty in standard deviations, and its weight in log-odds per standard deviation."""
    spread = float(population.difficulty.std()) or 1.0
    scale = np.array([spread if name == DIFFICULTY else 1.0 for name in prior.names])
    both = np.outer(scale, scale)
    scaled = replace(
        prior,
        mean=prior.mean * scale,
        spread=prior.spread * both,
        error=prior.error * both,
        form=prior.form * both,
    )
    own = np.column_stack([population.coefficients[:, 0], population.coefficients[:, 1:] @ turn.T])
    own[:, -1] *= spread
    names = (INTERCEPT, *table.names, DIFFICULTY)
    members = {
        model: Member(dict(zip(names, values, strict=True)), float(dispersion))
        for model, values, dispersion in zip(table.models, own.tolist(), population.dispersion, strict=True)
    }
    predicted = predict(table, population, turn[:-1, :-1])
    return Learned(scaled, population.difficulty / spread, population.precision * spread**2, members, predicted)


def _prior(table: Table, population: Population, turn: Floats, spread: Floats) -> CoefficientPrior:
    k = len(turn)
    return CoefficientPrior(
        (*table.names, DIFFICULTY),
        turn @ population.mean,
        turn @ spread @ turn.T,
        turn @ population.error @ turn.T,
        np.zeros((k, k)),
    )


def _with_gap(spread: Floats, gap: float) -> Floats:
    """The covariance between models with a standard deviation of half the gap, shape (k, k)."""
    wider = spread.copy()
    wider[_GAP, _GAP] += gap**2
    return wider


def _with_spread_of_gap(table: Table, population: Population, turn: Floats) -> tuple[Floats, Floats]:
    """Choose the smallest spread of the gap whose held-out loss is within `_SURE` standard errors of the least.

    Returned with its loss by instruction.
    """
    spreads = [_with_gap(population.spread, gap) for gap in GAP_SPREADS]
    losses = [held_out_loss(table, turn[:-1, :-1], population, spread) for spread in spreads]
    best = min(losses, key=lambda loss: float(loss.sum()))
    for spread, loss in zip(spreads, losses, strict=True):
        worse = loss - best
        if float(worse.sum()) <= _SURE * math.sqrt(len(worse)) * float(worse.std()):
            return spread, loss
    raise AssertionError("the least loss is within its own error")


def _weights(losses: Mapping[Shape, Floats]) -> dict[Shape, float]:
    """Weights of the shapes from their losses, in the order of `SHAPES`.

    The shapes with two slopes share what one slope leaves; each shape is compared with the best of those before it.
    """
    weights = {Shape.TWO: 1.0}
    for further in (Shape.BY_BALANCE, Shape.CURVED, Shape.ONE):
        best = max(weights, key=weights.__getitem__)
        share = _share_better(losses[further], losses[best])
        weights = {shape: (1 - share) * weight for shape, weight in weights.items()} | {further: share}
    return {shape: weights[shape] for shape in SHAPES}


def _share_better(first: Floats, second: Floats) -> float:
    """The share of bootstrap draws of instructions in which the first loss is smaller, by its normal limit."""
    ahead = second - first
    spread = math.sqrt(len(ahead)) * float(ahead.std())
    return 0.5 if spread == 0.0 else NormalDist().cdf(float(ahead.sum()) / spread)


def _mixed(weighted: Sequence[tuple[float, CoefficientPrior]]) -> CoefficientPrior:
    """The weighted mixture of priors; the covariance between their means is `form`, the error of the shape.

    A coefficient that a prior lacks is zero in it.
    """
    k = len(TAUGHT)
    whole = [(weight, _with_all_coefficients(prior)) for weight, prior in weighted]
    mean = sum((weight * member.mean for weight, member in whole), np.zeros(k))
    spread, error, form = np.zeros((3, k, k))
    for weight, member in whole:
        spread += weight * member.spread
        error += weight * member.error
        form += weight * np.outer(member.mean - mean, member.mean - mean)
    return CoefficientPrior(TAUGHT, mean, spread, error, form)


def _with_all_coefficients(prior: CoefficientPrior) -> CoefficientPrior:
    k = len(TAUGHT)
    places = [TAUGHT.index(name) for name in prior.names]
    mean, matrices = np.zeros(k), np.zeros((3, k, k))
    mean[places] = prior.mean
    for matrix, part in zip(matrices, (prior.spread, prior.error, prior.form), strict=True):
        matrix[np.ix_(places, places)] = part
    return CoefficientPrior(TAUGHT, mean, *matrices)
