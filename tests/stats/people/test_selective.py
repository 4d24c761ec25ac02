"""Selective answering and the coverage that keeps a risk: by hand, as published, and by simulation."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.people.coverage_at_risk import coverage_at_risk
from evalkit.stats.people.selective import ONE_CONFIDENCE, risk_curve, selective_answering
from evalkit.stats.people.stated import Stated, build_stated
from evalkit.types import StatusKind
from tests.stats.people.stated_judges import Drawn, reward_model, weighted_judge
from tests.stats.stat_samples import numbers, value_of


def ten_times(p: list[float], said: list[float]) -> Stated:
    """Four opinions of falling confidence, each ten times, on an instruction of its own."""
    return build_stated(np.repeat(p, 10), np.repeat(said, 10), np.arange(10 * len(p)))


def test_the_curve_takes_the_surest_verdicts_first_by_hand() -> None:
    # 0.05 is as sure as 0.95 and right; 0.8 is wrong; 0.5 is half wrong
    curve = risk_curve(ten_times([0.95, 0.05, 0.8, 0.5], [1, 0, 0, 1]))
    assert curve.threshold == pytest.approx([95, 80, 50])
    assert curve.coverage == pytest.approx([50, 75, 100])
    assert curve.risk == pytest.approx([0, 100 / 3, 37.5])


def test_the_area_is_the_mean_of_the_cumulative_error_over_the_orders_of_equal_confidences() -> None:
    # 28 sure and right, then three of one confidence with one error among them
    p, said = [0.9] * 28 + [0.6] * 3, [1.0] * 28 + [1.0, 0.0, 1.0]
    found = selective_answering(build_stated(p, said, np.arange(31)))
    areas = [np.mean(np.cumsum([0.0] * 28 + list(order)) / np.arange(1, 32)) for order in permutations([0.0, 1.0, 0.0])]
    assert value_of(found.aurc) == pytest.approx(np.mean(areas))
    # the error last of all
    assert value_of(found.e_aurc) == pytest.approx(np.mean(areas) - 1 / 31 / 31)


def test_half_of_an_odd_number_takes_half_of_a_verdict() -> None:
    # surest 15 right, the 16th wrong: at 15.5 of 31 opinions half of it counts
    p = np.linspace(0.99, 0.6, 31)
    found = selective_answering(build_stated(p, np.arange(31) != 15, np.arange(31)))
    assert value_of(found.right_at_half) == pytest.approx(100 * 15 / 15.5)


def test_a_judge_that_is_surest_where_it_is_right_has_no_excess() -> None:
    p = np.append(np.full(60, 0.9), np.full(40, 0.6))
    found = selective_answering(build_stated(p, np.arange(100) < 60, np.arange(100)))
    value, _, lower, upper = numbers(found.e_aurc)
    assert (value, lower) == pytest.approx((0, 0), abs=1e-9)
    # unlike a bootstrap without an error in any draw, the interval allows for errors that were not seen
    assert 0.01 < upper < 0.06
    value, _, lower, upper = numbers(found.right_at_half)
    assert (value, upper) == (100, 100)
    assert 90 < lower < 95


def test_verdicts_of_one_confidence_select_nothing() -> None:
    found = selective_answering(build_stated(np.full(40, 0.9), np.arange(40) < 30, np.arange(40)))
    assert value_of(found.aurc) == pytest.approx(0.25)
    assert found.aurc.status.reason == ONE_CONFIDENCE
    few = selective_answering(build_stated(np.full(29, 0.9), np.arange(29) < 20, np.arange(29)))
    assert "29 decided opinions" in few.aurc.status.reason


def test_many_confidences_and_every_row_twice_change_nothing_but_the_work() -> None:
    stated = Drawn(2, 1.5).stated(3000, np.random.default_rng(1))
    twice = build_stated(np.tile(stated.p, 2), np.tile(stated.said, 2), np.tile(stated.cluster, 2))
    once, again = selective_answering(stated).aurc, selective_answering(twice).aurc
    assert value_of(again) == pytest.approx(value_of(once), rel=0.01)
    assert again.n == 3000
    assert again.stderr == pytest.approx(once.stderr, rel=0.15)


@pytest.mark.parametrize(
    ("name", "aurc", "e_aurc", "half"),
    [
        ("GRM-Gemma-2B", 0.3083, 0.2112, 65.14),
        ("Skywork-Gemma-2-27B", 0.2358, 0.1641, 76.57),
        ("Skywork-Llama-3.1-8B", 0.2638, 0.1817, 73.14),
        ("internlm2-20b", 0.2352, 0.1577, 74.29),
        ("internlm2-7b", 0.2705, 0.1735, 72.57),
    ],
)
def test_recorded_reward_models_have_their_areas(
    real_data: Path, name: str, aurc: float, e_aurc: float, half: float
) -> None:
    found = selective_answering(reward_model(real_data, name))
    assert (value_of(found.aurc), value_of(found.e_aurc)) == pytest.approx((aurc, e_aurc), abs=1e-4)
    assert value_of(found.right_at_half) == pytest.approx(half, abs=0.005)


def test_a_recorded_judges_log_probabilities_have_their_area(real_data: Path) -> None:
    stated = weighted_judge(real_data)
    assert value_of(selective_answering(stated).aurc) == pytest.approx(0.0007, abs=1e-4)
    kept = coverage_at_risk(stated, risk=0.1)
    assert value_of(kept.coverage) == 100


def test_a_threshold_keeps_its_risk_by_hand() -> None:
    # right on all of the 150 surest and on half of the 150 others; 150 without an error bound the risk by 2.4 %
    p = np.repeat([0.9, 0.6], 150)
    stated = build_stated(p, (np.arange(300) < 150) | (np.arange(300) % 2 == 0), np.arange(300))
    found = coverage_at_risk(stated, risk=0.05)
    assert (found.risk, found.threshold, value_of(found.coverage), found.seen) == pytest.approx((5, 90, 50, 50))
    assert coverage_at_risk(stated, risk=0.02).coverage.status.reason == (
        "no threshold is shown to keep the risk at 2 % with 95 % confidence"
    )
    assert coverage_at_risk(stated, risk=0.4).threshold == pytest.approx(60)


@pytest.mark.parametrize("risk", [0.0, 1.0, float("nan")])
def test_a_risk_is_a_share(risk: float) -> None:
    with pytest.raises(StatsError, match="Give the share of wrong verdicts"):
        coverage_at_risk(Drawn(2).stated(50, np.random.default_rng(1)), risk=risk)


def test_few_opinions_show_no_risk() -> None:
    found = coverage_at_risk(Drawn(2).stated(20, np.random.default_rng(1)), risk=0.3)
    assert found.coverage.status.kind == StatusKind.NOT_ESTIMABLE
    assert found.threshold is None


def test_the_coverage_promised_keeps_the_risk_where_the_coverage_seen_does_not() -> None:
    judge, risk = Drawn(2, 1.5), 0.2
    confidence, chance = judge.confident(400_000, np.random.default_rng(9))
    order = np.argsort(-confidence)
    true_risk = np.cumsum(1 - chance[order]) / np.arange(1, len(order) + 1)

    def broken(threshold: float) -> bool:
        return bool(true_risk[max(0, int((confidence >= threshold).sum()) - 1)] > risk)

    promised, seen = [], []
    for seed in range(60):
        stated = judge.stated(600, np.random.default_rng(seed), each=2)
        found = coverage_at_risk(stated, risk=risk)
        promised.append(found.threshold is not None and broken(found.threshold / 100 - 1e-12))
        surest = np.sort(stated.confidence)[::-1]
        seen.append(found.seen > 0 and broken(surest[round(found.seen / 100 * stated.n) - 1]))
    assert sum(promised) <= 4
    assert sum(seen) >= 20


@pytest.mark.parametrize("judge", [Drawn(2, 1.5)])
def test_intervals_of_the_areas_hold_the_truth(judge: Drawn) -> None:
    big = selective_answering(judge.stated(100_000, np.random.default_rng(11)))
    truth = [value_of(big.aurc), value_of(big.e_aurc), value_of(big.right_at_half)]
    held = np.zeros(3)
    for seed in range(30):
        found = selective_answering(judge.stated(300, np.random.default_rng(seed), each=2))
        for row, one in enumerate((found.aurc, found.e_aurc, found.right_at_half)):
            _, _, lower, upper = numbers(one)
            held[row] += lower <= truth[row] <= upper
    assert (held >= 25).all()
