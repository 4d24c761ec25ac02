"""Draw charts with a line for each model: its name on the left, a mark on a shared axis, its numbers on the right."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import blended_transform_factory

from evalkit.boards import PERCENT
from evalkit.reporting.plots.frame import EDGE, WIDTH, Margins, Ruler, framed
from evalkit.reporting.plots.palette import LIGHT
from evalkit.reporting.plots.style import SMALL, TEXT

_LINE = 0.235
_CLOSE_LINE = 0.205
_MANY = 25
_GAP = 0.14
_HEADS = 0.24
_AXIS = 0.52


@dataclass(frozen=True, slots=True)
class IntervalLine:
    """The texts of one model; `instead` takes the place of a number that cannot be drawn, and `tip` shows on hover."""

    lead: str
    name: str
    value: str
    aside: str
    tip: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """The headings above the texts of the lines."""

    lead: str
    value: str
    aside: str
    name: str = "model"


def line_chart(
    title: str,
    subtitle: str,
    lines: Sequence[IntervalLine],
    *,
    columns: Columns,
    limits: tuple[float, float],
    label: str,
    below: int | None = None,
) -> tuple[Figure, Axes]:
    """Return a figure without marks: line `i` of the axes is at y = i, counted from the top, and its gid is `line-i`.

    Args:
        below: the first line below the rule; None for a chart without a rule.
    """
    ruler = Ruler()
    lead = max(ruler.widest([line.lead for line in lines]), ruler.width(columns.lead, size=SMALL))
    name = max(ruler.widest([line.name for line in lines]), ruler.width(columns.name, size=SMALL))
    value = max(ruler.widest([line.value for line in lines]), ruler.width(columns.value, size=SMALL))
    aside = max(ruler.widest([line.aside for line in lines], size=SMALL), ruler.width(columns.aside, size=SMALL))
    names = EDGE + (lead + _GAP if lead else 0)
    left = names + name + 1.5 * _GAP
    right = 1.5 * _GAP + value + (_GAP + aside if aside else 0) + EDGE
    pitch = _CLOSE_LINE if len(lines) > _MANY else _LINE
    margins = Margins(left, right, _HEADS, _AXIS)
    figure, axes = framed(title, subtitle, height=pitch * max(1, len(lines)), margins=margins, ruler=ruler)
    axes.set_xlim(*limits)
    if limits == PERCENT:
        axes.set_xticks([0, 25, 50, 75, 100])
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xlabel(label, fontsize=SMALL, labelpad=5)
    axes.grid(axis="x", color=LIGHT["grid"], linewidth=0.7)
    axes.hlines(range(len(lines)), *limits, color=LIGHT["grid"], linewidth=0.4, zorder=0.5, clip_on=False)
    if below is not None:
        across = blended_transform_factory(figure.dpi_scale_trans, axes.transData)
        axes.plot([EDGE, WIDTH - EDGE], [below - 0.5] * 2, transform=across, color=LIGHT["muted"], linewidth=0.9,
                  zorder=2, clip_on=False)  # fmt: skip
    places = (EDGE + lead, names, WIDTH - right + 1.5 * _GAP + value, WIDTH - EDGE)
    _write(figure, axes, lines, places)
    heads = ((columns.lead, "right"), (columns.name, "left"), (columns.value, "right"), (columns.aside, "right"))
    above = blended_transform_factory(figure.dpi_scale_trans, axes.transAxes)
    for (text, side), x in zip(heads, places, strict=True):
        axes.text(x, 1 + 0.07 / (pitch * max(1, len(lines))), text, transform=above, ha=side, va="bottom",
                  fontsize=SMALL, color=LIGHT["muted"])  # fmt: skip
    return figure, axes


def line_tips(lines: Sequence[IntervalLine]) -> dict[str, str]:
    return {f"line-{y}": line.tip for y, line in enumerate(lines)}


def _write(
    figure: Figure, axes: Axes, lines: Sequence[IntervalLine], places: tuple[float, float, float, float]
) -> None:
    beside = blended_transform_factory(figure.dpi_scale_trans, axes.transData)
    for y, line in enumerate(lines):
        colour = LIGHT["muted"] if line.instead else LIGHT["ink"]
        texts = (
            (line.lead, "right", LIGHT["muted"], TEXT),
            (line.name, "left", colour, TEXT),
            (line.value, "right", colour, TEXT),
            (line.aside, "right", LIGHT["muted"], SMALL),
        )
        for (text, side, shade, size), x in zip(texts, places, strict=True):
            if text:
                axes.text(x, y, text, transform=beside, ha=side, va="center_baseline", color=shade, fontsize=size)
        if line.instead:
            start = axes.get_xlim()[0]
            axes.annotate(line.instead, (start, y), (6, 0), textcoords="offset points", va="center_baseline",
                          fontsize=SMALL, color=LIGHT["muted"], zorder=2,
                          bbox={"facecolor": LIGHT["surface"], "edgecolor": "none", "pad": 2})  # fmt: skip
        # an invisible area: a reader points at it to see the tip of the line
        axes.add_patch(Rectangle((0, y - 0.5), WIDTH, 1, transform=beside, facecolor=LIGHT["surface"], edgecolor="none",
                                 alpha=0, clip_on=False, zorder=10, gid=f"line-{y}"))  # fmt: skip
