"""The columns, the title and the notes of a board's table, the same for every format of the table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evalkit.boards import METRICS, SCORE, WIN_RATE, Board, BoardRow, DifficultySource, Metric, judge_forms, known_line
from evalkit.provenance import (
    audit_reason,
    board_dependence_notes,
    board_sources_note,
    dependence_note,
    row_notes,
    sources_note,
)
from evalkit.reporting.agreement import agreement_line
from evalkit.reporting.paired_agreement import difference_line
from evalkit.reporting.reasons import KINDS, Cause, SharedCause, causes, shared_causes
from evalkit.stats import MIN_MODELS, RankInterval
from evalkit.text import cut, interval, level, named, percent, printable
from evalkit.types import Reading, StatusKind

REFUSED = "audit failed"
ITSELF = "baseline"
BELOW = "not ranked"
_WIDEST_PART = 24
_REASONS_SHOWN = 5
_NAMES_SHOWN = 3
# the codes of numbers at equal length that rest on few answers; answers of other models could add to these few
_FAR = ("extrapolated", "thin")
_BY_FORMULA = "compat"
_UNRANKED = ", so that the rows stand in the order of their numbers and none is ranked"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: `cells` holds a printable text for each line; names are aligned `left`, numbers right."""

    title: str
    cells: tuple[str, ...]
    left: bool = False


