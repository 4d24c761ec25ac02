"""One model's line on a board: its numbers by metric, and the data behind them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from evalkit.boards.background import UNTAUGHT, Background
from evalkit.boards.entries import CATEGORY, DATASET, Entry, slice_names
from evalkit.boards.metrics import (
    LC_WIN_RATE,
    Held,
    Metric,
    Recipe,
    metrics_of,
    number_of,
    on_scale,
    raw_metric,
    raw_rate,
)
from evalkit.stats import (
    CONFIDENCE,
    BetweenSources,
    Controlled,
    Counts,
    Measured,
    between_sources,
    bounds_over_missing,
    count_outcomes,
    design_effect,
    discrete_win_rate,
)
from evalkit.types import Estimate, Reading, Status, StatusKind, degraded

if TYPE_CHECKING:
    from evalkit.stats import RankInterval


# with a smaller share of verdicts, a number only tells about the instructions that happened to get a verdict
MIN_COVERAGE = 0.99


@dataclass(frozen=True, slots=True, eq=False)
class BoardRow:
    """One model's line; estimates are percentages, or grades on their own scale where answers were graded alone.

    `numbers` holds the metrics that the row has. `background` is the background of the rate at equal length, and
    `style_background` that of the rate at equal style. `slices` are the raw scores by turn and by category. The
    `recipe` made the numbers. `sources` says whether the raw score differs between the sources of the instructions,
    where it was split by them.
    """

    entry: Entry
    numbers: Mapping[Metric, Controlled]
    counts: Counts
    discrete: float | None
    bounds: tuple[float, float] | None
    slices: Mapping[str, Estimate] = field(default_factory=dict)
    rank: "RankInterval | None" = None
    recipe: Recipe = Recipe()
    background: Background = UNTAUGHT
    style_background: Background = UNTAUGHT
    sources: BetweenSources | None = None

    @property
    def raw(self) -> Measured:
        """The win rate or the mean grade, with nothing held equal."""
        return self.numbers[raw_metric(self.entry)].measured

    @property
    def controlled(self) -> Controlled:
        """The LC win rate with its diagnostics."""
        return self.number(LC_WIN_RATE)

    @property
    def lc(self) -> Estimate:
        return self.controlled.estimate

    @property
    def design_effect(self) -> float | None:
        """The variance of the raw score over the variance that it would have if every row were a cluster of its own."""
        return design_effect(self.raw.influence, self.entry.sample.cluster)

    @property
    def coverage(self) -> float:
        """Share of instructions that have a verdict."""
        sample = self.entry.sample
        return sample.n / max(1, sample.n + sample.n_missing)

    def status(self, metric: Metric) -> Status:
        """The reliability of a number of the row: the status of its estimate, and whether verdicts are missing.

        Missing verdicts are not in the status of the estimate, because a gate has a rule of its own for them.
        """
        own = self.measured(metric).estimate.status
        if own.kind == StatusKind.NOT_ESTIMABLE or self.coverage >= MIN_COVERAGE:
            return own
        sample = self.entry.sample
        missing = f"coverage: {sample.n_missing} of {sample.n + sample.n_missing} verdicts are missing"
        return degraded("; ".join(filter(None, (own.reason, missing))))

    def number(self, metric: Metric) -> Controlled:
        """The number with its diagnostics; a refused number for a metric that the row does not have."""
        if metric in self.numbers:
            return self.numbers[metric]
        reason = "graded alone" if self.entry.graded else "no controls were asked for"
        return Controlled(Measured(Estimate.refused(reason, n=self.raw.estimate.n), np.zeros(self.entry.sample.n)))

    def measured(self, metric: Metric) -> Measured:
        return self.number(metric).measured

    def with_numbers(self, numbers: Mapping[Metric, Controlled]) -> "BoardRow":
        """The row with these numbers in place of its own."""
        return replace(self, numbers={**self.numbers, **numbers})


def build_row(
    entry: Entry,
    recipe: Recipe,
    *,
    background: Background = UNTAUGHT,
    style_background: Background = UNTAUGHT,
    slices: Collection[str] | None = None,
) -> BoardRow:
    """Compute one model's line without a rank, with the backgrounds about length and about style.

    Args:
        slices: turns and categories to score by themselves; by default all kinds of which the entry has several.
    """
    if entry.mixed and not recipe.allow_mixed:
        return _refuse_mixed(entry, recipe)
    shown = slice_names([entry]) if slices is None else slices
    taught = {None: UNTAUGHT, Held.LENGTH: background, Held.STYLE: style_background}
    numbers = {metric: number_of(metric, entry, recipe, taught[metric.held]) for metric in metrics_of(entry, recipe)}
    return BoardRow(
        entry=entry,
        numbers=numbers,
        counts=Counts(0, 0, 0) if entry.graded else count_outcomes(entry.sample),
        discrete=None if entry.graded else discrete_win_rate(entry.sample),
        bounds=_bounds(entry),
        slices={
            name: raw_rate(sample, entry, confidence=recipe.confidence).estimate
            for name, sample in entry.slices.items()
            if name in shown
        },
        recipe=recipe,
        background=background,
        style_background=style_background,
        sources=_between(entry, numbers[raw_metric(entry)].estimate.stderr),
    )


def _bounds(entry: Entry) -> tuple[float, float] | None:
    """The raw score with every missing verdict at its worst, and with every one at its best."""
    bounds = bounds_over_missing(entry.sample)
    if bounds is None or not entry.graded:
        return bounds
    worst, best = bounds
    return on_scale(worst, entry.scale), on_scale(best, entry.scale)


def _between(entry: Entry, stderr: float | None) -> BetweenSources | None:
    """The test whether the raw score differs between sources; None where it was not asked for."""
    if DATASET not in entry.aggregation.by:
        return None
    estimates = {
        name.removeprefix(f"{CATEGORY} "): raw_rate(sample, entry, confidence=CONFIDENCE).estimate
        for name, sample in entry.slices.items()
        if name.startswith(f"{CATEGORY} ")
    }
    return between_sources(estimates, stderr=stderr)


def _refuse_mixed(entry: Entry, recipe: Recipe) -> BoardRow:
    readings = entry.judging.readings
    reason = (
        f"mixed: {readings[Reading.WEIGHTED.value]} verdicts are weighted by log-probabilities and "
        f"{readings[Reading.SAMPLED.value]} are single draws; --allow-mixed averages them all the same"
    )
    refused = Controlled(Measured(Estimate.refused(reason, n=entry.sample.n_clusters), np.zeros(entry.sample.n)))
    # no number at equal style, as in rows of earlier versions
    numbers = dict.fromkeys(metrics_of(entry, replace(recipe, controls=())), refused)
    return BoardRow(entry, numbers, count_outcomes(entry.sample), None, None, recipe=recipe)
