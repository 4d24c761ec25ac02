"""Builds boards from entries and ranks the reliable rows: win rates with and without length control, and the check
against people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalkit.boards.agreement import Agreement, agree
from evalkit.boards.arena import arena_rows
from evalkit.boards.entries import Entry, slice_names
from evalkit.boards.known_judge import KnownJudge
from evalkit.boards.metrics import LC_WIN_RATE, SCORE, WIN_RATE, Metric, Recipe
from evalkit.boards.paired_agreement import AgreementDifference, metric_difference, metric_scores
from evalkit.boards.pick import each_once, groups
from evalkit.boards.rates import Estimators, check_controls, learn
from evalkit.boards.row import BoardRow
from evalkit.catalog import Reference
from evalkit.stats import MIN_MODELS, MISFITTING, check_fits, rank_intervals
from evalkit.types import StatusKind

if TYPE_CHECKING:
    from evalkit.boards.neighbours import Neighbours

_RANKED, _DEGRADED, _WITHOUT_NUMBER, _REFUSED = range(4)


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """One board for each judge, served model where it changed, and baseline.

    Only rows whose `metric` is ok have a rank. They come first, the best at the top, and the baseline's own row is
    among them at the place of its number. Below them, without a rank, come the degraded rows in the order of their
    numbers, then the rows without a number, then the rows whose outputs an audit refused. Where no row has a rank, as
    with a published formula, the baseline's own row is among the degraded ones. `control_lead` is the lead of the
    metric, or of the LC win rate, over the raw win rate in agreement with people. `neighbours` are published rows that
    are shown beside the board's own, and that nothing here is computed from. `known` is what is known of how far the
    judge agrees with people; None where no store was asked.
    """

    judge: str
    digest: str
    served_as: str
    baseline: str
    metric: Metric
    rows: tuple[BoardRow, ...]
    agreement: Agreement | None = None
    control_lead: AgreementDifference | None = None
    neighbours: "tuple[Neighbours, ...]" = ()
    known: KnownJudge | None = None

    @property
    def group(self) -> tuple[str, str, str, str]:
        """The judge, its digest, the served model and the baseline, which tell the boards of a benchmark apart."""
        return self.judge, self.digest, self.served_as, self.baseline

    @property
    def n_placed(self) -> int:
        """The number of ranked rows, the baseline's own row included; these come first."""
        if all(row.rank is None for row in self.rows):
            return 0
        return sum(_group(row, self.metric) == _RANKED for row in self.rows)

    @property
    def published(self) -> bool:
        """True if a published formula made the numbers of the metric; rows cannot be ranked by its error."""
        return self.rows[0].recipe.published(self.metric)


def build_boards(
    entries: Sequence[Entry],
    recipe: Recipe,
    *,
    reference: Reference | None = None,
    aliases: Mapping[str, str] | None = None,
) -> list[Board]:
    """Build a board for each judge and baseline among the entries.

    Raises:
        InputError: a model has two rows under one judge and baseline.
        UnknownName: a control that no answer has a measure for.
        StatsError: the recipe cannot be followed with these data.
    """
    check_controls(entries, recipe.controls)
    grouped = [each_once(group) for group in groups(entries)]
    boards = [_build(group, recipe) for group in grouped]
    if reference is None:
        return boards
    return [_beside(board, reference, aliases or {}) for board in boards]


def _beside(board: Board, reference: Reference, aliases: Mapping[str, str]) -> Board:
    """The board with its agreement with a reference, and with the lead of its controlled over its raw metric."""
    scores = metric_scores(board.rows, board.metric)
    agreement = agree(scores, reference, aliases, degraded=_degraded(board))
    if board.metric.graded:
        return replace(board, agreement=agreement)
    controlled = LC_WIN_RATE if board.metric == WIN_RATE else board.metric
    lead = metric_difference(board.rows, (controlled, WIN_RATE), reference, aliases)
    return replace(board, agreement=agreement, control_lead=lead)


def _build(entries: Sequence[Entry], recipe: Recipe) -> Board:
    first = entries[0]
    # a published formula has coefficients of its own
    rates = Estimators(recipe) if recipe.compat is not None else learn(entries, recipe)
    metric = SCORE if first.graded else recipe.metric
    slices = slice_names(entries)
    rows = [rates.row(entry, slices=slices) for entry in entries]
    if recipe.arena is not None and not first.graded:
        rows = [
            row
            for refused in (False, True)
            for row in arena_rows([row for row in rows if row.entry.refused == refused], recipe.arena, recipe.controls)
        ]
    return Board(first.judge, first.digest, first.served_as, first.baseline, metric, _placed(_checked(rows), metric))


def _checked(rows: Sequence[BoardRow]) -> Sequence[BoardRow]:
    """The rows; all are degraded if the regressions miss the verdicts of several models' pairs of about equal length.

    Where a history of the judge taught the rows, the check of the models behind that history counts instead.
    """
    found = [row.controlled.pairs for row in rows if not row.entry.refused and row.controlled.pairs is not None]
    if len(found) < MIN_MODELS or any(row.background.own_history for row in rows):
        return rows
    check = check_fits(found)
    if check is None or not check.all_misfit:
        return rows
    reason = f"{MISFITTING}: {check} over all models"
    return [
        row if row.entry.itself else row.with_numbers({LC_WIN_RATE: row.controlled.doubted(reason)}) for row in rows
    ]


def _placed(rows: Sequence[BoardRow], metric: Metric) -> tuple[BoardRow, ...]:
    """The rows in the order of the board, with ranks for those that are ok."""
    sound = [row for row in rows if _group(row, metric) == _RANKED and not row.entry.itself]
    ranges = rank_intervals([row.measured(metric) for row in sound], [row.entry.sample for row in sound])
    ranks = {row.entry.model: rank for row, rank in zip(sound, ranges, strict=True)}
    placed = [replace(row, rank=ranks.get(row.entry.model)) for row in rows]

    def place(row: BoardRow) -> tuple[int, float, str]:
        group = _group(row, metric)
        value = row.measured(metric).estimate.value
        # where no row is ranked, the baseline's number is a number like the others
        apart = max(group, _DEGRADED) if not sound else group
        return apart, -value if value is not None and group <= _DEGRADED else 0.0, row.entry.model

    return tuple(sorted(placed, key=place))


def _group(row: BoardRow, metric: Metric) -> int:
    """The group of a row on the board: 0 for ranked rows, higher the more is wrong with the row."""
    if row.entry.refused:
        return _REFUSED
    kind = row.status(metric).kind
    if kind == StatusKind.NOT_ESTIMABLE:
        return _WITHOUT_NUMBER
    return _RANKED if kind == StatusKind.OK or row.entry.itself else _DEGRADED


def _degraded(board: Board) -> set[str]:
    return {row.entry.model for row in board.rows if _group(row, board.metric) == _DEGRADED}
