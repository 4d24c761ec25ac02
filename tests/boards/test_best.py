"""The best of a column, and the models that may be the best."""

from dataclasses import replace

import numpy as np
import pytest

from evalkit.boards.best import Best, best_of
from evalkit.boards.build import build_boards
from evalkit.boards.comparison import compare
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import LC_WIN_RATE, SCORE, WIN_RATE, Recipe
from evalkit.boards.row import BoardRow
from evalkit.stats.controlled_rate import Controlled
from evalkit.stats.sample import build_sample
from evalkit.stats.winrate import Counts, win_rate
from evalkit.types import degraded
from tests.boards.test_build import entry, refused, with_missing

RAW = Recipe(metric=WIN_RATE)


def rated(model: str, preference: np.ndarray) -> BoardRow:
    """A row with a win rate alone, which takes a hundredth of the time of a whole one."""
    sample = build_sample([f"{n:04d}" for n in range(len(preference))], preference)
    row = Entry(model, "j", "b", sample, None)
    return BoardRow(row, {WIN_RATE: Controlled(win_rate(sample))}, Counts(0, 0, 0), None, None, recipe=RAW)


def found(*rows: BoardRow) -> Best:
    best = best_of(rows, WIN_RATE)
    assert best is not None
    return best


def test_a_case_worked_by_hand() -> None:
    # the differences from a by instruction: b is behind by 0.1 in each of four pairs and level in the others, mean 0.05
    # with a standard error of 0.05 / sqrt(7), so that t = 2.65 with 7 degrees, p = 0.033; c is behind by 0.5 in all but
    # one, mean 0.4375, sd 0.1768, t = 7, p = 0.0002
    first = np.array([0.9, 0.8, 0.7, 0.6, 0.9, 0.8, 0.7, 0.6])
    second = first - np.array([0.1, 0, 0.1, 0, 0.1, 0, 0.1, 0])
    third = first - np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0])
    best = found(rated("a", first), rated("two", second), rated("c", third))
    # 0.033 is above 0.05 / 2 and below 0.05
    assert best == Best(("a",), ("two",), ("two",), (), 2, 0.95)
    assert found(rated("a", first), rated("two", second)).alike == ()


def test_two_models_are_told_apart_just_as_compare_says() -> None:
    entries = [entry("a", 0.9), entry("two", 0.5, seed=2), entry("c", 0.45, seed=3)]
    (board,) = build_boards(entries, Recipe())
    for metric in (LC_WIN_RATE, WIN_RATE):
        for one, other in (("a", "two"), ("two", "c")):
            rows = [row for row in board.rows if row.entry.model in (one, other)]
            pair = compare([row.entry for row in rows], Recipe(metric=metric), models=(one, other)).pairs[0]
            p = pair.differences[metric].p_value
            best = best_of(rows, metric)
            assert best is not None and p is not None
            assert (len(best.alike) == 1) == (p >= 0.05), (metric, one, p)


def test_models_with_missing_verdicts_are_compared_on_common_instructions() -> None:
    whole, part = entry("whole", 0.9), with_missing(entry("part", 0.2, seed=2), 1)
    (board,) = build_boards([whole, part], RAW)
    best = best_of(board.rows, WIN_RATE)
    pair = compare([whole, part], RAW, models=("whole", "part")).pairs[0]
    p_value = pair.differences[WIN_RATE].p_value
    assert best is not None and p_value is not None
    assert best.best == ("whole",) and pair.n == 119
    assert best.alike == (() if p_value < 0.05 else ("part",))


def test_equal_numbers_are_best_together() -> None:
    same = np.linspace(0.2, 0.9, 30)
    best = found(rated("a", same), rated("two", same[::-1].copy()), rated("c", same - 0.1), rated("d", same - 0.1))
    assert (best.best, best.second) == (("a", "two"), ("c", "d"))


def test_only_numbers_that_are_ranked_take_part() -> None:
    doubtful, plain = entry("doubtful", 1.5), [entry("a", 0.5, seed=2), entry("two", 0.1, seed=3)]
    (board,) = build_boards([doubtful, refused(entry("refused", 2.0, seed=4)), *plain], RAW)
    rows = [
        row.with_numbers({WIN_RATE: row.number(WIN_RATE).doubted("x")}) if row.entry.model == "doubtful" else row
        for row in board.rows
    ]
    best = found(*rows)
    assert best.best == ("a",) and not {"doubtful", "refused"} & {*best.second, *best.alike}
    assert best_of(rows[:1], WIN_RATE) is None and best_of(board.rows, SCORE) is None


def test_a_column_without_two_sure_numbers_has_no_best() -> None:
    row = rated("a", np.linspace(0.2, 0.9, 30))
    unsure = replace(row.raw.estimate, status=degraded("x"))
    other = replace(row, entry=replace(row.entry, model="two"))
    assert (
        best_of([row, other.with_numbers({WIN_RATE: Controlled(replace(row.raw, estimate=unsure))})], WIN_RATE) is None
    )


@pytest.mark.parametrize("spread", [0.0, 0.04])
def test_the_truly_best_model_is_marked_on_nearly_every_board(spread: float) -> None:
    # whole wins and losses, with a difficulty that all models share, which the paired test does not know of
    generator = np.random.default_rng(7)
    boards, missed = 30, 0
    for _ in range(boards):
        difficulty = generator.normal(0, 0.15, 150)
        rows = []
        for model in range(5):
            chance = np.clip(0.5 - spread * model + difficulty, 0.02, 0.98)
            rows.append(rated(f"m{model}", (generator.random(150) < chance).astype(float)))
        best = found(*rows)
        missed += "m0" not in {*best.best, *best.alike}
    assert missed / boards <= 0.05
