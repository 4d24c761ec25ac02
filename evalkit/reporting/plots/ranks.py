"""Draw the ranks that the data allow each model."""

from evalkit.boards import Board, BoardRow, Metric
from evalkit.reporting.plots.lines import Columns, IntervalLine, line_chart, line_tips
from evalkit.reporting.plots.marks import SOFT, Mark, draw_points
from evalkit.reporting.plots.palette import LIGHT
from evalkit.reporting.plots.plot import Plot
from evalkit.reporting.plots.style import drawing
from evalkit.reporting.plots.words import (
    against,
    below,
    judged_by,
    rank_words,
    row_tip,
    said_name,
    sentence,
    short_name,
    why_unranked,
)
from evalkit.text import plural


def rank_intervals(board: Board) -> Plot:
    """Draw a bar from the best to the worst rank that a model may have, and its rank on the board."""
    title = "Which ranks the data allow"
    lines = [_line(row, board.metric) for row in board.rows]
    ranked = [(y, row.rank) for y, row in enumerate(board.rows) if row.rank is not None]
    last = max((rank.upper for _, rank in ranked), default=1)
    with drawing():
        figure, axes = line_chart(
            title,
            _subtitle(board),
            lines,
            columns=Columns("rank", "possible ranks", ""),
            limits=(0.5, last + 0.5),
            label="Rank; 1 is the best",
            below=below(board),
        )
        axes.set_xticks(_ticks(last))
        for y, rank in ranked:
            axes.plot([rank.lower - 0.3, rank.upper + 0.3], [y, y], color=LIGHT["accent"], linewidth=3.2, alpha=SOFT,
                      solid_capstyle="butt", zorder=3)  # fmt: skip
        draw_points(axes, [Mark(y, rank.rank, None, None, solid=True) for y, rank in ranked])
    return Plot(figure, "ranks", title, _description(board), line_tips(lines))


def _line(row: BoardRow, metric: Metric) -> IntervalLine:
    tip, name = row_tip(row, metric), short_name(row.entry.model)
    if row.rank is None:
        return IntervalLine("", name, "", "", tip, instead=why_unranked(row, metric))
    return IntervalLine(str(row.rank.rank), name, rank_words(row), "", tip)


def _ticks(last: int) -> list[int]:
    step = next((step for step in (1, 2, 5, 10, 20, 50) if last / step <= 12), 100)
    return sorted({1, *range(step, last + 1, step)} - ({2} if step == 2 else set()))


def _subtitle(board: Board) -> str:
    facts = [f"By {board.metric.title}{against(board)}, {judged_by(board)}", "dot: rank on the board"]
    facts.append("bar: every rank that cannot be excluded, from paired differences on common instructions")
    if apart := sum(row.rank is None and not row.entry.itself for row in board.rows):
        facts.append(f"{apart} not ranked")
    return " · ".join(facts)


def _description(board: Board) -> str:
    ranked = [row for row in board.rows if row.rank is not None]
    fixed = sum(row.rank is not None and row.rank.lower == row.rank.upper for row in ranked)
    top = [said_name(row.entry.model) for row in ranked if row.rank is not None and row.rank.lower == 1]
    firsts = ", ".join(top[:5]) + (f" and {len(top) - 5} more" if len(top) > 5 else "")
    said = sentence(f"{plural(len(ranked), 'model')} with the ranks that the data allow by {board.metric.title}")
    return f"{said}. {fixed} of them can have one rank only. First may be {firsts or 'nobody'}."
