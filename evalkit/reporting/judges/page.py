"""Write one HTML page about judges beside people: a finding on each, the table, the figures and the parts."""

from collections.abc import Iterator
from dataclasses import dataclass

from evalkit.errors import ConfigError
from evalkit.metaeval import MEASURES, JudgeMeasure, JudgeRow, JudgeTable, RowKind
from evalkit.reporting.columns import Column, rank_text
from evalkit.reporting.judges.notes import judge_basis, judge_findings, table_title
from evalkit.reporting.judges.plots import JUDGE_PLOTS
from evalkit.reporting.judges.table import ABSENT, estimate_text, is_doubtful, part_columns, row_name
from evalkit.reporting.page.document import render
from evalkit.reporting.page.drawings import apart, checked
from evalkit.reporting.page.section import Figure
from evalkit.reporting.svg import plot_svg
from evalkit.text import count, printable

_SCRIPTS = ("elements", "theme", "tables", "plain")


@dataclass(frozen=True, slots=True)
class JudgeCell:
    """A cell of the table: its text, the number to sort by, the mark of a number that is not ok, and its words."""

    text: str
    value: float | None
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class JudgeLine:
    """A line of the table, about a judge, a control or the people."""

    name: str
    kind: str
    rank: str
    place: int | None
    cells: tuple[JudgeCell, ...]
    judged: str
    missing: str


@dataclass(frozen=True, slots=True)
class MeasureGroup:
    """Some of the measures, in a table of their own."""

    id: str
    title: str
    heads: tuple[str, ...]
    lines: tuple[JudgeLine, ...]


def judges_html(table: JudgeTable, *, title: str | None = None) -> str:
    """Return the whole page; equal tables give equal bytes."""
    return render(
        "judges.html.jinja",
        scripts=_SCRIPTS,
        title=title or f"Judges beside people: {table.labels.source.name}",
        subtitle=table_title(table),
        published=bool(table.published),
        findings=tuple(judge_findings(table)),
        basis=tuple(judge_basis(table)),
        groups=tuple(_groups(table)),
        figures=tuple(_figures(table)),
        parts=tuple((printable(field), _rows(part_columns(table, field))) for field in table.settings.by),
    )


def _groups(table: JudgeTable) -> Iterator[MeasureGroup]:
    for number, (title, measures) in enumerate(_by_group(table).items()):
        heads = tuple(measure.title for measure in measures)
        lines = tuple(_line(row, measures) for row in table.rows)
        yield MeasureGroup(f"g{number}", title, heads, lines)


def _by_group(table: JudgeTable) -> dict[str, list[JudgeMeasure]]:
    """Return the measures that some row has, by the title of their group."""
    found: dict[str, list[JudgeMeasure]] = {}
    for measure in MEASURES:
        if any(row.estimate(measure.name).value is not None for row in table.rows):
            found.setdefault(measure.group, []).append(measure)
    return found


def _line(row: JudgeRow, measures: list[JudgeMeasure]) -> JudgeLine:
    return JudgeLine(
        row_name(row),
        row.kind.value,
        rank_text(row.rank),
        None if row.rank is None else row.rank.rank,
        tuple(_cell(row, measure) for measure in measures),
        count(row.judged),
        ABSENT if row.kind == RowKind.PUBLISHED else count(row.missing),
    )


def _cell(row: JudgeRow, measure: JudgeMeasure) -> JudgeCell:
    estimate = row.estimate(measure.name)
    kind = estimate.status.kind.value if estimate.value is None or is_doubtful(row, estimate) else ""
    on = "" if row.kind == RowKind.PUBLISHED else f", on {count(estimate.n)} instructions"
    n = f"n {count(row.numbers[measure.name].count)}{on}"
    reason = f", {estimate.status.reason}" if estimate.status.reason else ""
    return JudgeCell(estimate_text(estimate, measure.unit), estimate.value, kind, printable(f"{n}{reason}"))


def _figures(table: JudgeTable) -> Iterator[Figure]:
    for name, draw in JUDGE_PLOTS.items():
        try:
            plot = draw(table)
        except ConfigError:
            # the notes say why a number is missing
            continue
        yield Figure(name, plot.title, plot.description, checked(apart(plot_svg(plot, page=True), name)))


def _rows(columns: list[Column]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    heads = tuple(column.title for column in columns)
    return heads, tuple(zip(*(column.cells for column in columns), strict=True))
