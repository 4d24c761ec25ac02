"""Elo's updates."""

import numpy as np
import pytest

from evalkit.stats.ratings.elo import online_elo
from tests.stats.ratings.some_battles import battles_of, formula_rows


def test_two_battles_by_hand() -> None:
    # equal at first: 4 * (1 - 0.5). Then the favourite, by 4 points, ties: 4 * (0.5 - 0.50576)
    ratings = online_elo(battles_of([(0, 1, 1.0), (0, 1, 0.5)]))
    expected = 1 / (1 + 10 ** (-4 / 400))
    assert ratings.tolist() == pytest.approx([1002 + 4 * (0.5 - expected), 998 - 4 * (0.5 - expected)])


def test_ratings_are_those_of_evalica() -> None:
    # evalica 0.4.2: elo(k=4.0) on the same rows
    theirs = [1095.150427, 1054.885958, 1002.566221, 969.065269, 948.959689, 929.372436]
    assert online_elo(battles_of(formula_rows())) == pytest.approx(np.array(theirs), abs=1e-4)


def test_another_order_gives_other_ratings_and_the_same_mean() -> None:
    rows = formula_rows()
    forwards, backwards = online_elo(battles_of(rows)), online_elo(battles_of(rows[::-1]))
    assert np.abs(forwards - backwards).max() > 1
    assert forwards.mean() == pytest.approx(1000) and backwards.mean() == pytest.approx(1000)


def test_a_step_as_large_as_numbers_go_stays_finite() -> None:
    assert np.isfinite(online_elo(battles_of(formula_rows()), k=1e300)).all()
