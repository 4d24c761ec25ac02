"""Sentences about a board: what it finds, and how far each of its numbers can be trusted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evalkit.boards.build import Board
from evalkit.boards.row import BoardRow, Metric
from evalkit.report.columns import REFUSED, board_metrics
from evalkit.report.numbers import count, level, plural
from evalkit.report.page.numbers import GRADE, RATE, Style, named
from evalkit.report.plots.words import sentence
from evalkit.report.text import printable
from evalkit.report.values import audit_reason
from evalkit.stats.control import SEPARATED
from evalkit.stats.intervals import CONFIDENCE
from evalkit.types import StatusKind

AUDIT = "audit"
# what a status is called, by its kind
STATUS = {
    StatusKind.OK.value: "ok",
    StatusKind.DEGRADED.value: "degraded",
    StatusKind.NOT_ESTIMABLE.value: "not estimable",
    AUDIT: REFUSED,
}
_SOUND = "No check speaks against the number."
_MEANINGS = {
    StatusKind.OK.value: f"{_SOUND} Its interval is about other instructions like these, not about another judge.",
    StatusKind.DEGRADED.value: "There is a number, but something that it rests on is weak; the reason says what. The "
                               "table and the figures draw it hollow.",
    StatusKind.NOT_ESTIMABLE.value: "The verdicts do not allow a number, and none is made up; the reason says why.",
    AUDIT: "An audit found the outputs unfit to be compared with others', so the model has no rank and is not drawn.",
}  # fmt: skip
LEGEND = tuple((kind, word, _MEANINGS[kind]) for kind, word in STATUS.items())
# of each model's rank interval by itself
_CONFIDENT = f"at {level(CONFIDENCE)} confidence"

_ARTICLES = {metric: f"{'an' if metric == Metric.LC_WIN_RATE else 'a'} {metric.title}" for metric in Metric}


@dataclass(frozen=True, slots=True)
class Statement:
    """How far some numbers can be trusted: the `kind` of their status, its name, whose numbers, and what that means."""

    kind: str
    word: str
    subject: str
    meaning: str


def reason_words(reason: str) -> str:
    """The reason of a status; the one that is a term of statistics with what it means."""
    return f"{SEPARATED}: length or style explains the verdicts by itself" if reason == SEPARATED else printable(reason)


def style_of(board: Board) -> Style:
    return GRADE if board.metric == Metric.SCORE else RATE


def title_of(board: Board, boards: tuple[Board, ...]) -> str:
    """The judge, with what tells it from other boards of the same name."""
    twins = [other for other in boards if other.judge == board.judge and other is not board]
    title = printable(board.judge)
    if any(other.digest != board.digest for other in twins):
        title += f" [{board.digest[:12]}]"
    if board.part:
        title += f" served as {printable(board.part)}"
    if any(other.baseline != board.baseline for other in twins):
        title += f" against {printable(board.baseline)}" if board.baseline else " grading alone"
    return title


def finding(board: Board) -> str:
    """Who leads by how much, how sure that is, and what the leader's number is to be taken with."""
    ranked = [row for row in board.rows if row.rank is not None]
    if not ranked:
        return _nobody(board)
    leaders = [row for row in ranked if row.rank is not None and row.rank.rank == 1]
    metric, against = _ARTICLES[board.metric], f" against {printable(board.baseline)}" if board.baseline else ""
    names = named([printable(row.entry.model) for row in leaders])
    estimates = [row.measured(board.metric).estimate for row in leaders]
    if len(leaders) > 1:
        value = f"{style_of(board).number(estimates[0].value)}{style_of(board).unit}"
        said = f"{names} lead together with {metric} of {value}{against}; {_tied(leaders)}"
    elif len(ranked) > 1:
        shown = style_of(board).full(estimates[0])
        said = f"{names} leads with {metric} of {shown}{against}; {_apart(leaders[0], len(ranked), len(board.rows))}"
    else:
        alone = "; no other model is ranked" if len(board.rows) > 1 else ""
        said = f"{names} has {metric} of {style_of(board).full(estimates[0])}{against}{alone}"
    return f"{said}.{_caution(leaders, board.metric)}"


