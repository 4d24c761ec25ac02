"""Chooses the published rows that stand beside a board, and says whether they can be compared with its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit.boards.build import Board
from evalkit.boards.neighbours import Neighbours
from evalkit.boards.row import MIN_COVERAGE, BoardRow
from evalkit.catalog import PublishedTable
from evalkit.errors import ConfigError, UnknownName
from evalkit.formats import PublishedRow

NEAR, TOP, ALL = "near", "top", "all"
_USUAL = {NEAR: 2, TOP: 10}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows of published tables are shown.

    These are the models of the given `names`, the first `top` of each table, and for each of a board's own models the
    `near` rows above and the `near` rows below its number; or `every` row. Unless the tables were `named`, those of
    another judge or baseline than a board's are left out beside it if a table of its own is there.
    """

    names: tuple[str, ...] = ()
    top: int = 0
    near: int = 0
    every: bool = False
    named: bool = False


def read_choice(wanted: Iterable[str], *, named: bool = False) -> Choice:
    """The choice that texts describe: `near`, `top`, `all`, or names of models; `top:20` and `near:3` say how many.

    Args:
        named: True if the tables were named.

    Raises:
        ConfigError: a number is none.
    """
    choice = Choice()
    for text in wanted:
        kind, colon, number = text.partition(":")
        if kind in _USUAL:
            if colon and not (number.isascii() and number.isdigit() and int(number) > 0):
                raise ConfigError(f"--published {text}: expected a whole number above 0 after {kind}:, as in {kind}:20")
            many = int(number) if colon else _USUAL[kind]
            choice = replace(choice, near=many) if kind == NEAR else replace(choice, top=many)
        elif text == ALL:
            choice = replace(choice, every=True)
        else:
            choice = replace(choice, names=(*choice.names, text))
    return replace(choice if choice != Choice() else Choice(near=_USUAL[NEAR]), named=named)


def with_neighbours(
    boards: Sequence[Board], tables: Sequence[PublishedTable], choice: Choice, *, aliases: Mapping[str, str]
) -> list[Board]:
    """The boards, each with the published rows that are shown beside its own.

    A table without numbers in a board's metric stays beside the board without rows, with the reason. Models are joined
    by equal names or by aliases, and never by a guess.

    Raises:
        UnknownName: no table has a model of such a name.
    """
    (found,) = with_neighbours_of_several([(boards, tables)], choice, aliases=aliases)
    return found


def with_neighbours_of_several(
    groups: Sequence[tuple[Sequence[Board], Sequence[PublishedTable]]], choice: Choice, *, aliases: Mapping[str, str]
) -> list[list[Board]]:
    """The boards of several benchmarks, each with the published rows of its benchmark's tables.

    Raises:
        UnknownName: no table has a model of such a name.
    """
    every = [table for _, tables in groups for table in tables]
    for name in choice.names:
        if not any(_rows_named(name, table.rows, aliases) for table in every):
            raise UnknownName("published model", name, {row.model for table in every for row in table.rows})
    return [_with_neighbours(boards, tables, choice, aliases) for boards, tables in groups]


def _with_neighbours(
    boards: Sequence[Board], tables: Sequence[PublishedTable], choice: Choice, aliases: Mapping[str, str]
) -> list[Board]:
    return [
        replace(
            board,
            neighbours=tuple(
                _neighbours(board, table, choice, aliases) for table in _beside(board, tables, choice, aliases)
            ),
        )
        for board in boards
    ]


def _beside(
    board: Board, tables: Sequence[PublishedTable], choice: Choice, aliases: Mapping[str, str]
) -> Sequence[PublishedTable]:
    own = [table for table in tables if not _judged_apart(board, table, aliases)]
    return own if own and not choice.named else tables


def _neighbours(board: Board, table: PublishedTable, choice: Choice, aliases: Mapping[str, str]) -> Neighbours:
    apart = _apart(board, table, aliases)
    metric = board.metric.name
    rated = sorted(
        (row for row in table.rows if metric in row.numbers), key=lambda row: (-row.numbers[metric].value, row.model)
    )
    if not rated:
        others = ", ".join(table.metrics)
        return Neighbours(table, (), (f"it has no {board.metric.title}, only {others}",))
    if any(row.entry.judging.notices for row in board.rows):
        # the number of a control means nothing beside that of a judge that read the answers
        return Neighbours(table, (), (f"the judge {board.judge} does not judge as that judge does",))
    shown = {row.model for row in rated[: len(rated) if choice.every else choice.top]}
    for row in board.rows:
        value = row.measured(board.metric).estimate.value
        if choice.near and value is not None and not row.entry.refused:
            above = [other for other in rated if other.numbers[metric].value >= value]
            below = rated[len(above) :]
            shown |= {other.model for other in (*above[-choice.near :], *below[: choice.near])}
    for name in choice.names:
        shown |= {row.model for row in _rows_named(name, rated, aliases)}
    rows = tuple(row for row in rated if row.model in shown)
    return Neighbours(table, rows, apart, _same(board.rows, rows, aliases))


def _apart(board: Board, table: PublishedTable, aliases: Mapping[str, str]) -> tuple[str, ...]:
    """The reasons why numbers of the table cannot be compared with those of the board."""
    reasons = _judged_apart(board, table, aliases)
    asked = max(map(_instructions, board.rows))
    if table.instructions is not None and not MIN_COVERAGE <= asked / table.instructions <= 1 / MIN_COVERAGE:
        reasons.append(f"it is about {table.instructions} instructions, and this board about {asked}")
    theirs, ours = table.formulas.get(board.metric.name), board.rows[0].recipe.formula(board.metric)
    if theirs != ours:
        made = f"another formula, which --estimator {theirs} repeats" if theirs else "no published formula"
        reasons.append(f"its {board.metric.title}s follow {made}")
    return tuple(reasons)


def _judged_apart(board: Board, table: PublishedTable, aliases: Mapping[str, str]) -> list[str]:
    """The reasons why the verdicts of the table are not like those of the board: their judge or their baseline."""
    reasons = []
    if not table.judges:
        reasons.append("the table does not name its judge")
    elif board.judge not in table.judges:
        reasons.append(f"it was judged by {table.judge or table.judges[0]}, and this board by {board.judge}")
    if board.baseline and table.baseline is None:
        reasons.append("the table does not name its baseline")
    elif board.baseline and table.baseline is not None and not _alike(board.baseline, table.baseline, aliases):
        reasons.append(f"its baseline is {table.baseline}, and that of this board {board.baseline}")
    return reasons


def _instructions(row: BoardRow) -> int:
    """The number of instructions that a model was asked, judged or not."""
    known = row.entry.dependence
    return row.entry.sample.n + row.entry.sample.n_missing if known is None else known.instructions


def _rows_named(name: str, rows: Iterable[PublishedRow], aliases: Mapping[str, str]) -> list[PublishedRow]:
    """The rows of a model: those of just this name, else those of an alias of it."""
    rows = list(rows)
    exact = [row for row in rows if row.model == name]
    return exact or [row for row in rows if _alike(row.model, name, aliases)]


def _alike(first: str, second: str, aliases: Mapping[str, str]) -> bool:
    return first == second or aliases.get(first, first) == aliases.get(second, second)


def _same(own: Iterable[BoardRow], rows: Iterable[PublishedRow], aliases: Mapping[str, str]) -> dict[str, str]:
    return {
        row.model: model for model in (other.entry.model for other in own) for row in _rows_named(model, rows, aliases)
    }
