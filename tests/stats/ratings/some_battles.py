"""Battles for the ratings' tests: by a formula, from a published table, or drawn from known strengths."""

import math
from collections.abc import Sequence

import numpy as np

from evalkit.stats.logistic import expit
from evalkit.stats.ratings.battles import Battles, build_battles
from evalkit.stats.sample import Floats, Ints

Row = tuple[int, int, float]

# American League 1987, wins of the row's team over the column's
BASEBALL_TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
BASEBALL = np.array(
    [
        [0, 7, 9, 7, 7, 9, 11],
        [6, 0, 7, 5, 11, 9, 9],
        [4, 6, 0, 7, 7, 8, 12],
        [6, 8, 6, 0, 6, 7, 10],
        [6, 2, 6, 7, 0, 7, 12],
        [4, 4, 5, 6, 6, 0, 6],
        [2, 4, 1, 3, 1, 7, 0],
    ]
)


def battles_of(rows: Sequence[Row], *, cluster: Sequence[int] | None = None) -> Battles:
    """Battles of models named m0, m1 and so on."""
    a, b = (np.array([row[side] for row in rows], dtype=np.int64) for side in (0, 1))
    return build_battles(
        [f"m{one}" for one in range(int(max(a.max(), b.max())) + 1)],
        a=a,
        b=b,
        outcome=np.array([row[2] for row in rows], dtype=np.float64),
        cluster=None if cluster is None else np.array(cluster, dtype=np.int64),
    )


def formula_rows() -> list[Row]:
    """770 battles of six models: 490 wins of the first, 224 of the second, 56 ties."""
    rows: list[Row] = []
    for i in range(6):
        for j in range(i + 1, 6):
            n, ties = 40 + (7 * i + 11 * j) % 23, (3 * i + 5 * j) % 9
            wins = round((n - ties) / (1 + math.exp(-0.35 * (j - i))))
            rows += [(i, j, 1.0)] * wins + [(j, i, 0.5)] * ties + [(i, j, 0.0)] * (n - ties - wins)
    return rows


def baseball() -> Battles:
    rows = [(i, j, 1.0) for i in range(7) for j in range(7) for _ in range(BASEBALL[i, j])]
    return battles_of(rows)


def drawn(
    strengths: Floats, n: int, seed: int | list[int], *, tie: float = 0.2, per_cluster: int = 1, tied: float = 0.0
) -> Battles:
    """Battles of random pairs whose mean outcome is exactly what the strengths say.

    Args:
        tie: share of the less likely outcome that becomes a tie, with as much of the other one.
        per_cluster: battles of one voter.
        tied: how much a voter's taste for the first models moves the log-odds; 0 leaves battles independent.
    """
    generator = np.random.default_rng(seed)
    m = len(strengths)
    a = generator.integers(m, size=n)
    b = (a + 1 + generator.integers(m - 1, size=n)) % m
    cluster: Ints = np.arange(n) // per_cluster
    chance = expit(strengths[a] - strengths[b])
    # one draw for a whole voter makes battles move together and leaves each one's chance as it is
    own, shared = generator.random(n), generator.random(n // per_cluster + 1)[cluster]
    toss = np.where(generator.random(n) < tied, shared, own)
    ahead = np.where(a < b, toss, 1 - toss)
    even = tie * np.minimum(chance, 1 - chance)
    outcome = np.where(ahead < chance - even, 1.0, np.where(ahead < chance + even, 0.5, 0.0))
    return build_battles(
        [f"m{one}" for one in range(m)], a=a, b=b, outcome=outcome, cluster=cluster if per_cluster > 1 else None
    )
