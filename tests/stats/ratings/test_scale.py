"""Scales, and win rates as ratings."""

import math

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.ratings.bradley_terry import fit_bradley_terry
from evalkit.stats.ratings.scale import Scale, Unit, rating_from_win_rate, win_rate_from_rating
from evalkit.types import OK, Estimate, StatusKind
from tests.stats.ratings.some_battles import battles_of, formula_rows

FIT = fit_bradley_terry(battles_of(formula_rows()))


def test_four_hundred_points_are_odds_of_ten() -> None:
    fit = fit_bradley_terry(battles_of([(0, 1, 1.0)] * 10 + [(0, 1, 0.0)]))
    assert Scale().ratings(fit) == pytest.approx([1200, 800])
    assert Scale(Unit.STRENGTH).ratings(fit) == pytest.approx([math.log(10) / 2, -math.log(10) / 2])


@pytest.mark.parametrize("unit", list(Unit))
def test_the_mean_or_the_anchor_stands_where_the_scale_puts_it(unit: Unit) -> None:
    assert Scale(unit).ratings(FIT).mean() == pytest.approx(unit.middle)
    assert Scale(unit, "m2", 1114.0).ratings(FIT)[2] == pytest.approx(1114)
    assert Scale(unit, "m2").ratings(FIT)[2] == pytest.approx(unit.middle)
    gaps = [np.diff(scale.ratings(FIT)) for scale in (Scale(unit), Scale(unit, "m4", 7.0))]
    assert gaps[0] == pytest.approx(gaps[1])


def test_unbounded_models_do_not_move_the_mean_and_cannot_anchor() -> None:
    fit = fit_bradley_terry(battles_of([*formula_rows(), (6, 0, 1.0)]))
    assert Scale().ratings(fit)[:6].mean() == pytest.approx(1000)
    with pytest.raises(StatsError, match="anchor 'm6' is unbounded above"):
        Scale(anchor="m6").ratings(fit)


def test_an_anchor_that_does_not_fight_is_refused() -> None:
    with pytest.raises(StatsError, match="anchor 'nobody' has no battles"):
        Scale(anchor="nobody").ratings(FIT)


def test_a_win_rate_becomes_a_rating_with_its_interval() -> None:
    rating = rating_from_win_rate(Estimate(75.0, 2.0, 70.0, 80.0, 100))
    assert rating.value == pytest.approx(1000 + 400 * math.log10(3))
    assert (rating.lower, rating.upper) == pytest.approx((1000 + 400 * math.log10(7 / 3), 1000 + 400 * math.log10(4)))
    # the slope of the log-odds at 0.75 is 1 / 0.1875
    assert rating.stderr == pytest.approx(400 / math.log(10) * 0.02 / 0.1875)
    assert (rating.n, rating.status) == (100, OK)


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("value", [0.01, 12.0, 50.0, 99.9])
def test_there_and_back_is_where_one_began(unit: Unit, value: float) -> None:
    win_rate = Estimate(value, 0.5, value / 2, (100 + value) / 2, 7)
    back = win_rate_from_rating(rating_from_win_rate(win_rate, unit=unit, baseline=3.0), unit=unit, baseline=3.0)
    assert (back.value, back.stderr) == pytest.approx((value, 0.5))
    assert (back.lower, back.upper) == pytest.approx((win_rate.lower, win_rate.upper))


@pytest.mark.parametrize("value", [0.0, 100.0])
def test_winning_never_or_always_has_no_rating(value: float) -> None:
    refused = rating_from_win_rate(Estimate(value, 0.0, 0.0, 100.0, 20))
    assert refused.value is None and refused.status.kind == StatusKind.NOT_ESTIMABLE
    assert f"a win rate of {value:g} % has no finite rating" in refused.status.reason
    assert win_rate_from_rating(refused) is refused
    assert rating_from_win_rate(refused) is refused


def test_an_interval_that_reaches_a_hundred_is_open_and_says_so() -> None:
    rating = rating_from_win_rate(Estimate(98.0, 1.0, 95.0, 100.0, 20))
    assert rating.upper is None and rating.lower is not None
    assert rating.status.kind == StatusKind.DEGRADED and "reaches 0 or 100 %" in rating.status.reason
