"""A model's rates by a recipe on any sample of its verdicts, and the differences of two models in them."""

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit.boards.background import (
    LEAST_COVERED,
    UNTAUGHT,
    Background,
    difficulty_of_models,
    known_share,
    nothing_known,
    of_file,
    of_generic,
    of_models,
    of_values,
)
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import SCORE, DifficultySource, Held, Metric, Recipe, metrics_of
from evalkit.boards.row import BoardRow, build_row
from evalkit.errors import InputError, StatsError, UnknownName
from evalkit.stats import (
    COUNTS,
    GROUPS,
    LENGTH,
    MIN_MODELS,
    MIN_MODELS_FOR_SLOPES,
    History,
    HistoryFile,
    Known,
    Measured,
    Sample,
    Shape,
    fit_history,
    p_value,
    paired_difference,
)
from evalkit.types import Estimate


@dataclass(frozen=True, slots=True)
class Difference:
    """Two rates on the common instructions and the lead of the first, in points.

    `p_value` is the p-value of no difference, and `adjusted` is the p-value adjusted by Holm's method for all
    comparisons made.
    """

    first: Estimate
    second: Estimate
    estimate: Estimate
    p_value: float | None = None
    adjusted: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pinned:
    """The backgrounds about length and about style with which a row was written."""

    length: Background
    style: Background


@dataclass(frozen=True, slots=True, eq=False)
class Estimators:
    """The computation of rates: a recipe, and the backgrounds of length and of the recipe's controls."""

    recipe: Recipe
    length: Background = UNTAUGHT
    style: Background = UNTAUGHT

    def row(self, entry: Entry, *, slices: Collection[str] | None = None) -> BoardRow:
        """The entry's line on a board; `slices` are as in `build_row`."""
        return build_row(entry, self.recipe, background=self.length, style_background=self.style, slices=slices)

    def measured_row(self, entry: Entry, sample: Sample) -> BoardRow:
        """The entry's line as computed from another sample, without turns and categories."""
        return self.row(replace(entry, sample=sample), slices=())

    def measure(self, entry: Entry, sample: Sample) -> dict[Metric, Measured]:
        """Every rate of the entry, computed from the given sample."""
        row = self.measured_row(entry, sample)
        return {metric: row.measured(metric) for metric in self.metrics(entry)}

    def metrics(self, entry: Entry) -> list[Metric]:
        """The metrics of an entry, the one that decides first."""
        first = SCORE if entry.graded else self.recipe.metric
        return list(dict.fromkeys([first, *metrics_of(entry, self.recipe)]))

    def background(self, metric: Metric) -> Background | None:
        """The background for the property that the metric holds equal; None for a metric that holds nothing equal."""
        return {None: None, Held.LENGTH: self.length, Held.STYLE: self.style}[metric.held]

    def differences(
        self, pair: tuple[Entry, Entry], samples: tuple[Sample, Sample], *, names: tuple[str, str] | None = None
    ) -> dict[Metric, Difference]:
        """The differences of two entries in every metric, from samples with the same keys.

        Args:
            names: how reasons name the two; their models by default, which must then differ.
        """
        first, second = (self.measure(entry, sample) for entry, sample in zip(pair, samples, strict=True))
        low, high = pair[0].scale
        found = {}
        for metric, rate in first.items():
            other = second[metric]
            estimate = paired_difference(
                rate,
                other,
                samples=samples,
                names=names or (pair[0].model, pair[1].model),
                confidence=self.recipe.confidence,
                span=high - low,
                rates=not pair[0].graded,
            )
            found[metric] = Difference(rate.estimate, other.estimate, estimate, p_value(estimate))
        return found


def learn(group: Sequence[Entry], recipe: Recipe, *, pinned: Pinned | None = None) -> Estimators:
    """Choose the estimators of one judge's entries against one baseline, with backgrounds as far as the recipe allows.

    Args:
        pinned: the backgrounds of a row that was written earlier; they are used again, and nothing new is learned.

    Raises:
        UnknownName: a control that no answer has a measure for.
        InputError: a named history has another baseline or other instructions.
        StatsError: there are too few models to learn from.
    """
    check_controls(group, recipe.controls)
    if group[0].graded:
        return Estimators(recipe)
    if pinned is not None:
        return Estimators(recipe, pinned.length, pinned.style)
    # models whose outputs an audit refused are not learned from
    taught = [entry for entry in group if entry.model != entry.baseline and not entry.refused]
    style = _learn_style(taught, recipe) if recipe.controls else UNTAUGHT
    return Estimators(recipe, _learn_length(group, taught, recipe), style)


