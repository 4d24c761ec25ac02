"""One model's line on a board: its win rates with and without length control, and what they rest on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from evalkit.boards.background import UNTAUGHT, Background
from evalkit.boards.entries import CATEGORY, DATASET, Entry, slice_names
from evalkit.errors import StatsError
from evalkit.stats.between import BetweenSources, between_sources
from evalkit.stats.controlled_rate import Controlled, controlled_win_rate, length_controlled_win_rate
from evalkit.stats.design_effect import design_effect
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.recorded import Known
from evalkit.stats.sample import Sample
from evalkit.stats.slopes import Shape
from evalkit.stats.winrate import Counts, Measured, bounds_over_missing, count_outcomes, discrete_win_rate, win_rate
from evalkit.types import Estimate, Reading, Status, StatusKind, degraded

if TYPE_CHECKING:
    # AlpacaEval's formula takes time to load, and a single row does not need it
    from evalkit.stats.lc_compat import CompatInputs
    from evalkit.stats.ranks import RankRange
    from evalkit.stats.recorded import HistoryFile


# with a smaller share of verdicts, a number only tells about the instructions that happened to get a verdict
MIN_COVERAGE = 0.99


class Metric(Enum):
    LC_WIN_RATE = "lc_win_rate"
    WIN_RATE = "win_rate"
    STYLE_WIN_RATE = "style_win_rate"
    SCORE = "score"

    @property
    def title(self) -> str:
        """The metric's name as shown to people."""
        return "LC win rate" if self == Metric.LC_WIN_RATE else self.value.replace("_", " ")


class DifficultySource(Enum):
    """Where instruction difficulty and the usual effect of length come from, besides a file.

    `auto` takes a history of this judge on these instructions, else the models at hand, else what judges have in
    common; `fit` takes the models at hand, and `none` takes only a model's own verdicts.
    """

    AUTO = "auto"
    NONE = "none"
    FIT = "fit"


class ArenaFormula(Enum):
    """Arena-Hard's published formula, by its edition."""

    V01 = "arena_v0.1"
    V2 = "arena_v2"


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """How a board is computed.

    `compat` replaces our formula by AlpacaEval's own, and `arena` by Arena-Hard's. `known` are the histories and what
    judges have in common, which `auto` needs; `shape` says how length counts where it is learned from the models at
    hand. Without `allow_mixed`, probabilities and single draws of a judge are not averaged into one number. `controls`
    are held equal in the style-controlled win rate. The `metric` ranks comparisons; grades are ranked by their mean.
    """

    metric: Metric = Metric.LC_WIN_RATE
    difficulty: "Mapping[str, float] | HistoryFile | DifficultySource" = DifficultySource.NONE
    known: Known | None = None
    shape: Shape = Shape.LEARNED
    compat: "CompatInputs | None" = None
    replicates: int = 0
    allow_mixed: bool = False
    controls: tuple[str, ...] = ()
    arena: ArenaFormula | None = None
    confidence: float = CONFIDENCE

    def published(self, metric: Metric) -> bool:
        """Whether a published formula makes the numbers of a metric."""
        if metric == Metric.LC_WIN_RATE:
            return self.compat is not None
        return metric != Metric.SCORE and self.arena is not None


