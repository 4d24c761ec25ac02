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


class Shape(Enum):
    """The shape of the length effect.

    ONE is one slope. TWO is one slope where answers are shorter and another where they are longer. BY_BALANCE is two
    slopes that depend on how far a model's answers lie on one side of the baseline's length. LEARNED averages the three
    with weights by how well each predicts held-out verdicts.
    """

    LEARNED = "learned"
    ONE = "one"
    TWO = "two"
    BY_BALANCE = "by-balance"


@dataclass(frozen=True, slots=True)
class ShapeChoice:
    """The weights of the shapes, chosen by held-out verdicts.

    `one_slope` and `by_balance` are the weights of these shapes, and the remaining weight is that of two slopes common
    to all models. The weights are shares of bootstrap draws of instructions in which a shape predicts better. The
    losses are log losses per verdict. The slopes are those of a typical model of median balance, in log-odds for an
    answer that is far shorter or far longer.
    """

    one_slope: float
    by_balance: float
    loss_one: float
    loss_two: float
    loss_by_balance: float
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
    """A shape's prior, its fitted population, and its log loss on held-out verdicts by instruction, shape (n,)."""

    prior: CoefficientPrior
    population: Population
    loss: Floats


def learn_slopes(table: Table, shape: Shape = Shape.LEARNED, *, least: int) -> Learned:
    """Learn the prior for a further model from the models of a table; with two parts of length, average the shapes.

    A model whose slope is far outside this judge's, such as a submission that games the judge, is left out. A shape's
    weight is the share of bootstrap draws of instructions in which it predicts better, computed by its normal limit
    instead of draws. The covariance between the weighted shapes is part of the prior's error.

    Args:
        least: models are left out only if at least this many remain.
    """
    names = (*table.names, DIFFICULTY)
    k = len(names)
    if table.names != (SHORTER, LONGER):
        everything, nothing = np.ones(k, dtype=bool), np.zeros(k, dtype=bool)
        population = learn_population(table, np.eye(k - 1), everything, absent=nothing)
        return _learned(table, population, _prior(names, population, np.eye(k), population.spread), np.eye(k))
    two = _two_slopes(table)
    usual = deviations(table, _SUM_AND_GAP, two, _with_gap(two.spread, GAP_SPREADS[-1])) <= UNHELD_DEVIATION
    if not usual.all() and usual.sum() >= least:
        table = table.restricted(usual)
        two = _two_slopes(table)
    one = _one_slope(table)
    balance = length_balance(table.controls[:, :, 0], table.controls[:, :, 1], table.known)
    tried = (
        _Tried(_prior(names, one, _turn(k), one.spread), one, held_out_loss(table, _SUM_AND_GAP, one, one.spread)),
        _with_gap_drawn(table, two),
        _by_balance(table, balance),
    )
    losses = [one.loss for one in tried]
    weights = {
        Shape.ONE: (1.0, 0.0, 0.0),
        Shape.TWO: (0.0, 1.0, 0.0),
        Shape.BY_BALANCE: (0.0, 0.0, 1.0),
    }.get(shape) or _weights(*losses)
    prior = _mixed([one.prior for one in tried], weights)
    verdicts = float((table.known > 0).sum())
    middling = at_balance(prior, float(np.median(balance)))
    choice = ShapeChoice(
        weights[0], weights[2], *(float(loss.sum()) / verdicts for loss in losses), *middling.mean[:2].tolist()
    )
    likeliest = max(zip(weights, tried, strict=True), key=lambda pair: pair[0])[1]
    return replace(_learned(table, likeliest.population, prior, _turn(k)), choice=choice)


def _one_slope(table: Table) -> Population:
    varying = np.array([True, False, True])
    return learn_population(table, _SUM_AND_GAP, varying, absent=~varying)


def _two_slopes(table: Table) -> Population:
    """Two slopes with a gap that all models share; without answers on one side its prior alone holds the gap."""
    varying, nothing = np.array([True, False, True]), np.zeros(3, dtype=bool)
    return learn_population(table, _SUM_AND_GAP, varying, absent=nothing, doubt=_DOUBT[_OWN])


def _with_gap_drawn(table: Table, two: Population) -> _Tried:
    """Two slopes whose gap is drawn for each model around the common one."""
    spread, loss = _with_spread_of_gap(table, two)
    return _Tried(_prior((SHORTER, LONGER, DIFFICULTY), two, _turn(3), spread), two, loss)


