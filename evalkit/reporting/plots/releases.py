"""Draw a model's number by release: each with its interval, and the changes between them."""

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import blended_transform_factory

from evalkit.boards import PERCENT, Release, Series
from evalkit.reporting.comparison import signed, signed_interval
from evalkit.reporting.plots.frame import EDGE, WIDTH, Margins, Ruler, framed
from evalkit.reporting.plots.marks import SIZE
from evalkit.reporting.plots.palette import LIGHT
from evalkit.reporting.plots.plot import Plot
from evalkit.reporting.plots.style import SMALL, drawing
from evalkit.reporting.plots.words import HOLLOW, heading_name, measure_name, safe, said_name, sentence, short_name
from evalkit.reporting.reasons import brief_words
from evalkit.reporting.releases import change_sentence, looks_line
from evalkit.stats import significant
from evalkit.text import level, plural, short_interval
from evalkit.types import OK

_HEIGHT = 2.9
_LINE = 0.165
_LEFT = 0.85
# the release's name, its date and its change, and a line for each of the first categories that moved
_MOVED = 2
_LINES = 3 + _MOVED
_ROOM = 0.06
_GAP = 0.08
# the narrowest column whose words can be read, in inches
_NARROWEST = 0.72
_LETTER = 0.062


def releases_plot(series: Series) -> Plot:
    """Draw a point and a whisker for each release from left to right, joined by lines that show what is sure to rise or
    to fall.
    """
    title = f"{sentence(series.metric.title)} of {heading_name(series.model)} by release"
    with drawing():
        figure, axes = _frame(title, series)
        _draw_changes(axes, series.releases)
        _draw_best(axes, series)
        _draw_numbers(axes, series.releases)
        _write_columns(figure, axes, series.releases)
    tips = {f"release-{place}": _tip(release, series) for place, release in enumerate(series.releases)}
    return Plot(figure, "releases", title, _description(series), tips)


def _frame(title: str, series: Series) -> tuple[Figure, Axes]:
    margins = Margins(_LEFT, EDGE, 0.06, 0.16 + _LINE * _LINES)
    figure, axes = framed(title, _subtitle(series), height=_HEIGHT, margins=margins, ruler=Ruler())
    low, high = _limits(series)
    axes.set_xlim(-0.5, len(series.releases) - 0.5)
    axes.set_ylim(low, high)
    axes.set_xticks([])
    axes.set_ylabel(measure_name(series.metric), fontsize=SMALL, labelpad=6)
    axes.grid(axis="y", color=LIGHT["grid"], linewidth=0.7)
    if series.baseline and low < 50 < high:
        axes.axhline(50, color=LIGHT["muted"], linewidth=1.0, zorder=1)
    return figure, axes


def _limits(series: Series) -> tuple[float, float]:
    """Return limits that hold every interval: changes are of interest here, and the axis says that it is no whole
    scale.
    """
    ends = [
        end
        for release in series.releases
        for end in (release.estimate.value, release.estimate.lower, release.estimate.upper)
        if end is not None
    ]
    if not ends:
        return PERCENT
    room = _ROOM * (max(ends) - min(ends)) or 1.0
    return min(ends) - room, max(ends) + room


def _draw_changes(axes: Axes, releases: Sequence[Release]) -> None:
    """Join releases in a row: in blue and orange where the number rose or fell for sure, else in grey."""
    compared = [(place, release) for place, release in enumerate(releases) if release.compared]
    for (start, before), (place, release) in pairwise(compared):
        if before.estimate.value is None or release.estimate.value is None or release.change is None:
            continue
        change = release.change.difference.estimate
        sure = significant(change)
        role = "muted" if not sure or change.value is None else "accent" if change.value > 0 else "second"
        axes.plot([start, place], [before.estimate.value, release.estimate.value], color=LIGHT[role],
                  linewidth=2.0 if sure else 0.9, zorder=2, solid_capstyle="butt")  # fmt: skip


def _draw_best(axes: Axes, series: Series) -> None:
    """Draw the height of the best release so far, by the steps of the ladder."""
    best = series.compared[0]
    for place, release in enumerate(series.releases):
        best = release if release.rung.improves else best
        if best.estimate.value is not None:
            axes.plot([place - 0.5, place + 0.5], [best.estimate.value] * 2, color=LIGHT["good"], linewidth=1.0,
                      linestyle=(0, (4, 3)), zorder=1.5)  # fmt: skip


def _draw_numbers(axes: Axes, releases: Sequence[Release]) -> None:
    for place, release in enumerate(releases):
        estimate = release.estimate
        if estimate.value is None:
            continue
        solid = estimate.status == OK
        if estimate.lower is not None and estimate.upper is not None:
            axes.plot([place] * 2, [estimate.lower, estimate.upper], color=LIGHT["accent" if solid else "muted"],
                      linewidth=1.5, solid_capstyle="butt", zorder=3)  # fmt: skip
        axes.plot([place], [estimate.value], linestyle="none", marker="o", markersize=SIZE + 0.8, zorder=4,
                  markerfacecolor=LIGHT["accent" if solid else "surface"],
                  markeredgecolor=LIGHT["accent" if solid else "muted"], markeredgewidth=1.3)  # fmt: skip


