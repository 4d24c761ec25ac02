"""Published rows beside a board: which ones, and whether they can be compared."""

from dataclasses import replace

import pytest

from evalkit.boards.build import Board, build_boards
from evalkit.boards.entries import Dependence, Judging
from evalkit.boards.metrics import WIN_RATE, ArenaFormula, Recipe
from evalkit.boards.published import Choice, read_choice, with_neighbours
from evalkit.catalog.published import PublishedTable
from evalkit.errors import ConfigError, UnknownName
from evalkit.formats.published import PublishedNumber, PublishedRow
from tests.boards.test_build import N, entry


def published(model: str, value: float) -> PublishedRow:
    return PublishedRow(model, {"win_rate": PublishedNumber(value)}, n=N)


TABLE = PublishedTable(
    "t",
    tuple(published(f"p{value}", value) for value in (90, 80, 70, 60, 50, 40, 30, 20)),
    judge="judge j",
    judges=("j",),
    baseline="b",
    instructions=N,
    date="2024-01-02",
)
(BOARD,) = build_boards([entry("weak", -0.5), entry("strong", 0.7, seed=2)], Recipe(metric=WIN_RATE))


def beside(choice: Choice, table: PublishedTable = TABLE, board: Board = BOARD) -> tuple[list[str], tuple[str, ...]]:
    (found,) = with_neighbours([board], [table], choice, aliases={"p-50": "p50", "fifty": "p50"})
    (shown,) = found.neighbours
    return [row.model for row in shown.rows], shown.apart


def test_near_takes_the_rows_around_each_of_the_boards_numbers() -> None:
    values = {row.entry.model: row.raw.estimate.value for row in BOARD.rows}
    assert 60 < (values["strong"] or 0) < 70 and 30 < (values["weak"] or 0) < 40, values
    assert beside(Choice(near=1)) == (["p70", "p60", "p40", "p30"], ())
    assert beside(read_choice([]))[0] == ["p80", "p70", "p60", "p50", "p40", "p30", "p20"]


def test_top_names_and_all_choose_rows_too() -> None:
    assert beside(read_choice(["top:2"]))[0] == ["p90", "p80"]
    assert beside(read_choice(["top:1", "p20"]))[0] == ["p90", "p20"]
    assert len(beside(read_choice(["all"]))[0]) == len(TABLE.rows)
    # by aliases, in either direction
    assert beside(read_choice(["p-50"]))[0] == beside(read_choice(["fifty"]))[0] == ["p50"]
    for wrong in ("near:0", "top:x", "top:-1", "top:"):
        with pytest.raises(ConfigError, match="expected a whole number above 0"):
            read_choice([wrong])


def test_a_name_is_never_guessed() -> None:
    with pytest.raises(UnknownName, match="unknown published model 'P50'.*Did you mean 'p50'"):
        beside(read_choice(["P50"]))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (replace(TABLE, judges=("k",), judge="judge k"), "it was judged by judge k, and this board by j"),
        (replace(TABLE, judges=()), "the table does not name its judge"),
        (replace(TABLE, baseline="c"), "its baseline is c, and that of this board b"),
        (replace(TABLE, baseline=None), "the table does not name its baseline"),
        (replace(TABLE, instructions=805), f"it is about 805 instructions, and this board about {N}"),
        (
            replace(TABLE, formulas={"win_rate": "arena_v0.1"}),
            "its win rates follow another formula, which --estimator arena_v0.1 repeats",
        ),
    ],
)
def test_what_cannot_be_compared_is_shown_with_the_reason(table: PublishedTable, reason: str) -> None:
    models, apart = beside(Choice(near=1), table)
    assert models and apart == (reason,)


def test_a_board_of_the_same_formula_can_be_compared() -> None:
    (row, other) = BOARD.rows
    recipe = replace(row.recipe, arena=ArenaFormula.V01)
    board = replace(BOARD, rows=(replace(row, recipe=recipe), replace(other, recipe=recipe)))
    assert beside(Choice(near=1), replace(TABLE, formulas={"win_rate": "arena_v0.1"}), board)[1] == ()
    assert beside(Choice(near=1), TABLE, board)[1] == ("its win rates follow no published formula",)


def test_the_turns_of_a_conversation_count_as_one_instruction() -> None:
    entries = [replace(row.entry, dependence=Dependence(N // 2, N // 2)) for row in BOARD.rows]
    (board,) = build_boards(entries, Recipe(metric=WIN_RATE))
    assert beside(Choice(near=1), replace(TABLE, instructions=N // 2), board)[1] == ()


def test_beside_the_numbers_of_a_control_nothing_is_shown() -> None:
    entries = [replace(row.entry, judging=Judging(notices=("measures style",))) for row in BOARD.rows]
    (board,) = build_boards(entries, Recipe(metric=WIN_RATE))
    assert beside(Choice(near=1), TABLE, board) == ([], ("the judge j does not judge as that judge does",))


def test_a_table_of_another_metric_shows_nothing() -> None:
    rows = (PublishedRow("m", {"score": PublishedNumber(8.0)}),)
    assert beside(Choice(every=True), replace(TABLE, rows=rows)) == ([], ("it has no win rate, only score",))


def test_a_table_of_another_judge_is_left_out_where_there_is_one_of_the_boards_own_unless_it_was_named() -> None:
    other = replace(TABLE, name="other", judges=("k",))
    for named, tables in ((False, ["t"]), (True, ["t", "other"])):
        (found,) = with_neighbours([BOARD], [TABLE, other], Choice(near=1, named=named), aliases={})
        assert [shown.table.name for shown in found.neighbours] == tables
    (found,) = with_neighbours([BOARD], [other], Choice(near=1), aliases={})
    assert [shown.table.name for shown in found.neighbours] == ["other"]


def test_the_boards_own_models_are_known_under_their_published_names() -> None:
    rows = (*TABLE.rows, published("weak-1.0", 33.0))
    (found,) = with_neighbours(
        [BOARD], [replace(TABLE, rows=rows)], Choice(every=True), aliases={"weak-1.0": "w", "weak": "w"}
    )
    assert found.neighbours[0].same == {"weak-1.0": "weak"}


def test_no_number_of_the_board_depends_on_what_stands_beside_it() -> None:
    (found,) = with_neighbours([BOARD], [TABLE], Choice(every=True), aliases={})
    assert found.rows is BOARD.rows and replace(found, neighbours=()).neighbours == BOARD.neighbours
