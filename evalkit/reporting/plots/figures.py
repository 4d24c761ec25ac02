"""The figures of boards, by the names under which commands, pages and notebooks ask for them."""

from collections.abc import Callable

from evalkit.boards import Board
from evalkit.reporting.plots.agreement import board_agreement
from evalkit.reporting.plots.forest import forest
from evalkit.reporting.plots.length import has_lengths, length
from evalkit.reporting.plots.lift import lift
from evalkit.reporting.plots.plot import Plot
from evalkit.reporting.plots.ranks import rank_intervals


def plots_of(board: Board) -> list[str]:
    """Return the names of the figures for which a board has the numbers; ranks and agreement need two models."""
    without = set()
    if sum(row.rank is not None for row in board.rows) < 2:
        without.add("ranks")
    if board.metric.graded:
        without.add("lift")
    if not has_lengths(board):
        without.add("length")
    if board.agreement is None or len(board.agreement.pairs) < 2:
        without.add("agreement")
    return [name for name in PLOTS if name not in without]


PLOTS: dict[str, Callable[[Board], Plot]] = {
    "board": forest,
    "lift": lift,
    "length": length,
    "ranks": rank_intervals,
    "agreement": board_agreement,
}
