"""A model's number by release, for Python: what changed, in which categories, and how often it was looked at."""

import contextlib
import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING

from evalkit.api.door import front_door
from evalkit.api.keywords import Data, checked_count, checked_number, comma_list, texts_of
from evalkit.api.python_judges import JudgeLike
from evalkit.api.result import Tabular, estimate_metrics, frame_of
from evalkit.api.selection import sources_of
from evalkit.boards import (
    WHOLE_CHAIN,
    Board,
    DifficultySource,
    Entry,
    Metric,
    Recipe,
    ReleaseChoice,
    Series,
    build_series,
)
from evalkit.errors import ConfigError, InputError, UnknownName
from evalkit.reporting import release_values, releases_json, releases_text
from evalkit.sources import Sources, read_entries, read_recipe
from evalkit.stats import CONFIDENCE
from evalkit.store import kept_verdicts, open_existing, releases_of, store_url
from evalkit.text import named, printable

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.reporting import Plot


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Releases(Tabular):
    """A model's releases: a series for each judge, form and baseline, the one that was measured last first."""

    series: tuple[Series, ...]

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each release of each series, the earliest first; what cannot be estimated is missing."""
        return frame_of([release_values(series, release) for series in self.series for release in series.releases])

    def metrics(self) -> dict[str, float]:
        """The numbers of the first series as a flat dictionary, `v1.3/lc_win_rate` and the like."""
        numbers: dict[str, float] = {}
        series = self.series[0]
        for release in series.releases:
            numbers |= estimate_metrics(f"{release.name}/{series.metric.name}", release.estimate)
            if release.change is not None:
                numbers |= estimate_metrics(f"{release.name}/change", release.change.difference.estimate)
        return {**numbers, "looks": float(series.looks.n)}

    @front_door
    def plot(self) -> "Plot":
        """The number by release with its interval, which a notebook shows.

        Raises:
            ConfigError: there are several series.
        """
        if len(self.series) > 1:
            judges = named([printable(series.judge) for series in self.series])
            raise ConfigError(
                f"a figure shows one series, and these are {len(self.series)}; --judge names one: {judges}"
            )
        from evalkit.reporting import releases_plot

        return releases_plot(self.series[0])

    def to_json(self) -> str:
        return releases_json(self.series)

    def text(self, *, columns: int | None = None) -> str:
        """The series as text; in a terminal of so many columns a table that does not fit is divided."""
        return releases_text(self.series, columns=columns)

    def __str__(self) -> str:
        return self.text()


@front_door
def releases(
    model: str,
    *,
    benchmark: str | PathLike[str] | None = None,
    judge: JudgeLike | None = None,
    metric: str | Metric | None = None,
    control: str | Sequence[str] | None = None,
    difficulty: Data = DifficultySource.AUTO.value,
    confidence: float = CONFIDENCE,
    looks_budget: int | None = None,
    since: str | datetime.date | None = None,
    without: str | Sequence[str] = (),
    partial: bool = False,
    store: str | None = None,
    results: str | PathLike[str] = "results",
) -> Releases:
    """Show a model's number by release, what changed since the release before, and in which categories.

    A release is the outputs of a model at a time. `annotate`, `gate`, and `leaderboard` on the store keep each run with
    its date, the commit that is checked out, and the name that `label` gives it.

    Args:
        model: the name of the model, the same in the outputs of all its releases.
        benchmark: the benchmark whose releases are shown, by default the only one that the store has.
        judge: only this judge's verdicts.
        metric: the number to follow: `lc_win_rate`, `win_rate` or `style_win_rate`; by default what the benchmark's
            style says.
        control: the controls of the style win rate, as in `length,markdown` or a list of them, or `none`.
        difficulty: the source of difficulty and of the effect of length: `auto`, `fit`, `none`, or a file.
        confidence: the confidence of each interval, and of all categories of a release together: a share.
        looks_budget: the number of different outputs that may be measured on the same instructions; a note says when
            they are used up.
        since: only the releases since this day in UTC, such as `2026-01-31`, or since the release of this name.
        without: names of releases that are left out.
        partial: whether partial releases are compared with the others too; they are always shown.
        store: the address of the database; the file `evalkit.db` in `results` by default.
        results: the folder in which the store lies by default.

    Returns:
        The releases. `frame` has a row for each, with differences in points; `series` has the changes by category and
        the looks.

    Raises:
        EvalkitError: a name or an option is wrong, or the store keeps no release of the model.

    Example:
        >>> import evalkit as ek
        >>> ek.releases("careful", benchmark="example").frame[["release", "value", "change", "moved"]]
    """
    sources = sources_of(
        None, benchmark=benchmark, judge=judge, difficulty=difficulty, cluster=None, store=store, results=results
    )
    recipe = read_recipe(
        sources,
        metric=metric,
        control=comma_list(control),
        confidence=checked_number("--confidence", confidence, least=0.5, most=1, below=True),
    )
    budget = None if looks_budget is None else checked_count("--looks-budget", looks_budget, least=1)
    begin = since.isoformat() if isinstance(since, datetime.date) else since
    choice = ReleaseChoice(begin, texts_of(without), partial)
    found = series_of(sources, recipe, model, budget=budget, choice=choice)
    return Releases(tuple(found))


def series_behind(boards: Sequence[Board], sources: Sources) -> list[Series]:
    """The series of the models on a store's boards of which several releases are kept; none for boards of files, and
    for those of a published formula, which has no interval.
    """
    entries = [row.entry for board in boards for row in board.rows]
    if sources.files or not entries or any(board.published for board in boards):
        return []
    models = {entry.model for entry in entries}
    found: list[Series] = []
    with open_existing(store_url(sources.store, sources.results)) as store:
        runs = [run for run in releases_of(store, benchmark=sources.benchmark.name) if run.group.model in models]
        recipe = replace(boards[0].rows[0].recipe, replicates=0)
        for model in sorted(models):
            mine = [run for run in runs if run.group.model == model]
            if len({run.outputs for run in mine}) > 1:
                found += build_series(mine, kept_verdicts(store, {run.verdicts for run in mine}), entries, recipe)
    return [series for series in found if len(series.releases) > 1]


def series_of(
    sources: Sources,
    recipe: Recipe,
    model: str,
    *,
    budget: int | None = None,
    choice: ReleaseChoice = WHOLE_CHAIN,
) -> list[Series]:
    """The series of one model in the store.

    Raises:
        InputError: the store keeps no release on the benchmark.
        UnknownName: there is no release of the model or of the judge, or none that is called so.
    """
    name = sources.benchmark.name
    with open_existing(store_url(sources.store, sources.results)) as store:
        runs = releases_of(store, benchmark=name)
        if not runs:
            raise InputError(
                f"{store.where}: keeps no release on benchmark {name!r} yet. evalkit annotate, gate and leaderboard "
                "keep one with each run on outputs that were judged here"
            )
        mine = [run for run in runs if run.group.model == model]
        if not mine:
            raise UnknownName("model", model, {run.group.model for run in runs})
        texts = kept_verdicts(store, {run.verdicts for run in mine})
    others: list[Entry] = []
    # releases stay where the present verdicts of the benchmark are gone
    with contextlib.suppress(InputError):
        others = read_entries(replace(sources, judge=None))
    found = build_series(mine, texts, others, recipe, budget=budget, choice=choice)
    chosen = [series for series in found if sources.judge in (None, series.judge)]
    if not chosen:
        raise UnknownName("judge", str(sources.judge), {series.judge for series in found})
    return chosen
