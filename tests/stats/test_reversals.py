"""How few verdicts a conclusion hangs on."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from evalkit.stats.controlled_rate import length_controlled_win_rate
from evalkit.stats.paired import paired_difference, significant
from evalkit.stats.reversals import Change, Fragility, Reversal, fragility
from evalkit.stats.sample import Sample
from evalkit.stats.winrate import Measured, win_rate
from evalkit.types import Estimate
from tests.stats.stat_samples import draw, sample_of

Pair = tuple[Sample, Sample]


def lc(sample: Sample) -> Measured:
    return length_controlled_win_rate(sample).measured


def fragility_of(samples: Pair) -> Fragility:
    found = fragility(samples, (win_rate, win_rate), confidence=0.95)
    assert found is not None
    return found


def drawn(seed: int, n: int, gap: float) -> Pair:
    generator = np.random.default_rng(seed)
    base = generator.uniform(0.2, 0.8, n)
    first, second = (np.clip(base + shift + generator.normal(0, 0.2, n), 0, 1) for shift in (gap, 0.0))
    return sample_of(first), sample_of(second)


def after(samples: Pair, reversals: tuple[Reversal, ...], *, controlled: bool = False) -> Estimate:
    """The difference with those verdicts reversed."""
    turned = []
    for which, sample in enumerate(samples):
        keys = {one.key for one in reversals if one.model == which}
        own = [1 - p if key in keys else p for key, p in zip(sample.keys, sample.preference, strict=True)]
        turned.append(replace(sample, preference=np.array(own)))
    measure = lc if controlled else win_rate
    return paired_difference(measure(turned[0]), measure(turned[1]), samples=(turned[0], turned[1]))


def holds(change: Change, before: Estimate, now: Estimate) -> bool:
    assert before.value is not None
    assert now.value is not None
    other_side = before.value * now.value < 0
    return other_side or (change == Change.DOUBT and not significant(now))


def test_a_lead_of_one_verdict_is_lost_with_it() -> None:
    # ahead by 0.6 in sum; reversing the first model's 0.9 takes 0.8
    found = fragility_of((sample_of([0.9, 0.4, 0.6, 0.3]), sample_of([0.6, 0.3, 0.4, 0.3])))
    assert found == Fragility(Change.SIGN, (Reversal(0, "0000"),), 8)
    assert found.at_most == 1


def test_verdicts_of_either_model_are_reversed_where_they_move_most() -> None:
    # the second model's 0.0 taken as 1.0 turns the difference most
    found = fragility_of((sample_of([0.6, 0.4, 0.6, 0.3]), sample_of([0.0, 0.5, 0.5, 0.6])))
    assert found.reversed == (Reversal(1, "0000"),)


@pytest.mark.parametrize("seed", [0, 3, 5, 7])
def test_for_the_sign_of_a_raw_difference_no_smaller_set_is_enough(seed: int) -> None:
    samples = drawn(seed, 6, 0.1)
    before = after(samples, ())
    found = fragility_of(samples)
    assert found.change == Change.SIGN
    everything = [Reversal(which, key) for which in (0, 1) for key in samples[which].keys]
    assert found.at_most is not None
    for smaller in combinations(everything, found.at_most - 1):
        assert not holds(Change.SIGN, before, after(samples, smaller))


@pytest.mark.parametrize(("gap", "change"), [(0.2, Change.DOUBT), (-0.2, Change.DOUBT), (0.01, Change.SIGN)])
def test_the_set_that_is_named_changes_the_conclusion_and_the_one_before_it_does_not(
    gap: float, change: Change
) -> None:
    samples = drawn(11, 80, gap)
    found = fragility_of(samples)
    assert found.change == change
    before = after(samples, ())
    assert holds(change, before, after(samples, found.reversed))
    assert not holds(change, before, after(samples, found.reversed[:-1]))


def test_a_length_controlled_conclusion_is_changed_by_the_set_that_is_named() -> None:
    first, second = draw(1, 200, intercept=0.5).sample, draw(2, 200, intercept=-0.5).sample
    found = fragility((first, second), (lc, lc), confidence=0.95)
    assert found is not None
    assert found.change == Change.DOUBT
    before = after((first, second), (), controlled=True)
    assert significant(before)
    assert not significant(after((first, second), found.reversed, controlled=True))
    assert significant(after((first, second), found.reversed[:-1], controlled=True))


def test_the_other_way_round_as_many_verdicts_are_enough() -> None:
    samples = drawn(12, 60, 0.3)
    assert fragility_of(samples).at_most == fragility_of(samples[::-1]).at_most


def test_a_clearer_difference_takes_more_reversals() -> None:
    counts = [fragility_of(drawn(13, 200, gap)).at_most or 0 for gap in (0.1, 0.2, 0.4)]
    assert counts == sorted(counts)
    assert counts[0] < counts[2]


def test_without_a_difference_there_is_nothing_to_change() -> None:
    same = sample_of([0.2, 0.8, 0.6])
    assert fragility((same, same), (win_rate, win_rate), confidence=0.95) is None
    few = sample_of([0.9, 0.8, 0.6])
    assert fragility((same, few), (lc, lc), confidence=0.95) is None
