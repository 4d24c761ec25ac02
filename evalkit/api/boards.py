"""Makes a leaderboard: verdicts are gathered, rated, ranked and compared with people's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.boards import (
    CATEGORY,
    LC_COMPAT,
    SLICES,
    TURN,
    Aggregation,
    ArenaFormula,
    Board,
    DifficultySource,
    Entry,
    Lengths,
    Metric,
    Recipe,
    build_boards,
    with_neighbours,
)
from evalkit.catalog import Reference, read_aliases, read_reference
from evalkit.errors import ConfigError, InputError, UnknownName
from evalkit.formats import Rows, read_compat_inputs
from evalkit.sources import (
    SourceFile,
    Sources,
    controls_of,
    metric_of,
    published_beside,
    read_entries,
    read_recipe,
    read_source_files,
    with_known_judges,
)
from evalkit.store import store_url

NO_REFERENCE = "none"
LC = "lc"
ESTIMATORS = [LC, LC_COMPAT, *(formula.value for formula in ArenaFormula)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The options of a leaderboard; None means the benchmark's usual choice.

    `control` is a list with commas, or `none`; `reference` a name, a file or `none`. `replicates` is the number of
    resamples for the intervals, 0 for the formula. `published` says which published rows are shown beside the board's;
    None shows none.
    """

    metric: str | Metric | None = None
    control: str | None = None
    reference: str | Rows | None = None
    estimator: str = LC
    by: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    pool: bool = False
    strong_weight: float = 1.0
    allow_mixed: bool = False
    replicates: int = 0
    published: tuple[str | Rows, ...] | None = None


def make_leaderboard(
    sources: Sources, wishes: Wishes = Wishes(), *, files: Sequence[SourceFile] | None = None
) -> list[Board]:
    """Make a board for each judge and baseline of the sources.

    Args:
        files: result of `read_behind`, where the boards are to be shown with the texts behind them.

    Raises:
        EvalkitError: a source, a name or a combination of wishes is wrong.
    """
    reference = _reference(sources, wishes)
    recipe = _recipe(sources, wishes)
    entries = read_entries(sources, gathering_of(sources, wishes), files=files)
    _check_parts(entries, wishes.by)
    boards = build_boards(
        entries,
        replace(recipe, allow_mixed=wishes.allow_mixed, replicates=wishes.replicates),
        reference=reference,
        aliases=read_aliases() if reference else None,
    )
    if not sources.files:
        boards = with_known_judges(boards, store_url(sources.store, sources.results))
    if wishes.published is not None:
        tables, choice = published_beside(sources, wishes.published)
        boards = with_neighbours(boards, tables, choice, aliases=read_aliases())
    if wishes.reference is not None:
        return boards
    # no reference was asked for: a board that shares too few models with the reference needs no line that says so
    return [board if _agrees(board) else replace(board, agreement=None, control_lead=None) for board in boards]


def _check_parts(entries: Iterable[Entry], by: Sequence[str]) -> None:
    """Refuse to split by a part that no verdict has, or that all have alike; of several parts, those that are there are
    shown.
    """
    if len(by) != 1:
        return
    kind = TURN if by[0] == TURN else CATEGORY
    found = sorted({name for entry in entries for name in entry.slices if name.startswith(f"{kind} ")})
    if not found:
        raise InputError(
            f"--by {by[0]}: no verdict has a {kind}. Outputs and questions tell it in the field category or dataset; "
            "evalkit import takes it from --questions FILE, also when it imports again"
        )
    if len(found) == 1:
        raise InputError(f"--by {by[0]}: every verdict is of {found[0]}, so that there is nothing to split")


def _agrees(board: Board) -> bool:
    """The board's agreement with the reference could be estimated."""
    return board.agreement is not None and board.agreement.spearman.value is not None


def read_behind(sources: Sources, wishes: Wishes = Wishes()) -> tuple[SourceFile, ...]:
    """Read the content of the sources that are files, with the texts, once for boards and for the texts behind them.

    Raises:
        InputError: a source is missing or wrong.
    """
    return read_source_files(sources, gathering_of(sources, wishes))


def gathering_of(sources: Sources, wishes: Wishes) -> Aggregation:
    """The rules that combine verdicts, split by turns and categories as the benchmark does and as the options say.

    Raises:
        UnknownName: scores cannot be split by such a part.
    """
    _check_known("part", wishes.by, SLICES)
    slices = tuple(dict.fromkeys((*sources.family.by, *wishes.by)))
    # the published formula counts every character
    lengths = Lengths.CHARACTERS if wishes.estimator == LC_COMPAT else Lengths.TEXT
    return Aggregation(wishes.strong_weight, by=slices, pool=wishes.pool, categories=wishes.categories, lengths=lengths)


def _reference(sources: Sources, wishes: Wishes) -> Reference | None:
    # files of no particular benchmark are compared with the usual benchmark's reference
    own = sources.benchmark.reference
    name = own if wishes.reference is None else wishes.reference
    return None if name in (None, NO_REFERENCE) else read_reference(name)


def _recipe(sources: Sources, wishes: Wishes) -> Recipe:
    _check_known("estimator", [wishes.estimator], ESTIMATORS)
    if wishes.estimator != LC_COMPAT:
        recipe = read_recipe(sources, metric=wishes.metric, control=wishes.control)
        return recipe if wishes.estimator == LC else replace(recipe, arena=ArenaFormula(wishes.estimator))
    if isinstance(sources.difficulty, Rows) or sources.difficulty in {source.value for source in DifficultySource}:
        raise ConfigError(
            "--estimator lc_compat needs --difficulty FOLDER with instruction_difficulty.csv and df_gamed.csv"
        )
    controls = controls_of(sources.family, wishes.control)
    chosen = metric_of(sources.family, wishes.metric, controls=controls)
    return Recipe(chosen, compat=read_compat_inputs(Path(sources.difficulty)), controls=controls)


def _check_known(kind: str, names: Iterable[str], known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownName(kind, name, known)
