"""The axis that all whiskers of a table share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.types import Estimate

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MOST_TICKS = 5
# at both ends, so that half of a mark has room
_MARGIN = 3.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A label and its place, in percent of the width."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Whisker:
    """A number with its interval, in percent of the width; a number without an interval has only `at`."""

    at: float
    lower: float | None
    upper: float | None
    hollow: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """A range with ticks; `even` is the place at which both sides are equal, or None."""

    low: float
    high: float
    ticks: tuple[Tick, ...]
    even: float | None

    def place(self, value: float) -> float:
        return _place(value, self.low, self.high)

    def whisker(self, estimate: Estimate, *, hollow: bool) -> Whisker | None:
        """Return the whisker of an estimate; None if the estimate has no value."""
        if estimate.value is None:
            return None
        ends = [None if end is None else self.place(end) for end in (estimate.lower, estimate.upper)]
        return Whisker(self.place(estimate.value), ends[0], ends[1], hollow)


def shared_axis(estimates: Sequence[Estimate], *, scale: tuple[float, float], even: float | None) -> Axis:
    """Return an axis that holds every number with its interval and `even`, and never exceeds the scale."""
    numbers = [
        number
        for estimate in estimates
        for number in (estimate.value, estimate.lower, estimate.upper)
        if number is not None
    ]
    numbers += [] if even is None else [even]
    low, high = (min(numbers), max(numbers)) if numbers else scale
    if high - low < (scale[1] - scale[0]) / 20:
        low, high = scale
    step = _step(high - low)
    low = max(scale[0], math.floor(low / step) * step)
    high = min(scale[1], math.ceil(high / step) * step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    ticks = [number * step for number in range(first, last + 1)]
    return Axis(
        low,
        high,
        tuple(Tick(_place(tick, low, high), f"{tick:g}") for tick in ticks),
        None if even is None else _place(even, low, high),
    )


def _step(width: float) -> float:
    rough = width / _MOST_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * step for step in _STEPS if power * step >= rough - 1e-12)


def _place(value: float, low: float, high: float) -> float:
    share = (min(max(value, low), high) - low) / (high - low)
    return round(_MARGIN + share * (100 - 2 * _MARGIN), 3)
