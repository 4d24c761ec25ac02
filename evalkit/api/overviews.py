"""Several benchmarks in one table: their boards are made one by one, and put side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalkit.api.boards import NO_REFERENCE, Wishes, make_leaderboard
from evalkit.api.door import front_door
from evalkit.api.judge_choice import JudgeChoice
from evalkit.api.keywords import Data, parted, source_of
from evalkit.api.python_judges import judge_name, judges_at_hand
from evalkit.api.result import Tabular, estimate_metrics, frame_of, in_form
from evalkit.boards import (
    Board,
    NamedBoard,
    Overview,
    agreements_of,
    build_overview,
    leads_of,
    published_lines,
    stand,
    with_neighbours_of_several,
    with_standing,
)
from evalkit.catalog import read_aliases, read_reference
from evalkit.errors import ConfigError, UnknownName
from evalkit.reporting import OVERVIEW_FORMS, TABLE, cell_values, overview_metrics, overview_text, standing_values
from evalkit.sources import Sources, judged_benchmarks, published_of_several
from evalkit.stats import AggregateMethod
from evalkit.store import store_url

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.reporting import Plot

EVERY = "all"
EVERY_JUDGE = JudgeChoice()
AGGREGATES = [method.value for method in AggregateMethod]
# the benchmarks of an overview: their names, all that the store has, or the verdicts of each
Benchmarks = str | Sequence[str] | Mapping[str, "Data | Sequence[Data] | None"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OverviewTable(Tabular):
    """Several benchmarks in one table: a row a model, a column a number, each cell with its interval and status."""

    overview: Overview
    notes: tuple[str, ...] = ()

    @property
    def boards(self) -> tuple[Board, ...]:
        """The boards behind the columns."""
        return self.overview.boards

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each model and number, and for its aggregate, with the columns of `--format csv`.

        A number that cannot be estimated is missing.
        """
        return frame_of([*cell_values(self.overview), *standing_values(self.overview)])

    def metrics(self) -> dict[str, float]:
        """The numbers as a flat dictionary, `model/column` and the like; what cannot be estimated is left out."""
        found: dict[str, float] = {}
        for name, estimate in overview_metrics(self.overview).items():
            found |= estimate_metrics(name, estimate)
        return found

    def written(self, form: str = TABLE) -> str:
        """The table in a form of `evalkit leaderboard --format`.

        Raises:
            UnknownName: no such form.
        """
        return in_form(self.overview, form, OVERVIEW_FORMS)

    def to_json(self) -> str:
        return self.written("json")

    @front_door
    def plot(self) -> "Plot":
        """The numbers by which the boards rank, a panel each, and the aggregate, which a notebook shows.

        Raises:
            ConfigError: there are too many to be read.
        """
        from evalkit.reporting import overview_plot

        return overview_plot(self.overview)

    def __str__(self) -> str:
        return overview_text(self.overview)

    def _repr_html_(self) -> str:
        from evalkit.reporting import overview_fragment

        return overview_fragment(self.overview)


def make_overview(
    benchmarks: Benchmarks,
    chosen: Sources,
    wishes: Wishes,
    *,
    aliases: Mapping[str, str],
    method: str | None = None,
    weights: Mapping[str, float] | None = None,
    judges: JudgeChoice = EVERY_JUDGE,
) -> OverviewTable:
    """Make the boards of each benchmark and put them side by side.

    Args:
        benchmarks: names, `all`, or a dictionary of verdicts by name.
        chosen: what all benchmarks have in common, without files and without a benchmark.
        aliases: canonical names by spelling, which come before those that evalkit ships.
        method: the aggregate, by the name of its method; None for none.
        weights: the benchmarks' relative weights in it.
        judges: the judges whose verdicts count.

    Raises:
        EvalkitError: a source, a name or a combination of wishes is wrong; the store lacks verdicts on a benchmark.
    """
    if weights and method is None:
        raise ConfigError("--weight is for an aggregate: add --aggregate mean-rank, z or bt")
    known = {**read_aliases(), **aliases}
    found = _sources(benchmarks, chosen, judges)
    # the columns are compared with people once, and not board by board
    alone = replace(wishes, reference=NO_REFERENCE, published=None)
    made = [make_leaderboard(sources, alone) for sources in found]
    if wishes.published is not None:
        tables, choice = published_of_several(found, wishes.published)
        made = with_neighbours_of_several(list(zip(made, tables, strict=True)), choice, aliases=known)
    named = zip(found, made, strict=True)
    boards = [NamedBoard(sources.benchmark.name, board) for sources, own in named for board in own]
    overview = build_overview(boards, known)
    overview = replace(overview, published=published_lines(overview.columns, known))
    if method is not None:
        overview = with_standing(overview, stand(overview, _method(method), weights))
    return OverviewTable(_compared(overview, found, wishes, known), tuple(_unknown_names(overview, aliases)))


def _unknown_names(overview: Overview, aliases: Mapping[str, str]) -> Iterator[str]:
    """The notes on aliases that join nothing, because no board has such a name."""
    known = {row.entry.model for board in overview.boards for row in board.rows}
    others = {row.model for row in overview.rows}
    for name, other in aliases.items():
        lacking = [one for one, there in ((name, known), (other, known | others)) if one not in there]
        if lacking:
            yield f"--alias {name}={other}: no board has a model {' or '.join(map(repr, lacking))}"


def _method(name: str) -> AggregateMethod:
    try:
        return AggregateMethod(name)
    except ValueError:
        raise UnknownName("aggregate", name, AGGREGATES) from None


def _compared(overview: Overview, sources: Sequence[Sources], wishes: Wishes, aliases: Mapping[str, str]) -> Overview:
    """The overview with the agreement of its columns with people: with the ranking that was asked for, else with that
    of the first benchmark that names one, where enough models are in it.
    """
    own = next((found for one in sources if (found := one.benchmark.reference) is not None), None)
    name = own if wishes.reference is None else wishes.reference
    if name in (None, NO_REFERENCE):
        return overview
    reference = read_reference(name)
    agreements = agreements_of(overview, reference, aliases)
    if wishes.reference is None and all(one.agreement.spearman.value is None for one in agreements):
        return overview
    return replace(overview, agreements=agreements, leads=leads_of(overview, reference, aliases))


def _sources(benchmarks: Benchmarks, chosen: Sources, judges: JudgeChoice) -> list[Sources]:
    if chosen.files:
        raise ConfigError(
            "SOURCES are verdicts on one benchmark, and several are asked for: name the verdicts of each, as in "
            "--benchmark NAME=FILE"
        )
    if not isinstance(benchmarks, Mapping):
        names = [benchmarks] if isinstance(benchmarks, str) else list(benchmarks)
        if EVERY in names:
            names = list(judged_benchmarks(store_url(chosen.store, chosen.results)))
        benchmarks = dict.fromkeys(names)
    judges.check(list(benchmarks))
    return [
        replace(
            chosen,
            board=name,
            files=tuple(source_of(source, f"benchmarks: {name}") for source in parted(given)),
            judge=judge_name(judges.of(name)),
            own=judges_at_hand(judges.of(name)),
        )
        for name, given in benchmarks.items()
    ]
