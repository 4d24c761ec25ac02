"""Compares models on their common instructions, with the texts of the instructions that decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

from evalkit.api.choices import Place, check_no_file
from evalkit.api.door import front_door
from evalkit.api.keywords import (
    Data,
    checked_choice,
    checked_count,
    checked_names,
    checked_number,
    comma_list,
    texts_of,
)
from evalkit.api.python_judges import JudgeLike
from evalkit.api.result import Tabular, estimate_metrics, frame_of
from evalkit.api.selection import sources_of
from evalkit.boards import SLICES, Aggregation, Comparisons, DifficultySource, Metric
from evalkit.boards import compare as compare_models
from evalkit.reporting import comparison_json, comparison_text, pair_values
from evalkit.sources import Scope, Sources, read_entries, read_recipe, texts_of_files, texts_of_store
from evalkit.stats import CONFIDENCE
from evalkit.store import open_existing, store_url

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ModelComparison(Tabular):
    """Compared models, pair by pair, and the texts by key of the instructions on which two of them differ most."""

    comparisons: Comparisons
    instructions: Mapping[str, str]

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each pair of models, with its difference in the metric that decides.

        A difference is positive where `model` is ahead of `against`; rates are percentages, and differences points. A
        number that cannot be estimated is missing.
        """
        found = self.comparisons
        return frame_of([pair_values(pair, found.metric) for pair in found.pairs])

    def metrics(self) -> dict[str, float]:
        """The differences as a flat dictionary, `careful vs wordy/lc_win_rate` and the like, in every metric.

        A number that cannot be estimated is left out.
        """
        numbers: dict[str, float] = {}
        for pair in self.comparisons.pairs:
            name = " vs ".join(pair.models)
            for metric, difference in pair.differences.items():
                numbers |= estimate_metrics(f"{name}/{metric.name}", difference.estimate)
                if difference.adjusted is not None:
                    numbers[f"{name}/{metric.name}_p_holm"] = difference.adjusted
            numbers[f"{name}/n"] = float(pair.n)
        return numbers

    def to_json(self) -> str:
        return comparison_json(self.comparisons, self.instructions)

    def text(self, *, columns: int | None = None) -> str:
        """The comparison in words and tables, which fit a terminal of this many columns."""
        return comparison_text(self.comparisons, self.instructions, columns=columns)

    def __str__(self) -> str:
        return self.text()


@front_door
def compare(
    *models: str,
    source: Data | Sequence[Data] | None = None,
    benchmark: str | PathLike[str] | None = None,
    judge: JudgeLike | None = None,
    metric: str | Metric | None = None,
    control: str | Sequence[str] | None = None,
    difficulty: str | PathLike[str] = DifficultySource.AUTO.value,
    cluster: str | None = None,
    confidence: float = CONFIDENCE,
    by: str | Sequence[str] = (),
    swings: int = 5,
    store: str | None = None,
    results: str | PathLike[str] = "results",
) -> ModelComparison:
    """Compare two models, or each of several with each other, on the instructions that they have in common.

    All are compared under one judge and against one baseline.

    Args:
        models: the names of two models or more. A difference is positive where the model named first is ahead.
        source: an annotation file, a folder of them, a table of preferences, a value with such records, or several of
            these; by default the store.
        benchmark: the benchmark whose verdicts are taken from the store, by default the only one that it has, or that
            the sources are of.
        judge: only this judge's verdicts.
        metric: the number that decides: `lc_win_rate`, `win_rate` or `style_win_rate`; by default what the benchmark's
            style says.
        control: the controls of the style win rate, as in `length,markdown` or a list of them, or `none`.
        difficulty: the source of difficulty and of the effect of length: `auto`, `fit`, `none`, or a file.
        cluster: a field of the sources; instructions with the same value in it count as one.
        confidence: the confidence of each interval, and of all differences of several models together: a share.
        by: `turn`, `category`, `dataset` or several of them, in each of which two models are compared as well.
        swings: the number of instructions to keep on which the verdicts on two models differ most.
        store: the address of the database; the file `evalkit.db` in `results` by default.
        results: the folder in which the store lies by default.

    Returns:
        The comparison. `frame` has a row for each pair, with differences in percentage points; of two models,
        `comparisons.detail` has the parts, the swings, and how many reversed verdicts would change the conclusion.

    Raises:
        EvalkitError: a source, a name or an option is wrong, or no judge has verdicts on all the models.

    Example:
        >>> import evalkit as ek
        >>> ek.compare("careful", "wordy", benchmark="example").frame[["difference", "lower", "upper", "p_holm"]]
    """
    names = checked_names("models", models)
    sources = sources_of(
        source,
        benchmark=benchmark,
        judge=judge,
        difficulty=difficulty,
        cluster=cluster,
        store=store,
        results=results,
    )
    if not sources.files:
        place = Place(store_url(sources.store, sources.results), sources.results)
        for name in names:
            check_no_file(name, place)
    recipe = read_recipe(
        sources,
        metric=metric,
        control=comma_list(control),
        confidence=checked_number("--confidence", confidence, least=0.5, most=1, below=True),
    )
    aggregation = Aggregation(by=tuple(checked_choice("--by", part, SLICES) for part in texts_of(by)))
    n_swings = checked_count("--swings", swings, least=0)
    found = compare_models(read_entries(sources, aggregation), recipe, models=names, n_swings=n_swings)
    return ModelComparison(found, _instructions(found, sources))


def _instructions(found: Comparisons, sources: Sources) -> dict[str, str]:
    """The texts of the instructions that the comparison shows, by key."""
    keys = {swing.key for swing in found.detail.swings} if found.detail else set()
    if not keys or sources.files:
        return texts_of_files(sources.files, keys)
    wanted = Scope(sources.benchmark.name, found.judge, found.models[0])
    with open_existing(store_url(sources.store, sources.results)) as opened:
        return texts_of_store(opened, wanted, keys, results=sources.results)
