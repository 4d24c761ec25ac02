"""Coefficients as other models lead one to expect them, before a model's own verdicts are seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.stats.logistic import Prior
from evalkit.stats.sample import Floats

# deviations of a prior within which a model is like those that it was learned from
USUAL_DEVIATION = 2.0
# beyond so many a prior has given way: a model stands by its own lengths, and teaches others nothing
UNHELD_DEVIATION = 6.0
# variance of a coefficient that makes no difference to any rate
_JITTER = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class CoefficientPrior:
    """The coefficients of a typical model by name, and three ways in which a model may be unlike it.

    `mean` has shape (k,), the others (k, k): `spread` is how models differ from each other, with sampling error taken
    out; `error` is how well finitely many models tell the mean; `form` is how far the shapes lie apart between which
    the verdicts of those models do not decide. A model's own deviation is its own; the other two all models share.
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
        """What it says of those of the `names` that it knows, in their order."""
        kept = [name for name in names if name in self.names]
        places = [self.names.index(name) for name in kept]
        block = np.ix_(places, places)
        return CoefficientPrior(tuple(kept), self.mean[places], self.spread[block], self.error[block], self.form[block])

    def folded(self, into: Mapping[str, str], times: float) -> "CoefficientPrior":
        """The prior without some coefficients, each of which is added so many times to another one."""
        kept = tuple(name for name in self.names if name not in into)
        turn = np.zeros((len(kept), len(self.names)))
        for column, name in enumerate(self.names):
            if name in kept:
                turn[kept.index(name), column] = 1.0
            elif into[name] in kept:
                turn[kept.index(into[name]), column] = times
        spread, error, form = (turn @ one @ turn.T for one in (self.spread, self.error, self.form))
        return CoefficientPrior(kept, turn @ self.mean, spread, error, form)

    def widened(self, names: Sequence[str], factor: float) -> "CoefficientPrior":
        """The prior with so many times the deviations in these coefficients."""
        scale = np.array([factor if name in names else 1.0 for name in self.names])
        both = np.outer(scale, scale)
        return replace(self, spread=self.spread * both, error=self.error * both, form=self.form * both)

    def on(self, columns: Sequence[str]) -> Prior:
        """The prior of a regression with these columns: it says nothing of columns that it does not know."""
        known = self.chosen(columns)
        places = [list(columns).index(name) for name in known.names]
        mean, precision = np.zeros(len(columns)), np.zeros((len(columns), len(columns)))
        mean[places] = known.mean
        # two slopes that are one slope have a covariance without an inverse
        jitter = _JITTER * np.eye(len(places))
        precision[np.ix_(places, places)] = np.linalg.inv(known.covariance + jitter)
        return Prior(mean, precision)


def square_root(covariance: Floats) -> Floats:
    """A matrix L with L L' = covariance, shape (k, k), of one that need not have full rank."""
    values, vectors = np.linalg.eigh(covariance)
    root: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
    return root


def widening(deviation: Floats) -> Floats:
    """By how much a prior is widened for a model that lies so many of its deviations away: not at all within two, and
    beyond so that the model lies about one away.
    """
    factor: Floats = np.maximum(1.0, deviation - (USUAL_DEVIATION - 1))
    return factor
