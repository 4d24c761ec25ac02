"""The difference of two boards' rank correlations with the same people."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import StatsError
from evalkit.stats.agreement import VALUES, Coefficient
from evalkit.stats.paired_correlations import CorrelationDifference, correlation_difference
from evalkit.stats.quantiles import student_quantile
from evalkit.types import StatusKind
from tests.stats.drawn_agreement import Process, crowded, families, heavy, instructed, lengthy, normal
from tests.stats.stat_samples import numbers

RANK = (Coefficient.SPEARMAN, Coefficient.KENDALL)
PEOPLE = np.arange(12.0)
CLOSE = PEOPLE[[1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 11, 10]]
FAR = PEOPLE[[3, 1, 6, 0, 2, 9, 4, 5, 11, 7, 8, 10]]


def test_a_difference_worked_by_hand() -> None:
    # squared rank differences 4 and 80 of 12 * 143 = 1716: 1 - 6 * 4 / 1716 and 1 - 6 * 80 / 1716; of 66 pairs 2 and 15
    # are in the opposite order
    spearman, kendall = (correlation_difference(one, CLOSE, FAR, PEOPLE) for one in RANK)
    assert (spearman.first, spearman.second) == pytest.approx((1 - 24 / 1716, 1 - 480 / 1716))
    assert spearman.estimate.value == pytest.approx(456 / 1716)
    assert kendall.estimate.value == pytest.approx(2 * (15 - 2) / 66)


def test_p_is_students_on_fishers_scale_and_what_models_would_show_follows_from_the_same_error() -> None:
    found = correlation_difference(Coefficient.SPEARMAN, CLOSE, FAR, PEOPLE)
    assert found.first is not None and found.second is not None and found.p_value is not None
    assert found.detectable is not None
    first, second = math.atanh(1 - 1 / 144 if found.first > 1 - 1 / 144 else found.first), math.atanh(found.second)
    error = (first - second) / -student_quantile(11, found.p_value / 2)
    level, apart = (first + second) / 2, error * (student_quantile(11, 0.975) + student_quantile(11, 0.8))
    assert found.detectable == pytest.approx(math.tanh(level + apart / 2) - math.tanh(level - apart / 2))


@pytest.mark.parametrize("coefficient", RANK)
def test_exchanging_the_boards_turns_the_interval_around(coefficient: Coefficient) -> None:
    one, other = (correlation_difference(coefficient, *pair, PEOPLE) for pair in ((CLOSE, FAR), (FAR, CLOSE)))
    value, stderr, lower, upper = numbers(one.estimate)
    assert numbers(other.estimate) == pytest.approx((-value, stderr, -upper, -lower), abs=1e-3)
    assert other.p_value == pytest.approx(one.p_value)


def test_the_order_of_the_models_and_stretched_scores_change_nothing() -> None:
    order = np.random.default_rng(3).permutation(12)
    moved = correlation_difference(Coefficient.SPEARMAN, np.exp(CLOSE[order]), 3 * FAR[order] - 1, PEOPLE[order])
    found = correlation_difference(Coefficient.SPEARMAN, CLOSE, FAR, PEOPLE)
    assert numbers(moved.estimate) == pytest.approx(numbers(found.estimate))
    assert (moved.p_value, moved.detectable) == pytest.approx((found.p_value, found.detectable))


@pytest.mark.parametrize("coefficient", RANK)
def test_the_error_is_that_of_leaving_out_each_model_also_with_ties(coefficient: Coefficient) -> None:
    generator = np.random.default_rng(4)
    people = np.round(generator.standard_t(2, size=40))
    boards = people * np.exp(generator.normal(size=(2, 40)))
    without = np.array([[VALUES[coefficient](np.delete(side, out), np.delete(people, out)) for side in boards]
                        for out in range(40)])  # fmt: skip
    errors = 39 / 40 * (without - without.mean(axis=0)).T @ (without - without.mean(axis=0))
    found = correlation_difference(coefficient, boards[0], boards[1], people)
    # larger than those of normal scores, so that nothing is added
    assert numbers(found.estimate)[1] == pytest.approx(math.sqrt(errors[0, 0] + errors[1, 1] - 2 * errors[0, 1]))


def test_less_confidence_gives_a_shorter_interval() -> None:
    wide, narrow = (
        numbers(correlation_difference(Coefficient.SPEARMAN, CLOSE, FAR, PEOPLE, confidence=level).estimate)
        for level in (0.95, 0.8)
    )
    assert wide[2] < narrow[2] < narrow[3] < wide[3]


def test_boards_in_the_same_order_are_not_called_equal() -> None:
    found = correlation_difference(Coefficient.SPEARMAN, CLOSE, CLOSE + 1, PEOPLE)
    value, _, lower, upper = numbers(found.estimate)
    assert (value, found.p_value) == (0, 1) and lower < -0.01 and upper > 0.01
    perfect = correlation_difference(Coefficient.KENDALL, PEOPLE, PEOPLE, PEOPLE)
    assert numbers(perfect.estimate)[2] < 0 < numbers(perfect.estimate)[3]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ((CLOSE[:5], FAR[:5], PEOPLE[:5]), "5 shared models cannot show a difference, at least 6 needed"),
        (([1.0], [1.0], [1.0]), "1 shared model cannot show a difference, at least 6 needed"),
        ((np.ones(12), FAR, PEOPLE), "one of the rankings does not vary, or varies by a single model"),
        ((CLOSE, np.eye(12)[0], PEOPLE), "one of the rankings does not vary, or varies by a single model"),
        ((CLOSE, FAR, np.where(PEOPLE == 3, np.nan, PEOPLE)), "a score is missing"),
        (
            ([0.0, 5, 3, 1, 4, 2], [2.0, 0, 5, 4, 1, 3], np.arange(6.0)),
            "6 models like these could not tell a board that agrees perfectly from one that does not agree",
        ),
    ],
)
def test_what_cannot_tell_anything_is_refused_with_the_reason(columns: tuple[list[float], ...], reason: str) -> None:
    found = correlation_difference(Coefficient.SPEARMAN, *columns)
    assert found.estimate.status.kind == StatusKind.NOT_ESTIMABLE
    assert (found.estimate.status.reason, found.estimate.value, found.p_value) == (reason, None, None)


def test_few_models_are_said_and_linear_correlations_are_not_compared() -> None:
    few = correlation_difference(Coefficient.SPEARMAN, CLOSE[:9], FAR[[0, 1, 3, 4, 2, 6, 7, 5, 9]], PEOPLE[:9])
    assert str(few.estimate.status) == "degraded(9 models only)"
    with pytest.raises(StatsError, match="Pearson's correlations are not compared"):
        correlation_difference(Coefficient.PEARSON, CLOSE, FAR, PEOPLE)
    with pytest.raises(StatsError, match="second"):
        correlation_difference(Coefficient.SPEARMAN, CLOSE, FAR[:11], PEOPLE)


def _found(process: Process, n: int, sets: int, coefficient: Coefficient) -> list[CorrelationDifference]:
    drawn = process.draw(np.random.default_rng(n), (sets, n))
    return [correlation_difference(coefficient, *columns) for columns in zip(*drawn, strict=True)]


def _held(found: list[CorrelationDifference], truth: float) -> float:
    return float(np.mean([lower <= truth <= upper for _, _, lower, upper in (numbers(one.estimate) for one in found)]))


@pytest.mark.parametrize(
    ("process", "n", "coefficient"),
    [
        (normal(0.97, 0.9, 0.3), 15, Coefficient.SPEARMAN),
        (heavy(0.15, 0.5), 33, Coefficient.SPEARMAN),
        (lengthy(0.1, 0.4), 33, Coefficient.SPEARMAN),
        (families(0.2, 0.5), 15, Coefficient.KENDALL),
        (crowded(0.1, 0.3), 15, Coefficient.SPEARMAN),
    ],
)
def test_the_interval_holds_the_difference_of_other_populations_than_the_normal(
    process: Process, n: int, coefficient: Coefficient
) -> None:
    # the long simulation is benchmarks/agreement.py
    sets = 80
    found = [one for one in _found(process, n, sets, coefficient) if one.estimate.value is not None]
    assert len(found) >= sets - 4
    # 0.875 is two standard errors of the simulation below 0.935
    assert _held(found, process.truth(coefficient)) >= 0.875


def test_equal_boards_are_rarely_called_different_and_different_ones_often() -> None:
    equal, different = (_found(process, 33, 80, Coefficient.SPEARMAN) for process in
                        (normal(0.9, 0.9, 0.5), normal(0.97, 0.8, 0.3)))  # fmt: skip
    share = [np.mean([one.p_value is not None and one.p_value < 0.05 for one in found]) for found in (equal, different)]
    assert share[0] <= 0.1 and share[1] >= 0.8


def test_instructions_that_favour_a_kind_of_model_widen_the_interval() -> None:
    drawn = instructed(np.random.default_rng(5), 20, 40, taste=3.0)
    columns = (drawn.first.mean(axis=1), drawn.second.mean(axis=1), drawn.people)
    alone = correlation_difference(Coefficient.SPEARMAN, *columns)
    both = correlation_difference(Coefficient.SPEARMAN, *columns, influences=drawn.influences)
    assert alone.instructions is None and both.instructions is not None and both.instructions > 0.01
    assert both.estimate.value == alone.estimate.value
    widths = [numbers(one.estimate)[3] - numbers(one.estimate)[2] for one in (alone, both)]
    assert widths[0] < widths[1] < 2 * widths[0]


def test_without_influence_no_instruction_changes_anything() -> None:
    none = (np.zeros((12, 30)), np.zeros((12, 30)))
    found = correlation_difference(Coefficient.SPEARMAN, CLOSE, FAR, PEOPLE, influences=none)
    assert found.instructions == pytest.approx(0, abs=1e-12)
    alone = correlation_difference(Coefficient.SPEARMAN, CLOSE, FAR, PEOPLE)
    assert numbers(found.estimate) == pytest.approx(numbers(alone.estimate))


@pytest.mark.parametrize(
    ("first", "second", "n", "expected", "significant"),
    [
        ("LC AlpacaEval 2.0", "AlpacaEval 2.0", 37, 0.044, False),
        ("LC AlpacaEval 2.0", "MT-bench (multi-turn)", 27, 0.042, False),
        ("AlpacaEval 2.0", "MT-bench (multi-turn)", 27, 0.003, False),
    ],
)
def test_the_lead_of_length_control_in_the_published_table_is_not_significant(
    first: str, second: str, n: int, expected: float, *, significant: bool, real_data: Path
) -> None:
    # Dubois et al. 2024, arXiv:2404.04475: 0.98 with and 0.93 without length control, which the paper does not test
    table = pd.read_csv(real_data / "human" / "benchmarks_alpaca_eval_paper.csv")
    shared = table[[first, second, "Arena Elo [Feb 2, 2024]"]].dropna().to_numpy().T
    found = correlation_difference(Coefficient.SPEARMAN, *shared)
    value, _, lower, upper = numbers(found.estimate)
    assert found.estimate.n == n
    assert value == pytest.approx(expected, abs=5e-4)
    assert found.p_value is not None and (found.p_value < 0.05) == significant
    assert (lower > 0 or upper < 0) == significant
