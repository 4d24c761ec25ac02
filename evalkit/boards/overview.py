"""Boards of several benchmarks side by side: a row a model, a column a number of one board."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalkit.boards.agreement import Agreement
from evalkit.boards.build import Board
from evalkit.boards.gathering import TURN
from evalkit.boards.metrics import Metric, raw_metric
from evalkit.boards.paired_agreement import AgreementDifference
from evalkit.boards.row import BoardRow
from evalkit.catalog import PublishedTable
from evalkit.formats import PublishedNumber
from evalkit.stats import AggregateMethod, RankInterval, Sample
from evalkit.types import Estimate, Status


@dataclass(frozen=True, slots=True, eq=False)
class NamedBoard:
    """A board and the benchmark that its verdicts are of."""

    benchmark: str
    board: Board


@dataclass(frozen=True, slots=True, eq=False)
class OverviewColumn:
    """One number of every model on a board: a metric, or the raw score of one `part`, such as `turn 1`."""

    benchmark: str
    board: Board
    metric: Metric
    part: str | None = None

    @property
    def ranks(self) -> bool:
        """True for the number by which the board ranks its models."""
        return self.part is None and self.metric == self.board.metric

    def estimate(self, row: BoardRow) -> Estimate:
        """The row's number in this column."""
        if self.part is None:
            return row.measured(self.metric).estimate
        found = row.slices.get(self.part)
        return found if found is not None else Estimate.refused(f"no verdicts on {self.part}", n=0)

    def sample(self, row: BoardRow) -> Sample:
        """The verdicts behind the row's number in this column."""
        return row.entry.sample if self.part is None else row.entry.slices.get(self.part, row.entry.sample)

    def status(self, row: BoardRow) -> Status:
        """The reliability of the row's number, missing verdicts included."""
        return row.status(self.metric) if self.part is None else self.estimate(row).status


@dataclass(frozen=True, slots=True, eq=False)
class OverviewCell:
    """A model's number in a column; `row` is the board's row behind it, or None where the board lacks the model."""

    estimate: Estimate
    status: Status
    row: BoardRow | None = None

    @property
    def refused(self) -> bool:
        """True if the model's outputs failed their audit, so that its number is not comparable with others."""
        return self.row is not None and self.row.entry.refused

    @property
    def shown(self) -> Estimate:
        """The number with its interval, refused where the outputs failed their audit."""
        return Estimate.refused("audit failed", n=self.estimate.n) if self.refused else self.estimate

    @property
    def value(self) -> float | None:
        return self.shown.value


@dataclass(frozen=True, slots=True, eq=False)
class OverviewRow:
    """A model with a cell for each column; `spellings` are the names that it has on the boards."""

    model: str
    cells: tuple[OverviewCell, ...]
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A model's aggregate and its rank; `without` holds its rank where a benchmark is left out, by that benchmark."""

    model: str
    estimate: Estimate
    rank: RankInterval | None
    without: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """The aggregate of several benchmarks, the best model first.

    `weights` are the benchmarks' shares of it, whose judges share a benchmark's. `left_out` gives models without an
    aggregate, with the reason.
    """

    method: AggregateMethod
    weights: Mapping[str, float]
    models: tuple[Placed, ...]
    left_out: Mapping[str, str]

    @property
    def lower_is_better(self) -> bool:
        return self.method == AggregateMethod.MEAN_RANK

    def of(self, model: str) -> Placed | None:
        """A model's place; None for a model that was left out."""
        return next((placed for placed in self.models if placed.model == model), None)

    @property
    def hangs_on(self) -> Mapping[str, tuple[str, ...]]:
        """The models whose rank is another one without a benchmark, by that benchmark."""
        return {
            benchmark: tuple(
                placed.model
                for placed in self.models
                if placed.rank is not None and placed.without.get(benchmark) not in (None, placed.rank.rank)
            )
            for benchmark in self.weights
            if len(self.weights) > 1
        }


@dataclass(frozen=True, slots=True, eq=False)
class ColumnAgreement:
    """The agreement of a column with people; of the aggregate where `column` is None."""

    column: OverviewColumn | None
    agreement: Agreement


@dataclass(frozen=True, slots=True, eq=False)
class PublishedCell:
    """A number of a published table; `comparable` says whether it can be compared with those of its column."""

    number: PublishedNumber
    n: int | None
    table: PublishedTable
    comparable: bool


