"""A share by category: as it was found, drawn towards the other categories, and its deviation from the whole."""

import math
from dataclasses import dataclass, replace

import numpy as np

from evalkit.stats.columns import Labels, Numbers, check_confidence, check_share, floats, labels, numbered
from evalkit.stats.intervals import CONFIDENCE, NO_ERROR, proportion_interval
from evalkit.stats.multiple import holm
from evalkit.stats.quantiles import beta_probability, normal_quantile
from evalkit.stats.sample import Floats, Ints
from evalkit.stats.shares import MIN_CLUSTERS, mean_share
from evalkit.types import OK, Estimate, degraded

MIN_CATEGORIES = 4
# true shares nearer to 0 or 1 than this are not normal, and the shrunk intervals held them in 92 % of simulations
NEAR_THE_END = 0.15
LOPSIDED = "shares so near 0 or 100 % are not normal, and the intervals are a little too short"
ONE_CATEGORY = "there is one category only"
NEVER_VARIES = "the values never vary within a category"
_SPREADS = 400
# shares of [0, 1] cannot be further apart than this standard deviation
_WIDEST = 0.5


@dataclass(frozen=True, slots=True)
class PooledCategory:
    """A category's share in percent: `raw` by its own rows, and `shrunk` with the help of the other categories.

    `deviation` is the raw share minus that of the whole, in points, and `p_value` that of no deviation, adjusted for
    the number of categories by Holm's method; None where there is no deviation to test. `count` is the number of rows.
    """

    name: str
    count: int
    raw: Estimate
    shrunk: Estimate
    deviation: Estimate
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Pooled:
    """The share of all rows, the standard deviation of true shares between categories in points, and the categories in
    the order of their names.
    """

    whole: Estimate
    spread: Estimate
    categories: tuple[PooledCategory, ...]


def pool_by_category(values: Numbers, category: Labels, cluster: Labels, *, confidence: float = CONFIDENCE) -> Pooled:
    """The mean of values in [0, 1] by category, partially pooled.

    True shares of categories are taken as drawn from one normal distribution. Its mean and its spread are estimated
    from all categories, and the `shrunk` share is the expected true share. Its interval allows for the error of the
    spread, every value of which is weighted by its likelihood. A category's error is that of as many coin tosses as it
    has rows, at the share of all rows, times the factor by which clusters and half values change it, which is estimated
    from all categories: the own standard deviation of a few rows tells little, and nothing where all of them agree.

    Args:
        values: a number in [0, 1] for each row, such as 1 where the judge is right; shape (n,).
        category: the category of each row; shape (n,).
        cluster: the instruction of each row, which belongs to one category; shape (n,).

    Returns:
        n counts instructions, of `spread` categories. `shrunk` and `spread` are refused below four categories and where
        the values never vary; `shrunk` is degraded where the whole share is below 15 or above 85 %. `raw` is refused
        below two instructions.

    Raises:
        StatsError: a value is missing or outside [0, 1], or the columns have different lengths.

    Reference: Gelman et al. 2013, Bayesian Data Analysis, section 5.4, with a flat prior on the spread.
    """
    check_confidence(confidence)
    values = floats(values, "values", known=True)
    check_share(values, "values", "Give shares, of which 1 is all")
    like = ("values", len(values))
    names, place = np.unique(labels(category, "category", like=like), return_inverse=True)
    cluster = numbered(cluster, "cluster", like=like)
    whole = mean_share(values, cluster, confidence=confidence)
    raws = [mean_share(values[rows], cluster[rows], confidence=confidence) for rows in _rows_of_each(place)]
    if whole.value is None or len(names) < 2:
        refused = Estimate.refused(ONE_CATEGORY if len(names) < 2 else str(whole.status.reason), n=len(names))
        spread, shrunk = refused, [replace(refused, n=raw.n) for raw in raws]
        deviations: list[tuple[Estimate, float | None]] = [(one, None) for one in shrunk]
    else:
        cells = _cells(values, place, cluster)
        spread, shrunk, share = _pooled(cells, whole.n, confidence)
        deviations = _deviations(cells, share, raws, confidence)
    adjusted = holm([p for _, p in deviations])
    return Pooled(
        whole,
        spread,
        tuple(
            PooledCategory(str(name), int(count), raw, drawn, deviation, p)
            for name, count, raw, drawn, (deviation, _), p in zip(
                names, np.bincount(place), raws, shrunk, deviations, adjusted, strict=True
            )
        ),
    )


@dataclass(frozen=True, eq=False)
class _Cells:
    """Rows, instructions and mean of each category, shape (k,), and the factor on the error of coin tosses."""

    count: Floats
    clusters: Ints
    mean: Floats
    factor: float

    def variance(self, share: Floats) -> Floats:
        """The sampling variance of each category's mean at these true shares."""
        variance: Floats = self.factor * share * (1 - share) / self.count
        return variance


def _rows_of_each(place: Ints) -> list[Ints]:
    """The rows of each category, in the order of the categories."""
    return np.split(np.argsort(place, kind="stable"), np.cumsum(np.bincount(place))[:-1]) if len(place) else []


def _cells(values: Floats, place: Ints, cluster: Ints) -> _Cells:
    count = np.bincount(place).astype(np.float64)
    mean = np.bincount(place, weights=values) / count
    # the same instruction in two categories counts as two
    pairs, pair = np.unique(place * (int(cluster.max()) + 1) + cluster, return_inverse=True)
    category = pairs // (int(cluster.max()) + 1)
    squares = np.bincount(category, weights=np.bincount(pair, weights=values - mean[place]) ** 2)
    clusters = np.bincount(category)
    several = clusters > 1
    small = np.divide(clusters, clusters - 1, out=np.zeros(len(clusters)), where=several)
    tosses = float((small * count * mean * (1 - mean)).sum())
    factor = float((small * squares).sum()) / tosses if tosses > NO_ERROR else 1.0
    return _Cells(count, clusters, mean, factor)


