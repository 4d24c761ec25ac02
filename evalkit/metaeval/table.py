"""Judges, people and controls side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

from evalkit.catalog import PublishedJudges
from evalkit.metaeval.labels import LabelTable
from evalkit.metaeval.row import JudgeRow, RowKind
from evalkit.metaeval.settings import EvaluationSettings
from evalkit.types import Estimate


@dataclass(frozen=True, eq=False)
class JudgeTable:
    """A row for each judge by falling agreement, then the people's, then the controls by falling agreement.

    The rows of `published` tables come last. `votes` says how many votes the judges count as together; it is None
    below three of them.
    """

    labels: LabelTable
    rows: tuple[JudgeRow, ...]
    settings: EvaluationSettings
    votes: Estimate | None = None
    published: tuple[PublishedJudges, ...] = ()

    @property
    def judges(self) -> tuple[JudgeRow, ...]:
        return tuple(self.of_kind(RowKind.JUDGE))

    @property
    def people(self) -> JudgeRow:
        return next(self.of_kind(RowKind.PEOPLE))

    def of_kind(self, kind: RowKind) -> Iterator[JudgeRow]:
        return (row for row in self.rows if row.kind == kind)
