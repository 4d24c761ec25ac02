"""Selects the verdicts of a board, and the habits of their benchmark that turn them into rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from evalkit.auditing import AuditLimits
from evalkit.boards import (
    LC_WIN_RATE,
    RANKING,
    STYLE_WIN_RATE,
    WIN_RATE,
    Aggregation,
    DifficultySource,
    Entry,
    Metric,
    Recipe,
)
from evalkit.catalog import Benchmark, Family, find_family, read_benchmark, read_known
from evalkit.errors import ConfigError, UnknownName
from evalkit.formats import Rows, Source, read_difficulty, read_history_file
from evalkit.sources.benchmarks import holds_others, known_benchmark, only_benchmark
from evalkit.sources.entries import entries_of, entries_of_store, judges_of, read_sources
from evalkit.sources.files import SourceFile
from evalkit.sources.read_verdicts import ReadVerdicts, read_verdicts
from evalkit.stats import CONFIDENCE, HistoryFile, Shape
from evalkit.store import Address, open_existing, store_url
from evalkit.types import JudgeConfig

# the benchmark whose human ranking is shown beside files that name no benchmark
BENCHMARK = "alpaca_eval"
DECLARED_WHERE_JUDGED = (
    "--cluster: a store keeps the clusters that its verdicts were planned with. Run evalkit annotate with --cluster, "
    "which asks nothing again, or name files of verdicts"
)
NO_CONTROL = "none"


# without slots, so that the benchmark can be kept once it was read
@dataclass(frozen=True, kw_only=True)
class Sources:
    """The place and the selection of verdicts: `files`, which may be values, or without any the store's verdicts of
    the benchmark `board`, of the only one for None.

    `difficulty` is a path, rows, `auto`, `fit` or `none`; `shape` is the shape of the length effect where models at
    hand teach it. `cluster` is a field of the files: instructions with the same value in it count as one. `own` are
    judges of this process, whose parsers may be functions that no store keeps. `limits` are those of the audit of the
    answers in files. With `keeps`, the verdicts of a store are kept once they were read, for whoever reads them twice.
    """

    files: tuple[Source, ...] = ()
    board: str | None = None
    judge: str | None = None
    difficulty: str | Rows = DifficultySource.AUTO.value
    shape: str = Shape.LEARNED.value
    store: str | None = None
    results: Path = Path("results")
    cluster: str | None = None
    own: tuple[JudgeConfig, ...] = ()
    limits: AuditLimits = AuditLimits()
    keeps: bool = False

    @cached_property
    def benchmark(self) -> Benchmark:
        """The benchmark whose verdicts are taken from the store, read once: the one that is named, else the only one.

        Raises:
            ConfigError: the store has verdicts on several benchmarks, or a file is wrong.
            InputError: the store has none.
        """
        if self.board is None and not self.files:
            return known_benchmark(only_benchmark(self._url), self._url)
        return read_benchmark(BENCHMARK) if self.board is None else known_benchmark(self.board, self._url)

    @property
    def _url(self) -> Address:
        return store_url(self.store, self.results)

    @property
    def named(self) -> Benchmark | None:
        """The benchmark that the verdicts are of; None for files whose benchmark was not named."""
        return None if self.files and self.board is None else self.benchmark

    @cached_property
    def verdicts(self) -> ReadVerdicts:
        """All verdicts of the store on the benchmark, by the digest of the judge."""
        with open_existing(self._url) as opened:
            return {
                config.digest: tuple(read_verdicts(opened, config, benchmark=self.benchmark.name))
                for config in judges_of(opened, self.own)
                if self.judge in (None, config.name)
            }

    @cached_property
    def family(self) -> Family:
        """The habits of the benchmark; those for files, which do not name their benchmark."""
        return Family() if self.named is None else find_family(self.named.style)


def read_entries(
    sources: Sources, aggregation: Aggregation = Aggregation(), *, files: Sequence[SourceFile] | None = None
) -> list[Entry]:
    """Read all entries of the sources, with orders combined as the benchmark does.

    Args:
        files: result of `read_source_files`, where it was called before.

    Raises:
        EvalkitError: a source is missing or wrong, or holds nothing of the judge or the benchmark.
    """
    aggregation = replace(aggregation, combine=sources.family.combine, cluster=sources.cluster)
    if sources.files:
        read = read_sources(sources.files, aggregation, limits=sources.limits) if files is None else files
        return entries_of(read, judge=sources.judge, aggregation=aggregation)
    if sources.cluster is not None:
        raise ConfigError(DECLARED_WHERE_JUDGED)
    with open_existing(store_url(sources.store, sources.results)) as opened:
        return entries_of_store(
            opened,
            benchmark=sources.benchmark.name,
            judge=sources.judge,
            aggregation=aggregation,
            own=sources.own,
            read=sources.verdicts if sources.keeps else None,
        )


def misfiled(sources: Sources) -> tuple[str, ...]:
    """A note where a store's verdicts on a shipped benchmark are on the user's own instructions."""
    name = sources.benchmark.name
    with open_existing(store_url(sources.store, sources.results)) as opened:
        if not holds_others(opened, name):
            return ()
    return (
        f"none of these instructions is of {name}, where earlier versions filed all verdicts. To give them a name of "
        "their own, annotate the same outputs with --benchmark NAME: no stored reply is paid for twice",
    )


def read_source_files(sources: Sources, aggregation: Aggregation) -> tuple[SourceFile, ...]:
    """The content of the sources that are files, with their texts; none where the verdicts lie in a store.

    Raises:
        InputError: a source is missing or wrong.
    """
    declared = replace(aggregation, cluster=sources.cluster)
    return read_sources(sources.files, declared, texts=True, limits=sources.limits)


def read_recipe(
    sources: Sources, *, metric: str | Metric | None = None, control: str | None = None, confidence: float = CONFIDENCE
) -> Recipe:
    """Our estimators by the benchmark's habits, unless a `metric` or a `control` is given.

    Raises:
        UnknownName: no such metric.
        ConfigError: a style win rate without controls.
        InputError: the file of difficulties is wrong.
    """
    controls = controls_of(sources.family, control)
    given = sources.difficulty
    chosen = None if isinstance(given, Rows) else {source.value: source for source in DifficultySource}.get(given)
    if sources.shape != Shape.LEARNED.value and chosen not in (DifficultySource.AUTO, DifficultySource.FIT):
        raise ConfigError(
            f"--length-shape {sources.shape}: with --difficulty {sources.difficulty} no model teaches a shape. Choose "
            "--difficulty auto or fit"
        )
    own = () if sources.named is None or sources.named.history is None else (Path(sources.named.history),)
    return Recipe(
        metric_of(sources.family, metric, controls=controls),
        difficulty_of(given if isinstance(given, Rows) else Path(given)) if chosen is None else chosen,
        known=read_known(own),
        shape=Shape(sources.shape),
        controls=controls,
        confidence=confidence,
    )


def difficulty_of(path: Source) -> Mapping[str, float] | HistoryFile:
    """Read instruction difficulty from a history, whose name ends in .json, or from a table of values."""
    if isinstance(path, Rows):
        return read_difficulty(path)
    return read_history_file(path) if path.suffix == ".json" else read_difficulty(path)


def controls_of(style: Family, named: str | None) -> tuple[str, ...]:
    """The controls to hold equal, from a list with commas, `none`, or None for the style's own."""
    if named is None:
        return style.controls
    names = tuple(name.strip() for name in named.split(",") if name.strip())
    return () if names == (NO_CONTROL,) else names


def metric_of(style: Family, named: str | Metric | None, *, controls: tuple[str, ...]) -> Metric:
    """The metric that ranks or decides; one of the user's stays as it is.

    Raises:
        UnknownName: no such metric.
        ConfigError: a style win rate was asked for without controls.
    """
    if isinstance(named, Metric):
        return named
    chosen = named if named is not None else style.metric or LC_WIN_RATE.name
    if chosen not in RANKING:
        raise UnknownName("metric", chosen, RANKING)
    metric = RANKING[chosen]
    if metric != STYLE_WIN_RATE or controls:
        return metric
    if named is None:
        return WIN_RATE
    raise ConfigError(
        "--metric style_win_rate needs something to hold equal: --control, as in leaderboard "
        "--control length,markdown, or --benchmark with a benchmark whose style says what"
    )
