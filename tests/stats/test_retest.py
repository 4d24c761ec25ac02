"""Whether stated probabilities hold for the next verdict: a case by hand, properties, and a simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.stats.retest import retest_bins, stated_bins
from evalkit.stats.sample import Floats, Ints
from tests.stats.stat_samples import numbers, value_of


def asked_again(*times: Floats) -> tuple[Ints, Ints, Floats]:
    """Questions that were all asked as often, each an instruction."""
    rows = np.tile(np.arange(len(times[0])), len(times))
    return rows, rows, np.concatenate(times)


def test_every_verdict_stands_beside_the_others_on_its_question_by_hand() -> None:
    # question 0: 0.9, 0.7, 0.2; question 1: 0.95, 0.55; question 2 was asked once
    question = np.array([0, 0, 0, 1, 1, 2])
    found = retest_bins(question, question, np.array([0.9, 0.7, 0.2, 0.95, 0.55, 0.9]))
    assert [(one.low, one.high, one.count) for one in found] == [
        (20.0, 30.0, 1),
        (50.0, 60.0, 1),
        (70.0, 80.0, 1),
        (90.0, 100.0, 2),
    ]
    last = found[-1]
    assert last.stated == pytest.approx(92.5)
    # beside 0.9 stands the mean of 0.7 and 0.2, beside 0.95 stands 0.55
    assert value_of(last.again) == pytest.approx(50.0)
    assert last.again.n == 2
    assert found[0].again.value is None


def test_without_a_second_verdict_there_are_no_bins() -> None:
    assert retest_bins(np.arange(5), np.arange(5), np.full(5, 0.3)) == ()
    nothing = np.zeros(0, dtype=np.int64)
    assert retest_bins(nothing, nothing, np.zeros(0)) == ()


def test_a_judge_that_repeats_itself_lies_on_the_diagonal() -> None:
    said = np.random.default_rng(1).random(400)
    for one in retest_bins(*asked_again(said, said)):
        assert value_of(one.again) == pytest.approx(one.stated)


@pytest.mark.parametrize(("stated", "low"), [(0.0, 0), (0.1, 10), (0.3, 30), (0.7, 70), (0.699, 60), (1.0, 90)])
def test_a_bin_begins_at_its_lower_end_and_the_last_has_both(stated: float, low: float) -> None:
    (one,) = [one for one in stated_bins(np.array([stated])) if one.count]
    assert (one.low, one.high) == (low, low + 10)


@given(st.lists(st.floats(0, 1), max_size=50))
def test_a_histogram_counts_every_verdict_once(said: list[float]) -> None:
    bins = stated_bins(np.array(said))
    assert sum(one.count for one in bins) == len(said)
    assert [one.high for one in bins[:-1]] == [one.low for one in bins[1:]]


@given(st.integers(0, 10_000))
def test_swapping_the_sides_turns_the_bins_round(seed: int) -> None:
    generator = np.random.default_rng(seed)
    # between the edges, which belong to one side
    said = (generator.integers(0, 10, (2, 30)) + generator.uniform(0.2, 0.8, (2, 30))) / 10
    found, turned = (retest_bins(*asked_again(*one)) for one in (said, 1 - said))
    assert [100 - one.stated for one in reversed(turned)] == pytest.approx([one.stated for one in found])
    assert [one.count for one in reversed(turned)] == [one.count for one in found]
    for one, other in zip(found, reversed(turned), strict=True):
        if one.again.value is None:
            continue
        assert 100 - value_of(other.again) == pytest.approx(one.again.value)


def test_a_judge_that_is_surer_than_it_is_steady_lies_nearer_to_one_half() -> None:
    generator = np.random.default_rng(2)
    chance = generator.beta(3, 3, 2000)
    tosses = (generator.random((2, 2000)) < chance).astype(float)
    lowest, highest = retest_bins(*asked_again(*tosses))
    # of a Beta(3, 3), E[q (1 - q)] over E[1 - q] is 3/7
    assert value_of(lowest.again) == pytest.approx(43, abs=4)
    assert value_of(highest.again) == pytest.approx(57, abs=4)
    assert numbers(lowest.again)[3] < numbers(highest.again)[2]


def test_the_intervals_cover_what_is_said_again_as_often_as_they_say() -> None:
    def draw(generator: np.random.Generator, n: int) -> tuple[Ints, Ints, Floats]:
        """Two models an instruction, three verdicts each around a chance that the models share in part."""
        shared = generator.normal(size=n)
        level = 1 / (1 + np.exp(-(np.tile(shared, 2) + generator.normal(size=2 * n))))
        said = generator.beta(4 * level, 4 * (1 - level), (3, 2 * n))
        return np.tile(np.arange(2 * n), 3), np.tile(np.arange(n), 6), said.ravel()

    truth = {one.low: value_of(one.again) for one in retest_bins(*draw(np.random.default_rng(8), 60_000))}
    generator, covered, bins = np.random.default_rng(9), 0, 0
    for _ in range(60):
        for one in retest_bins(*draw(generator, 100)):
            _, _, lower, upper = numbers(one.again)
            covered += lower <= truth[one.low] <= upper
            bins += 1
    assert 0.93 <= covered / bins <= 0.975
