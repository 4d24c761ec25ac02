"""The regression behind a controlled win rate, with a prior that is widened where the model is unlike others."""

import math
from dataclasses import dataclass, replace

import numpy as np

from evalkit.stats.coefficients import JITTER, USUAL_DEVIATION, CoefficientPrior, widening
from evalkit.stats.covariates import CURVATURE, LENGTH_SLOPES, Design
from evalkit.stats.logistic import LogisticFit, Prior, expit, fit_logistic
from evalkit.stats.sample import Floats, Sample

_LEAST_DISPERSION = 0.05
_DISPERSION_ROUNDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A fit, its weights, and the prior that it was made with, widened where the model's own verdicts contradict it.

    `deviation` is how far the model's slopes lie from the prior's, in standard deviations. Where the prior was widened,
    `doubt` is the standard error for the choice between the two priors, on the scale 0..1.
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
        """Mean prediction with all controls' covariates at zero, on the scale 0..1."""
        return self.sample.mean(expit(self.design.alike @ self.fit.coefficients))

    @property
    def gradient(self) -> Floats:
        """Gradient of that mean prediction in the coefficients, shape (p,)."""
        at_zero = self.design.alike
        predicted = expit(at_zero @ self.fit.coefficients)
        slope: Floats = (self.sample.relative_weight * (predicted * (1 - predicted))) @ at_zero / self.sample.n
        return slope


def regress(sample: Sample, design: Design, prior: CoefficientPrior | None) -> Regression:
    """Fit with the prior, and fit again with a wider prior where the model's slope is unlike those of other models.

    A deviating slope has two explanations that the model's verdicts cannot distinguish. The judge may treat the length
    of this model's answers differently; then the second fit is right. The quality of this model's answers may depend on
    their length; then the typical slopes are right. The error is taken as uniform around the second fit, up to the
    distance of the fit with the typical slopes on either side.
    """
    first = _fitted(sample, design, prior)
    if prior is None:
        return first
    deviation = _deviation(first, prior)
    if deviation <= USUAL_DEVIATION:
        return replace(first, deviation=deviation)
    wider = prior.widened(LENGTH_SLOPES, float(widening(np.array(deviation))))
    second = _fitted(sample, design, wider)
    typical = _fitted(sample, design, prior.widened(LENGTH_SLOPES, 0.0))
    # between two and three deviations the doubt grows from nothing, so that no digit of a deviation decides
    share = min(1.0, deviation - USUAL_DEVIATION)
    doubt = share * abs(second.estimate - typical.estimate) / math.sqrt(3)
    return replace(second, deviation=deviation, doubt=doubt)


def _fitted(sample: Sample, design: Design, prior: CoefficientPrior | None) -> Regression:
    """The fit; with a prior, verdicts are weighted by the inverse of their dispersion relative to coin tosses."""
    relative = sample.relative_weight
    # verdicts of unequal weight carry as much information as fewer verdicts of equal weight
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
    """Variance of verdicts around the fit divided by that of coin tosses, at most 1."""
    chance = expit(design.columns @ fit.coefficients)
    tosses = float((chance * (1 - chance)).sum())
    spread = float(((sample.preference - chance) ** 2).sum())
    return min(1.0, max(_LEAST_DISPERSION, spread / tosses if tosses > 0 else 1.0))


def _deviation(regression: Regression, prior: CoefficientPrior) -> float:
    """The distance of the slopes of length estimated from the verdicts alone from the prior's, in standard deviations.

    A Newton step recovers the verdicts' own estimate from the shrunken estimate. The curvature, which all models of a
    judge share, keeps its prior. With two slopes the squared distance has a mean of 2, so 1 is subtracted from it.
    """
    design, fit = regression.design, regression.fit
    held = prior.on(design.names)
    chance = expit(design.columns @ fit.coefficients)
    information = design.columns.T @ (design.columns * (regression.weights * chance * (1 - chance))[:, None])
    places = [place for place, name in enumerate(design.names) if name in LENGTH_SLOPES and name in prior.names]
    if not places:
        return 0.0
    shared = np.zeros(len(design.names))
    if CURVATURE in design.names:
        shared[design.names.index(CURVATURE)] = 1 / (float(prior.chosen((CURVATURE,)).covariance[0, 0]) + JITTER)
    free = np.linalg.pinv(information + np.diag(shared))
    away = free @ ((information + held.precision) @ (fit.coefficients - held.mean))
    spread = prior.chosen([design.names[place] for place in places]).covariance
    total = free[np.ix_(places, places)] + spread
    distance = float(away[places] @ np.linalg.pinv(total) @ away[places])
    return math.sqrt(max(0.0, distance - (len(places) - 1)))
