"""Where the spread of one model's verdicts comes from: the instruction, the order of the answers, the judge's mood."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.stats.intervals import CONFIDENCE, clustered_stderr, proportion_interval
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats, Ints
from evalkit.types import Estimate, Order

Bools = NDArray[np.bool_]
NO_REPEATS = "no question was asked twice"
ONE_ORDER = "no instruction was asked in both orders"
UNNAMED_ORDERS = "the verdicts tell of one order only"
FEW = "fewer than 2 instructions"
# how large each mean of squares can get for verdicts in [0, 1]
_MOST_OF_VARIANCE = 0.25
_MOST_OF_A_PAIR = 0.5


@dataclass(frozen=True, slots=True)
class Components:
    """Variances of preferences in [0, 1], and how many orders and repeats the verdicts had.

    `instruction` is between instructions, both orders averaged; `order` is what asking only one order, dealt by chance,
    adds to it: the square of the position effect and how it differs between instructions; `repeat` is between repeats
    of one question. The mean over n instructions has the variance

        (instruction + (order where one order is asked) + repeat / (orders * repeats)) / n.

    What was not measured is refused, stays in the components above it, and their notes say so. `position` is how many
    points more a preference for the candidate has where it is shown first; `repeats` is the mean number of verdicts on
    a question.
    """

    instruction: Estimate
    order: Estimate
    repeat: Estimate
    position: Estimate
    orders: int
    repeats: float


def variance_components(
    keys: Sequence[str], orders: Sequence[str], *, clusters: Sequence[str], preference: Floats
) -> Components:
    """Components by the method of moments; of each, n counts the clusters that tell of it.

    Every instruction counts alike, however often it was asked. What comes out below zero is zero, with a note.
    Instructions with an order that was asked and has no verdict are left out, as in a sample.

    Args:
        preference: P(candidate beats baseline), NaN where there is no verdict; shape (n verdicts,).
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
    """Verdicts by instruction and order, shape (instructions, orders): how many, their mean and their variance; NaN
    where too few. `cluster` has shape (instructions,).
    """

    n: Floats
    mean: Floats
    variance: Floats
    cluster: Ints
    names: tuple[str, ...]


def _cells(keys: Sequence[str], orders: Sequence[str], clusters: Sequence[str], preference: Floats) -> _Cells:
    # sorted, so that no sum depends on the order of the rows
    names = [np.asarray(one, dtype=str) for one in (keys, orders, clusters)]
    rising = np.lexsort((preference, names[1], names[0]))
    key, order, cluster, value = (*(one[rising] for one in names), preference[rising])
    assert len(set(orders)) <= 2, "a pair has two orders"
    unique, first, row = np.unique(key, return_index=True, return_inverse=True)
    order_names, column = np.unique(order, return_inverse=True)
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
    n, mean, variance = (one.reshape(shape)[complete] for one in (n, mean, variance))
    return _Cells(n, mean, variance, _number(cluster[first][complete]), tuple(order_names.tolist()))


def _repeat(cells: _Cells) -> Estimate:
    repeated = cells.n > 1
    kept = repeated.any(axis=1)
    if _count(cells.cluster[kept]) < 2:
        return Estimate.refused(FEW if kept.any() else NO_REPEATS, n=int(kept.sum()))
    by_instruction = np.where(repeated, cells.variance, 0.0)[kept].sum(axis=1) / repeated[kept].sum(axis=1)
    return _mean_square(by_instruction, cells.cluster[kept], _MOST_OF_A_PAIR, ())


def _order(cells: _Cells, noise: Floats, kept: Bools, inside: list[str]) -> Estimate:
    """Mean square of half the difference between the orders, less what noise alone would make of it."""
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
    # their mean is estimated from the same instructions
    squares = (mean - mean.mean()) ** 2 * clusters / (clusters - 1) - own_noise
    return _mean_square(squares, cells.cluster[kept], _MOST_OF_VARIANCE, inside)


def _mean_square(squares: Floats, cluster: Ints, most: float, inside: Sequence[str]) -> Estimate:
    """Mean of squares of which each is unbiased, with an interval from 0 to the most that it can be."""
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
    """From the difference between the orders of each instruction."""
    sides = _sides(cells)
    if sides is None:
        return Estimate.refused(UNNAMED_ORDERS, n=0)
    differences = (sides[0] - sides[1])[both]
    mean = float(differences.mean())
    return _points(mean, differences - mean, cells.cluster[both], parameters=1)


def _position_between(cells: _Cells) -> Estimate:
    """From instructions that were dealt one order and those that were dealt the other."""
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
    """Each instruction's mean with the candidate shown first, and with the baseline; None unless both occur."""
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
