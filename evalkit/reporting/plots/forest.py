"""Draw the board itself: each model's number with its interval, best first."""

from collections.abc import Sequence

from evalkit.boards import Board, BoardRow, Metric, Neighbours
from evalkit.formats import PublishedRow
from evalkit.reporting.columns import interval_name
from evalkit.reporting.plots.lines import Columns, IntervalLine, line_chart, line_tips
from evalkit.reporting.plots.marks import Mark, draw_marks
from evalkit.reporting.plots.palette import LIGHT
from evalkit.reporting.plots.plot import Plot
from evalkit.reporting.plots.style import drawing
from evalkit.reporting.plots.words import (
    against,
    below,
    drawable,
    judged_by,
    left_out,
    measure_name,
    rank_words,
    row_tip,
    said_name,
    sentence,
    short_name,
    sure,
    unranked,
    why_not,
)
from evalkit.text import percent, plural, printable, short_interval


def forest(board: Board) -> Plot:
    """Draw a point and a whisker for each model, over the whole scale; unranked models are grey and hollow, and so are
    the published rows below them.
    """
    title = f"{sentence(board.metric.title)}{against(board)}"
    published = _comparable_rows(board)
    lines = [_line(row, board.metric) for row in board.rows]
    lines += [_published_line(row, beside, board.metric) for beside, row in published]
    limits = scale_of(board)
    with drawing():
        figure, axes = line_chart(
            title,
            _subtitle(board),
            lines,
            columns=Columns("ranks", board.metric.title, interval_name(board)),
            limits=limits,
            label=measure_name(board.metric),
            below=below(board),
        )
        if not board.metric.graded:
            axes.axvline(50, color=LIGHT["muted"], linewidth=1.0, zorder=1)
        draw_marks(axes, [*_marks(board), *_published_marks(board, published)])
    return Plot(figure, "board", title, _description(board), line_tips(lines))


def scale_of(board: Board) -> tuple[float, float]:
    """Return the worst and the best possible number, so that no axis makes differences look larger than they are."""
    return board.rows[0].entry.scale


def _line(row: BoardRow, metric: Metric) -> IntervalLine:
    shown = row.measured(metric).estimate
    tip = row_tip(row, metric)
    if not drawable(row, metric):
        return IntervalLine("", short_name(row.entry.model), "", "", tip, instead=why_not(row))
    whiskers = "" if shown.lower is None else f"{percent(shown.lower)} to {percent(shown.upper)}"
    return IntervalLine(rank_words(row), short_name(row.entry.model), percent(shown.value), whiskers, tip)


def _marks(board: Board) -> list[Mark]:
    marks = []
    for y, row in enumerate(board.rows):
        shown = row.measured(board.metric).estimate
        if drawable(row, board.metric) and shown.value is not None:
            marks.append(Mark(y, shown.value, shown.lower, shown.upper, sure(row, board.metric)))
    return marks


def _comparable_rows(board: Board) -> list[tuple[Neighbours, PublishedRow]]:
    """Return the published rows beside the board whose numbers can be compared with the board's."""
    return [(beside, row) for beside in board.neighbours if not beside.apart for row in beside.rows]


def _published_line(row: PublishedRow, beside: Neighbours, metric: Metric) -> IntervalLine:
    number = row.numbers[metric.name]
    whiskers = "" if number.lower is None else f"{percent(number.lower)} to {percent(number.upper)}"
    table = beside.table
    tip = printable(f"{row.model}: {percent(number.value)}, published in {table.title or table.name} {table.date}")
    return IntervalLine("", short_name(f"{row.model} (published)"), percent(number.value), whiskers, tip)


def _published_marks(board: Board, published: Sequence[tuple[Neighbours, PublishedRow]]) -> list[Mark]:
    numbers = [row.numbers[board.metric.name] for _, row in published]
    return [
        Mark(y, number.value, number.lower, number.upper, solid=False)
        for y, number in enumerate(numbers, start=len(board.rows))
    ]


def _subtitle(board: Board) -> str:
    facts = [sentence(judged_by(board)), plural(len(board.rows), "model")]
    if missing := left_out(board.rows, board.metric):
        facts.append(missing)
    facts += unranked(board)
    if published := _comparable_rows(board):
        facts.append(f"{plural(len(published), 'published row')} below, judged alike and without a rank")
    if not board.metric.graded:
        facts.append("at the line, at 50, a model is as good as the baseline")
    return " · ".join(facts)


def _description(board: Board) -> str:
    shown = [row for row in board.rows if row.rank is not None]
    missing = left_out(board.rows, board.metric)
    drawn = sum(drawable(row, board.metric) for row in board.rows)
    order = f"{plural(drawn, 'model')} with their {board.metric.title}"
    said = f"{order}{against(board)}, {judged_by(board)}"
    if shown:
        first, last = shown[0], shown[-1]
        said += (
            f". First is {said_name(first.entry.model)} with {short_interval(first.measured(board.metric).estimate)}"
        )
        if last is not first:
            said += f", last {said_name(last.entry.model)} with {short_interval(last.measured(board.metric).estimate)}"
    apart = drawn - len(shown)
    said += f". Without a rank: {apart}" if apart else ""
    return f"{said}. Not drawn: {missing}." if missing else f"{said}."
