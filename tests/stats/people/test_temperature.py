"""The temperature of a judge's probabilities: by hand, as published, and by simulation."""

import math
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.people.calibration_error import confidence_error
from evalkit.stats.people.scores import log_loss
from evalkit.stats.people.stated import Stated, build_stated
from evalkit.stats.people.temperature import ALWAYS_RIGHT, BACKWARDS, at_temperature, deal_folds, fit_temperature
from tests.stats.people.stated_judges import Drawn, weighted_judge
from tests.stats.stat_samples import numbers, value_of


def test_a_judge_that_says_nine_tenths_and_is_right_on_three_quarters_is_twice_too_sure_by_hand() -> None:
    # log-odds log 9 for a share with log-odds log 3: the temperature is 2
    stated = build_stated(np.full(400, 0.9), np.arange(400) % 4 > 0, np.arange(400))
    found = fit_temperature(stated)
    value, stderr, lower, upper = numbers(found.estimate)
    assert value == pytest.approx(2)
    # the error of the share's log-odds, from log odds to temperature
    error = 1 / math.sqrt(400 * 0.75 * 0.25) / math.log(9)
    assert stderr == pytest.approx(4 * error, rel=0.01)
    assert 1 / lower - 0.5 == pytest.approx(0.5 - 1 / upper) == pytest.approx(1.966 * error, rel=0.01)
    assert at_temperature([0.9, 0.1, 0.5, 1.0], 2) == pytest.approx([0.75, 0.25, 0.5, 1.0])


def test_no_opinion_helps_to_scale_itself() -> None:
    stated = Drawn(2, 2).stated(400, np.random.default_rng(1))
    scaled = fit_temperature(stated).scaled
    assert scaled is not None
    fold = deal_folds(400)
    assert np.bincount(fold).tolist() == [40] * 10
    others = fold != 3
    without = fit_temperature(stated.where(others)).estimate
    assert scaled.p[~others] == pytest.approx(at_temperature(stated.p[~others], value_of(without)))
    assert value_of(log_loss(scaled)) < value_of(log_loss(stated))


def test_probabilities_of_zero_and_one_that_are_right_change_nothing() -> None:
    stated = Drawn(2, 2).stated(400, np.random.default_rng(1))
    certain = build_stated(
        np.append(stated.p, [0.0, 1.0]), np.append(stated.said, [0.0, 1.0]), np.append(stated.cluster, [400, 401])
    )
    assert value_of(fit_temperature(certain).estimate) == pytest.approx(value_of(fit_temperature(stated).estimate))


@pytest.mark.parametrize(
    ("p", "said", "reason"),
    [
        (np.full(300, 0.9), np.ones(300), ALWAYS_RIGHT),
        (np.full(300, 0.9), np.arange(300) < 100, BACKWARDS),
        (np.full(300, 0.5), np.arange(300) < 100, BACKWARDS),
        (np.append(np.full(299, 0.9), 1.0), np.arange(300) < 250, "1 of 300 opinions had the probability 0"),
        (np.full(150, 0.9), np.arange(150) < 100, "150 decided opinions"),
        (np.full(300, 0.9), np.arange(300) < 155, "do not bound"),
    ],
)
def test_a_temperature_that_does_not_exist_is_refused(p: np.ndarray, said: np.ndarray, reason: str) -> None:
    found = fit_temperature(build_stated(p, said.astype(float), np.arange(len(p))))
    assert found.estimate.value is None
    assert reason in found.estimate.status.reason


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan])
def test_a_temperature_is_positive(temperature: float) -> None:
    with pytest.raises(StatsError, match="temperature is not a positive number"):
        at_temperature([0.5], temperature)


def test_a_recorded_judges_log_probabilities_have_their_temperature(real_data: Path) -> None:
    stated = weighted_judge(real_data)
    temperature = value_of(fit_temperature(stated).estimate)
    assert temperature == pytest.approx(1.621, abs=1e-3)
    cooled = Stated(at_temperature(stated.p, temperature), stated.said, stated.cluster)
    assert value_of(confidence_error(cooled)) == pytest.approx(0.0059, abs=1e-4)


def test_the_interval_holds_the_temperature() -> None:
    held = 0
    for seed in range(60):
        found = fit_temperature(Drawn(2, 1.8).stated(400, np.random.default_rng(seed), each=2))
        _, _, lower, upper = numbers(found.estimate)
        held += lower <= 1.8 <= upper
    assert held >= 52