def _learn_length(group: Sequence[Entry], taught: Sequence[Entry], recipe: Recipe) -> Background:
    difficulty, known = recipe.difficulty, recipe.known
    if isinstance(difficulty, HistoryFile):
        return _of_named_history(difficulty, group, known)
    if isinstance(difficulty, Mapping):
        return of_values(difficulty, known)
    # a shape can be chosen only for slopes that are learned from the models at hand
    if difficulty == DifficultySource.FIT or (difficulty == DifficultySource.AUTO and recipe.shape != Shape.LEARNED):
        return of_models(_fit(taught, (LENGTH,), recipe.shape), taught)
    if difficulty == DifficultySource.NONE or known is None:
        return nothing_known(known)
    return _most_known(group, taught, known, recipe.shape)


def _most_known(group: Sequence[Entry], taught: Sequence[Entry], known: Known, shape: Shape) -> Background:
    """The most informative background that there is.

    In this order: a history of the judge on these instructions, the models at hand if they are enough, the difficulty
    of another judge, the priors common to judges.
    """
    compared = _compared(group)
    found = [background for file in known.files if (background := of_file(file, compared, known.generic)) is not None]
    own = next((background for background in found if background.own_history), None)
    if own is not None:
        return own
    if len(taught) >= MIN_MODELS:
        # models whose lengths are unknown teach nothing
        with contextlib.suppress(StatsError):
            history = _fit(taught, (LENGTH,), shape)
            if len(history.members) >= MIN_MODELS_FOR_SLOPES:
                return of_models(history, taught)
            return difficulty_of_models(history, taught, known.generic)
    return next(iter(found), of_generic(known.generic))


def _of_named_history(file: HistoryFile, group: Sequence[Entry], known: Known | None) -> Background:
    """The background from a history that the user named; it must be about this baseline and these instructions."""
    assert known is not None
    compared = _compared(group)
    found = of_file(file, compared, known.generic)
    if found is None:
        raise InputError(f"history {file.name!r} {_unfit(file, compared)}. Choose --difficulty auto")
    return found


def _unfit(file: HistoryFile, compared: Sequence[Entry]) -> str:
    """The reason why a history does not fit these verdicts."""
    other = next((entry.baseline for entry in compared if entry.baseline != file.baseline), None)
    if other is not None:
        return f"was learned against {file.baseline!r}, and these models are compared with {other!r}"
    least = min(compared, key=lambda entry: known_share(file, entry))
    known = round(known_share(file, least) * least.sample.n)
    return f"knows {known} of {least.sample.n} instructions of {least.model!r}; {LEAST_COVERED:.0%} are needed"


def _compared(group: Sequence[Entry]) -> list[Entry]:
    """The entries whose instructions a history must know: those with verdicts, apart from the baseline's own."""
    return [entry for entry in group if entry.model != entry.baseline and entry.sample.n] or list(group)


def _learn_style(taught: Sequence[Entry], recipe: Recipe) -> Background:
    """The background at equal style: only the models at hand, because no recorded judges were measured for it."""
    if isinstance(recipe.difficulty, Mapping):
        return of_values(recipe.difficulty, recipe.known)
    if recipe.difficulty == DifficultySource.FIT:
        return of_models(_fit(taught, recipe.controls, recipe.shape), taught)
    if recipe.difficulty == DifficultySource.AUTO and len(taught) >= MIN_MODELS_FOR_SLOPES:
        with contextlib.suppress(StatsError):
            history = fit_history({entry.model: entry.sample for entry in taught}, controls=recipe.controls)
            if len(history.members) >= MIN_MODELS_FOR_SLOPES:
                return of_models(history, taught)
    return nothing_known(recipe.known)


def _fit(taught: Sequence[Entry], controls: Sequence[str], shape: Shape) -> History:
    try:
        return fit_history({entry.model: entry.sample for entry in taught}, controls=controls, shape=shape)
    except StatsError as error:
        judge = f"judge {taught[0].judge!r}: " if taught else ""
        raise StatsError(
            f"{judge}{error}. Give sources of more models, name a judge of more with --judge, or choose "
            "--difficulty auto"
        ) from None


def check_controls(entries: Sequence[Entry], controls: Sequence[str]) -> None:
    """Refuse a control with an unknown name, which is a mistake; a measure that only some rows lack is refused by row.

    Raises:
        UnknownName: a control that no answer has a measure for.
    """
    known = {LENGTH, *COUNTS, *GROUPS, *(name for entry in entries for name in entry.sample.measures)}
    for name in controls:
        if name not in known:
            raise UnknownName("control", name, known)
