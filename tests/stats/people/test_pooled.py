"""Shares by category: by hand, beside statsmodels, and by simulation of few rows in many categories."""

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.meta_analysis import combine_effects

from evalkit.errors import StatsError
from evalkit.stats.people.pooled import NEVER_VARIES, ONE_CATEGORY, pool_by_category
from evalkit.stats.sample import Floats
from tests.stats.stat_samples import numbers, value_of

SIZES = (5,) * 10 + (12,) * 15 + (24,) * 20 + (80,) * 8 + (250,) * 3


def with_shares(*shares: float, rows: int) -> tuple[Floats, Floats]:
    """Values of zero and one with the shares given, and their categories."""
    values = np.concatenate([np.arange(rows) < share * rows for share in shares]).astype(float)
    return values, np.repeat(np.arange(len(shares)), rows)


def test_equal_categories_are_drawn_to_the_whole_by_one_factor_by_hand() -> None:
    # shares 0.3 to 0.7 of 100 rows each
    shares = [0.3, 0.4, 0.5, 0.6, 0.7]
    values, category = with_shares(*shares, rows=100)
    found = pool_by_category(values, category, np.arange(500))
    assert value_of(found.whole) == pytest.approx(50)
    raw = [value_of(one.raw) for one in found.categories]
    shrunk = [value_of(one.shrunk) for one in found.categories]
    assert raw == pytest.approx([30, 40, 50, 60, 70])
    assert shrunk == sorted(shrunk)
    assert shrunk[2] == pytest.approx(50)
    assert shrunk[0] + shrunk[4] == pytest.approx(100)
    # variance between 0.025 less that of the error 0.24 / 100, and shares drawn by 0.0024 / 0.025
    assert value_of(found.spread) == pytest.approx(100 * (0.025 - 0.0024) ** 0.5, rel=0.03)
    assert 30.5 < shrunk[0] < 33
    assert [value_of(one.deviation) for one in found.categories] == pytest.approx([-20, -10, 0, 10, 20])
    assert [one.count for one in found.categories] == [100] * 5


def test_p_values_are_those_of_the_exact_test_times_the_number_of_categories() -> None:
    values, category = with_shares(*[0.5] * 40, rows=100)
    values, category = np.append(values, np.arange(20) < 19), np.append(category, np.full(20, 99))
    found = pool_by_category(values, category, np.arange(4020))
    exact = binomtest(19, 20, value_of(found.whole) / 100, alternative="greater").pvalue
    assert found.categories[-1].p_value == pytest.approx(41 * 2 * exact, rel=0.05)
    assert {one.p_value for one in found.categories[:-1]} == {1.0}


def test_the_spread_is_near_that_of_paule_and_mandel() -> None:
    generator = np.random.default_rng(4)
    share = np.clip(generator.normal(0.6, 0.12, 30), 0.05, 0.95)
    category = np.repeat(np.arange(30), 60)
    values = (generator.random(1800) < share[category]).astype(float)
    found = pool_by_category(values, category, np.arange(1800))
    effects = [value_of(one.raw) for one in found.categories]
    variances = [numbers(one.raw)[1] ** 2 for one in found.categories]
    reference = combine_effects(np.array(effects), np.array(variances), method_re="iterated")
    value, _, lower, upper = numbers(found.spread)
    assert value == pytest.approx(reference.tau2**0.5, rel=0.1)
    assert lower < 12 < upper


def test_rows_of_one_instruction_count_as_one() -> None:
    values, category = with_shares(0.4, 0.5, 0.6, 0.7, rows=20)
    once = pool_by_category(values, category, np.arange(80))
    tripled = pool_by_category(np.tile(values, 3), np.tile(category, 3), np.tile(np.arange(80), 3))
    assert [numbers(one.shrunk) for one in tripled.categories] == [
        pytest.approx(numbers(one.shrunk)) for one in once.categories
    ]
    assert [one.p_value for one in tripled.categories] == pytest.approx([one.p_value for one in once.categories])


def test_a_category_in_which_all_agree_keeps_an_error_and_one_of_a_single_row_a_shrunk_share() -> None:
    values, category = with_shares(0.4, 0.6, 1.0, 0.5, rows=10)
    values, category = np.append(values, 1.0), np.append(category, 4)
    found = pool_by_category(values, category, np.arange(41))
    value, stderr, _, upper = numbers(found.categories[2].shrunk)
    assert 60 < value < 95
    assert stderr > 5
    assert upper <= 100
    alone = found.categories[4]
    assert alone.raw.value is None
    assert alone.p_value is None
    assert "1 instructions" in alone.deviation.status.reason
    assert 40 < value_of(alone.shrunk) < value


@pytest.mark.parametrize(
    ("values", "category", "reason"),
    [
        (np.arange(30) % 2, np.zeros(30), ONE_CATEGORY),
        (np.arange(30) % 2, np.arange(30) % 3, "3 categories, at least 4 needed"),
        (np.full(40, 0.5), np.arange(40) % 4, NEVER_VARIES),
        (np.ones(40), np.arange(40) % 4, NEVER_VARIES),
        (np.ones(1), np.zeros(1), ONE_CATEGORY),
        (np.zeros(0), np.zeros(0), ONE_CATEGORY),
    ],
)
def test_what_cannot_be_pooled_is_refused(values: Floats, category: Floats, reason: str) -> None:
    found = pool_by_category(values, category, np.arange(len(values)))
    assert reason in found.spread.status.reason
    assert all(reason in one.shrunk.status.reason for one in found.categories)


def test_values_are_shares() -> None:
    with pytest.raises(StatsError, match="outside"):
        pool_by_category([2.0], ["a"], [0])


@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_shrunk_intervals_hold_true_shares_of_unequal_categories_and_holm_finds_no_false_deviation(
    spread: float,
) -> None:
    held, shorter, false = [], [], 0
    for seed in range(8):
        generator = np.random.default_rng(seed)
        share = np.clip(generator.normal(0.65, spread, len(SIZES)), 0.02, 0.98)
        category = np.repeat(np.arange(len(SIZES)), SIZES)
        values = (generator.random(len(category)) < share[category]).astype(float)
        found = pool_by_category(values, category, np.arange(len(values)))
        for one in found.categories:
            _, _, lower, upper = numbers(one.shrunk)
            held.append(lower <= 100 * share[int(one.name)] <= upper)
            shorter.append((upper - lower) / (numbers(one.raw)[3] - numbers(one.raw)[2]))
        false += any(one.p_value is not None and one.p_value < 0.05 for one in found.categories)
    assert np.mean(held) > 0.925
    assert np.mean(shorter) < 0.8
    assert spread or false <= 2