@dataclass(frozen=True, slots=True, eq=False)
class BoardRow:
    """One model's line; estimates are percentages, or grades on their own scale where answers were graded alone.

    `styled` is the win rate at equal style, where controls were asked for. `background` is what other models taught
    about this row at equal length, and `style_background` what they taught at equal style. `slices` are the raw scores
    by turn and by category. The `recipe` made the numbers. `sources` tells whether the raw score differs between the
    sources of the instructions, where it was split by them.
    """

    entry: Entry
    raw: Measured
    controlled: Controlled
    counts: Counts
    discrete: float | None
    bounds: tuple[float, float] | None
    styled: Controlled | None = None
    slices: Mapping[str, Estimate] = field(default_factory=dict)
    rank: "RankRange | None" = None
    recipe: Recipe = Recipe()
    background: Background = UNTAUGHT
    style_background: Background = UNTAUGHT
    sources: BetweenSources | None = None

    @property
    def design_effect(self) -> float | None:
        """The variance of the raw score over the variance that it would have if every row were a cluster of its own."""
        return design_effect(self.raw.influence, self.entry.sample.cluster)

    @property
    def lc(self) -> Estimate:
        return self.controlled.estimate

    @property
    def coverage(self) -> float:
        """Share of instructions that have a verdict."""
        sample = self.entry.sample
        return sample.n / max(1, sample.n + sample.n_missing)

    def status(self, metric: Metric) -> Status:
        """How far a number of the row can be trusted: the status of its estimate, and whether verdicts are missing.

        Missing verdicts are not in the status of the estimate, because a gate has a rule of its own for them.
        """
        own = self.measured(metric).estimate.status
        if own.kind == StatusKind.NOT_ESTIMABLE or self.coverage >= MIN_COVERAGE:
            return own
        sample = self.entry.sample
        missing = f"coverage: {sample.n_missing} of {sample.n + sample.n_missing} verdicts are missing"
        return degraded("; ".join(filter(None, (own.reason, missing))))

    def measured(self, metric: Metric) -> Measured:
        if metric == Metric.LC_WIN_RATE:
            return self.controlled.measured
        if metric == Metric.STYLE_WIN_RATE:
            refused = Measured(
                Estimate.refused("no controls were asked for", n=self.raw.estimate.n), self.raw.influence
            )
            return refused if self.styled is None else self.styled.measured
        return self.raw


def build_row(
    entry: Entry,
    recipe: Recipe,
    *,
    background: Background = UNTAUGHT,
    style_background: Background = UNTAUGHT,
    slices: Collection[str] | None = None,
) -> BoardRow:
    """One model's line without a rank; the backgrounds are what other models teach about length and about style.

    Args:
        parts: turns and categories to score by themselves; by default all kinds of which the entry has several.
    """
    if entry.mixed and not recipe.allow_mixed:
        return _refuse_mixed(entry, recipe)
    shown = slice_names([entry]) if slices is None else slices
    samples = {name: sample for name, sample in entry.slices.items() if name in shown}
    if entry.graded:
        return _graded_row(entry, samples, recipe)
    raw = win_rate(entry.sample, confidence=recipe.confidence)
    return BoardRow(
        entry=entry,
        raw=raw,
        controlled=_control(entry, raw, recipe, background),
        counts=count_outcomes(entry.sample),
        discrete=discrete_win_rate(entry.sample),
        bounds=bounds_over_missing(entry.sample),
        styled=_style(entry, recipe, style_background) if recipe.controls else None,
        slices={name: win_rate(sample, confidence=recipe.confidence).estimate for name, sample in samples.items()},
        recipe=recipe,
        background=background,
        style_background=style_background,
        sources=_between(entry, raw),
    )


def _between(entry: Entry, raw: Measured) -> BetweenSources | None:
    """The test whether the score differs between sources; None where it was not asked for."""
    if DATASET not in entry.aggregation.by:
        return None
    samples = {name: sample for name, sample in entry.slices.items() if name.startswith(f"{CATEGORY} ")}
    within = {
        name.removeprefix(f"{CATEGORY} "): _graded(sample, entry.scale, CONFIDENCE)
        if entry.graded
        else win_rate(sample)
        for name, sample in samples.items()
    }
    estimates = {name: one.estimate for name, one in within.items()}
    return between_sources(estimates, stderr=raw.estimate.stderr)


