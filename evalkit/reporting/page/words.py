"""Write sentences about a board: its finding, and the status of each of its numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evalkit.boards import Board, BoardRow, Metric, judge_forms
from evalkit.provenance import audit_reason
from evalkit.reporting.columns import ITSELF as BASELINE
from evalkit.reporting.columns import REFUSED, board_metrics, doubts, who
from evalkit.reporting.page.numbers import GRADE, RATE, NumberFormat
from evalkit.reporting.plots.words import sentence
from evalkit.reporting.reasons import KINDS, reason_words
from evalkit.stats import CONFIDENCE
from evalkit.text import count, level, named, plural, printable
from evalkit.types import StatusKind

AUDIT, ITSELF = "audit", "itself"
# the name of each status, by its kind
STATUS = {**{kind.value: word for kind, word in KINDS.items()}, AUDIT: REFUSED, ITSELF: BASELINE}
_IDENTICAL = "identical"
_SOUND = "No check speaks against the number."
_MEANINGS = {
    StatusKind.OK.value: f"{_SOUND} Its interval is about other instructions like these, not about another judge.",
    StatusKind.DEGRADED.value: "There is a number, but something that it rests on is weak; the reason says what. It "
                               "has no rank, and the table and the figures draw it hollow.",
    StatusKind.NOT_ESTIMABLE.value: "The verdicts do not allow a number, and none is made up; the reason says why.",
    AUDIT: "An audit found the outputs unfit to be compared with others', so the model has no rank and is not drawn.",
    ITSELF: "The model that all others are compared with, which is 50 where length is held equal. It has no rank.",
}  # fmt: skip
LEGEND = tuple((kind, word, _MEANINGS[kind]) for kind, word in STATUS.items())
# the confidence of each model's rank interval by itself
_CONFIDENT = f"at {level(CONFIDENCE)} confidence"


@dataclass(frozen=True, slots=True)
class Statement:
    """The status of some numbers: its `kind`, its name, the numbers that have it, and its meaning."""

    kind: str
    word: str
    subject: str
    meaning: str


def style_of(board: Board) -> NumberFormat:
    return GRADE if board.metric.graded else RATE


def title_of(board: Board, boards: tuple[Board, ...]) -> str:
    """Return the name of the judge, with the facts that distinguish the board from others of the same judge."""
    twins = [other for other in boards if other.judge == board.judge and other is not board]
    title = printable(judge_forms(row.entry for other in boards for row in other.rows[:1])[board.judge, board.digest])
    if board.served_as:
        title += f" served as {printable(board.served_as)}"
    if any(other.baseline != board.baseline for other in twins):
        title += f" against {printable(board.baseline)}" if board.baseline else " grading alone"
    return title


def finding(board: Board) -> str:
    """Return the sentence that names the ranked model that leads, its number, and the confidence in its lead."""
    ranked = [row for row in board.rows if row.rank is not None]
    if not ranked:
        return _nobody(board)
    leaders = [row for row in ranked if row.rank is not None and row.rank.rank == 1]
    metric = f"{board.metric.article} {board.metric.title}"
    against = f" against {printable(board.baseline)}" if board.baseline else ""
    names = named([printable(row.entry.model) for row in leaders])
    n_rows = sum(not row.entry.itself for row in board.rows)
    estimates = [row.measured(board.metric).estimate for row in leaders]
    if len(leaders) > 1:
        value = f"{style_of(board).number(estimates[0].value)}{style_of(board).unit}"
        said = f"{names} lead together with {metric} of {value}{against}; {_tied(leaders)}"
    elif len(ranked) > 1:
        shown = style_of(board).full(estimates[0])
        said = f"{names} leads with {metric} of {shown}{against}; {_apart(leaders[0], len(ranked), n_rows)}"
    else:
        alone = "; no other model is ranked" if n_rows > 1 else ""
        said = f"{names} has {metric} of {style_of(board).full(estimates[0])}{against}{alone}"
    return f"{said}."


def _nobody(board: Board) -> str:
    """Return the sentence that says why no model is ranked; for a single model it gives the full reason."""
    others = [row for row in board.rows if not row.entry.itself]
    if not others:
        return "There is no model beside the baseline itself."
    if board.published:
        return (
            f"No model is ranked: a published formula made the {board.metric.title}s, and the rows are in their order."
        )
    if len(others) == 1 and not others[0].entry.refused:
        reason = reason_words(others[0].status(board.metric).reason, number=board.metric.title)
        return f"{printable(others[0].entry.model)} is not ranked: {reason.rstrip('.')}."
    return f"No model is ranked: {', '.join(_unranked(board))}."


def _unranked(board: Board) -> list[str]:
    """Return the number of models without a rank, for each reason."""
    refused = sum(row.entry.refused for row in board.rows)
    kinds = [row.status(board.metric).kind for row in board.rows if not row.entry.refused and not row.entry.itself]
    counts = {kind: kinds.count(kind) for kind in (StatusKind.DEGRADED, StatusKind.NOT_ESTIMABLE)}
    parts = [f"{count(n)} {KINDS[kind]}" for kind, n in counts.items() if n]
    return [*parts, *([f"{count(refused)} refused by the audit"] if refused else [])]


def _apart(first: BoardRow, n: int, n_rows: int) -> str:
    """Return the words of the leader's rank interval: the number of others that may be as good as it or better."""
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


