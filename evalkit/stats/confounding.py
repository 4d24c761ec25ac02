"""How far length may stand for difficulty, where no history of other models tells the two apart."""

import math
from dataclasses import dataclass

from evalkit.stats.covariates import LENGTH_TERMS, Design
from evalkit.stats.logistic import LogisticFit, expit
from evalkit.stats.sample import Floats, Sample


@dataclass(frozen=True, slots=True)
class Confounding:
    """What is to be expected of it: the correlation of the length term with difficulty is drawn around zero with the
    standard deviation `correlation`, and a standard deviation of difficulty moves the log-odds of a win by `effect`.
    """

    correlation: float
    effect: float


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How an estimate hangs on the correlation of length with difficulty that it takes for zero.

    `lower` and `upper` bound the estimate, in percent, with all errors but this one; `log_odds` is how far it moves
    with a correlation of 1.
    """

    value: float
    lower: float
    upper: float
    log_odds: float

    @property
    def points(self) -> float:
        """How far the estimate moves for each unit of correlation, in points, where it is."""
        share = self.value / 100
        return 100 * self.log_odds * share * (1 - share)

    def correlation_to(self, threshold: float) -> float:
        """The correlation at which the interval no longer lies on one side of a threshold in percent; 0 where it does
        not now, infinite where no correlation would do.
        """
        if self.lower < threshold <= self.value:
            return 0.0
        if self.value <= threshold <= self.upper:
            return 0.0
        end = self.lower if self.value > threshold else self.upper
        distance = abs(log_odds(end) - log_odds(threshold))
        return math.inf if self.log_odds == 0.0 else distance / abs(self.log_odds)


def log_odds_moved(sample: Sample, design: Design, fit: LogisticFit, *, weights: Floats, effect: float) -> float:
    """How far the log-odds at equal length move when length and difficulty are correlated by 1 instead of 0.

    What length stands for stays when lengths are made equal: the regression then credits length with less, and the
    level follows. By the implicit function theorem at the fit; zero without a length term.

    Args:
        weights: as the regression was fitted with, shape (n,).
    """
    columns = [place for place, name in enumerate(design.names) if name in LENGTH_TERMS]
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
    """Of a rate in percent, finite at the edges."""
    share = min(max(percent / 100, 1e-12), 1 - 1e-12)
    return math.log(share / (1 - share))
