"""What each LC win rate of a board rests on: the parts of its error, its lengths, and how the fit was checked."""

import math
from dataclasses import dataclass

from evalkit.boards.build import Board
from evalkit.boards.row import BoardRow
from evalkit.report.page.numbers import NOTHING
from evalkit.report.text import printable
from evalkit.report.values import EVEN


@dataclass(frozen=True, slots=True)
class RestsLine:
    """One model's figures as they are shown; errors are standard errors in points."""

    model: str
    sampling: str
    history: str
    form: str
    confounding: str
    as_long: str
    as_short: str
    residual: str
    correlation: str


@dataclass(frozen=True, slots=True)
class Rests:
    """The `lines` of models with an LC win rate, and whether any is `confounded`: length may stand for difficulty."""

    lines: tuple[RestsLine, ...]
    confounded: bool


def rests(board: Board) -> Rests | None:
    """None for a board without LC win rates of ours."""
    rows = [row for row in board.rows if row.controlled.parts is not None and row.controlled.coefficients]
    if not rows:
        return None
    return Rests(tuple(map(_line, rows)), any(row.controlled.sensitivity is not None for row in rows))


def _line(row: BoardRow) -> RestsLine:
    parts, overlap, check = row.controlled.parts, row.controlled.overlap, row.controlled.check
    assert parts is not None
    return RestsLine(
        model=printable(row.entry.model),
        sampling=_points(parts.sampling),
        history=_points(parts.history),
        form=_points(parts.form),
        confounding=_points(parts.confounding),
        as_long=NOTHING if overlap is None else f"{100 * overlap.as_long:.0f} %",
        as_short=NOTHING if overlap is None else f"{100 * overlap.as_short:.0f} %",
        residual=NOTHING if check is None else f"{check.residual:+z.1f} (z {check.z:z.1f}, n {check.n})",
        correlation=_correlation(row),
    )


def _points(error: float) -> str:
    return f"{error:.2f}"


def _correlation(row: BoardRow) -> str:
    """The correlation at which the interval would reach 50."""
    sensitivity = row.controlled.sensitivity
    if sensitivity is None:
        return NOTHING
    found = sensitivity.correlation_to(EVEN)
    return "none" if math.isinf(found) else f"{found:.2f}" if found <= 1 else "above 1"