def _pooled(cells: _Cells, n: int, confidence: float) -> tuple[Estimate, list[Estimate], Floats]:
    """The spread in points, the shrunk shares in percent, and the shares at which errors are computed."""
    k = len(cells.count)
    whole = float(cells.mean @ cells.count / cells.count.sum())
    share = np.full(k, whole)
    reason = None
    if k < MIN_CATEGORIES:
        reason = f"{k} categories, at least {MIN_CATEGORIES} needed"
    elif not cells.variance(share).min() > NO_ERROR**2:
        reason = NEVER_VARIES
    if reason is not None:
        return Estimate.refused(reason, n=k), [Estimate.refused(reason, n=int(c)) for c in cells.clusters], share
    # errors at each category's own share would give the more weight to categories the nearer they are to 0 or 1
    posterior = _posterior(cells.mean, cells.variance(share))
    status = OK if NEAR_THE_END <= whole <= 1 - NEAR_THE_END else degraded(LOPSIDED)
    share = np.clip(posterior.mean, 0.0, 1.0)
    shrunk = []
    for mean, deviation, clusters in zip(share, np.sqrt(posterior.variance), cells.clusters, strict=True):
        lower, upper = proportion_interval(float(mean), float(deviation), n, confidence=confidence)
        shrunk.append(
            Estimate(100 * float(mean), 100 * float(deviation), 100 * lower, 100 * upper, int(clusters), status)
        )
    return posterior.spread(k, confidence), shrunk, share


@dataclass(frozen=True, eq=False)
class _Posterior:
    """Mean and variance of each true share, shape (k,), and the weights of the spreads, shape (spreads,)."""

    mean: Floats
    variance: Floats
    spreads: Floats
    weights: Floats

    def spread(self, k: int, confidence: float) -> Estimate:
        """The likeliest spread in points, which is that of REML, and the spreads not much less likely."""
        reach = normal_quantile((1 + confidence) / 2)
        kept = self.spreads[self.weights >= self.weights.max() * math.exp(-(reach**2) / 2)]
        likeliest, lower, upper = (
            100 * float(value) for value in (self.spreads[self.weights.argmax()], kept[0], kept[-1])
        )
        return Estimate(likeliest, (upper - lower) / 2 / reach, lower, upper, k)


def _posterior(mean: Floats, variance: Floats) -> _Posterior:
    widest = min(_WIDEST, 4 * max(float(mean.std(ddof=1)), math.sqrt(float(np.median(variance)))))
    spreads = np.linspace(0, widest, _SPREADS)
    total = variance + spreads[:, None] ** 2  # (spreads, k)
    centre_variance = 1 / (1 / total).sum(axis=1)
    centre = (mean / total).sum(axis=1) * centre_variance
    fit = np.log(total).sum(axis=1) + ((mean - centre[:, None]) ** 2 / total).sum(axis=1) - np.log(centre_variance)
    weights = np.exp(-(fit - fit.min()) / 2)
    weights /= weights.sum()
    pull = variance / total
    each = mean - pull * (mean - centre[:, None])
    within = variance * (1 - pull) + pull**2 * centre_variance[:, None]
    drawn = weights @ each
    return _Posterior(drawn, weights @ (within + (each - drawn) ** 2), spreads, weights)


def _deviations(
    cells: _Cells, share: Floats, raws: list[Estimate], confidence: float
) -> list[tuple[Estimate, float | None]]:
    """Each category's deviation from the whole in points, and its p-value before any adjustment."""
    part = cells.count / cells.count.sum()
    whole = float(part @ cells.mean)
    variance = cells.variance(share)
    rest = np.sqrt(np.maximum(0.0, (part**2 * variance).sum() - part**2 * variance))
    reach = 100 * normal_quantile((1 + confidence) / 2) * rest
    found: list[tuple[Estimate, float | None]] = []
    for place, raw in enumerate(raws):
        if raw.value is None or raw.lower is None or raw.upper is None or raw.stderr is None:
            found.append((Estimate.refused(f"{raw.n} instructions, at least {MIN_CLUSTERS} needed", n=raw.n), None))
            continue
        value, own = raw.value - 100 * whole, 1 - float(part[place])
        lower = value - math.hypot(own * (raw.value - raw.lower), float(reach[place]))
        upper = value + math.hypot(own * (raw.upper - raw.value), float(reach[place]))
        stderr = math.hypot(own * raw.stderr, 100 * float(rest[place]))
        tosses = float(cells.count[place]) / max(cells.factor, NO_ERROR) / own
        p = _binomial_p(float(cells.mean[place]) * tosses, tosses, whole)
        found.append((Estimate(value, stderr, lower, upper, raw.n), p))
    return found


def _binomial_p(wins: float, tosses: float, share: float) -> float:
    """The exact two-sided p-value of wins among tosses of a coin; both need not be whole numbers."""
    if not 0 < share < 1:
        return 1.0
    at_least = beta_probability(wins, tosses - wins + 1, share) if wins > NO_ERROR else 1.0
    at_most = 1 - beta_probability(wins + 1, tosses - wins, share) if tosses - wins > NO_ERROR else 1.0
    return min(1.0, 2 * min(at_least, at_most))
