"""All models on all boards in one table: a row for each model, a column for each benchmark, judge and metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.boards import Board, BoardRow, Metric
from evalkit.reporting.columns import board_metrics
from evalkit.reporting.page.axis import Axis, Whisker, shared_axis
from evalkit.reporting.page.numbers import NOTHING
from evalkit.reporting.page.table import Number, number_of, row_kind
from evalkit.reporting.page.words import STATUS, style_of
from evalkit.reporting.plots.words import sentence
from evalkit.reporting.reasons import brief_words
from evalkit.reporting.site.addresses import Addresses
from evalkit.text import printable
from evalkit.types import StatusKind


@dataclass(frozen=True, slots=True)
class OverviewColumn:
    """One number of one board; `key` names the column in an address, `ranking` says whether the number ranks.

    The column `begins` those of a benchmark.
    """

    key: str
    benchmark: str
    judge: str
    judge_page: str
    metric: str
    ranking: bool
    begins: bool
    axis: Axis


@dataclass(frozen=True, slots=True)
class OverviewCell:
    """A model's number; `full` is the number with its interval, its rank and what speaks against it."""

    shown: Number
    interval: str
    rank: str
    leads: bool
    kind: str
    whisker: Whisker | None
    full: str


@dataclass(frozen=True, slots=True)
class OverviewLine:
    model: str
    page: str
    cells: tuple[OverviewCell, ...]


@dataclass(frozen=True, slots=True)
class BenchmarkHead:
    """The head over a benchmark's columns, of which there are `n`."""

    name: str
    page: str
    n: int


@dataclass(frozen=True, slots=True)
class OverviewTable:
    """The table; `order` names the board in whose order the models are, unless there is only one."""

    heads: tuple[BenchmarkHead, ...]
    columns: tuple[OverviewColumn, ...]
    lines: tuple[OverviewLine, ...]
    judges: tuple[str, ...]
    order: str


def overview_table(boards: Sequence[tuple[str, Board]], titles: Sequence[str], pages: Addresses) -> OverviewTable:
    """Return the table of all boards, each with its benchmark's name and its title.

    Models are in the order of the board that ranks the most, then of the next, and so on.
    """
    measured = [(place, metric) for place, (_, board) in enumerate(boards) for metric in board_metrics(board)]
    rows = [{row.entry.model: row for row in board.rows} for _, board in boards]
    places = sorted(range(len(boards)), key=lambda place: -sum(row.rank is not None for row in boards[place][1].rows))
    models = list(dict.fromkeys(model for place in places for model in rows[place]))
    columns = tuple(_column(place, metric, boards, titles, pages) for place, metric in measured)
    names = list(dict.fromkeys(name for name, _ in boards))
    return OverviewTable(
        heads=tuple(
            BenchmarkHead(printable(name), pages.benchmarks[name], sum(boards[at][0] == name for at, _ in measured))
            for name in names
        ),
        columns=columns,
        lines=tuple(_line(model, measured, columns, boards, rows, pages) for model in models),
        judges=tuple(dict.fromkeys(column.judge for column in columns)),
        order="" if len(boards) < 2 else f"{printable(boards[places[0]][0])}, {titles[places[0]]}",
    )


def _column(
    place: int, metric: Metric, boards: Sequence[tuple[str, Board]], titles: Sequence[str], pages: Addresses
) -> OverviewColumn:
    name, board = boards[place]
    estimates = [row.measured(metric).estimate for row in board.rows if not row.entry.refused]
    return OverviewColumn(
        key=f"{place}.{metric.name}",
        benchmark=printable(name),
        judge=titles[place],
        judge_page=pages.judges[board.judge],
        metric=sentence(metric.title),
        ranking=metric == board.metric,
        begins=metric == board.metric and (place == 0 or boards[place - 1][0] != name),
        axis=shared_axis(estimates, scale=board.rows[0].entry.scale, even=None if board.metric.graded else 50.0),
    )


def _line(
    model: str,
    measured: Sequence[tuple[int, Metric]],
    columns: Sequence[OverviewColumn],
    boards: Sequence[tuple[str, Board]],
    rows: Sequence[Mapping[str, BoardRow]],
    pages: Addresses,
) -> OverviewLine:
    cells = tuple(
        _cell(rows[place].get(model), metric, boards[place][1], column.axis)
        for (place, metric), column in zip(measured, columns, strict=True)
    )
    return OverviewLine(printable(model), pages.models[model], cells)


def _cell(row: BoardRow | None, metric: Metric, board: Board, axis: Axis) -> OverviewCell:
    if row is None:
        return OverviewCell(Number("", None), "", "", leads=False, kind="none", whisker=None, full="not on this board")
    style, estimate, status = style_of(board), row.measured(metric).estimate, row.status(metric)
    kind = row_kind(row, status.kind)
    ranked = metric == board.metric and row.rank is not None
    span = "" if row.rank is None or not ranked else _span(row.rank.lower, row.rank.upper)
    words = [printable(style.full(estimate)), f"rank {span}" if span else ""]
    if kind != StatusKind.OK.value:
        words.append(f"{STATUS[kind]}: {brief_words(status.reason, number=metric.title)}".rstrip(": "))
    return OverviewCell(
        shown=number_of(estimate, style, row),
        interval="" if estimate.lower is None else style.interval(estimate),
        rank=span,
        leads=ranked and row.rank is not None and row.rank.rank == 1,
        kind=kind,
        whisker=None if row.entry.refused else axis.whisker(estimate, hollow=status.kind != StatusKind.OK),
        full="; ".join(filter(None, words)) or NOTHING,
    )


def _span(lower: int, upper: int) -> str:
    return f"{lower}" if lower == upper else f"{lower}–{upper}"
