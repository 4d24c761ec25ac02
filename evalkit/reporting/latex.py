"""Write boards as LaTeX tables with the rules of booktabs, and with the best numbers of each column marked."""

import re
from collections.abc import Sequence

from evalkit.boards import Board, Overview
from evalkit.reporting.columns import BELOW, Column, board_columns, board_notes, divided, slice_columns
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
from evalkit.text import printable

_NEEDED = "% \\usepackage{booktabs}\n% \\usepackage{graphicx}"
# a table that is wider than the text is made as narrow as the text
_FITTING = r"  \resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
# columns that say nothing where all their cells are this
_USUAL = {"missing": "0", "status": "ok"}
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",
    "≠": r"$\neq$",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    **{letter: f"{{{letter}}}" for letter in "`'"},
}
# placeholders of letters alone, which survive the escaping of the sentence around them
_BEST, _SECOND, _ALIKE = "BoldMark", "UnderlinedMark", "DaggerMark"
_DAGGER = r"\textsuperscript{\dag}"
# LaTeX prints two of these in a row as one dash or as a quotation mark
_JOINED = re.compile(r"([-,])(?=\1)")


def boards_latex(boards: Sequence[Board]) -> str:
    """Return a floating table for each board, with its notes beneath it."""
    return "\n\n".join([_NEEDED, *(_board_latex(board, boards) for board in boards)]) + "\n"


def latex_text(text: str) -> str:
    """Escape a text so that nothing in it is a command, a comment, an alignment or a ligature."""
    escaped = "".join(_SPECIAL.get(letter, letter) for letter in printable(text))
    return _JOINED.sub(r"\1{}", escaped)


def _board_latex(board: Board, boards: Sequence[Board]) -> str:
    marks = marks_of(board)
    shown = [column for column in board_columns(board) if set(column.cells) != {_USUAL.get(column.title)}]
    columns = marked(shown, marks, board_models(board), escape=latex_text, mark=_marked_cell)
    lines = [
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{_caption(caption(board, boards), marks)}}}",
        r"  \smallskip",
        *_tabular(columns, below=board.n_placed if divided(board) else None),
    ]
    if parts := slice_columns(board):
        lines += ["", r"  \medskip", *_tabular(_escaped(parts))]
    lines += _footnotes(board_notes(board))
    for beside in neighbour_tables(board):
        title = ["", r"  \medskip", rf"  {latex_text(beside.title)}\par"]
        drawn = _tabular(_escaped(beside.columns)) if beside.columns else []
        lines += [*title, *drawn, *_footnotes(beside.notes, breaking=True)]
    return "\n".join([*lines, r"\end{table}"])


def overview_latex(overview: Overview) -> str:
    """Return a floating table of an overview, with its further tables and notes beneath it."""
    marks = overview_marks(overview)
    columns = marked(overview_columns(overview), marks, overview_models(overview), escape=latex_text, mark=_marked_cell)
    lines = [
        _NEEDED,
        "",
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{_caption(overview_caption(overview), marks)}}}",
        r"  \smallskip",
        *_tabular(columns),
    ]
    for title, table, _ in further_tables(overview):
        lines += ["", r"  \medskip", rf"  {latex_text(title)}\par", *_tabular(_escaped(table))]
    return "\n".join([*lines, *_footnotes(overview_notes(overview)), r"\end{table}"]) + "\n"


def _caption(said: str, marks: BestMarks) -> str:
    """Return the caption, with the explanation of the marks if there are any."""
    note = latex_text(marks_note(marks, best=_BEST, second=_SECOND, alike=_ALIKE))
    shown = note.replace(_BEST, r"\textbf{bold}").replace(_SECOND, r"\underline{underlined}")
    explained = f" {shown.replace(_ALIKE, _DAGGER)}." if note else ""
    return f"{latex_text(said)}.{explained}"


def _marked_cell(cell: str, mark: BestMark) -> str:
    shown = rf"\textbf{{{cell}}}" if mark.best else rf"\underline{{{cell}}}" if mark.second else cell
    return f"{shown}{_DAGGER}" if mark.alike else shown


def _escaped(columns: Sequence[Column]) -> list[Column]:
    return [Column(latex_text(column.title), tuple(map(latex_text, column.cells)), column.left) for column in columns]


def _footnotes(notes: Sequence[str], *, breaking: bool = False) -> list[str]:
    """Return the lines of the notes; with `breaking` they may break inside a path, as the source of a table has."""
    if not notes:
        return []
    texts = [latex_text(note) for note in notes]
    if breaking:
        texts = [text.replace("/", r"/\allowbreak{}").replace(r"\_", r"\_\allowbreak{}") for text in texts]
    shown = [rf"    {text}\par" for text in texts]
    start = ["", r"  \medskip", r"  \begin{minipage}{\linewidth}", r"    \footnotesize\raggedright"]
    return [*start, *shown, r"  \end{minipage}"]


def _tabular(columns: Sequence[Column], *, below: int | None = None) -> list[str]:
    """Return the lines of a table of escaped texts; a line before the row `below` says that the rows from there on are
    unranked.
    """
    sides = "".join("l" if column.left else "r" for column in columns)
    lines = [[column.title for column in columns], *zip(*(column.cells for column in columns), strict=True)]
    header, *rows = (rf"    {_line(line)} \\" for line in lines)
    if below is not None:
        rows[below:below] = [
            r"    \midrule",
            rf"    \multicolumn{{{len(columns)}}}{{@{{}}l@{{}}}}{{\emph{{{BELOW}}}}} \\",
        ]
    return [
        _FITTING,
        rf"  \begin{{tabular}}{{@{{}}{sides}@{{}}}}",
        r"    \toprule",
        header,
        r"    \midrule",
        *rows,
        r"    \bottomrule",
        r"  \end{tabular}}",
    ]


def _line(cells: Sequence[str]) -> str:
    line = " & ".join(cells)
    # after the end of another line, LaTeX would take a bracket or a star as an option of that end
    return f"{{}}{line}" if line[:1] in ("[", "*") else line
