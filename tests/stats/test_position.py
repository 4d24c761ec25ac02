"""What the order of the answers does: cases by hand, properties, and simulations of a known effect."""

import json
from pathlib import Path

import numpy as np
import pytest

from evalkit.stats.components import variance_components
from evalkit.stats.people.stated import build_stated
from evalkit.stats.position import (
    ShownVerdicts,
    build_shown_verdicts,
    inconsistent_share,
    order_outcomes,
    position_effect,
)
from evalkit.stats.sample import Floats
from evalkit.types import Order
from tests.stats.stat_samples import numbers, value_of


def in_both_orders(candidate_first: Floats, baseline_first: Floats) -> ShownVerdicts:
    """One model, an instruction a row, both orders."""
    n = len(candidate_first)
    rows = np.tile(np.arange(n), 2)
    return ShownVerdicts(
        rows,
        np.zeros(2 * n, dtype=np.int64),
        rows,
        np.arange(2 * n) < n,
        np.concatenate([candidate_first, baseline_first]),
    )


def in_one_order(
    candidate_first: list[bool], preference: list[float], *, model: list[int] | None = None
) -> ShownVerdicts:
    rows = np.arange(len(preference))
    models = np.zeros(len(rows), dtype=np.int64) if model is None else np.array(model)
    return ShownVerdicts(rows, models, rows, np.array(candidate_first, dtype=bool), np.array(preference))


def test_the_effect_is_the_mean_difference_between_the_orders_by_hand() -> None:
    # differences 0.4, 0.0, 0.2, 0.2: mean 0.2, variance of the mean 0.08 / (4 * 3)
    shown = in_both_orders(np.array([0.9, 0.5, 0.4, 1.0]), np.array([0.5, 0.5, 0.2, 0.8]))
    value, stderr, lower, upper = numbers(position_effect(shown))
    assert value == pytest.approx(20)
    assert stderr == pytest.approx(100 * (0.08 / 12) ** 0.5)
    assert (upper - lower) / 2 == pytest.approx(3.18245 * stderr, rel=1e-5)


def test_of_one_model_it_is_what_the_components_say() -> None:
    generator = np.random.default_rng(1)
    first, second = generator.random((2, 40))
    keys = [f"{key:02d}" for key in range(40)] * 2
    orders = [Order.CANDIDATE_FIRST.value] * 40 + [Order.BASELINE_FIRST.value] * 40
    preference = np.concatenate([first, second])
    within = variance_components(keys, orders, clusters=keys, preference=preference).position
    assert numbers(position_effect(in_both_orders(first, second))) == pytest.approx(numbers(within))
    dealt = generator.random(40) < 0.4
    names = [Order.CANDIDATE_FIRST.value if one else Order.BASELINE_FIRST.value for one in dealt]
    between = variance_components(keys[:40], names, clusters=keys[:40], preference=first).position
    found = position_effect(in_one_order(dealt.tolist(), first.tolist()))
    assert value_of(found) == pytest.approx(value_of(between))
    assert numbers(found) == pytest.approx(numbers(between), rel=0.1)


def test_models_of_different_levels_that_were_dealt_unequal_orders_do_not_make_an_effect() -> None:
    strong = [True, True, True, False, False, False], [0.9, 0.8, 1.0, 0.9, 0.8, 1.0]
    weak = [True, False, False, False, False, False], [0.1, 0.1, 0.0, 0.2, 0.1, 0.1]
    found = position_effect(in_one_order(strong[0] + weak[0], strong[1] + weak[1], model=[0] * 6 + [1] * 6))
    assert value_of(found) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("candidate_first", "model"),
    [([True] * 8, [0] * 8), ([False] * 8, [0] * 8), ([True] * 4 + [False] * 4, [0] * 4 + [1] * 4)],
    ids=["candidate first", "baseline first", "an order a model"],
)
def test_one_order_tells_nothing_of_position(candidate_first: list[bool], model: list[int]) -> None:
    found = position_effect(in_one_order(candidate_first, [0.1, 0.9] * 4, model=model))
    assert found.value is None and "both orders" in found.status.reason


def test_without_any_order_it_is_refused() -> None:
    none = in_one_order([], [])
    assert position_effect(none).status.reason == "no verdict tells who was shown first"
    assert inconsistent_share(none).status.reason == "no instruction was asked in both orders"


def test_swapping_the_sides_leaves_the_effect_and_swapping_the_places_turns_it_round() -> None:
    first, second = np.random.default_rng(4).random((2, 30))
    value, stderr, lower, upper = numbers(position_effect(in_both_orders(first, second)))
    other_side = in_both_orders(1 - second, 1 - first)
    assert numbers(position_effect(other_side)) == pytest.approx((value, stderr, lower, upper))
    assert numbers(position_effect(in_both_orders(second, first))) == pytest.approx((-value, stderr, -upper, -lower))


def test_a_judge_that_always_takes_the_first_answer_has_the_whole_effect_with_an_interval() -> None:
    found = position_effect(in_both_orders(np.ones(100), np.zeros(100)))
    value, _, lower, upper = numbers(found)
    assert (value, upper) == (100.0, 100.0)
    assert 90 < lower < 95
    assert str(found.status) == "degraded(the difference never varies)"


def test_a_judge_that_no_order_moves_has_an_interval_around_zero() -> None:
    value, _, lower, upper = numbers(position_effect(in_both_orders(np.full(50, 0.3), np.full(50, 0.3))))
    assert value == 0.0
    assert lower == pytest.approx(-upper)
    assert 5 < upper < 10