def _graded_row(entry: Entry, slices: Mapping[str, Sample], recipe: Recipe) -> BoardRow:
    """The mean grade as a controlled rate; without a second answer there is no length or style to control for."""
    sample = entry.sample
    bounds = bounds_over_missing(sample)
    raw = _graded(sample, entry.scale, recipe.confidence)
    refused = Measured(Estimate.refused("graded alone", n=sample.n_clusters), np.zeros(sample.n))
    return BoardRow(
        entry=entry,
        raw=raw,
        controlled=Controlled(refused, {}),
        counts=Counts(0, 0, 0),
        discrete=None,
        bounds=None if bounds is None else (_point(bounds[0], entry.scale), _point(bounds[1], entry.scale)),
        slices={name: _graded(one, entry.scale, recipe.confidence).estimate for name, one in slices.items()},
        recipe=recipe,
        sources=_between(entry, raw),
    )


def _graded(sample: Sample, scale: tuple[float, float], confidence: float) -> Measured:
    """The mean of grades on their scale."""
    measured = win_rate(sample, confidence=confidence)
    estimate = measured.estimate
    factor = (scale[1] - scale[0]) / 100
    value, lower, upper = (
        None if one is None else _point(one, scale) for one in (estimate.value, estimate.lower, estimate.upper)
    )
    stderr = None if estimate.stderr is None else factor * estimate.stderr
    status = estimate.status
    if status.kind == StatusKind.DEGRADED:
        status = degraded("all grades are the same")
    return Measured(Estimate(value, stderr, lower, upper, estimate.n, status), factor * measured.influence)


def _point(percent: float, scale: tuple[float, float]) -> float:
    return scale[0] + (scale[1] - scale[0]) * percent / 100


def _refuse_mixed(entry: Entry, recipe: Recipe) -> BoardRow:
    readings = entry.judging.readings
    reason = (
        f"mixed: {readings[Reading.WEIGHTED.value]} verdicts are weighted by log-probabilities and "
        f"{readings[Reading.SAMPLED.value]} are single draws; --allow-mixed averages them all the same"
    )
    refused = Measured(Estimate.refused(reason, n=entry.sample.n_clusters), np.zeros(entry.sample.n))
    return BoardRow(entry, refused, Controlled(refused, {}), count_outcomes(entry.sample), None, None, recipe=recipe)


def _style(entry: Entry, recipe: Recipe, background: Background) -> Controlled:
    if entry.model == entry.baseline and entry.sample.n:
        return _against_itself(entry)
    controlled = controlled_win_rate(
        entry.sample,
        recipe.controls,
        difficulty=background.difficulty(entry.model, entry.sample),
        prior=background.prior,
        confounding=background.confounding,
        replicates=recipe.replicates,
        confidence=recipe.confidence,
    )
    return _checked(controlled, background)


def _against_itself(entry: Entry) -> Controlled:
    n = entry.sample.n_clusters
    estimate = Estimate(50.0, 0.0, 50.0, 50.0, n, degraded("identical"), ("the baseline itself",))
    return Controlled(Measured(estimate, np.zeros(entry.sample.n)), {})


def _control(entry: Entry, raw: Measured, recipe: Recipe, background: Background) -> Controlled:
    sample = entry.sample
    if entry.model == entry.baseline and sample.n:
        return _against_itself(entry)
    if recipe.compat is not None:
        return _control_compat(entry, raw, recipe.compat)
    controlled = length_controlled_win_rate(
        sample,
        difficulty=background.difficulty(entry.model, sample),
        prior=background.prior,
        confounding=background.confounding,
        replicates=recipe.replicates,
        confidence=recipe.confidence,
    )
    return _checked(controlled, background)


def _checked(controlled: Controlled, background: Background) -> Controlled:
    """The rate, degraded where the regressions of the models that taught it do not fit."""
    return controlled if background.misfit is None else controlled.doubted(background.misfit)


def _control_compat(entry: Entry, raw: Measured, inputs: "CompatInputs") -> Controlled:
    from evalkit.stats.lc_compat import lc_compat

    try:
        estimate = lc_compat(entry.sample, difficulty=inputs.difficulty, gamed=inputs.gamed)
    except StatsError as error:
        estimate = Estimate.refused(str(error), n=entry.sample.n_clusters)
    return Controlled(Measured(estimate, raw.influence), {})
