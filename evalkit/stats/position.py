"""The effect of the order of the answers on a judge's verdicts, over several models at once."""

from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import (
    Labels,
    Numbers,
    check_confidence,
    check_share,
    earliest,
    floats,
    labels,
    numbered,
    shown,
)
from evalkit.stats.components import Bools
from evalkit.stats.intervals import CONFIDENCE, NO_ERROR, clustered_stderr, proportion_interval
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats, Ints
from evalkit.stats.shares import MIN_CLUSTERS, mean_share
from evalkit.types import OK, Estimate, Order, degraded

NO_ORDERS = "no verdict tells who was shown first"
ONE_ORDER = "no instruction was asked in both orders, nor different ones in different orders"
NOT_BOTH = "no instruction was asked in both orders"
NEVER_VARIES = "the difference never varies"


@dataclass(frozen=True, slots=True, eq=False)
class ShownVerdicts:
    """Verdicts and which model was shown first, one row per verdict; arrays of shape (n,).

    `build_shown_verdicts` makes them from names. A `question` is one model's comparison on one instruction, which is
    the `cluster`. Each is numbered from 0.
    """

    question: Ints
    model: Ints
    cluster: Ints
    candidate_first: Bools
    preference: Floats


def build_shown_verdicts(
    keys: Labels,
    orders: Labels,
    preference: Numbers,
    *,
    models: Labels | None = None,
    clusters: Labels | None = None,
) -> ShownVerdicts:
    """Gather single verdicts of one or several models for `position_effect` and `inconsistent_share`.

    Every column is a list, an array or a series of shape (n verdicts,); a series is read by position. Rows without a
    verdict or an order are left out.

    Args:
        keys: the key of each verdict's instruction.
        orders: `candidate_first` or `baseline_first`, missing where it is unknown.
        preference: P(candidate beats baseline) from 0 to 1, missing where there is no verdict.
        models: the model of each verdict; one model by default.
        clusters: the cluster of each row; rows of one cluster are dependent. The key itself by default.

    Raises:
        StatsError: an order has another name, a preference is outside [0, 1], or the columns have different lengths.
    """
    key = labels(keys, "keys")
    rows = ("keys", len(key))
    value = floats(preference, "preference", like=rows)
    check_share(value, "preference", "Give P(candidate beats baseline), NaN without a verdict", of=key)
    order = labels(orders, "orders", like=rows, unnamed="")
    candidate_first, baseline_first = (order == one.value for one in (Order.CANDIDATE_FIRST, Order.BASELINE_FIRST))
    if (wrong := ~(candidate_first | baseline_first | (order == ""))).any():
        row = earliest(wrong)
        raise StatsError(
            f"orders[{row}] is {shown(str(order[row]))}. Give {Order.CANDIDATE_FIRST.value} or "
            f"{Order.BASELINE_FIRST.value}, and None where the order is unknown"
        )
    model = np.zeros(len(key), dtype=np.int64) if models is None else numbered(models, "models", like=rows)
    question = np.unique(model * (len(key) + 1) + np.unique(key, return_inverse=True)[1], return_inverse=True)[1]
    cluster = numbered(keys if clusters is None else clusters, "clusters", like=rows)
    kept = (order != "") & ~np.isnan(value)
    return ShownVerdicts(question[kept], model[kept], cluster[kept], candidate_first[kept], value[kept])


def position_effect(shown: ShownVerdicts, *, confidence: float = CONFIDENCE) -> Estimate:
    """The points by which the preference for an answer is higher where it is shown first than where it is shown second.

    Where questions were asked in both orders, the effect is estimated from the differences within those questions, and
    other questions are ignored. Otherwise it is estimated within each model, from the questions asked in one order
    against those asked in the other, since models with different win rates may have got the orders in different
    proportions. Both are the least-squares slope of preference on order with a level for each question or model; the
    standard error is clustered by instruction.

    Returns:
        0 without an effect, 100 where the first answer always wins; n counts instructions. Refused where there is one
        order only, degraded where the difference never varies: the interval is then that of an event not seen once.

    Reference: Wang et al. 2023, arXiv:2305.17926, for the position bias of judges.
    """
    check_confidence(confidence)
    cells = _cells(shown)
    if not len(cells.mean):
        return Estimate.refused(NO_ORDERS, n=0)
    asked = ~np.isnan(cells.mean)
    both = asked[:, 0] & asked[:, 1]
    if len(np.unique(cells.cluster[both])) >= MIN_CLUSTERS:
        asked, level, parameters = asked & both[:, None], np.arange(len(asked)), 1
    else:
        level, parameters = cells.model, 2
    row, column = np.nonzero(asked)
    # one half where the candidate is first
    side, value = (
        _less_level(values, level[row]) for values in (0.5 - column.astype(np.float64), cells.mean[row, column])
    )
    informative = np.abs(side) > NO_ERROR
    n = len(np.unique(cells.cluster[row[informative]]))
    if n < MIN_CLUSTERS + parameters - 1:
        return Estimate.refused(ONE_ORDER if n == 0 else f"only {n} instructions show the effect of the order", n=n)
    effect = float(side @ value / (side @ side))
    influence = side * (value - effect * side) / float((side**2).mean())
    cluster = np.unique(cells.cluster[row], return_inverse=True)[1].astype(np.int64)
    return _points(effect, clustered_stderr(influence, cluster, parameters=parameters), n, n - parameters, confidence)


