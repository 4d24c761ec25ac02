"""The overview as a page shows it: each number with its rank and its interval, drawn on the axis of its column."""

from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.boards import Board, Overview, OverviewCell, OverviewColumn
from evalkit.reporting.columns import part_title
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
class ShownColumn:
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
class ShownCell:
    """A model's number; `full` is the number with its interval, its rank and what speaks against it."""

    shown: Number
    interval: str
    rank: str
    leads: bool
    kind: str
    whisker: Whisker | None
    full: str


@dataclass(frozen=True, slots=True)
class ShownLine:
    model: str
    page: str
    cells: tuple[ShownCell, ...]


@dataclass(frozen=True, slots=True)
class BenchmarkHead:
    """The head over a benchmark's columns, of which there are `n`."""

    name: str
    page: str
    n: int


@dataclass(frozen=True, slots=True)
class ShownOverview:
    heads: tuple[BenchmarkHead, ...]
    columns: tuple[ShownColumn, ...]
    lines: tuple[ShownLine, ...]
    judges: tuple[str, ...]


_ABSENT = ShownCell(Number("", None), "", "", leads=False, kind="none", whisker=None, full="not on this board")


def overview_table(overview: Overview, titles: Mapping[int, str], pages: Addresses) -> ShownOverview:
    """Return the table, where `titles` are those of the boards by their identity."""
    columns = tuple(_column(overview, place, titles, pages) for place in range(len(overview.columns)))
    return ShownOverview(
        heads=tuple(
            BenchmarkHead(
                printable(name), pages.benchmarks[name], sum(column.benchmark == name for column in overview.columns)
            )
            for name in overview.benchmarks
        ),
        columns=columns,
        lines=tuple(
            ShownLine(
                printable(row.model),
                pages.models[row.model],
                tuple(
                    _cell(cell, column, shown.axis)
                    for cell, column, shown in zip(row.cells, overview.columns, columns, strict=True)
                ),
            )
            for row in overview.rows
        ),
        judges=tuple(dict.fromkeys(column.judge for column in columns)),
    )


def _column(overview: Overview, place: int, titles: Mapping[int, str], pages: Addresses) -> ShownColumn:
    column = overview.columns[place]
    board, part = column.board, column.part
    number = sentence(column.metric.title)
    return ShownColumn(
        key=f"{place}.{column.metric.name}",
        benchmark=printable(column.benchmark),
        judge=titles[id(board)],
        judge_page=pages.judges[board.judge],
        metric=number if part is None else f"{number}, {part_title(part, [part])}",
        ranking=column.ranks,
        begins=place == 0 or overview.columns[place - 1].benchmark != column.benchmark,
        axis=_axis(board, [cell for row in overview.rows if (cell := row.cells[place]).row is not None]),
    )


def _axis(board: Board, cells: list[OverviewCell]) -> Axis:
    estimates = [cell.estimate for cell in cells if not cell.refused]
    return shared_axis(estimates, scale=board.rows[0].entry.scale, even=None if board.metric.graded else 50.0)


def _cell(cell: OverviewCell, column: OverviewColumn, axis: Axis) -> ShownCell:
    row, estimate = cell.row, cell.estimate
    if row is None:
        return _ABSENT
    style, kind = style_of(column.board), row_kind(row, cell.status.kind)
    rank = row.rank if column.ranks else None
    span = "" if rank is None else f"{rank.lower}" if rank.lower == rank.upper else f"{rank.lower}–{rank.upper}"
    words = [printable(style.full(estimate)), f"rank {span}" if span else ""]
    if kind != StatusKind.OK.value:
        words.append(f"{STATUS[kind]}: {brief_words(cell.status.reason, number=column.metric.title)}".rstrip(": "))
    return ShownCell(
        shown=number_of(estimate, style, row),
        interval="" if estimate.lower is None else style.interval(estimate),
        rank=span,
        leads=rank is not None and rank.rank == 1,
        kind=kind,
        whisker=None if cell.refused else axis.whisker(estimate, hollow=cell.status.kind != StatusKind.OK),
        full="; ".join(filter(None, words)) or NOTHING,
    )
