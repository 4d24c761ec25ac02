"""Rank agreement with a reference."""

import contextlib
import math
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, pearsonr, spearmanr

from evalkit.stats import copula
from evalkit.stats.agreement import VALUES, Coefficient, correlation, kendall, pearson, robustness, spearman
from evalkit.stats.copula import World, kendall_latent, spearman_latent
from evalkit.stats.sample import Floats
from evalkit.types import StatusKind
from tests.stats.stat_samples import numbers


@contextlib.contextmanager
def fewer_draws() -> Iterator[None]:
    """Make intervals of a quarter of the draws, for tests that look at many of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copula, "_DRAWS", 1000)
        yield


def test_agreement_worked_by_hand() -> None:
    # squared rank differences sum to 4: 1 - 6 * 4 / (5 * 24) = 0.8; two of ten pairs are in the opposite order: 0.6.
    # Deviations from the means give 800 / (sqrt(10) * sqrt(1000)) / 10 = 0.8
    board, reference = np.array([1.0, 2, 3, 4, 5]), np.array([20.0, 10, 40, 30, 50])
    assert [numbers(one(board, reference))[0] for one in (spearman, kendall, pearson)] == pytest.approx([0.8, 0.6, 0.8])
    assert str(spearman(board, reference).status) == "degraded(5 models only)"


@pytest.mark.parametrize(
    ("coefficient", "variance"),
    # Bonett and Wright 2000 at a correlation of 0.85, Fieller et al. 1957, Fisher 1921, on the scale of Fisher's z
    [(Coefficient.SPEARMAN, 1.36 / 57), (Coefficient.KENDALL, 0.437 / 56), (Coefficient.PEARSON, 1 / 57)],
)
def test_the_interval_of_many_normal_scores_is_near_the_formula(coefficient: Coefficient, variance: float) -> None:
    board, noise = np.random.default_rng(8).normal(size=(2, 60))
    value, _, lower, upper = numbers(correlation(coefficient, board, board + 0.6 * noise))
    expected = [math.tanh(math.atanh(value) + side * 1.96 * math.sqrt(variance)) for side in (-1, 1)]
    assert [lower, upper] == pytest.approx(expected, abs=0.04)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_fewer_than_four_models_have_no_agreement(n: int) -> None:
    estimate = spearman(np.arange(n, dtype=float), np.arange(n, dtype=float))
    models = "model" if n == 1 else "models"
    assert str(estimate.status) == f"not_estimable({n} shared {models}, at least 4 needed)"
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


def test_the_room_below_perfect_agreement_is_where_it_would_be_rare() -> None:
    # two pairs of normal scores are in the same order with chance 1/2 + asin(p) / pi; four models are in the same order
    # with chance 1/40 at the lower end
    lower = numbers(spearman(np.arange(4.0), np.arange(4.0)))[2]
    generator = np.random.default_rng(5)
    p = 2 * math.sin(math.pi * lower / 6)
    board, noise = generator.normal(size=(2, 200_000, 4))
    same = np.argsort(board, axis=1) == np.argsort(p * board + math.sqrt(1 - p**2) * noise, axis=1)
    assert same.all(axis=1).mean() == pytest.approx(0.025, abs=0.005)


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


@settings(max_examples=40)
@given(_levels)
@fewer_draws()
def test_agreement_is_scipys_with_ties_shared(pairs: list[tuple[int, int]]) -> None:
    board, reference = np.array(pairs, dtype=float).T
    estimate = spearman(board, reference)
    if estimate.value is None:
        assert np.ptp(board) == 0 or np.ptp(reference) == 0
    else:
        assert estimate.value == pytest.approx(spearmanr(board, reference)[0], abs=1e-12)
        assert VALUES[Coefficient.KENDALL](board, reference) == pytest.approx(
            kendalltau(board, reference)[0], abs=1e-12
        )
        assert VALUES[Coefficient.PEARSON](board, reference) == pytest.approx(pearsonr(board, reference)[0], abs=1e-12)
        assert estimate.lower is not None
        assert estimate.upper is not None
        assert -1 <= estimate.lower <= estimate.value <= estimate.upper <= 1


@settings(max_examples=30)
@given(_levels, st.randoms(use_true_random=False))
@fewer_draws()
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


def test_turning_one_ranking_around_turns_the_interval_around() -> None:
    board, reference = np.random.default_rng(6).normal(size=(2, 12))
    for one in (spearman, kendall, pearson):
        value, stderr, lower, upper = numbers(one(board, reference))
        assert numbers(one(-board, reference)) == pytest.approx((-value, stderr, -upper, -lower))


def test_measurement_errors_widen_the_interval_and_never_move_an_end_inwards() -> None:
    board, noise = np.random.default_rng(7).normal(size=(2, 20))
    reference = board + 0.4 * noise
    errors = (np.full(20, 0.2), np.full(20, 0.1))
    for one in (spearman, kendall, pearson):
        exact, measured = numbers(one(board, reference)), numbers(one(board, reference, errors=errors))
        assert measured[0] == exact[0]
        assert measured[2] <= exact[2]
        assert measured[3] > exact[3]


def test_errors_as_wide_as_the_spread_are_said() -> None:
    board, reference = np.random.default_rng(7).normal(size=(2, 20))
    estimate = spearman(board, reference, errors=(np.full(20, 2.0), np.zeros(20)))
    assert str(estimate.status) == "degraded(measurement errors make up most of the differences between models)"
    assert estimate.upper == pytest.approx(1, abs=1e-4)


def test_the_order_of_the_rows_changes_no_interval() -> None:
    board, reference = np.random.default_rng(9).normal(size=(2, 15))
    errors = (np.linspace(0.1, 0.4, 15), np.linspace(0.3, 0.1, 15))
    turned = spearman(board[::-1], reference[::-1], errors=(errors[0][::-1], errors[1][::-1]))
    assert numbers(turned) == pytest.approx(numbers(spearman(board, reference, errors=errors)), abs=1e-9)


def _drawn(generator: np.random.Generator, p: float, n: int, noise: float, *, skewed: float) -> tuple[Floats, ...]:
    """Measured scores of n models and the standard errors of both sides; lower scores lie closer for `skewed` > 0."""
    board = generator.normal(size=n)
    reference = p * board + math.sqrt(1 - p**2) * generator.normal(size=n)
    if skewed:
        board = np.exp(skewed * board)
    errors = noise * np.std(board) * np.ones(n), noise / 2 * np.ones(n)
    return board + errors[0] * generator.normal(size=n), reference + errors[1] * generator.normal(size=n), *errors


@pytest.mark.parametrize("coefficient", [Coefficient.SPEARMAN, Coefficient.KENDALL])
@pytest.mark.parametrize("n", [10, 20, 40])
@pytest.mark.parametrize("p", [0.5, 0.9])
def test_nineteen_of_twenty_intervals_hold_the_rank_correlation_of_exact_scores(
    coefficient: Coefficient, n: int, p: float
) -> None:
    # the draws behind an interval depend on nothing but n, so that the tails can be looked up once
    latent = {Coefficient.SPEARMAN: spearman_latent, Coefficient.KENDALL: kendall_latent}[coefficient]
    zeros = np.zeros(n)
    drawn = World(latent, np.arange(n, dtype=float), np.arange(n, dtype=float), (zeros, zeros)).draw(p)
    generator = np.random.default_rng(n)
    held = 0
    for _ in range(1500):
        board, reference, *_ = _drawn(generator, p, n, 0.0, skewed=1.0)
        value = VALUES[coefficient](board, reference)
        held += bool(min(np.mean(drawn >= value - 1e-12), np.mean(drawn <= value + 1e-12)) > 0.025)
    assert 0.93 <= held / 1500 <= 0.975


@pytest.mark.parametrize("n", [10, 20, 40])
@pytest.mark.parametrize("skewed", [0.0, 0.5])
def test_nineteen_of_twenty_intervals_hold_the_rank_correlation_behind_measured_scores(n: int, skewed: float) -> None:
    generator = np.random.default_rng(n + 1)
    p, zeros, held = 0.9, np.zeros(n), 0
    exact = World(spearman_latent, np.arange(n, dtype=float), np.arange(n, dtype=float), (zeros, zeros)).draw(p)
    for _ in range(200):
        board, reference, *errors = _drawn(generator, p, n, 0.15, skewed=skewed)
        value = VALUES[Coefficient.SPEARMAN](board, reference)
        measured = World(spearman_latent, board, reference, (errors[0], errors[1]), draws=1000).draw(p)
        above = max(np.mean(one >= value - 1e-12) for one in (exact, measured))
        below = max(np.mean(one <= value + 1e-12) for one in (exact, measured))
        held += bool(min(above, below) > 0.025)
    # the lower end stays where exact scores put it, so that at most 2.5 % are missed below
    assert 0.93 <= held / 200 <= 0.995


@fewer_draws()
def test_the_linear_correlation_is_held_for_skewed_scores_too() -> None:
    p, generator, held = 0.8, np.random.default_rng(11), 0
    # exp(x) and y have the correlation p / sqrt(e - 1)
    truth = p / math.sqrt(math.expm1(1))
    for _ in range(60):
        board, reference, *_ = _drawn(generator, p, 12, 0.0, skewed=1.0)
        _, _, lower, upper = numbers(pearson(board, reference))
        held += lower <= truth <= upper
    assert held / 60 >= 0.88


def test_chance_is_counted_over_every_order_of_few_models() -> None:
    # of the 24 orders of four models one rises throughout and one falls
    found = robustness(Coefficient.SPEARMAN, np.arange(4.0), np.arange(4.0))
    assert found is not None
    assert found.p_value == pytest.approx(2 / 24)


def test_chance_of_kendalls_is_counted_as_scipys_tau_of_every_order_with_ties() -> None:
    board, reference = np.array([1.0, 2, 2, 3, 5]), np.array([2.0, 1, 3, 3, 4])
    whole = abs(kendalltau(board, reference)[0])
    found = [abs(kendalltau(board, order)[0]) >= whole - 1e-9 for order in permutations(reference)]
    counted = robustness(Coefficient.KENDALL, board, reference)
    assert counted is not None
    assert counted.p_value == pytest.approx(np.mean(found))


@pytest.mark.parametrize("coefficient", list(Coefficient))
def test_chance_is_rarely_small_where_nothing_is_associated(coefficient: Coefficient) -> None:
    generator = np.random.default_rng(12)
    found = [robustness(coefficient, *generator.normal(size=(2, 6))) for _ in range(300)]
    values = np.array([one.p_value for one in found if one is not None])
    for level in (0.1, 0.3, 0.5):
        # few orders of Kendall's are as far out as a level asks for: the share lies at it or below
        assert level - 0.12 <= (values <= level).mean() <= level + 0.06


def test_no_order_is_counted_as_impossible_among_many_models() -> None:
    found = robustness(Coefficient.KENDALL, np.arange(12.0), np.arange(12.0))
    assert found is not None
    assert found.p_value == 1 / 10_000


def test_the_model_that_matters_most_is_the_one_out_of_line() -> None:
    board, reference = np.arange(8.0), np.arange(8.0)
    reference[2] = 20
    found = robustness(Coefficient.SPEARMAN, board, reference)
    assert found is not None
    assert (found.model, found.without, found.upper) == (2, 1.0, 1.0)
    assert found.lower < 0.65
    assert robustness(Coefficient.SPEARMAN, board[:3], reference[:3]) is None


@pytest.mark.parametrize(
    ("column", "expected", "n"),
    [("LC AlpacaEval 2.0", 0.975, 37), ("AlpacaEval 2.0", 0.931, 37), ("MT-bench (multi-turn)", 0.933, 33)],
)
def test_the_published_agreement_of_alpaca_eval_with_human_votes(
    column: str, expected: float, n: int, real_data: Path
) -> None:
    # Dubois et al. 2024, arXiv:2404.04475: 0.98 with and 0.93 without length control, Arena of 2 February 2024
    table = pd.read_csv(real_data / "human" / "benchmarks_alpaca_eval_paper.csv")
    shared = table[["Arena Elo [Feb 2, 2024]", column]].dropna().to_numpy()
    estimate = spearman(shared[:, 1], shared[:, 0])
    assert estimate.n == n
    value, _, lower, upper = numbers(estimate)
    assert value == pytest.approx(expected, abs=5e-4)
    assert lower < value < upper <= 1
