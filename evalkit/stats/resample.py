"""Bootstrap over instructions, seeded by the data themselves so that the same data give the same interval."""

import hashlib
from collections.abc import Callable

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.sample import Floats, Ints

MIN_SUCCESSES = 0.9


def bootstrap(statistic: Callable[[Floats], float], cluster: Ints, *, replicates: int, data: Floats) -> Floats:
    """Values of a statistic under resampled instructions, shape (successful replicates,).

    Args:
        statistic: function of the number of times that each row was drawn, shape (n,).
        data: values whose digest seeds the random numbers.

    Raises:
        StatsError: the caller asked for a single draw, or more than a tenth of the draws cannot be estimated.
    """
    if replicates < 2:
        raise StatsError(f"{replicates} bootstrap draws have no standard deviation; use some hundreds")
    generator = generator_of(data)
    clusters = int(cluster.max()) + 1
    values = []
    for _ in range(replicates):
        drawn = np.bincount(generator.integers(clusters, size=clusters), minlength=clusters)
        try:
            values.append(statistic(drawn[cluster].astype(np.float64)))
        except StatsError:
            continue
    if len(values) < MIN_SUCCESSES * replicates:
        raise StatsError(f"only {len(values)} of {replicates} bootstrap draws could be estimated")
    return np.array(values)


def generator_of(data: Floats) -> np.random.Generator:
    """A random number generator seeded by a digest of the data."""
    digest = hashlib.sha256(np.round(data, 9).tobytes()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def percentile_interval(draws: Floats, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(draws, [tail, 1 - tail])
    return float(lower), float(upper)
