"""Write boards and overviews as markdown, with the best numbers of each column marked."""

from collections.abc import Sequence

from evalkit.boards import Board, Overview
from evalkit.reporting.columns import BELOW, board_columns, board_notes, divided, slice_columns, slices_title
from evalkit.reporting.marks import (
    BestMark,
    BestMarks,
    board_models,
    caption,
    marked,
    marks_note,
    marks_of,
    overview_caption,
    overview_marks,
    overview_models,
)
from evalkit.reporting.neighbours import neighbour_tables
from evalkit.reporting.overview import further_tables, overview_columns, overview_notes
from evalkit.reporting.tables import columns_markdown, markdown_line, markdown_lines
from evalkit.reporting.tally import tally_tables
from evalkit.text import markdown_cell

_DAGGER = "†"


def boards_markdown(boards: Sequence[Board]) -> str:
    """Return a table for each board, with its notes; the best numbers of a column are marked, as a note explains."""
    parts = []
    for board in boards:
        marks = marks_of(board)
        columns = marked(board_columns(board), marks, board_models(board), escape=markdown_cell, mark=_marked_cell)
        table = markdown_lines(columns)
        if divided(board):
            # the header and the rule below it are 2 lines
            table.insert(2 + board.n_placed, markdown_line(["", f"*{BELOW}*", *[""] * (len(columns) - 2)]))
        if columns := slice_columns(board):
            table += ["", slices_title(board), "", *columns_markdown(columns)]
        footer = _explained(marks)
        footer += [f"- {line}" for line in map(markdown_cell, board_notes(board))]
        for beside in neighbour_tables(board):
            drawn = columns_markdown(beside.columns) if beside.columns else []
            footer += ["", f"**{markdown_cell(beside.title)}**", "", *drawn, ""]
            footer += [f"- {markdown_cell(note)}" for note in beside.notes]
        parts.append("\n".join([f"**{markdown_cell(caption(board, boards))}**", "", *table, "", *footer]))
    for tally in tally_tables(boards):
        table = columns_markdown(tally.columns)
        parts.append("\n".join([f"**{markdown_cell(tally.title)}**", "", *table, "", f"- {markdown_cell(tally.note)}"]))
    return "\n\n".join(parts).rstrip() + "\n"


def overview_markdown(overview: Overview) -> str:
    """Return the table of an overview with its notes; the best numbers of a column are marked, as a note explains."""
    marks = overview_marks(overview)
    table = markdown_lines(
        marked(overview_columns(overview), marks, overview_models(overview), escape=markdown_cell, mark=_marked_cell)
    )
    for title, columns, _ in further_tables(overview):
        table += ["", markdown_cell(title), "", *columns_markdown(columns)]
    footer = [*_explained(marks), *(f"- {line}" for line in map(markdown_cell, overview_notes(overview)))]
    return "\n".join([f"**{markdown_cell(overview_caption(overview))}**", "", *table, "", *footer]) + "\n"


def _explained(marks: BestMarks) -> list[str]:
    note = marks_note(marks, best="**bold**", second="*italic*", alike=_DAGGER)
    return [f"- {note}"] if note else []


def _marked_cell(cell: str, mark: BestMark) -> str:
    shown = f"**{cell}**" if mark.best else f"*{cell}*" if mark.second else cell
    return f"{shown} {_DAGGER}" if mark.alike else shown
