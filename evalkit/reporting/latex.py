"""Write boards as LaTeX tables with the rules of booktabs."""

import re
from collections.abc import Sequence

from evalkit.boards import Board
from evalkit.reporting.columns import BELOW, Column, board_columns, board_notes, board_title, divided, slice_columns
from evalkit.reporting.neighbours import neighbour_tables
from evalkit.text import printable

_NEEDED = "% \\usepackage{booktabs}"
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    **{letter: f"{{{letter}}}" for letter in "`'"},
}
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
    lines = [
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{latex_text(board_title(board, boards))}}}",
        *_tabular(board_columns(board), below=board.n_placed if divided(board) else None),
    ]
    if parts := slice_columns(board):
        lines += ["", r"  \medskip", *_tabular(parts)]
    lines += _footnotes(board_notes(board))
    for beside in neighbour_tables(board):
        title = ["", r"  \medskip", rf"  {latex_text(beside.title)}\par"]
        lines += [*title, *(_tabular(beside.columns) if beside.columns else []), *_footnotes(beside.notes)]
    return "\n".join([*lines, r"\end{table}"])


def _footnotes(notes: Sequence[str]) -> list[str]:
    if not notes:
        return []
    shown = [rf"    {latex_text(note)}\par" for note in notes]
    start = ["", r"  \medskip", r"  \begin{minipage}{\linewidth}", r"    \footnotesize"]
    return [*start, *shown, r"  \end{minipage}"]


def _tabular(columns: Sequence[Column], *, below: int | None = None) -> list[str]:
    """Return the lines of a table; a line before the row `below` says that the rows from there on are unranked."""
    sides = "".join("l" if column.left else "r" for column in columns)
    lines = [[column.title for column in columns], *zip(*(column.cells for column in columns), strict=True)]
    header, *rows = (rf"    {_line(line)} \\" for line in lines)
    if below is not None:
        rows[below:below] = [
            r"    \midrule",
            rf"    \multicolumn{{{len(columns)}}}{{@{{}}l@{{}}}}{{\emph{{{BELOW}}}}} \\",
        ]
    return [
        rf"  \begin{{tabular}}{{@{{}}{sides}@{{}}}}",
        r"    \toprule",
        header,
        r"    \midrule",
        *rows,
        r"    \bottomrule",
        r"  \end{tabular}",
    ]


def _line(cells: Sequence[str]) -> str:
    line = " & ".join(map(latex_text, cells))
    # after the end of another line, LaTeX would take a bracket or a star as an option of that end
    return f"{{}}{line}" if line[:1] in ("[", "*") else line
