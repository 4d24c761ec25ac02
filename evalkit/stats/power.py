"""The probability that a gate passes a model, and the instructions, orders and repeats that a given power needs."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

from evalkit.stats.controlled_rate import MIN_INSTRUCTIONS
from evalkit.stats.intervals import CONFIDENCE, proportion_interval
from evalkit.stats.quantiles import student_quantile

MOST_INSTRUCTIONS = 10_000_000
_PRECISE = 1e-6
_ARRIVED = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """The numbers of judged instructions, of orders, and of repeats of each question."""

    n: int
    orders: int = 1
    repeats: float = 1

    @property
    def questions(self) -> int:
        return round(self.n * self.orders * self.repeats)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Variances of one instruction's preference in [0, 1], or of a difference of two preferences.

    `order` is the variance added by asking one order only, `repeat` the judge's own noise; a component that was not
    measured separately stays in `instruction`. `design` is the variance of the estimate divided by that of the plain
    mean; it exceeds 1 for a length-controlled estimate.
    """

    instruction: float
    order: float = 0.0
    repeat: float = 0.0
    design: float = 1.0

    def variance(self, effort: Effort) -> float:
        """Variance of the estimate with this effort."""
        one_order = self.order if effort.orders == 1 else 0.0
        noise = self.repeat / (effort.orders * effort.repeats)
        return self.design * (self.instruction + one_order + noise) / effort.n


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A gate on a rate: it passes where the lower end of the interval is at or above `threshold`, in [0, 1].

    The spread is given for verdicts with the mean `at`; for other means it is assumed to change as that of coin tosses.
    """

    threshold: float
    at: float = 0.5
    confidence: float = CONFIDENCE

    def stderr(self, value: float, spread: Spread, effort: Effort) -> float:
        scale = value * (1 - value) / (self.at * (1 - self.at))
        return math.sqrt(scale * spread.variance(effort))

    def interval(self, value: float, spread: Spread, effort: Effort) -> tuple[float, float]:
        stderr = self.stderr(value, spread, effort)
        return proportion_interval(value, stderr, effort.n, confidence=self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """A gate on a paired difference in [-1, 1], which passes where the interval's lower end reaches `threshold`."""

    threshold: float
    confidence: float = CONFIDENCE

    def stderr(self, _value: float, spread: Spread, effort: Effort) -> float:
        return math.sqrt(spread.variance(effort))

    def interval(self, value: float, spread: Spread, effort: Effort) -> tuple[float, float]:
        reach = student_quantile(effort.n - 1, (1 + self.confidence) / 2) * self.stderr(value, spread, effort)
        return max(-1.0, value - reach), min(1.0, value + reach)


def gate_power(true: float, *, gate: Level | Margin, spread: Spread, effort: Effort) -> float:
    """Probability that the gate passes a model whose true value is `true`.

    It is the probability that an estimate, normal around the true value, reaches the least one whose interval passes.

    Args:
        true: the model's true value: a rate in [0, 1] for a `Level`, a difference in [-1, 1] for a `Margin`.
        gate: the rule that the model has to pass.
        spread: the variances of single verdicts; `variance_components` estimates them.
        effort: how many instructions, orders and repeats are judged.

    Returns:
        A probability in [0, 1].
    """
    least = _root(lambda value: gate.interval(value, spread, effort)[0] - gate.threshold, gate.threshold)
    if least is None:
        return 0.0
    stderr = gate.stderr(true, spread, effort)
    return NormalDist(least, stderr).cdf(true) if stderr > 0 else float(true >= least)


def needed_instructions(
    true: float, *, gate: Level | Margin, spread: Spread, power: float, orders: int = 1, repeats: int = 1
) -> int | None:
    """The number of instructions with which the gate passes a model of this true value with a probability of `power`.

    Args:
        true, gate, spread: as for `gate_power`.
        power: the probability in (0, 1) that is wanted.
        orders: the number of orders in which each instruction is asked, 1 or 2.
        repeats: the number of times that each question is asked.

    Returns:
        At least the number that an estimate needs; None where the true value is not above the threshold, or so close to
        it that ten million instructions are not enough.
    """

    def enough(n: int) -> bool:
        effort = Effort(n=n, orders=orders, repeats=repeats)
        return gate_power(true, gate=gate, spread=spread, effort=effort) >= power

    if true <= gate.threshold:
        return None
    low, high = MIN_INSTRUCTIONS - 1, MIN_INSTRUCTIONS
    while not enough(high):
        if high > MOST_INSTRUCTIONS:
            return None
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def detectable(*, gate: Level | Margin, spread: Spread, effort: Effort, power: float) -> float | None:
    """The smallest true value that the gate passes with a probability of `power`; None where no value does.

    Args:
        gate, spread, effort: as for `gate_power`.
        power: the probability in (0, 1) that is wanted.
    """
    return _root(lambda true: gate_power(true, gate=gate, spread=spread, effort=effort) - power, gate.threshold)


def _root(rising: Callable[[float], float], low: float) -> float | None:
    """The zero below 1 of a rising function that is negative at `low`, by false position; None where there is none.

    Reference: Dowell and Jarratt 1971, BIT 11 (the Illinois rule, which keeps both ends moving).
    """
    high = 1.0 - _PRECISE
    below, above = rising(low), rising(high)
    if above < 0:
        return None
    while high - low > _PRECISE:
        middle = (low * above - high * below) / (above - below)
        found = rising(middle)
        if abs(found) < _ARRIVED:
            return middle
        if found < 0:
            low, below, above = middle, found, above / 2
        else:
            high, above, below = middle, found, below / 2
    return high
