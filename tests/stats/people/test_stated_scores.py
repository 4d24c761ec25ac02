"""Stated probabilities beside opinions, their Brier score and log loss: by hand, by scikit-learn, and as published."""

import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from evalkit.errors import StatsError
from evalkit.stats.people.scores import brier_score, log_loss
from evalkit.stats.people.stated import build_stated
from evalkit.types import StatusKind
from tests.stats.people.stated_judges import Drawn, reward_model, weighted_judge
from tests.stats.stat_samples import numbers, value_of


def test_rows_without_a_verdict_are_left_out_and_a_tie_on_either_side_is_half_right() -> None:
    stated = build_stated([0.9, None, 0.5, 0.2, 0.8], [1, 0, 1, 0.5, 0], ["a", "b", "a", "c", "d"])
    assert stated.cluster.tolist() == [0, 0, 1, 2]
    assert stated.right.tolist() == [1.0, 0.5, 0.5, 0.0]
    assert stated.confidence.tolist() == [0.9, 0.5, 0.8, 0.8]
    assert (stated.decided.n, stated.decided.cluster.tolist()) == (3, [0, 0, 1])


@pytest.mark.parametrize(
    ("p", "said", "message"),
    [
        ([1.2], [1], r"p\[0\] is 1.2"),
        ([0.2], [0.7], r"said\[0\] is 0.7"),
        ([0.2], [None], "missing"),
        ([0.2], [], "length"),
    ],
)
def test_what_is_no_probability_or_no_opinion_is_refused(p: list[float], said: list[float], message: str) -> None:
    with pytest.raises(StatsError, match=message):
        build_stated(p, said, np.arange(len(p)))


def test_scores_by_hand_take_a_tie_as_half_an_opinion_for_either_side() -> None:
    # squares 0.04, 0.09 and (0.36 + 0.16) / 2; losses -log 0.8, -log 0.7 and -(log 0.6 + log 0.4) / 2
    stated = build_stated([0.8, 0.3, 0.6], [1, 0, 0.5], np.arange(3))
    assert value_of(brier_score(stated)) == pytest.approx((0.04 + 0.09 + 0.26) / 3)
    losses = [-math.log(0.8), -math.log(0.7), -(math.log(0.6) + math.log(0.4)) / 2]
    value, stderr, lower, upper = numbers(log_loss(stated))
    assert value == pytest.approx(sum(losses) / 3)
    assert stderr == pytest.approx(np.std(losses, ddof=1) / math.sqrt(3))
    assert upper / value == pytest.approx(value / lower) == pytest.approx(math.exp(4.302653 * stderr / value))


def test_a_judge_that_always_says_one_half_has_a_quarter_and_log_two_whatever_people_say() -> None:
    stated = build_stated(np.full(6, 0.5), [0, 0.5, 0.5, 1, 1, 1], np.arange(6))
    assert value_of(brier_score(stated)) == pytest.approx(0.25)
    assert value_of(log_loss(stated)) == pytest.approx(math.log(2))


def test_scores_equal_scikit_learns_on_decided_opinions() -> None:
    stated = Drawn(2.0, 1.5).stated(500, np.random.default_rng(1))
    assert value_of(brier_score(stated)) == pytest.approx(brier_score_loss(stated.said, stated.p), abs=1e-12)
    assert value_of(log_loss(stated)) == pytest.approx(sklearn_log_loss(stated.said, stated.p), abs=1e-12)


@pytest.mark.parametrize(
    ("p", "said", "reason"),
    [
        ([1.0, 0.4, 0.5], [0, 0, 1], "1 of 3 opinions had the probability 0"),
        ([0.0, 0.4, 0.5], [0.5, 0, 1], "1 of 3 opinions had the probability 0"),
        ([1.0, 0.0, 1.0], [1, 0, 1], "certain of every opinion"),
        ([0.3], [1], "1 instructions"),
    ],
)
def test_a_log_loss_that_is_infinite_or_never_varies_is_refused(p: list[float], said: list[float], reason: str) -> None:
    found = log_loss(build_stated(p, said, np.arange(len(p))))
    assert found.value is None
    assert reason in found.status.reason


def test_a_log_loss_that_a_few_instructions_carry_is_degraded() -> None:
    p = np.full(300, 0.999)
    found = log_loss(build_stated(p, np.arange(300) > 2, np.arange(300)))
    assert found.status.kind == StatusKind.DEGRADED
    assert "about 3 of 300 instructions carry the loss" in found.status.reason


@pytest.mark.parametrize(
    ("name", "brier"),
    [
        ("GRM-Gemma-2B", 0.2840),
        ("Skywork-Gemma-2-27B", 0.3112),
        ("Skywork-Llama-3.1-8B", 0.3322),
        ("internlm2-20b", 0.2149),
        ("internlm2-7b", 0.2297),
    ],
)
def test_recorded_reward_models_have_their_brier_scores(real_data: Path, name: str, brier: float) -> None:
    assert value_of(brier_score(reward_model(real_data, name))) == pytest.approx(brier, abs=1e-4)


def test_a_recorded_judges_log_probabilities_have_their_scores(real_data: Path) -> None:
    stated = weighted_judge(real_data)
    assert stated.n == 802
    assert float(stated.right.mean()) == pytest.approx(0.9863, abs=1e-4)
    assert float(stated.confidence.mean()) == pytest.approx(0.9926, abs=1e-4)
    assert value_of(brier_score(stated)) == pytest.approx(0.0098, abs=1e-4)
    assert value_of(log_loss(stated)) == pytest.approx(0.0434, abs=1e-4)


@pytest.mark.parametrize(("n", "each"), [(100, 1), (400, 2)])
def test_intervals_of_scores_hold_the_truth(n: int, each: int) -> None:
    judge = Drawn(2.0, 1.6)
    confidence, chance = judge.confident(400_000, np.random.default_rng(7))
    brier = float((chance * (1 - confidence) ** 2 + (1 - chance) * confidence**2).mean())
    loss = float(-(chance * np.log(confidence) + (1 - chance) * np.log1p(-confidence)).mean())
    held = np.zeros(2)
    for seed in range(100):
        stated = judge.stated(n, np.random.default_rng(seed), each=each)
        for row, (found, truth) in enumerate(((brier_score(stated), brier), (log_loss(stated), loss))):
            _, _, lower, upper = numbers(found)
            held[row] += lower <= truth <= upper
    assert (held >= 88).all()