def _nobody(board: Board) -> str:
    refused = sum(row.entry.refused for row in board.rows)
    if not refused:
        return f"No model has {_ARTICLES[board.metric]} that could be estimated."
    rest = len(board.rows) - refused
    others = f", and {plural(rest, 'other')} {'has' if rest == 1 else 'have'} no number" if rest else ""
    return f"No model is ranked: the audit refused {plural(refused, 'model')}{others}."


def _apart(first: BoardRow, n: int, n_rows: int) -> str:
    """What the leader's rank interval says: how many others may be as good as it or better."""
    assert first.rank is not None
    others = "other ranked model" if n < n_rows else "other model"
    close = first.rank.upper - 1
    if close == 0:
        every = f"the {others}" if n == 2 else f"every {others}"
        return f"{_CONFIDENT}, {every} is behind it"
    if close < n - 1:
        return f"{_CONFIDENT}, {plural(close, others)} of {count(n - 1)} cannot be told apart from it"
    which = f"the {others}" if n == 2 else f"none of the {count(n - 1)} {others}s"
    return f"{_CONFIDENT}, {which} can{'not' if n == 2 else ''} be told apart from it"


def _tied(leaders: Sequence[BoardRow]) -> str:
    last = max(row.rank.upper for row in leaders if row.rank is not None)
    return f"{_CONFIDENT}, each may have a rank from 1 to {count(last)}"


def _caution(leaders: Sequence[BoardRow], metric: Metric) -> str:
    statuses = [row.measured(metric).estimate.status for row in leaders]
    reasons = dict.fromkeys(reason_words(one.reason).rstrip(".") for one in statuses if one.kind == StatusKind.DEGRADED)
    if not reasons:
        return ""
    whose = "the number" if len(leaders) == 1 else "these numbers"
    return f" Take {whose} with care: {'; '.join(reasons)}."


def basis(board: Board) -> list[str]:
    """What the board rests on, a sentence each."""
    rows = board.rows
    asked = [row.entry.sample.n + row.entry.sample.n_missing for row in rows]
    missing = sum(row.entry.sample.n_missing for row in rows)
    span = count(max(asked)) if min(asked) == max(asked) else f"{count(min(asked))} to {count(max(asked))}"
    noun = "answer" if board.metric == Metric.SCORE else "comparison"
    nouns = noun if span == "1" else f"{noun}s"
    sentences = [f"{plural(len(rows), 'model')}, {span} {nouns} {'each' if len(rows) > 1 else ''}".rstrip()]
    sentences.append(f"{plural(missing, 'verdict')} missing" if missing else "no verdict missing")
    refused = sum(row.entry.refused for row in rows)
    if refused:
        sentences.append(f"{plural(refused, 'model')} refused by the audit")
    return sentences


def statements(board: Board) -> list[Statement]:
    """The status of every number in words; equal ones are told once, the gravest first."""
    return [*_refusals(board), *(one for metric in board_metrics(board) for one in _about(board, metric))]


def _refusals(board: Board) -> Iterator[Statement]:
    for row in board.rows:
        if row.entry.audit is not None and row.entry.refused:
            reason = printable(audit_reason(row.entry.audit)).rstrip(".")
            yield Statement(AUDIT, STATUS[AUDIT], printable(row.entry.model), f"Not ranked: {reason}.")


def _about(board: Board, metric: Metric) -> Iterator[Statement]:
    """A statement for each status that the metric has on some row."""
    by_status: dict[tuple[str, str], list[str]] = {}
    rows = [row for row in board.rows if not row.entry.refused]
    for row in rows:
        status = row.measured(metric).estimate.status
        by_status.setdefault((status.kind.value, status.reason), []).append(printable(row.entry.model))
    order = [StatusKind.NOT_ESTIMABLE.value, StatusKind.DEGRADED.value, StatusKind.OK.value]
    for (kind, reason), models in sorted(by_status.items(), key=lambda one: (order.index(one[0][0]), one[0][1])):
        who = "every model" if len(models) == len(rows) > 1 else named(models)
        yield Statement(kind, STATUS[kind], f"{sentence(metric.title)} of {who}", _meaning(kind, reason))


def _meaning(kind: str, reason: str) -> str:
    because = reason_words(reason).rstrip(".")
    if kind == StatusKind.OK.value:
        return _SOUND
    if kind == StatusKind.DEGRADED.value:
        return f"Take the number with care: {because}."
    return f"There is no number: {because}."