def _by_balance(table: Table, balance: Floats) -> _Tried:
    """Two slopes that depend on the balance of a model's lengths, shape (m,), with a gap drawn for each model.

    A model that is much weaker than the baseline mostly gives shorter answers, and a model made to match the baseline
    is balanced. A judge need not treat the lengths of both in the same way.
    """
    wider = table.with_controls((SHORTER_BALANCED, LONGER_BALANCED), balance[:, None, None] * table.controls)
    learned = learn_population(
        wider,
        _turn(5)[:4, :4],
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
    spread, loss = _with_spread_of_gap(table, population)
    whole = np.zeros((5, 5))
    whole[np.ix_(_OWN, _OWN)] = spread
    return _Tried(_prior((*wider.names, DIFFICULTY), learned, _turn(5), whole), population, loss)


def _of_models(coefficients: Floats, balance: Floats) -> Floats:
    """Typical or own coefficients of models, with the effect of their balance added to the slopes; shape (m, 3)."""
    each = np.broadcast_to(coefficients, (len(balance), 5))
    folded: Floats = each[:, _OWN].copy()
    folded[:, :2] += balance[:, None] * each[:, 2:4]
    return folded


def _turn(k: int) -> Floats:
    """The matrix from half sums and half gaps, of two slopes and of the balance's effects on them, to the slopes and
    effects; shape (k, k).
    """
    turn = np.eye(k)
    for first in range(0, k - 1, 2):
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


def _prior(names: Sequence[str], population: Population, turn: Floats, spread: Floats) -> CoefficientPrior:
    k = len(names)
    return CoefficientPrior(
        tuple(names),
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


def _with_spread_of_gap(table: Table, population: Population) -> tuple[Floats, Floats]:
    """Choose the smallest spread of the gap whose held-out loss is within `_SURE` standard errors of the least.

    Returned with its loss by instruction.
    """
    spreads = [_with_gap(population.spread, gap) for gap in GAP_SPREADS]
    losses = [held_out_loss(table, _SUM_AND_GAP, population, spread) for spread in spreads]
    best = min(losses, key=lambda loss: float(loss.sum()))
    for spread, loss in zip(spreads, losses, strict=True):
        worse = loss - best
        if float(worse.sum()) <= _SURE * math.sqrt(len(worse)) * float(worse.std()):
            return spread, loss
    raise AssertionError("the least loss is within its own error")


def _weights(one: Floats, two: Floats, by_balance: Floats) -> tuple[float, float, float]:
    """Weights of the three shapes from their losses; the two shapes with two slopes share what one slope leaves."""
    of_two = _share_better(two, by_balance)
    of_one = _share_better(one, two if of_two > 0.5 else by_balance)
    return of_one, (1 - of_one) * of_two, (1 - of_one) * (1 - of_two)


def _share_better(first: Floats, second: Floats) -> float:
    """The share of bootstrap draws of instructions in which the first loss is smaller, by its normal limit."""
    ahead = second - first
    spread = math.sqrt(len(ahead)) * float(ahead.std())
    return 0.5 if spread == 0.0 else NormalDist().cdf(float(ahead.sum()) / spread)


def _mixed(priors: Sequence[CoefficientPrior], weights: Sequence[float]) -> CoefficientPrior:
    """The weighted mixture of priors; the covariance between their means is `form`, the error of the shape.

    In a prior without coefficients of balance, these are zero.
    """
    names = max((one.names for one in priors), key=len)
    whole = [_with_names(one, names) for one in priors]
    mean = sum((w * one.mean for w, one in zip(weights, whole, strict=True)), np.zeros(len(names)))
    parts = {
        part: sum((w * getattr(one, part) for w, one in zip(weights, whole, strict=True)), np.zeros((len(names),) * 2))
        for part in ("spread", "error")
    }
    form = np.zeros((len(names), len(names)))
    for weight, one in zip(weights, whole, strict=True):
        form += weight * np.outer(one.mean - mean, one.mean - mean)
    return CoefficientPrior(names, mean, parts["spread"], parts["error"], form)


def _with_names(prior: CoefficientPrior, names: tuple[str, ...]) -> CoefficientPrior:
    """The prior with these coefficients; a coefficient that it lacked is zero."""
    places = [names.index(name) for name in prior.names]
    mean, matrices = np.zeros(len(names)), np.zeros((3, len(names), len(names)))
    mean[places] = prior.mean
    for matrix, part in zip(matrices, (prior.spread, prior.error, prior.form), strict=True):
        matrix[np.ix_(places, places)] = part
    return CoefficientPrior(names, mean, *matrices)
