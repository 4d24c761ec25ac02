"""Opinions become arrays; what cannot be one is refused by its place; medians are those of numpy."""

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.people.medians import medians, medians_of_others
from evalkit.stats.people.panel import build_panel


def test_opinions_keep_their_comparison_whatever_order_the_names_have() -> None:
    panel = build_panel(
        ["z", "a", "m"], of=["m", "z", "z"], people=["bob", "bob", "ann"], said=[1, 0, 0.5], clusters=["q", "p", "q"]
    )
    assert panel.comparison.tolist() == [2, 0, 0]
    assert panel.cluster.tolist() == [1, 0, 1]
    assert panel.person.tolist() == [1, 1, 0]
    assert panel.opinions_each.tolist() == [2, 0, 1]
    assert panel.counts.tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]
    assert np.array_equal(panel.median, [0.25, np.nan, 1.0], equal_nan=True)
    assert panel.of_comparisons(np.array([True, True, False])).said.tolist() == [0, 0.5]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keys": ["a", "a"]}, "keys has 'a' twice"),
        ({"of": ["a", "c"]}, "of[1] is 'c', which is not in keys"),
        ({"said": [0, 0.7]}, "said[1] is 0.7"),
        ({"said": [0, 2]}, "said[1] is 2"),
        ({"said": [0, None]}, "said[1] is missing"),
        ({"said": [0]}, "said is of length 1"),
        ({"of": ["a", "a"], "people": ["ann", "ann"]}, "'ann' has two opinions of 'a'"),
        ({"clusters": ["q"]}, "clusters is of length 1"),
    ],
)
def test_a_panel_that_cannot_be_is_refused_by_its_place(change: dict[str, list[object]], message: str) -> None:
    columns = {"keys": ["a", "b"], "of": ["a", "b"], "people": ["ann", "bob"], "said": [0, 1], **change}
    with pytest.raises(StatsError) as error:
        build_panel(columns.pop("keys"), **columns)  # type: ignore[arg-type]
    assert message in str(error.value)


def test_without_opinions_there_are_no_medians() -> None:
    panel = build_panel(["a"], of=[], people=[], said=[])
    assert np.isnan(panel.median).all() and panel.n_people == 0
    assert len(medians_of_others(panel.comparison, panel.said)) == 0


def test_medians_are_those_of_numpy() -> None:
    generator = np.random.default_rng(1)
    for size in range(1, 30):
        group, values = generator.integers(0, 6, size), generator.integers(0, 3, size) / 2
        expected = [np.median(values[group == one]) if (group == one).any() else np.nan for one in range(6)]
        np.testing.assert_array_equal(medians(group, values, 6), expected)
        others = [(group == group[row]) & (np.arange(size) != row) for row in range(size)]
        expected = [np.median(values[rest]) if rest.any() else np.nan for rest in others]
        np.testing.assert_array_equal(medians_of_others(group, values), expected)
