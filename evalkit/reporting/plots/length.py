"""Draw the win rate against the length of answers, which shows if long answers win."""

import math

from evalkit.boards import Board, BoardRow, Metric
from evalkit.errors import ConfigError
from evalkit.reporting.columns import interval_name
from evalkit.reporting.plots.palette import LIGHT
from evalkit.reporting.plots.plot import Plot
from evalkit.reporting.plots.scatter import Dot, LabelledAxis, dot_tips, scatter, write_names
from evalkit.reporting.plots.style import SMALL, drawing
from evalkit.reporting.plots.words import (
    against,
    drawable,
    judged_by,
    left_out,
    measure_name,
    reservation,
    row_tip,
    sentence,
    short_name,
    sure,
)
from evalkit.text import plural

_ROOM = 1.06


def length(board: Board) -> Plot:
    """Draw each model by the mean length of its answers and the board's metric, with as many names as have room.

    Raises:
        ConfigError: no model's length of answers is known.
    """
    if not has_lengths(board):
        raise ConfigError("the sources do not tell how long the answers are")
    title = f"{sentence(board.metric.title)} and length of answers"
    rows = [row for row in board.rows if drawable(row, board.metric) and row.entry.avg_length is not None]
    # names go first to the models that stand apart: the best, then those with the longest and the shortest answers
    rows = sorted(rows, key=lambda row: -_apart(row, rows, board.metric))
    dots = [_dot(row, board.metric) for row in rows]
    scale = _scale(board, dots)
    line = not board.metric.graded and scale.limits[1] > 50
    with drawing():
        figure, axes = scatter(title, _subtitle(board, len(dots), line=line), dots, x=_lengths(dots), y=scale)
        if line:
            axes.axhline(50, color=LIGHT["muted"], linewidth=1.0, zorder=1)
        named = write_names(figure, axes, dots, level=50 if line else None)
        if named < len(dots):
            axes.annotate(f"{len(dots) - named} of {len(dots)} names have no room here", (1, 1), (0, 3), ha="right",
                          xycoords="axes fraction", textcoords="offset points", fontsize=SMALL,
                          color=LIGHT["muted"])  # fmt: skip
    return Plot(figure, "length", title, _description(board, rows), dot_tips(dots))


def has_lengths(board: Board) -> bool:
    return any(row.entry.avg_length is not None for row in board.rows)


def _apart(row: BoardRow, rows: list[BoardRow], metric: Metric) -> float:
    """Return the distance of a model from the median of all `rows`, in spans of the axes."""

    def off(values: list[float], own: float) -> float:
        middle = sorted(values)[len(values) // 2]
        return (own - middle) / ((max(values) - min(values)) or 1.0)

    across = off([other.entry.avg_length or 0.0 for other in rows], row.entry.avg_length or 0.0)
    up = off(
        [other.measured(metric).estimate.value or 0.0 for other in rows], row.measured(metric).estimate.value or 0.0
    )
    return math.hypot(across, up)


def _dot(row: BoardRow, metric: Metric) -> Dot:
    shown = row.measured(metric).estimate
    assert shown.value is not None and row.entry.avg_length is not None
    whiskers = None if shown.lower is None or shown.upper is None else (shown.lower, shown.upper)
    tip = row_tip(row, metric)
    return Dot(short_name(row.entry.model), row.entry.avg_length, shown.value, None, whiskers, sure(row, metric), tip)


def _lengths(dots: list[Dot]) -> LabelledAxis:
    longest = max((dot.x for dot in dots), default=1.0)
    return LabelledAxis("Mean length of an answer, characters", (0, _ROOM * longest or 1.0))


def _scale(board: Board, dots: list[Dot]) -> LabelledAxis:
    """Return an axis from the worst number to a little above the highest; its label says if that cuts the scale."""
    low, high = board.rows[0].entry.scale
    top = max((dot.y_interval[1] if dot.y_interval else dot.y for dot in dots), default=high)
    step = (high - low) / 10
    shown = min(high, low + step * math.ceil((top - low) / step + 0.3))
    cut = f"; the scale goes on to {high:g}" if shown < high else ""
    return LabelledAxis(f"{measure_name(board.metric)}{cut}", (low, shown))


def _subtitle(board: Board, n: int, *, line: bool) -> str:
    facts = [f"{plural(n, 'model')}{against(board)}, {judged_by(board)}", f"bar: {interval_name(board)}"]
    facts += reservation(board.rows, board.metric)
    if missing := left_out(board.rows, board.metric):
        facts.append(missing)
    if unknown := sum(drawable(row, board.metric) for row in board.rows) - n:
        facts.append(f"{unknown} of unknown length")
    if line:
        facts.append("at the line, at 50, a model is as good as the baseline")
    return " · ".join(facts)


def _description(board: Board, rows: list[BoardRow]) -> str:
    axes = f"the mean length of their answers and their {board.metric.title}"
    said = f"{plural(len(rows), 'model')} by {axes}{against(board)}"
    if not rows:
        return f"{said}."
    lengths = [row.entry.avg_length or 0.0 for row in rows]
    return f"{said}. Answers are {min(lengths):,.0f} to {max(lengths):,.0f} characters long on average."
