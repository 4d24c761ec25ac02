"""Whether a regression holds on the pairs of about equal length."""

import math

import numpy as np
import pytest

from evalkit.stats.controlled_rate import length_controlled_win_rate
from evalkit.stats.covariates import length_term
from evalkit.stats.fit_check import NearEqual, check_fit, check_fits, near_equal
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Sample
from tests.stats.stat_samples import draw, keys_for, sample_of


def pairs(residual: list[float], *, variance: float = 0.01, first: int = 0) -> NearEqual:
    keys = tuple(keys_for(first + len(residual))[first:])
    return NearEqual(keys, np.array(residual), np.full(len(residual), variance))


def test_what_there_is_to_check_are_the_near_pairs_and_the_scatter_that_their_prediction_has() -> None:
    sample = sample_of([0.9, 0.1, 0.5], [0.0, 900.0, 3.0])
    found = near_equal(sample, np.array([True, False, True]), predicted=np.array([0.6, 0.5, 0.2]), dispersion=0.5)
    assert found.keys == ("0000", "0002")
    assert found.residual.tolist() == pytest.approx([0.3, 0.3])
    # half of 0.6 * 0.4 and of 0.2 * 0.8
    assert found.variance.tolist() == pytest.approx([0.12, 0.08])


def test_twelve_pairs_worked_by_hand() -> None:
    # mean 0.1; squares about it 12 * 0.04, over 11
    found = check_fit(pairs([0.3, -0.1] * 6))
    assert found is not None
    assert found.residual == pytest.approx(10)
    assert found.n == 12
    assert found.z == pytest.approx(0.1 / math.sqrt(12 * 0.04 / 11 / 12))
    assert str(found) == "predicts 10.0 points too little at equal length (z 1.7, n 12)"


def test_few_pairs_that_happen_to_agree_scatter_as_their_prediction_does_at_least() -> None:
    found = check_fit(pairs([0.3, -0.1] * 6, variance=0.2))
    assert found is not None and found.z == pytest.approx(0.1 / math.sqrt(0.2 / 12))
    alike = check_fit(pairs([-0.2] * 12, variance=0.2))
    assert alike is not None and alike.z == pytest.approx(-0.2 / math.sqrt(0.2 / 12))
    assert "points too much" in str(alike)


def test_thirty_pairs_scatter_as_they_do() -> None:
    found = check_fit(pairs([0.3, -0.1] * 15, variance=0.2))
    assert found is not None and found.z == pytest.approx(0.1 / math.sqrt(30 * 0.04 / 29 / 30))
    assert (still := check_fit(pairs([0.1] * 30))) is not None and still.n == 30


@pytest.mark.parametrize("n", [0, 1, 9])
def test_fewer_than_ten_pairs_or_instructions_say_nothing(n: int) -> None:
    assert check_fit(pairs([0.1] * n)) is None
    assert check_fits([pairs([0.1] * n)] * 5) is None
    assert check_fits([]) is None
    assert check_fit(pairs([0.1] * 10)) is not None
    assert check_fits([pairs([0.1] * n), pairs([0.1] * (10 - n), first=n)]) is not None


def test_models_on_the_same_instructions_are_no_surer_together_than_one_of_them() -> None:
    residual = np.random.default_rng(0).normal(0.05, 0.3, 40).tolist()
    one, copies = check_fits([pairs(residual)]), check_fits([pairs(residual)] * 3)
    strangers = check_fits([pairs(residual, first=40 * place) for place in range(3)])
    assert one is not None and copies is not None and strangers is not None
    assert (copies.residual, copies.n, copies.z) == pytest.approx((one.residual, 120, one.z))
    assert (strangers.residual, strangers.n, strangers.z) == pytest.approx((one.residual, 120, math.sqrt(3) * one.z))


def two_slopes(seed: int, *, shorter: float, longer: float) -> Sample:
    generator = np.random.default_rng(seed)
    length = generator.normal(100, 500, 1500).round()
    term = length_term(length)
    chance = expit(0.3 + np.where(term < 0, shorter, longer) * term)
    return sample_of((generator.random(1500) < chance).astype(float), length)


def test_a_regression_of_the_right_form_is_hardly_ever_found_at_fault() -> None:
    found = [length_controlled_win_rate(draw(seed, 800, binary=True).sample).check for seed in range(60)]
    z = [one.z for one in found if one is not None]
    assert len(z) == 60
    assert 0.6 < np.std(z) < 1.3
    assert abs(np.mean(z)) < 0.4


def test_one_slope_for_a_judge_that_has_two_is_found_at_fault() -> None:
    found = [length_controlled_win_rate(two_slopes(seed, shorter=6.0, longer=0.0)) for seed in range(10)]
    assert sum("misfit: predicts" in one.estimate.status.reason for one in found) >= 8
    assert all("too little" in one.estimate.status.reason for one in found if one.estimate.status.reason)
