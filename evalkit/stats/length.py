"""Length-controlled win rates: the estimator `lc`, the only one that a gate reads."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.intervals import clustered_stderr, proportion_interval
from evalkit.stats.logistic import LogisticFit, Prior, expit, fit_logistic, separated
from evalkit.stats.resample import bootstrap, percentile_interval
from evalkit.stats.sample import Floats, Sample
from evalkit.stats.winrate import Measured, edge_reason, win_rate
from evalkit.types import OK, Estimate, Status, StatusKind, degraded

MIN_INSTRUCTIONS = 30
# alone, a model is known at equal length by its few answers that come near; a history of others steadies the slope
MIN_SHARE_EACH_SIDE = 0.10
MIN_SHARE_EACH_SIDE_WITH_PRIOR = 0.01
LARGE_COEFFICIENT = 10.0
_MAD_OF_NORMAL = 1.4826
_MEAN_DEVIATION_OF_NORMAL = 1.2533


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
        return _equal_lengths(sample)
    design, notes = _design(sample, difficulty)
    if prior is not None:
        prior = Prior(prior.mean[: design.shape[1]], prior.precision[: design.shape[1]])
    weights = np.full(sample.n, sample.n_clusters / sample.n)
    try:
        fit = fit_logistic(design, sample.preference, weights=weights, prior=prior)
    except StatsError as error:
        return _refused(sample, str(error))
    at_zero = design.copy()
    at_zero[:, 1] = 0.0
    status = _status(sample, design, fit, MIN_SHARE_EACH_SIDE if prior is None else MIN_SHARE_EACH_SIDE_WITH_PRIOR)
    value, influence = _prediction(fit, at_zero)
    stderr, lower, upper = _interval(sample, status, fit, at_zero, value, influence)
    if replicates and status.kind == StatusKind.OK:

        def refit(counts: Floats) -> float:
            again = fit_logistic(
                design, sample.preference, weights=weights * counts, prior=prior, start=fit.coefficients
            )
            return float(np.average(expit(at_zero @ again.coefficients), weights=counts))

        draws = bootstrap(refit, sample.cluster, replicates=replicates, data=sample.preference)
        stderr, (lower, upper) = float(draws.std(ddof=1)), percentile_interval(draws)
    estimate = Estimate(100 * value, 100 * stderr, 100 * lower, 100 * upper, sample.n_clusters, status, notes)
    names = ("intercept", "length", "difficulty")
    return Controlled(Measured(estimate, influence), dict(zip(names, fit.coefficients.tolist(), strict=False)))


def length_spread(difference: Floats) -> float:
    """Robust standard deviation of length differences: one huge answer does not change it.

    1.4826 times the median absolute deviation; where more than half of the differences agree, 1.2533 times the mean
    absolute deviation.
    """
    deviation = np.abs(difference - np.median(difference))
    spread = _MAD_OF_NORMAL * float(np.median(deviation))
    return spread if spread > 0 else _MEAN_DEVIATION_OF_NORMAL * float(deviation.mean())


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


def _equal_lengths(sample: Sample) -> Controlled:
    raw = win_rate(sample)
    e = raw.estimate
    estimate = Estimate(e.value, e.stderr, e.lower, e.upper, e.n, e.status, ("all answers are equally long",))
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
    if np.ptp(values) == 0:
        return np.column_stack(columns), ("difficulty is the same everywhere: term left out",)
    return np.column_stack([*columns, values]), ()


def _status(sample: Sample, design: Floats, fit: LogisticFit, min_share: float) -> Status:
    assert sample.length_difference is not None
    if np.ptp(sample.preference) == 0:
        return degraded(edge_reason(sample))
    if abs(fit.coefficients[1]) > LARGE_COEFFICIENT or separated(design, sample.preference):
        return degraded("separated")
    as_long = float((sample.length_difference >= 0).mean())
    as_short = float((sample.length_difference <= 0).mean())
    if min(as_long, as_short) < min_share:
        share, side = (as_long, "long") if as_long < as_short else (as_short, "short")
        return degraded(f"extrapolated: {share:.1%} of answers are as {side} as the baseline's")
    return OK


def _prediction(fit: LogisticFit, at_zero: Floats) -> tuple[float, Floats]:
    """Mean prediction and each row's influence: its own prediction, and its pull on the coefficients."""
    predicted = expit(at_zero @ fit.coefficients)
    value = float(predicted.mean())
    gradient = (predicted * (1 - predicted)) @ at_zero / len(predicted)
    pull = fit.scores @ (fit.covariance @ gradient) * len(predicted)
    return value, (predicted - value) + pull


def _interval(
    sample: Sample, status: Status, fit: LogisticFit, at_zero: Floats, value: float, influence: Floats
) -> tuple[float, float, float]:
    """Standard error and interval, on the scale 0..1."""
    if np.ptp(sample.preference) == 0:
        # residuals that cannot vary say nothing of their error: the raw rate's exact interval does
        raw = win_rate(sample).estimate
        assert raw.stderr is not None and raw.lower is not None and raw.upper is not None
        return raw.stderr / 100, min(raw.lower / 100, value), max(raw.upper / 100, value)
    stderr = clustered_stderr(influence, sample.cluster, parameters=at_zero.shape[1])
    if status.reason == "separated":
        # the residuals of a separated fit are too small by construction; the penalised likelihood's own error is not
        predicted = expit(at_zero @ fit.coefficients)
        gradient = (predicted * (1 - predicted)) @ at_zero / len(predicted)
        stderr = max(stderr, float(np.sqrt(gradient @ fit.covariance @ gradient)))
    return (stderr, *proportion_interval(value, stderr, sample.n_clusters))
