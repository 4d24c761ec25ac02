"""The cost of a board's numbers in verdicts, replies, tokens and dollars, and the verdicts that are missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.boards import Board, BoardRow
from evalkit.reporting.page.numbers import NOTHING, RATE, NumberFormat, dollars
from evalkit.reporting.page.words import style_of
from evalkit.text import count, printable

_REASONS = 3


@dataclass(frozen=True, slots=True)
class CoverageLine:
    """The verdicts of one model; `reasons` say why verdicts are missing, each with its count."""

    model: str
    n: str
    missing: str
    coverage: str
    reasons: tuple[str, ...]
    bounds: str
    rules: str
    replies: str
    tokens: str
    cost: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of a board: a line for each model, and the totals.

    `missing` is True if any verdict is missing, `asked` if a judge was asked, so that there are replies to count, and
    `ruled` if a rule decided any verdict.
    """

    lines: tuple[CoverageLine, ...]
    total_n: str
    total_missing: str
    total_replies: str
    total_tokens: str
    total_cost: str
    missing: bool
    asked: bool
    ruled: bool


def coverage(board: Board) -> Coverage:
    judgings = [row.entry.judging for row in board.rows]
    costs = [judging.cost for judging in judgings if judging.cost is not None]
    tokens = [judging.tokens for judging in judgings if judging.tokens is not None]
    n_asked = sum(judging.replies > 0 for judging in judgings)
    return Coverage(
        lines=tuple(_line(row, style_of(board)) for row in board.rows),
        total_n=count(sum(row.entry.sample.n for row in board.rows)),
        total_missing=count(sum(row.entry.sample.n_missing for row in board.rows)),
        total_replies=count(sum(judging.replies for judging in judgings)),
        total_tokens=_total(count(sum(map(sum, tokens))), tokens, n_asked),
        total_cost=_total(dollars(sum(costs)), costs, n_asked),
        missing=any(row.entry.sample.n_missing for row in board.rows),
        asked=any(judging.replies for judging in judgings),
        ruled=any(row.entry.rules for row in board.rows),
    )


def _total(shown: str, known: Sequence[object], n_asked: int) -> str:
    """Return a sum, or a lower bound of it if some model's part is not known."""
    if not known:
        return NOTHING
    return shown if len(known) >= n_asked else f"at least {shown}"


def _line(row: BoardRow, style: NumberFormat) -> CoverageLine:
    entry, sample, judging = row.entry, row.entry.sample, row.entry.judging
    reasons = [f"{printable(reason)} ({count(n)})" for reason, n in entry.failures.items()]
    if len(reasons) > _REASONS:
        reasons[_REASONS:] = [f"and {len(reasons) - _REASONS} more reasons"]
    bounds = NOTHING if row.bounds is None else " to ".join(style.number(end) for end in row.bounds)
    return CoverageLine(
        model=printable(entry.model),
        n=count(sample.n),
        missing=count(sample.n_missing),
        coverage=f"{RATE.number(100 * row.coverage)}{RATE.unit}",
        reasons=tuple(reasons),
        bounds=bounds if sample.n_missing else NOTHING,
        rules=", ".join(f"{printable(rule)} {count(n)}" for rule, n in entry.rules.items()) or NOTHING,
        replies=count(judging.replies) if judging.replies else NOTHING,
        tokens=NOTHING if judging.tokens is None else f"{count(judging.tokens[0])} + {count(judging.tokens[1])}",
        cost=dollars(judging.cost),
    )
