"""Rank agreement with a reference."""

import math
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from evalkit.stats.agreement import spearman
from evalkit.types import StatusKind
from tests.stats.stat_samples import numbers


def test_agreement_worked_by_hand() -> None:
    # squared rank differences sum to 4: 1 - 6 * 4 / (5 * 24) = 0.8. Fisher's z is 1.0986, its error
    # sqrt((1 + 0.32) / 2) = 0.8124, so z is within 1.0986 -+ 1.5923
    estimate = spearman(np.array([1.0, 2, 3, 4, 5]), np.array([20.0, 10, 40, 30, 50]))
    value, stderr, lower, upper = numbers(estimate)
    assert (value, lower, upper) == pytest.approx((0.8, -0.4571, 0.9908), abs=1e-4)
    assert stderr == pytest.approx(0.8124 * (1 - 0.64), abs=1e-4)
    assert str(estimate.status) == "degraded(5 models only)"


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_fewer_than_four_models_have_no_agreement(n: int) -> None:
    estimate = spearman(np.arange(n, dtype=float), np.arange(n, dtype=float))
    assert str(estimate.status) == f"not_estimable({n} shared models, at least 4 needed)"
    assert (estimate.value, estimate.stderr, estimate.lower, estimate.upper) == (None,) * 4


def test_a_ranking_that_does_not_vary_has_no_agreement() -> None:
    flat, varied = np.ones(12), np.arange(12.0)
    for board, reference in ((flat, varied), (varied, flat)):
        assert str(spearman(board, reference).status) == "not_estimable(one of the rankings does not vary)"


def test_ten_models_are_enough_for_an_unreserved_status() -> None:
    generator = np.random.default_rng(1)
    assert spearman(generator.normal(size=10), generator.normal(size=10)).status.kind == StatusKind.OK
    assert str(spearman(generator.normal(size=9), generator.normal(size=9)).status) == "degraded(9 models only)"


# at 5 and 10 models numpy's correlation of equal ranks is the float below 1
@pytest.mark.parametrize("n", [4, 6, 9, 20, 5, 10])
def test_perfect_agreement_keeps_an_interval_with_room_below(n: int) -> None:
    up = np.arange(n, dtype=float)
    value, _, lower, upper = numbers(spearman(up, 3 * up + 1))
    assert (value, upper) == pytest.approx((1, 1))
    assert -1 < lower < 0.999
    value, _, lower, upper = numbers(spearman(up, -up))
    assert (value, lower) == pytest.approx((-1, -1))
    assert -0.999 < upper < 1


def test_perfect_agreement_of_more_models_is_surer() -> None:
    lowers = [numbers(spearman(np.arange(n, dtype=float), np.arange(n, dtype=float)))[2] for n in (4, 6, 9, 20)]
    assert lowers == sorted(lowers)


def test_the_room_below_perfect_agreement_is_that_of_one_swap() -> None:
    # one swap of neighbours among 20: 1 - 12 / (20 * 399)
    nearest = 1 - 12 / 7980
    below = math.tanh(math.atanh(nearest) - 1.959964 * math.sqrt((1 + nearest**2 / 2) / 17))
    assert numbers(spearman(np.arange(20.0), np.arange(20.0)))[2] == pytest.approx(below, abs=1e-6)


def test_the_room_below_perfect_agreement_depends_on_the_confidence() -> None:
    up = np.arange(20.0)
    assert numbers(spearman(up, up, confidence=0.8))[2] > numbers(spearman(up, up))[2]


def test_a_score_that_is_not_a_number_is_not_ranked() -> None:
    estimate = spearman(np.array([1.0, 2, 3, math.nan, 4]), np.arange(5.0))
    assert estimate.status.kind == StatusKind.NOT_ESTIMABLE


def test_less_confidence_gives_a_shorter_interval() -> None:
    generator = np.random.default_rng(2)
    board, reference = generator.normal(size=(2, 30))
    wide, narrow = (numbers(spearman(board, reference, confidence=level)) for level in (0.95, 0.8))
    assert wide[2] < narrow[2] < narrow[3] < wide[3]


# few levels, so that ties are common
_levels = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=4, max_size=40)


@given(_levels)
def test_agreement_is_scipys_with_ties_shared(pairs: list[tuple[int, int]]) -> None:
    board, reference = np.array(pairs, dtype=float).T
    estimate = spearman(board, reference)
    if estimate.value is None:
        assert np.ptp(board) == 0 or np.ptp(reference) == 0
    else:
        assert estimate.value == pytest.approx(spearmanr(board, reference)[0], abs=1e-12)
        assert estimate.lower is not None
        assert estimate.upper is not None
        assert -1 <= estimate.lower <= estimate.value <= estimate.upper <= 1


@given(_levels, st.randoms(use_true_random=False))
def test_relabelling_the_models_and_stretching_the_scores_change_nothing(
    pairs: list[tuple[int, int]], shuffler: Random
) -> None:
    board, reference = np.array(pairs, dtype=float).T
    order = list(range(len(pairs)))
    shuffler.shuffle(order)
    one, other = spearman(board, reference), spearman(np.exp(board[order]), 2 * reference[order] - 7)
    assert (one.value is None) == (other.value is None)
    if one.value is not None:
        assert other.value == pytest.approx(one.value, abs=1e-12)


def test_nineteen_of_twenty_intervals_hold_the_rank_correlation_of_normal_scores() -> None:
    correlation = 0.9
    truth = 6 / math.pi * math.asin(correlation / 2)
    generator = np.random.default_rng(3)
    held = 0
    for _ in range(1000):
        board, noise = generator.normal(size=(2, 37))
        _, _, lower, upper = numbers(spearman(board, correlation * board + math.sqrt(1 - correlation**2) * noise))
        held += lower <= truth <= upper
    assert 930 <= held <= 975


@pytest.mark.parametrize(("column", "expected"), [("LC AlpacaEval 2.0", 0.975), ("AlpacaEval 2.0", 0.93)])
def test_the_published_agreement_of_alpaca_eval_with_human_votes(column: str, expected: float, real_data: Path) -> None:
    # Dubois et al. 2024, arXiv:2404.04475: 0.98 with and 0.93 without length control, Arena of 2 February 2024
    table = pd.read_csv(real_data / "human" / "benchmarks_alpaca_eval_paper.csv")
    shared = table[["Arena Elo [Feb 2, 2024]", column]].dropna().to_numpy()
    estimate = spearman(shared[:, 1], shared[:, 0])
    assert estimate.n == 37
    value, _, lower, upper = numbers(estimate)
    assert value == pytest.approx(expected, abs=1e-3)
    assert lower < value < upper < 1
