"""Draw points and the intervals around them."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from evalkit.reporting.plots.palette import LIGHT

SIZE = 4.8
# the opacity of a bar behind a dot: fainter than the dot, and still visible on both backgrounds
SOFT = 0.7
_DOUBTFUL = "muted"


@dataclass(frozen=True, slots=True)
class Mark:
    """An estimate on a line of the chart; an estimate that cannot be relied on is drawn hollow and grey."""

    y: float
    value: float
    lower: float | None
    upper: float | None
    solid: bool


def draw_marks(axes: Axes, marks: Sequence[Mark], *, role: str = "accent") -> None:
    """Draw points with whiskers along x."""
    for mark in marks:
        if mark.lower is not None and mark.upper is not None and mark.upper > mark.lower:
            colour = LIGHT[role if mark.solid else _DOUBTFUL]
            axes.plot([mark.lower, mark.upper], [mark.y] * 2, color=colour, linewidth=1.5, solid_capstyle="butt",
                      clip_on=False, zorder=3)  # fmt: skip
    draw_points(axes, marks, role=role)


def draw_points(axes: Axes, marks: Sequence[Mark], *, role: str = "accent") -> None:
    for solid in (True, False):
        chosen = [mark for mark in marks if mark.solid == solid]
        face, edge = (LIGHT[role], LIGHT[role]) if solid else (LIGHT["surface"], LIGHT[_DOUBTFUL])
        axes.plot([mark.value for mark in chosen], [mark.y for mark in chosen], linestyle="none", marker="o",
                  markersize=SIZE, markerfacecolor=face, markeredgecolor=edge, markeredgewidth=1.3,
                  clip_on=False, zorder=4)  # fmt: skip
