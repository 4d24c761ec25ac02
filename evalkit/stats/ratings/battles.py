"""Battles: comparisons between any two models, and the counts of equal ones that a fit needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import StatsError
from evalkit.stats.columns import (
    Floats,
    Ints,
    Labels,
    Numbers,
    earliest,
    floats,
    labels,
    numbered,
    shown,
    whole_numbers,
)

Bools = NDArray[np.bool_]

# tables of all pairs are held in memory
MAX_MODELS = 2000


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
    a: Labels,
    b: Labels,
    outcome: Numbers,
    weight: Numbers | None = None,
    cluster: Labels | None = None,
    covariates: Mapping[str, Numbers] | None = None,
) -> Battles:
    """Build battles that are safe to count: no model fights itself, and outcomes are probabilities.

    Every column is a list, an array or a series of shape (n battles,), a row a battle. A series is read by position,
    whatever its index is.

    Args:
        models: the models' names, each once.
        a, b: both models of each battle, by name or by their place in `models`, from 0.
        outcome: P(a beats b): 1 where a won, 0 where b won, 0.5 for a tie.
        weight: the weight of each battle; all the same by default.
        cluster: the source of dependent battles, a number or a name; the same as None where all differ.
        covariates: differences, a's value minus b's, by name.

    Raises:
        StatsError: a value is wrong; the message names the argument and the position.

    Example:
        >>> from evalkit.stats import build_battles
        >>> battles = build_battles(["x", "y"], a=["x", "y", "x"], b=["y", "x", "y"], outcome=[1, 0.5, 0])
        >>> battles.n, battles.a.tolist()
        (3, [0, 1, 0])
    """
    names = tuple(models)
    first_of = _places(a, "a", names)
    rows = ("a", len(first_of))
    second_of = _places(b, "b", names, like=rows)
    _check_models(names, first_of, second_of)
    outcomes = floats(outcome, "outcome", like=rows)
    if not (outcomes.min() >= 0 and outcomes.max() <= 1):  # NaN fails too
        row = earliest(~((outcomes >= 0) & (outcomes <= 1)))
        raise StatsError(f"outcome[{row}] is {outcomes[row]:g}, not a probability from 0 to 1. Give P(a beats b)")
    weights = None if weight is None else floats(weight, "weight", like=rows)
    if weights is not None and not (weights.min() > 0 and np.isfinite(weights.max())):
        row = earliest(~((weights > 0) & np.isfinite(weights)))
        raise StatsError(
            f"weight[{row}] is {weights[row]:g}, not a positive number. Leave weights out where all are alike"
        )
    return Battles(
        names,
        first_of,
        second_of,
        outcomes,
        weights,
        None if cluster is None else _clusters(cluster, rows),
        {name: _covariate(values, name, rows) for name, values in (covariates or {}).items()},
    )


def _places(values: Labels, name: str, models: Sequence[str], *, like: tuple[str, int] | None = None) -> Ints:
    """The place of each battle's model among the models, from places or names."""
    if (places := whole_numbers(values, name, like=like)) is not None:
        return places
    named = labels(values, name, like=like)
    place = {model: index for index, model in enumerate(models)}
    unknown = next((row for row, model in enumerate(named.tolist()) if model not in place), None)
    if unknown is not None:
        raise StatsError(f"{name}[{unknown}] is {shown(str(named[unknown]))}, which is not listed. Name it in `models`")
    return np.array([place[model] for model in named.tolist()], dtype=np.int64)


def _clusters(values: Labels, rows: tuple[str, int]) -> Ints | None:
    """The clusters numbered from 0 without gaps; None where all differ."""
    numbers = whole_numbers(values, "cluster", like=rows)
    cluster = numbered(values, "cluster", like=rows) if numbers is None else _numbered(numbers)
    return None if int(cluster.max()) + 1 == len(cluster) else cluster


def _covariate(values: Numbers, name: str, rows: tuple[str, int]) -> Floats:
    column = floats(values, f"covariates[{shown(name)}]", like=rows)
    if not np.isfinite(column).all():
        row = earliest(~np.isfinite(column))
        raise StatsError(
            f"covariate {name}: a value is missing or infinite, first in row {row}. Leave such battles out"
        )
    return column


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
        raise StatsError(f"a or b has a place that is not listed: `models` has {len(models)}, counted from 0")
    if (a == b).any():
        row = earliest(a == b)
        raise StatsError(
            f"a[{row}] and b[{row}]: model {shown(models[int(a[row])])} fights itself. Leave such rows out"
        )


def _numbered(cluster: Ints) -> Ints:
    """The same clusters, numbered from 0 without gaps."""
    highest = int(cluster.max())
    if cluster.min() >= 0 and highest < 4 * len(cluster):
        used = np.zeros(highest + 1, dtype=bool)
        used[cluster] = True
        return cluster if used.all() else (np.cumsum(used) - 1)[cluster]
    return np.unique(cluster, return_inverse=True)[1]
