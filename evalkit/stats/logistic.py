"""Logistic regression on fractions with a Jeffreys (Firth) penalty, so that separation stays finite."""

from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.sample import Floats

TOLERANCE = 1e-8
MAX_ITERATIONS = 300
# longest step in log-odds of any row; it doubles with every step after the number of steps within which a fit without
# separation converges
_LONGEST_STEP = 5.0
_PATIENCE = 40
_HALVINGS = 40
_SLACK = 1e-13
_MUCH = 0.9
# convergence: the squared size of the remaining step in units of the coefficients' standard errors
_EXACT = 1e-24
_SMALLEST_STEP = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """A normal prior on coefficients: `mean`, shape (p,), and `precision`, shape (p, p); precision 0 is flat."""

    mean: Floats
    precision: Floats

    @classmethod
    def independent(cls, mean: Floats, precision: Floats) -> "Prior":
        """A prior with independent coefficients; mean and precision have shape (p,)."""
        return cls(mean, np.diag(precision))


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """Coefficients, shape (p,); the inverse of the penalised information, (p, p); each row's score, (n, p)."""

    coefficients: Floats
    covariance: Floats
    scores: Floats
    iterations: int


def expit(eta: Floats) -> Floats:
    """1 / (1 + exp(-eta)) without overflow."""
    half: Floats = 0.5 * (1.0 + np.tanh(0.5 * eta))
    return half


def fit_logistic(
    design: Floats,
    fractions: Floats,
    *,
    weights: Floats | None = None,
    prior: Prior | None = None,
    start: Floats | None = None,
    firth: bool = True,
) -> LogisticFit:
    """Solve the quasi-binomial score equations of `fractions` on `design` by Newton steps.

    Args:
        design: shape (n, p), its first column usually ones.
        fractions: in [0, 1], shape (n,).
        weights: shape (n,); ones by default.
        start: initial coefficients; the prior's mean by default.

    Raises:
        StatsError: the design is rank-deficient, or the steps do not converge.

    Reference: Firth 1993, Biometrika 80; Heinze and Schemper 2002, Statistics in Medicine 21.
    """
    n, p = design.shape
    if np.linalg.matrix_rank(design) < p:
        raise StatsError("the covariates are linearly dependent")
    weights = np.ones(n) if weights is None else weights
    prior = Prior(np.zeros(p), np.zeros((p, p))) if prior is None else prior
    posterior = _Posterior(design, fractions, weights, prior, firth)
    here = posterior.at(prior.mean if start is None else start)
    for iteration in range(MAX_ITERATIONS):
        if np.abs(here.gradient).max() <= TOLERANCE:
            here = _settle(posterior, here)
            scores: Floats = design * (weights * (fractions - expit(design @ here.beta)))[:, None]
            return LogisticFit(here.beta, here.inverse, scores, iteration)
        here = _climb(posterior, here, longest=_LONGEST_STEP * 2.0 ** max(0, iteration - _PATIENCE))
    raise StatsError(f"the regression did not converge in {MAX_ITERATIONS} steps")


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """The penalised log-likelihood at some coefficients, its gradient, and the inverse of its information."""

    beta: Floats
    value: float
    gradient: Floats
    inverse: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Posterior:
    """Quasi-binomial log-likelihood, plus half the log-determinant of the information, plus the log-prior."""

    design: Floats
    fractions: Floats
    weights: Floats
    prior: Prior
    firth: bool

    def at(self, beta: Floats) -> _Point:
        design, prior = self.design, self.prior
        eta = design @ beta
        mu = expit(eta)
        curvature = self.weights * mu * (1 - mu)
        information = design.T @ (design * curvature[:, None])
        away = beta - prior.mean
        value = float(
            self.weights @ (self.fractions * eta - np.logaddexp(0.0, eta)) - away @ prior.precision @ away / 2
        )
        residual = self.weights * (self.fractions - mu)
        try:
            inverse: Floats = np.linalg.inv(information + prior.precision).astype(np.float64)
            if self.firth:
                free = inverse if not prior.precision.any() else np.linalg.inv(information)
                residual = residual + curvature * np.einsum("ij,jk,ik->i", design, free, design) * (0.5 - mu)
                value += float(np.linalg.slogdet(information)[1]) / 2
        except np.linalg.LinAlgError:
            return _Point(beta, -np.inf, np.full_like(beta, np.inf), np.full_like(information, np.nan))
        return _Point(beta, value, design.T @ residual - prior.precision @ away, inverse)


def _climb(posterior: _Posterior, here: _Point, *, longest: float) -> _Point:
    """One Newton step, halved until the log-likelihood rises.

    Where few rows carry a covariate, full steps would oscillate around the maximum.
    """
    step = here.inverse @ here.gradient
    reach = float(np.abs(posterior.design @ step).max())
    if not np.isfinite(reach):
        raise StatsError("the regression ran out of range")
    step = step * min(1.0, longest / reach) if reach > 0 else step
    for _ in range(_HALVINGS):
        there = posterior.at(here.beta + step)
        gain = there.value - here.value
        nearer = _slope(there) <= _MUCH * _slope(here)
        if gain >= -_SLACK * (1 + abs(here.value)) and (nearer or gain >= (1 - _MUCH) * float(here.gradient @ step)):
            return there
        step = step / 2
    raise StatsError("the regression did not converge: no step raised its likelihood")


def _settle(posterior: _Posterior, here: _Point) -> _Point:
    """Further Newton steps for as long as they reduce the gradient.

    The gradient is already small well before the coefficients are exact.
    """
    size = 1.0
    while _slope(here) > _EXACT and size > _SMALLEST_STEP:
        there = posterior.at(here.beta + size * (here.inverse @ here.gradient))
        if _slope(there) <= _MUCH * _slope(here):
            here = there
        else:
            size = size / 2
    return here


def _slope(point: _Point) -> float:
    """Squared gradient in units of the information; near the maximum it is more precise than the log-likelihood."""
    return float(point.gradient @ point.inverse @ point.gradient)


def separated(design: Floats, fractions: Floats) -> bool:
    """True if some linear combination of the covariates separates the verdicts, so that an unpenalised fit diverges.

    A linear programme decides this, not warnings or the size of a coefficient; it also detects quasi-separation.

    Reference: Albert and Anderson 1984, Biometrika 71; Konis 2007.
    """
    between = (fractions > 0) & (fractions < 1)
    if between.any() and np.linalg.matrix_rank(design[between]) == design.shape[1]:
        # a verdict between 0 and 1 must lie on the separating plane itself, and enough of them rule out any plane
        return False
    from scipy.optimize import linprog

    sign = np.where(fractions > 0.5, 1.0, -1.0)
    signed = design * sign[:, None]
    decided, undecided = signed[~between], design[between]
    result = linprog(
        -decided.sum(axis=0),
        A_ub=-decided,
        b_ub=np.zeros(len(decided)),
        A_eq=undecided if len(undecided) else None,
        b_eq=np.zeros(len(undecided)) if len(undecided) else None,
        bounds=[(-1, 1)] * design.shape[1],
        method="highs",
    )
    return bool(result.status == 0 and -result.fun > 1e-7)
