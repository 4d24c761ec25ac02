"""Fitted strengths as ratings on a scale, each with its interval, its status and its rank."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.ranks import RankInterval
from evalkit.stats.ratings.battles import Battles, tally
from evalkit.stats.ratings.bootstrap import bootstrap_strengths
from evalkit.stats.ratings.bradley_terry import BradleyTerry
from evalkit.stats.ratings.covariance import sandwich
from evalkit.stats.ratings.elo import online_elo
from evalkit.stats.ratings.joint_ranks import joint_rank_intervals
from evalkit.stats.ratings.scale import Scale, Unit
from evalkit.stats.ratings.student import student_reach
from evalkit.stats.sample import Floats, Ints
from evalkit.types import OK, Estimate, Status, degraded

# below these the normal approximation is too rough to be called ok
FEW_CLUSTERS = 20
FEW_DECISIONS = 5
_TAIL = 0.025
_ORDER = "Elo ratings depend on the order of the battles and have no sampling error; --method bt has"


@dataclass(frozen=True, slots=True)
class Rated:
    """One model: its rating, its rank, the number of its battles, and its mean outcome in percent.

    The n of the rating counts the clusters of its battles. A rating by Elo's updates has a rank without an interval.
    """

    model: str
    rating: Estimate
    rank: int
    ranks: RankInterval | None
    n_battles: int
    win_rate: float


@dataclass(frozen=True, slots=True, eq=False)
class _Errors:
    """Inputs of an interval; arrays of shape (m,), covariance (m, m) of centred strengths. `reasons` are by index."""

    lower: Floats
    upper: Floats
    stderr: Floats
    covariance: Floats
    n_clusters: Ints
    reasons: dict[int, str]


def sandwich_ratings(battles: Battles, fit: BradleyTerry, *, scale: Scale) -> list[Rated]:
    """Ratings with intervals from the sandwich covariance and Student's quantile for each model's clusters.

    Args:
        battles: the battles that were fitted.
        fit: what `fit_bradley_terry` or `fit_controlled` made of them.
        scale: the unit and the anchor of the ratings; `Scale()` has points of Elo and the mean 1000.

    Returns:
        A rating with interval, status and rank for each model, in the order of `battles.models`. A model without a
        maximum-likelihood strength has a degraded rating without an interval.

    Raises:
        StatsError: the anchor is not a model, or cannot anchor the scale.
    """
    return _rated(battles, fit, scale, _sandwich_errors(battles, fit, scale))


def bootstrap_ratings(battles: Battles, fit: BradleyTerry, *, scale: Scale, rounds: int) -> list[Rated]:
    """Ratings with percentile intervals from resampled clusters, or battles where there are no clusters.

    Ranks come from the sandwich covariance, which has no noise of the draws.

    Args:
        battles, fit, scale: as for `sandwich_ratings`.
        rounds: the number of draws.

    Raises:
        StatsError: as for `bootstrap_strengths`, and where the anchor is not a model.
    """
    errors = _sandwich_errors(battles, fit, scale)
    draws = bootstrap_strengths(battles, fit, rounds=rounds)[:, : fit.m] @ scale.centred(fit).T
    lower, upper = np.quantile(draws, [_TAIL, 1 - _TAIL], axis=0)
    return _rated(battles, fit, scale, replace(errors, lower=lower, upper=upper, stderr=draws.std(axis=0, ddof=1)))


def elo_ratings(battles: Battles, *, scale: Scale, k: float) -> list[Rated]:
    """Ratings by Elo's updates in the order of the battles, shifted as a whole to fit the scale.

    Args:
        battles: in the order in which they were fought.
        scale: the unit and the anchor of the ratings.
        k: the most points that one battle moves a rating by.

    Returns:
        A rating for each model, degraded and without an interval.

    Raises:
        StatsError: the anchor has no battles.
    """
    ratings = online_elo(battles, k=k)
    if scale.anchor is not None and scale.anchor not in battles.models:
        raise StatsError(f"anchor {scale.anchor[:60]!r} has no battles")
    middle = ratings.mean() if scale.anchor is None else ratings[battles.models.index(scale.anchor)]
    values = scale.origin + (ratings - middle) * (scale.unit.per_log_odds / Unit.ELO.per_log_odds)
    n_clusters, (n_battles, _, _, win_rates) = clusters_by_model(battles), _records(battles)
    return [
        Rated(
            model,
            Estimate(float(values[index]), None, None, None, int(n_clusters[index]), degraded(_ORDER)),
            1 + int((values > values[index]).sum()),
            None,
            int(n_battles[index]),
            float(win_rates[index]),
        )
        for index, model in enumerate(battles.models)
    ]


def coefficient_estimates(battles: Battles, fit: BradleyTerry) -> dict[str, Estimate]:
    """The log-odds that one unit of each covariate adds, with the sandwich interval."""
    if not fit.covariates:
        return {}
    stderr = np.sqrt(np.diag(sandwich(battles, fit).matrix)[fit.m :])
    reach = student_reach(np.array([battles.n_clusters - 1]), _TAIL) * stderr
    return {
        name: Estimate(float(value), float(error), float(value - far), float(value + far), battles.n_clusters)
        for name, value, error, far in zip(fit.covariates, fit.coefficients, stderr, reach, strict=True)
    }


def clusters_by_model(battles: Battles) -> Ints:
    """The number of clusters that each model has battles in, shape (m,)."""
    if battles.cluster is None:
        return np.bincount(battles.a, minlength=battles.m) + np.bincount(battles.b, minlength=battles.m)
    cluster = battles.cluster.astype(np.int64) * battles.m
    seen = np.unique(np.concatenate([cluster + battles.a, cluster + battles.b]))
    return np.bincount(seen % battles.m, minlength=battles.m)


def _sandwich_errors(battles: Battles, fit: BradleyTerry, scale: Scale) -> _Errors:
    centred = scale.centred(fit)
    strengths = centred @ fit.strengths
    reasons = dict(fit.unbounded)
    try:
        found = sandwich(battles, fit)
    except StatsError as error:
        nothing = np.zeros(fit.m)
        reasons = {index: reasons.get(index, str(error)) for index in range(fit.m)}
        covariance = np.zeros((fit.m, fit.m))
        return _Errors(nothing, nothing, nothing, covariance, clusters_by_model(battles), reasons)
    for index in range(fit.m):
        if found.n_clusters[index] < 2:
            reasons.setdefault(index, "all its battles are one cluster, which shows no spread")
        elif not found.varies[index]:
            reasons.setdefault(index, "its verdicts all equal what was fitted and show no spread")
    covariance = centred @ found.matrix[: fit.m, : fit.m] @ centred.T
    stderr = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    reach = stderr * student_reach(np.maximum(found.n_clusters - 1, 1), _TAIL)
    return _Errors(strengths - reach, strengths + reach, stderr, covariance, found.n_clusters, reasons)


def _rated(battles: Battles, fit: BradleyTerry, scale: Scale, errors: _Errors) -> list[Rated]:
    known = np.array([index not in errors.reasons for index in range(fit.m)])
    values, factor, origin = scale.ratings(fit), scale.unit.per_log_odds, scale.origin
    ranks = joint_rank_intervals(
        values, factor**2 * errors.covariance, n_clusters=np.maximum(errors.n_clusters, 2), known=known
    )
    n_battles, wins, losses, win_rates = _records(battles)
    statuses = _statuses(errors, wins, losses)
    rated = []
    for index, model in enumerate(fit.models):
        estimate = Estimate(float(values[index]), None, None, None, int(errors.n_clusters[index]), statuses[index])
        if known[index]:
            estimate = replace(
                estimate,
                stderr=float(factor * errors.stderr[index]),
                lower=float(origin + factor * errors.lower[index]),
                upper=float(origin + factor * errors.upper[index]),
            )
        rank = ranks[index]
        rated.append(Rated(model, estimate, rank.rank, rank, int(n_battles[index]), float(win_rates[index])))
    return rated


def _statuses(errors: _Errors, wins: Floats, losses: Floats) -> Sequence[Status]:
    """The status of each model's number, with the reason where it is not ok."""
    return [_status(errors, index, float(wins[index]), float(losses[index])) for index in range(len(wins))]


