"""Lay out a figure with a heading and one pair of axes, in inches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from evalkit.reporting.plots.palette import LIGHT
from evalkit.reporting.plots.style import SMALL, TEXT, TITLE

WIDTH = 9.0
EDGE = 0.25
TITLE_LINE = 0.27
# the prefix of the gids of title lines; a page drops these lines, since it writes the title itself
TITLE_GID = "title-"

_TEXT_LINE = 0.175
_BELOW_HEADING = 0.16


class Ruler:
    """Measures text before the figure that will hold it exists."""

    @cached_property
    def _figure(self) -> Figure:
        return Figure(figsize=(1, 1), dpi=100)

    @cached_property
    def _renderer(self) -> RendererAgg:
        renderer: RendererAgg = FigureCanvasAgg(self._figure).get_renderer()  # type: ignore[no-untyped-call]
        return renderer

    def width(self, text: str, *, size: float = TEXT, bold: bool = False) -> float:
        """Return the width of a text in inches."""
        artist = Text(0, 0, text, fontsize=size, fontweight="bold" if bold else "normal", figure=self._figure)
        return float(artist.get_window_extent(self._renderer).width) / 100

    def widest(self, texts: Sequence[str], *, size: float = TEXT) -> float:
        return max((self.width(text, size=size) for text in texts), default=0.0)

    def wrapped(self, text: str, width: float, *, size: float = TEXT) -> list[str]:
        """Return lines of whole words, at most `width` inches wide unless a single word is wider."""
        lines: list[str] = []
        for word in text.split():
            if lines and self.width(f"{lines[-1]} {word}", size=size) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines


@dataclass(frozen=True, slots=True)
class Margins:
    """The margins around the axes in inches; the heading comes on top of them."""

    left: float
    right: float
    top: float
    bottom: float


def framed(title: str, subtitle: str, *, height: float, margins: Margins, ruler: Ruler) -> tuple[Figure, Axes]:
    """Return a figure whose axes are `height` inches high, below a title and a subtitle that wrap."""
    lines = ruler.wrapped(subtitle, WIDTH - 2 * EDGE)
    titles = ruler.wrapped(title, WIDTH - 2 * EDGE, size=TITLE * 1.08)
    heading = EDGE + TITLE_LINE * len(titles) + _TEXT_LINE * len(lines) + _BELOW_HEADING
    total = heading + margins.top + height + margins.bottom
    figure = Figure(figsize=(WIDTH, total), dpi=100)
    y = total - EDGE
    for number, line in enumerate(titles):
        figure.text(EDGE / WIDTH, y / total, line, fontsize=TITLE, fontweight="bold", va="top",
                    gid=f"{TITLE_GID}{number}")  # fmt: skip
        y -= TITLE_LINE
    for line in lines:
        figure.text(EDGE / WIDTH, y / total, line, fontsize=TEXT, color=LIGHT["muted"], va="top")
        y -= _TEXT_LINE
    width = WIDTH - margins.left - margins.right
    axes = figure.add_axes((margins.left / WIDTH, margins.bottom / total, width / WIDTH, height / total))
    axes.tick_params(length=0, pad=5, labelsize=SMALL)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_axisbelow(True)
    return figure, axes
