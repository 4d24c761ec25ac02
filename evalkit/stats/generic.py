"""Priors of the length effect for a judge without a history, learned from other judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.coefficients import CoefficientPrior
from evalkit.stats.confounding import Confounding, log_odds
from evalkit.stats.controlled_rate import length_controlled_win_rate
from evalkit.stats.covariates import BASELINE_LENGTH, DIFFICULTY, LENGTH, LONGER, SHORTER
from evalkit.stats.history import MIN_MODELS, fit_history
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.population import learn_levels
from evalkit.stats.quantiles import normal_quantile, student_quantile
from evalkit.stats.sample import Sample
from evalkit.stats.slopes import Shape
from evalkit.stats.table import Table, tabulate

# the upper end of an interval of the usual confidence
_UPPER = (1 + CONFIDENCE) / 2
BESIDE_DIFFICULTY = (SHORTER, LONGER, DIFFICULTY)
ALONE = (SHORTER, LONGER, BASELINE_LENGTH)


@dataclass(frozen=True, slots=True, eq=False)
class Generic:
    """Priors for any judge, and the expected confounding of length with difficulty.

    `beside_difficulty` is the prior where other models' verdicts give the difficulty. `alone` is the prior where they
    do not and the baseline's length is the proxy for difficulty; the confounding applies there.
    """

    beside_difficulty: CoefficientPrior
    alone: CoefficientPrior
    confounding: Confounding


def learn_generic(judges: Sequence[Mapping[str, Sample]]) -> Generic:
    """Learn the generic priors from several judges, each given by its models' samples.

    A prior's mean is the mean over judges. Its spread is the covariance between models of one judge. The variance
    between judges, and the error from their small number, go into the error that all models of one judge share. The
    correlation is chosen to move the models' win rates at equal length, estimated without a history, as far as those
    lie from the win rates estimated with their judge's history.

    Raises:
        StatsError: fewer than two judges, or a judge with fewer than five usable models.
    """
    if len(judges) < 2:
        raise StatsError(f"{len(judges)} judges tell nothing of how judges differ; at least 2 needed")
    beside, levels = [], []
    for samples in judges:
        # how the slopes depend on a model's balance differs between judges, so those coefficients are left out
        beside.append(fit_history(samples, shape=Shape.TWO).prior.chosen(BESIDE_DIFFICULTY))
        table = _with_baseline_length(tabulate(samples, (LENGTH,)))
        if len(table.models) < MIN_MODELS:
            raise StatsError(f"{len(table.models)} models tell nothing of a judge; at least {MIN_MODELS} needed")
        mean, spread, error = learn_levels(table)
        levels.append(CoefficientPrior(ALONE, mean, spread, error, np.zeros_like(spread)))
    alone = _pooled(levels)
    # a regression that omits difficulty shrinks the other coefficients towards zero
    weight = float(np.mean([prior.mean[-1] for prior in beside]))
    effect = weight / float(np.sqrt(1 + _FLATTENED * weight**2))
    squares = [_squared_correlation(samples, alone, effect) for samples in judges]
    # a further judge's correlation over the one that few judges show is drawn from Student's distribution: in intervals
    # of the usual confidence its quantile takes the place of the normal one
    wider = student_quantile(len(judges), _UPPER) / normal_quantile(_UPPER)
    correlation = wider * float(np.sqrt(np.mean(squares)))
    return Generic(_pooled(beside), alone, Confounding(correlation, effect))


def _squared_correlation(samples: Mapping[str, Sample], alone: CoefficientPrior, effect: float) -> float:
    """The square of the correlation of length with difficulty that accounts for the lack of a history.

    Difficulty that depends on length nonlinearly moves a win rate at equal length further than the correlation alone
    would. The correlation is therefore computed from how far the win rates move.
    """
    history = fit_history(samples)
    distance = reach = 0.0
    for model in history.members:
        sample = samples[model]
        controlled = length_controlled_win_rate(sample, prior=alone, confounding=Confounding(1.0, effect))
        taught = length_controlled_win_rate(
            sample, difficulty=history.for_model(model, sample), prior=history.prior
        ).estimate.value
        if controlled.sensitivity is None or not taught or taught == 100:
            continue
        distance += (log_odds(controlled.sensitivity.value) - log_odds(taught)) ** 2
        reach += controlled.sensitivity.log_odds**2
    return distance / reach if reach else 0.0


# constant of the attenuation of logistic coefficients by an omitted normal effect: (16 sqrt(3) / (15 pi))^2
_FLATTENED = 0.3458


def _pooled(priors: Sequence[CoefficientPrior]) -> CoefficientPrior:
    means = np.stack([prior.mean for prior in priors])
    apart = means - means.mean(axis=0)
    between = apart.T @ apart / (len(priors) - 1)
    return CoefficientPrior(
        priors[0].names,
        means.mean(axis=0),
        np.mean([prior.spread for prior in priors], axis=0),
        # the factor adds the error of a mean over few judges
        between * (1 + 1 / len(priors)),
        np.zeros_like(between),
    )


def _with_baseline_length(table: Table) -> Table:
    """The table with the baseline's length as a further covariate, in standard deviations of its logarithm."""
    if table.traits.shape[1] == len(table.names):
        raise StatsError("the baseline's lengths are unknown")
    length = table.traits[:, -1]
    column = np.broadcast_to((length / length.std())[:, None], (*table.preference.shape, 1))
    return table.with_controls((BASELINE_LENGTH,), column)
