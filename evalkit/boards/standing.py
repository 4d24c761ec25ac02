"""The aggregate of an overview: one number for each model that stands on every board, and what it hangs on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from evalkit.boards.agreement import agree
from evalkit.boards.metrics import raw_metric
from evalkit.boards.overview import ColumnAgreement, Overview, OverviewCell, OverviewColumn, Placed, Standing
from evalkit.boards.paired_agreement import (
    AgreementDifference,
    adjusted_for_pairs,
    agreement_difference,
    metric_difference,
)
from evalkit.boards.row import MIN_COVERAGE
from evalkit.catalog import Reference
from evalkit.errors import ConfigError, StatsError, UnknownName
from evalkit.formats import Score
from evalkit.stats import Aggregated, AggregateMethod, Part, aggregate
from evalkit.text import named
from evalkit.types import Estimate, StatusKind, degraded

# every two of so many boards are compared with people
_ALL_PAIRED = 4


def with_standing(overview: Overview, standing: Standing) -> Overview:
    """The overview with an aggregate, in whose order its rows stand; models that it leaves out come last."""
    places = {placed.model: at for at, placed in enumerate(standing.models)}
    rows = sorted(overview.rows, key=lambda row: places.get(row.model, len(places)))
    return replace(overview, rows=tuple(rows), standing=standing)


def stand(overview: Overview, method: AggregateMethod, weights: Mapping[str, float] | None = None) -> Standing:
    """Aggregate the numbers by which the boards rank, of the models that have one on each of them.

    Bradley-Terry strengths are of verdicts: models without a controlled number have them as well.

    Args:
        weights: the benchmarks' relative weights, 1 where none is given.

    Raises:
        ConfigError: there are fewer than two benchmarks.
        UnknownName: a weight is for a benchmark that the overview lacks.
        StatsError: fewer than three models have a number on every board.
    """
    benchmarks = overview.benchmarks
    if len(benchmarks) < 2:
        raise ConfigError(f"--aggregate: puts several benchmarks into one number, and there is only {benchmarks[0]}")
    given = dict(weights or {})
    for name in given:
        if name not in benchmarks:
            raise UnknownName("benchmark", name, benchmarks)
    cells = dict(_counted(overview, column, method) for column in overview.columns if column.ranks)
    columns = list(cells)
    left_out = {row.model: reason for row in overview.rows if (reason := _lacks(row.model, cells))}
    models = [row.model for row in overview.rows if row.model not in left_out]
    shares = {name: given.get(name, 1.0) / sum(given.get(other, 1.0) for other in benchmarks) for name in benchmarks}
    parts = {column: _part(column, models, cells[column], columns, shares) for column in columns}
    try:
        found = aggregate(list(parts.values()), method)
    except StatsError as error:
        lacking = named([f"{model}: {reason}" for model, reason in left_out.items()], most=3)
        raise StatsError(f"--aggregate: {error}{f'. Left out: {lacking}' if lacking else ''}") from None
    without = {
        benchmark: aggregate([part for part in parts.values() if part.benchmark != benchmark], method)
        for benchmark in benchmarks
    }
    doubt = _doubt(columns, models, cells, method)
    placed = [_placed(at, model, found, without, doubt) for at, model in enumerate(models)]
    return Standing(method, shares, tuple(sorted(placed, key=_order)), left_out)


def _counted(
    overview: Overview, column: OverviewColumn, method: AggregateMethod
) -> tuple[OverviewColumn, dict[str, OverviewCell]]:
    """The column that an aggregate is made of with its cells: that of the raw number where only verdicts count."""
    cells = overview.cells(column)
    if method != AggregateMethod.BT or _is_raw(column):
        return column, cells
    raw = replace(column, metric=raw_metric(column.board.rows[0].entry))
    return raw, {
        model: cell if cell.row is None else OverviewCell(raw.estimate(cell.row), raw.status(cell.row), cell.row)
        for model, cell in cells.items()
    }


def _lacks(model: str, cells: Mapping[OverviewColumn, Mapping[str, OverviewCell]]) -> str | None:
    """The reason why a model has no aggregate; None where it has a number on every board."""
    for column, by_model in cells.items():
        cell = by_model[model]
        if cell.refused:
            return f"its outputs for {column.benchmark} failed their audit"
        if cell.estimate.value is None:
            reason = cell.estimate.status.reason
            # a model without verdicts has a reason that names the benchmark
            return reason if cell.row is None else f"no {column.metric.title} on {column.benchmark}: {reason}"
    return None


def _part(
    column: OverviewColumn,
    models: Sequence[str],
    cells: Mapping[str, OverviewCell],
    columns: Sequence[OverviewColumn],
    shares: Mapping[str, float],
) -> Part:
    rows = [row for model in models if (row := cells[model].row) is not None]
    boards = sum(other.benchmark == column.benchmark for other in columns)
    return Part(
        column.benchmark,
        tuple(row.measured(column.metric) for row in rows),
        tuple(row.entry.sample for row in rows),
        shares[column.benchmark] / boards,
    )


def _doubt(
    columns: Sequence[OverviewColumn],
    models: Sequence[str],
    cells: Mapping[OverviewColumn, Mapping[str, OverviewCell]],
    method: AggregateMethod,
) -> str | None:
    """The reason why every aggregate is doubtful: a model's place rests on the numbers of the others as well.

    Bradley-Terry strengths rest on verdicts alone: missing ones touch them, and a doubtful control does not.
    """
    doubted = _incomplete if method == AggregateMethod.BT else _doubtful
    found = []
    for column in columns:
        doubtful = [model for model in models if doubted(cells[column][model])]
        if doubtful:
            found.append(f"{named(doubtful, most=3)} on {column.benchmark}")
    return f"rests on numbers that are not ok: {'; '.join(found)}" if found else None


def _incomplete(cell: OverviewCell) -> bool:
    return cell.row is not None and cell.row.coverage < MIN_COVERAGE


def _doubtful(cell: OverviewCell) -> bool:
    return cell.status.kind == StatusKind.DEGRADED and cell.row is not None and not cell.row.entry.itself


def _placed(at: int, model: str, found: Aggregated, without: Mapping[str, Aggregated], doubt: str | None) -> Placed:
    estimate = found.estimates[at]
    if doubt is not None and estimate.value is not None:
        reasons = [reason for reason in (estimate.status.reason, doubt) if reason]
        estimate = replace(estimate, status=degraded("; ".join(reasons)))
    ranks = {name: None if (rank := other.ranks[at]) is None else rank.rank for name, other in without.items()}
    return Placed(model, estimate, found.ranks[at], ranks)


def _order(placed: Placed) -> tuple[bool, int, str]:
    return placed.rank is None, 0 if placed.rank is None else placed.rank.rank, placed.model


def agreements_of(overview: Overview, reference: Reference, aliases: Mapping[str, str]) -> tuple[ColumnAgreement, ...]:
    """The agreement of every column, and of the aggregate where there is one, with a human ranking."""
    found = [
        ColumnAgreement(column, agree(column_scores(overview, column), reference, aliases))
        for column in overview.columns
    ]
    if overview.standing is not None:
        found.append(ColumnAgreement(None, agree(standing_scores(overview.standing), reference, aliases)))
    return tuple(found)


def leads_of(overview: Overview, reference: Reference, aliases: Mapping[str, str]) -> tuple[AgreementDifference, ...]:
    """The leads of columns over others in agreement with a human ranking.

    They are those of a controlled number over the raw one of its board, paired by instruction as well; of every two
    boards' ranking numbers, and of the aggregate over each of its parts. Where there are more than four boards, only
    the first is compared with the others and with the aggregate. p-values are adjusted for their number by Holm's
    method.
    """
    ranking = [column for column in overview.columns if column.ranks]
    scores = {overview.title(column): column_scores(overview, column) for column in ranking}
    found = [_control_lead(overview, column, reference, aliases) for column in ranking if not _is_raw(column)]
    found += [
        agreement_difference(scores[one], scores[other], reference, aliases, names=(one, other))
        for one, other in combinations(scores, 2)
        if len(scores) <= _ALL_PAIRED or one == next(iter(scores))
    ]
    if overview.standing is not None:
        whole, name = standing_scores(overview.standing), f"aggregate ({overview.standing.method.value})"
        found += [
            agreement_difference(whole, part, reference, aliases, names=(name, title))
            for title, part in scores.items()
            if len(scores) <= _ALL_PAIRED or title == next(iter(scores))
        ]
    return adjusted_for_pairs(found)


def _is_raw(column: OverviewColumn) -> bool:
    return column.metric == raw_metric(column.board.rows[0].entry)


def _control_lead(
    overview: Overview, column: OverviewColumn, reference: Reference, aliases: Mapping[str, str]
) -> AgreementDifference:
    raw = raw_metric(column.board.rows[0].entry)
    lead = metric_difference(column.board.rows, (column.metric, raw), reference, aliases)
    board = overview.board_title(column)
    return replace(lead, first=f"{board} {column.metric.title}", second=f"{board} {raw.title}")


def column_scores(overview: Overview, column: OverviewColumn) -> list[Score]:
    """A column's numbers as scores; a model whose outputs failed their audit has none."""
    return [
        Score(model, cell.value, cell.estimate.lower, cell.estimate.upper, cell.estimate.stderr)
        for model, cell in overview.cells(column).items()
        if cell.row is not None
    ]


def standing_scores(standing: Standing) -> list[Score]:
    """The aggregates as scores of which the highest is the best."""
    sign = -1 if standing.lower_is_better else 1
    return [_score(placed.model, placed.estimate, sign) for placed in standing.models]


def _score(model: str, estimate: Estimate, sign: int) -> Score:
    if estimate.value is None or estimate.lower is None or estimate.upper is None:
        return Score(model, None)
    lower, upper = sorted((sign * estimate.lower, sign * estimate.upper))
    return Score(model, sign * estimate.value, lower, upper, estimate.stderr)
