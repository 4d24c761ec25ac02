"""Length-controlled win rates: the estimator `lc`, the only one that a gate reads."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.intervals import CONFIDENCE, clustered_stderr, proportion_interval
from evalkit.stats.logistic import LogisticFit, Prior, expit, fit_logistic, separated
from evalkit.stats.quantiles import normal_quantile
from evalkit.stats.resample import bootstrap, percentile_interval
from evalkit.stats.sample import Floats, Sample
from evalkit.stats.winrate import Measured, edge_reason, win_rate
from evalkit.types import OK, Estimate, Status, degraded

MIN_INSTRUCTIONS = 30
# alone, a model is known at equal length by its few answers that come near; a history of others steadies the slope
MIN_SHARE_EACH_SIDE = 0.10
MIN_SHARE_EACH_SIDE_WITH_PRIOR = 0.01
LARGE_COEFFICIENT = 10.0
SEPARATED = "separated"
COEFFICIENTS = ("intercept", "length", "difficulty")
_MAD_OF_NORMAL = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class Controlled:
    """A length-controlled win rate, what it rests on, and the fit behind it."""

    measured: Measured
    coefficients: Mapping[str, float]

    @property
    def estimate(self) -> Estimate:
        return self.measured.estimate


def length_controlled_win_rate(
    sample: Sample,
    *,
    difficulty: Mapping[str, float] | None = None,
    prior: Prior | None = None,
    replicates: int = 0,
) -> Controlled:
    """Win rate the candidate would have were both answers equally long.

    A quasi-binomial regression of the preference on tanh(length difference / its robust spread) and, where known for
    every instruction, the instruction's difficulty; the answer is the mean prediction at length difference zero.
    A Jeffreys penalty keeps it finite under separation. The interval contains the error of the coefficients.

    Args:
        difficulty: by instruction key; left out, with a note, unless it covers every judged instruction.
        prior: for intercept, length and (with difficulty) difficulty, from a history of other models.
        replicates: 0 for the sandwich standard error, else that many bootstrap draws of instructions.

    Returns:
        Percent in [0, 100]; n counts instructions. Not estimable below 30 instructions, without lengths, where the
        length difference never changes, and where the regression fails.

    Reference: Dubois et al. 2024, arXiv:2404.04475; the penalty, the robust spread and the interval are our own.
    """
    refusal = _refusal(sample)
    if refusal:
        return _refused(sample, refusal)
    assert sample.length_difference is not None
    if not sample.length_difference.any():
        return _as_raw(sample, "all answers are equally long")
    if (sample.preference == 0.5).all():
        return _as_raw(sample, "all verdicts are ties")
    design, notes = _design(sample, difficulty)
    if prior is not None:
        prior = Prior(prior.mean[: design.shape[1]], prior.precision[: design.shape[1]])
    weights = np.full(sample.n, sample.n_clusters / sample.n)
    try:
        fit = fit_logistic(design, sample.preference, weights=weights, prior=prior)
        draws = _resample(sample, design, weights, prior, fit, replicates) if replicates else None
    except StatsError as error:
        return _refused(sample, str(error))
    at_zero = _at_equal_length(design)
    value, influence = _prediction(fit, at_zero)
    min_share = MIN_SHARE_EACH_SIDE if prior is None else MIN_SHARE_EACH_SIDE_WITH_PRIOR
    status = _status(sample, design, fit, min_share)
    stderr = _stderr(sample, status, fit, at_zero, influence)
    prior_error = _prior_error(fit, at_zero, prior)
    lower, upper = proportion_interval(value, math.hypot(stderr, prior_error), sample.n_clusters)
    if np.ptp(sample.preference) == 0:
        # residuals that cannot vary say nothing of their error: the raw rate's exact interval does
        lower, upper = _covering(value, win_rate(sample).estimate)
    elif draws is not None and status.reason != SEPARATED:
        stderr = float(draws.std(ddof=1))
        lower, upper = _widened(value, percentile_interval(draws), prior_error)
    estimate = Estimate(100 * value, 100 * stderr, 100 * lower, 100 * upper, sample.n_clusters, status, notes)
    coefficients = dict(zip(COEFFICIENTS, fit.coefficients.tolist(), strict=False))
    return Controlled(Measured(estimate, influence, 100 * prior_error), coefficients)


def length_spread(difference: Floats) -> float:
    """Robust standard deviation of length differences: one huge answer does not change it.

    1.4826 times the median absolute deviation from the median; where more than half of the differences agree, of the
    deviations that are not zero.
    """
    deviation = np.abs(difference - np.median(difference))
    return _MAD_OF_NORMAL * float(np.median(deviation) or np.median(deviation[deviation > 0]))


def length_term(difference: Floats) -> Floats:
    """The bounded length covariate, in [-1, 1]; positive where the candidate is longer."""
    term: Floats = np.tanh(difference / length_spread(difference))
    return term


def _refusal(sample: Sample) -> str | None:
    if sample.n == 0:
        return "no verdicts"
    if sample.n_clusters < MIN_INSTRUCTIONS:
        return f"{sample.n_clusters} instructions, at least {MIN_INSTRUCTIONS} needed"
    difference = sample.length_difference
    if difference is None or not np.isfinite(difference).all():
        return "lengths unknown"
    if difference.any() and np.ptp(difference) == 0:
        return "the length difference is the same everywhere"
    return None


def _refused(sample: Sample, reason: str) -> Controlled:
    return Controlled(Measured(Estimate.refused(reason, n=sample.n_clusters), np.zeros(sample.n)), {})


def _as_raw(sample: Sample, note: str) -> Controlled:
    """The raw win rate, where there is nothing to control for."""
    raw = win_rate(sample)
    e = raw.estimate
    estimate = Estimate(e.value, e.stderr, e.lower, e.upper, e.n, e.status, (note,))
    return Controlled(Measured(estimate, raw.influence), {})


def _design(sample: Sample, difficulty: Mapping[str, float] | None) -> tuple[Floats, tuple[str, ...]]:
    assert sample.length_difference is not None
    columns = [np.ones(sample.n), length_term(sample.length_difference)]
    if difficulty is None:
        return np.column_stack(columns), ()
    known = sum(key in difficulty for key in sample.keys)
    if known < sample.n:
        return np.column_stack(columns), (f"difficulty known for {known} of {sample.n} instructions: term left out",)
    values = np.array([difficulty[key] for key in sample.keys])
    if not np.isfinite(values).all():
        return np.column_stack(columns), ("difficulty is not a number everywhere: term left out",)
    if np.ptp(values) == 0:
        return np.column_stack(columns), ("difficulty is the same everywhere: term left out",)
    return np.column_stack([*columns, values]), ()


def _status(sample: Sample, design: Floats, fit: LogisticFit, min_share: float) -> Status:
    assert sample.length_difference is not None
    if np.ptp(sample.preference) == 0:
        return degraded(edge_reason(sample))
    if abs(fit.coefficients[1]) > LARGE_COEFFICIENT or separated(design, sample.preference):
        return degraded(SEPARATED)
    as_long = float((sample.length_difference >= 0).mean())
    as_short = float((sample.length_difference <= 0).mean())
    if min(as_long, as_short) < min_share:
        share, side = (as_long, "long") if as_long < as_short else (as_short, "short")
        return degraded(f"extrapolated: {share:.1%} of answers are as {side} as the baseline's")
    return OK


def _at_equal_length(design: Floats) -> Floats:
    at_zero = design.copy()
    at_zero[:, 1] = 0.0
    return at_zero


def _resample(
    sample: Sample, design: Floats, weights: Floats, prior: Prior | None, fit: LogisticFit, replicates: int
) -> Floats:
    """The estimate, on the scale 0..1, in bootstrap draws of instructions; shape (replicates,)."""
    at_zero = _at_equal_length(design)

    def refit(counts: Floats) -> float:
        drawn = weights * counts
        again = fit_logistic(design, sample.preference, weights=drawn, prior=prior, start=fit.coefficients)
        return float(np.average(expit(at_zero @ again.coefficients), weights=counts))

    return bootstrap(refit, sample.cluster, replicates=replicates, data=sample.preference)


def _prediction(fit: LogisticFit, at_zero: Floats) -> tuple[float, Floats]:
    """Mean prediction and each row's influence: its own prediction, and its pull on the coefficients."""
    predicted = expit(at_zero @ fit.coefficients)
    value = float(predicted.mean())
    pull = fit.scores @ (fit.covariance @ _gradient(fit, at_zero)) * len(predicted)
    return value, (predicted - value) + pull


