"""Logistic regression on fractions with a Jeffreys (Firth) penalty, so that separation stays finite."""

from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.sample import Floats

TOLERANCE = 1e-8
MAX_ITERATIONS = 300
_LONGEST_STEP = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Independent normal priors on the coefficients: `mean` and `precision`, shape (p,); precision 0 says nothing."""

    mean: Floats
    precision: Floats


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
        start: where the steps begin; at the prior's mean by default.

    Raises:
        StatsError: the design is rank-deficient, or the steps do not converge.

    Reference: Firth 1993, Biometrika 80; Heinze and Schemper 2002, Statistics in Medicine 21.
    """
    n, p = design.shape
    weights = np.ones(n) if weights is None else weights
    prior = Prior(np.zeros(p), np.zeros(p)) if prior is None else prior
    beta: Floats = (prior.mean if start is None else start).copy()
    for iteration in range(MAX_ITERATIONS):
        mu = expit(design @ beta)
        curvature = weights * mu * (1 - mu)
        information = design.T @ (design * curvature[:, None])
        penalised = information + np.diag(prior.precision)
        try:
            inverse = _inverse(information if firth else penalised)
            solved = inverse if firth and not prior.precision.any() else _inverse(penalised)
        except np.linalg.LinAlgError:
            raise StatsError("the covariates are linearly dependent") from None
        residual = weights * (fractions - mu)
        if firth:
            leverage = curvature * np.einsum("ij,jk,ik->i", design, inverse, design)
            residual = residual + leverage * (0.5 - mu)
        gradient = design.T @ residual - prior.precision * (beta - prior.mean)
        if not np.isfinite(gradient).all():
            break
        if np.abs(gradient).max() <= TOLERANCE:
            scores: Floats = design * (weights * (fractions - mu))[:, None]
            return LogisticFit(beta, solved, scores, iteration)
        step = solved @ gradient
        beta = beta + step * min(1.0, _LONGEST_STEP / float(np.abs(step).max()))
    raise StatsError(f"the regression did not converge in {MAX_ITERATIONS} steps")


def _inverse(matrix: Floats) -> Floats:
    inverse: Floats = np.linalg.inv(matrix).astype(np.float64)
    return inverse


def separated(design: Floats, fractions: Floats) -> bool:
    """Whether some direction of the covariates explains every verdict: an unpenalised fit would run to infinity.

    Decided by a linear programme, never by warnings or the size of a coefficient: it covers quasi-separation too.

    Reference: Albert and Anderson 1984, Biometrika 71; Konis 2007.
    """
    between = (fractions > 0) & (fractions < 1)
    if np.linalg.matrix_rank(design[between]) == design.shape[1]:
        # a fraction must lie on the separating plane itself; enough of them leave no plane
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
