"""Write boards for a terminal: the columns that fit its width, with intervals drawn if there is room."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evalkit.boards import Board
from evalkit.reporting.columns import (
    REFUSED,
    Column,
    board_columns,
    board_notes,
    board_title,
    divided,
    divider,
    slice_columns,
    slices_title,
)
from evalkit.reporting.neighbours import HERE, neighbour_tables
from evalkit.reporting.page.axis import Axis, Tick, Whisker
from evalkit.reporting.page.table import board_table
from evalkit.reporting.reasons import KINDS
from evalkit.reporting.screen import Screen
from evalkit.reporting.tables import tallies_text
from evalkit.text import fill, fold, shorten, width
from evalkit.types import StatusKind

_GAP = "  "
_NARROWEST_MODEL, _SHORT_MODEL, _LONG_MODEL = 8, 16, 40
_NARROWEST_DRAWING, _WIDEST_DRAWING = 17, 41
_BLANK, _REACH, _LEFT_END, _RIGHT_END, _POINT, _HOLLOW, _EVEN = " ", "─", "├", "┤", "●", "○", "┊"
_EVEN_LABEL = "50"
_BOLD, _DIM, _RED, _YELLOW = "1", "2", "31", "33"
_STATUS_COLOURS = {KINDS[StatusKind.DEGRADED]: _YELLOW, KINDS[StatusKind.NOT_ESTIMABLE]: _RED, REFUSED: _RED}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def boards_drawn(boards: Sequence[Board], screen: Screen) -> str:
    """Return boards whose lines fit a screen of 60 columns or more; a line names the columns that do not fit."""
    drawn = ["\n".join(_board_lines(board, boards, screen)) for board in boards]
    return "\n\n".join([*drawn, *tallies_text(boards, screen.columns)]) + "\n"


@dataclass(frozen=True, slots=True)
class _Layout:
    """The columns that fit with their widths, the titles of the others, and the room that is left."""

    columns: tuple[Column, ...]
    widths: tuple[int, ...]
    hidden: tuple[str, ...]
    room: int

    @property
    def width(self) -> int:
        return sum(self.widths) + len(_GAP) * (len(self.widths) - 1)

    def lines(self) -> list[list[str]]:
        """Return the header and the lines; each cell is as wide as its column."""
        lines = [
            [column.title for column in self.columns],
            *zip(*(column.cells for column in self.columns), strict=True),
        ]
        last = self.columns[-1]
        return [
            [
                cell if column is last and last.left else fill(cell, columns, left=column.left)
                for cell, columns, column in zip(line, self.widths, self.columns, strict=True)
            ]
            for line in lines
        ]


def _board_lines(board: Board, boards: Sequence[Board], screen: Screen) -> list[str]:
    rank, model, shown, interval, *others, n, missing, chars, status = board_columns(board)
    rank = replace(rank, cells=_numbers_aligned(rank.cells, 1))
    interval = replace(interval, cells=_numbers_aligned(interval.cells, 2))
    columns = [rank, model, shown, interval, *others, n, missing, chars, status]
    layout = _lay_out(columns, model, [chars, n, missing, *reversed(others), rank, status, interval], screen)
    lines = layout.lines()
    for place, column in enumerate(layout.columns):
        if column is status:
            _paint(lines[1:], place, [_STATUS_COLOURS.get(cell) for cell in status.cells], screen)
        elif column is shown or column.title == model.title:
            _paint(lines[1:], place, [_BOLD if row.rank and row.rank.rank == 1 else None for row in board.rows], screen)
    drawn = min(layout.room, _WIDEST_DRAWING) if layout.room >= _NARROWEST_DRAWING else 0
    if drawn:
        after = next(place for place, column in enumerate(layout.columns) if column is interval)
        for line, cell in zip(lines, _drawing(board, drawn, screen), strict=True):
            line.insert(after + 1, cell)
    wide = layout.width + (drawn and drawn + len(_GAP))
    rule = screen.paint("─" * wide, _DIM)
    header, *rows = (_GAP.join(line).rstrip() for line in lines)
    if divided(board):
        rows.insert(board.n_placed, screen.paint(divider(wide), _DIM))
    table = [rule, header, rule, *rows, rule, *_part_lines(board, screen, rule), *_hidden_line(layout.hidden, screen)]
    notes = (line for note in board_notes(board) for line in fold(note, screen.columns))
    return [*fold(board_title(board, boards), screen.columns), *table, *notes, *_neighbour_lines(board, screen)]


def _neighbour_lines(board: Board, screen: Screen) -> list[str]:
    """Return the published rows beside the board, as many columns as fit; our own rows are bold."""
    lines = []
    for beside in neighbour_tables(board):
        lines += ["", *fold(beside.title, screen.columns)]
        if beside.columns:
            model, shown, *others, source = beside.columns
            layout = _lay_out(beside.columns, model, [*reversed(others), shown], screen)
            drawn = layout.lines()
            own = [_BOLD if cell.startswith(HERE) else None for cell in source.cells]
            # the model is the first column, and stays whatever is left out
            _paint(drawn[1:], 0, own, screen)
            rule = screen.paint("─" * layout.width, _DIM)
            header, *rows = (_GAP.join(line).rstrip() for line in drawn)
            lines += [rule, header, rule, *rows, rule, *_hidden_line(layout.hidden, screen)]
        lines += [line for note in beside.notes for line in fold(note, screen.columns)]
    return lines


def _part_lines(board: Board, screen: Screen, rule: str) -> list[str]:
    """Return the scores by turn and category, as many columns as fit."""
    columns = slice_columns(board)
    if not columns:
        return []
    layout = _lay_out(columns, columns[0], columns[:0:-1], screen)
    table = (_GAP.join(line).rstrip() for line in layout.lines())
    return [slices_title(board), *table, rule, *_hidden_line(layout.hidden, screen)]


def _lay_out(columns: Sequence[Column], model: Column, leaving: Sequence[Column], screen: Screen) -> _Layout:
    """Choose the columns that fit the screen.

    Names of models are shortened as long as they stay readable; then the columns `leaving` are dropped one by one.
    """
    kept, going = list(columns), list(leaving)
    name = min(_LONG_MODEL, _width(model))
    while _total(kept) - _width(model) + min(_SHORT_MODEL, name) > screen.columns and going:
        gone = going.pop(0)
        kept = [column for column in kept if column is not gone]
    spare = screen.columns - (_total(kept) - _width(model) + name)
    shown = name if spare >= 0 else max(min(_NARROWEST_MODEL, name), name + spare)
    return _Layout(
        columns=tuple(
            replace(column, cells=shorten(model.cells, shown)) if column is model else column for column in kept
        ),
        widths=tuple(shown if column is model else _width(column) for column in kept),
        hidden=tuple(column.title for column in columns if not any(column is other for other in kept)),
        room=max(0, spare - len(_GAP)),
    )


def _width(column: Column) -> int:
    return max(map(width, (column.title, *column.cells)))


def _total(columns: Sequence[Column]) -> int:
    return sum(map(_width, columns)) + len(_GAP) * (len(columns) - 1)


def _numbers_aligned(cells: Sequence[str], most: int) -> tuple[str, ...]:
    """Pad the first numbers of each cell, at `most` so many, to the width of the widest number in the same place."""
    found = [[len(number) for number in _NUMBER.findall(cell)[:most]] for cell in cells]
    widths = [max((lengths[place] for lengths in found if len(lengths) > place), default=0) for place in range(most)]

    def aligned(cell: str) -> str:
        places = iter(widths)
        return _NUMBER.sub(lambda number: number[0].rjust(next(places)), cell, count=most)

    return tuple(map(aligned, cells))


def _paint(lines: Sequence[list[str]], place: int, colours: Sequence[str | None], screen: Screen) -> None:
    for line, colour in zip(lines, colours, strict=True):
        if colour is not None:
            line[place] = screen.paint(line[place], colour)


def _drawing(board: Board, columns: int, screen: Screen) -> list[str]:
    """Return the labels of the axis, and each row's interval drawn on it."""
    table = board_table(board)
    even = None if table.axis.even is None else _place(table.axis.even, columns)
    drawn = [_whisker(line.whisker, even, columns) for line in table.lines]
    return [_labels(table.axis, columns), *(text.replace(_EVEN, screen.paint(_EVEN, _DIM)) for text in drawn)]


