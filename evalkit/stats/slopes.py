"""How a judge takes length, from many models: one slope or two, how far models differ, and how sure that is."""

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

# spreads between models of half the gap between two slopes, of which the held-out verdicts choose
GAP_SPREADS = (0.0, 0.2, 0.4, 0.7)
# the rule of one standard error: a larger spread must predict better by so many to be believed
_SURE = 1.0
# half the sum and half the gap of two slopes: the slopes are sum + gap and sum - gap
_SUM_AND_GAP = np.array([[1.0, 1.0], [1.0, -1.0]])
_GAP = 1
# of five coefficients those that a single model has: two slopes and the weight of difficulty
_OWN = [0, 1, 4]
# log-odds by which slopes of a balanced model may be expected to differ from those of a one-sided one; models that are
# all alike in balance tell nothing of it
_BALANCE_SD = 2.0


class Shape(Enum):
    """How length counts: with one slope; with one where answers are shorter and another where they are longer; with
    two that lie further apart the more a model's answers lie on one side of the baseline's length; or as far with each
    as it predicts held-out verdicts better.
    """

    LEARNED = "learned"
    ONE = "one"
    TWO = "two"
    BY_BALANCE = "by-balance"


@dataclass(frozen=True, slots=True)
class ShapeChoice:
    """What the held-out verdicts say of the shapes.

    `one_slope` and `by_balance` are their weights, the rest is that of two slopes alike for all models: the shares of
    resamples of instructions in which they predict better. The losses are log losses a verdict. The slopes are those
    of a typical model of middling balance, in log-odds where an answer is shorter or longer by far.
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
    """A model that others are taught by: its coefficients by name, the level first, and how its verdicts scatter over
    how coin tosses would.
    """

    coefficients: Mapping[str, float]
    dispersion: float


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """The prior for a further model of the judge, and the difficulty that it goes with: with unit spread, and how well
    it is known, both of shape (n,); `members` are the models that it was learned from, by name, and `predicted` their
    verdicts, (m, n), beside the difficulty that the other models tell.
    """

    prior: CoefficientPrior
    difficulty: Floats
    precision: Floats
    members: Mapping[str, Member]
    predicted: Floats
    choice: ShapeChoice | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """A shape's prior, what it was learned with, and its log loss on held-out verdicts by instruction, shape (n,)."""

    prior: CoefficientPrior
    population: Population
    loss: Floats


