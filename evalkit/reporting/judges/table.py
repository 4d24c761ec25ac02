"""The table of judges beside people as people read it, in text and in markdown."""

from collections.abc import Sequence

from evalkit.metaeval import MEASURES, JudgeMeasure, JudgeRow, JudgeTable, MeasureUnit, RowKind, measured_on
from evalkit.reporting.columns import Column, rank_text
from evalkit.reporting.judges.notes import judge_table_notes, table_title
from evalkit.reporting.neighbours import PUBLISHED
from evalkit.reporting.screen import screen_columns
from evalkit.reporting.tables import columns_markdown, columns_text
from evalkit.text import printable, short_interval
from evalkit.types import Estimate, StatusKind

JUDGE = "judge"
# behind a number whose status is not ok; the notes say what it means
DOUBTFUL = "~"
ABSENT = "-"


def judge_columns(rows: Sequence[JudgeRow], *, every: bool = True) -> list[Column]:
    """Return a column for each number that some row has, or for each main one; the rank and the name come first."""
    shown = [
        measure
        for measure in MEASURES
        if (every or measure.main) and any(row.estimate(measure.name).value is not None for row in rows)
    ]
    return [
        Column("rank", tuple(rank_text(row.rank) for row in rows), left=True),
        Column(JUDGE, tuple(row_name(row) for row in rows), left=True),
        *(Column(measure.title, tuple(number_cell(row, measure) for row in rows)) for measure in shown),
        Column("judged", tuple(str(row.judged) for row in rows)),
        Column("missing", tuple(missing_cell(row) for row in rows)),
    ]


def row_name(row: JudgeRow) -> str:
    """Return the name of a row; that of a control, or of a row of a published table, says that it is one."""
    name = printable(row.judge.name)
    if row.kind == RowKind.PUBLISHED:
        return f"{name} ({PUBLISHED})"
    return f"({name})" if row.kind == RowKind.CONTROL else name


def missing_cell(row: JudgeRow) -> str:
    """Return how many comparisons have no verdict; a published table does not say."""
    return ABSENT if row.kind == RowKind.PUBLISHED else str(row.missing)


def is_doubtful(row: JudgeRow, estimate: Estimate) -> bool:
    """Return whether a number has the mark of doubt; published numbers have a name that says what they are."""
    return estimate.status.kind == StatusKind.DEGRADED and row.kind != RowKind.PUBLISHED


def number_cell(row: JudgeRow, measure: JudgeMeasure) -> str:
    """Return a number with its interval, and the mark of a number that is not ok."""
    estimate = row.estimate(measure.name)
    if estimate.value is None:
        return ABSENT
    doubtful = f" {DOUBTFUL}" if is_doubtful(row, estimate) else ""
    return f"{estimate_text(estimate, measure.unit)}{doubtful}"


def estimate_text(estimate: Estimate, unit: MeasureUnit) -> str:
    """Return an estimate with its interval in its unit."""
    if estimate.value is None:
        return ABSENT
    if unit in (MeasureUnit.PERCENT, MeasureUnit.POINTS):
        return short_interval(estimate)
    value = plain(estimate.value, unit)
    if estimate.lower is None or estimate.upper is None:
        return value
    return f"{value} [{plain(estimate.lower, unit)}, {plain(estimate.upper, unit)}]"


def plain(value: float, unit: MeasureUnit) -> str:
    """Return a number that is no percentage, with the digits that its unit needs."""
    return f"{value:.2f}" if unit == MeasureUnit.AMOUNT else f"{value:z.4f}"


def part_columns(table: JudgeTable, field: str) -> list[Column]:
    """Return the agreement of the judges in each part of a field as columns."""
    lines = [(row, part) for row in table.judges for part in row.parts[field].categories]
    return [
        Column(JUDGE, tuple(row_name(row) for row, _ in lines), left=True),
        Column(printable(field), tuple(printable(part.name) for _, part in lines), left=True),
        Column("n", tuple(str(part.count) for _, part in lines)),
        Column("agreement", tuple(short_interval(part.raw) for _, part in lines)),
        Column("pooled", tuple(short_interval(part.shrunk) for _, part in lines)),
        Column("from all", tuple(_signed(part.deviation.value) for _, part in lines)),
        Column("p (Holm)", tuple(_probability(part.p_value) for _, part in lines)),
    ]


def _signed(value: float | None) -> str:
    return ABSENT if value is None else f"{value:+z.2f}"


def _probability(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.4f}"


def judge_table_text(table: JudgeTable, *, columns: int | None = None) -> str:
    """Return the main numbers as aligned columns; those that do not fit beside the judges follow in a table below.

    Every number of a published table follows in a table of its own.
    """
    room = columns or screen_columns()
    own = [row for row in table.rows if row.kind != RowKind.PUBLISHED]
    lines = [table_title(table), *columns_text(judge_columns(own, every=False), room, key=JUDGE)]
    for published in table.published:
        rows = [row for row in table.of_kind(RowKind.PUBLISHED) if row.published_in == published.name]
        lines += ["", printable(measured_on(published)), *columns_text(judge_columns(rows)[1:], room, key=JUDGE)]
    for field in table.settings.by:
        lines += ["", f"by {printable(field)}", *columns_text(part_columns(table, field), room, key=JUDGE)]
    return "\n".join(lines) + "\n"


def judge_table_markdown(table: JudgeTable) -> str:
    """Return the main numbers, the parts and the notes as markdown, for a README."""
    columns = judge_columns(table.rows, every=False)
    parts: list[Sequence[str]] = [[f"**{table_title(table)}**", ""], columns_markdown(columns)]
    for field in table.settings.by:
        parts += [["", f"**by {printable(field)}**", ""], columns_markdown(part_columns(table, field))]
    notes = [f"- {note}" for note in judge_table_notes(table, every=False)]
    return "\n".join([*(line for part in parts for line in part), "", *notes]) + "\n"
