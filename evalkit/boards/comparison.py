"""Models compared pair by pair on their common instructions, under one judge and against one baseline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from evalkit.boards.entries import PERCENT, Entry
from evalkit.boards.metrics import SCORE, WIN_RATE, Metric, Recipe
from evalkit.boards.pick import each_once, of_model, one_group
from evalkit.boards.rates import Difference, Estimators, learn
from evalkit.errors import ConfigError, InputError
from evalkit.stats import Fragility, Measured, Sample, common, fragility, holm, indistinguishable
from evalkit.types import OK, Audit, Estimate

MOST_MODELS = 30


@dataclass(frozen=True, slots=True, eq=False)
class ModelPair:
    """Two models on the `n` instructions that have a verdict on both; `n_asked` instructions were asked about both.

    Of these, `missing` have no verdict on the first model, and on the second. `pessimistic` is the lower and
    `optimistic` the higher of two values of the deciding difference: with every missing verdict, on either model, set
    against the first model, and with every one set for it.
    """

    models: tuple[str, str]
    n: int
    n_asked: int
    missing: tuple[int, int]
    differences: Mapping[Metric, Difference]
    pessimistic: Estimate
    optimistic: Estimate


@dataclass(frozen=True, slots=True)
class Swing:
    """An instruction with each model's preference, P(candidate beats baseline), or its grade."""

    key: str
    first: float
    second: float


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """The parts of a difference of two models.

    `slices` are differences by turn or category, of the metric `slices_metric`. `swings` are the instructions that the
    models' verdicts differ most on, the largest difference first.
    """

    slices: Mapping[str, Difference]
    slices_metric: Metric
    swings: tuple[Swing, ...]
    fragility: Fragility | None


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """All pairs of the models in the order in which they were named.

    `alike` are the largest sets of models of which no two differ significantly in the metric, after Holm's adjustment;
    a model may be in several. Only a comparison of two models has a `detail`. `refused` has the failed audits of
    models' outputs, whose numbers do not count whatever the judge says.
    """

    judge: str
    digest: str
    served_as: str
    baseline: str
    metric: Metric
    confidence: float
    models: tuple[str, ...]
    pairs: tuple[ModelPair, ...]
    alike: tuple[tuple[str, ...], ...]
    detail: Detail | None = None
    refused: Mapping[str, Audit] = field(default_factory=dict)


def compare(
    entries: Sequence[Entry],
    recipe: Recipe,
    *,
    models: Sequence[str],
    n_swings: int = 5,
) -> Comparisons:
    """Compute the differences of the named models, each pair on its own common instructions.

    Args:
        entries: those of all models; difficulty is learned from all that share the judge and the baseline.

    Raises:
        InputError: no single judge, form of a judge and baseline has verdicts on all the models.
        UnknownName: there is no such model.
        StatsError: a history cannot be learned.
    """
    _check_names(entries, models)
    group = each_once(one_group(entries, models=models))
    chosen = {entry.model: entry for entry in group}
    rates = learn(group, recipe)
    metric = SCORE if group[0].graded else recipe.metric
    pairs = _adjusted([_pair((chosen[a], chosen[b]), rates, metric) for a, b in combinations(models, 2)])
    apart = {frozenset(pair.models) for pair in pairs if _told_apart(pair.differences[metric], recipe.confidence)}
    first = group[0]
    return Comparisons(
        judge=first.judge,
        digest=first.digest,
        served_as=first.served_as,
        baseline=first.baseline,
        metric=metric,
        confidence=recipe.confidence,
        models=tuple(models),
        pairs=tuple(pairs),
        alike=tuple(indistinguishable(models, apart)),
        detail=_detail((chosen[models[0]], chosen[models[1]]), rates, metric, n_swings) if len(models) == 2 else None,
        refused={model: audit for model in models if (audit := chosen[model].audit) is not None and audit.failures},
    )


