"""Entries into a ranked board: win rates with and without length control, and the check against people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit.boards.agreement import Agreement, agree
from evalkit.boards.arena import arena_rows
from evalkit.boards.entries import Entry, part_names
from evalkit.boards.rates import Rates, check_controls, learn_rates
from evalkit.boards.row import BoardRow, Metric, Recipe
from evalkit.errors import InputError
from evalkit.formats.scores import Score
from evalkit.references import Reference
from evalkit.stats.ranks import rank_ranges
from evalkit.types import StatusKind


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """Rows ranked best first, one board for each judge, served model where it changed, and baseline.

    Rows whose outputs an audit refused have no rank and stand last.
    """

    judge: str
    digest: str
    part: str
    baseline: str
    metric: Metric
    rows: tuple[BoardRow, ...]
    agreement: Agreement | None = None


def build_boards(
    entries: Sequence[Entry],
    recipe: Recipe,
    *,
    reference: Reference | None = None,
    aliases: Mapping[str, str] | None = None,
) -> list[Board]:
    """A board for each judge and baseline among the entries.

    Raises:
        InputError: a model stands twice under one judge and baseline.
        UnknownName: a control that no answer has a measure for.
        StatsError: the recipe cannot be followed with these data.
    """
    check_controls(entries, recipe.controls)
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.group, entry.model)):
        group = groups.setdefault(entry.group, [])
        if group and group[-1].model == entry.model:
            raise InputError(
                f"model {entry.model!r} stands twice under judge {entry.judge!r} and baseline {entry.baseline!r}. "
                "Name each source once"
            )
        group.append(entry)
    boards = [_build(group, recipe) for group in groups.values()]
    if reference is None:
        return boards
    return [
        replace(board, agreement=agree(_scores(board), reference, aliases or {}, degraded=_degraded(board)))
        for board in boards
    ]


def _build(entries: Sequence[Entry], recipe: Recipe) -> Board:
    first = entries[0]
    # a published formula has coefficients of its own
    rates = Rates(recipe) if recipe.compat is not None else learn_rates(entries, recipe)
    metric = Metric.SCORE if first.graded else recipe.metric
    parts = part_names(entries)
    rows = [rates.row(entry, parts=parts) for entry in entries]
    if recipe.arena is not None and not first.graded:
        rows = [
            row
            for refused in (False, True)
            for row in arena_rows([row for row in rows if row.entry.refused == refused], recipe.arena, recipe.controls)
        ]
    # what is no answer has no place among answers
    passed = [row for row in rows if not row.entry.refused]
    ranks = rank_ranges([row.measured(metric) for row in passed], [row.entry.sample for row in passed])
    ranked = [replace(row, rank=rank) for row, rank in zip(passed, ranks, strict=True)]
    ranked += [row for row in rows if row.entry.refused]
    ranked.sort(key=lambda row: (row.rank is None, row.rank.rank if row.rank else 0, row.entry.model))
    return Board(first.judge, first.digest, first.part, first.baseline, metric, tuple(ranked))


def _scores(board: Board) -> list[Score]:
    """The metric as the board shows it; none for a model whose outputs were refused."""
    estimates = {row.entry.model: row.measured(board.metric).estimate for row in board.rows if not row.entry.refused}
    refused = [Score(row.entry.model, None) for row in board.rows if row.entry.refused]
    return [Score(model, one.value, one.lower, one.upper, one.stderr) for model, one in estimates.items()] + refused


def _degraded(board: Board) -> set[str]:
    measured = {row.entry.model: row.measured(board.metric).estimate.status for row in board.rows}
    return {model for model, status in measured.items() if status.kind == StatusKind.DEGRADED}
