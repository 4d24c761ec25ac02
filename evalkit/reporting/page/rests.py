"""The section on the basis of LC win rates: the parts of their error, their lengths, and the check of the fit."""

import math
from dataclasses import dataclass

from evalkit.boards import Board, BoardRow
from evalkit.provenance import EVEN
from evalkit.reporting.page.numbers import NOTHING
from evalkit.text import printable


@dataclass(frozen=True, slots=True)
class RestsLine:
    """One model's figures as text; errors are standard errors in points."""

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
    """A line for each model with an LC win rate; `confounded` if length may stand for difficulty in any of them."""

    lines: tuple[RestsLine, ...]
    confounded: bool


def rests(board: Board) -> Rests | None:
    """Return the section of a board; None if our formula made none of its LC win rates."""
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
        as_long=NOTHING if overlap is None else f"{100 * overlap.as_long:.1f} %",
        as_short=NOTHING if overlap is None else f"{100 * overlap.as_short:.1f} %",
        residual=NOTHING if check is None else f"{check.residual:+z.2f} (z {check.z:z.1f}, n {check.n})",
        correlation=_correlation(row),
    )


def _points(error: float) -> str:
    return f"{error:.2f}"


def _correlation(row: BoardRow) -> str:
    """Return the correlation of length with difficulty at which the interval would reach 50."""
    sensitivity = row.controlled.sensitivity
    if sensitivity is None:
        return NOTHING
    found = sensitivity.correlation_to(EVEN)
    return "none" if math.isinf(found) else f"{found:.2f}" if found <= 1 else "above 1"
