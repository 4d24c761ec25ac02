"""Strengths under resampled battles or resampled clusters; a round costs little more than its small fit."""

import hashlib
from collections.abc import Iterator

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.ratings.battles import Battles, tally
from evalkit.stats.ratings.bradley_terry import BradleyTerry, resolve_strengths
from evalkit.stats.ratings.connection import strongly_connected
from evalkit.stats.ratings.controlled import solve_controlled
from evalkit.stats.resample import MIN_SUCCESSES
from evalkit.stats.sample import Floats, Ints

# the most numbers that the tables of rounds fitted at once may hold
_TABLE_NUMBERS = 1_000_000
# the most numbers that the draws of clusters may hold; more would leave the processor's cache
_DRAWN_NUMBERS = 4_000_000


def bootstrap_strengths(battles: Battles, fit: BradleyTerry, *, rounds: int) -> Floats:
    """Strengths with the mean zero, then coefficients, of each round that has a maximum: shape (rounds, m + k).

    Draws whole clusters where there are clusters, else battles. The draws are seeded by the data.

    Raises:
        StatsError: the data themselves, or more than a tenth of the rounds, have no maximum.
    """
    if fit.unbounded:
        raise StatsError(
            f"model {fit.models[min(fit.unbounded)][:60]!r} is {fit.unbounded[min(fit.unbounded)]}; "
            "resamples cannot bound it. Choose the sandwich interval"
        )
    generator = np.random.default_rng(_seed(battles))
    if fit.covariates:
        draws = np.array(list(_controlled(battles, fit, rounds, generator)))
    elif battles.cluster is None:
        draws = _refitted(_drawn_battles(battles, rounds, generator), fit)
    else:
        draws = _refitted(_drawn_clusters(battles, battles.cluster, rounds, generator), fit)
    if len(draws) < max(2, MIN_SUCCESSES * rounds):
        raise StatsError(f"only {len(draws)} of {rounds} bootstrap rounds leave all models tied together by wins")
    return draws


def _seed(battles: Battles) -> int:
    cells = tally(battles)
    digest = hashlib.sha256("\0".join(battles.models).encode("utf-8", "surrogatepass"))
    digest.update(np.round(cells.wins(cells.count[None, :]), 9).tobytes())
    return int.from_bytes(digest.digest()[:8], "big")


def _refitted(tables: Iterator[Floats], fit: BradleyTerry) -> Floats:
    return np.concatenate([_solved(wins, fit) for wins in tables])


def _solved(wins: Floats, fit: BradleyTerry) -> Floats:
    tied = np.array([strongly_connected(table > 0) for table in wins], dtype=bool)
    return resolve_strengths(wins[tied], fit) if tied.any() else np.empty((0, fit.m))


def _drawn_battles(battles: Battles, rounds: int, generator: np.random.Generator) -> Iterator[Floats]:
    """Tables of wins: each round draws as many battles as there are, each kind with its share as its chance."""
    cells = tally(battles)
    share = cells.count / cells.count.sum()
    for size in _portions(rounds, _TABLE_NUMBERS // battles.m**2):
        yield cells.wins(generator.multinomial(battles.n, share, size=size).astype(np.float64))


def _drawn_clusters(battles: Battles, cluster: Ints, rounds: int, generator: np.random.Generator) -> Iterator[Floats]:
    """Tables of wins: each cluster's own table is made once, and multiplied in each round by how often it was drawn."""
    from scipy.sparse import coo_array

    m = battles.m
    won = battles.outcome if battles.weight is None else battles.outcome * battles.weight
    lost = 1 - battles.outcome if battles.weight is None else (1 - battles.outcome) * battles.weight
    a, b = battles.a.astype(np.int32), battles.b.astype(np.int32)
    sides = [(a * m + b, won), (b * m + a, lost)]
    some = [values > 0 for _, values in sides]
    place = np.concatenate([where[kept] for (where, _), kept in zip(sides, some, strict=True)])
    owner = np.concatenate([cluster[kept] for kept in some])
    value = np.concatenate([values[kept] for (_, values), kept in zip(sides, some, strict=True)])
    # by cluster, so that the draws are read in order and the small table of wins stays in the cache
    tables = coo_array((value, (place, owner)), shape=(m * m, battles.n_clusters)).tocsc()
    most = min(_TABLE_NUMBERS // m**2, _DRAWN_NUMBERS // battles.n_clusters)
    for size in _portions(rounds, most):
        drawn = np.empty((battles.n_clusters, size))
        for column in range(size):
            drawn[:, column] = _draw(battles.n_clusters, generator)
        yield np.ascontiguousarray((tables @ drawn).T).reshape(size, m, m)


def _controlled(battles: Battles, fit: BradleyTerry, rounds: int, generator: np.random.Generator) -> Iterator[Floats]:
    design = [battles.covariates[name] / unit for name, unit in zip(fit.covariates, fit.unit, strict=True)]
    start = np.concatenate([fit.strengths, fit.coefficients])
    for _ in range(rounds):
        drawn = _draw(battles.n_clusters, generator)
        weight = (drawn if battles.cluster is None else drawn[battles.cluster]).astype(np.float64)
        if battles.weight is not None:
            weight = weight * battles.weight
        try:
            yield solve_controlled(battles, design, weight, start)[0]
        except StatsError:
            continue


def _draw(n: int, generator: np.random.Generator) -> Ints:
    """The number of times that each of n items was drawn in n draws."""
    return np.bincount(generator.integers(n, size=n, dtype=np.int32), minlength=n)


def _portions(rounds: int, most: int) -> Iterator[int]:
    size = max(1, most)
    for done in range(0, rounds, size):
        yield min(size, rounds - done)
