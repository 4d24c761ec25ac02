"""The metrics of a board, each with the function that computes it, and the recipe that they follow.

A new metric is a function here and a line in `METRICS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evalkit.boards.background import Background
from evalkit.boards.entries import Entry
from evalkit.errors import StatsError
from evalkit.stats import CONFIDENCE, LENGTH, Controlled, Known, Measured, Sample, Shape, controlled_win_rate, win_rate
from evalkit.types import Estimate, StatusKind, degraded

if TYPE_CHECKING:
    # AlpacaEval's formula takes time to load, and a single row does not need it
    from evalkit.stats import CompatInputs, Floats, HistoryFile


class Held(Enum):
    """The property that a metric holds equal between the two answers."""

    LENGTH = "length"
    STYLE = "style"


@dataclass(frozen=True, slots=True)
class Metric:
    """A number of a row by which models can be ranked.

    `name` is its name in options and files, and `title` is the name for people, after its `article`. `prefix` begins
    the names of the columns of its interval, standard error and status; without a prefix the name does. A metric is of
    comparisons, or of answers that were `graded` alone. The property `held` equal decides which background teaches it;
    a row has a metric at equal style only where controls were asked for. A metric of the user's has a function `score`,
    which scores each verdict of a sample from 0 to 1; only rows that are ranked by it have it.
    """

    name: str
    title: str
    article: str = "a"
    prefix: str = ""
    graded: bool = False
    held: Held | None = None
    score: "Callable[[Sample], Floats] | None" = field(default=None, repr=False)

    def column(self, part: str) -> str:
        """The name of a column, or of a JSON field, beside the number itself."""
        return f"{self.prefix or self.name}_{part}"


LC_WIN_RATE = Metric("lc_win_rate", "LC win rate", article="an", prefix="lc", held=Held.LENGTH)
WIN_RATE = Metric("win_rate", "win rate")
STYLE_WIN_RATE = Metric("style_win_rate", "style win rate", prefix="style", held=Held.STYLE)
SCORE = Metric("score", "score", graded=True)


class DifficultySource(Enum):
    """The source of instruction difficulty and of the usual effect of length, if it is not a file.

    `auto` takes a history of this judge on these instructions, else the models at hand, else the priors common to
    judges; `fit` takes the models at hand, and `none` takes only a model's own verdicts.
    """

    AUTO = "auto"
    NONE = "none"
    FIT = "fit"


# the name of AlpacaEval's published formula
LC_COMPAT = "lc_compat"


class ArenaFormula(Enum):
    """An edition of Arena-Hard's published formula."""

    V01 = "arena_v0.1"
    V2 = "arena_v2"


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """The settings from which a board is computed.

    `compat` replaces our formula by AlpacaEval's own, and `arena` by Arena-Hard's. `known` are the histories and the
    priors common to judges, which `auto` needs; `shape` is the shape of the length effect where it is learned from the
    models at hand. Without `allow_mixed`, probabilities and single draws of a judge are not averaged into one number.
    `controls` are held equal in the style-controlled win rate. The `metric` ranks comparisons; grades are ranked by
    their mean.
    """

    metric: Metric = LC_WIN_RATE
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
        """True if a published formula makes the numbers of a metric."""
        return self.formula(metric) is not None

    def formula(self, metric: Metric) -> str | None:
        """The name of the published formula that makes the numbers of a metric; None for our own formulas."""
        if metric == LC_WIN_RATE:
            return None if self.compat is None else LC_COMPAT
        return self.arena.value if metric in (WIN_RATE, STYLE_WIN_RATE) and self.arena is not None else None


def raw_metric(entry: Entry) -> Metric:
    """The metric that rates an entry with nothing held equal."""
    return SCORE if entry.graded else WIN_RATE


def metrics_of(entry: Entry, recipe: Recipe) -> list[Metric]:
    """The metrics that an entry's row has, in the order of their columns."""
    known = [
        metric for metric in METRICS if metric.graded == entry.graded and (metric.held != Held.STYLE or recipe.controls)
    ]
    return known if recipe.metric.score is None or entry.graded else [*known, recipe.metric]


def number_of(metric: Metric, entry: Entry, recipe: Recipe, background: Background) -> Controlled:
    """The number of an entry by a metric."""
    if metric.score is None:
        return METRICS[metric](entry, recipe, background)
    return _scored(metric.score, entry.sample, confidence=recipe.confidence)


