"""The regression behind a controlled win rate, held by a prior, and looser where the model is unlike others."""

import math
from dataclasses import dataclass, replace

import numpy as np

from evalkit.stats.coefficients import USUAL_DEVIATION, CoefficientPrior, widening
from evalkit.stats.covariates import LENGTH_TERMS, Design
from evalkit.stats.logistic import LogisticFit, Prior, expit, fit_logistic
from evalkit.stats.sample import Floats, Sample

_LEAST_DISPERSION = 0.05
_DISPERSION_ROUNDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A fit, the weights that it was made with, and the prior that holds it after its own verdicts were looked at.

    `deviation` is how far the model's slopes lie from the prior's, in standard deviations. Where the prior gave way,
    `doubt` is the standard error of that, on the scale 0..1.
    """

    sample: Sample
    design: Design
    fit: LogisticFit
    weights: Floats
    prior: CoefficientPrior | None
    dispersion: float
    deviation: float | None
    doubt: float = 0.0

    @property
    def held(self) -> Prior | None:
        return None if self.prior is None else self.prior.on(self.design.names)

    @property
    def estimate(self) -> float:
        """Mean prediction at no difference, on the scale 0..1."""
        return self.sample.mean(expit(self.design.alike @ self.fit.coefficients))

    @property
    def gradient(self) -> Floats:
        """Of the mean prediction at no difference in the coefficients, shape (p,)."""
        at_zero = self.design.alike
        predicted = expit(at_zero @ self.fit.coefficients)
        slope: Floats = (self.sample.relative_weight * (predicted * (1 - predicted))) @ at_zero / self.sample.n
        return slope


def regress(sample: Sample, design: Design, prior: CoefficientPrior | None) -> Regression:
    """Fit, and once more with a wider prior where the model's slope is unlike those that the prior was learned from.

    Either the judge takes the length of this model unlike that of others, and the second fit is right, or the model's
    quality goes with the length of its answers, and the typical slopes are: its verdicts do not tell which. The truth
    is taken to be anywhere between, on either side of the second fit.
    """
    first = _fitted(sample, design, prior)
    if prior is None:
        return first
    deviation = _deviation(first, prior)
    if deviation <= USUAL_DEVIATION:
        return replace(first, deviation=deviation)
    wider = prior.widened(LENGTH_TERMS, float(widening(np.array(deviation))))
    second = _fitted(sample, design, wider)
    typical = _fitted(sample, design, prior.widened(LENGTH_TERMS, 0.0))
    return replace(second, deviation=deviation, doubt=abs(second.estimate - typical.estimate) / math.sqrt(3))


def _fitted(sample: Sample, design: Design, prior: CoefficientPrior | None) -> Regression:
    """The fit; beside a prior verdicts weigh by how much less they scatter than coin tosses."""
    relative = sample.relative_weight
    # verdicts of unequal weight tell as much as fewer equal ones
    weights = relative * (sample.n_clusters / sample.n) / (relative**2).mean()
    held = None if prior is None else prior.on(design.names)
    fit = fit_logistic(design.columns, sample.preference, weights=weights, prior=held)
    dispersion = _dispersion(sample, design, fit)
    if held is None or not held.precision.any():
        return Regression(sample, design, fit, weights, prior, dispersion, None)
    for _ in range(_DISPERSION_ROUNDS):
        scaled = weights / dispersion
        fit = fit_logistic(design.columns, sample.preference, weights=scaled, prior=held, start=fit.coefficients)
        dispersion = _dispersion(sample, design, fit)
    return Regression(sample, design, fit, scaled, prior, dispersion, None)


def _dispersion(sample: Sample, design: Design, fit: LogisticFit) -> float:
    """Variance of verdicts around the fit over that of coin tosses, at most 1."""
    chance = expit(design.columns @ fit.coefficients)
    tosses = float((chance * (1 - chance)).sum())
    spread = float(((sample.preference - chance) ** 2).sum())
    return min(1.0, max(_LEAST_DISPERSION, spread / tosses if tosses > 0 else 1.0))


def _deviation(regression: Regression, prior: CoefficientPrior) -> float:
    """How far the slopes of length that the verdicts alone would give lie from the prior's, in standard deviations.

    The verdicts' own estimate is taken back from the held one by a Newton step. Of two slopes the squared distance has
    a mean of 2, so that 1 is taken off.
    """
    design, fit = regression.design, regression.fit
    held = prior.on(design.names)
    chance = expit(design.columns @ fit.coefficients)
    information = design.columns.T @ (design.columns * (regression.weights * chance * (1 - chance))[:, None])
    places = [place for place, name in enumerate(design.names) if name in LENGTH_TERMS and name in prior.names]
    if not places:
        return 0.0
    free = np.linalg.pinv(information)
    away = (fit.coefficients - held.mean) + free @ held.precision @ (fit.coefficients - held.mean)
    spread = prior.chosen([design.names[place] for place in places]).covariance
    total = free[np.ix_(places, places)] + spread
    distance = float(away[places] @ np.linalg.pinv(total) @ away[places])
    return math.sqrt(max(0.0, distance - (len(places) - 1)))
