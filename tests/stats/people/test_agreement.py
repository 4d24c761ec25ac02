"""A judge's agreement with people: by hand, the figures of real files, properties, and coverage in small."""

from collections.abc import Callable

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.people.agreement import (
    agreement_both_decided,
    agreement_by,
    agreement_decided,
    agreement_three_way,
    human_agreement,
)
from evalkit.stats.people.excess import excess_preference
from evalkit.stats.people.panel import Panel, build_panel
from evalkit.stats.people.rules import AgreementRule
from evalkit.stats.people.shares import Share
from evalkit.stats.sample import Floats
from tests.stats.people.conftest import Labelled, MtBench
from tests.stats.people.drawn_people import Process
from tests.stats.stat_samples import numbers, value_of

# two people on a, one on b, c and d; the judge has no verdict on d
SMALL = build_panel(
    list("abcd"), of=["a", "a", "b", "c", "d"], people=["ann", "bob", "ann", "ann", "ann"], said=[0, 1, 0.5, 1, 0]
)
VERDICT = np.array([0.2, 0.5, 0.5, np.nan])


@pytest.mark.parametrize(
    ("rule", "value", "n"),
    [
        # 0.8, 0.2, 1 and 0.5
        (AgreementRule.HALF, 62.5, 4),
        # right, wrong and a tie of the judge
        (AgreementRule.DECIDED, 50.0, 3),
        (AgreementRule.THREE_WAY, 50.0, 4),
        (AgreementRule.BOTH_DECIDED, 50.0, 2),
    ],
)
def test_each_rule_by_hand(rule: AgreementRule, value: float, n: int) -> None:
    panel = Panel(np.array([0, 1, 2, 3]), SMALL.comparison, SMALL.person, SMALL.said)
    found = agreement_by(panel, VERDICT, rule)
    assert found.n == n
    if rule == AgreementRule.BOTH_DECIDED:
        assert "1 instruction " in found.estimate.status.reason
    else:
        assert value_of(found.estimate) == pytest.approx(value)


def test_a_band_makes_near_ties_ties() -> None:
    assert value_of(agreement_three_way(SMALL, VERDICT, tie_band=0.3).estimate) == pytest.approx(25.0)
    # a mean of two orders may be one half but for its last digit
    almost = np.array([0.2, 0.1 + 0.2 + 0.2, 0.5, np.nan])
    assert numbers(agreement_three_way(SMALL, almost).estimate) == numbers(agreement_three_way(SMALL, VERDICT).estimate)


@pytest.mark.parametrize(
    ("verdict", "tie_band", "message"),
    [
        (np.zeros(3), 0.0, "length 3"),
        (np.full(4, 1.5), 0.0, "verdict[0] is 1.5"),
        (VERDICT, 0.5, "tie_band is 0.5"),
        (VERDICT, -0.1, "tie_band is -0.1"),
    ],
)
def test_what_is_no_verdict_is_refused(verdict: Floats, tie_band: float, message: str) -> None:
    with pytest.raises(StatsError) as error:
        agreement_three_way(SMALL, verdict, tie_band=tie_band)
    assert message in str(error.value)


def test_swapping_the_answers_changes_nothing() -> None:
    drawn = Process("any", 0.6, people=3, ties=True, soft=True).draw(np.random.default_rng(1), 200)
    swapped = Panel(drawn.panel.cluster, drawn.panel.comparison, drawn.panel.person, 1 - drawn.panel.said)
    for rule in AgreementRule:
        found = agreement_by(drawn.panel, drawn.verdict, rule).estimate
        assert numbers(agreement_by(swapped, 1 - drawn.verdict, rule).estimate) == pytest.approx(numbers(found))


Measure = Callable[[Panel, Floats], Share]


@pytest.mark.parametrize(
    ("measure", "expected"),
    [(human_agreement, (66.20, 56.50)), (agreement_decided, (71.64, 56.50)), (agreement_three_way, (52.95, 56.00))],
)
def test_the_longest_answer_on_real_labels(
    measure: Measure, expected: tuple[float, float], auto_j: Labelled, llmbar: Labelled
) -> None:
    """Computed once from both files, independently of this code; characters as they stand."""
    for labelled, value in zip((auto_j, llmbar), expected, strict=True):
        assert round(value_of(measure(labelled.panel, labelled.longest).estimate), 2) == value


def test_the_controls_on_real_labels(auto_j: Labelled, llmbar: Labelled) -> None:
    for labelled, shortest, first, tie in ((auto_j, 34.52, 50.75, 63.40), (llmbar, 43.50, 42.00, 50.0)):
        judges = (1 - labelled.longest, np.zeros(len(labelled.chars)), np.full(len(labelled.chars), 0.5))
        found = [human_agreement(labelled.panel, verdict) for verdict in judges]
        assert [round(value_of(share.estimate), 2) for share in found] == [shortest, first, tie]
        assert {share.n for share in found} == {len(labelled.chars)}


@pytest.mark.parametrize(
    ("judge", "raw", "decided"),
    [
        ("gpt-4o", 0.5813, 0.8263),
        ("gemini_pro", 0.5569, 0.7545),
        ("gemini_flash", 0.5203, 0.7396),
        ("gpt-4o-mini", 0.5163, 0.7289),
        ("mistral-v03", 0.4837, 0.7404),
        ("llama-31", 0.4715, 0.6994),
    ],
)
def test_six_judges_against_experts(judge: str, raw: float, decided: float, mt_bench: MtBench) -> None:
    """The experts and judges of Calderon et al. 2025, computed once independently of this code."""
    found = agreement_three_way(mt_bench.panel, mt_bench.verdicts[judge])
    both = agreement_both_decided(mt_bench.panel, mt_bench.verdicts[judge])
    assert value_of(found.estimate) / 100 == pytest.approx(raw, abs=5e-5)
    assert value_of(both.estimate) / 100 == pytest.approx(decided, abs=5e-5)
    assert found.n == 246
    if judge == "gpt-4o":
        assert both.n == 167


@pytest.mark.parametrize("rate", [0.2, 0.85])
def test_intervals_of_agreement_and_excess_cover_the_truth_as_often_as_they_say(rate: float) -> None:
    process, runs = Process("hard ones repeat", rate, informative=True, ties=True), 200
    population = process.draw(np.random.default_rng(0), 60_000)
    truth = (
        value_of(human_agreement(population.panel, population.verdict).estimate),
        value_of(excess_preference(population.panel, population.verdict, population.longer).excess),
    )
    covered = np.zeros(2)
    for run in range(runs):
        drawn = process.draw(np.random.default_rng([1, run]), 100)
        found = (
            human_agreement(drawn.panel, drawn.verdict).estimate,
            excess_preference(drawn.panel, drawn.verdict, drawn.longer).excess,
        )
        for place, estimate in enumerate(found):
            _, _, lower, upper = numbers(estimate)
            covered[place] += lower <= truth[place] <= upper
    assert (covered / runs >= 0.92).all() and (covered / runs <= 0.985).all()