@dataclass(frozen=True, slots=True, eq=False)
class PublishedLine:
    """A model of a published table, with a number, or None, for each column of an overview."""

    model: str
    table: str
    cells: tuple[PublishedCell | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """Several boards as one table, with their aggregate and their agreement with people where these were asked for.

    `leads` say which columns agree better with people than others. `published` rows have no rank, and nothing here is
    computed from them.

    `apart` names spellings that were not joined, because one board has both.
    """

    columns: tuple[OverviewColumn, ...]
    rows: tuple[OverviewRow, ...]
    apart: tuple[tuple[str, str], ...] = ()
    standing: Standing | None = None
    agreements: tuple[ColumnAgreement, ...] = ()
    leads: tuple[AgreementDifference, ...] = ()
    published: tuple[PublishedLine, ...] = ()

    @property
    def boards(self) -> tuple[Board, ...]:
        """The boards, each once, in the order of the columns."""
        return tuple({id(column.board): column.board for column in self.columns}.values())

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """The names of the benchmarks, each once, in the order of the columns."""
        return tuple(dict.fromkeys(column.benchmark for column in self.columns))

    def title(self, column: OverviewColumn) -> str:
        """The board and the number of a column."""
        return f"{self.board_title(column)} {column.part or column.metric.title}"

    def board_title(self, column: OverviewColumn) -> str:
        """The benchmark of a column, with the number of its board where the benchmark has several."""
        groups = list(dict.fromkeys(other.board.group for other in self.columns if other.benchmark == column.benchmark))
        return column.benchmark if len(groups) == 1 else f"{column.benchmark} #{groups.index(column.board.group) + 1}"

    def cells(self, column: OverviewColumn) -> dict[str, OverviewCell]:
        """The cells of a column by model."""
        place = self.columns.index(column)
        return {row.model: row.cells[place] for row in self.rows}


def build_overview(boards: Sequence[NamedBoard], aliases: Mapping[str, str]) -> Overview:
    """Put boards side by side; of each the number that ranks, the raw score, and the turns of what was graded alone.

    Rows stand in the order of the first column, then of the next for models that the first lacks.

    Args:
        aliases: canonical names by spelling; models are joined by these and by equal spelling, never by likeness.
    """
    names, apart = _canonical([[row.entry.model for row in named.board.rows] for named in boards], aliases)
    columns = [column for named in boards for column in _columns(named)]
    found = [{names[row.entry.model]: row for row in column.board.rows} for column in columns]
    spellings: dict[str, list[str]] = {}
    for spelling, name in names.items():
        spellings.setdefault(name, []).append(spelling)
    rows = [
        OverviewRow(
            # where all boards spell a name alike, that is the name
            spelled[0] if len(spelled) == 1 else model,
            tuple(_cell(column, by_model.get(model)) for column, by_model in zip(columns, found, strict=True)),
            tuple(sorted(spelled)),
        )
        for model, spelled in spellings.items()
    ]
    return Overview(tuple(columns), tuple(sorted(rows, key=_place)), apart)


def _columns(named: NamedBoard) -> list[OverviewColumn]:
    board = named.board
    raw = raw_metric(board.rows[0].entry)
    columns = [
        OverviewColumn(named.benchmark, board, metric)
        for metric in dict.fromkeys([board.metric, raw])
        if any(metric in row.numbers for row in board.rows)
    ]
    parts = sorted({name for row in board.rows for name in row.slices if name.startswith(f"{TURN} ")})
    return columns + [OverviewColumn(named.benchmark, board, raw, part) for part in parts if raw.graded]


def _cell(column: OverviewColumn, row: BoardRow | None) -> OverviewCell:
    if row is None:
        absent = Estimate.refused(f"no verdicts by {column.board.judge} on {column.benchmark}", n=0)
        return OverviewCell(absent, absent.status)
    return OverviewCell(column.estimate(row), column.status(row), row)


def _place(row: OverviewRow) -> tuple[tuple[bool, float], ...]:
    values = [cell.value for cell in row.cells]
    return (*((value is None, -(value or 0.0)) for value in values), (False, 0.0))


def _canonical(
    boards: Sequence[Sequence[str]], aliases: Mapping[str, str]
) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """The name of each spelling, and the pairs of spellings that stay apart because a board has both."""
    clashing: dict[str, list[str]] = {}
    for models in boards:
        shared = Counter(aliases.get(model, model) for model in models)
        for model in models:
            if shared[aliases.get(model, model)] > 1:
                clashing.setdefault(aliases.get(model, model), []).append(model)
    apart = {name: sorted(set(spellings)) for name, spellings in clashing.items()}
    names = {
        model: model if aliases.get(model, model) in apart else aliases.get(model, model)
        for models in boards
        for model in sorted(models)
    }
    return names, tuple((spellings[0], spellings[1]) for spellings in apart.values())
