"""What a board says in a table, whatever the table is written in: columns, title, and the lines below."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.boards import METRICS, Board, BoardRow, DifficultySource, Metric
from evalkit.provenance import (
    audit_reason,
    board_dependence_notes,
    board_sources_note,
    dependence_note,
    row_notes,
    sources_note,
)
from evalkit.reporting.agreement import agreement_line
from evalkit.reporting.reasons import KINDS, Cause, SharedCause, causes, shared_causes
from evalkit.stats import MIN_MODELS
from evalkit.text import cut, interval, level, named, percent, printable
from evalkit.types import Estimate, Reading, StatusKind

REFUSED = "audit failed"
ITSELF = "baseline"
BELOW = "not ranked"
_WIDEST_PART = 24
_REASONS_SHOWN = 5
_NAMES_SHOWN = 3
# the codes of numbers at equal length that rest on few answers; answers of other models could add to these
_FAR = ("extrapolated", "thin")
_BY_FORMULA = "compat"
_UNRANKED = ", so that the rows stand in the order of their numbers and none is ranked"


@dataclass(frozen=True, slots=True)
class Column:
    """`cells` are a text a line, made printable; numbers stand right, names `left`."""

    title: str
    cells: tuple[str, ...]
    left: bool = False


def board_columns(board: Board) -> list[Column]:
    """The columns that people read: rank, model, the metric that ranks with its interval, then the other metrics."""
    shown, *others = (Column(one.title, _values(board, one)) for one in board_metrics(board))
    rows = board.rows
    return [
        Column("rank", tuple(map(_rank, rows)), left=True),
        Column("model", tuple(printable(row.entry.model) for row in rows), left=True),
        shown,
        Column(interval_name(board), tuple(interval(row.measured(board.metric).estimate) for row in rows)),
        *others,
        Column("n", tuple(str(row.entry.sample.n) for row in rows)),
        Column("missing", tuple(str(row.entry.sample.n_missing) for row in rows)),
        Column("avg chars", tuple(_length(row) for row in rows)),
        Column("status", tuple(row_status(board, row) for row in rows), left=True),
    ]


def slice_columns(board: Board) -> list[Column]:
    """The scores by turn and category beside the models; nothing where there are none."""
    names = list(dict.fromkeys(name for row in board.rows for name in row.slices))
    if not names:
        return []
    missing = Estimate.refused("no verdicts", n=0)
    parts = [
        Column(
            cut(part_title(name, names), _WIDEST_PART),
            tuple(percent(row.slices.get(name, missing).value) for row in board.rows),
        )
        for name in names
    ]
    return [Column("model", tuple(printable(row.entry.model) for row in board.rows), left=True), *parts]


def part_title(name: str, names: Sequence[str]) -> str:
    """A turn, or the bare name of a category that is not called like one of the `names`."""
    bare = name.removeprefix("category ")
    return printable(name if bare in names else bare)


def board_metrics(board: Board) -> list[Metric]:
    """What the rows have numbers for, the metric that ranks first."""
    known = (metric for metric in METRICS if any(metric in row.numbers for row in board.rows))
    return list(dict.fromkeys([board.metric, *known]))


def row_status(board: Board, row: BoardRow) -> str:
    """One word on how far the number that ranks can be relied on, or that there is nothing to rank."""
    if row.entry.refused:
        return REFUSED
    kind = row.status(board.metric).kind
    return ITSELF if row.entry.itself and kind != StatusKind.NOT_ESTIMABLE else KINDS[kind]


def board_title(board: Board, boards: Sequence[Board]) -> str:
    """Names the judge, with its digest where another form of it has a board too."""
    twin = any(other.digest != board.digest for other in boards if other.judge == board.judge)
    judge = f"{board.judge} [{board.digest}]" if twin else board.judge
    if board.served_as:
        judge += f" served as {board.served_as}"
    against = f", against {board.baseline}" if board.baseline else ""
    order = "in the order of" if board.published else "ranked by"
    return printable(f"{judge}{against}, {order} {board.metric.name}")


def divided(board: Board) -> bool:
    """Whether a board has both ranked rows and unranked rows below them."""
    return 0 < board.n_placed < len(board.rows)


def divider(columns: int) -> str:
    """The line between ranked and unranked rows, `columns` of a terminal wide."""
    return f"── {BELOW} ".ljust(columns, "─")


def board_notes(board: Board) -> list[str]:
    """The lines below the table: the reasons behind statuses, the notes, and the agreement with a reference."""
    lines = [*_refusals(board), *_reasons(board, board.metric)]
    for metric in board_metrics(board)[1:]:
        lines += [f"{metric.title} of {line}" for line in _reasons(board, metric)]
    lines += [f"note: {note}" for note in (*number_notes(board), *judge_notices(board))]
    return lines if board.agreement is None else [*lines, agreement_line(board.agreement)]


def doubts(board: Board, metric: Metric, kind: StatusKind) -> list[SharedCause]:
    """The causes of one kind of status among numbers of a metric, each with the models that have it.

    A cause that a model has for the metric that ranks is not repeated for another metric.
    """
    rows = [row for row in board.rows if not row.entry.refused and row.status(metric).kind == kind]
    return shared_causes(
        ((printable(row.entry.model), _causes(board, row, metric)) for row in rows), number=metric.title
    )


def who(board: Board, models: Sequence[str]) -> str:
    """The names of the first few models, or `every model` where they are all that could be judged."""
    judged = sum(not row.entry.refused and not row.entry.itself for row in board.rows)
    return "every model" if len(models) == judged > 1 else named(models, most=_NAMES_SHOWN)


def interval_name(board: Board) -> str:
    """`95 % interval`, or what a published formula notes of its own."""
    notes = [note for row in board.rows for note in row.measured(board.metric).estimate.notes]
    published = next((printable(note) for note in notes if note.endswith("% interval")), None)
    return published or f"{level(board.rows[0].recipe.confidence)} interval"


def number_notes(board: Board) -> list[str]:
    """What else is to be known of the numbers and how they came about, each once."""
    # notes of single models that one line tells for all models together
    single = {note for row in board.rows for note in (*sources_note(row), *dependence_note(row.entry.dependence))}
    unlike = [row.entry.model for row in board.rows if row.controlled.unlike is not None and not row.entry.refused]
    if len(board.rows) > 1:
        single |= {row.controlled.unlike for row in board.rows if row.controlled.unlike is not None}
    notes = sorted({note for row in board.rows if not row.entry.itself for note in row_notes(row)} - single)
    if unlike and len(board.rows) > 1:
        notes.append(
            f"{who(board, unlike)}: slopes of length unlike those of the judge's other models widen the interval"
        )
    notes += [*board_dependence_notes(board.rows), *board_sources_note(board.rows)]
    served = sorted({name for row in board.rows for name in row.entry.judging.served})
    # pooled judges have a model each
    if len(served) > 1 + board.digest.count(" + "):
        notes.append(f"the endpoint served the judge as {', '.join(served)}")
    sampled = [row.entry.model for row in board.rows if Reading.SAMPLED.value in row.entry.judging.readings]
    if sampled:
        notes.append(f"single draws instead of log-probabilities for {', '.join(sampled)}")
    return [printable(note) for note in (*notes, *_history_hint(board))]


def judge_notices(board: Board) -> list[str]:
    """What a reader must know of the judges and of the lengths that were stored, each once."""
    entries = [row.entry for row in board.rows]
    told = (notice for entry in entries for notice in (*entry.judging.notices, entry.length_notice) if notice)
    return list(dict.fromkeys(map(printable, told)))


def _history_hint(board: Board) -> list[str]:
    """How fewer numbers become extrapolations, where the models of the board were not asked together."""
    recipe = board.rows[0].recipe
    alone = recipe.difficulty == DifficultySource.NONE and recipe.compat is None
    unsure = sum(any(one.code in _FAR for one in causes(row.lc.status.reason)) for row in board.rows)
    if not (alone and unsure) or sum(not row.entry.refused for row in board.rows) < MIN_MODELS:
        return []
    learns = "--difficulty fit learns from all models of the board what length does, and extrapolates less"
    return [f"{unsure} of {len(board.rows)} LC win rates are extrapolated; {learns}"]


def _values(board: Board, metric: Metric) -> tuple[str, ...]:
    return tuple(percent(row.measured(metric).estimate.value) for row in board.rows)


def _rank(row: BoardRow) -> str:
    rank = row.rank
    if rank is None:
        return "-"
    return f"{rank.rank}" if rank.lower == rank.upper else f"{rank.rank} ({rank.lower}-{rank.upper})"


def _length(row: BoardRow) -> str:
    return "-" if row.entry.avg_length is None else f"{row.entry.avg_length:.0f}"


def _causes(board: Board, row: BoardRow, metric: Metric) -> list[Cause]:
    """The causes why a number is not ok, without those that the row already has for the metric that ranks."""
    found = causes(row.status(metric).reason)
    if metric == board.metric:
        return found
    said = causes(row.status(board.metric).reason)
    return [] if row.entry.itself else [one for one in found if one not in said]


def _refusals(board: Board) -> list[str]:
    """A line for each reason for which audits refused models, with the names of the models."""
    models: dict[str, list[str]] = {}
    for row in board.rows:
        if row.entry.audit is not None and row.entry.refused:
            models.setdefault(printable(audit_reason(row.entry.audit)), []).append(printable(row.entry.model))
    return [f"{named(names, most=_NAMES_SHOWN)}: {REFUSED}: {reason}" for reason, names in models.items()]


def _reasons(board: Board, metric: Metric) -> list[str]:
    """A line for each cause why numbers of a metric are not ok, with the names of the models."""
    lines = []
    for one in doubts(board, metric, StatusKind.DEGRADED):
        follows = _UNRANKED if one.code == _BY_FORMULA and metric == board.metric else ""
        lines.append(f"{who(board, one.models)}: {one.words}{follows}")
    missing = KINDS[StatusKind.NOT_ESTIMABLE]
    without = doubts(board, metric, StatusKind.NOT_ESTIMABLE)
    lines += [f"{who(board, one.models)}: {missing}: {one.words}" for one in without]
    if len(lines) > _REASONS_SHOWN:
        rest = len(lines) - _REASONS_SHOWN
        lines[_REASONS_SHOWN:] = [f"and {rest} more reasons; csv and json give every one"]
    return lines