def learn_slopes(table: Table, shape: Shape = Shape.LEARNED, *, least: int) -> Learned:
    """What the models of a table teach about a further one; with two parts of length, weighed between the shapes.

    A model whose slope is none of this judge's, as of a submission that games it, teaches nothing. The shapes are
    weighed by the share of instruction resamples in which each predicts better, whose normal limit needs no draws; as
    far as that leaves the shape open, it is an error.

    Args:
        least: so many models are left at least.
    """
    names = (*table.names, DIFFICULTY)
    k = len(names)
    if table.names != (SHORTER, LONGER):
        everything, nothing = np.ones(k, dtype=bool), np.zeros(k, dtype=bool)
        population = learn_population(table, np.eye(k - 1), everything, absent=nothing)
        return _learned(table, population, _prior(names, population, np.eye(k), population.spread), np.eye(k))
    one = _one_slope(table)
    usual = deviations(table, _SUM_AND_GAP, one) <= UNHELD_DEVIATION
    if not usual.all() and usual.sum() >= least:
        table = table.restricted(usual)
        one = _one_slope(table)
    balance = length_balance(table.controls[:, :, 0], table.controls[:, :, 1], table.known)
    tried = (
        _Tried(_prior(names, one, _turn(k), one.spread), one, held_out_loss(table, _SUM_AND_GAP, one, one.spread)),
        _two_slopes(table),
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


def _two_slopes(table: Table) -> _Tried:
    """Two slopes with a gap that is the same for all models up to a spread."""
    population = learn_population(table, _SUM_AND_GAP, np.array([True, False, True]), absent=np.zeros(3, dtype=bool))
    spread, loss = _with_spread_of_gap(table, population)
    return _Tried(_prior((SHORTER, LONGER, DIFFICULTY), population, _turn(3), spread), population, loss)


def _by_balance(table: Table, balance: Floats) -> _Tried:
    """Two slopes that go with how balanced a model's lengths are, shape (m,), with a gap up to a spread again.

    A model that is much weaker than the baseline is mostly shorter, and one that was made to match it is balanced; no
    judge need take the length of both alike.
    """
    wider = table.with_controls((SHORTER_BALANCED, LONGER_BALANCED), balance[:, None, None] * table.controls)
    learned = learn_population(
        wider,
        _turn(5)[:4, :4],
        np.array([True, False, False, False, True]),
        absent=np.zeros(5, dtype=bool),
        doubt=np.array([np.inf, np.inf, _BALANCE_SD, _BALANCE_SD, np.inf]),
    )
    # of a single model the balance is part of its slopes
    population = replace(
        learned,
        mean=_of_models(np.broadcast_to(learned.mean, (len(balance), 5)), balance),
        spread=learned.spread[np.ix_(_OWN, _OWN)],
        coefficients=np.column_stack([learned.coefficients[:, 0], _of_models(learned.coefficients[:, 1:], balance)]),
    )
    spread, loss = _with_spread_of_gap(table, population)
    whole = np.zeros((5, 5))
    whole[np.ix_(_OWN, _OWN)] = spread
    return _Tried(_prior((*wider.names, DIFFICULTY), learned, _turn(5), whole), population, loss)


def _of_models(coefficients: Floats, balance: Floats) -> Floats:
    """Coefficients in which the balance is part of the slopes, shape (m, 3)."""
    folded: Floats = coefficients[:, _OWN].copy()
    folded[:, :2] += balance[:, None] * coefficients[:, 2:4]
    return folded


def _turn(k: int) -> Floats:
    """From half the sum and half the gap of two slopes, and of what balance adds to them, to these; shape (k, k)."""
    turn = np.eye(k)
    for first in range(0, k - 1, 2):
        turn[first : first + 2, first : first + 2] = _SUM_AND_GAP
    return turn


def _learned(table: Table, population: Population, prior: CoefficientPrior, turn: Floats) -> Learned:
    """With difficulty in standard deviations, and its weight in log-odds for one."""
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


def _with_spread_of_gap(table: Table, population: Population) -> tuple[Floats, Floats]:
    """The spread with the smallest one of gaps that the held-out verdicts do not contradict, and its loss: within two
    standard errors of the best.
    """
    spreads = [population.spread.copy() for _ in GAP_SPREADS]
    for spread, gap in zip(spreads, GAP_SPREADS, strict=True):
        spread[_GAP, _GAP] += gap**2
    losses = [held_out_loss(table, _SUM_AND_GAP, population, spread) for spread in spreads]
    best = min(losses, key=lambda loss: float(loss.sum()))
    for spread, loss in zip(spreads, losses, strict=True):
        worse = loss - best
        if float(worse.sum()) <= _SURE * math.sqrt(len(worse)) * float(worse.std()):
            return spread, loss
    raise AssertionError("the best is as good as itself")


def _weights(one: Floats, two: Floats, by_balance: Floats) -> tuple[float, float, float]:
    """How likely each shape is to predict best, by its losses: the two with two slopes share what one slope leaves."""
    of_two = _share_better(two, by_balance)
    of_one = _share_better(one, two if of_two > 0.5 else by_balance)
    return of_one, (1 - of_one) * of_two, (1 - of_one) * (1 - of_two)


def _share_better(first: Floats, second: Floats) -> float:
    """In which share of resamples of instructions the first loss is the smaller."""
    ahead = second - first
    spread = math.sqrt(len(ahead)) * float(ahead.std())
    return 0.5 if spread == 0.0 else NormalDist().cdf(float(ahead.sum()) / spread)


def _mixed(priors: Sequence[CoefficientPrior], weights: Sequence[float]) -> CoefficientPrior:
    """The priors weighed; how far apart they lie is the error of the form. Those without a balance have none."""
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
    """The prior with these coefficients, zero where it had none."""
    places = [names.index(name) for name in prior.names]
    mean, matrices = np.zeros(len(names)), np.zeros((3, len(names), len(names)))
    mean[places] = prior.mean
    for matrix, part in zip(matrices, (prior.spread, prior.error, prior.form), strict=True):
        matrix[np.ix_(places, places)] = part
    return CoefficientPrior(names, mean, *matrices)
