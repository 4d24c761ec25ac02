"""The calibration error and the reliability diagram: by hand, by scikit-learn, as published, and by simulation."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from evalkit.stats.people.calibration_error import Binning, confidence_error, probability_error, reliability_bins
from evalkit.stats.people.stated import build_stated
from evalkit.types import StatusKind
from tests.stats.people.stated_judges import Drawn, reward_model, weighted_judge
from tests.stats.stat_samples import numbers, value_of


def test_the_error_is_the_mean_gap_of_the_bins_by_hand() -> None:
    # confidence 0.9 and right on 80 of 100; confidence 0.6 and right on 70 of 100: gaps 0.1 and 0.1
    p = np.repeat([0.9, 0.4], 100)
    said = np.concatenate([np.arange(100) < 80, np.arange(100) >= 70]).astype(float)
    stated = build_stated(p, said, np.arange(200))
    assert value_of(confidence_error(stated)) == pytest.approx(0.1)
    low, high = reliability_bins(stated)
    assert (low.low, low.high, low.count) == (60, 65, 100)
    assert (high.low, high.high) == (90, 95)
    assert (low.stated, value_of(low.right), high.stated, value_of(high.right)) == pytest.approx((60, 70, 90, 80))
    # as a probability of the second answer: 0.4 is said where 0.3 comes true, 0.9 where 0.8 does
    assert value_of(probability_error(stated)) == pytest.approx(0.1)


def test_people_who_tie_are_left_out_and_a_judge_that_ties_is_half_right() -> None:
    stated = build_stated(np.full(400, 0.5), np.tile([0.0, 1.0, 1.0, 0.5], 100), np.arange(400))
    found = confidence_error(stated)
    assert (found.value, found.n) == (0.0, 300)
    assert found.status.reason == "the gap between stated and found never varies"
    assert found.upper is not None and 0.005 < found.upper < 0.02


def test_probabilities_that_are_equal_share_a_bin_of_equal_mass_in_any_order_of_rows() -> None:
    generator = np.random.default_rng(3)
    stated = build_stated(generator.choice([0.6, 0.7, 0.95], 500), generator.integers(2, size=500), np.arange(500))
    bins = reliability_bins(stated, binning=Binning.EQUAL_MASS)
    assert [one.count for one in bins] == [int((stated.p == value).sum()) for value in (0.6, 0.7, 0.95)]
    assert [end for one in bins for end in (one.low, one.high)] == pytest.approx([60, 60, 70, 70, 95, 95])


def test_bins_equal_scikit_learns_calibration_curve() -> None:
    stated = Drawn(2.0, 1.5).stated(2000, np.random.default_rng(1))
    found, promised = calibration_curve(stated.right == 1, 2 * stated.confidence - 1, n_bins=10, strategy="uniform")
    bins = reliability_bins(stated)
    assert [one.stated for one in bins] == pytest.approx(list(50 + 50 * promised))
    assert [value_of(one.right) for one in bins] == pytest.approx(list(100 * found))


@pytest.mark.parametrize(
    ("p", "said", "reason"),
    [
        (np.full(199, 0.7), np.ones(199), "199 decided opinions, at least 200 needed"),
        (np.full(300, 0.7), np.repeat([0.5, 1.0], [101, 199]), "199 decided opinions"),
        (np.repeat([1.0, 0.7], [290, 10]), np.ones(300), "3.3 % of the probabilities are strictly between 0 and 1"),
    ],
)
def test_few_opinions_and_verdicts_without_degrees_are_refused(p: np.ndarray, said: np.ndarray, reason: str) -> None:
    for measure in (confidence_error, probability_error):
        found = measure(build_stated(p, said, np.arange(len(p))))
        assert found.value is None
        assert reason in found.status.reason


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("GRM-Gemma-2B", 0.2155),
        ("Skywork-Gemma-2-27B", 0.2961),
        ("Skywork-Llama-3.1-8B", 0.3259),
        ("internlm2-20b", 0.0534),
        ("internlm2-7b", 0.1065),
    ],
)
def test_recorded_reward_models_have_their_calibration_errors(real_data: Path, name: str, error: float) -> None:
    value, _, lower, upper = numbers(confidence_error(reward_model(real_data, name)))
    assert value == pytest.approx(error, abs=1e-4)
    assert lower < value < upper


def test_a_recorded_judges_log_probabilities_have_their_calibration_errors(real_data: Path) -> None:
    stated = weighted_judge(real_data)
    assert value_of(confidence_error(stated)) == pytest.approx(0.0083, abs=1e-4)
    assert value_of(confidence_error(stated, binning=Binning.EQUAL_MASS)) == pytest.approx(0.0064, abs=1e-4)
    assert value_of(probability_error(stated)) == pytest.approx(0.0085, abs=1e-4)


def test_the_interval_allows_for_the_error_that_chance_shows_of_a_calibrated_judge() -> None:
    generator = np.random.default_rng(5)
    found = [numbers(confidence_error(Drawn(1.5).stated(350, generator))) for _ in range(20)]
    # the error found is far from the true 0, from which few intervals are
    assert np.mean([value for value, *_ in found]) > 0.04
    assert np.mean([lower == 0 for _, _, lower, _ in found]) > 0.8


@pytest.mark.parametrize(("judge", "n", "each"), [(Drawn(1.5, 1.3), 350, 1), (Drawn(4, 3), 600, 2)])
def test_the_interval_holds_the_error_of_unlimited_opinions(judge: Drawn, n: int, each: int) -> None:
    truth = judge.true_error()
    held = 0
    for seed in range(60):
        found = confidence_error(judge.stated(n, np.random.default_rng(seed), each=each))
        assert found.status.kind == StatusKind.OK
        _, _, lower, upper = numbers(found)
        held += lower <= truth <= upper
    assert held >= 52
