"""Write names and numbers for figures."""

from collections.abc import Sequence

from evalkit.boards import Board, BoardRow, Metric, raw_metric
from evalkit.provenance import audit_reason
from evalkit.reporting.columns import divided
from evalkit.reporting.reasons import brief_words
from evalkit.text import printable, short_interval, shortened
from evalkit.types import StatusKind

NOT_ESTIMABLE = "not estimable"
ITSELF = "the baseline itself"
UNRANKED = "not ranked"
REFUSED = "refused by an audit"
HOLLOW = "hollow: a number with a reservation"
GREY = "grey and hollow: not ranked"

_LONGEST = 34
_LONGEST_IN_TITLE = 48
_LONGEST_SAID = 80


def short_name(name: str, *, longest: int = _LONGEST) -> str:
    """Return a name as one harmless line; a long name loses its middle, since related names differ at their ends."""
    return shortened(safe(name).strip(), longest, end=longest // 3)


def safe(text: str) -> str:
    """Return one line that any terminal, page and XML document takes as text."""
    return printable(text)


def heading_name(name: str) -> str:
    return short_name(name, longest=_LONGEST_IN_TITLE)


def said_name(name: str) -> str:
    """Return a name for a sentence, which has room for longer names."""
    return short_name(name, longest=_LONGEST_SAID)


def sentence(text: str) -> str:
    """Return a text with a capital letter at its start and the rest unchanged."""
    return text[:1].upper() + text[1:]


def measure_name(metric: Metric) -> str:
    """Return the title of an axis with its unit."""
    return sentence(metric.title) if metric.graded else f"{sentence(metric.title)}, percent"


def against(board: Board) -> str:
    return f" against {heading_name(board.baseline)}" if board.baseline else ""


def judged_by(board: Board) -> str:
    return f"judge {heading_name(board.judge)}"


def drawable(row: BoardRow, metric: Metric) -> bool:
    """True if a row has a number that may be compared with others."""
    return not row.entry.refused and row.measured(metric).estimate.value is not None


def sure(row: BoardRow, metric: Metric) -> bool:
    return row.status(metric).kind == StatusKind.OK


def unranked(board: Board) -> list[str]:
    """Return the line that explains grey marks, if the chart has any."""
    grey = any(row.rank is None and not row.entry.itself and drawable(row, board.metric) for row in board.rows)
    return [GREY] if grey else []


def below(board: Board) -> int | None:
    """Return the first unranked line of a chart; None unless the chart has both ranked and unranked lines."""
    return board.n_placed if divided(board) else None


def reservation(rows: Sequence[BoardRow], metric: Metric) -> list[str]:
    """Return the line that explains hollow marks, if the chart has any."""
    hollow = any(drawable(row, metric) and not sure(row, metric) for row in rows)
    return [HOLLOW] if hollow else []


def why_not(row: BoardRow) -> str:
    """Return the words that take the place of the number in a row without one."""
    return REFUSED if row.entry.refused else NOT_ESTIMABLE


def why_unranked(row: BoardRow, metric: Metric) -> str:
    """Return the words that take the place of the rank in a row without one."""
    if not drawable(row, metric):
        return why_not(row)
    return ITSELF if row.entry.itself else UNRANKED


def rank_words(row: BoardRow) -> str:
    rank = row.rank
    if rank is None:
        return ""
    return f"{rank.rank}" if rank.lower == rank.upper else f"{rank.lower}–{rank.upper}"


def row_tip(row: BoardRow, metric: Metric) -> str:
    """Return everything that is known of a row in few words."""
    name = said_name(row.entry.model)
    if row.entry.refused and row.entry.audit is not None:
        return f"{name}: {REFUSED}: {safe(audit_reason(row.entry.audit))}"
    shown = row.measured(metric).estimate
    facts = [f"{name}: {metric.title} {short_interval(shown)}"]
    if metric != raw_metric(row.entry):
        facts.append(f"win rate {short_interval(row.raw.estimate)}")
    if row.rank is not None:
        facts.append(f"rank {row.rank.rank}, anywhere from {row.rank.lower} to {row.rank.upper}")
    facts.append(f"{row.entry.sample.n} judged, {row.entry.sample.n_missing} missing")
    if row.entry.avg_length is not None:
        facts.append(f"{row.entry.avg_length:,.0f} characters on average")
    if reason := row.status(metric).reason:
        facts.append(safe(brief_words(reason, number=metric.title)))
    return "; ".join(facts)


def left_out(rows: Sequence[BoardRow], metric: Metric) -> str:
    """Return the number of rows without a number, by reason; an empty text if every row has a number."""
    refused = sum(row.entry.refused for row in rows)
    without = sum(not drawable(row, metric) for row in rows) - refused
    parts = [f"{refused} {REFUSED}"] if refused else []
    parts += [f"{without} {NOT_ESTIMABLE}"] if without else []
    return ", ".join(parts)
