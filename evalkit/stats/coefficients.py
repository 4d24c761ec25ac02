"""The prior of a model's coefficients, learned from other models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.stats.logistic import Prior
from evalkit.stats.sample import Floats

# within this many standard deviations of the prior a model counts as typical
USUAL_DEVIATION = 2.0
# beyond this many standard deviations the prior is too wide to inform the fit: the model's own lengths determine its
# slope, and the model is left out when priors are learned
UNHELD_DEVIATION = 6.0
# a variance so small that adding it to a coefficient's does not change any rate
JITTER = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class CoefficientPrior:
    """The prior mean of a model's coefficients by name, and the three parts of its covariance.

    `mean` has shape (k,), the covariances (k, k). `spread` is the covariance of true coefficients between models,
    without sampling error. `error` is the covariance of the estimated mean, which comes from finitely many models.
    `form` is the covariance between the candidate shapes of the length effect, where the verdicts do not decide between
    them. Deviations by `spread` are independent between models; all models share those by `error` and `form`.
    """

    names: tuple[str, ...]
    mean: Floats
    spread: Floats
    error: Floats
    form: Floats

    @property
    def covariance(self) -> Floats:
        total: Floats = self.spread + self.error + self.form
        return total

    def chosen(self, names: Sequence[str]) -> "CoefficientPrior":
        """The prior of those `names` that it contains, in the order of `names`."""
        kept = [name for name in names if name in self.names]
        places = [self.names.index(name) for name in kept]
        block = np.ix_(places, places)
        return CoefficientPrior(tuple(kept), self.mean[places], self.spread[block], self.error[block], self.form[block])

    def folded(self, into: Mapping[str, str], times: float) -> "CoefficientPrior":
        """The prior without the coefficients in `into`, each of which is added to its target after multiplication by
        `times`.
        """
        kept = tuple(name for name in self.names if name not in into)
        turn = np.zeros((len(kept), len(self.names)))
        for column, name in enumerate(self.names):
            if name in kept:
                turn[kept.index(name), column] = 1.0
            elif into[name] in kept:
                turn[kept.index(into[name]), column] = times
        spread, error, form = (turn @ covariance @ turn.T for covariance in (self.spread, self.error, self.form))
        return CoefficientPrior(kept, turn @ self.mean, spread, error, form)

    def widened(self, names: Sequence[str], factor: float) -> "CoefficientPrior":
        """The prior with the standard deviations of these coefficients multiplied by `factor`."""
        scale = np.array([factor if name in names else 1.0 for name in self.names])
        both = np.outer(scale, scale)
        return replace(self, spread=self.spread * both, error=self.error * both, form=self.form * both)

    def on(self, columns: Sequence[str]) -> Prior:
        """The prior of a regression with these columns; a column that the prior does not contain gets precision 0."""
        known = self.chosen(columns)
        places = [list(columns).index(name) for name in known.names]
        mean, precision = np.zeros(len(columns)), np.zeros((len(columns), len(columns)))
        mean[places] = known.mean
        # where two slopes are equal in all models, their covariance is singular
        jitter = JITTER * np.eye(len(places))
        precision[np.ix_(places, places)] = np.linalg.inv(known.covariance + jitter)
        return Prior(mean, precision)


def square_root(covariance: Floats) -> Floats:
    """A matrix L with L L' = covariance, shape (k, k); the covariance may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    root: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
    return root


def widening(deviation: Floats) -> Floats:
    """The factor by which a prior's standard deviations are multiplied for a model at this deviation from its mean.

    The factor is 1 within two standard deviations; beyond, the widened prior puts the model about one away.
    """
    factor: Floats = np.maximum(1.0, deviation - (USUAL_DEVIATION - 1))
    return factor