def _write_columns(figure: Figure, axes: Axes, releases: Sequence[Release]) -> None:
    """Write beneath each release its name, its date, its change and the categories that moved; of many releases, those
    for which there is room.
    """
    column = (WIDTH - _LEFT - EDGE) / len(releases)
    every = max(1, -(-int(1000 * _NARROWEST) // int(1000 * column)))
    # the last column reaches the edge of the figure
    letters = int(min(every * column, column + 2 * EDGE) / _LETTER)
    below = blended_transform_factory(axes.transData, figure.dpi_scale_trans)
    bottom = 0.16 + _LINE * _LINES - _GAP
    last = len(releases) - 1
    for place, release in enumerate(releases):
        if (last - place) % every == 0:
            for line, (text, role) in enumerate(_column(release, letters)):
                axes.text(place, bottom - _LINE * line, text, transform=below, ha="center", va="top", clip_on=False,
                          fontsize=SMALL, color=LIGHT[role])  # fmt: skip
        # an invisible area: a reader points at it to see what is known of the release
        axes.add_patch(Rectangle((place - 0.5, 0), 1, 1, transform=axes.get_xaxis_transform(), edgecolor="none",
                                 facecolor=LIGHT["surface"], alpha=0, zorder=10, gid=f"release-{place}"))  # fmt: skip


def _column(release: Release, letters: int) -> list[tuple[str, str]]:
    """Return the lines beneath a release with the roles of their colours."""
    lines = [(short_name(release.name, longest=letters), "ink"), (f"{release.at:%Y-%m-%d}"[-letters:], "muted")]
    change = release.change
    if release.partial is not None and change is None:
        return [*lines, ("partial"[:letters], "muted")]
    if change is None:
        return lines
    estimate = change.difference.estimate
    if estimate.value is None:
        return [*lines, ("not comparable"[:letters], "muted")]
    lines.append((signed(estimate.value), _role(estimate.value) if significant(estimate) else "muted"))
    for name in change.moved[:_MOVED]:
        value = change.categories[name].estimate.value or 0.0
        lines.append((short_name(f"{safe(name)} {value:+.1f}", longest=letters), _role(value)))
    if len(change.moved) > _MOVED:
        lines[-1] = (f"and {len(change.moved) - 1} more"[:letters], "muted")
    return lines


def _role(value: float) -> str:
    return "accent" if value > 0 else "second"


def _subtitle(series: Series) -> str:
    facts = [f"Judge {heading_name(series.judge)}"]
    if series.baseline:
        facts[0] += f", against {heading_name(series.baseline)}"
    facts += [
        f"{level(series.confidence)} intervals",
        "thick: a change that is sure, blue up, orange down",
        "dashed: the best by more than a step of the ladder",
        "beneath: the change since the release before, and the categories that moved",
        "the axis shows the range of these releases",
    ]
    if any(release.estimate.status != OK and release.estimate.value is not None for release in series.releases):
        facts.append(HOLLOW)
    return " · ".join(facts)


def _tip(release: Release, series: Series) -> str:
    facts = [f"{said_name(release.name)}: {series.metric.title} {short_interval(release.estimate)}"]
    facts.append(f"{release.at:%Y-%m-%d %H:%M} UTC")
    if release.commit is not None:
        facts.append(f"commit {release.commit[:12]}")
    if release.decision is not None:
        facts.append(f"gate {release.decision.outcome}")
    if release.estimate.status != OK:
        facts.append(safe(brief_words(release.estimate.status.reason, number=series.metric.title)))
    if release.partial is not None:
        facts.append(f"partial: {safe(release.partial)}")
    change = release.change
    if change is None:
        return safe("; ".join(facts))
    if change.same_outputs:
        facts.append("the same outputs as the release before")
    estimate = change.difference.estimate
    if estimate.value is None:
        facts.append(f"not comparable: {safe(estimate.status.reason)}")
        return safe("; ".join(facts))
    facts.append(
        f"change {signed(estimate.value)} {'' if estimate.lower is None else signed_interval(estimate)}".strip()
    )
    facts += [f"{short_name(name)} {signed(change.categories[name].estimate.value or 0.0)}" for name in change.moved]
    return safe("; ".join(facts))


def _description(series: Series) -> str:
    counted = plural(len(series.releases), "release")
    moved = [
        f"{said_name(release.name)} moved {', '.join(map(short_name, release.change.moved))}"
        for release in series.releases
        if release.change is not None and release.change.moved
    ]
    told = f" {'; '.join(moved)}." if moved else ""
    return f"{counted}. {safe(change_sentence(series))}{told} {sentence(looks_line(series))}."
