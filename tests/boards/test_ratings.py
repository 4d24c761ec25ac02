"""A board of ratings."""

import numpy as np
import pytest

from evalkit.boards.battles import CollectedBattles
from evalkit.boards.ratings import RatingRecipe, build_ratings
from evalkit.errors import ConfigError, StatsError
from evalkit.stats.ratings.battles import build_battles
from evalkit.stats.ratings.scale import Scale, Unit
from evalkit.stats.sample import Floats


def gathered(n: int = 600, covariates: dict[str, Floats] | None = None) -> CollectedBattles:
    generator = np.random.default_rng(0)
    a = generator.integers(3, size=n)
    b = (a + 1 + generator.integers(2, size=n)) % 3
    outcome = (generator.random(n) < 0.5 + 0.15 * (b - a)).astype(np.float64)
    battles = build_battles(["low", "middle", "top"], a=a, b=b, outcome=1 - outcome, covariates=covariates)
    return CollectedBattles(battles, None, {"battles without a verdict": 4})


@pytest.mark.parametrize(
    "recipe",
    [RatingRecipe(), RatingRecipe(interval="bootstrap", rounds=100), RatingRecipe(method="elo")],
    ids=["sandwich", "bootstrap", "elo"],
)
def test_rows_stand_best_first(recipe: RatingRecipe) -> None:
    board = build_ratings(gathered(), recipe)
    assert [row.model for row in board.rows] == ["top", "middle", "low"]
    assert [row.rank for row in board.rows] == [1, 2, 3]
    assert (board.n_battles, board.n_clusters, board.left_out) == (600, 600, {"battles without a verdict": 4})


def test_the_scale_is_that_of_the_recipe() -> None:
    board = build_ratings(gathered(), RatingRecipe(scale=Scale(Unit.STRENGTH, "low", 2.0)))
    assert board.rows[-1].rating.value == 2.0


def test_covariates_come_with_their_coefficients_and_units() -> None:
    noise = np.random.default_rng(1).normal(size=600)
    board = build_ratings(gathered(covariates={"tokens": noise}), RatingRecipe())
    assert list(board.coefficients) == ["tokens"] and board.units["tokens"] == pytest.approx(np.sqrt(np.mean(noise**2)))
    with pytest.raises(ConfigError, match="--control needs --method bt"):
        build_ratings(gathered(covariates={"tokens": noise}), RatingRecipe(method="elo"))


def test_an_anchor_that_does_not_fight_is_refused() -> None:
    with pytest.raises(StatsError, match="anchor 'nobody' has no battles"):
        build_ratings(gathered(), RatingRecipe(scale=Scale(anchor="nobody")))