def _scored(score: "Callable[[Sample], Floats]", sample: Sample, *, confidence: float) -> Controlled:
    """The mean score of a sample's verdicts in percent, refused where the user's function gives no scores."""
    try:
        scores = np.asarray(score(_read_only(sample)), dtype=np.float64)
    except Exception as error:  # noqa: BLE001 (whatever the user's function raises is the reason why there is no number)
        return _refused(sample, f"the metric's function raised {type(error).__name__}: {error}")
    if scores.shape != (sample.n,):
        return _refused(sample, f"the metric's function returned the shape {scores.shape}, expected ({sample.n},)")
    if not np.all((scores >= 0) & (scores <= 1)):
        return _refused(sample, "the metric's function returned scores outside of 0 to 1, or NaN")
    measured = win_rate(replace(sample, preference=scores), confidence=confidence)
    if measured.estimate.status.kind == StatusKind.DEGRADED:
        # scores that are all alike need not be wins or losses
        return Controlled(replace(measured, estimate=replace(measured.estimate, status=degraded("no_variance"))))
    return Controlled(measured)


def _read_only(sample: Sample) -> Sample:
    """The sample with arrays that a user's function cannot change, because other numbers are computed from them."""
    locked: dict[str, Any] = {
        part.name: _locked(value)
        for part in fields(sample)
        if isinstance(value := getattr(sample, part.name), np.ndarray)
    }
    measures = {name: (_locked(one), _locked(other)) for name, (one, other) in sample.measures.items()}
    return replace(sample, measures=measures, **locked)


def _locked(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view


def _refused(sample: Sample, reason: str) -> Controlled:
    return Controlled(Measured(Estimate.refused(reason, n=sample.n_clusters), np.zeros(sample.n)))


def raw_rate(sample: Sample, entry: Entry, *, confidence: float) -> Measured:
    """The win rate in percent of some of an entry's verdicts, or the mean of some of its grades on their scale."""
    measured = win_rate(sample, confidence=confidence)
    if not entry.graded:
        return measured
    estimate = measured.estimate
    factor = (entry.scale[1] - entry.scale[0]) / 100
    value, lower, upper = (
        None if percent is None else on_scale(percent, entry.scale)
        for percent in (estimate.value, estimate.lower, estimate.upper)
    )
    stderr = None if estimate.stderr is None else factor * estimate.stderr
    status = estimate.status
    if status.kind == StatusKind.DEGRADED:
        status = degraded("all grades are the same")
    return Measured(Estimate(value, stderr, lower, upper, estimate.n, status), factor * measured.influence)


def on_scale(percent: float, scale: tuple[float, float]) -> float:
    """A percentage converted to a grade."""
    return scale[0] + (scale[1] - scale[0]) * percent / 100


def _raw(entry: Entry, recipe: Recipe, _: Background) -> Controlled:
    return Controlled(raw_rate(entry.sample, entry, confidence=recipe.confidence))


def _at_equal_length(entry: Entry, recipe: Recipe, background: Background) -> Controlled:
    if recipe.compat is None or _against_itself(entry):
        return _controlled(entry, (LENGTH,), recipe, background)
    return _by_alpaca_eval(entry, recipe.compat)


def _at_equal_style(entry: Entry, recipe: Recipe, background: Background) -> Controlled:
    return _controlled(entry, recipe.controls, recipe, background)


def _controlled(entry: Entry, controls: Sequence[str], recipe: Recipe, background: Background) -> Controlled:
    """The rate with the controls equal, degraded where the regressions of the models that taught it do not fit."""
    if _against_itself(entry):
        n = entry.sample.n_clusters
        even = Estimate(50.0, 0.0, 50.0, 50.0, n, degraded("identical"), ("the baseline itself",))
        return Controlled(Measured(even, np.zeros(entry.sample.n)))
    controlled = controlled_win_rate(
        entry.sample,
        controls,
        difficulty=background.difficulty(entry.model, entry.sample),
        prior=background.prior,
        confounding=background.confounding,
        replicates=recipe.replicates,
        confidence=recipe.confidence,
    )
    return controlled if background.misfit is None else controlled.doubted(background.misfit)


def _against_itself(entry: Entry) -> bool:
    """True if verdicts compare the baseline with itself, so that nothing is to be held equal."""
    return entry.itself and entry.sample.n > 0


def _by_alpaca_eval(entry: Entry, inputs: "CompatInputs") -> Controlled:
    from evalkit.stats import lc_compat

    try:
        estimate = lc_compat(entry.sample, difficulty=inputs.difficulty, gamed=inputs.gamed)
    except StatsError as error:
        estimate = Estimate.refused(str(error), n=entry.sample.n_clusters)
    return Controlled(Measured(estimate, win_rate(entry.sample).influence))


# how each metric is computed, given its background; columns stand in this order (a row's digest covers its columns:
# rows that were written before a new metric verify if its columns are named in provenance.canonical._LEFT_OUT and
# api.verification._ADDED)
METRICS: dict[Metric, Callable[[Entry, Recipe, Background], Controlled]] = {
    LC_WIN_RATE: _at_equal_length,
    WIN_RATE: _raw,
    STYLE_WIN_RATE: _at_equal_style,
    SCORE: _raw,
}

# the choices of --metric; grades have none, because their mean ranks them
RANKING = {metric.name: metric for metric in METRICS if not metric.graded}
