"""The alternative annotator test: by hand, the authors' published rows, refusals and properties."""

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.people.alt_test import Scoring, alt_test, alternative_annotator_test
from evalkit.stats.sample import Floats, Ints
from tests.stats.people.conftest import MtBench
from tests.stats.stat_samples import numbers, value_of


def labels_of(table: list[list[float]]) -> tuple[Ints, Ints, Floats]:
    """Items, people and labels of a table with a row a person."""
    people, items = np.shape(table)
    return np.tile(np.arange(items), people), np.repeat(np.arange(people), items), np.ravel(table).astype(float)


def test_the_advantage_and_p_values_by_hand() -> None:
    item, person, label = labels_of([[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 1]])
    found = alternative_annotator_test(item, person, label, np.array([0.0, 0, 0, 1]), min_items=4)
    # against the first: both 1, 1/2, 1/2 of the others, then 0 and 1: the judge is at least as good on all
    first = found.against[0]
    assert (first.n, first.judge, first.own) == (4, 1.0, 0.75)
    # differences 0 0 0 -1: mean -1/4, error 1/4, t = (-0.25 - 0.2) / 0.25 with 3 degrees of freedom
    assert first.p_value == pytest.approx(0.08488, abs=1e-4)
    assert value_of(found.advantage) == pytest.approx(100 * np.mean([one.judge for one in found.against]))
    assert (value_of(found.winning_rate), found.passes) == (0.0, False)


@pytest.mark.parametrize(
    ("judge", "advantage"),
    [
        ("gemini_flash", 0.7189),
        ("gemini_pro", 0.7645),
        ("gpt-4o", 0.7728),
        ("llama-31", 0.6872),
        ("gpt-4o-mini", 0.7355),
        ("mistral-v03", 0.6832),
    ],
)
def test_the_authors_rows_on_mt_bench(judge: str, advantage: float, mt_bench: MtBench) -> None:
    """The notebook of Calderon et al. gives a winning rate of 0.00 and these advantages to two digits."""
    found = alt_test(mt_bench.panel, mt_bench.verdicts[judge])
    assert value_of(found.advantage) / 100 == pytest.approx(advantage, abs=5e-5)
    assert (found.winning_rate.value, found.winning_rate.n, found.passes) == (0.0, 3, False)


def test_a_judge_that_is_everybody_at_once_passes_and_one_that_is_never_right_fails() -> None:
    item, person, label = labels_of([[0, 1] * 20] * 3)
    same = alternative_annotator_test(item, person, label, np.array([0.0, 1] * 20))
    assert (value_of(same.winning_rate), value_of(same.advantage), same.passes) == (100.0, 100.0, True)
    never = alternative_annotator_test(item, person, label, np.full(40, 2.0))
    assert (value_of(never.winning_rate), value_of(never.advantage), never.passes) == (0.0, 0.0, False)


def test_nobody_with_enough_comparisons_is_refused() -> None:
    item, person, label = labels_of([[0, 1] * 10] * 2)
    found = alternative_annotator_test(item, person, label, np.zeros(20))
    assert found.passes is None and found.against == ()
    assert "nobody labelled 30 comparisons" in found.winning_rate.status.reason
    assert "nobody labelled 30" in found.advantage.status.reason
    # one person alone, and a judge without verdicts
    item, person, label = labels_of([[0, 1] * 20])
    assert alternative_annotator_test(item, person, label, np.zeros(40)).passes is None
    item, person, label = labels_of([[0, 1] * 20] * 2)
    assert alternative_annotator_test(item, person, label, np.full(40, np.nan)).passes is None


def test_people_with_few_comparisons_are_left_out_but_still_judge() -> None:
    item, person, label = labels_of([[0, 1] * 20] * 3)
    kept = (person < 2) | (item < 10)
    found = alternative_annotator_test(item[kept], person[kept], label[kept], np.array([0.0, 1] * 20))
    assert [one.person for one in found.against] == [0, 1]
    assert found.winning_rate.notes == ("1 people with fewer than 30 comparisons left out",)


def test_numbers_are_scored_by_their_distance() -> None:
    item, person, label = labels_of([[1, 2, 3, 4] * 10, [2, 3, 4, 5] * 10])
    close, far = np.array([1.5, 2.5, 3.5, 4.5] * 10), np.array([9.0] * 40)
    near = alternative_annotator_test(item, person, label, close, scoring=Scoring.NEG_RMSE)
    assert value_of(near.advantage) == 100.0
    off = alternative_annotator_test(item, person, label, far, scoring=Scoring.NEG_RMSE)
    assert value_of(off.advantage) == 0.0
    assert alternative_annotator_test(item, person, label, close).against[0].judge == 1.0  # both meet nobody


def test_the_advantage_is_clustered() -> None:
    generator = np.random.default_rng(1)
    once = generator.integers(0, 3, (3, 40)).astype(float)
    judge = generator.integers(0, 3, 40).astype(float)
    item, person, label = labels_of(np.tile(once, 3).tolist())
    found = alternative_annotator_test(item, person, label, np.tile(judge, 3), cluster=np.tile(np.arange(40), 3))
    alone = alternative_annotator_test(*labels_of(once.tolist()), judge)
    assert numbers(found.advantage) == pytest.approx(numbers(alone.advantage))


def test_bad_arguments_are_refused() -> None:
    item, person, label = labels_of([[0, 1]] * 2)
    with pytest.raises(StatsError, match="epsilon"):
        alternative_annotator_test(item, person, label, np.zeros(2), epsilon=20)
    with pytest.raises(StatsError, match="label of every item"):
        alternative_annotator_test(item, person, label, np.zeros(1))
