"""How far the lengths of a model's answers overlap with the baseline's."""

import dataclasses

import numpy as np
import pytest

from evalkit.stats.covariates import length_spread
from evalkit.stats.overlap import Overlap, overlap_of
from evalkit.stats.sample import Sample, build_sample
from tests.stats.stat_samples import keys_for, mirrored, sample_of

NAN = float("nan")


def lengths(difference: list[float], baseline: list[float] | None) -> Sample:
    return sample_of([0.3] * len(difference), difference, baseline_length=baseline)


def overlap(difference: list[float], baseline: list[float] | None) -> Overlap:
    found = overlap_of(lengths(difference, baseline))
    assert found is not None
    return found


def test_an_answer_counts_by_how_far_it_is_into_the_tenth_of_the_baselines_length() -> None:
    # band 100: 0 is half on either side, 50 three quarters on the long one, from 100 on whole
    found = overlap([0, 50, 100, 400, -100, -20], [1000] * 6)
    assert found.as_long == pytest.approx((0.5 + 0.75 + 1 + 1 + 0 + 0.4) / 6)
    assert found.as_short == pytest.approx((0.5 + 0.25 + 0 + 0 + 1 + 0.6) / 6)
    assert found.near.tolist() == [True, True, True, False, True, True]
    assert (found.smaller, found.word) == (found.as_short, "short")


def test_an_answer_one_character_longer_counts_about_half_on_either_side() -> None:
    found = overlap([1.0] * 10, [1000] * 10)
    assert found.as_long == pytest.approx(0.505)
    assert found.as_short == pytest.approx(0.495)


def test_every_instruction_has_the_band_of_its_own_baseline() -> None:
    assert overlap([50, 50, -50, -50], [1000, 100, 100, 1000]).near.tolist() == [True, False, False, True]


@pytest.mark.parametrize("baseline", [None, [500, 500, NAN, 500, 500]])
def test_without_all_the_baselines_lengths_the_band_is_a_tenth_of_the_spread(baseline: list[float] | None) -> None:
    difference = [-30.0, -1.0, 0.0, 10.0, 500.0]
    band = 0.1 * length_spread(np.array(difference))
    assert 1 < band < 10
    found = overlap(difference, baseline)
    assert found.near.tolist() == [False, True, True, False, False]
    assert found.as_long == pytest.approx((0 + (1 - 1 / band) / 2 + 0.5 + 1 + 1) / 5)


def test_beside_an_empty_baseline_the_sign_decides() -> None:
    found = overlap([10.0, 0.0, 200.0, 1.0], [0, 0, 100, 0])
    assert found.near.tolist() == [False, True, False, False]
    assert found.as_long == pytest.approx((1 + 0.5 + 1 + 1) / 4)


def test_a_difference_that_is_the_same_everywhere_has_a_side_too() -> None:
    assert overlap([7.0, 7.0], None).as_long == 1
    assert overlap([7.0, 7.0], [70.0, 70.0]).as_long == 1


@pytest.mark.parametrize("difference", [None, [0.0, 0.0, 0.0], [1.0, NAN, 2.0]])
def test_lengths_that_are_unknown_or_never_differ_have_no_overlap(difference: list[float] | None) -> None:
    assert overlap_of(sample_of([0.1, 0.2, 0.9], difference)) is None


def test_swapping_sides_swaps_the_shares() -> None:
    sample = lengths(np.random.default_rng(0).normal(100, 300, 50).round().tolist(), None)
    one, other = overlap_of(sample), overlap_of(mirrored(sample))
    assert one is not None and other is not None
    assert (one.as_long, one.as_short) == pytest.approx((other.as_short, other.as_long))


def test_answers_count_as_their_instructions_weigh() -> None:
    sample = build_sample(
        keys_for(2),
        np.array([0.2, 0.4]),
        length_difference=np.array([500.0, -500.0]),
        baseline_length=np.array([1000.0, 1000.0]),
        weight=np.array([3.0, 1.0]),
    )
    found = overlap_of(sample)
    assert found is not None and found.as_long == pytest.approx(0.75)
    even = overlap_of(dataclasses.replace(sample, weight=None))
    assert even is not None and even.as_long == pytest.approx(0.5)
