"""Draws lengths of a simulated model's answers and of the baseline's, correlated with the instructions' easiness."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks.honesty.judges import Judge
from evalkit.stats.covariates import length_spread
from evalkit.stats.sample import Floats

_POINTS = 200_000
# a model whose answers are all shorter has the lengths of a model with this share of longer answers, and these longer
# answers are cut to this log ratio
_CUT, _SHORTER = 0.02, -0.02
_MOST = 0.99


@dataclass(frozen=True, slots=True)
class Habit:
    """A model's habit of length: a `share` of its answers are at least as long as the baseline's; at 0 all are shorter.

    `tails` are the degrees of freedom if its log lengths have a Student distribution; they are normal if it is None.
    """

    share: float
    tails: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lengths:
    """Lengths of a model's answers beside the baseline's; all of shape (n,).

    `difference` is in characters, `log_ratio` is the logarithm of the ratio, `term` is the bounded length term on the
    spread of the population, and `baseline` is the length of the baseline's answers in characters.
    """

    difference: Floats
    log_ratio: Floats
    term: Floats
    baseline: Floats


@dataclass(frozen=True, slots=True)
class Population:
    """Figures of the lengths that a habit gives, from a very large sample of instructions.

    `offset` is added to log ratios so that the habit's share of answers is longer; `spread` is the robust spread of
    differences. `sd` is the standard deviation of the length term, and `with_baseline` and `with_noise` are its
    covariances with the baseline's log length and with the model's own noise, both standardized.
    """

    offset: float
    spread: float
    sd: float
    with_baseline: float
    with_noise: float

    def loading(self, correlation: float, on_baseline: float) -> float:
        """The correlation of a model's noise with easiness that gives its length term this `correlation` with easiness.

        The noise is correlated with the part of easiness that the baseline's length does not explain.

        Args:
            on_baseline: the correlation of the baseline's log length with easiness.

        Raises:
            ValueError: no such correlation exists.
        """
        left = np.sqrt(1 - on_baseline**2)
        found = (correlation * self.sd - on_baseline * self.with_baseline) / (left * self.with_noise)
        if abs(found) > _MOST:
            raise ValueError(f"no lengths have a correlation of {correlation:g} with easiness here")
        return float(found)


def lengths_of(judge: Judge, habit: Habit, *, baseline: Floats, noise: Floats) -> Lengths:
    """Compute lengths from the baseline's log lengths and the model's own noise, both standardized."""
    known = population(judge, habit)
    return _lengths(judge, habit, baseline, noise, offset=known.offset, spread=known.spread)


def baseline_loading(judge: Judge, correlation: float) -> float:
    """Return the baseline's slope of log length on easiness, given the correlation of log ratios with easiness."""
    own = (judge.follows - 1) * judge.baseline_length.sd
    return float(correlation * own / np.hypot(own, judge.noise))


def draw_noise(generator: np.random.Generator, n: int, tails: float | None) -> Floats:
    if tails is None:
        return generator.normal(size=n)
    # scaled to the quartiles of a standard normal, because at two degrees of freedom there is no standard deviation
    drawn = generator.standard_t(tails, n)
    return 0.6745 * drawn / float(np.quantile(np.abs(drawn), 0.5))


@cache
def population(judge: Judge, habit: Habit) -> Population:
    """Estimate the offset and the spread of this habit's lengths from a large sample with a fixed seed."""
    generator = np.random.default_rng(20241201)
    baseline, noise = generator.normal(size=_POINTS), draw_noise(generator, _POINTS, habit.tails)
    ratio = _log_ratio(judge, baseline, noise)
    offset = -float(np.quantile(ratio, 1 - (habit.share or _CUT)))
    raw = _lengths(judge, habit, baseline, noise, offset=offset, spread=1.0)
    found = _lengths(judge, habit, baseline, noise, offset=offset, spread=length_spread(raw.difference))
    term = found.term - found.term.mean()
    return Population(
        offset=offset,
        spread=length_spread(raw.difference),
        sd=float(term.std()),
        with_baseline=float((term * baseline).mean()),
        with_noise=float((term * noise).mean()),
    )


def _log_ratio(judge: Judge, baseline: Floats, noise: Floats) -> Floats:
    return (judge.follows - 1) * judge.baseline_length.sd * baseline + judge.noise * noise


def _lengths(judge: Judge, habit: Habit, baseline: Floats, noise: Floats, *, offset: float, spread: float) -> Lengths:
    ratio = np.clip(_log_ratio(judge, baseline, noise) + offset, -8.0, 8.0)
    if habit.share == 0:
        ratio = np.minimum(ratio, _SHORTER)
    return measured(judge, baseline, ratio, spread=spread)


def measured(judge: Judge, baseline: Floats, log_ratio: Floats, *, spread: float) -> Lengths:
    """Compute lengths in whole characters from log ratios."""
    chars = np.exp(judge.baseline_length.mean + judge.baseline_length.sd * baseline).round() + 1
    difference = np.maximum(1.0, (chars * np.exp(log_ratio)).round()) - chars
    return Lengths(difference, log_ratio, np.tanh(difference / spread), chars)