def inconsistent_share(shown: ShownVerdicts, *, confidence: float = CONFIDENCE) -> Estimate:
    """Percent of the questions asked in both orders that are won in one and lost in the other.

    Repeats are averaged within an order first; a tie in one of the orders is not a contradiction.

    Returns:
        n counts clusters; refused where fewer than two instructions were asked in both orders.
    """
    check_confidence(confidence)
    cells = _cells(shown)
    both = ~np.isnan(cells.mean).any(axis=1)
    if not both.any():
        return Estimate.refused(NOT_BOTH, n=0)
    first, second = np.sign(cells.mean[both] - 0.5).T
    return mean_share((first * second < 0).astype(np.float64), cells.cluster[both], confidence=confidence)


@dataclass(frozen=True, slots=True)
class OrderOutcomes:
    """The questions asked in both orders by what the orders say, each in percent of them.

    `same` gives the same verdict in both orders, a tie in both among them. In `first` the answer shown first wins both
    times, and in `second` the answer shown second does: there the place decides. What remains is a tie in one order.
    """

    same: Estimate
    first: Estimate
    second: Estimate


def order_outcomes(shown: ShownVerdicts, *, confidence: float = CONFIDENCE) -> OrderOutcomes:
    """The shares of questions on which both orders give the same verdict, and on which the place decides it.

    Repeats are averaged within an order first. `first` and `second` together are `inconsistent_share`.

    Returns:
        n counts clusters; refused where fewer than two instructions were asked in both orders.
    """
    check_confidence(confidence)
    cells = _cells(shown)
    both = ~np.isnan(cells.mean).any(axis=1)
    if not both.any():
        refused = Estimate.refused(NOT_BOTH, n=0)
        return OrderOutcomes(refused, refused, refused)
    # 1 where the candidate wins, with the candidate first and with the baseline first
    ahead, behind = np.sign(cells.mean[both] - 0.5).T
    kinds = (ahead == behind, (ahead > 0) & (behind < 0), (ahead < 0) & (behind > 0))
    same, first, second = (
        mean_share(kind.astype(np.float64), cells.cluster[both], confidence=confidence) for kind in kinds
    )
    return OrderOutcomes(same, first, second)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Mean of each question with the candidate first and with the baseline first, shape (n, 2); NaN where not asked."""

    mean: Floats
    model: Ints
    cluster: Ints


def _cells(shown: ShownVerdicts) -> _Cells:
    _, first_row, row = np.unique(shown.question, return_index=True, return_inverse=True)
    place = 2 * row + ~shown.candidate_first
    size = 2 * len(first_row)
    count = np.bincount(place, minlength=size)
    total = np.bincount(place, weights=shown.preference, minlength=size)
    mean = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    return _Cells(mean.reshape(-1, 2), shown.model[first_row], shown.cluster[first_row])


def _less_level(values: Floats, level: Ints) -> Floats:
    """Values minus the mean of their level."""
    numbered = np.unique(level, return_inverse=True)[1]
    means = np.bincount(numbered, weights=values) / np.bincount(numbered)
    rest: Floats = values - means[numbered]
    return rest


def _points(effect: float, stderr: float, n: int, degrees: int, confidence: float) -> Estimate:
    reach = student_quantile(degrees, (1 + confidence) / 2)
    below = above = reach * stderr
    status = OK
    if stderr < NO_ERROR:
        unseen = proportion_interval(0.0, 0.0, n, confidence=confidence)[1]
        below, above = unseen * (1 + effect), unseen * (1 - effect)
        stderr = max(below, above) / reach
        status = degraded(NEVER_VARIES)
    lower, upper = max(-1.0, effect - below), min(1.0, effect + above)
    return Estimate(100 * effect, 100 * stderr, 100 * lower, 100 * upper, n, status)
