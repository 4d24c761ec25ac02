"""Tables with cells coloured by the distance of a number from even: scores by category, and pairs of models."""

from dataclasses import dataclass, replace

from evalkit.boards import AUDITED, Board, Matrix
from evalkit.reporting.columns import part_title
from evalkit.reporting.page.numbers import GRADE, NOTHING, RATE, NumberFormat
from evalkit.reporting.reasons import KINDS, brief_words
from evalkit.text import printable
from evalkit.types import Estimate

# bounds between the steps of the diverging scale, as shares of it; the middle step holds numbers close to even
STEPS = (0.1, 0.2, 0.3, 0.4, 0.475, 0.525, 0.6, 0.7, 0.8, 0.9)
# a table of pairs has as many columns as models, and its cells no room for decimals; what is said of a cell has them
_WHOLE = NumberFormat(0, " %")


@dataclass(frozen=True, slots=True)
class Cell:
    """A number, its step on the scale (None without a number), and the number with its interval and status in words."""

    text: str
    step: int | None
    words: str
    sure: bool = False
    self: bool = False


@dataclass(frozen=True, slots=True)
class HeatRow:
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """A table of coloured cells; `legend` names the bounds between the steps."""

    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    legend: tuple[str, ...]


def step_of(value: float, scale: tuple[float, float]) -> int:
    """Return the step of a number among the eleven steps; 0 is the lowest.

    >>> [step_of(value, (0, 100)) for value in (0, 9.9, 10, 50, 90, 100)]
    [0, 0, 1, 5, 10, 10]
    """
    share = (value - scale[0]) / (scale[1] - scale[0])
    return sum(share >= bound for bound in STEPS)


def category_heat(board: Board) -> Heat | None:
    """Return the raw scores by turn and category; None if the scores were not split."""
    names = list(dict.fromkeys(name for row in board.rows for name in row.slices))
    if not names:
        return None
    scale = board.rows[0].entry.scale
    style = GRADE if board.metric.graded else RATE
    nothing, audited = Estimate.refused("no verdicts", n=0), Estimate.refused(AUDITED, n=0)
    rows = [
        HeatRow(
            printable(row.entry.model),
            tuple(
                _cell(audited if row.entry.refused else row.slices.get(name, nothing), style, scale) for name in names
            ),
        )
        for row in board.rows
    ]
    return Heat(tuple(part_title(name, names) for name in names), tuple(rows), _legend(scale))


def matrix_heat(matrix: Matrix) -> Heat | None:
    """Return the rate at which each model does better than each other model; None if there is no pair."""
    if len(matrix.models) < 2:
        return None
    scale = (0.0, 100.0)
    rows = [
        HeatRow(
            printable(model),
            tuple(
                Cell("·", None, "the model itself", self=True) if i == j else _pair(estimate, scale)
                for j, estimate in enumerate(cells)
            ),
        )
        for i, (model, cells) in enumerate(zip(matrix.models, matrix.cells, strict=True))
    ]
    return Heat(tuple(map(printable, matrix.models)), tuple(rows), _legend(scale))


def _pair(estimate: Estimate, scale: tuple[float, float]) -> Cell:
    return replace(_cell(estimate, RATE, scale, even=50), text=_WHOLE.number(estimate.value))


def _cell(estimate: Estimate, style: NumberFormat, scale: tuple[float, float], *, even: float | None = None) -> Cell:
    if estimate.value is None:
        return Cell(NOTHING, None, printable(style.full(estimate)))
    sure = (
        even is not None
        and estimate.lower is not None
        and estimate.upper is not None
        and not estimate.lower <= even <= estimate.upper
    )
    words = f"{style.full(estimate)}, {estimate.n} instructions"
    if estimate.status.reason:
        words += f", {KINDS[estimate.status.kind]}: {brief_words(estimate.status.reason)}"
    return Cell(style.number(estimate.value), step_of(estimate.value, scale), printable(words), sure)


def _legend(scale: tuple[float, float]) -> tuple[str, ...]:
    bounds = [scale[0] + bound * (scale[1] - scale[0]) for bound in STEPS]
    return tuple(f"{bound:g}" for bound in bounds)
