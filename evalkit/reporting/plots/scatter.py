"""Draw named points in the plane so that no name covers anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from evalkit.reporting.plots.frame import EDGE, Margins, Ruler, framed
from evalkit.reporting.plots.marks import SIZE, SOFT
from evalkit.reporting.plots.palette import LIGHT
from evalkit.reporting.plots.placing import Box, Spot, place_names
from evalkit.reporting.plots.style import SMALL

_HEIGHT = 4.6
_TALL = 6.0
_MANY = 25
_LEFT = 0.85
_LINE_HEIGHT = 0.135
_HOVER = 0.11
_MARGINS = Margins(_LEFT, EDGE + 0.1, 0.08, 0.6)


@dataclass(frozen=True, slots=True)
class Dot:
    """A named point with the known intervals along both axes; it is hollow, not `solid`, if it cannot be relied on."""

    name: str
    x: float
    y: float
    x_interval: tuple[float, float] | None
    y_interval: tuple[float, float] | None
    solid: bool
    tip: str


@dataclass(frozen=True, slots=True)
class LabelledAxis:
    label: str
    limits: tuple[float, float]


def scatter(title: str, subtitle: str, dots: Sequence[Dot], *, x: LabelledAxis, y: LabelledAxis) -> tuple[Figure, Axes]:
    """Return the figure without names, since names are written after everything else is drawn."""
    height = _TALL if len(dots) > _MANY else _HEIGHT
    figure, axes = framed(title, subtitle, height=height, margins=_MARGINS, ruler=Ruler())
    axes.set_xlim(*x.limits)
    axes.set_ylim(*y.limits)
    axes.set_xlabel(x.label, fontsize=SMALL, labelpad=6)
    axes.set_ylabel(y.label, fontsize=SMALL, labelpad=6)
    axes.grid(color=LIGHT["grid"], linewidth=0.7)
    for dot in dots:
        for interval, ends in ((dot.x_interval, ([dot.y] * 2)), (dot.y_interval, ([dot.x] * 2))):
            if interval is not None:
                along = (interval, ends) if interval is dot.x_interval else (ends, interval)
                axes.plot(*along, color=LIGHT["accent"], linewidth=1.1, alpha=SOFT, solid_capstyle="butt", zorder=3)
    for solid in (True, False):
        chosen = [dot for dot in dots if dot.solid == solid]
        face = LIGHT["accent"] if solid else LIGHT["surface"]
        axes.plot([dot.x for dot in chosen], [dot.y for dot in chosen], linestyle="none", marker="o", zorder=4,
                  markersize=SIZE, markerfacecolor=face, markeredgecolor=LIGHT["accent"], markeredgewidth=1.3,
                  clip_on=False)  # fmt: skip
    for number, dot in enumerate(dots):
        x_inch, y_inch = axes.transData.transform((dot.x, dot.y)) / figure.dpi
        axes.add_patch(Circle((x_inch, y_inch), _HOVER, transform=figure.dpi_scale_trans, facecolor=LIGHT["surface"],
                              edgecolor="none", alpha=0, clip_on=False, zorder=10, gid=f"dot-{number}"))  # fmt: skip
    return figure, axes


def dot_tips(dots: Sequence[Dot]) -> dict[str, str]:
    return {f"dot-{number}": dot.tip for number, dot in enumerate(dots)}


def write_names(figure: Figure, axes: Axes, dots: Sequence[Dot], *, level: float | None = None) -> int:
    """Write the names of as many points as have room, in the order of the points; return the number of names written.

    Args:
        level: the height of a line across the axes that names should avoid.
    """
    points = [(float(x), float(y)) for x, y in (axes.transData.transform((dot.x, dot.y)) for dot in dots)]
    ruler, dpi = Ruler(), figure.dpi
    sizes = [(ruler.width(dot.name, size=SMALL) * dpi, _LINE_HEIGHT * dpi) for dot in dots]
    area = axes.get_window_extent()
    within = Box(area.x0 + 2, area.y0 + 2, area.x1 + 0.05 * dpi, area.y1)
    radius = SIZE * dpi / 72 / 2
    lines = _whiskers(axes, dots)
    if level is not None:
        lines.append(_box(axes, (axes.get_xlim()[0], level), (axes.get_xlim()[1], level)))
    places = place_names(points, sizes, within=within, radius=radius, lines=lines)
    for point, dot, place in zip(points, dots, places, strict=True):
        if place is not None:
            _write(figure, axes, point, dot, place)
    return sum(place is not None for place in places)


def _write(figure: Figure, axes: Axes, point: tuple[float, float], dot: Dot, place: Spot) -> None:
    # positions are in inches, since pixels would move with the resolution of a file
    box, inches, dpi = place.box, figure.dpi_scale_trans, figure.dpi
    if place.leader is not None:
        xs, ys = ((start / dpi, end / dpi) for start, end in zip(point, place.leader, strict=True))
        axes.plot(xs, ys, transform=inches, linewidth=0.6, color=LIGHT["muted"], zorder=2, clip_on=False)
    # a reader's font may be narrower than the measured font, so that the end that faces the point is fixed
    side = "left" if box.left >= point[0] else "right" if box.right <= point[0] else "center"
    x = {"left": box.left, "right": box.right, "center": (box.left + box.right) / 2}[side]
    axes.text(x / dpi, (box.bottom + box.top) / 2 / dpi, dot.name, ha=side, va="center_baseline", transform=inches,
              fontsize=SMALL, zorder=5)  # fmt: skip


def _whiskers(axes: Axes, dots: Sequence[Dot]) -> list[Box]:
    boxes = []
    for dot in dots:
        if dot.x_interval is not None:
            boxes.append(_box(axes, (dot.x_interval[0], dot.y), (dot.x_interval[1], dot.y)))
        if dot.y_interval is not None:
            boxes.append(_box(axes, (dot.x, dot.y_interval[0]), (dot.x, dot.y_interval[1])))
    return boxes


def _box(axes: Axes, low: tuple[float, float], high: tuple[float, float]) -> Box:
    (left, bottom), (right, top) = axes.transData.transform((low, high))
    return Box(float(left) - 0.5, float(bottom) - 0.5, float(right) + 0.5, float(top) + 0.5)