def board_columns(board: Board) -> list[Column]:
    """Return the columns that people read.

    They are rank, model, the metric that ranks with its interval, the other metrics, counts, length and status.
    """
    shown, *others = (Column(metric.title, _values(board, metric)) for metric in board_metrics(board))
    rows = board.rows
    return [
        Column("rank", tuple(rank_text(row.rank) for row in rows), left=True),
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
    """Return the scores of the models in each part, part by part, as columns; no column if no row has such scores."""
    names = list(dict.fromkeys(name for row in board.rows for name in row.slices))
    if not names:
        return []
    lines = [(name, row, row.slices[name]) for name in names for row in board.rows if name in row.slices]
    return [
        Column("model", tuple(printable(row.entry.model) for _, row, _ in lines), left=True),
        Column("part", tuple(cut(part_title(name, names), _WIDEST_PART) for name, _, _ in lines), left=True),
        Column(_raw(board), tuple(percent(estimate.value) for _, _, estimate in lines)),
        Column(interval_name(board), tuple(interval(estimate) for _, _, estimate in lines)),
        Column("n", tuple(str(estimate.n) for _, _, estimate in lines)),
    ]


def slices_title(board: Board) -> str:
    """Return the line above the scores by turn and category, which says what the numbers are."""
    graded = any(row.entry.graded for row in board.rows)
    return f"{_raw(board)} in each part:" if graded else f"{_raw(board)} in each part, raw, not at equal length:"


def _raw(board: Board) -> str:
    return SCORE.title if any(row.entry.graded for row in board.rows) else WIN_RATE.title


def part_title(name: str, names: Sequence[str]) -> str:
    """Return the title of a turn or of a category.

    A category loses its prefix unless its bare name is among the `names`.
    """
    bare = name.removeprefix("category ")
    return printable(name if bare in names else bare)


def board_metrics(board: Board) -> list[Metric]:
    """Return the metrics for which the rows have numbers; the metric that ranks comes first."""
    known = (metric for metric in METRICS if any(metric in row.numbers for row in board.rows))
    return list(dict.fromkeys([board.metric, *known]))


def row_status(board: Board, row: BoardRow) -> str:
    """Return the status of the number that ranks as a word, or the word for a refused model or for the baseline."""
    if row.entry.refused:
        return REFUSED
    kind = row.status(board.metric).kind
    return ITSELF if row.entry.itself and kind != StatusKind.NOT_ESTIMABLE else KINDS[kind]


def board_title(board: Board, boards: Sequence[Board]) -> str:
    """Return a title that names the judge, and what tells it apart if another form of the judge has a board too."""
    judge = judge_forms(row.entry for other in boards for row in other.rows[:1])[board.judge, board.digest]
    if board.served_as:
        judge += f" served as {board.served_as}"
    against = f", against {board.baseline}" if board.baseline else ""
    order = "in the order of" if board.published else "ranked by"
    return printable(f"{judge}{against}, {order} {board.metric.title}")


def divided(board: Board) -> bool:
    """True if a board has both ranked rows and unranked rows below them."""
    return 0 < board.n_placed < len(board.rows)


def divider(columns: int) -> str:
    """Return the line between ranked and unranked rows, which is `columns` of a terminal wide."""
    return f"── {BELOW} ".ljust(columns, "─")


def board_notes(board: Board) -> list[str]:
    """Return the lines below the table: the reasons of statuses, the notes, and the agreement with a reference."""
    lines = [*_refusals(board), *_reasons(board, board.metric)]
    for metric in board_metrics(board)[1:]:
        lines += [f"{metric.title} of {line}" for line in _reasons(board, metric)]
    lines += [f"note: {note}" for note in (*number_notes(board), *judge_notices(board), *known_notes([board]))]
    if board.agreement is not None:
        lines.append(agreement_line(board.agreement))
    lead = board.control_lead
    # with too few models there is nothing to say
    return lines if lead is None or lead.spearman.estimate.value is None else [*lines, difference_line(lead)]


def doubts(board: Board, metric: Metric, kind: StatusKind) -> list[SharedCause]:
    """Return the causes of one kind of status among numbers of a metric, each with the models that have it.

    A cause that a model has for the metric that ranks is not repeated for another metric.
    """
    rows = [row for row in board.rows if not row.entry.refused and row.status(metric).kind == kind]
    return shared_causes(
        ((printable(row.entry.model), _causes(board, row, metric)) for row in rows), number=metric.title
    )


def who(board: Board, models: Sequence[str]) -> str:
    """Return the names of the first few models, or `every model` if they are all models that could be judged."""
    judged = sum(not row.entry.refused and not row.entry.itself for row in board.rows)
    return "every model" if len(models) == judged > 1 else named(models, most=_NAMES_SHOWN)


def interval_name(board: Board) -> str:
    """Return the name of the interval, as in `95 % interval`; a published formula may note another name."""
    notes = [note for row in board.rows for note in row.measured(board.metric).estimate.notes]
    published = next((printable(note) for note in notes if note.endswith("% interval")), None)
    return published or f"{level(board.rows[0].recipe.confidence)} interval"


def number_notes(board: Board) -> list[str]:
    """Return the notes on the numbers and on the way in which they were computed, each once."""
    # these notes of single models are left out, since one line states them for all models together
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
    # each of several pooled judges has a model of its own
    if len(served) > 1 + board.digest.count(" + "):
        notes.append(f"the endpoint served the judge as {', '.join(served)}")
    sampled = [row.entry.model for row in board.rows if Reading.SAMPLED.value in row.entry.judging.readings]
    if sampled:
        notes.append(f"single draws instead of log-probabilities for {', '.join(sampled)}")
    return [printable(note) for note in (*notes, *_history_hint(board))]


def judge_notices(board: Board) -> list[str]:
    """Return the notices on the judges and on the stored lengths, each once."""
    entries = [row.entry for row in board.rows]
    told = (notice for entry in entries for notice in (*entry.judging.notices, entry.length_notice) if notice)
    return list(dict.fromkeys(map(printable, told)))


def known_notes(boards: Iterable[Board]) -> list[str]:
    """Return what is known of how far the judges of some boards agree with people, a line for each judge."""
    told = (printable(known_line(board.known)) for board in boards if board.known is not None)
    return list(dict.fromkeys(told))


def _history_hint(board: Board) -> list[str]:
    """Return advice on how to extrapolate fewer numbers, if the models of the board were not fitted together."""
    recipe = board.rows[0].recipe
    alone = recipe.difficulty == DifficultySource.NONE and recipe.compat is None
    unsure = sum(any(cause.code in _FAR for cause in causes(row.lc.status.reason)) for row in board.rows)
    if not (alone and unsure) or sum(not row.entry.refused for row in board.rows) < MIN_MODELS:
        return []
    learns = "--difficulty fit learns from all models of the board what length does, and extrapolates less"
    return [f"{unsure} of {len(board.rows)} LC win rates are extrapolated; {learns}"]


def _values(board: Board, metric: Metric) -> tuple[str, ...]:
    return tuple(percent(row.measured(metric).estimate.value) for row in board.rows)


def rank_text(rank: RankInterval | None) -> str:
    """Return a rank with the ranks that the data allow, as in `2 (1-3)`."""
    if rank is None:
        return "-"
    return f"{rank.rank}" if rank.lower == rank.upper else f"{rank.rank} ({rank.lower}-{rank.upper})"


def _length(row: BoardRow) -> str:
    return "-" if row.entry.avg_length is None else f"{row.entry.avg_length:.0f}"


def _causes(board: Board, row: BoardRow, metric: Metric) -> list[Cause]:
    """Return the causes why a number is not ok, without those that the row already has for the metric that ranks."""
    found = causes(row.status(metric).reason)
    if metric == board.metric:
        return found
    said = causes(row.status(board.metric).reason)
    return [] if row.entry.itself else [cause for cause in found if cause not in said]


def _refusals(board: Board) -> list[str]:
    """Return a line for each reason for which audits refused models, with the names of the models."""
    models: dict[str, list[str]] = {}
    for row in board.rows:
        if row.entry.audit is not None and row.entry.refused:
            models.setdefault(printable(audit_reason(row.entry.audit)), []).append(printable(row.entry.model))
    return [f"{named(names, most=_NAMES_SHOWN)}: {REFUSED}: {reason}" for reason, names in models.items()]


def _reasons(board: Board, metric: Metric) -> list[str]:
    """Return a line for each cause why numbers of a metric are not ok, with the names of the models."""
    lines = []
    for cause in doubts(board, metric, StatusKind.DEGRADED):
        follows = _UNRANKED if cause.code == _BY_FORMULA and metric == board.metric else ""
        lines.append(f"{who(board, cause.models)}: {cause.words}{follows}")
    missing = KINDS[StatusKind.NOT_ESTIMABLE]
    without = doubts(board, metric, StatusKind.NOT_ESTIMABLE)
    lines += [f"{who(board, cause.models)}: {missing}: {cause.words}" for cause in without]
    if len(lines) > _REASONS_SHOWN:
        rest = len(lines) - _REASONS_SHOWN
        lines[_REASONS_SHOWN:] = [f"and {rest} more reasons; csv and json give every one"]
    return lines
