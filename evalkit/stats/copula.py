"""Confidence intervals for correlations by inverting a simulated test under a normal copula.

The copula's one parameter is the correlation of the normal scores behind the ranks. Every simulated draw takes the
observed scores in a new order, so the method assumes nothing about their marginal distributions.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.stats.sample import Floats

Errors = tuple[Floats, Floats]
Places = NDArray[np.int16]

_DRAWS = 4_000
_FEWEST_DRAWS = 1_000
_CELLS = 200_000
# Fisher's z of the correlation: at 6 it is 0.99999
_LARGEST_Z = 6.0
_HALVINGS = 14
_SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Latent:
    """A correlation coefficient: its value in each draw, its population value for a copula parameter, and the inverse.

    Without `of_places` it is Pearson's, which takes scores instead of ranks.
    """

    of_places: Callable[[Places, Places], Floats] | None
    population: Callable[[float], float]
    parameter: Callable[[float], float]


def correlation_interval(
    latent: Latent, value: float, board: Floats, reference: Floats, *, errors: Errors | None, confidence: float
) -> tuple[float, float, float]:
    """Standard error and both ends of the interval for a correlation of n models.

    Each end is the population correlation under which a value at least as extreme as the observed one has probability
    (1 - confidence) / 2. With errors, each end is the outer of two ends: the end for scores taken as exact, and the end
    for scores measured again with their errors, which attenuate every correlation.

    Args:
        board, reference: shape (n,), n at least 4; neither may be constant.
        errors: standard errors, each of shape (n,).
    """
    if value < 0:
        stderr, lower, upper = correlation_interval(
            latent, -value, -board, reference, errors=errors, confidence=confidence
        )
        return stderr, -upper, -lower
    exact = (np.zeros(len(board)), np.zeros(len(board)))
    worlds = [World(latent, board, reference, exact)]
    if errors is not None and any(side.any() for side in errors):
        worlds.append(World(latent, board, reference, errors))
    tail = (1 - confidence) / 2
    ends = [world.ends(value, tail) for world in worlds]
    stderr = float(np.std(worlds[-1].draw(latent.parameter(value))))
    return stderr, min(value, *(lower for lower, _ in ends)), max(value, *(upper for _, upper in ends))


class World:
    """Draws of n models under any parameter; all use the same random numbers, so values rise with the parameter."""

    def __init__(
        self, latent: Latent, board: Floats, reference: Floats, errors: Errors, *, draws: int | None = None
    ) -> None:
        n = len(board)
        draws = draws or max(_FEWEST_DRAWS, min(_DRAWS, _CELLS // n))
        generator = np.random.default_rng(n)
        self.latent = latent
        self.common, self.own = generator.standard_normal((2, draws, n))
        noise = generator.standard_normal((2, draws, n))
        self.board = _Side(board, errors[0], noise[0])
        self.reference = _Side(reference, errors[1], noise[1])
        self.places = _places(self.common)

    def draw(self, parameter: float) -> Floats:
        """Values of the coefficient, shape (draws,)."""
        other = _places(parameter * self.common + math.sqrt(1 - parameter**2) * self.own)
        if self.latent.of_places is None:
            return _pearson_rows(self.board.scores(self.places), self.reference.scores(other))
        return self.latent.of_places(self.board.measured(self.places), self.reference.measured(other))

    def ends(self, value: float, tail: float) -> tuple[float, float]:
        lower = _bisect(lambda z: float(np.mean(self.draw(math.tanh(z)) >= value - _SAME)) > tail)
        upper = _bisect(lambda z: float(np.mean(self.draw(math.tanh(z)) <= value + _SAME)) < tail)
        return self._population(lower, inner=lower > 0), self._population(upper, inner=upper < 0)

    def _population(self, z: float, *, inner: bool) -> float:
        if abs(z) >= _LARGEST_Z:
            return math.copysign(1.0, z)
        if inner and self.latent.of_places is None:
            # no transformation of normal scores correlates more strongly than the normal scores themselves; how much
            # weaker the correlation is depends on the observed scores
            return float(np.mean(self.draw(math.tanh(z))))
        return self.latent.population(math.tanh(z))


class _Side:
    """The scores of one ranking in rising order, shrunken to remove the spread that measurement error added."""

    def __init__(self, scores: Floats, error: Floats, noise: Floats) -> None:
        rising = np.argsort(scores, kind="stable")
        spread = float(np.var(scores, ddof=1))
        reliability = max(0.0, 1 - float(np.mean(error**2)) / spread)
        self.exact = not error.any()
        self.true = scores.mean() + math.sqrt(reliability) * (scores[rising] - scores.mean())
        self.error = error[rising]
        self.noise = noise

    def scores(self, places: Places) -> Floats:
        taken: Floats = self.true[places]
        return taken if self.exact else taken + self.error[places] * self.noise

    def measured(self, places: Places) -> Places:
        """The order after measurement."""
        return places if self.exact else _places(self.scores(places))


def _places(scores: Floats) -> Places:
    """The rank of every score in its row, from 0."""
    order = np.argsort(scores, axis=1)
    places = np.empty(scores.shape, dtype=np.int16)
    np.put_along_axis(places, order, np.arange(scores.shape[1], dtype=np.int16)[None, :], axis=1)
    return places


def _bisect(reached: Callable[[float], bool]) -> float:
    """The value on the scale of Fisher's z at which a condition begins to hold."""
    low, high = -_LARGEST_Z, _LARGEST_Z
    if not reached(high):
        return high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return (low + high) / 2


def _pearson_rows(first: Floats, second: Floats) -> Floats:
    first = first - first.mean(axis=1, keepdims=True)
    second = second - second.mean(axis=1, keepdims=True)
    size = (first**2).sum(axis=1) * (second**2).sum(axis=1)
    values: Floats = (first * second).sum(axis=1) / np.sqrt(size)
    return values


def _spearman_rows(first: Places, second: Places) -> Floats:
    n = first.shape[1]
    distance = ((first.astype(np.float64) - second) ** 2).sum(axis=1)
    values: Floats = 1 - 6 * distance / (n * (n**2 - 1))
    return values


def _kendall_rows(first: Places, second: Places) -> Floats:
    n = first.shape[1]
    inverse = np.empty_like(second)
    np.put_along_axis(inverse, second.astype(np.int64), np.arange(n, dtype=np.int16)[None, :], axis=1)
    ordered = np.take_along_axis(first, inverse.astype(np.int64), axis=1)
    inversions = np.zeros(len(first))
    for model in range(n - 1):
        inversions += (ordered[:, model : model + 1] > ordered[:, model + 1 :]).sum(axis=1)
    values: Floats = 1 - 4 * inversions / (n * (n - 1))
    return values


# population values under a normal copula: Kruskal 1958, Journal of the American Statistical Association 53
spearman_latent = Latent(
    _spearman_rows, lambda p: 6 / math.pi * math.asin(p / 2), lambda value: 2 * math.sin(math.pi * value / 6)
)
kendall_latent = Latent(
    _kendall_rows, lambda p: 2 / math.pi * math.asin(p), lambda value: math.sin(math.pi * value / 2)
)
pearson_latent = Latent(None, lambda p: p, lambda value: value)