def _stderr(sample: Sample, status: Status, fit: LogisticFit, at_zero: Floats, influence: Floats) -> float:
    """Sampling standard error on the scale 0..1."""
    if np.ptp(sample.preference) == 0:
        raw = win_rate(sample).estimate
        assert raw.stderr is not None
        return raw.stderr / 100
    stderr = clustered_stderr(influence, sample.cluster, parameters=at_zero.shape[1])
    if status.reason != SEPARATED:
        return stderr
    # the residuals of a separated fit are too small by construction; the penalised likelihood's own error is not
    gradient = _gradient(fit, at_zero)
    return max(stderr, float(np.sqrt(gradient @ fit.covariance @ gradient)))


def _prior_error(fit: LogisticFit, at_zero: Floats, prior: Prior | None) -> float:
    """How far the prior may have pulled the prediction, were this model's coefficients drawn from it; scale 0..1."""
    if prior is None:
        return 0.0
    pull = (fit.covariance @ _gradient(fit, at_zero)) * np.sqrt(prior.precision)
    return float(np.sqrt(pull @ pull))


def _gradient(fit: LogisticFit, at_zero: Floats) -> Floats:
    """Of the mean prediction in the coefficients, shape (p,)."""
    predicted = expit(at_zero @ fit.coefficients)
    gradient: Floats = (predicted * (1 - predicted)) @ at_zero / len(predicted)
    return gradient


def _covering(value: float, raw: Estimate) -> tuple[float, float]:
    assert raw.lower is not None
    assert raw.upper is not None
    return min(raw.lower / 100, value), max(raw.upper / 100, value)


def _widened(value: float, interval: tuple[float, float], prior_error: float) -> tuple[float, float]:
    """A resampled interval, each side widened by what the resamples cannot show."""
    reach = prior_error * normal_quantile((1 + CONFIDENCE) / 2)
    lower, upper = (math.copysign(math.hypot(end - value, reach), end - value) for end in interval)
    return max(0.0, value + lower), min(1.0, value + upper)
