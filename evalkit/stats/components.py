"""Variance components of one model's verdicts: instruction, order of the answers, and the judge's noise in repeats."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import StatsError
from evalkit.stats.columns import Labels, Numbers, check_share, floats, labels
from evalkit.stats.intervals import CONFIDENCE, clustered_stderr, proportion_interval
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats, Ints
from evalkit.types import Estimate, Order

Bools = NDArray[np.bool_]
NO_REPEATS = "no question was asked twice"
ONE_ORDER = "no instruction was asked in both orders"
UNNAMED_ORDERS = "the verdicts tell of one order only"
FEW = "fewer than 2 instructions"
# upper bounds of the mean squares for verdicts in [0, 1]
_MOST_OF_VARIANCE = 0.25
_MOST_OF_A_PAIR = 0.5


@dataclass(frozen=True, slots=True)
class Components:
    """Variances of preferences in [0, 1], and how many orders and repeats the verdicts had.

    `instruction` is the variance between instructions, both orders averaged. `order` is the variance added by asking
    only one randomly chosen order: the square of the position effect plus its variance between instructions. `repeat`
    is the variance between repeats of one question. The mean over n instructions has the variance

        (instruction + (order where one order is asked) + repeat / (orders * repeats)) / n.

    A component that was not measured is refused; its variance stays in the components above it, and their notes say so.
    `position` is by how many points the preference for the candidate is higher where the candidate is shown first;
    `repeats` is the mean number of verdicts on a question.
    """

    instruction: Estimate
    order: Estimate
    repeat: Estimate
    position: Estimate
    orders: int
    repeats: float


def variance_components(keys: Labels, orders: Labels, *, clusters: Labels, preference: Numbers) -> Components:
    """Variance components by the method of moments; n of each counts the clusters that it was estimated from.

    Every instruction has the same weight, however often it was asked. A negative estimate is set to zero, with a note.
    As in a sample, an instruction is left out where one of its orders was asked and has no verdict.

    Args:
        keys, clusters: the instruction of each verdict and its cluster; shape (n verdicts,).
        orders: who was shown first, `candidate_first` or `baseline_first`; shape (n verdicts,).
        preference: P(candidate beats baseline), missing where there is no verdict; shape (n verdicts,).

    Raises:
        StatsError: there are more than two orders, a preference is outside [0, 1], or the columns have different
            lengths.
    """
    cells = _cells(keys, orders, clusters, preference)
    repeat = _repeat(cells)
    typical = 0.0 if repeat.value is None else repeat.value
    noise = np.where(cells.n > 1, cells.variance, typical) / np.maximum(cells.n, 1)  # (instructions, orders)
    answered = cells.n > 0
    both = answered.sum(axis=1) > 1
    inside = ["the judge's noise"] if repeat.value is None else []
    per_order = cells.n[answered]
    repeats = float(per_order.mean()) if per_order.size else 0.0
    if _count(cells.cluster[both]) > 1:
        instruction, order = _instruction(cells, noise, both, inside), _order(cells, noise, both, inside)
        return Components(instruction, order, repeat, _position_within(cells, both), 2, repeats)
    either: Bools = answered.sum(axis=1) > 0
    instruction = _instruction(cells, noise, either, [*inside, "what the order does"])
    return Components(instruction, Estimate.refused(ONE_ORDER, n=0), repeat, _position_between(cells), 1, repeats)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Count, mean and variance of verdicts by instruction and order, shape (instructions, orders).

    Mean and variance are NaN where there are too few verdicts. `cluster` has shape (instructions,).
    """

    n: Floats
    mean: Floats
    variance: Floats
    cluster: Ints
    names: tuple[str, ...]


def _cells(keys: Labels, orders: Labels, clusters: Labels, preference: Numbers) -> _Cells:
    key = labels(keys, "keys")
    rows = ("keys", len(key))
    order, cluster = labels(orders, "orders", like=rows, unnamed=""), labels(clusters, "clusters", like=rows)
    value = floats(preference, "preference", like=rows)
    check_share(value, "preference", "Give P(candidate beats baseline), NaN without a verdict", of=key)
    # sorted, so that no sum depends on the order of the rows
    rising = np.lexsort((value, order, key))
    key, order, cluster = (group[rising] for group in (key, order, cluster))
    value = value[rising]
    unique, first, row = np.unique(key, return_index=True, return_inverse=True)
    order_names, column = np.unique(order, return_inverse=True)
    if len(order_names) > 2:
        raise StatsError(f"orders has {len(order_names)} names, and a pair has two orders. Give one name to each order")
    shape = (len(unique), len(order_names))
    place = row * shape[1] + column
    present = ~np.isnan(value)

    def by_cell(values: Floats) -> Floats:
        return np.bincount(place[present], weights=values[present], minlength=shape[0] * shape[1]).astype(np.float64)

    asked = np.bincount(place, minlength=shape[0] * shape[1]) > 0
    n = by_cell(np.ones(len(value)))
    mean = np.divide(by_cell(value), n, out=np.full(n.shape, np.nan), where=n > 0)
    squares = by_cell((value - mean[place]) ** 2)
    variance = np.divide(squares, n - 1, out=np.full(n.shape, np.nan), where=n > 1)
    complete = ((n > 0) == asked).reshape(shape).all(axis=1)
    n, mean, variance = (moment.reshape(shape)[complete] for moment in (n, mean, variance))
    return _Cells(n, mean, variance, _number(cluster[first][complete]), tuple(order_names.tolist()))


