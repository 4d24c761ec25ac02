"""Alpha and kappa: their libraries' values, published examples, refusals, and coverage in small."""

import krippendorff
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from evalkit.stats.people.agreement import agreement_three_way
from evalkit.stats.people.panel import Panel, build_panel
from evalkit.stats.people.reliability import Measurement, cohen_kappa, krippendorff_alpha
from tests.stats.people.conftest import Labelled, MtBench
from tests.stats.people.drawn_people import Process
from tests.stats.stat_samples import numbers, value_of


def panel_of(*people: list[float | None]) -> Panel:
    """One comparison a column and one person a row; None where somebody has no opinion."""
    rows = [(key, who, said) for who, own in enumerate(people) for key, said in enumerate(own) if said is not None]
    of, names, said = zip(*rows, strict=True)
    return build_panel(range(len(people[0])), of=of, people=names, said=said)


def test_alpha_by_hand() -> None:
    # pairs 00 01 11 11: observed 2/8 of 3 zeros and 5 ones, expected 2 * 3 * 5 / (8 * 7)
    panel = panel_of([0, 0, 1, 1], [0, 1, 1, 1])
    assert value_of(krippendorff_alpha(panel)) == pytest.approx(1 - 0.25 / (30 / 56))


def test_alpha_of_experts(mt_bench: MtBench) -> None:
    """Those of Calderon et al. 2025, by krippendorff's own call."""
    assert value_of(krippendorff_alpha(mt_bench.panel)) == pytest.approx(0.519011, abs=5e-7)
    assert value_of(krippendorff_alpha(mt_bench.panel, Measurement.INTERVAL)) == pytest.approx(0.688758, abs=5e-7)


def test_alpha_and_kappa_are_those_of_the_libraries() -> None:
    for run in range(20):
        drawn = Process("three", 0.6, people=3, ties=True).draw(np.random.default_rng(run), 40)
        table = drawn.panel.said.reshape(-1, 3).T
        for measurement in Measurement:
            theirs = krippendorff.alpha(reliability_data=table, level_of_measurement=measurement.value)
            assert value_of(krippendorff_alpha(drawn.panel, measurement)) == pytest.approx(theirs)
        majority = np.sign(np.median(table, axis=0) - 0.5).astype(int)
        theirs = cohen_kappa_score(np.sign(drawn.verdict - 0.5).astype(int), majority)
        assert value_of(cohen_kappa(drawn.panel, drawn.verdict)) == pytest.approx(theirs)


def test_the_jackknife_takes_the_same_coefficient_as_the_library() -> None:
    drawn = Process("three", 0.6, people=3, ties=True).draw(np.random.default_rng(7), 30)
    for estimate in (krippendorff_alpha(drawn.panel), cohen_kappa(drawn.panel, drawn.verdict)):
        value, _, lower, upper = numbers(estimate)
        # the interval is around it on the logarithm of 1 - value
        assert (1 - value) ** 2 == pytest.approx((1 - lower) * (1 - upper))


def test_kappa_of_the_longest_answer(auto_j: Labelled, llmbar: Labelled) -> None:
    found = [value_of(cohen_kappa(one.panel, one.longest)) for one in (auto_j, llmbar)]
    assert found == pytest.approx([0.2595, 0.1301], abs=5e-5)


@pytest.mark.parametrize("said", [[1, 1, 1, 1], [1, 0, 0.5, 1]])
def test_where_all_people_agree_alpha_is_undefined_and_not_one(said: list[float | None]) -> None:
    for measurement in Measurement:
        found = krippendorff_alpha(panel_of(said, said), measurement)
        assert found.value is None and found.status.reason == "all people agree"


def test_alpha_needs_two_people_and_two_instructions() -> None:
    assert krippendorff_alpha(panel_of([1, 0])).status.reason == "one person"
    assert krippendorff_alpha(build_panel(["a"], of=[], people=[], said=[])).status.reason == "no opinions"
    assert "at least 2 needed" in krippendorff_alpha(panel_of([1, 0], [0, None])).status.reason
    # without the second comparison there would be one value left
    assert "nothing would vary" in krippendorff_alpha(panel_of([1, 0], [1, 1])).status.reason


def test_kappa_at_its_edges() -> None:
    panel = panel_of([1, 0, 1, 0])
    found = cohen_kappa(panel, np.array([1.0, 0, 1, 0]))
    value, _, lower, upper = numbers(found)
    assert (value, upper) == (1.0, 1.0) and lower < 0.5
    assert str(found.status) == "degraded(judge and people never differ)"
    assert cohen_kappa(panel_of([1, 1]), np.ones(2)).status.reason == "judge and people always say the same one thing"
    assert cohen_kappa(panel, np.full(4, np.nan)).value is None
    assert value_of(cohen_kappa(panel, np.full(4, 0.5))) == 0.0
    only = cohen_kappa(panel_of([1, 0] * 10), np.array([0.0, 0, *([1, 0] * 9)]))
    value, _, lower, upper = numbers(only)
    assert value == pytest.approx(0.9) and lower < 0.9 < upper <= 1
    assert str(only.status) == "degraded(all disagreement is on one instruction)"


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    process, runs, covered = Process("three", 0.7, people=3, ties=True), 150, np.zeros(2)
    population = process.draw(np.random.default_rng(0), 60_000)
    truth = [
        value_of(krippendorff_alpha(population.panel)),
        value_of(cohen_kappa(population.panel, population.verdict)),
    ]
    for run in range(runs):
        drawn = process.draw(np.random.default_rng([3, run]), 120)
        found = (krippendorff_alpha(drawn.panel), cohen_kappa(drawn.panel, drawn.verdict))
        for place, estimate in enumerate(found):
            _, _, lower, upper = numbers(estimate)
            covered[place] += lower <= truth[place] <= upper
    assert (covered / runs >= 0.91).all() and (covered / runs <= 0.985).all()


@pytest.mark.parametrize(
    ("second", "n", "same", "expected"),
    [
        ("alpaca_eval_gpt4_turbo_fn", 4024, 0.9232, 0.7195),
        ("weighted_alpaca_eval_gpt4_turbo", 2415, 0.9391, 0.5903),
    ],
)
def test_kappa_of_two_judges(second: str, n: int, same: float, expected: float, alpaca: pd.DataFrame) -> None:
    """The first judge's sides stand for people's; computed once independently of this code."""
    verdict = alpaca.assign(p=np.where(alpaca["preference"] == 0, 0.5, alpaca["preference"] - 1)).dropna(subset=["p"])
    both = verdict.pivot_table(index=["model", "index"], columns="judge", values="p")
    both = both[["alpaca_eval_cot_gpt4_turbo_fn", second]].dropna()
    first, other = both.to_numpy().T
    keys = np.arange(len(both))
    clusters = both.index.get_level_values("index")
    panel = build_panel(keys, of=keys, people=["x"] * n, said=(np.sign(first - 0.5) + 1) / 2, clusters=clusters)
    assert value_of(agreement_three_way(panel, other).estimate) / 100 == pytest.approx(same, abs=5e-5)
    assert value_of(cohen_kappa(panel, other)) == pytest.approx(expected, abs=5e-5)