def _check_names(entries: Sequence[Entry], models: Sequence[str]) -> None:
    if not 2 <= len(set(models)) == len(models) <= MOST_MODELS:
        raise ConfigError(f"name from 2 to {MOST_MODELS} models, each once; found {', '.join(models)}")
    known, baselines = {entry.model for entry in entries}, {entry.baseline for entry in entries}
    for model in models:
        if model in baselines - known:
            raise InputError(
                f"model {model!r} is the baseline and has no verdicts of its own: a model above 50 is ahead of it. "
                "See evalkit leaderboard"
            )
        # refuses a model without any verdict
        of_model(entries, model)


def _pair(pair: tuple[Entry, Entry], rates: Estimators, metric: Metric) -> ModelPair:
    first, second = pair[0].sample, pair[1].sample
    samples = common(first, second)
    asked = {*first.keys, *first.missing} & {*second.keys, *second.missing}
    whole = first.restricted(asked), second.restricted(asked)
    missing = whole[0].n_missing, whole[1].n_missing
    differences = rates.differences(pair, samples)
    worst = best = differences[metric].estimate
    if any(missing):
        filled = [
            rates.differences(pair, (whole[0].filled(preference), whole[1].filled(1 - preference)))[metric].estimate
            for preference in (0.0, 1.0)
        ]
        # a controlled rate may fall with a win where no answer of that length is near the baseline's
        worst, best = sorted(filled, key=lambda estimate: estimate.value or 0.0)
    return ModelPair((pair[0].model, pair[1].model), samples[0].n, len(asked), missing, differences, worst, best)


def _adjusted(pairs: Sequence[ModelPair]) -> list[ModelPair]:
    """The pairs with p-values adjusted among all pairs, each metric by itself."""
    metrics = list(pairs[0].differences)
    by_metric = {metric: _with_holm([pair.differences[metric] for pair in pairs]) for metric in metrics}
    return [
        replace(pair, differences={metric: by_metric[metric][place] for metric in metrics})
        for place, pair in enumerate(pairs)
    ]


def _with_holm(differences: Sequence[Difference]) -> list[Difference]:
    adjusted = holm([difference.p_value for difference in differences])
    return [replace(difference, adjusted=value) for difference, value in zip(differences, adjusted, strict=True)]


def _told_apart(difference: Difference, confidence: float) -> bool:
    return difference.adjusted is not None and difference.adjusted < 1 - confidence


def _detail(pair: tuple[Entry, Entry], rates: Estimators, metric: Metric, n_swings: int) -> Detail:
    samples = common(pair[0].sample, pair[1].sample)
    slices_metric, slices = slice_differences(pair, rates, metric)

    def measure(which: int) -> Callable[[Sample], Measured]:
        return lambda sample: rates.measure(pair[which], sample)[metric]

    # a grade has no opposite side
    turned = (
        None if pair[0].graded else fragility(samples, (measure(0), measure(1)), confidence=rates.recipe.confidence)
    )
    return Detail(slices, slices_metric, _swings(pair[0].scale, samples, n_swings), turned)


def slice_differences(
    pair: tuple[Entry, Entry], rates: Estimators, metric: Metric, *, names: tuple[str, str] | None = None
) -> tuple[Metric, dict[str, Difference]]:
    """Differences by part: of the metric that decides, or of the raw rate where that is in doubt in some part.

    Their p-values are adjusted for the number of parts by Holm's method.
    """
    parts = [name for name in pair[0].slices if name in pair[1].slices]
    found = {
        name: rates.differences(pair, common(pair[0].slices[name], pair[1].slices[name]), names=names) for name in parts
    }
    if metric != SCORE and any(differences[metric].estimate.status != OK for differences in found.values()):
        metric = WIN_RATE
    adjusted = _with_holm([differences[metric] for differences in found.values()])
    return metric, dict(zip(parts, adjusted, strict=True))


def _swings(scale: tuple[float, float], samples: tuple[Sample, Sample], most: int) -> tuple[Swing, ...]:
    first, second = (sample.preference for sample in samples)
    if scale != PERCENT:
        first, second = (scale[0] + (scale[1] - scale[0]) * share for share in (first, second))
    # among equal differences the first key
    largest = np.argsort(-np.abs(first - second), kind="stable")[:most]
    return tuple(Swing(samples[0].keys[row], float(first[row]), float(second[row])) for row in largest)
