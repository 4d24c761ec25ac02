"""Draw several benchmarks beside each other: a line a model, a panel a number, each with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from evalkit.boards import Overview, Standing
from evalkit.errors import ConfigError
from evalkit.reporting.overview import METHODS, column_title
from evalkit.reporting.plots.frame import EDGE, WIDTH, Margins, Ruler, framed
from evalkit.reporting.plots.marks import SIZE
from evalkit.reporting.plots.palette import LIGHT
from evalkit.reporting.plots.plot import Plot
from evalkit.reporting.plots.style import SMALL, drawing
from evalkit.reporting.plots.words import HOLLOW, said_name, sentence, short_name
from evalkit.stats import CONFIDENCE
from evalkit.text import level, plural, short_interval
from evalkit.types import OK, Estimate

# more panels would be too narrow to be read
MOST_PANELS = 8
_LINE, _GAP, _HEAD, _FOOT = 0.21, 0.16, 0.46, 0.32
_LONGEST_NAME, _LETTER = 36, 0.066
_ROOM = 0.06
_TICKS = 3


@dataclass(frozen=True, slots=True)
class _Panel:
    """The title of a number with the models' estimates, in the order of the lines; None where a model has none."""

    title: str
    estimates: tuple[Estimate | None, ...]
    lower_is_better: bool = False

    @property
    def limits(self) -> tuple[float, float]:
        """Limits that hold every interval."""
        ends = [
            end
            for one in self.estimates
            if one is not None
            for end in (one.value, one.lower, one.upper)
            if end is not None
        ]
        if not ends:
            return 0.0, 1.0
        room = _ROOM * (max(ends) - min(ends)) or 1.0
        return min(ends) - room, max(ends) + room


def overview_plot(overview: Overview) -> Plot:
    """Draw the numbers by which the boards rank, and before them the aggregate where there is one.

    Raises:
        ConfigError: there are more panels than can be read.
    """
    panels = [*_aggregate(overview, overview.standing), *_numbers(overview)]
    if len(panels) > MOST_PANELS:
        raise ConfigError(
            f"a figure shows at most {MOST_PANELS} numbers beside each other, and these are {len(panels)}. Name fewer "
            "benchmarks, or one judge with --judge"
        )
    title = f"{plural(len(overview.rows), 'model')} on {plural(len(overview.benchmarks), 'benchmark')}"
    names = [short_name(row.model, longest=_LONGEST_NAME) for row in overview.rows]
    with drawing():
        ruler = Ruler()
        left = EDGE + ruler.widest(names, size=SMALL) + 0.12
        margins = Margins(left, EDGE, _HEAD, _FOOT)
        figure, axes = framed(title, _subtitle(panels), height=_LINE * len(names), margins=margins, ruler=ruler)
        whole = axes.get_position()
        gap = _GAP / WIDTH
        width = (whole.width - gap * (len(panels) - 1)) / len(panels)
        for place, panel in enumerate(panels):
            own = axes if place == 0 else figure.add_axes((0, 0, 1, 1))
            own.set_position((whole.x0 + place * (width + gap), whole.y0, width, whole.height))
            _draw(own, panel, letters=int(width * WIDTH / _LETTER))
        axes.set_yticks(range(len(names)), names, fontsize=SMALL, color=LIGHT["ink"])
    return Plot(figure, "overview", title, _description(overview, panels), {})


def _numbers(overview: Overview) -> list[_Panel]:
    return [
        _Panel(
            column_title(overview, column),
            tuple(None if row.cells[place].row is None else row.cells[place].shown for row in overview.rows),
        )
        for place, column in enumerate(overview.columns)
        if column.ranks
    ]


def _aggregate(overview: Overview, standing: Standing | None) -> list[_Panel]:
    if standing is None:
        return []
    placed = {one.model: one.estimate for one in standing.models}
    estimates = tuple(placed.get(row.model) for row in overview.rows)
    return [_Panel(METHODS[standing.method], estimates, standing.lower_is_better)]


def _draw(axes: Axes, panel: _Panel, *, letters: int) -> None:
    low, high = panel.limits
    # the better side is on the right in every panel
    axes.set_xlim((high, low) if panel.lower_is_better else (low, high))
    axes.set_ylim(len(panel.estimates) - 0.5, -0.5)
    axes.set_yticks([])
    axes.tick_params(length=0, pad=3, labelsize=SMALL)
    axes.xaxis.set_major_locator(MaxNLocator(_TICKS))
    axes.grid(axis="x", color=LIGHT["grid"], linewidth=0.7)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    for y, estimate in enumerate(panel.estimates):
        axes.axhline(y, color=LIGHT["grid"], linewidth=0.5, zorder=0.5)
        if estimate is None or estimate.value is None:
            axes.text(0.5, y, "no number", transform=axes.get_yaxis_transform(), ha="center", va="center",
                      fontsize=SMALL - 1, color=LIGHT["muted"],
                      bbox={"facecolor": LIGHT["surface"], "edgecolor": "none", "pad": 1})  # fmt: skip
            continue
        solid = estimate.status == OK
        role = "accent" if solid else "muted"
        if estimate.lower is not None and estimate.upper is not None:
            axes.plot([estimate.lower, estimate.upper], [y, y], color=LIGHT[role], linewidth=1.4,
                      solid_capstyle="butt", zorder=3)  # fmt: skip
        axes.plot([estimate.value], [y], linestyle="none", marker="o", markersize=SIZE, zorder=4,
                  markerfacecolor=LIGHT["accent" if solid else "surface"], markeredgecolor=LIGHT[role],
                  markeredgewidth=1.2)  # fmt: skip
    lines = _headed(panel.title, letters)
    axes.set_title("\n".join(lines), loc="left", fontsize=SMALL, color=LIGHT["ink"], pad=4)


def _headed(title: str, letters: int) -> list[str]:
    """Return a title in two lines, the name of the benchmark cut where it is longer than the panel is wide."""
    words = title.split(" ")
    cut = next((place for place in range(1, len(words)) if words[place].isalpha()), len(words))
    head, tail = " ".join(words[:cut]), " ".join(words[cut:])
    return [short_name(line, longest=max(letters, 8)) for line in (head, tail) if line]


def _subtitle(panels: Sequence[_Panel]) -> str:
    facts = [f"{level(CONFIDENCE)} intervals", "each panel has the scale of its own numbers, better to the right"]
    known = [one for panel in panels for one in panel.estimates if one is not None and one.value is not None]
    if any(one.status != OK for one in known):
        facts.append(HOLLOW)
    return " · ".join(facts)


def _description(overview: Overview, panels: Sequence[_Panel]) -> str:
    """Return the numbers of the first model in each panel, and what the panels are."""
    said = [sentence(f"{plural(len(overview.rows), 'model')} in {plural(len(panels), 'panel')}") + "."]
    if overview.rows:
        first = said_name(overview.rows[0].model)
        numbers = [
            f"{panel.title} {short_interval(panel.estimates[0])}"
            for panel in panels
            if panel.estimates[0] is not None and panel.estimates[0].value is not None
        ]
        said.append(f"{first}, the first line, has {'; '.join(numbers) or 'no number'}.")
    return " ".join(said)
