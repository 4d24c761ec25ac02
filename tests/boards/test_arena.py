import dataclasses

import numpy as np
import pytest

from evalkit.boards.build import Board, build_boards
from evalkit.boards.gathering import entries_of_annotations
from evalkit.boards.metrics import STYLE_WIN_RATE, WIN_RATE, ArenaFormula, Recipe
from evalkit.errors import StatsError
from evalkit.types import BOTH_ORDERS, Annotation, Slot

N = 60


def verdicts(model: str, lead: float, *, missing: bool = False) -> list[Annotation]:
    """A model's verdicts in both orders, some strong; one order of one question is missing where asked for."""
    generator = np.random.default_rng(len(model))
    found = []
    for number in range(N):
        for order in BOTH_ORDERS:
            drawn = generator.normal(lead)
            slot = Slot(
                "bench", model, "base", "judge", "digest", f"{number:03d}", f"{number:03d}", None, order, 0, 400,
                400 + int(generator.integers(200)),
                candidate_measures={"headers": float(generator.integers(4)), "tokens": generator.uniform(50, 99)},
                baseline_measures={"headers": 1.0, "tokens": 70.0},
            )  # fmt: skip
            found.append(Annotation(slot, float(drawn > 0), strong=abs(drawn) > 1))
    if missing:
        found[0] = dataclasses.replace(found[0], preference=None, failure="silent", strong=False)
    return found


def board(recipe: Recipe, *annotations: list[Annotation]) -> Board:
    entries = entries_of_annotations(one for many in annotations for one in many)
    (built,) = build_boards(entries, recipe)
    return built


def weighted_mean(annotations: list[Annotation]) -> float:
    weights = [3.0 if one.strong else 1.0 for one in annotations if one.preference is not None]
    values = [one.preference for one in annotations if one.preference is not None]
    return float(100 * np.average(values, weights=weights))


def test_v01_without_control_is_the_mean_in_which_strong_verdicts_stand_three_times() -> None:
    first, second = verdicts("one", 0.4), verdicts("other", -0.3, missing=True)
    rows = board(Recipe(WIN_RATE, arena=ArenaFormula.V01), first, second).rows
    found = {row.entry.model: row.raw.estimate for row in rows}
    assert found["one"].value == pytest.approx(weighted_mean(first))
    assert found["other"].value == pytest.approx(weighted_mean(second)), "the other order still counts"
    assert all(one.status.reason.startswith("compat") for one in found.values())


def test_v2_leaves_out_a_question_of_which_an_order_is_missing() -> None:
    annotations = verdicts("other", -0.3, missing=True)
    (row,) = board(Recipe(WIN_RATE, arena=ArenaFormula.V2), annotations).rows
    assert row.raw.estimate.n == 2 * (N - 1)
    assert "90 % interval" in row.raw.estimate.notes


@pytest.mark.parametrize("formula", ArenaFormula)
def test_with_control_a_second_score_stands_beside_the_first(formula: ArenaFormula) -> None:
    recipe = Recipe(STYLE_WIN_RATE, controls=("length", "headers"), arena=formula)
    rows = board(recipe, verdicts("one", 0.4), verdicts("other", -0.3)).rows
    assert [row.entry.model for row in rows] == ["one", "other"], "in the order of the number"
    assert [row.rank for row in rows] == [None, None], "a published formula has no error that could rank them"
    assert all(row.numbers[STYLE_WIN_RATE].estimate.value is not None for row in rows)


def test_where_no_tokens_are_known_lengths_are_in_characters_with_a_note() -> None:
    bare = [
        dataclasses.replace(one, slot=dataclasses.replace(one.slot, candidate_measures={}, baseline_measures={}))
        for one in verdicts("one", 0.4)
    ]
    recipe = Recipe(STYLE_WIN_RATE, controls=("length",), arena=ArenaFormula.V01)
    (row,) = board(recipe, bare).rows
    assert "lengths in characters, as tokens are not known" in row.numbers[STYLE_WIN_RATE].estimate.notes


def test_a_measure_that_is_not_known_is_refused_by_name() -> None:
    recipe = Recipe(STYLE_WIN_RATE, controls=("code",), arena=ArenaFormula.V01)
    (row,) = board(recipe, verdicts("one", 0.4)).rows
    styled = row.numbers[STYLE_WIN_RATE].estimate
    assert styled.value is None
    assert "code" in styled.status.reason


def test_tables_without_single_verdicts_are_refused() -> None:
    (entry,) = entries_of_annotations(verdicts("one", 0.4))
    with pytest.raises(StatsError, match="need the verdicts of both orders"):
        build_boards([dataclasses.replace(entry, verdicts=None)], Recipe(arena=ArenaFormula.V01))
