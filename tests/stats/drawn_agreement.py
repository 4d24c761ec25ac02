"""Boards and human rankings of made models, drawn by processes that are not the normal copula of the intervals."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evalkit.stats.agreement import VALUES, Coefficient
from evalkit.stats.sample import Floats

# two boards and a reference, each of shape (sets, n)
Columns = tuple[Floats, Floats, Floats]
_FAMILY = 3
_POPULATION = 200_000


@dataclass(frozen=True, slots=True)
class Process:
    """A way to draw samples of n models, as columns of shape (sets, n)."""

    name: str
    draw: Callable[[np.random.Generator, tuple[int, int]], Columns]

    def truth(self, coefficient: Coefficient = Coefficient.SPEARMAN) -> float:
        """The difference of both correlations in the population; Kendall's from fewer models, as it counts pairs."""
        n = _POPULATION if coefficient == Coefficient.SPEARMAN else 3_000
        first, second, people = (side[0] for side in self.draw(np.random.default_rng(99), (1, n)))
        value = VALUES[coefficient]
        return value(first, people) - value(second, people)


def normal(first: float, second: float, shared: float) -> Process:
    """Normal scores: each board's correlation with people, and the correlation of both boards' errors."""

    def draw(generator: np.random.Generator, shape: tuple[int, int]) -> Columns:
        people, error, own = generator.normal(size=(3, *shape))
        other = shared * error + math.sqrt(1 - shared**2) * own
        return (
            first * people + math.sqrt(1 - first**2) * error,
            second * people + math.sqrt(1 - second**2) * other,
            people,
        )

    return Process(f"normal {first} {second}, errors {shared}", draw)


def heavy(first: float, second: float) -> Process:
    """Qualities and errors with three degrees of freedom, errors partly shared, people with errors of their own."""

    def draw(generator: np.random.Generator, shape: tuple[int, int]) -> Columns:
        quality, error, own, votes = generator.standard_t(3, size=(4, *shape))
        return quality + first * error, quality + second * (0.6 * error + 0.8 * own), quality + 0.1 * votes

    return Process(f"heavy tails {first} {second}", draw)


def lengthy(first: float, second: float, *, noise: float = 0.2) -> Process:
    """Two metrics of the same verdicts, which share the noise of instructions and like a skewed length differently."""

    def draw(generator: np.random.Generator, shape: tuple[int, int]) -> Columns:
        quality, error, own, other = generator.normal(size=(4, *shape))
        length = generator.exponential(size=shape) - 1
        people = quality + 0.1 * generator.standard_t(4, size=shape)
        return (
            quality + first * length + noise * error + 0.05 * own,
            quality + second * length + noise * error + 0.05 * other,
            people,
        )

    return Process(f"same verdicts {first} {second}, noise {noise}", draw)


def families(first: float, second: float) -> Process:
    """Three models to a family, which share half of the variance of quality and of what a judge likes about them."""

    def draw(generator: np.random.Generator, shape: tuple[int, int]) -> Columns:
        sets, n = shape
        shared = np.repeat(generator.normal(size=(2, sets, -(-n // _FAMILY))), _FAMILY, axis=2)[:, :, :n]
        quality, taste = math.sqrt(0.5) * (shared + generator.normal(size=(2, *shape)))
        one, other, votes = 0.1 * generator.normal(size=(3, *shape))
        return quality + first * taste + one, quality + second * taste + 2 * other, quality + votes

    return Process(f"families {first} {second}", draw)


def crowded(first: float, second: float) -> Process:
    """Most models near the low end; the first board errs more on good models, the second has heavy tails."""

    def draw(generator: np.random.Generator, shape: tuple[int, int]) -> Columns:
        quality = generator.exponential(size=shape) ** 1.5
        return (
            quality + first * (0.3 + quality) * generator.normal(size=shape),
            quality + second * generator.standard_t(3, size=shape),
            quality + 0.1 * generator.normal(size=shape),
        )

    return Process(f"crowded {first} {second}", draw)


PROCESSES = (
    normal(0.9, 0.9, 0.5),
    normal(0.97, 0.9, 0.3),
    normal(0.95, 0.6, 0.0),
    heavy(0.3, 0.3),
    heavy(0.15, 0.5),
    lengthy(0.1, 0.4),
    lengthy(0.3, 0.35),
    lengthy(0.0, 0.3, noise=0.6),
    families(0.2, 0.5),
    crowded(0.1, 0.3),
)


@dataclass(frozen=True, slots=True)
class Instructed:
    """Two boards that have a score for each model and instruction, shape (n, instructions) each, and a reference."""

    first: Floats
    second: Floats
    people: Floats

    @property
    def influences(self) -> tuple[Floats, Floats]:
        one, other = (
            (scores - scores.mean(axis=1, keepdims=True)) / scores.shape[1] for scores in (self.first, self.second)
        )
        return one, other


def instructed(generator: np.random.Generator, n: int, n_instructions: int, *, taste: float) -> Instructed:
    """Models that are better at some kinds of instructions than at others, alike within two kinds of models.

    Args:
        taste: how strongly what instructions ask for goes with the kind of a model.
    """
    quality, length = generator.normal(size=n), generator.exponential(size=n) - 1
    kind = np.where(generator.random(n) < 0.5, -1.0, 1.0)
    asked, noise = generator.normal(size=n_instructions), generator.normal(size=(n, n_instructions))
    scores = quality[:, None] + taste * np.outer(kind + 0.5 * length, asked) + 2 * noise
    liked = 0.6 * length[:, None] * (1 + generator.normal(size=n_instructions))
    return Instructed(scores, scores + liked, quality + 0.15 * generator.standard_t(4, size=n))
