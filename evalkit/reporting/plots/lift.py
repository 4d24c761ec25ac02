"""Draw the change of each model's win rate when length or style is held equal."""

from dataclasses import dataclass
from typing import Any

from matplotlib.markers import CARETLEFT, CARETRIGHT

from evalkit.boards import LC_WIN_RATE, Board, BoardRow, Held, Metric
from evalkit.errors import ConfigError
from evalkit.reporting.plots.lines import Columns, IntervalLine, line_chart, line_tips
from evalkit.reporting.plots.palette import LIGHT
from evalkit.reporting.plots.plot import Plot
from evalkit.reporting.plots.style import drawing
from evalkit.reporting.plots.words import (
    against,
    below,
    judged_by,
    left_out,
    reservation,
    row_tip,
    said_name,
    sentence,
    short_name,
    sure,
    why_not,
)
from evalkit.text import percent, plural


@dataclass(frozen=True, slots=True)
class _Lift:
    y: int
    row: BoardRow
    raw: float
    controlled: float
    solid: bool

    @property
    def change(self) -> float:
        """The change as it is printed."""
        return round(self.controlled - self.raw, 2) + 0.0

    @property
    def role(self) -> str:
        """The role of the colour, by the sign of the printed change."""
        return "accent" if self.change >= 0 else "second"

    @property
    def head(self) -> Any:
        """The marker of the arrow's head, whose tip is the number; a dot if the printed change is zero."""
        return CARETRIGHT if self.change > 0 else CARETLEFT if self.change < 0 else "o"


def lift(board: Board) -> Plot:
    """Draw an arrow from the raw to the controlled win rate of each model.

    Raises:
        ConfigError: answers were graded alone, so that there is nothing to hold equal.
    """
    if board.metric.graded:
        raise ConfigError("answers that were graded alone have no win rate to hold length equal in")
    metric = board.metric if board.metric.held else LC_WIN_RATE
    held = (board.metric.held or Held.LENGTH).value
    title = f"What equal {held} does to the win rate"
    lifts = _lifts(board, metric)
    lines = _lines(board, lifts, metric)
    with drawing():
        figure, axes = line_chart(
            title,
            _subtitle(board, metric),
            lines,
            columns=Columns("", "change", f"raw to {metric.title.removesuffix(' win rate')}"),
            limits=board.rows[0].entry.scale,
            label="Win rate, percent",
            below=below(board),
        )
        axes.axvline(50, color=LIGHT["muted"], linewidth=1.0, zorder=1)
        for arrow in lifts:
            axes.plot([arrow.raw, arrow.controlled], [arrow.y] * 2, color=LIGHT[arrow.role], linewidth=1.6, zorder=3,
                      clip_on=False, solid_capstyle="butt")  # fmt: skip
            axes.plot([arrow.raw], [arrow.y], linestyle="none", marker="|", markersize=6.5, markeredgewidth=1.4,
                      color=LIGHT[arrow.role], clip_on=False, zorder=3)  # fmt: skip
            axes.plot([arrow.controlled], [arrow.y], linestyle="none", marker=arrow.head, markersize=6,
                      markerfacecolor=LIGHT[arrow.role if arrow.solid else "surface"],
                      markeredgecolor=LIGHT[arrow.role], clip_on=False, zorder=4)  # fmt: skip
    return Plot(figure, "lift", title, _description(lifts, held), line_tips(lines))


def _lifts(board: Board, metric: Metric) -> list[_Lift]:
    lifts = []
    for y, row in enumerate(board.rows):
        controlled, raw = row.measured(metric).estimate, row.raw.estimate
        if not row.entry.refused and controlled.value is not None and raw.value is not None:
            lifts.append(_Lift(y, row, raw.value, controlled.value, sure(row, metric)))
    return lifts


def _lines(board: Board, lifts: list[_Lift], metric: Metric) -> list[IntervalLine]:
    by_line = {arrow.y: arrow for arrow in lifts}
    lines = []
    for y, row in enumerate(board.rows):
        tip, name, arrow = row_tip(row, metric), short_name(row.entry.model), by_line.get(y)
        if arrow is None:
            lines.append(IntervalLine("", name, "", "", tip, instead=why_not(row)))
        else:
            ends = f"{percent(arrow.raw)} to {percent(arrow.controlled)}"
            lines.append(IntervalLine("", name, _signed(arrow.change), ends, tip))
    return lines


def _signed(change: float) -> str:
    return percent(change) if change == 0 else f"{change:+.2f}".replace("-", "−")


def _subtitle(board: Board, metric: Metric) -> str:
    facts = [
        f"Win rate{against(board)}, {judged_by(board)}",
        f"from the raw win rate to the {metric.title}",
        "blue rises, orange falls",
    ]
    facts += reservation(board.rows, metric)
    if missing := left_out(board.rows, metric):
        facts.append(missing)
    return " · ".join(facts)


def _description(lifts: list[_Lift], held: str) -> str:
    if not lifts:
        return f"No model has a win rate at equal {held}."
    rise, fall = max(lifts, key=lambda arrow: arrow.change), min(lifts, key=lambda arrow: arrow.change)
    rises = sum(arrow.role == "accent" for arrow in lifts)
    said = sentence(f"{plural(len(lifts), 'model')}: at equal {held} {rises} keep or gain, {len(lifts) - rises} lose")
    most = "moves most upwards" if rise.change > 0 else "loses least"
    moves = f"{said_name(rise.row.entry.model)} {most}, by {_signed(rise.change)} points"
    least = "moves most downwards" if fall.change < 0 else "moves least"
    return f"{said}. {moves}; {said_name(fall.row.entry.model)} {least}, by {_signed(fall.change)}."