def _status(errors: _Errors, index: int, wins: float, losses: float) -> Status:
    if index in errors.reasons:
        reason = errors.reasons[index]
        penalised = "; Jeffreys' penalty keeps it finite" if reason.startswith("unbounded") else ""
        return degraded(f"{reason}{penalised}; no interval")
    if errors.n_clusters[index] < FEW_CLUSTERS:
        return degraded(f"only {errors.n_clusters[index]} independent clusters of battles")
    if min(wins, losses) < FEW_DECISIONS:
        kind = "wins" if wins < losses else "losses"
        return degraded(f"only {min(wins, losses):g} {kind}, so that the interval is rough")
    return OK


def _records(battles: Battles) -> tuple[Floats, Floats, Floats, Floats]:
    """Battles, wins and losses by number, a tie half of either, and mean outcome in percent by weight; each (m,)."""
    cells = tally(battles)
    counted = replace(cells, weight=np.ones_like(cells.weight)).wins(cells.count[None, :])[0]
    weighted = cells.wins(cells.count[None, :])[0]
    wins, losses = counted.sum(axis=1), counted.sum(axis=0)
    rates = 100 * weighted.sum(axis=1) / (weighted.sum(axis=1) + weighted.sum(axis=0))
    return np.rint(wins + losses), wins, losses, rates
