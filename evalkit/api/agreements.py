"""Measures how far boards agree with a human ranking of the same models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from evalkit.api.door import front_door
from evalkit.api.keywords import Data, named_source_of, parted, source_of, texts_of
from evalkit.api.result import Tabular, estimate_metrics, frame_of, in_form
from evalkit.boards import AgreementDifference, BesideReference, Correlated, beside_reference, join, narrowed
from evalkit.catalog import Reference, read_aliases, read_name_map, read_reference
from evalkit.errors import ConfigError
from evalkit.formats import ScoreTable, read_score_columns, read_scores
from evalkit.reporting import (
    CORRELATED_COLUMNS,
    CORRELATED_FORMS,
    TABLE,
    correlated_text,
    correlated_values,
    measures_of,
)

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.reporting import Plot

Named = TypeVar("Named", ScoreTable, Reference)
# a file of names by names, or such a dictionary
NameMap = str | PathLike[str] | Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Correlations(Tabular):
    """Boards with their agreement with human rankings, and the differences of every two boards, by ranking."""

    references: tuple[BesideReference, ...]

    @property
    def boards(self) -> tuple[Correlated, ...]:
        """Each board beside each ranking."""
        return tuple(board for beside in self.references for board in beside.boards)

    @property
    def differences(self) -> tuple[AgreementDifference, ...]:
        """The lead of one board over another in agreement with each ranking, for every two boards."""
        return tuple(pair for beside in self.references for pair in beside.differences)

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each board and measure, and for each difference of two boards, with the columns of `--format csv`;
        what cannot be estimated is missing.
        """
        return frame_of(correlated_values(self.references), CORRELATED_COLUMNS)

    def metrics(self) -> dict[str, float]:
        """The numbers as a flat dictionary, `board/spearman`, `board/spearman_less/other` and the like, after the name
        of the ranking where there are several; what cannot be estimated is left out.
        """
        numbers: dict[str, float] = {}
        for beside in self.references:
            prefix = f"{beside.reference.name}/" if len(self.references) > 1 else ""
            for one in beside.boards:
                for measure, estimate in measures_of(one.agreement).items():
                    numbers |= estimate_metrics(f"{prefix}{one.board}/{measure}", estimate)
                numbers[f"{prefix}{one.board}/n_models"] = float(len(one.agreement.models))
            for pair in beside.differences:
                for coefficient, found in pair.differences.items():
                    name = f"{prefix}{pair.first}/{coefficient.value}_less/{pair.second}"
                    numbers |= estimate_metrics(name, found.estimate)
        return numbers

    def written(self, form: str = TABLE) -> str:
        """The result in a form of `evalkit correlate --format`: `table`, `csv`, `json`, `markdown`.

        Raises:
            UnknownName: no such form.
        """
        return in_form(self.references, form, CORRELATED_FORMS)

    def to_json(self) -> str:
        return self.written("json")

    @front_door
    def plot(self) -> "Plot":
        """The figure of the one board beside the human ranking, which a notebook shows.

        Raises:
            ConfigError: there are several boards, or the board shares no model with the ranking.
        """
        if len(self.boards) != 1:
            raise ConfigError(f"the figure shows one board beside the reference, and these are {len(self.boards)}")
        # imported here: loading the plotting library takes longer than computing a correlation
        from evalkit.reporting import agreement_plot

        (board,) = self.boards
        title = f"{board.board} beside {board.agreement.reference.name}"
        return agreement_plot(board.agreement, title, measure=board.metric)

    def text(self, *, columns: int | None = None) -> str:
        """The agreement in words and tables, which fit a terminal of this many columns."""
        return correlated_text(self.references, columns=columns)

    def __str__(self) -> str:
        return self.text()


@front_door
def correlate(
    *boards: Data,
    reference: Data | Sequence[Data],
    metric: str | Sequence[str] | None = None,
    reference_metric: str | Sequence[str] | None = None,
    maps: NameMap | Sequence[NameMap] = (),
    common: bool = False,
) -> Correlations:
    """Say how far boards agree with human rankings of the same models, and which of two boards agrees better.

    Args:
        boards: a csv file or JSON lines each, or a value with such records: a model and a score in each row, and lower
            and upper where known.
        reference: a human ranking, by the name of a shipped one or as for `boards`, or several of them.
        metric: the column of the boards that is compared, or several; by default the score, or a win rate.
        reference_metric: the column of the reference that it is compared with, or several, each of which is a ranking;
            by default the score or the rating.
        maps: dictionaries, or JSON files of such, that match the boards' names of models with the reference's, either
            way round; the first that names a model decides.
        common: whether only the models that all boards share are compared.

    Returns:
        The agreement of each board: Spearman, Kendall, Pearson, separability, agreement with confidence and Brier's
        score. `differences` are the leads of one board over another. `frame` has a row for each board and measure, and
        for each difference; `plot()` draws a board beside the ranking.

    Raises:
        EvalkitError: a board, the reference or a map is missing or wrong.

    Example:
        >>> import evalkit as ek
        >>> ek.correlate("board.csv", reference="chatbot_arena_20240329").frame[["measure", "value", "lower", "upper"]]
    """
    if not boards:
        raise ConfigError("no board was given. Name a file with the columns model and score")
    tables = _told_apart(_tables(boards, texts_of(metric)))
    humans = _told_apart(_references(parted(reference), texts_of(reference_metric)))
    joined = join(tables, humans, read_aliases(), maps=_name_maps(maps))
    chosen = [narrowed(one) if common else one for one in joined]
    return Correlations(
        tuple(beside_reference(one, reference=human) for one, human in zip(chosen, humans, strict=True))
    )


def _tables(boards: Sequence[Data], metrics: Sequence[str]) -> list[ScoreTable]:
    """The boards; a file of which several columns are read is several boards, named after file and column."""
    if len(metrics) < 2:
        return [read_scores(source_of(board, "boards"), metric=next(iter(metrics), None)) for board in boards]
    read = [read_score_columns(source_of(board, "boards"), metrics) for board in boards]
    for metric in metrics:
        if all(table.metric != metric for tables in read for table in tables):
            # the error that names the columns of the first board
            read_scores(source_of(boards[0], "boards"), metric=metric)
    if len(read) == 1:
        return [replace(table, name=table.metric) for table in read[0]]
    return [replace(table, name=f"{table.name} {table.metric}") for tables in read for table in tables]


def _told_apart(found: Sequence[Named]) -> list[Named]:
    """The same boards or rankings, with a number behind a name that several of them have."""
    names = [one.name for one in found]
    return [
        replace(one, name=f"{one.name} #{names[: place + 1].count(one.name)}") if names.count(one.name) > 1 else one
        for place, one in enumerate(found)
    ]


def _references(given: Sequence[Data], metrics: Sequence[str]) -> list[Reference]:
    """The rankings; of a file of which several columns are read, each column is one, named after file and column."""
    if not given:
        raise ConfigError("no reference was given. Name a shipped ranking or a file with the columns model and score")
    sources = [named_source_of(one, "reference") for one in given]
    if len(metrics) < 2:
        return [read_reference(source, metric=next(iter(metrics), None)) for source in sources]
    read = [(read_reference(source, metric=metric), metric) for source in sources for metric in metrics]
    return [replace(reference, name=f"{reference.name} {metric}") for reference, metric in read]


def _name_maps(given: NameMap | Sequence[NameMap]) -> list[Mapping[str, str]]:
    maps = [given] if isinstance(given, str | PathLike | Mapping) else given
    return [one if isinstance(one, Mapping) else read_name_map(Path(one)) for one in maps]