def _whisker(whisker: Whisker | None, even: int | None, columns: int) -> str:
    cells = [_BLANK] * columns
    if even is not None:
        cells[even] = _EVEN
    if whisker is None:
        return "".join(cells)
    if whisker.lower is not None and whisker.upper is not None:
        first, last = _place(whisker.lower, columns), _place(whisker.upper, columns)
        cells[first : last + 1] = [_REACH] * (last + 1 - first)
        cells[first], cells[last] = _LEFT_END, _RIGHT_END
    cells[_place(whisker.at, columns)] = _HOLLOW if whisker.hollow else _POINT
    return "".join(cells)


def _labels(axis: Axis, columns: int) -> str:
    """Return the labels of the axis: the point where both sides are equal, and the ticks that have room beside it."""
    cells = [_BLANK] * columns
    even = [] if axis.even is None else [Tick(axis.even, _EVEN_LABEL)]
    for tick in [*even, *axis.ticks]:
        size = len(tick.label)
        first = min(max(0, _place(tick.at, columns) - (size - 1) // 2), columns - size)
        if not "".join(cells[max(0, first - 1) : first + size + 1]).strip():
            cells[first : first + size] = tick.label
    return "".join(cells)


def _place(percent: float, columns: int) -> int:
    return round(percent / 100 * (columns - 1))


def _hidden_line(hidden: Sequence[str], screen: Screen) -> list[str]:
    if not hidden:
        return []
    lines = fold(f"no room for {', '.join(hidden)}: csv has every column", screen.columns)
    return [screen.paint(line, _DIM) for line in lines]
