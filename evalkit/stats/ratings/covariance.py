"""The sandwich covariance of strengths, valid for ties and fractions, and for battles that come in clusters."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.logistic import expit
from evalkit.stats.ratings.battles import Battles, tally
from evalkit.stats.ratings.bradley_terry import BradleyTerry, pinned
from evalkit.stats.sample import Floats, Ints

# the rounding error of verdicts that all equal their fitted values
_NO_SPREAD = 1e-16


@dataclass(frozen=True, slots=True, eq=False)
class Covariance:
    """The covariance of strengths with the mean zero, then of coefficients, shape (m + k, m + k).

    `n_clusters` counts the clusters of each model's battles, shape (m,). `varies` is False for a model whose verdicts
    all equal their fitted values, so that they show no spread.
    """

    matrix: Floats
    n_clusters: Ints
    varies: np.ndarray[tuple[int], np.dtype[np.bool_]]


def sandwich(battles: Battles, fit: BradleyTerry) -> Covariance:
    """Inverse information, times the outer product of the clusters' scores, times inverse information.

    Raises:
        StatsError: no more clusters than parameters.

    Reference: Huber 1967; for clusters Liang and Zeger 1986, Biometrika 73.
    """
    parameters = fit.m - 1 + len(fit.covariates)
    if battles.n_clusters <= parameters:
        raise StatsError(
            f"{battles.n_clusters} independent clusters of battles are too few for the error of {parameters} parameters"
        )
    if battles.cluster is None and not fit.covariates:
        outer, n_clusters = _by_cells(battles, fit)
    else:
        outer, n_clusters = _by_rows(battles, fit)
    bread = np.linalg.inv(pinned(fit.information, fit.m))
    correction = battles.n_clusters / (battles.n_clusters - parameters)
    varies = np.diag(outer)[: fit.m] > _NO_SPREAD * np.diag(fit.information)[: fit.m]
    return Covariance(correction * bread @ outer @ bread, n_clusters, varies)


def _by_cells(battles: Battles, fit: BradleyTerry) -> tuple[Floats, Ints]:
    """The covariance where every battle is its own cluster, with equal battles counted together."""
    cells, m = tally(battles), fit.m
    chance = expit(fit.strengths[cells.first] - fit.strengths[cells.second])
    squares = cells.count * (cells.weight * (cells.outcome - chance)) ** 2
    shared = np.bincount(cells.first * m + cells.second, weights=squares, minlength=m * m).reshape(m, m)
    outer: Floats = -(shared + shared.T).astype(np.float64)
    np.fill_diagonal(outer, -outer.sum(axis=1))
    fought = [np.bincount(side, weights=cells.count, minlength=m) for side in (cells.first, cells.second)]
    return outer, (fought[0] + fought[1]).astype(np.int64)


def _by_rows(battles: Battles, fit: BradleyTerry) -> tuple[Floats, Ints]:
    design = [battles.covariates[name] / unit for name, unit in zip(fit.covariates, fit.unit, strict=True)]
    log_odds = fit.strengths[battles.a] - fit.strengths[battles.b]
    for values, coefficient in zip(design, fit.coefficients, strict=True):
        log_odds = log_odds + coefficient * values
    residual = battles.outcome - expit(log_odds)
    if battles.weight is not None:
        residual = residual * battles.weight
    scores = _scores_by_cluster(battles, residual)
    n_clusters = np.bincount(scores.indices, minlength=fit.m)
    shared = (scores.T @ scores).toarray()
    if not design:
        return shared, n_clusters
    effects = np.stack([_summed(battles, residual * values) for values in design], axis=1)
    mixed = scores.T @ effects
    return np.block([[shared, mixed], [mixed.T, effects.T @ effects]]), n_clusters


def _scores_by_cluster(battles: Battles, residual: Floats) -> Any:
    """Each cluster's score for each strength, a sparse table of shape (clusters, m)."""
    from scipy.sparse import coo_array, csr_array

    shape = (battles.n_clusters, battles.m)
    if battles.cluster is None:
        places = np.stack([battles.a, battles.b], axis=1).ravel()
        values = np.stack([residual, -residual], axis=1).ravel()
        return csr_array((values, places, np.arange(0, 2 * battles.n + 1, 2)), shape=shape)
    rows = np.concatenate([battles.cluster, battles.cluster])
    columns = np.concatenate([battles.a, battles.b])
    return coo_array((np.concatenate([residual, -residual]), (rows, columns)), shape=shape).tocsr()


def _summed(battles: Battles, values: Floats) -> Floats:
    if battles.cluster is None:
        return values
    summed: Floats = np.bincount(battles.cluster, weights=values).astype(np.float64)
    return summed
