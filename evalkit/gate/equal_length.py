"""What a conclusion at equal length or style rests on: a history of the judge, or that length is not difficulty."""

import math
from dataclasses import dataclass

from evalkit.boards.entries import Entry
from evalkit.boards.rates import Rates
from evalkit.boards.row import BoardRow, Metric
from evalkit.gate.evidence import Evidence
from evalkit.stats.confounding import Sensitivity
from evalkit.stats.control import Controlled
from evalkit.stats.paired import common
from evalkit.stats.quantiles import normal_quantile
from evalkit.types import Estimate

# of the length term with difficulty, so strong a correlation must not change a conclusion that no history backs; no
# recorded judge's models have more
LEAST_CORRELATION = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualLength:
    """`own_history` says whether a history of this judge stands behind the slope; without one `correlation` is that of
    length with difficulty at which the conclusion would change, None where nothing can be said. `raw_agrees` says
    whether the raw win rate lies on the same side of the threshold, without a history with its whole interval.
    """

    own_history: bool
    correlation: float | None
    raw_agrees: bool

    @property
    def survives(self) -> bool:
        return self.own_history or (self.correlation is not None and self.correlation >= LEAST_CORRELATION)


def at_equal_length(
    candidate: Entry,
    against: Entry | None,
    rates: Rates,
    *,
    metric: Metric,
    threshold: float,
    shown: Evidence,
    raw: Evidence,
) -> EqualLength | None:
    """What the metric rests on; None for one that takes nothing out."""
    if metric not in (Metric.LC_WIN_RATE, Metric.STYLE_WIN_RATE):
        return None
    background = rates.length if metric == Metric.LC_WIN_RATE else rates.style
    value, plain = shown.measured.value, raw.measured.value
    if background.own_history:
        agrees = value is None or plain is None or (value >= threshold) == (plain >= threshold)
        return EqualLength(own_history=True, correlation=None, raw_agrees=agrees)
    agrees = value is None or _decides(raw, threshold, passing=value >= threshold)
    if against is None:
        found = _sensitivity(rates.row(candidate, parts=()), metric)
        correlation = None if found is None else found.correlation_to(threshold)
    else:
        correlation = _of_difference(candidate, against, rates, metric, threshold, shown.measured)
    return EqualLength(own_history=False, correlation=correlation, raw_agrees=agrees)


def _decides(raw: Evidence, threshold: float, *, passing: bool) -> bool:
    """Whether the raw win rate's interval decides alike: answers that are bad and short move the other number only."""
    end = raw.floor if passing else raw.ceiling
    return end is not None and (end >= threshold if passing else end < threshold)


def _sensitivity(row: BoardRow, metric: Metric) -> Sensitivity | None:
    return _controlled(row, metric).sensitivity


def _controlled(row: BoardRow, metric: Metric) -> Controlled:
    return row.controlled if metric == Metric.LC_WIN_RATE or row.styled is None else row.styled


def _of_difference(
    candidate: Entry, against: Entry, rates: Rates, metric: Metric, threshold: float, difference: Estimate
) -> float | None:
    """The correlation that would change a conclusion on a difference, were it that of either model, the worse way."""
    if difference.value is None or difference.lower is None or difference.upper is None:
        return None
    pair = zip((candidate, against), common(candidate.sample, against.sample), strict=True)
    rows = [rates.measured_row(entry, sample) for entry, sample in pair]
    sensitivities = [_sensitivity(row, metric) for row in rows]
    parts = [
        row.controlled.parts if metric == Metric.LC_WIN_RATE or row.styled is None else row.styled.parts for row in rows
    ]
    if any(one is None for one in (*sensitivities, *parts)):
        return None
    moved = sum(abs(one.points) for one in sensitivities if one is not None)
    doubt = sum(one.confounding**2 for one in parts if one is not None)
    end = difference.lower if difference.value > threshold else difference.upper
    reach = normal_quantile((1 + rates.recipe.confidence) / 2)
    # the interval without what it already allows for
    certain = math.sqrt(max(0.0, (difference.value - end) ** 2 - reach**2 * doubt))
    distance = abs(difference.value - threshold) - certain
    if distance <= 0:
        return 0.0
    return math.inf if moved == 0.0 else distance / moved
