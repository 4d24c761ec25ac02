"""Battles: comparisons between any two models, and the counts of equal ones that a fit needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import StatsError
from evalkit.stats.sample import Floats, Ints

Bools = NDArray[np.bool_]

# tables of all pairs are held in memory
MAX_MODELS = 2000
_SHOWN = 60


@dataclass(frozen=True, slots=True, eq=False)
class Battles:
    """One battle a row, between `models[a]` and `models[b]`; arrays of shape (n,).

    `outcome` is P(a beats b): 0.5 is a tie, and other fractions are allowed. `weight` is the weight of each battle,
    None where all have the same. `cluster` numbers from 0 the sources of dependent battles (an instruction, a voter, a
    session); None where all battles are independent. `covariates` are differences, a's value minus b's, by name.
    """

    models: tuple[str, ...]
    a: Ints
    b: Ints
    outcome: Floats
    weight: Floats | None = None
    cluster: Ints | None = None
    covariates: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.a)

    @property
    def m(self) -> int:
        return len(self.models)

    @property
    def n_clusters(self) -> int:
        return self.n if self.cluster is None else int(self.cluster.max()) + 1


def build_battles(
    models: Sequence[str],
    *,
    a: Ints,
    b: Ints,
    outcome: Floats,
    weight: Floats | None = None,
    cluster: Ints | None = None,
    covariates: Mapping[str, Floats] | None = None,
) -> Battles:
    """Build battles that are safe to count: no model fights itself, and outcomes are probabilities.

    Args:
        cluster: any whole numbers, equal within a cluster; the same as None where all differ.

    Raises:
        StatsError: a value is wrong; the message names it.
    """
    _check_models(models, a, b)
    if not (outcome.min() >= 0 and outcome.max() <= 1):  # NaN fails too
        raise StatsError("an outcome is not a probability from 0 to 1")
    if weight is not None and not (weight.min() > 0 and np.isfinite(weight.max())):
        raise StatsError("a weight is not a positive number")
    for name, values in (covariates or {}).items():
        if not np.isfinite(values).all():
            raise StatsError(f"covariate {name}: a value is missing or infinite")
    if cluster is not None:
        cluster = _numbered(cluster)
        if int(cluster.max()) + 1 == len(cluster):
            cluster = None
    return Battles(tuple(models), a, b, outcome, weight, cluster, dict(covariates or {}))


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Battles of the same pair, outcome and weight counted together, sorted by pair; arrays of shape (k,).

    `outcome` is P(first beats second), and first < second. `starts` are the indices at which the pairs begin.
    """

    m: int
    first: Ints
    second: Ints
    outcome: Floats
    weight: Floats
    count: Floats
    starts: Ints

    def wins(self, count: Floats) -> Floats:
        """Counts of wins between each two models, a tie half: shape (rounds, m, m) from counts of shape (rounds, k)."""
        wins = np.zeros((len(count), self.m, self.m))
        if not len(self.starts):
            return wins
        i, j = self.first[self.starts], self.second[self.starts]
        wins[:, i, j] = np.add.reduceat(count * (self.weight * self.outcome), self.starts, axis=1)
        wins[:, j, i] = np.add.reduceat(count * (self.weight * (1 - self.outcome)), self.starts, axis=1)
        return wins


def tally(battles: Battles) -> Cells:
    """Count equal battles: a fit without covariates and clusters depends on nothing else."""
    thirds = (2 * battles.outcome).astype(np.int8)
    if battles.weight is None and (thirds == 2 * battles.outcome).all():
        return _tally_votes(battles, thirds)
    swapped = battles.a > battles.b
    first, second = np.where(swapped, battles.b, battles.a), np.where(swapped, battles.a, battles.b)
    outcomes, outcome = np.unique(np.where(swapped, 1 - battles.outcome, battles.outcome), return_inverse=True)
    weights, weight = np.unique(np.ones(1) if battles.weight is None else battles.weight, return_inverse=True)
    code = ((first.astype(np.int64) * battles.m + second) * len(outcomes) + outcome) * len(weights) + weight
    codes, count = np.unique(code, return_counts=True)
    rest, weight = np.divmod(codes, len(weights))
    pair, outcome = np.divmod(rest, len(outcomes))
    return _cells(battles.m, pair, outcomes[outcome], weights[weight], count)


def _tally_votes(battles: Battles, thirds: NDArray[np.int8]) -> Cells:
    """Count wins, ties and losses without weights in one pass."""
    m = battles.m
    code = battles.a.astype(np.intp)
    code *= m
    code += battles.b
    code *= 3
    code += thirds
    table = np.bincount(code, minlength=3 * m * m).reshape(m, m, 3)
    table = table + table.transpose(1, 0, 2)[:, :, ::-1]
    table[np.tril_indices(m)] = 0
    codes = np.flatnonzero(table)
    pair, outcome = np.divmod(codes, 3)
    return _cells(m, pair, outcome / 2, np.ones(len(codes)), table.reshape(-1)[codes])


def _cells(m: int, pair: Ints, outcome: Floats, weight: Floats, count: Ints) -> Cells:
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    return Cells(m, pair // m, pair % m, outcome, weight, count.astype(np.float64), starts)


def _check_models(models: Sequence[str], a: Ints, b: Ints) -> None:
    if not len(a):
        raise StatsError("there are no battles")
    if len(models) > MAX_MODELS:
        raise StatsError(f"{len(models)} models are too many to be rated together. The most is {MAX_MODELS}")
    if min(a.min(), b.min()) < 0 or max(a.max(), b.max()) >= len(models):
        raise StatsError("a battle names a model that is not listed")
    if (a == b).any():
        raise StatsError(f"model {models[int(a[a == b][0])][:_SHOWN]!r} fights itself")


def _numbered(cluster: Ints) -> Ints:
    """The same clusters, numbered from 0 without gaps."""
    highest = int(cluster.max())
    if cluster.min() >= 0 and highest < 4 * len(cluster):
        used = np.zeros(highest + 1, dtype=bool)
        used[cluster] = True
        return cluster if used.all() else (np.cumsum(used) - 1)[cluster]
    return np.unique(cluster, return_inverse=True)[1]
