"""Published judges as rows under one's own: what other people's tables printed, which enters no statistic."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from evalkit.catalog import PublishedJudges
from evalkit.formats import PublishedJudge
from evalkit.metaeval.judge_name import JudgeName
from evalkit.metaeval.measures import MEASURES
from evalkit.metaeval.numbers import JudgeNumber
from evalkit.metaeval.row import JudgeRow, RowKind
from evalkit.metaeval.table import JudgeTable
from evalkit.types import Estimate, Status, degraded

NOT_PUBLISHED = "not published"


def with_published(table: JudgeTable, published: Sequence[PublishedJudges]) -> JudgeTable:
    """The table with the rows of published tables at its foot, in their order; its own rows stay as they are.

    A published number has no error and no interval, and its status says what it was measured on. Its n counts verdicts,
    because published tables do not say on how many instructions these are.
    """
    rows = (*table.rows, *(row for one in published for row in _rows(one)))
    return replace(table, rows=rows, published=tuple(published))


def measured_on(published: PublishedJudges) -> str:
    """The place and the day that a table was published, and what its judges were measured on, in words."""
    when = f" on {published.date}" if published.date else ""
    return f"published{when} by {published.title or published.name}, measured on {published.labels or 'its own labels'}"


def _rows(published: PublishedJudges) -> Iterator[JudgeRow]:
    status = degraded(measured_on(published))
    for judge in published.rows:
        yield JudgeRow(
            JudgeName(judge.name),
            RowKind.PUBLISHED,
            {measure.name: _number(judge, measure.name, status) for measure in MEASURES},
            judged=judge.n_verdicts,
            missing=0,
            published_in=published.name,
        )


def _number(judge: PublishedJudge, measure: str, status: Status) -> JudgeNumber:
    value = judge.numbers.get(measure)
    if value is None:
        return JudgeNumber.refused(NOT_PUBLISHED)
    return JudgeNumber(Estimate(value, None, None, None, judge.n_verdicts, status), judge.n_verdicts)
