"""Forms of the effect of length on the log-odds of a win; every form is zero at equal length."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from benchmarks.honesty.lengths import Lengths
from evalkit.stats.sample import Floats


class Slopes(NamedTuple):
    """A model's slope on each instruction, shape (n,), and its modulus."""

    slope: Floats
    modulus: float


class Form(Protocol):
    """A function from lengths and a model's slopes to the effect on the log-odds, shape (n,)."""

    def __call__(self, lengths: Lengths, slopes: Slopes, /) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Bounded:
    """The slope times the bounded length term plus the modulus times its absolute value, as for real judges."""

    def __call__(self, lengths: Lengths, slopes: Slopes, /) -> Floats:
        return slopes.slope * lengths.term + slopes.modulus * np.abs(lengths.term)


@dataclass(frozen=True, slots=True)
class LogRatio:
    """The slope times the log ratio of the lengths, which has no bound."""

    def __call__(self, lengths: Lengths, slopes: Slopes, /) -> Floats:
        return slopes.slope * lengths.log_ratio


@dataclass(frozen=True, slots=True)
class Step:
    """The slope where one answer is more than `times` as long as the other, and zero elsewhere."""

    times: float

    def __call__(self, lengths: Lengths, slopes: Slopes, /) -> Floats:
        beyond: Floats = np.sign(lengths.log_ratio) * (np.abs(lengths.log_ratio) > np.log(self.times))
        return slopes.slope * beyond


@dataclass(frozen=True, slots=True)
class InvertedU:
    """An effect that is best somewhat above equal length and declines on both sides of that length."""

    steepness: float

    def __call__(self, lengths: Lengths, _slopes: Slopes, /) -> Floats:
        return self.steepness * (lengths.term - lengths.term**2)


@dataclass(frozen=True, slots=True)
class Counting:
    """The longer answer wins, whatever it says."""

    def __call__(self, lengths: Lengths, _slopes: Slopes, /) -> Floats:
        return 100.0 * np.sign(lengths.difference)
