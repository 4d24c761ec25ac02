"""Confounding of length with difficulty, where no history of other models separates the two."""

import math
from dataclasses import dataclass

from evalkit.stats.covariates import LENGTH_SLOPES, Design
from evalkit.stats.logistic import LogisticFit, expit
from evalkit.stats.sample import Floats, Sample


@dataclass(frozen=True, slots=True)
class Confounding:
    """The prior of the confounding: the correlation of the length term with difficulty has mean zero and standard
    deviation `correlation`, and one standard deviation of difficulty moves the log-odds of a win by `effect`.
    """

    correlation: float
    effect: float


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The sensitivity of an estimate to the correlation of length with difficulty, which the estimator assumes to be
    zero.

    `lower` and `upper` bound the estimate, in percent, with all errors except this one; `log_odds` is how far the
    estimate moves with a correlation of 1.
    """

    value: float
    lower: float
    upper: float
    log_odds: float

    @property
    def points(self) -> float:
        """The percentage points by which the estimate moves per unit of correlation, by the derivative at its value."""
        share = self.value / 100
        return 100 * self.log_odds * share * (1 - share)

    def correlation_to(self, threshold: float) -> float:
        """The smallest correlation that makes the interval contain a threshold in percent.

        0 where the interval contains the threshold already, infinite where no correlation is large enough.
        """
        if self.lower < threshold <= self.value:
            return 0.0
        if self.value <= threshold <= self.upper:
            return 0.0
        end = self.lower if self.value > threshold else self.upper
        distance = abs(log_odds(end) - log_odds(threshold))
        return math.inf if self.log_odds == 0.0 else distance / abs(self.log_odds)


def log_odds_moved(sample: Sample, design: Design, fit: LogisticFit, *, weights: Floats, effect: float) -> float:
    """The move of the log-odds at equal length when length and difficulty are correlated by 1 instead of 0.

    Difficulty remains when lengths are made equal, so the part of the length effect that is due to difficulty must not
    be removed: the slope of length shrinks, and the level changes with it. Computed by the implicit function theorem at
    the fit; zero without a length term.

    Args:
        weights: the weights that the regression was fitted with, shape (n,).
    """
    columns = [place for place, name in enumerate(design.names) if name in LENGTH_SLOPES]
    term = design.columns[:, columns].sum(axis=1)
    spread = float(term.std())
    if spread == 0.0:
        return 0.0
    stand_in = (term - term.mean()) / spread
    chance = expit(design.columns @ fit.coefficients)
    at_zero = design.alike
    alike = expit(at_zero @ fit.coefficients)
    slope = sample.relative_weight * alike * (1 - alike) / sample.n
    moved = fit.covariance @ (design.columns.T @ (weights * chance * (1 - chance) * stand_in))
    rate = float(slope @ (stand_in - at_zero @ moved))
    value = sample.mean(alike)
    return effect * rate / (value * (1 - value))


def log_odds(percent: float) -> float:
    """Log-odds of a rate in percent, finite also at 0 and 100."""
    share = min(max(percent / 100, 1e-12), 1 - 1e-12)
    return math.log(share / (1 - share))
