"""Write boards as plain text and as markdown, and rows of named values as a plain table."""

import shutil
from collections.abc import Mapping, Sequence

from evalkit.boards import Board
from evalkit.reporting.columns import (
    BELOW,
    Column,
    board_columns,
    board_notes,
    board_title,
    divided,
    divider,
    slice_columns,
    slices_title,
)
from evalkit.reporting.tally import tally_tables
from evalkit.text import cut, fill, markdown_cell, printable, width

_NARROWEST_MODEL = 16
_ANY_WIDTH = 1_000_000
_MODEL = "model"


def boards_markdown(boards: Sequence[Board]) -> str:
    parts = []
    for board in boards:
        columns = board_columns(board)
        table = _markdown_table(columns)
        if divided(board):
            # the header and the rule below it are 2 lines
            table.insert(2 + board.n_placed, _markdown_line(["", f"*{BELOW}*", *[""] * (len(columns) - 2)]))
        if columns := slice_columns(board):
            table += ["", slices_title(board), "", *_markdown_table(columns)]
        footer = [f"- {line}" for line in map(markdown_cell, board_notes(board))]
        parts.append("\n".join([f"**{markdown_cell(board_title(board, boards))}**", "", *table, "", *footer]))
    for tally in tally_tables(boards):
        table = _markdown_table(tally.columns)
        parts.append("\n".join([f"**{markdown_cell(tally.title)}**", "", *table, "", f"- {markdown_cell(tally.note)}"]))
    return "\n\n".join(parts).rstrip() + "\n"


def boards_text(boards: Sequence[Board], *, columns: int | None = None) -> str:
    """Return aligned columns for a file or another program; to fit the width, only long names of models are cut."""
    columns = columns or shutil.get_terminal_size((120, 40)).columns
    shown = [_board_text(board, boards, columns) for board in boards]
    return "\n\n".join([*shown, *tallies_text(boards, columns)]) + "\n"


def tallies_text(boards: Sequence[Board], columns: int) -> list[str]:
    """Return the tables of wins, losses and ties over all pairs as text."""
    found = []
    for tally in tally_tables(boards):
        header, *lines = _aligned(tally.columns, columns)
        rule = "─" * max(map(width, (header, *lines)))
        found.append("\n".join([tally.title, rule, header, rule, *lines, rule, tally.note]))
    return found


def values_table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows of named values as plain aligned columns."""
    if not rows:
        return ""
    names = list(rows[0])
    lines = [names, *[[printable(row[name]) for name in names] for row in rows]]
    widths = [max(width(line[index]) for line in lines) for index in range(len(names))]
    return "\n".join(_line(line, widths, [True] * len(names)) for line in lines) + "\n"


def _board_text(board: Board, boards: Sequence[Board], columns: int) -> str:
    table = _aligned(board_columns(board), columns)
    rule = "─" * max(map(width, table))
    header, *lines = table
    if divided(board):
        lines.insert(board.n_placed, divider(width(rule)))
    whole = [board_title(board, boards), rule, header, rule, *lines, rule]
    if parts := slice_columns(board):
        whole += [slices_title(board), *_aligned(parts, columns), rule]
    return "\n".join([*whole, *board_notes(board)]).rstrip()


def columns_markdown(columns: Sequence[Column]) -> list[str]:
    """Return the lines of a markdown table."""
    return _markdown_table(columns)


def columns_text(table: Sequence[Column], columns: int, *, key: str) -> list[str]:
    """Return lines of aligned columns between rules; those that do not fit follow in a further table with the `key`."""
    first = next(column for column in table if column.title == key)
    lines: list[str] = []
    rest = [column for column in table if column is not first]
    while rest:
        shown = [first, rest.pop(0)]
        while rest and max(map(width, _aligned([*shown, rest[0]], _ANY_WIDTH))) <= columns:
            shown.append(rest.pop(0))
        header, *body = _aligned(shown, columns)
        rule = "─" * max(map(width, (header, *body)))
        lines += [rule, header, rule, *body]
    return [*lines, rule] if lines else []


def _aligned(table: Sequence[Column], columns: int) -> list[str]:
    """Return the header and the lines; the column of models is narrowed if the table is wider than `columns`."""
    widths = [max(map(width, (column.title, *column.cells))) for column in table]
    excess = sum(widths) + 2 * (len(widths) - 1) - columns
    if excess > 0:
        model = [column.title for column in table].index(_MODEL)
        widths[model] = max(min(_NARROWEST_MODEL, widths[model]), widths[model] - excess)
    lines = [[column.title for column in table], *zip(*(column.cells for column in table), strict=True)]
    return [_line(line, widths, [column.left for column in table]) for line in lines]


def _line(cells: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    fitted = (fill(cut(cell, most), most, left=side) for cell, most, side in zip(cells, widths, left, strict=True))
    return "  ".join(fitted).rstrip()


def _markdown_table(columns: Sequence[Column]) -> list[str]:
    rule = ["---" if column.left else "---:" for column in columns]
    lines = zip(*(column.cells for column in columns), strict=True)
    header = [markdown_cell(column.title) for column in columns]
    return [
        _markdown_line(line) for line in (header, rule, *([markdown_cell(cell) for cell in line] for line in lines))
    ]


def _markdown_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
