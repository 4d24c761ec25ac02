"""Builds a board of ratings from battles."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from evalkit.boards.battles import CollectedBattles
from evalkit.errors import ConfigError
from evalkit.stats import (
    Battles,
    BradleyTerry,
    Rated,
    Scale,
    bootstrap_ratings,
    coefficient_estimates,
    elo_ratings,
    fit_bradley_terry,
    fit_controlled,
    sandwich_ratings,
)
from evalkit.types import Estimate


@dataclass(frozen=True, slots=True)
class RatingRecipe:
    """The method of ratings, `bt` or `elo`, the intervals, `sandwich` or `bootstrap` with its rounds, and the scale."""

    method: str = "bt"
    interval: str = "sandwich"
    rounds: int = 1000
    scale: Scale = field(default_factory=Scale)
    elo_k: float = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class RatingBoard:
    """Rows best first; with `penalised`, Jeffreys' penalty was needed, and it then moves all ratings.

    `coefficients` are log-odds for one unit of a covariate, its root mean square in `units`.
    """

    recipe: RatingRecipe
    rows: tuple[Rated, ...]
    n_battles: int
    n_clusters: int
    clustered_by: str | None
    left_out: Mapping[str, int]
    coefficients: Mapping[str, Estimate] = field(default_factory=dict)
    units: Mapping[str, float] = field(default_factory=dict)
    penalised: bool = False


def build_ratings(gathered: CollectedBattles, recipe: RatingRecipe) -> RatingBoard:
    """Build a row for each model.

    Raises:
        ConfigError: covariates are given to a method that cannot use them.
        StatsError: the models fall into groups that never met, or the fit does not exist.
    """
    battles = gathered.battles
    board = RatingBoard(recipe, (), battles.n, battles.n_clusters, gathered.clustered_by, gathered.left_out)
    if recipe.method == "elo":
        if battles.covariates:
            raise ConfigError("--control needs --method bt: Elo's updates know no covariates")
        return replace(board, rows=_sorted(elo_ratings(battles, scale=recipe.scale, k=recipe.elo_k)))
    fit = fit_controlled(battles) if battles.covariates else fit_bradley_terry(battles)
    return replace(
        board,
        rows=_sorted(_rated(battles, fit, recipe)),
        coefficients=coefficient_estimates(battles, fit),
        units=dict(zip(fit.covariates, fit.unit.tolist(), strict=False)),
        penalised=bool(fit.unbounded),
    )


def _rated(battles: Battles, fit: BradleyTerry, recipe: RatingRecipe) -> list[Rated]:
    if recipe.interval == "bootstrap":
        return bootstrap_ratings(battles, fit, scale=recipe.scale, rounds=recipe.rounds)
    return sandwich_ratings(battles, fit, scale=recipe.scale)


def _sorted(rows: list[Rated]) -> tuple[Rated, ...]:
    return tuple(sorted(rows, key=lambda row: (row.rank, row.model)))
