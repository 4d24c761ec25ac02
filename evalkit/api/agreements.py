"""Measures how far boards agree with a human ranking of the same models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.api.door import front_door
from evalkit.api.keywords import Data, named_source_of, source_of
from evalkit.api.result import Tabular, estimate_metrics, frame_of, in_form
from evalkit.boards import Correlated, correlate_common
from evalkit.boards import correlate as correlate_each
from evalkit.catalog import read_aliases, read_name_map, read_reference
from evalkit.errors import ConfigError
from evalkit.formats import read_scores
from evalkit.reporting import CORRELATED_FORMS, TABLE, correlated_text, correlated_values, measures_of

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.reporting import Plot

# a file of names by names, or such a dictionary
NameMap = str | PathLike[str] | Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Correlations(Tabular):
    """Boards, each with its agreement with the same human ranking."""

    boards: tuple[Correlated, ...]

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each board and measure, with the columns of `--format csv`; what cannot be estimated is missing."""
        return frame_of([row for board in self.boards for row in correlated_values(board)])

    def metrics(self) -> dict[str, float]:
        """The numbers as a flat dictionary, `board/spearman` and the like; what cannot be estimated is left out."""
        numbers: dict[str, float] = {}
        for one in self.boards:
            for measure, estimate in measures_of(one.agreement).items():
                numbers |= estimate_metrics(f"{one.board}/{measure}", estimate)
            numbers[f"{one.board}/n_models"] = float(len(one.agreement.models))
        return numbers

    def written(self, form: str = TABLE) -> str:
        """The result in a form of `evalkit correlate --format`: `table`, `csv`, `json`, `markdown`.

        Raises:
            UnknownName: no such form.
        """
        return in_form(self.boards, form, CORRELATED_FORMS)

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
        return correlated_text(self.boards, columns=columns)

    def __str__(self) -> str:
        return self.text()


@front_door
def correlate(
    *boards: Data,
    reference: Data,
    metric: str | None = None,
    reference_metric: str | None = None,
    maps: NameMap | Sequence[NameMap] = (),
    common: bool = False,
) -> Correlations:
    """Say how far boards agree with a human ranking of the same models.

    Args:
        boards: a csv file or JSON lines each, or a value with such records: a model and a score in each row, and lower
            and upper where known.
        reference: a human ranking, by the name of a shipped one or as for `boards`.
        metric: the column of the boards that is compared; by default the score, or a win rate.
        reference_metric: the column of the reference that it is compared with; by default the score or the rating.
        maps: dictionaries, or JSON files of such, that match the boards' names of models with the reference's, either
            way round; the first that names a model decides.
        common: whether only the models that all boards share are compared.

    Returns:
        The agreement of each board: Spearman, Kendall, Pearson, separability, agreement with confidence and Brier's
        score. `frame` has a row for each board and measure; `plot()` draws a board beside the ranking.

    Raises:
        EvalkitError: a board, the reference or a map is missing or wrong.

    Example:
        >>> import evalkit as ek
        >>> ek.correlate("board.csv", reference="chatbot_arena_20240329").frame[["measure", "value", "lower", "upper"]]
    """
    if not boards:
        raise ConfigError("no board was given. Name a file with the columns model and score")
    tables = [read_scores(source_of(board, "boards"), metric=metric) for board in boards]
    human = read_reference(named_source_of(reference, "reference"), metric=reference_metric)
    agree = correlate_common if common else correlate_each
    return Correlations(tuple(agree(tables, human, read_aliases(), maps=_name_maps(maps))))


def _name_maps(given: NameMap | Sequence[NameMap]) -> list[Mapping[str, str]]:
    maps = [given] if isinstance(given, str | PathLike | Mapping) else given
    return [one if isinstance(one, Mapping) else read_name_map(Path(one)) for one in maps]