def test_many_models_on_one_instruction_do_not_make_the_error_smaller() -> None:
    first, second = np.random.default_rng(5).random((2, 20))
    once = in_both_orders(first, second)
    ten = ShownVerdicts(
        np.concatenate([once.question + 20 * model for model in range(10)]),
        np.repeat(np.arange(10), 40),
        np.tile(once.cluster, 10),
        np.tile(once.candidate_first, 10),
        np.tile(once.preference, 10),
    )
    assert numbers(position_effect(ten)) == pytest.approx(numbers(position_effect(once)))
    assert numbers(inconsistent_share(ten)) == pytest.approx(numbers(inconsistent_share(once)))


def test_a_contradiction_is_won_in_one_order_and_lost_in_the_other() -> None:
    # won twice; contradiction; a tie in one order; lost twice
    shown = in_both_orders(np.array([0.9, 0.6, 0.5, 0.1]), np.array([0.8, 0.4, 0.9, 0.2]))
    assert value_of(inconsistent_share(shown)) == 25.0


def test_repeats_are_averaged_before_the_orders_are_compared() -> None:
    rows = np.array([0, 0, 0, 1, 1])
    first = np.array([True, True, False, True, False])
    shown = ShownVerdicts(rows, np.zeros(5, dtype=np.int64), rows, first, np.array([1.0, 0.2, 0.1, 0.9, 0.9]))
    assert value_of(inconsistent_share(shown)) == 50.0
    assert value_of(position_effect(shown)) == pytest.approx(25.0)


@pytest.mark.parametrize("orders", ["both", "dealt", "dealt over models"])
def test_the_interval_covers_the_true_effect_as_often_as_it_says(orders: str) -> None:
    generator, covered, runs, n = np.random.default_rng(6), 0, 400, 60
    for _ in range(runs):
        own = generator.uniform(0.2, 0.8, n)
        # an effect of 10 points on average, another on every instruction
        shift = generator.uniform(-0.1, 0.2, n)
        drawn = generator.random((2, n)) < np.array([own + shift, own - shift])
        first, second = drawn.astype(float)
        if orders == "both":
            found = position_effect(in_both_orders(first, second))
        elif orders == "dealt":
            dealt = generator.random(n) < 0.5
            found = position_effect(in_one_order(dealt.tolist(), np.where(dealt, first, second).tolist()))
        else:
            # three models meet the same orders, and share what is peculiar to an instruction
            dealt, level = generator.random(n) < 0.5, np.repeat([-0.1, 0.0, 0.1], n)
            chance = np.tile(own + np.where(dealt, shift, -shift), 3)
            verdicts = (generator.random(3 * n) < np.clip(chance + level, 0.0, 1.0)).astype(float)
            rows = np.arange(3 * n)
            found = position_effect(ShownVerdicts(rows, rows // n, rows % n, np.tile(dealt, 3), verdicts))
        _, _, lower, upper = numbers(found)
        covered += lower <= 10 <= upper
    assert 0.925 <= covered / runs <= 0.985


def test_the_place_decides_where_the_same_place_wins_both_times_by_hand() -> None:
    # same twice, then the first, the second, a tie in one order, a tie in both
    shown = in_both_orders(np.array([0.9, 0.2, 0.8, 0.1, 0.7, 0.5]), np.array([0.6, 0.4, 0.3, 1.0, 0.5, 0.5]))
    found = order_outcomes(shown)
    assert [value_of(one) for one in (found.same, found.first, found.second)] == pytest.approx([50, 100 / 6, 100 / 6])
    assert value_of(inconsistent_share(shown)) == pytest.approx(value_of(found.first) + value_of(found.second))
    assert (found.same.n, found.first.n) == (6, 6)


def test_outcomes_of_both_orders_are_refused_where_one_was_asked() -> None:
    found = order_outcomes(in_one_order([True, False], [1.0, 0.0]))
    assert {one.status.reason for one in (found.same, found.first, found.second)} == {
        "no instruction was asked in both orders"
    }


def test_a_recorded_judge_in_two_orders_has_its_published_shares(real_data: Path) -> None:
    """o1-mini on JudgeBench; a question's first answer A is the baseline and its second B the candidate."""
    path = real_data / "judges" / "jb_ah_o1-mini.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    # of two judgments the second saw B first, and its decision keeps the place
    second = {"A>B": 0.0, "A=B": 0.5, "B>A": 1.0}
    placed = np.array([[second[judgment["decision"]] for judgment in row["judgments"]] for row in rows])
    preference = np.concatenate([placed[:, 0], 1 - placed[:, 1]])
    keys = [row["pair_id"] for row in rows] * 2
    orders = ["baseline_first"] * len(rows) + ["candidate_first"] * len(rows)
    shown = build_shown_verdicts(keys, orders, preference)
    found = order_outcomes(shown)
    assert [value_of(one) for one in (found.same, found.first, found.second)] == pytest.approx(
        [68.57, 16.57, 5.14], abs=0.005
    )
    # the effect is twice the distance of the mean P(first) from one half
    assert 0.5 + value_of(position_effect(shown)) / 200 == pytest.approx(0.5557, abs=5e-5)
    said = np.array([second[row["label"]] for row in rows])
    stated = build_stated(preference.reshape(2, -1).mean(axis=0), said, [row["question"] for row in rows])
    assert float(1 - np.abs(stated.p - said).mean()) == pytest.approx(0.7586, abs=5e-5)
    decided = stated.p != 0.5
    assert 100 * float(decided.mean()) == pytest.approx(76.86, abs=0.005)
    assert 100 * float(stated.right[decided].mean()) == pytest.approx(85.50, abs=0.005)
    # JudgeBench counts a question whose two decisions together are right
    assert 100 * float((stated.right == 1).mean()) == pytest.approx(65.71, abs=0.005)
    alone = [float(1 - np.abs(one - said).mean()) for one in preference.reshape(2, -1)]
    assert alone == pytest.approx([0.7471, 0.7700], abs=5e-5)
