"""Preferences beyond people's: by hand, the figures of real files, and properties."""

import numpy as np
import pandas as pd
import pytest

from evalkit.stats.people.excess import excess_preference, first_side, list_side, longer_side
from evalkit.stats.people.panel import Panel, build_panel
from tests.stats.people.conftest import Labelled
from tests.stats.people.drawn_people import Process
from tests.stats.stat_samples import numbers, value_of

# the second answer is of the kind on a and b, the first on c; none on d
FAVOURED = np.array([1.0, 1.0, -1.0, 0.0])
SMALL = build_panel(list("abcd"), of=list("aabcd"), people=list("xyxxx"), said=[1, 0, 0.5, 0, 1])


def test_both_shares_and_their_difference_by_hand() -> None:
    found = excess_preference(SMALL, np.array([1.0, 0.9, 1.0, 1.0]), FAVOURED)
    # the judge takes it on a and b and not on c; people take it once of two on a, call a tie on b, and take it on c
    assert value_of(found.judge.estimate) == pytest.approx(200 / 3)
    assert value_of(found.people.estimate) == pytest.approx(200 / 3)
    assert (found.judge.n, found.people.n) == (3, 3)
    assert value_of(found.excess) == pytest.approx(0.0)


def test_people_are_compared_where_there_is_a_verdict() -> None:
    found = excess_preference(SMALL, np.array([1.0, 1.0, np.nan, np.nan]), FAVOURED)
    assert (found.judge.n, found.people.n) == (2, 2)


def test_a_kind_that_no_comparison_has_is_refused() -> None:
    found = excess_preference(SMALL, np.ones(4), np.zeros(4))
    assert found.excess.value is None and "at least 2 needed" in found.excess.status.reason


def test_sides_by_hand() -> None:
    assert longer_side(np.array([0.0, 0, 131]), np.array([30.0, 31, 100])).tolist() == [0, 1, -1]
    assert list_side(np.array([2, 0, 5, 1]), np.array([1, 2, 3, 0])).tolist() == [-1, 1, 0, 0]
    assert first_side(2).tolist() == [-1, -1]


def test_swapping_the_answers_changes_nothing() -> None:
    drawn = Process("any", 0.6, people=2, ties=True).draw(np.random.default_rng(1), 200)
    swapped = Panel(drawn.panel.cluster, drawn.panel.comparison, drawn.panel.person, 1 - drawn.panel.said)
    found = excess_preference(drawn.panel, drawn.verdict, drawn.longer).excess
    assert numbers(excess_preference(swapped, 1 - drawn.verdict, -drawn.longer).excess) == pytest.approx(numbers(found))


@pytest.mark.parametrize(
    ("name", "longer", "lists"), [("auto_j", (72.82, 927), (76.71, 219)), ("llmbar", (59.02, 61), (50.0, 12))]
)
def test_people_prefer_longer_and_lists(
    name: str, longer: tuple[float, int], lists: tuple[float, int], request: pytest.FixtureRequest
) -> None:
    """Computed once from both files, independently of this code."""
    file: Labelled = request.getfixturevalue(name)
    for favoured, expected in ((longer_side(*file.chars.T), longer), (list_side(*file.items.T), lists)):
        found = excess_preference(file.panel, file.longest, favoured)
        assert (round(value_of(found.people.estimate), 2), found.people.n) == expected
    found = excess_preference(file.panel, file.longest, longer_side(*file.chars.T))
    assert value_of(found.judge.estimate) == 100.0
    assert value_of(found.excess) == pytest.approx(100 - value_of(found.people.estimate))
    _, _, lower, upper = numbers(found.excess)
    assert 0 < lower < value_of(found.excess) < upper


@pytest.mark.parametrize(
    ("judge", "expected"),
    [
        ("alpaca_eval_cot_gpt4_turbo_fn", 0.8191),
        ("alpaca_eval_gpt4", 0.8504),
        ("alpaca_eval_gpt4_turbo_fn", 0.7794),
        ("bedrock_claude", 0.7361),
    ],
)
def test_published_judges_prefer_longer(judge: str, expected: float, alpaca: pd.DataFrame) -> None:
    """Against a long baseline, so that these are no figures of a bias; computed once independently of this code."""
    rows = alpaca[alpaca["judge"] == judge]
    preference = rows["preference"].to_numpy()
    verdict = np.where(preference == 0, 0.5, preference - 1)
    # nobody's opinions: the judge stands alone
    panel = build_panel(np.arange(len(rows)), of=[], people=[], said=[], clusters=rows["index"].to_numpy())
    found = excess_preference(panel, verdict, longer_side(rows["len_1"].to_numpy(), rows["len_2"].to_numpy()))
    assert value_of(found.judge.estimate) / 100 == pytest.approx(expected, abs=5e-5)
    assert found.excess.value is None
