"""Draw judges beside people: their agreement, the reliability of what they state, and the risk of following them."""

from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evalkit.boards import PERCENT
from evalkit.errors import ConfigError
from evalkit.metaeval import JudgeRow, JudgeTable, RowKind
from evalkit.reporting.columns import rank_text
from evalkit.reporting.judges.notes import table_title
from evalkit.reporting.plots.frame import EDGE, Margins, Ruler, framed
from evalkit.reporting.plots.lines import Columns, IntervalLine, line_chart, line_tips
from evalkit.reporting.plots.marks import SIZE, SOFT, Mark, draw_marks
from evalkit.reporting.plots.palette import LIGHT
from evalkit.reporting.plots.plot import Plot
from evalkit.reporting.plots.style import SMALL, drawing
from evalkit.reporting.plots.words import safe, short_name
from evalkit.stats import RiskCurve
from evalkit.text import count, interval, percent, printable, short_interval
from evalkit.types import StatusKind

# judges that one figure can tell apart
MOST = 4
_ROLES = ("accent", "second", "good", "bad")
_SQUARE = 4.4
# percent of the comparisons from which on a curve no longer jumps with every one of them
_SETTLED = 5.0
_MARGINS = Margins(0.85, EDGE + 0.1, 0.08, 0.6)
_NO_CALIBRATION = (
    "no judge states probabilities on enough decided comparisons to show how reliable they are: calibration needs 200, "
    "and a judge that gives more than wins and losses"
)


def agreement_figure(table: JudgeTable) -> Plot:
    """Draw the agreement with people of each judge, of the people with each other, and of each control."""
    title = safe(f"Agreement with people on {table.labels.source.name}")
    # a published number is of other labels than the figure is about
    own = [row for row in table.rows if row.kind != RowKind.PUBLISHED]
    rows = [row for row in own if row.estimate("human_agreement").value is not None]
    lines = [_line(row) for row in rows]
    subtitle = (
        f"{safe(table_title(table))} · in brackets: controls, which look at no content · a tie is half an agreement"
    )
    with drawing():
        figure, axes = line_chart(
            title,
            subtitle,
            lines,
            columns=Columns("ranks", "agreement", "95 % interval", name="judge"),
            limits=PERCENT,
            label="agreement with a person, of 100 (higher is better)",
        )
        axes.axvline(50, color=LIGHT["muted"], linewidth=1.0, zorder=1)
        draw_marks(axes, [_mark(y, row) for y, row in enumerate(rows)])
    best = (
        f" First is {safe(rows[0].judge.name)} with {short_interval(rows[0].estimate('human_agreement'))}."
        if rows
        else ""
    )
    return Plot(figure, "agreement", title, f"{safe(table_title(table))}.{best}", line_tips(lines))


def _line(row: JudgeRow) -> IntervalLine:
    estimate = row.estimate("human_agreement")
    name = short_name(row.judge.name)
    shown = f"({name})" if row.kind == RowKind.CONTROL else name
    tip = printable(f"{row.judge.name}: {short_interval(estimate)}, {count(row.judged)} comparisons")
    return IntervalLine(rank_text(row.rank), shown, percent(estimate.value), interval(estimate), tip)


def _mark(y: int, row: JudgeRow) -> Mark:
    estimate = row.estimate("human_agreement")
    assert estimate.value is not None
    solid = row.kind == RowKind.JUDGE and estimate.status.kind == StatusKind.OK
    return Mark(y, estimate.value, estimate.lower, estimate.upper, solid)


