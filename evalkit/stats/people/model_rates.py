"""Do a judge and people order the models of a human file alike? Win rates under both, and their correlations."""

from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.agreement import Coefficient, correlation
from evalkit.stats.columns import Labels, Numbers, Texts, labels
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.people.panel import Panel
from evalkit.stats.people.rules import checked_verdict
from evalkit.stats.resample import generator_of
from evalkit.stats.sample import Floats, Ints
from evalkit.types import Estimate

REPLICATES = 500


@dataclass(frozen=True, slots=True, eq=False)
class ModelRates:
    """Win rates of the models under a judge and under people, in percent, and how they correlate.

    All are measured on the comparisons of two different models that have a verdict and an opinion. `n` is the number of
    those of each model, and the errors are standard deviations over resampled instructions; each of shape (models,).
    """

    models: tuple[str, ...]
    judge: Floats
    people: Floats
    judge_errors: Floats
    people_errors: Floats
    n: Ints
    spearman: Estimate
    pearson: Estimate


def model_rates(
    panel: Panel,
    verdict: Numbers,
    *,
    first_models: Labels,
    second_models: Labels,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> ModelRates:
    """The models' win rates under a judge and under people, and Spearman's and Pearson's correlation of the two.

    A model's win rate is the mean over its comparisons of P(it is better); people's is the mean of their opinions. The
    correlations are those of `correlation`, with the errors from resampled instructions, seeded by the data.

    Args:
        verdict: P(the second answer is better), NaN without a verdict, shape (c,).
        first_models, second_models: the names of the models of each comparison, shape (c,).

    Returns:
        Correlations are refused below four models.

    Raises:
        StatsError: a column of another length, or fewer than two resamples.
    """
    if replicates < 2:
        raise StatsError(f"{replicates} resamples have no standard deviation; use some hundreds")
    given = checked_verdict(panel, verdict)
    rows = ("the panel's comparisons", panel.n_comparisons)
    first, second = labels(first_models, "first_models", like=rows), labels(second_models, "second_models", like=rows)
    opinion = np.divide(
        np.bincount(panel.comparison, weights=panel.said, minlength=panel.n_comparisons),
        panel.opinions_each,
        out=np.full(panel.n_comparisons, np.nan),
        where=panel.opinions_each > 0,
    )
    used = ~np.isnan(given + opinion) & (first != second)
    models, sides = _numbered(first[used], second[used])
    cluster = np.unique(panel.cluster[used], return_inverse=True)[1].astype(np.int64)
    tables = [_by_cluster(values[used], sides, cluster, len(models)) for values in (given, opinion)]
    count = _by_cluster(np.full(int(used.sum()), 0.5), sides, cluster, len(models)) * 2
    rates = [100 * table.sum(axis=0) / count.sum(axis=0) for table in tables]
    errors = _errors(tables, count, np.concatenate([given[used], opinion[used]]), replicates)
    found = [
        correlation(one, rates[0], rates[1], errors=(errors[0], errors[1]), confidence=confidence)
        for one in (Coefficient.SPEARMAN, Coefficient.PEARSON)
    ]
    n = count.sum(axis=0).astype(np.int64)
    return ModelRates(tuple(models.tolist()), rates[0], rates[1], errors[0], errors[1], n, found[0], found[1])


def _numbered(first: Texts, second: Texts) -> tuple[Texts, Ints]:
    """The models by name, and the numbers of the first and of the second of each comparison, shape (2, c)."""
    models, number = np.unique(np.concatenate([first, second]), return_inverse=True)
    return models, number.reshape(2, -1).astype(np.int64)


def _by_cluster(second_wins: Floats, sides: Ints, cluster: Ints, n_models: int) -> Floats:
    """The summed P(it is better) of each model in each cluster, shape (clusters, models)."""
    n = int(cluster.max(initial=-1)) + 1
    place = (cluster * n_models + sides).ravel()
    wins = np.concatenate([1 - second_wins, second_wins])
    return np.bincount(place, weights=wins, minlength=n * n_models).reshape(n, n_models).astype(np.float64)


def _errors(tables: list[Floats], count: Floats, data: Floats, replicates: int) -> list[Floats]:
    """Standard deviations of the win rates over resampled clusters; draws without a model's comparisons are left out
    for that model, and a model with fewer than two draws has error 0.
    """
    n, models = count.shape
    if not n or not models:
        return [np.zeros(models) for _ in tables]
    generator, together = generator_of(data), np.hstack([count, *tables])
    # one draw at a time: all at once would be a table of draws and clusters
    drawn = [np.bincount(generator.integers(n, size=n), minlength=n) @ together for _ in range(replicates)]
    weights, *wins = np.split(np.array(drawn), 1 + len(tables), axis=1)
    found = []
    for won in wins:
        rates = np.divide(100 * won, weights, out=np.full(weights.shape, np.nan), where=weights > 0)
        present = ~np.isnan(rates)
        draws = np.maximum(present.sum(axis=0), 1)
        mean = np.where(present, rates, 0.0).sum(axis=0) / draws
        found.append(np.sqrt((np.where(present, rates - mean, 0.0) ** 2).sum(axis=0) / np.maximum(draws - 1, 1)))
    return found
