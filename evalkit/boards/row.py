"""One model's line on a board: its win rates with and without length control, and what they rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from evalkit.boards.entries import Entry
from evalkit.errors import StatsError
from evalkit.stats.length import Controlled, length_controlled_win_rate
from evalkit.stats.winrate import Counts, Measured, bounds_over_missing, count, discrete_win_rate, win_rate
from evalkit.types import Estimate, Reading, degraded

if TYPE_CHECKING:
    # a single row needs neither a history nor AlpacaEval's formula, nor the time to load them
    from evalkit.boards.difficulty import CompatInputs
    from evalkit.stats.history import History
    from evalkit.stats.ranks import RankRange


class Metric(Enum):
    LC_WIN_RATE = "lc_win_rate"
    WIN_RATE = "win_rate"


class DifficultySource(Enum):
    """Where instruction difficulty comes from, besides a table of values."""

    NONE = "none"
    FIT = "fit"


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """How a board is computed. With `compat`, AlpacaEval's own formula stands in for ours.

    Without `allow_mixed`, probabilities and single draws of a judge are not averaged into one number.
    """

    metric: Metric = Metric.LC_WIN_RATE
    difficulty: Mapping[str, float] | DifficultySource = DifficultySource.NONE
    compat: "CompatInputs | None" = None
    replicates: int = 0
    allow_mixed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class BoardRow:
    """One model's line; estimates are percentages."""

    entry: Entry
    raw: Measured
    controlled: Controlled
    counts: Counts
    discrete: float | None
    bounds: tuple[float, float] | None
    rank: "RankRange | None" = None

    @property
    def lc(self) -> Estimate:
        return self.controlled.estimate

    @property
    def coverage(self) -> float:
        """Share of instructions that have a verdict."""
        sample = self.entry.sample
        return sample.n / max(1, sample.n + sample.n_missing)

    def measured(self, metric: Metric) -> Measured:
        return self.controlled.measured if metric == Metric.LC_WIN_RATE else self.raw


def build_row(entry: Entry, recipe: Recipe, *, history: "History | None" = None) -> BoardRow:
    """One model's line without a rank."""
    if entry.mixed and not recipe.allow_mixed:
        return _refuse_mixed(entry)
    raw = win_rate(entry.sample)
    return BoardRow(
        entry=entry,
        raw=raw,
        controlled=_control(entry, raw, recipe, history),
        counts=count(entry.sample),
        discrete=discrete_win_rate(entry.sample),
        bounds=bounds_over_missing(entry.sample),
    )


def _refuse_mixed(entry: Entry) -> BoardRow:
    readings = entry.judging.readings
    reason = (
        f"mixed: {readings[Reading.WEIGHTED.value]} verdicts are weighted by log-probabilities and "
        f"{readings[Reading.SAMPLED.value]} are single draws; --allow-mixed averages them all the same"
    )
    refused = Measured(Estimate.refused(reason, n=entry.sample.n_clusters), np.zeros(entry.sample.n))
    return BoardRow(entry, refused, Controlled(refused, {}), count(entry.sample), None, None)


def _control(entry: Entry, raw: Measured, recipe: Recipe, history: "History | None") -> Controlled:
    sample = entry.sample
    if entry.model == entry.baseline and sample.n:
        estimate = Estimate(50.0, 0.0, 50.0, 50.0, sample.n_clusters, degraded("identical"), ("the baseline itself",))
        return Controlled(Measured(estimate, np.zeros(sample.n)), {})
    if recipe.compat is not None:
        return _control_compat(entry, raw, recipe.compat)
    if history is not None:
        return length_controlled_win_rate(
            sample, difficulty=history.for_model(entry.model), prior=history.prior, replicates=recipe.replicates
        )
    difficulty = None if isinstance(recipe.difficulty, DifficultySource) else recipe.difficulty
    return length_controlled_win_rate(sample, difficulty=difficulty, replicates=recipe.replicates)


def _control_compat(entry: Entry, raw: Measured, inputs: "CompatInputs") -> Controlled:
    from evalkit.stats.lc_compat import lc_compat

    try:
        estimate = lc_compat(entry.sample, difficulty=inputs.difficulty, gamed=inputs.gamed)
    except StatsError as error:
        estimate = Estimate.refused(str(error), n=entry.sample.n_clusters)
    return Controlled(Measured(estimate, raw.influence), {})
