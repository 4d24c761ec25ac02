"""How a judge takes length, from many models: one slope or two, how far models differ, and how sure that is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from statistics import NormalDist

import numpy as np

from evalkit.stats.coefficients import UNHELD_DEVIATION, CoefficientPrior
from evalkit.stats.covariates import DIFFICULTY, INTERCEPT, LONGER, SHORTER
from evalkit.stats.population import Population, deviations, held_out_loss, learn_population
from evalkit.stats.sample import Floats
from evalkit.stats.table import Table

# spreads between models of half the gap between two slopes, of which the held-out verdicts choose
GAP_SPREADS = (0.0, 0.2, 0.4, 0.7)
# standard errors by which a larger spread must predict better to be believed
_SURE = 2.0
# half the sum and half the gap of two slopes: the slopes are sum + gap and sum - gap
_SUM_AND_GAP = np.array([[1.0, 1.0], [1.0, -1.0]])
_GAP = 1


class Shape(Enum):
    """How length counts: with one slope, with one where answers are shorter and another where they are longer, or as
    far with either as held-out verdicts are better predicted.
    """

    LEARNED = "learned"
    ONE = "one"
    TWO = "two"


@dataclass(frozen=True, slots=True)
class ShapeChoice:
    """What the held-out verdicts say of one slope against two.

    `one_slope` is the share of resamples of instructions in which one slope predicts better. The losses are log losses
    a verdict. The slopes are the typical model's, in log-odds where an answer is shorter or longer by far.
    """

    one_slope: float
    loss_one: float
    loss_two: float
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
    it is known, both of shape (n,); `members` are the models that it was learned from, by name.
    """

    prior: CoefficientPrior
    difficulty: Floats
    precision: Floats
    members: Mapping[str, Member]
    choice: ShapeChoice | None = None


def learn_slopes(table: Table, shape: Shape = Shape.LEARNED, *, least: int) -> Learned:
    """What the models of a table teach about a further one; with two parts of length, weighed between the shapes.

    Two slopes have a gap that is the same for all models up to a spread: the smallest that the held-out verdicts do
    not contradict, within two standard errors of the best. A model whose slope is none of this judge's, as of a
    submission that games it, teaches nothing. The shapes are weighed by the share of instruction resamples in which
    either predicts better, whose normal limit needs no draws; as far as that leaves the shape open, it is an error.

    Args:
        least: so many models are left at least.
    """
    names = (*table.names, DIFFICULTY)
    k = len(names)
    if table.names != (SHORTER, LONGER):
        everything, nothing = np.ones(k, dtype=bool), np.zeros(k, dtype=bool)
        population = learn_population(table, np.eye(k - 1), everything, absent=nothing)
        return _learned(table, population, _prior(names, population, np.eye(k), population.spread), np.eye(k))
    varying = np.arange(k) != _GAP
    one = learn_population(table, _SUM_AND_GAP, varying, absent=~varying)
    usual = deviations(table, _SUM_AND_GAP, one) <= UNHELD_DEVIATION
    if not usual.all() and usual.sum() >= least:
        table = table.restricted(usual)
        one = learn_population(table, _SUM_AND_GAP, varying, absent=~varying)
    two = learn_population(table, _SUM_AND_GAP, varying, absent=np.zeros(k, dtype=bool))
    loss_one = held_out_loss(table, _SUM_AND_GAP, one, one.spread)
    spreads = [_with_gap(two.spread, gap) for gap in GAP_SPREADS]
    chosen, loss_two = _smallest_good([(held_out_loss(table, _SUM_AND_GAP, two, spread), spread) for spread in spreads])
    share = {Shape.ONE: 1.0, Shape.TWO: 0.0}.get(shape, _share_better(loss_one, loss_two))
    turn = np.eye(k)
    turn[:2, :2] = _SUM_AND_GAP
    prior = _mixed(_prior(names, one, turn, one.spread), _prior(names, two, turn, chosen), share)
    verdicts = float((table.known > 0).sum())
    choice = ShapeChoice(
        share, float(loss_one.sum()) / verdicts, float(loss_two.sum()) / verdicts, *prior.mean[:2].tolist()
    )
    return replace(_learned(table, one if share > 0.5 else two, prior, turn), choice=choice)


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
    own = population.coefficients[:, 1:] @ turn.T * scale
    named = np.column_stack([population.coefficients[:, 0], own]).tolist()
    members = {
        model: Member(dict(zip((INTERCEPT, *prior.names), values, strict=True)), float(dispersion))
        for model, values, dispersion in zip(table.models, named, population.dispersion, strict=True)
    }
    return Learned(scaled, population.difficulty / spread, population.precision * spread**2, members)


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
    wider = spread.copy()
    wider[_GAP, _GAP] += gap**2
    return wider


def _smallest_good(tried: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """The first spread whose loss is within the errors of the least, and its loss."""
    best = min((loss for loss, _ in tried), key=lambda loss: float(loss.sum()))
    for loss, spread in tried:
        worse = loss - best
        if float(worse.sum()) <= _SURE * math.sqrt(len(worse)) * float(worse.std()):
            return spread, loss
    raise AssertionError("the best is as good as itself")


def _share_better(first: Floats, second: Floats) -> float:
    """In which share of resamples of instructions the first loss is the smaller."""
    ahead = second - first
    spread = math.sqrt(len(ahead)) * float(ahead.std())
    return 0.5 if spread == 0.0 else NormalDist().cdf(float(ahead.sum()) / spread)


def _mixed(one: CoefficientPrior, two: CoefficientPrior, share: float) -> CoefficientPrior:
    apart = one.mean - two.mean
    return replace(
        two,
        mean=share * one.mean + (1 - share) * two.mean,
        spread=share * one.spread + (1 - share) * two.spread,
        error=share * one.error + (1 - share) * two.error,
        form=share * (1 - share) * np.outer(apart, apart),
    )
