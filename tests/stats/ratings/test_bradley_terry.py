"""Bradley-Terry strengths."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import StatsError
from evalkit.stats.logistic import expit, fit_logistic
from evalkit.stats.ratings.battles import build_battles, tally
from evalkit.stats.ratings.bradley_terry import (
    fit_bradley_terry,
    resolve_strengths,
    solve_penalised,
    solve_strengths,
)
from evalkit.stats.sample import Floats
from tests.stats.ratings.some_battles import baseball, battles_of, drawn, formula_rows

# evalica 0.4.2: logarithm of bradley_terry(tolerance=1e-12), less its mean; choix 0.4.1: ilsr_pairwise_dense(alpha=0,
# tol=1e-12), less its mean. Both on `formula_rows`, and equal to all these digits
PEERS = [0.79351862, 0.50483382, 0.12202811, -0.16847718, -0.46379696, -0.78810641]
# arena-rank 0.1.1: BradleyTerry.compute_ratings_and_cis on the same rows
ARENA_RANK = [1137.84831, 1087.69862, 1021.19845, 970.73251, 919.43021, 863.09191]


def test_two_models_differ_by_the_log_of_the_odds_of_their_wins() -> None:
    fit = fit_bradley_terry(battles_of([(0, 1, 1.0)] * 6 + [(1, 0, 0.5)] * 2 + [(0, 1, 0.0)]))
    # 7 wins to 2
    assert fit.strengths[0] - fit.strengths[1] == pytest.approx(math.log(3.5), abs=1e-9)
    assert fit.strengths.sum() == pytest.approx(0, abs=1e-12)


def test_the_american_league_of_1987_has_its_published_strengths() -> None:
    # Agresti 2002, Categorical Data Analysis, section 10.6: strengths relative to Baltimore
    fit = fit_bradley_terry(baseball())
    assert (fit.strengths - fit.strengths[6]).round(2).tolist() == [1.58, 1.44, 1.29, 1.25, 1.11, 0.68, 0.0]


def test_strengths_are_those_of_evalica_choix_and_arena_rank() -> None:
    fit = fit_bradley_terry(battles_of(formula_rows()))
    assert fit.strengths == pytest.approx(np.array(PEERS), abs=1e-7)
    assert 1000 + 400 / math.log(10) * fit.strengths == pytest.approx(np.array(ARENA_RANK), abs=1e-2)


def test_wins_that_are_as_many_as_the_strengths_expect_solve_the_likelihood() -> None:
    battles = drawn(np.linspace(-2, 2, 8), 500, 5)
    cells = tally(battles)
    wins = cells.wins(cells.count[None, :])[0]
    strengths = fit_bradley_terry(battles).strengths
    expected = (wins + wins.T) * expit(strengths[:, None] - strengths[None, :])
    assert expected.sum(axis=1) == pytest.approx(wins.sum(axis=1), abs=1e-6)


@given(st.permutations(range(6)))
def test_other_names_for_the_models_permute_the_strengths(order: list[int]) -> None:
    battles = battles_of(formula_rows())
    place = np.array(order)
    renamed = build_battles(battles.models, a=place[battles.a], b=place[battles.b], outcome=battles.outcome)
    assert fit_bradley_terry(renamed).strengths[place] == pytest.approx(fit_bradley_terry(battles).strengths)


def test_swapping_sides_changes_nothing_and_swapping_outcomes_turns_the_ranking_round() -> None:
    battles = battles_of(formula_rows())
    strengths = fit_bradley_terry(battles).strengths
    sides = build_battles(battles.models, a=battles.b, b=battles.a, outcome=1 - battles.outcome)
    outcomes = build_battles(battles.models, a=battles.a, b=battles.b, outcome=1 - battles.outcome)
    assert fit_bradley_terry(sides).strengths == pytest.approx(strengths)
    assert fit_bradley_terry(outcomes).strengths == pytest.approx(-strengths)


def test_fractions_and_weights_count_as_so_many_wins() -> None:
    whole = battles_of([(0, 1, 1.0)] * 3 + [(0, 1, 0.0)] + [(1, 2, 1.0), (2, 0, 1.0)])
    fractions = build_battles(
        whole.models,
        a=np.array([0, 1, 2]),
        b=np.array([1, 2, 0]),
        outcome=np.array([0.75, 1.0, 1.0]),
        weight=np.array([4.0, 1.0, 1.0]),
    )
    assert fit_bradley_terry(fractions).strengths == pytest.approx(fit_bradley_terry(whole).strengths)


@pytest.mark.parametrize("lopsided", [1e2, 1e4, 1e8])
def test_a_long_chain_of_lopsided_pairs_converges(lopsided: float) -> None:
    m = 30
    wins = np.zeros((1, m, m))
    for one in range(m - 1):
        wins[0, one, one + 1], wins[0, one + 1, one] = lopsided, 1.0
    strengths = solve_strengths(wins)[0]
    assert -np.diff(strengths) == pytest.approx(np.full(m - 1, math.log(lopsided)), rel=1e-6)


def test_refitting_tables_like_the_fitted_one_gives_what_fitting_them_afresh_gives() -> None:
    battles = drawn(np.linspace(-1.5, 1.5, 7), 600, 9)
    fit, cells = fit_bradley_terry(battles), tally(battles)
    draws = np.random.default_rng(0).multinomial(600, cells.count / 600, size=20).astype(np.float64)
    # the last table is so unlike the others that it is solved afresh
    tables = np.concatenate([cells.wins(draws), cells.wins(cells.count[None, :]).swapaxes(1, 2) ** 2 + 0.01])
    assert resolve_strengths(tables, fit) == pytest.approx(solve_strengths(tables), abs=1e-6)


def test_models_that_never_met_are_refused_by_name() -> None:
    with pytest.raises(StatsError, match="2 groups that never met.*'m0', 'm1', 'm4'; 'm2', 'm3'.*add battles"):
        fit_bradley_terry(battles_of([(0, 1, 0.5), (1, 4, 1.0), (2, 3, 0.5)]))


def test_a_model_without_battles_is_a_group_of_its_own() -> None:
    battles = build_battles(["x", "y", "z"], a=np.array([0]), b=np.array([1]), outcome=np.array([0.5]))
    with pytest.raises(StatsError, match="2 groups that never met.*'x', 'y'; 'z'"):
        fit_bradley_terry(battles)


def test_a_model_that_never_lost_is_unbounded_above_and_its_number_is_finite() -> None:
    rows = [(0, 1, 1.0), (1, 0, 1.0), (1, 2, 0.5), (3, 0, 1.0), (3, 1, 1.0), (2, 4, 1.0), (5, 4, 1.0)]
    fit = fit_bradley_terry(battles_of(rows))
    assert {one: reason.split(":")[0] for one, reason in fit.unbounded.items()} == {
        3: "unbounded above",
        4: "unbounded below",
        5: "unbounded",
    }
    assert fit.bounded.tolist() == [True, True, True, False, False, False]
    assert np.isfinite(fit.strengths).all() and fit.strengths[3] == fit.strengths.max()


def test_a_tie_bounds_what_a_win_does_not() -> None:
    assert not fit_bradley_terry(battles_of([(0, 1, 1.0), (0, 1, 0.5)])).unbounded
    assert len(fit_bradley_terry(battles_of([(0, 1, 1.0), (0, 1, 1.0)])).unbounded) == 2


def test_the_penalty_is_jeffreys_as_in_a_regression_on_a_design() -> None:
    rows = [(0, 1, 1.0)] * 4 + [(1, 2, 1.0)] * 3 + [(2, 1, 1.0)] + [(0, 2, 1.0)] * 2
    design = np.array([[float(row[0] == one) - float(row[1] == one) for one in (0, 1)] for row in rows])
    expected = fit_logistic(design, np.array([row[2] for row in rows])).coefficients
    cells = tally(battles_of(rows))
    strengths = solve_penalised(cells.wins(cells.count[None, :])[0])
    assert strengths[:2] - strengths[2] == pytest.approx(expected, abs=1e-6)


def test_one_win_of_one_battle_is_penalised_to_odds_of_three() -> None:
    # Jeffreys' prior on one proportion adds half a win to either side
    fit = fit_bradley_terry(battles_of([(0, 1, 1.0)]))
    assert fit.strengths[0] - fit.strengths[1] == pytest.approx(math.log(3), abs=1e-6)


def test_four_times_the_battles_leave_the_strengths_and_give_four_times_the_information() -> None:
    rows = formula_rows()
    once, four = fit_bradley_terry(battles_of(rows)), fit_bradley_terry(battles_of(rows * 4))

    def total(information: Floats) -> float:
        return float(np.trace(information))

    assert four.strengths == pytest.approx(once.strengths)
    assert total(four.information) == pytest.approx(4 * total(once.information))
