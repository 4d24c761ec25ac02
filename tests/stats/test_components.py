"""Where verdicts spread from: a case by hand, refusals, properties, and simulations with known components."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from evalkit.stats.components import NO_REPEATS, ONE_ORDER, Components, variance_components
from evalkit.stats.sample import Floats, build_sample
from evalkit.stats.winrate import win_rate
from evalkit.types import Estimate, Order
from tests.stats.stat_samples import keys_for, numbers, value_of

FIRST, SECOND = Order.CANDIDATE_FIRST.value, Order.BASELINE_FIRST.value
Row = tuple[str, str, float]


def components_of(rows: Sequence[Row], clusters: Sequence[str] | None = None) -> Components:
    keys, orders, values = zip(*rows, strict=True)
    return variance_components(keys, orders, clusters=clusters or keys, preference=np.array(values))


BY_HAND: list[Row] = [
    ("a", FIRST, 1.0),
    ("a", FIRST, 0.8),
    ("a", SECOND, 0.6),
    ("a", SECOND, 0.6),
    ("b", FIRST, 0.4),
    ("b", FIRST, 0.2),
    ("b", SECOND, 0.3),
    ("b", SECOND, 0.1),
]


def test_two_instructions_worked_by_hand() -> None:
    found = components_of(BY_HAND)
    # variances within questions: 0.02, 0; 0.02, 0.02
    assert found.repeat.value == pytest.approx((0.01 + 0.02) / 2)
    # means by order: 0.9, 0.6; 0.3, 0.2. Half differences squared, less a quarter of the noise of the two means
    assert found.order.value == pytest.approx((0.0225 - 0.01 / 4 + 0.0025 - 0.02 / 4) / 2)
    # means of both orders: 0.75, 0.25, each with a quarter of the noise of the two means
    assert found.instruction.value == pytest.approx(0.125 - (0.01 / 4 + 0.02 / 4) / 2)
    assert found.position.value == pytest.approx(20)
    assert (found.orders, found.repeats) == (2, 2)


def test_the_order_of_the_rows_changes_nothing() -> None:
    assert components_of(BY_HAND[::-1]) == components_of(BY_HAND)


def test_without_repeats_noise_is_not_measured_and_the_others_say_that_they_hold_it() -> None:
    found = components_of([("a", FIRST, 1.0), ("a", SECOND, 0.6), ("b", FIRST, 0.4), ("b", SECOND, 0.3)])
    assert found.repeat.status.reason == NO_REPEATS
    assert found.instruction.notes == found.order.notes == ("contains the judge's noise",)


def test_with_one_order_what_it_does_stays_in_the_instruction() -> None:
    found = components_of([("a", FIRST, 1.0), ("b", FIRST, 0.4), ("c", FIRST, 0.1)])
    assert found.order.status.reason == ONE_ORDER
    assert found.position.value is None
    assert found.instruction.value == pytest.approx(np.var([1.0, 0.4, 0.1], ddof=1))
    assert found.instruction.notes == ("contains the judge's noise and what the order does",)


def test_the_position_is_measured_between_instructions_that_were_dealt_different_orders() -> None:
    found = components_of([("a", FIRST, 0.9), ("b", FIRST, 0.7), ("c", SECOND, 0.5), ("d", SECOND, 0.1)])
    assert found.position.value == pytest.approx(50)
    # by hand: residuals 0.1, -0.1, 0.2, -0.2 of twos, with 4 / 2 degrees of freedom
    assert found.position.stderr == pytest.approx(100 * np.sqrt((2 * 0.05**2 + 2 * 0.1**2) * 4 / 2))


def test_an_instruction_without_a_verdict_in_an_order_is_left_out_as_in_a_sample() -> None:
    assert components_of([*BY_HAND, ("c", FIRST, 1.0), ("c", SECOND, np.nan)]) == components_of(BY_HAND)


def test_a_missing_repeat_only_makes_its_question_less_sure() -> None:
    rows = [*BY_HAND[:7], ("b", SECOND, np.nan)]
    found = components_of(rows)
    assert found.repeat.value == pytest.approx((0.01 + 0.02) / 2)
    assert found.repeats == pytest.approx(7 / 4)


@pytest.mark.parametrize("rows", [[("a", FIRST, np.nan)], [("a", FIRST, 1.0), ("a", FIRST, 0.0)]])
def test_a_single_instruction_tells_nothing(rows: list[Row]) -> None:
    found = components_of(rows)
    assert all(one.value is None for one in (found.instruction, found.order, found.repeat, found.position))


def test_a_judge_that_repeats_itself_to_the_letter_still_may_have_noise() -> None:
    rows = [(key, FIRST, value) for key, value in zip(keys_for(20), np.linspace(0, 1, 20), strict=True)] * 2
    repeat = components_of(rows).repeat
    assert (repeat.value, repeat.lower) == (0.0, 0.0)
    assert repeat.upper is not None and repeat.upper > 0.01


def test_a_component_below_zero_is_zero_and_says_so() -> None:
    # both orders agree better than the repeats do
    rows = [(key, order, value) for key in ("a", "b", "c") for order in (FIRST, SECOND) for value in (0.0, 1.0)]
    order = components_of(rows).order
    assert (order.value, order.lower) == (0.0, 0.0)
    assert order.notes == ("estimated at -0.12, which is below zero",)


def test_rows_of_one_cluster_count_once() -> None:
    rows = [(key, FIRST, value) for key, value in zip(keys_for(40), np.linspace(0, 1, 40), strict=True)]
    alone, paired = components_of(rows).instruction, components_of(rows, [f"{place // 2}" for place in range(40)])
    assert (alone.n, paired.instruction.n) == (40, 20)
    assert numbers(paired.instruction)[1] > 1.3 * numbers(alone)[1]


def test_swapping_sides_keeps_the_components_and_the_position_effect() -> None:
    swapped = [(key, {FIRST: SECOND, SECOND: FIRST}[order], 1 - value) for key, order, value in BY_HAND]
    found, mirrored = components_of(BY_HAND), components_of(swapped)
    for name in ("instruction", "order", "repeat", "position"):
        assert value_of(getattr(mirrored, name)) == pytest.approx(value_of(getattr(found, name)))


def _chances(generator: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """P(win) with the candidate first and second: an instruction's own, a position effect of 30 points, and how it
    differs between instructions.
    """
    own, shift = generator.beta(1.0, 1.2, n), 0.15 + 0.3 * (generator.random(n) - 0.5)
    return np.clip(own + shift, 0, 1), np.clip(own - shift, 0, 1)


@cache
def _truth() -> dict[str, float]:
    first, second = _chances(np.random.default_rng(0), 2_000_000)
    return {
        "instruction": float(((first + second) / 2).var()),
        "order": float((((first - second) / 2) ** 2).mean()),
        "repeat": float((first * (1 - first) + second * (1 - second)).mean() / 2),
        "position": 100 * float((first - second).mean()),
        "win rate": 100 * float(((first + second) / 2).mean()),
    }


def _draw(seed: int, n: int, repeats: int) -> tuple[list[str], list[str], Floats]:
    """Wins and losses in both orders."""
    generator = np.random.default_rng(seed)
    chances = np.repeat(np.stack(_chances(generator, n)), repeats, axis=0)  # (2 * repeats, n)
    won = (generator.random(chances.shape) < chances).astype(float)
    return keys_for(n) * (2 * repeats), [FIRST] * (n * repeats) + [SECOND] * (n * repeats), won.ravel()


def test_components_are_recovered_and_intervals_hold_them_with_the_noise_in_the_win_rate_too() -> None:
    runs, found = 300, {name: list[Estimate]() for name in _truth()}
    for seed in range(runs):
        keys, orders, won = _draw(seed, 200, 2)
        components = variance_components(keys, orders, clusters=keys, preference=won)
        for name in ("instruction", "order", "repeat", "position"):
            found[name].append(getattr(components, name))
        found["win rate"].append(win_rate(build_sample(keys, won, orders=orders)).estimate)
    for name, estimates in found.items():
        truth = _truth()[name]
        values, errors, lower, upper = np.array([numbers(one) for one in estimates]).T
        assert values.mean() == pytest.approx(truth, abs=4 * values.std() / np.sqrt(runs)), name
        assert errors.mean() == pytest.approx(values.std(), rel=0.15), name
        # 93 to 97 percent, and two standard errors
        assert 0.905 <= ((lower <= truth) & (truth <= upper)).mean() <= 0.995, name


def test_the_win_rates_error_is_what_the_components_say() -> None:
    truth = _truth()
    values = [value_of(win_rate(build_sample(keys, won, orders=orders)).estimate)
              for keys, orders, won in (_draw(1000 + seed, 100, 3) for seed in range(300))]  # fmt: skip
    variance = (truth["instruction"] + truth["repeat"] / (2 * 3)) / 100
    assert np.std(values) == pytest.approx(100 * variance**0.5, rel=0.1)
