"""Functions that give the effect of length on the log-odds of a win; each is zero at equal length."""

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
    """The effect of lengths under a model's slopes, shape (n,)."""

    def __call__(self, lengths: Lengths, slopes: Slopes, /) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Bounded:
    """Slope times the bounded term and modulus times its size: the form of real judges."""

    def __call__(self, lengths: Lengths, slopes: Slopes, /) -> Floats:
        return slopes.slope * lengths.term + slopes.modulus * np.abs(lengths.term)


@dataclass(frozen=True, slots=True)
class LogRatio:
    """Slope times the log ratio of the lengths, without bound."""

    def __call__(self, lengths: Lengths, slopes: Slopes, /) -> Floats:
        return slopes.slope * lengths.log_ratio


@dataclass(frozen=True, slots=True)
class Step:
    """The slope once an answer is so many times as long as the other, and nothing before."""

    times: float

    def __call__(self, lengths: Lengths, slopes: Slopes, /) -> Floats:
        beyond: Floats = np.sign(lengths.log_ratio) * (np.abs(lengths.log_ratio) > np.log(self.times))
        return slopes.slope * beyond


@dataclass(frozen=True, slots=True)
class InvertedU:
    """Best somewhat above equal length and worse on both sides of that."""

    steepness: float

    def __call__(self, lengths: Lengths, _slopes: Slopes, /) -> Floats:
        return self.steepness * (lengths.term - lengths.term**2)


@dataclass(frozen=True, slots=True)
class Counting:
    """The longer answer wins, whatever it says."""

    def __call__(self, lengths: Lengths, _slopes: Slopes, /) -> Floats:
        return 100.0 * np.sign(lengths.difference)
