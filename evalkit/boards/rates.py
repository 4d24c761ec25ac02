"""A model's rates by a recipe on whatever sample of its verdicts, and how far two models are apart in them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from evalkit.boards.entries import Entry
from evalkit.boards.row import BoardRow, DifficultySource, Metric, Recipe, build_row
from evalkit.errors import StatsError, UnknownName
from evalkit.stats.covariates import COUNTS, GROUPS, LENGTH
from evalkit.stats.history import History, fit_history
from evalkit.stats.multiple import p_value
from evalkit.stats.paired import paired_difference
from evalkit.stats.sample import Sample
from evalkit.stats.winrate import Measured
from evalkit.types import Estimate


@dataclass(frozen=True, slots=True)
class Difference:
    """Two rates on the common instructions and how far the first is ahead, in points.

    `p_value` is that of no difference, and `adjusted` the same by Holm's method among all that is compared.
    """

    first: Estimate
    second: Estimate
    estimate: Estimate
    p_value: float | None = None
    adjusted: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """How rates come about: by a recipe, with what other models tell of length and of the recipe's controls."""

    recipe: Recipe
    length: History | None = None
    style: History | None = None

    def row(self, entry: Entry, *, parts: Collection[str] | None = None) -> BoardRow:
        """The entry's line on a board; `parts` are as in `build_row`."""
        return build_row(entry, self.recipe, history=self.length, style_history=self.style, parts=parts)

    def measure(self, entry: Entry, sample: Sample) -> dict[Metric, Measured]:
        """Every rate of the entry were this its sample."""
        row = self.row(replace(entry, sample=sample), parts=())
        return {metric: row.measured(metric) for metric in self.metrics(entry)}

    def metrics(self, entry: Entry) -> list[Metric]:
        """The one that decides first."""
        if entry.graded:
            return [Metric.SCORE]
        styled = [Metric.STYLE_WIN_RATE] if self.recipe.controls else []
        return list(dict.fromkeys([self.recipe.metric, Metric.LC_WIN_RATE, Metric.WIN_RATE, *styled]))

    def differences(self, pair: tuple[Entry, Entry], samples: tuple[Sample, Sample]) -> dict[Metric, Difference]:
        """Of two samples with the same keys."""
        first, second = (self.measure(entry, sample) for entry, sample in zip(pair, samples, strict=True))
        low, high = pair[0].scale
        found = {}
        for metric, one in first.items():
            other = second[metric]
            estimate = paired_difference(
                one,
                other,
                samples=samples,
                names=(pair[0].model, pair[1].model),
                confidence=self.recipe.confidence,
                span=high - low,
            )
            found[metric] = Difference(one.estimate, other.estimate, estimate, p_value(estimate))
        return found


def learn_rates(group: Sequence[Entry], recipe: Recipe) -> Rates:
    """The rates of the entries of one judge and baseline; difficulty is learned here where the recipe says so.

    Raises:
        UnknownName: a control that no answer has a measure for.
        StatsError: there are too few models to learn from.
    """
    check_controls(group, recipe.controls)
    if recipe.difficulty != DifficultySource.FIT or group[0].graded:
        return Rates(recipe)
    # what an audit refused are no answers to learn from
    samples = {one.model: one.sample for one in group if one.model != one.baseline and not one.refused}
    try:
        style = fit_history(samples, controls=recipe.controls) if recipe.controls else None
        return Rates(recipe, fit_history(samples, controls=(LENGTH,)), style)
    except StatsError as error:
        raise StatsError(
            f"judge {group[0].judge!r}: {error}. Give sources of more models, name a judge of more with --judge, or "
            "choose --difficulty none"
        ) from None


def check_controls(entries: Sequence[Entry], controls: Sequence[str]) -> None:
    """Refuse a name that nobody knows, which is a slip; a measure that is only missing here is refused row by row.

    Raises:
        UnknownName: a control that no answer has a measure for.
    """
    known = {LENGTH, *COUNTS, *GROUPS, *(name for entry in entries for name in entry.sample.measures)}
    for name in controls:
        if name not in known:
            raise UnknownName("control", name, known)
