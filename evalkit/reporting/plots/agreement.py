"""Draw a board beside a human ranking of the same models."""

from collections.abc import Callable, Sequence

from evalkit.boards import Agreement, Board, ScorePair
from evalkit.errors import ConfigError
from evalkit.reporting.agreement import agreement_line
from evalkit.reporting.plots.plot import Plot
from evalkit.reporting.plots.scatter import Dot, LabelledAxis, dot_tips, scatter, write_names
from evalkit.reporting.plots.style import drawing
from evalkit.reporting.plots.words import (
    HOLLOW,
    heading_name,
    judged_by,
    measure_name,
    safe,
    said_name,
    sentence,
    short_name,
)
from evalkit.text import percent

_ROOM = 0.06


def board_agreement(board: Board) -> Plot:
    """Draw the board's metric beside the reference's score.

    Raises:
        ConfigError: the board was not compared with a reference, or shares no model with it.
    """
    if board.agreement is None:
        raise ConfigError("the board was not compared with a human ranking; --reference names one")
    title = f"{sentence(board.metric.title)} beside {heading_name(board.agreement.reference.name)}"
    measure = f"{measure_name(board.metric)}; {judged_by(board)}"
    return agreement_plot(board.agreement, title, measure=measure, written=percent)


def _four_digits(score: float) -> str:
    return f"{score:.4g}"


def agreement_plot(
    agreement: Agreement, title: str, *, measure: str = "Score", written: Callable[[float], str] = _four_digits
) -> Plot:
    """Draw each shared model by its score in the reference and on the board, with both intervals.

    Args:
        written: writes a score of the board; those of the reference have four digits.

    Raises:
        ConfigError: the board and the reference share no model.
    """
    if not agreement.pairs:
        raise ConfigError(f"the board shares no model with {safe(agreement.reference.name)}")
    title = safe(title)
    dots = [_dot(pair, agreement, written) for pair in agreement.pairs]
    x = LabelledAxis(
        f"{heading_name(agreement.reference.name)}, score", _limits([(dot.x, dot.x_interval) for dot in dots])
    )
    y = LabelledAxis(safe(measure), _limits([(dot.y, dot.y_interval) for dot in dots]))
    said = safe(agreement_line(agreement))
    facts = [said, "bars: intervals, where known", *([HOLLOW] if agreement.degraded else [])]
    subtitle = " · ".join([*facts, "the axes show the range of these models"])
    with drawing():
        figure, axes = scatter(title, subtitle, dots, x=x, y=y)
        write_names(figure, axes, dots)
    return Plot(figure, "agreement", title, _description(agreement, said), dot_tips(dots))


def _dot(pair: ScorePair, agreement: Agreement, written: Callable[[float], str]) -> Dot:
    score = pair.score
    assert score.value is not None
    known = None if score.lower is None or score.upper is None else (score.lower, score.upper)
    name = said_name(score.model)
    if score.model != pair.canonical:
        name += f" ({said_name(pair.canonical)})"
    on_board, by_people = written(score.value), _four_digits(pair.human)
    tip = (
        f"{name}: {on_board}{_between(known, written)} on the board, "
        f"{by_people}{_between(pair.interval, _four_digits)} by people"
    )
    solid = score.model not in agreement.degraded
    return Dot(short_name(score.model), pair.human, score.value, pair.interval, known, solid, tip)


def _between(interval: tuple[float, float] | None, written: Callable[[float], str]) -> str:
    return "" if interval is None else f" [{written(interval[0])}, {written(interval[1])}]"


def _limits(values: Sequence[tuple[float, tuple[float, float] | None]]) -> tuple[float, float]:
    """Return limits that hold every interval, not always zero: the plot compares ranks, not distances from zero."""
    ends = [end for value, interval in values for end in (value, *(interval or ()))]
    low, high = min(ends), max(ends)
    room = _ROOM * (high - low) or 1.0
    return low - room, high + room


def _description(agreement: Agreement, said: str) -> str:
    ordered = sorted(agreement.pairs, key=lambda pair: -pair.human)
    best, worst = said_name(ordered[0].score.model), said_name(ordered[-1].score.model)
    return f"{said}. People place {best} highest and {worst} lowest of the models that both know."
