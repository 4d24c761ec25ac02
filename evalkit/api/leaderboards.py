"""Boards for Python: built as on the command line, then shown, tabulated, drawn and reported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack, overload

from evalkit.api.boards import LC, Wishes, make_leaderboard, read_behind
from evalkit.api.door import front_door
from evalkit.api.judge_choice import Judges, judges_of, one_judge_of
from evalkit.api.keeping import Keeping, checked_label, keep_shown
from evalkit.api.keywords import (
    Data,
    checked_choice,
    checked_count,
    checked_number,
    comma_list,
    named_source_of,
    names_of,
    optional_text,
    published_wishes,
    source_of,
    texts_of,
    weights_of,
)
from evalkit.api.overviews import Benchmarks, OverviewTable, make_overview
from evalkit.api.python_judges import judge_name, judges_at_hand
from evalkit.api.releases import series_behind
from evalkit.api.result import Tabular, frame_of, in_form, row_metrics
from evalkit.boards import Board, BoardRow, DifficultySource, Metric
from evalkit.errors import ConfigError, UnknownName
from evalkit.files import write_text
from evalkit.provenance import canonical_digest, row_values
from evalkit.reporting import FORMS, PANELS, TABLE, Screen, boards_drawn, neighbour_values, one_board, screen_columns
from evalkit.sources import SourceFile, Sources, misfiled
from evalkit.stats import Shape
from evalkit.store import store_url

if TYPE_CHECKING:
    # loaded only where a frame or a figure is asked for: both take longer to load than many boards to build
    import pandas as pd

    from evalkit.reporting import GateSection, Plot


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Leaderboard(Tabular):
    """Boards, one for each judge and baseline, with their sources, the content of files if it was kept, and notes."""

    boards: tuple[Board, ...]
    sources: Sources
    files: tuple[SourceFile, ...] | None = None
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[BoardRow, ...]:
        """The rows of all boards; on each board the ranked ones come first, the best at the top."""
        return tuple(row for board in self.boards for row in board.rows)

    @property
    def frame(self) -> "pd.DataFrame":
        """Every row judged here with the columns of `--format csv`; on each board the ranked rows come first, the best
        at the top.

        A number that cannot be estimated is missing.
        """
        return frame_of([row_values(row) for row in self.rows])

    @property
    def published(self) -> "pd.DataFrame":
        """The published rows beside the boards, with the columns of `--format csv`; no row where none was asked for."""
        return frame_of([values for board in self.boards for values in neighbour_values(board)])

    @property
    def sha256(self) -> str:
        """The digest of all rows."""
        return canonical_digest(self.rows)

    def metrics(self) -> dict[str, float]:
        """The numbers as a flat dictionary, `model/lc_win_rate` and the like; what cannot be estimated is left out."""
        return row_metrics(self.rows, judges=len({row.entry.judge for row in self.rows}) > 1)

    def written(self, form: str = TABLE) -> str:
        """The boards in a form of `evalkit leaderboard --format`: `table`, `csv`, `csv-wide`, `csv-tidy`, `json`,
        `markdown`, `latex`, `html`, `model-card` or `bibtex`.

        Raises:
            UnknownName: no such form.
        """
        return in_form(self.boards, form, FORMS)

    def to_json(self) -> str:
        return self.written("json")

    @front_door
    def plot(self, panel: str = "board") -> "Plot":
        """One of the figures `board`, `lift`, `length`, `ranks` and `agreement`, which a notebook shows.

        Raises:
            UnknownName: no such figure.
            ConfigError: there are several boards, or the board lacks the data of the figure.
        """
        if panel not in PANELS:
            raise UnknownName("panel", panel, PANELS)
        from evalkit.reporting import PLOTS

        return PLOTS[panel](one_board(self.boards))

    @front_door
    def report(
        self,
        path: str | PathLike[str],
        *,
        title: str | None = None,
        sample: int | None = None,
        seed: int = 0,
        text: bool = True,
        gate: "GateSection | None" = None,
    ) -> Path:
        """Write one HTML file with the boards and every comparison behind them, as `evalkit report` does.

        Args:
            path: path of the file, which is returned.
            title: named after the sources by default.
            sample: number of instructions that can be browsed, all by default; no number of a board depends on it.
            seed: seed of the choice of these instructions.
            text: whether the file holds instructions, answers and the judge's replies.
            gate: a gate's decision to show above the boards, as `evalkit.report` reads it.

        Raises:
            EvalkitError: the store is missing or wrong, or the file cannot be written.
        """
        from evalkit.reporting import SampleSize, assemble_report, report_html
        from evalkit.sources import read_judged

        size = None if sample is None else SampleSize(sample, seed)
        files = read_behind(self.sources) if self.files is None else self.files
        judged = read_judged(self.sources, files)
        report = assemble_report(
            self.boards,
            judged,
            self.sources,
            title=title,
            sample=size,
            text=text,
            gate=gate,
            releases=series_behind(self.boards, self.sources),
        )
        written = Path(path)
        write_text(written, report_html(report))
        return written

    def __str__(self) -> str:
        return boards_drawn(self.boards, Screen(screen_columns()))

    def _repr_html_(self) -> str:
        from evalkit.reporting import boards_fragment

        return boards_fragment(self.boards)


class BoardKeywords(TypedDict, total=False):
    """The keywords of `leaderboard`, which describes them, but for the benchmark and those that a page has itself."""

    judge: Judges | None
    metric: str | Metric | None
    control: str | Sequence[str] | None
    estimator: str
    difficulty: Data
    length_shape: str
    reference: Data | None
    published: Data | Sequence[Data] | None
    category: str | Sequence[str]
    cluster: str | None
    pool: bool
    strong_weight: float
    bootstrap: int
    allow_mixed: bool
    label: str | None
    store: str | None
    results: str | PathLike[str]


class LeaderboardKeywords(BoardKeywords, total=False):
    """The same, with the benchmark of the boards."""

    benchmark: str | PathLike[str] | None


class _AllKeywords(LeaderboardKeywords, total=False):
    by: str | Sequence[str]
    texts: bool
    verdicts: bool


class _OverviewKeywords(_AllKeywords, total=False):
    alias: Mapping[str, str] | Sequence[str]
    aggregate: str | None
    weight: Mapping[str, float] | Sequence[str]


@overload
def leaderboard(*sources: Data, benchmarks: Benchmarks, **keywords: Unpack[_OverviewKeywords]) -> OverviewTable: ...


@overload
def leaderboard(*sources: Data, **keywords: Unpack[_AllKeywords]) -> Leaderboard: ...


@front_door
def leaderboard(
    *sources: Data,
    benchmark: str | PathLike[str] | None = None,
    benchmarks: Benchmarks = (),
    alias: Mapping[str, str] | Sequence[str] = (),
    aggregate: str | None = None,
    weight: Mapping[str, float] | Sequence[str] = (),
    judge: Judges | None = None,
    metric: str | Metric | None = None,
    control: str | Sequence[str] | None = None,
    estimator: str = LC,
    difficulty: Data = DifficultySource.AUTO.value,
    length_shape: str = Shape.LEARNED.value,
    reference: Data | None = None,
    published: Data | Sequence[Data] | None = None,
    by: str | Sequence[str] = (),
    category: str | Sequence[str] = (),
    cluster: str | None = None,
    pool: bool = False,
    strong_weight: float = 1.0,
    bootstrap: int = 0,
    allow_mixed: bool = False,
    label: str | None = None,
    store: str | None = None,
    results: str | PathLike[str] = "results",
    texts: bool = True,
    verdicts: bool = False,
) -> Leaderboard | OverviewTable:
    """Make the boards of verdicts, as `evalkit leaderboard` does; without sources, of those in the store.

    With `benchmarks` it puts several of them side by side: a row a model, a column a number.

    Args:
        sources: annotation files, folders of them, tables of preferences, or data frames and lists of such records.
        benchmark: the benchmark whose verdicts are taken from the store, by default the only one that it has, or that
            the sources are of.
        benchmarks: several benchmarks for one table, by name, or `all` that the store has verdicts on; a dictionary
            gives the verdicts of each, or None for those in the store.
        alias: canonical names of models by spelling, or texts such as `A=B`, which join rows of `benchmarks`.
        aggregate: one number for each model from all `benchmarks`: `mean-rank`, `z` or `bt`.
        weight: relative weights of benchmarks in the aggregate, or texts such as `mt_bench=2`; 1 by default.
        judge: only this judge's verdicts; of `benchmarks`, a dictionary or a list with texts such as `mt_bench=NAME`
            names the judge of each.
        metric: the number that ranks: `lc_win_rate`, `win_rate` or `style_win_rate`; by default what the benchmark's
            style says.
        control: the controls of the style win rate, as in `length,markdown` or a list of them, or `none`.
        estimator: `lc` for evalkit's own formulas, or the name of a published one, to compare with published rows.
        difficulty: the source of difficulty and of the effect of length: `auto`, `fit`, `none`, or a file.
        length_shape: the number of slopes of length that are fitted to the models at hand: `one`, `two`, or the number
            that their verdicts support (`learned`).
        reference: a human ranking by name, as a file or as a data frame, or `none`; by default the benchmark's own.
        published: the published rows that are shown beside the board's own, without a rank and without any effect on
            its numbers: `near` for those around the board's numbers, `top:20` for the first of each table, `all`, or
            names of models; a table's name, a csv file or a data frame limits these to that table. Several are a list.
        by: `turn`, `category` or several of them, to split scores by; `dataset` is AlpacaEval's word for a category,
            and also tests whether scores differ between sources.
        category: only the verdicts on this category, or on these.
        cluster: a field of the sources; instructions with the same value in it count as one.
        pool: whether all judges are averaged into one score.
        strong_weight: how many times a verdict of much better counts.
        bootstrap: the number of resamples for intervals; 0 takes the sandwich formula.
        allow_mixed: whether a judge's probabilities are averaged with its single draws.
        label: the name of this release of the models, such as `v1.3`, for `releases`.
        store: the address of the database; the file `evalkit.db` in `results` by default.
        results: the folder in which the store lies by default.
        texts: whether the texts of files are kept for `report`.
        verdicts: whether the verdicts of the store are kept for `report`, which reads them again otherwise.

    Returns:
        A board for each judge and baseline. `frame` has a row for each model; win rates are percentages. With
        `benchmarks` the table of all of them, whose `frame` has a row for each model and number.

    Raises:
        EvalkitError: a source, a name or a combination of these is wrong; the message says what to do.

    Example:
        >>> import evalkit as ek
        >>> ek.leaderboard(benchmark="example").frame[["model", "rank", "lc_win_rate", "lc_status"]]
    """
    only = None if benchmarks else one_judge_of(judge)
    chosen = Sources(
        files=tuple(source_of(source, "sources") for source in sources),
        board=optional_text(benchmark),
        judge=judge_name(only),
        own=judges_at_hand(only),
        difficulty=named_source_of(difficulty, "difficulty"),
        shape=checked_choice("--length-shape", length_shape, [shape.value for shape in Shape]),
        store=store,
        results=Path(results),
        cluster=cluster,
        keeps=verdicts,
    )
    wishes = Wishes(
        metric=metric,
        control=comma_list(control),
        reference=None if reference is None else named_source_of(reference, "reference"),
        published=published_wishes(published),
        estimator=estimator,
        by=texts_of(by),
        categories=texts_of(category),
        pool=pool,
        strong_weight=checked_number("--strong-weight", strong_weight, least=0, above=True),
        allow_mixed=allow_mixed,
        replicates=checked_count("--bootstrap", bootstrap, least=0),
    )
    joined, weights = names_of("--alias", alias), weights_of("--weight", weight)
    if benchmarks:
        if benchmark is not None:
            raise ConfigError("--benchmark names one benchmark, and --all several: choose one of them")
        return make_overview(
            benchmarks,
            chosen,
            wishes,
            aliases=joined,
            method=aggregate,
            weights=weights,
            judges=judges_of(judge),
        )
    for option, asked in (("--alias", joined), ("--aggregate", aggregate), ("--weight", weights)):
        if asked:
            raise ConfigError(f"{option} is for several benchmarks, and this board is of one: add --benchmark or --all")
    keeping = Keeping("leaderboard", checked_label(label))
    if chosen.files and label is not None:
        raise ConfigError("--as names a release in the store, and a board of files keeps nothing there. Leave it out")
    files = read_behind(chosen, wishes) if texts else None
    boards = tuple(make_leaderboard(chosen, wishes, files=files))
    if chosen.files:
        return Leaderboard(boards, chosen, files)
    notes = (
        *misfiled(chosen),
        *keep_shown([board.rows for board in boards], store_url(chosen.store, chosen.results), keeping),
    )
    return Leaderboard(boards, chosen, files, notes)
