import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from evalkit.boards.build import Board, build_boards
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import STYLE_WIN_RATE, Recipe
from evalkit.reporting.screen import Screen
from evalkit.reporting.terminal import boards_drawn
from evalkit.stats.sample import build_sample
from evalkit.text.width import width
from tests.boards.test_build import entry, refused, uniform
from tests.reporting.test_tables import HOSTILE, few
from tests.text.test_safe import TERMINAL_ATTACKS

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NAMES = ("strong", "模型" * 9, "e\u0301" * 30, "claude-2.1_concise", "claude-2.1_verbose", "x" * 80)
ENTRIES = [entry(name, 1.5 - 0.5 * n, seed=n) for n, name in enumerate(NAMES)]
BOARDS = build_boards([*ENTRIES, few(), refused(entry("null", 3.0))], Recipe())


def drawn(boards: Sequence[Board], columns: int, *, colour: bool = False) -> list[str]:
    return boards_drawn(boards, Screen(columns, colour=colour)).splitlines()


def row_of(lines: Sequence[str], name: str) -> str:
    (line,) = (line for line in lines if name in line and ":" not in line)
    return line


@pytest.mark.parametrize("columns", [60, 61, 72, 80, 99, 120, 200])
@pytest.mark.parametrize("recipe", [Recipe(), Recipe(metric=STYLE_WIN_RATE, controls=("length",))])
def test_no_line_is_wider_than_the_screen(columns: int, recipe: Recipe) -> None:
    split = [replace(one, slices={f"category {n}" * 3: one.sample for n in range(20)}) for one in ENTRIES]
    boards = build_boards([*split, few(), refused(entry("null", 3.0))], recipe)
    lines = drawn(boards, columns)
    assert max(map(width, lines)) <= columns
    assert any("LC win rate" in line or "style win rate" in line for line in lines)


def test_the_least_important_columns_go_first_and_are_named() -> None:
    going = ["avg chars", "n", "missing", "win rate", "rank"]
    hidden_before: set[str] = set()
    for columns in range(130, 59, -1):
        lines = drawn(BOARDS, columns)
        (header,) = (line for line in lines if re.match(r"(rank\s+)?model\s", line))
        hidden = {title for title in going if title not in re.split(r"\s{2,}", header.strip())}
        assert hidden_before <= hidden == set(going[: len(hidden)])
        told = [line for line in lines if line.startswith("no room for")]
        assert len(told) == bool(hidden)
        assert all(title in " ".join(lines) for title in hidden)
        hidden_before = hidden
    assert {"avg chars", "n", "missing", "win rate"} <= hidden_before
    assert "csv has every column" in " ".join(" ".join(drawn(BOARDS, 60)).split())


def test_numbers_stand_below_each_other() -> None:
    for columns in (60, 120, 160):
        lines = [line for line in drawn(BOARDS, columns) if re.search(r"\[.*\d\.\d\d, .*\]", line)]
        assert len(lines) == len(NAMES) + 1
        assert len({width(line[: line.index("[")]) for line in lines}) == 1
        ends = [re.search(r"\[.*?\]", line) for line in lines]
        points = {tuple(at for at, letter in enumerate(end[0]) if letter in ",.]") for end in ends if end}
        assert len(points) == 1


def test_a_line_above_the_rows_that_are_not_ranked_is_as_wide_as_the_table() -> None:
    for columns in (60, 100, 160):
        lines = drawn(BOARDS, columns)
        (place,) = (number for number, line in enumerate(lines) if line.startswith("── not ranked ─"))
        assert width(lines[place]) == width(next(line for line in lines if line.startswith("───")))
        assert "few" in lines[place + 1] and "null" in lines[place + 2]
    coloured = drawn(BOARDS, 140, colour=True)
    assert any(line.startswith("\x1b[2m── not ranked ") for line in coloured)


def test_nothing_that_is_not_ranked_is_bold() -> None:
    boards = build_boards([uniform("won", 1.0), entry("fair", 0.0)], Recipe())
    coloured = drawn(boards, 140, colour=True)
    assert "\x1b[1mfair" in "".join(coloured) and "\x1b[1mwon" not in "".join(coloured)


def test_an_interval_is_drawn_on_an_axis_with_a_mark_where_both_sides_are_equal() -> None:
    boards = build_boards(
        [entry("above", 2.0), entry("below", -2.0, seed=2), entry("even", 0.0, seed=3), few()], Recipe()
    )
    lines = drawn(boards, 140)
    header = lines[2]
    (even,) = (match.start() for match in re.finditer(r"(?<!\d)50(?!\d)", header))
    above, below, between, none = (row_of(lines, name) for name in ("above", "below", "even  ", "few"))
    marks = {line.index("┊") for line in (above, below, none)}
    assert len(marks) == 1 and abs(marks.pop() - even) <= 1
    assert below.index("●") < above.index("┊") < above.index("●")
    assert between.index("├") <= above.index("┊") <= between.index("┤")
    assert not set("├┤●○") & set(none)


def test_without_room_nothing_is_drawn() -> None:
    assert not set("├┤●○┊") & set("".join(drawn(BOARDS, 80)))


def test_a_degraded_number_is_hollow_and_refused_outputs_are_not_drawn() -> None:
    preference = np.ones(40)
    sample = build_sample([f"{n}" for n in range(40)], preference, length_difference=np.arange(40.0))
    boards = build_boards(
        [Entry("won", "j", "b", sample, 10.0), entry("fine", 0.0), refused(entry("null", 3.0))], Recipe()
    )
    lines = drawn(boards, 140)
    assert "○" in row_of(lines, "won") and "degraded" in row_of(lines, "won")
    assert "●" in row_of(lines, "fine")
    assert not set("├┤●○") & set(row_of(lines, "null")) and "audit failed" in row_of(lines, "null")


def test_colours_mark_the_first_and_what_is_not_ok_and_move_nothing() -> None:
    plain, coloured = drawn(BOARDS, 140), drawn(BOARDS, 140, colour=True)
    assert [COLOUR.sub("", line) for line in coloured] == plain
    assert "\x1b" not in "".join(plain)
    (first,) = (line for line in coloured if COLOUR.sub("", line).startswith("1 "))
    assert "\x1b[1mstrong" in first
    assert any("\x1b[31maudit failed\x1b[0m" in line for line in coloured)
    assert any("\x1b[31mnot estimable\x1b[0m" in line for line in coloured)


@pytest.mark.parametrize("attack", [*TERMINAL_ATTACKS, HOSTILE])
def test_no_text_from_outside_reaches_the_terminal_raw(attack: str) -> None:
    hostile = replace(
        entry(f"m{attack}", 1.0, judge=f"j{attack}", baseline=f"b{attack}"),
        slices=dict.fromkeys((f"category {attack}", "category x"), entry("x", 1.0).sample),
        failures={attack: 1},
    )
    text = COLOUR.sub("", boards_drawn(build_boards([hostile], Recipe()), Screen(150, colour=True)))
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    text.encode("utf-8")


def test_scores_are_drawn_on_their_own_scale_without_a_mark() -> None:
    graded = [replace(entry(name, level, baseline=""), scale=(1.0, 10.0)) for name, level in (("a", 1.0), ("b", -1.0))]
    lines = drawn(build_boards(graded, Recipe()), 140)
    assert "●" in row_of(lines, "a  ") and "┊" not in "".join(lines)
