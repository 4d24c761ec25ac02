"""Entries into a ranked board: win rates with and without length control, and the check against people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.boards.entries import Entry
from evalkit.boards.row import BoardRow, DifficultySource, Metric, Recipe, build_row
from evalkit.errors import InputError, StatsError
from evalkit.references import Reference, shared_models
from evalkit.stats.agreement import spearman
from evalkit.stats.history import History, fit_history
from evalkit.stats.ranks import rank_ranges
from evalkit.types import Estimate, StatusKind


@dataclass(frozen=True, slots=True)
class Agreement:
    """Spearman's correlation of a board with a reference, over which models.

    `degraded` are those among `models` whose number is marked so; `left_out` the reference knows, but has no number.
    """

    reference: Reference
    spearman: Estimate
    models: tuple[str, ...]
    degraded: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """Rows ranked best first, one board for each judge, served model where it changed, and baseline."""

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
        StatsError: the recipe cannot be followed with these data.
    """
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
    return [replace(board, agreement=_agree(board, reference, aliases or {})) for board in boards]


def _build(entries: Sequence[Entry], recipe: Recipe) -> Board:
    history = None
    if recipe.difficulty == DifficultySource.FIT and recipe.compat is None:
        history = _learn(entries)
    rows = [build_row(entry, recipe, history=history) for entry in entries]
    ranks = rank_ranges([row.measured(recipe.metric) for row in rows], [row.entry.sample for row in rows])
    ranked = [replace(row, rank=rank) for row, rank in zip(rows, ranks, strict=True)]
    ranked.sort(key=lambda row: (row.rank is None, row.rank.rank if row.rank else 0, row.entry.model))
    first = entries[0]
    return Board(first.judge, first.digest, first.part, first.baseline, recipe.metric, tuple(ranked))


def _learn(entries: Sequence[Entry]) -> History:
    try:
        return fit_history({entry.model: entry.sample for entry in entries if entry.model != entry.baseline})
    except StatsError as error:
        raise StatsError(f"judge {entries[0].judge!r}: {error}. Choose another with --judge, or none") from None


def _agree(board: Board, reference: Reference, aliases: Mapping[str, str]) -> Agreement:
    """Correlate the metric as the board shows it; rows without a number cannot take part and are named."""
    estimates = {row.entry.model: row.measured(board.metric).estimate for row in board.rows}
    values = {model: one.value for model, one in estimates.items() if one.value is not None}
    shared = shared_models(values, reference, aliases)
    used = tuple(one.model for one in shared)
    return Agreement(
        reference,
        spearman(np.array([values[model] for model in used]), np.array([one.score for one in shared])),
        models=used,
        degraded=tuple(model for model in used if estimates[model].status.kind != StatusKind.OK),
        left_out=tuple(one.model for one in shared_models(estimates, reference, aliases) if one.model not in used),
    )