def _repeat(cells: _Cells) -> Estimate:
    repeated = cells.n > 1
    kept = repeated.any(axis=1)
    if _count(cells.cluster[kept]) < 2:
        return Estimate.refused(FEW if kept.any() else NO_REPEATS, n=int(kept.sum()))
    by_instruction = np.where(repeated, cells.variance, 0.0)[kept].sum(axis=1) / repeated[kept].sum(axis=1)
    return _mean_square(by_instruction, cells.cluster[kept], _MOST_OF_A_PAIR, ())


def _order(cells: _Cells, noise: Floats, kept: Bools, inside: list[str]) -> Estimate:
    """Mean square of half the difference between the orders, minus its expectation under noise alone."""
    first, second = cells.mean[kept].T
    squares = (first - second) ** 2 / 4 - noise[kept].sum(axis=1) / 4
    return _mean_square(squares, cells.cluster[kept], _MOST_OF_VARIANCE, inside)


def _instruction(cells: _Cells, noise: Floats, kept: Bools, inside: list[str]) -> Estimate:
    clusters = _count(cells.cluster[kept])
    if clusters < 2:
        return Estimate.refused(FEW, n=clusters)
    answered = cells.n[kept] > 0
    orders = answered.sum(axis=1)
    mean = np.nansum(cells.mean[kept], axis=1) / orders
    own_noise = np.where(answered, noise[kept], 0.0).sum(axis=1) / orders**2
    # the factor corrects for the mean, which is estimated from the same instructions
    squares = (mean - mean.mean()) ** 2 * clusters / (clusters - 1) - own_noise
    return _mean_square(squares, cells.cluster[kept], _MOST_OF_VARIANCE, inside)


def _mean_square(squares: Floats, cluster: Ints, most: float, inside: Sequence[str]) -> Estimate:
    """Mean of squares, each of them unbiased, with an interval inside [0, `most`]."""
    numbered = _number(cluster)
    n = int(numbered.max()) + 1
    mean = float(squares.mean())
    stderr = clustered_stderr(squares - mean, numbered)
    value = max(0.0, mean)
    lower, upper = proportion_interval(min(1.0, value / most), stderr / most, n)
    notes = [f"contains {' and '.join(inside)}"] if inside else []
    if mean < 0:
        reach = mean + student_quantile(n - 1, (1 + CONFIDENCE) / 2) * stderr
        upper = max(upper, reach / most)
        notes.append(f"estimated at {mean:.2g}, which is below zero")
    return Estimate(value, stderr, most * lower, most * upper, n, notes=tuple(notes))


def _position_within(cells: _Cells, both: Bools) -> Estimate:
    """Position effect from the difference between the two orders of each instruction."""
    sides = _sides(cells)
    if sides is None:
        return Estimate.refused(UNNAMED_ORDERS, n=0)
    differences = (sides[0] - sides[1])[both]
    mean = float(differences.mean())
    return _points(mean, differences - mean, cells.cluster[both], parameters=1)


def _position_between(cells: _Cells) -> Estimate:
    """Position effect from the instructions asked in one order against those asked in the other."""
    sides = _sides(cells)
    if sides is None:
        return Estimate.refused(UNNAMED_ORDERS, n=0)
    dealt = [~np.isnan(side) for side in sides]
    if min(_count(cells.cluster[rows]) for rows in dealt) < 2:
        return Estimate.refused(f"{FEW} in one of the orders", n=0)
    answered = dealt[0] | dealt[1]
    means = [float(side[rows].mean()) for side, rows in zip(sides, dealt, strict=True)]
    influence = np.zeros(len(answered))
    for side, rows, mean, sign in zip(sides, dealt, means, (1, -1), strict=True):
        influence[rows] += sign * (side[rows] - mean) * answered.sum() / rows.sum()
    return _points(means[0] - means[1], influence[answered], cells.cluster[answered], parameters=2)


def _sides(cells: _Cells) -> tuple[Floats, Floats] | None:
    """Each instruction's mean with the candidate first, and with the baseline first; None unless both orders occur."""
    names = Order.CANDIDATE_FIRST.value, Order.BASELINE_FIRST.value
    if not set(names) <= set(cells.names):
        return None
    candidate_first, baseline_first = (cells.mean[:, cells.names.index(name)] for name in names)
    return candidate_first, baseline_first


def _points(difference: float, influence: Floats, cluster: Ints, *, parameters: int) -> Estimate:
    n = _count(cluster)
    stderr = clustered_stderr(influence, _number(cluster), parameters=parameters)
    reach = student_quantile(n - parameters, (1 + CONFIDENCE) / 2) * stderr
    lower, upper = max(-1.0, difference - reach), min(1.0, difference + reach)
    return Estimate(100 * difference, 100 * stderr, 100 * lower, 100 * upper, n)


def _number(cluster: Ints) -> Ints:
    """Clusters numbered from 0 without gaps."""
    return np.unique(cluster, return_inverse=True)[1].astype(np.int64)


def _count(cluster: Ints) -> int:
    return len(np.unique(cluster))