def reliability_figure(table: JudgeTable) -> Plot:
    """Draw the share on which judges are right by the confidence that they state.

    Raises:
        ConfigError: no judge states probabilities whose reliability can be shown.
    """
    rows = [row for row in table.judges if row.bins][:MOST]
    if not rows:
        raise ConfigError(_NO_CALIBRATION)
    title = safe(f"Reliability of what judges state, on {table.labels.source.name}")
    facts = ["on the diagonal a judge is right as often as it says", "bars: 95 % intervals", *_left_out(table, rows)]
    tips: dict[str, str] = {}
    with drawing():
        figure, axes = _square(title, facts, x="stated confidence, %", y="right, %", limits=(50, 100), heights=(0, 100))
        axes.plot([50, 100], [50, 100], color=LIGHT["muted"], linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
        for number, (row, role) in enumerate(zip(rows, _ROLES, strict=False)):
            shown = [one for one in row.bins if one.right.value is not None]
            xs = [one.stated for one in shown]
            ys = [one.right.value for one in shown if one.right.value is not None]
            for one in shown:
                axes.plot([one.stated] * 2, [one.right.lower or 0, one.right.upper or 0], color=LIGHT[role],
                          linewidth=1.1, alpha=SOFT, solid_capstyle="butt", zorder=3)  # fmt: skip
            axes.plot(xs, ys, color=LIGHT[role], linewidth=1.2, marker="o", markersize=SIZE, zorder=4, clip_on=False,
                      label=short_name(row.judge.name), gid=f"judge-{number}")  # fmt: skip
            tips[f"judge-{number}"] = printable(row.judge.name)
        _key(axes, rows)
    said = "; ".join(f"{safe(row.judge.name)}: ECE {_plain(row, 'ece')}" for row in rows)
    return Plot(figure, "reliability", title, f"{said}.", tips)


def risk_figure(table: JudgeTable) -> Plot:
    """Draw the share of errors of judges that answer only their surest comparisons.

    Raises:
        ConfigError: no judge has a curve.
    """
    rows = [row for row in table.judges if row.curve is not None][:MOST]
    if not rows:
        raise ConfigError("no judge has enough decided comparisons for a curve of risk by coverage")
    title = safe(f"Errors of judges that answer only where they are surest, on {table.labels.source.name}")
    facts = ["each judge's comparisons in the order of its confidence, the surest first", *_left_out(table, rows)]
    tips: dict[str, str] = {}
    with drawing():
        figure, axes = _square(title, facts, x="coverage, % of the comparisons", y="errors, %", limits=(0, 100),
                               heights=(0, 100))  # fmt: skip
        wanted = 100 * table.settings.risk
        axes.axhline(wanted, color=LIGHT["muted"], linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
        for number, (row, role) in enumerate(zip(rows, _ROLES, strict=False)):
            assert row.curve is not None
            axes.plot(row.curve.coverage, row.curve.risk, color=LIGHT[role], linewidth=1.5, zorder=3,
                      label=short_name(row.judge.name), gid=f"judge-{number}")  # fmt: skip
            tips[f"judge-{number}"] = printable(row.judge.name)
        most = max(_highest(row.curve) for row in rows if row.curve is not None)
        axes.set_ylim(0, min(100.0, max(10.0, 1.1 * most, 1.2 * wanted)))
        _key(axes, rows)
    said = "; ".join(f"{safe(row.judge.name)}: AURC {_plain(row, 'aurc')}" for row in rows)
    return Plot(figure, "risk", title, f"{said}.", tips)


def _highest(curve: RiskCurve) -> float:
    """Return the highest risk where the curve rests on more than a few verdicts."""
    settled = curve.coverage >= _SETTLED
    return float(curve.risk[settled].max(initial=0.0))


def _plain(row: JudgeRow, name: str) -> str:
    value = row.estimate(name).value
    return "not estimated" if value is None else f"{value:.4f}"


def _left_out(table: JudgeTable, rows: Sequence[JudgeRow]) -> list[str]:
    """Return the judges that the figure lacks, as a fact for its subtitle."""
    missing = [short_name(row.judge.name) for row in table.judges if row not in rows]
    return [f"not drawn: {', '.join(missing)}"] if missing else []


def _square(
    title: str, facts: Sequence[str], *, x: str, y: str, limits: tuple[float, float], heights: tuple[float, float]
) -> tuple[Figure, Axes]:
    figure, axes = framed(title, " · ".join(facts), height=_SQUARE, margins=_MARGINS, ruler=Ruler())
    axes.set_xlim(*limits)
    axes.set_ylim(*heights)
    axes.set_xlabel(x, fontsize=SMALL, labelpad=6)
    axes.set_ylabel(y, fontsize=SMALL, labelpad=6)
    axes.grid(color=LIGHT["grid"], linewidth=0.7)
    return figure, axes


def _key(axes: Axes, rows: Sequence[JudgeRow]) -> None:
    """Name the lines where there are several; the title of a figure of one judge names it."""
    if rows:
        axes.legend(loc="best", fontsize=SMALL, framealpha=0.85, facecolor=LIGHT["surface"], edgecolor="none")


JUDGE_PLOTS: Mapping[str, Callable[[JudgeTable], Plot]] = {
    "agreement": agreement_figure,
    "reliability": reliability_figure,
    "risk": risk_figure,
}
