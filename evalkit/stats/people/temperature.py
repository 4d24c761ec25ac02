"""The temperature that a judge's stated probabilities lack, by the log loss of people's opinions."""

import math
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import Numbers, check_confidence, check_share, floats
from evalkit.stats.intervals import CONFIDENCE, clustered_stderr
from evalkit.stats.people.calibration_error import refusal
from evalkit.stats.people.scores import n_impossible
from evalkit.stats.people.stated import Stated
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats, Ints
from evalkit.types import Estimate

FOLDS = 10
BACKWARDS = "the judge is no more often right where it is sure, so no temperature makes its probabilities better"
ALWAYS_RIGHT = "the judge is right on every decided opinion, so the loss falls with the temperature without end"


@dataclass(frozen=True, eq=False)
class Temperature:
    """A fitted temperature, and the decided opinions with probabilities scaled without their own instruction's help.

    `estimate` is the temperature fitted to all decided opinions: above 1 the judge is too sure, below 1 not sure
    enough. `scaled` has each probability at the temperature fitted to the other folds, for scores that are not
    flattered by the fit; None where a fold's temperature cannot be fitted. Nothing applies a temperature by itself.
    """

    estimate: Estimate
    scaled: Stated | None


def fit_temperature(stated: Stated, *, confidence: float = CONFIDENCE) -> Temperature:
    """Fit the one number by which the log-odds of all probabilities are divided so that the log loss is least.

    Only decided opinions count, as for the calibration error. Instructions are dealt into ten folds, the same for the
    same number of instructions. The interval is symmetric in 1 / temperature, whose standard error is clustered by
    instruction.

    Returns:
        n counts instructions. Refused where the calibration error is, where the judge gave an opinion the probability
        0, where it is right on every opinion, and where surer verdicts are not right more often.

    Reference: Guo et al. 2017, arXiv:1706.04599, section 4.2.
    """
    check_confidence(confidence)
    decided = stated.decided
    n = decided.n_clusters
    if (reason := refusal(decided)) is not None:
        return Temperature(Estimate.refused(reason, n=n), None)
    if impossible := n_impossible(decided):
        reason = f"{impossible} of {decided.n} opinions had the probability 0, which no temperature changes"
        return Temperature(Estimate.refused(reason, n=n), None)
    odds = _odds_of_the_opinion(decided)
    try:
        steepness = _steepness(odds)
    except StatsError as error:
        return Temperature(Estimate.refused(str(error), n=n), None)
    return Temperature(_estimate(odds, steepness, decided.cluster, confidence), _scaled_by_others(decided, odds))


def at_temperature(p: Numbers, temperature: float | Floats) -> Floats:
    """Probabilities whose log-odds are divided by a temperature; 0 and 1 stay as they are.

    Raises:
        StatsError: a probability is missing or outside [0, 1], or the temperature is not positive.
    """
    from scipy.special import expit, logit

    p = floats(p, "p", known=True)
    check_share(p, "p", "Give probabilities")
    if not np.all(np.isfinite(temperature) & (np.asarray(temperature) > 0)):
        raise StatsError("temperature is not a positive number. Above 1 it makes probabilities less certain")
    scaled: Floats = expit(logit(p) / temperature)
    return scaled


def deal_folds(clusters: int) -> Ints:
    """The fold of each instruction, from 0 to 9, as even as can be; the same for the same number of instructions."""
    return np.random.default_rng(clusters).permutation(clusters) % FOLDS


def _odds_of_the_opinion(decided: Stated) -> Floats:
    """Log-odds that the judge gave to what the person said, infinite where it was certain; shape (n,)."""
    from scipy.special import logit

    odds: Floats = (2 * decided.said - 1) * logit(decided.p)
    return odds


def _steepness(odds: Floats) -> float:
    """1 / temperature of the least log loss, which is convex in it.

    Raises:
        StatsError: the loss has no minimum at a finite positive temperature.
    """
    from scipy.optimize import brentq

    # a certain and right verdict has no loss at any temperature
    odds = odds[np.isfinite(odds)]
    if not odds.sum() > 0:
        raise StatsError(BACKWARDS)
    if not (odds < 0).any():
        raise StatsError(ALWAYS_RIGHT)
    highest = 1 / float(np.abs(odds[odds < 0]).max())
    while _slope(highest, odds) < 0:
        highest *= 2
    return float(brentq(_slope, 0.0, highest, args=(odds,)))


def _slope(steepness: float, odds: Floats) -> float:
    """The derivative of the log loss by 1 / temperature."""
    from scipy.special import expit

    return float(-(odds * expit(-steepness * odds)).mean())


def _estimate(odds: Floats, steepness: float, cluster: Ints, confidence: float) -> Estimate:
    from scipy.special import expit

    n = int(cluster.max()) + 1
    certain = np.isinf(odds)
    finite = np.where(certain, 0.0, odds)
    against = expit(-steepness * finite)
    curvature = float((finite**2 * against * (1 - against)).mean())
    influence = finite * against / curvature
    stderr = clustered_stderr(influence, cluster)
    reach = student_quantile(n - 1, (1 + confidence) / 2) * stderr
    # steepness 0 is an infinite temperature, and the interval then has no upper end that is a number
    lower, upper = 1 / (steepness + reach), 1 / (steepness - reach) if reach < steepness else math.inf
    if not math.isfinite(upper):
        return Estimate.refused("the opinions do not bound the temperature from above", n=n)
    return Estimate(1 / steepness, stderr / steepness**2, lower, upper, n)


def _scaled_by_others(decided: Stated, odds: Floats) -> Stated | None:
    fold = deal_folds(decided.n_clusters)[decided.cluster]
    temperature = np.ones(decided.n)
    for number in range(FOLDS):
        own = fold == number
        if own.any():
            try:
                temperature[own] = 1 / _steepness(odds[~own])
            except StatsError:
                return None
    return Stated(at_temperature(decided.p, temperature), decided.said, decided.cluster)
