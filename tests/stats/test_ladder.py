"""The ladder, and what looking again adds to the best number."""

import math

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.ladder import climb, expected_largest
from evalkit.stats.sample import Floats
from evalkit.types import Estimate


def leads(rates: list[float], error: float | None = 2.0) -> list[tuple[int | None, bool]]:
    def lead(first: int, second: int) -> Estimate:
        value = rates[first] - rates[second]
        if error is None:
            return Estimate.refused("no interval", n=10)
        return Estimate(value, error, value - 2 * error, value + 2 * error, 10)

    return [(rung.best, rung.improves) for rung in climb(len(rates), lead)]


def test_a_step_by_hand() -> None:
    # the best stays 50 until a lead of more than two, and is then 52.5, which 53 does not beat by as much
    assert leads([50, 51, 52, 52.5, 53, 40, 54.6]) == [
        (None, True), (0, False), (0, False), (0, True), (3, False), (3, False), (3, True),
    ]  # fmt: skip
    assert leads([]) == []


def test_a_lead_without_an_error_is_no_improvement() -> None:
    assert leads([50, 90], error=None) == [(None, True), (0, False)]
    assert leads([50, 90], error=0.0) == [(None, True), (0, False)]


@pytest.mark.parametrize(
    ("looks", "expected"), [(1, 0.0), (2, 0.56419), (3, 0.84628), (5, 1.16296), (10, 1.53875), (100, 2.50759)]
)
def test_the_largest_of_some_errors_is_that_of_harters_table(looks: int, expected: float) -> None:
    # Harter 1961, Biometrika 48, table 1
    assert expected_largest(looks) == pytest.approx(expected, abs=2e-5)
    assert expected_largest(looks) <= math.sqrt(2 * math.log(looks)) + 1e-12


def test_no_look_is_refused() -> None:
    with pytest.raises(StatsError, match="looks is 0"):
        expected_largest(0)
    with pytest.raises(StatsError, match="n is -1"):
        climb(-1, lambda *_: Estimate.refused("", n=0))


def test_who_sees_only_the_ladder_overfits_less_than_who_sees_every_number() -> None:
    """Guesses at wins and losses, of which those that did better than even vote: the attack of Blum and Hardt 2015."""
    generator, n, looks = np.random.default_rng(3), 200, 150
    seen_all: list[float] = []
    seen_ladder: list[float] = []
    for _ in range(6):
        right = generator.random((looks, n)) < 0.5
        wins = right.astype(float)

        def lead(first: int, second: int, wins: Floats = wins) -> Estimate:
            apart = 100 * (wins[first] - wins[second])
            return Estimate(float(apart.mean()), float(apart.std(ddof=1) / math.sqrt(n)), None, None, n)

        better = wins.mean(axis=1) > 0.5
        improved = np.array([rung.improves for rung in climb(looks, lead)])
        for seen, chosen in ((seen_all, better), (seen_ladder, improved)):
            # the true rate of a vote of guesses is 50 percent, whoever votes
            votes = wins[chosen].mean(axis=0) + 1e-9 * (generator.random(n) - 0.5)
            seen.append(100 * float((votes > 0.5).mean()) - 50)
    assert np.mean(seen_all) > 15
    assert np.mean(seen_ladder) < 0.5 * np.mean(seen_all)
