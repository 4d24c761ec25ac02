"""People against each other, and a judge as a share of that: by hand, real experts, refusals, coverage in small."""

import numpy as np
import pytest

from evalkit.stats.people.agreement import agreement_by
from evalkit.stats.people.ceiling import against_majority, ceiling, of_ceiling, people_against_rest
from evalkit.stats.people.panel import build_panel
from evalkit.stats.people.rules import AgreementRule
from tests.stats.people.conftest import MtBench
from tests.stats.people.drawn_people import Process
from tests.stats.stat_samples import numbers, value_of

# three people on a, two on b, one on c
SMALL = build_panel(list("abc"), of=list("aaabbc"), people=list("xyzxyx"), said=[0, 0, 1, 1, 0.5, 1])


@pytest.mark.parametrize(
    ("rule", "value", "n"),
    [
        # ordered pairs: 1 1 0 0 0 0 on a, 1/2 1/2 on b
        (AgreementRule.HALF, 100 * 3 / 8, 4),
        # the tie cannot be met, but it half meets the side
        (AgreementRule.DECIDED, 100 * 2.5 / 7, 4),
        (AgreementRule.THREE_WAY, 25.0, 4),
    ],
)
def test_every_ordered_pair_counts_by_hand(rule: AgreementRule, value: float, n: int) -> None:
    found = ceiling(SMALL, rule)
    assert value_of(found.estimate) == pytest.approx(value)
    assert (found.n, found.n_comparisons, found.estimate.n) == (n, 2, 2)


def test_medians_by_hand() -> None:
    # medians 0, 0.75 and 1
    assert value_of(against_majority(SMALL, np.array([1.0, 1.0, 1.0])).estimate) == pytest.approx(100 * 1.75 / 3)
    decided = against_majority(SMALL, np.array([0.0, 1.0, 1.0]), AgreementRule.BOTH_DECIDED)
    assert (value_of(decided.estimate), decided.n) == (100.0, 3)
    # on a the rest of 0 is 1/2, twice, and that of 1 is 0; on b each is half a point away; on c nobody else is there
    found = people_against_rest(SMALL)
    assert value_of(found.estimate) == pytest.approx(40.0)
    assert found.n == 5


def test_one_person_has_no_ceiling() -> None:
    alone = build_panel(list("ab"), of=list("ab"), people=["x", "y"], said=[0, 1])
    verdict = np.array([0.0, 1.0])
    reasons = {
        ceiling(alone, AgreementRule.HALF).estimate.status.reason,
        people_against_rest(alone).estimate.status.reason,
        of_ceiling(alone, verdict, AgreementRule.HALF).status.reason,
    }
    assert reasons == {"one person"}
    nobody = build_panel(list("ab"), of=[], people=[], said=[])
    assert ceiling(nobody, AgreementRule.HALF).estimate.status.reason == "no opinions"
    assert against_majority(nobody, verdict).estimate.value is None


@pytest.mark.parametrize(
    ("rule", "value", "n"), [(AgreementRule.THREE_WAY, 0.6591, 132), (AgreementRule.BOTH_DECIDED, 0.9041, 73)]
)
def test_experts_against_each_other(rule: AgreementRule, value: float, n: int, mt_bench: MtBench) -> None:
    """The experts of Calderon et al. 2025, computed once independently of this code."""
    found = ceiling(mt_bench.panel, rule)
    assert value_of(found.estimate) / 100 == pytest.approx(value, abs=5e-5)
    assert found.n == n
    share = of_ceiling(mt_bench.panel, mt_bench.verdicts["gpt-4o"], rule)
    ours = agreement_by(mt_bench.panel, mt_bench.verdicts["gpt-4o"], rule)
    # every comparison has two people: the share is that of the two numbers shown
    assert value_of(share) == pytest.approx(100 * value_of(ours.estimate) / value_of(found.estimate))


def test_like_is_compared_with_like() -> None:
    # the judge is right where two people look, and wrong on the many comparisons that one looks at
    people = 2 * ["x", "y"] + ["x"] * 6
    panel = build_panel(list("abcdefgh"), of=[*"aabb", *"cdefgh"], people=people, said=[0.0] * 10)
    verdict = np.array([0.0, 0.0, 1, 1, 1, 1, 1, 1])
    assert value_of(of_ceiling(panel, verdict, AgreementRule.HALF)) == pytest.approx(100.0)


def test_the_interval_of_the_share_of_the_ceiling_covers_the_truth() -> None:
    process, runs, covered = Process("three", 0.7, people=3, ties=True), 200, 0
    population = process.draw(np.random.default_rng(0), 60_000)
    truth = value_of(of_ceiling(population.panel, population.verdict, AgreementRule.HALF))
    for run in range(runs):
        drawn = process.draw(np.random.default_rng([2, run]), 120)
        _, _, lower, upper = numbers(of_ceiling(drawn.panel, drawn.verdict, AgreementRule.HALF))
        covered += lower <= truth <= upper
    assert 0.92 <= covered / runs <= 0.985