def basis(board: Board) -> list[str]:
    """Return the facts that the board rests on: models, comparisons, missing verdicts and ranked models."""
    rows = board.rows
    asked = [row.entry.sample.n + row.entry.sample.n_missing for row in rows]
    missing = sum(row.entry.sample.n_missing for row in rows)
    span = count(max(asked)) if min(asked) == max(asked) else f"{count(min(asked))} to {count(max(asked))}"
    noun = "answer" if board.metric.graded else "comparison"
    nouns = noun if span == "1" else f"{noun}s"
    sentences = [f"{plural(len(rows), 'model')}, {span} {nouns} {'each' if len(rows) > 1 else ''}".rstrip()]
    sentences.append(f"{plural(missing, 'verdict')} missing" if missing else "no verdict missing")
    ranked = sum(row.rank is not None for row in rows)
    if ranked and (others := _unranked(board)):
        sentences.append(", ".join([f"{count(ranked)} ranked", *others]))
    return sentences


def statements(board: Board) -> list[Statement]:
    """Return the status of every number in words; equal statuses are stated once, the gravest first."""
    return [*_refusals(board), *(statement for metric in board_metrics(board) for statement in _about(board, metric))]


def _refusals(board: Board) -> Iterator[Statement]:
    for row in board.rows:
        if row.entry.audit is not None and row.entry.refused:
            reason = printable(audit_reason(row.entry.audit)).rstrip(".")
            yield Statement(AUDIT, STATUS[AUDIT], printable(row.entry.model), f"Not ranked: {reason}.")


def _about(board: Board, metric: Metric) -> Iterator[Statement]:
    """Yield a statement for each reason why numbers of the metric are not ok, and a statement for those that are."""
    for kind, why in ((StatusKind.NOT_ESTIMABLE, "There is no number"), (StatusKind.DEGRADED, "Not ranked")):
        for cause in doubts(board, metric, kind):
            subject = f"{sentence(metric.title)} of {who(board, cause.models)}"
            reason = why if metric == board.metric or kind == StatusKind.NOT_ESTIMABLE else "Take it with care"
            name = ITSELF if cause.code == _IDENTICAL else kind.value
            yield Statement(name, STATUS[name], subject, f"{reason}: {cause.words.rstrip('.')}.")
    rows = [row for row in board.rows if not row.entry.refused]
    sound = [printable(row.entry.model) for row in rows if row.status(metric).kind == StatusKind.OK]
    if sound:
        whose = "every model" if len(sound) == len(rows) > 1 else named(sound)
        yield Statement(
            StatusKind.OK.value, STATUS[StatusKind.OK.value], f"{sentence(metric.title)} of {whose}", _SOUND
        )
