"""A board as a table: the columns that people read, each number beside its interval drawn on one axis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit.boards import Board, BoardRow, Metric
from evalkit.provenance import audit_reason
from evalkit.reporting.columns import board_metrics, divided, interval_name
from evalkit.reporting.page.axis import Axis, Whisker, shared_axis
from evalkit.reporting.page.numbers import NOTHING, NumberFormat
from evalkit.reporting.page.words import AUDIT, ITSELF, STATUS, style_of
from evalkit.reporting.plots.words import sentence
from evalkit.reporting.reasons import brief_words
from evalkit.text import DECIMALS_STORED, count, printable
from evalkit.types import Estimate, StatusKind


@dataclass(frozen=True, slots=True)
class Number:
    """A number as text and as the value to sort by; None sorts last, also for a number that must not be compared."""

    text: str
    value: float | None


@dataclass(frozen=True, slots=True)
class TableLine:
    """One model. `name` is its exact name, `kind` its status, and `reason` says why the status is not ok.

    The first unranked row stands `apart` from the ranked rows above it. The name leads to the model's `page`, if it has
    one.
    """

    name: str
    model: str
    rank: Number
    shown: Number
    interval: str
    whisker: Whisker | None
    others: tuple[Number, ...]
    n: Number
    missing: Number
    chars: Number
    kind: str
    status: str
    reason: str
    full: str
    ranked: bool
    apart: bool
    page: str = ""


@dataclass(frozen=True, slots=True)
class BoardTable:
    """The table of a board; `kinds` are the statuses that occur in it, by name and title."""

    metric: str
    interval: str
    axis: Axis
    others: tuple[str, ...]
    lines: tuple[TableLine, ...]
    kinds: tuple[tuple[str, str], ...]


def board_table(board: Board, *, pages: Mapping[str, str] | None = None) -> BoardTable:
    """Return the table of a board, where `pages` are the addresses of pages by model."""
    metrics = board_metrics(board)
    estimates = [row.measured(board.metric).estimate for row in board.rows if not row.entry.refused]
    even = None if board.metric.graded else 50.0
    axis = shared_axis(estimates, scale=board.rows[0].entry.scale, even=even)
    apart = board.n_placed if divided(board) else None
    lines = [
        replace(
            _line(row, board, metrics, axis, apart=place == apart), page="" if pages is None else pages[row.entry.model]
        )
        for place, row in enumerate(board.rows)
    ]
    for place, line in enumerate(lines[: board.n_placed]):
        if not line.ranked:
            # the baseline's own row stays among the ranked rows when a reader sorts the table
            lines[place] = replace(line, rank=Number(NOTHING, place + 0.5))
    present = {line.kind for line in lines}
    return BoardTable(
        metric=sentence(board.metric.title),
        interval=interval_name(board),
        axis=axis,
        others=tuple(sentence(metric.title) for metric in metrics[1:]),
        lines=tuple(lines),
        kinds=tuple((kind, title) for kind, title in STATUS.items() if kind in present),
    )


def _line(row: BoardRow, board: Board, metrics: Sequence[Metric], axis: Axis, *, apart: bool) -> TableLine:
    style, sample, entry = style_of(board), row.entry.sample, row.entry
    estimate, *others = (row.measured(metric).estimate for metric in metrics)
    status = row.status(board.metric)
    kind = row_kind(row, status.kind)
    refusal = audit_reason(entry.audit) if entry.audit is not None and entry.refused else ""
    return TableLine(
        name=printable(entry.model),
        model=printable(entry.model),
        rank=_rank(row),
        shown=number_of(estimate, style, row),
        interval=style.interval(estimate),
        whisker=None if entry.refused else axis.whisker(estimate, hollow=status.kind != StatusKind.OK),
        others=tuple(number_of(other, style, row) for other in others),
        n=_counted(sample.n),
        missing=_counted(sample.n_missing),
        chars=Number(NOTHING, None) if entry.avg_length is None else _counted(round(entry.avg_length)),
        kind=kind,
        status=STATUS[kind],
        reason=printable(refusal) or brief_words(status.reason, number=board.metric.title),
        full=f"not drawn: {STATUS[AUDIT]}" if entry.refused else printable(style.full(estimate)),
        ranked=row.rank is not None,
        apart=apart,
    )


def row_kind(row: BoardRow, kind: StatusKind) -> str:
    """Return the name of a row's status: that of its number, unless the row is refused or the baseline's own."""
    if row.entry.refused:
        return AUDIT
    return ITSELF if row.entry.itself and kind != StatusKind.NOT_ESTIMABLE else kind.value


def _rank(row: BoardRow) -> Number:
    rank = row.rank
    if rank is None:
        return Number(NOTHING, None)
    span = "" if rank.lower == rank.upper else f" ({rank.lower}–{rank.upper})"
    return Number(f"{rank.rank}{span}", rank.rank)


def number_of(estimate: Estimate, style: NumberFormat, row: BoardRow) -> Number:
    """Return a number that is sorted among others only if the audit lets the outputs be compared with theirs."""
    # another processor gives other last bits, and must give the same page
    value = None if row.entry.refused or estimate.value is None else round(estimate.value, DECIMALS_STORED)
    return Number(style.number(estimate.value), value)


def _counted(number: int) -> Number:
    return Number(count(number), number)
