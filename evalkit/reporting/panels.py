"""The names of the plots of a board and of the file formats, known without importing the plotting library."""

from collections.abc import Sequence
from pathlib import Path

from evalkit.boards import Board, judge_forms
from evalkit.errors import ConfigError
from evalkit.text import printable

PANELS = ("board", "lift", "length", "ranks", "agreement")
FORMATS = ("svg", "png", "pdf")


def form_of(path: Path) -> str:
    """Return the format that a file's name asks for.

    Raises:
        ConfigError: figures are not written in that format.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise ConfigError(f"{path}: expected a name that ends in .svg, .png or .pdf")
    return form


def one_board(boards: Sequence[Board]) -> Board:
    """Return the only board, for a figure that can show one.

    Raises:
        ConfigError: there is not exactly one board.
    """
    if len(boards) == 1:
        return boards[0]
    judges = list(dict.fromkeys(board.judge for board in boards))
    if len(judges) > 1:
        cure = f"--judge names one of: {', '.join(judges)}"
    else:
        cure = f"name fewer sources: they differ in {_difference(boards)}"
    raise ConfigError(f"a figure shows one board, and these are {len(boards)}; {printable(cure)}")


def _difference(boards: Sequence[Board]) -> str:
    """Return in words the difference between boards of one judge."""
    if len({board.baseline for board in boards}) > 1:
        return f"the baseline: {', '.join(board.baseline or 'none' for board in boards)}"
    if len({board.digest for board in boards}) > 1:
        forms = judge_forms(row.entry for board in boards for row in board.rows[:1])
        return f"the form of the judge: {', '.join(dict.fromkeys(forms.values()))}"
    return f"the model that the endpoint served: {', '.join(board.served_as for board in boards)}"
