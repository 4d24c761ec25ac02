"""Controlled win rates, at equal length or style: the estimator `lc` and its general form, which alone a gate reads."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.covariates import COUNTS, LENGTH, Design, build_design, control_names, control_terms
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
EXTRAPOLATED = "extrapolated"


@dataclass(frozen=True, slots=True, eq=False)
class Controlled:
    """A controlled win rate, what it rests on, and the coefficients behind it by name."""

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
    confidence: float = CONFIDENCE,
) -> Controlled:
    """Win rate the candidate would have were both answers equally long: `controlled_win_rate` for `length` alone."""
    return controlled_win_rate(
        sample, (LENGTH,), difficulty=difficulty, prior=prior, replicates=replicates, confidence=confidence
    )


def controlled_win_rate(
    sample: Sample,
    controls: Sequence[str],
    *,
    difficulty: Mapping[str, float] | None = None,
    prior: Prior | None = None,
    replicates: int = 0,
    confidence: float = CONFIDENCE,
) -> Controlled:
    """Win rate the candidate would have were both answers alike in everything that is controlled for.

    A quasi-binomial regression of the preference on a bounded covariate for each control and, where known for every
    instruction, the instruction's difficulty; the answer is the mean prediction where all covariates are zero.
    A Jeffreys penalty keeps it finite under separation. The interval contains the error of the coefficients.

    Args:
        controls: `length` in characters, measures of the sample by name, `markdown` for headers, lists and bold.
        difficulty: by instruction key; left out, with a note, unless it covers every judged instruction.
        prior: for the intercept, each control in the order given and difficulty, from a history of other models.
        replicates: 0 for the sandwich standard error, else that many bootstrap draws of instructions.

    Returns:
        Percent in [0, 100]; n counts instructions. A control in which the answers never differ is left out with a note,
        as is one that others determine. Not estimable below 30 instructions or 10 a coefficient, where a control is
        unknown or always differs by the same, and where the regression fails.

    Reference: Dubois et al. 2024, arXiv:2404.04475; the penalty, the robust spread and the interval are our own.
    """
    if sample.n_clusters < MIN_INSTRUCTIONS:
        few = f"{sample.n_clusters} instructions, at least {MIN_INSTRUCTIONS} needed" if sample.n else "no verdicts"
        return _refused(sample, few)
    try:
        names = control_names(controls)
        terms, notes = control_terms(sample, names)
        if not terms:
            return _as_raw(sample, notes or ("nothing is controlled for",), confidence)
        if (sample.preference == 0.5).all():
            return _as_raw(sample, ("all verdicts are ties",), confidence)
        design = build_design(sample, terms, difficulty)
        held = None if prior is None else design.held_by(prior, names)
        return _estimate(sample, design, notes, prior=held, replicates=replicates, confidence=confidence)
    except StatsError as error:
        return _refused(sample, str(error))


def _refused(sample: Sample, reason: str) -> Controlled:
    return Controlled(Measured(Estimate.refused(reason, n=sample.n_clusters), np.zeros(sample.n)), {})


def _as_raw(sample: Sample, notes: tuple[str, ...], confidence: float) -> Controlled:
    """The raw win rate, where there is nothing to control for."""
    raw = win_rate(sample, confidence=confidence)
    e = raw.estimate
    estimate = Estimate(e.value, e.stderr, e.lower, e.upper, e.n, e.status, notes)
    return Controlled(Measured(estimate, raw.influence), {})


def _estimate(
    sample: Sample,
    design: Design,
    notes: tuple[str, ...],
    *,
    prior: Prior | None,
    replicates: int,
    confidence: float,
) -> Controlled:
    relative = sample.relative_weight
    # verdicts of unequal weight tell as much as fewer equal ones
    weights = relative * (sample.n_clusters / sample.n) / (relative**2).mean()
    fit = fit_logistic(design.columns, sample.preference, weights=weights, prior=prior)
    draws = _resample(sample, design, weights, prior, fit, replicates) if replicates else None
    at_zero = design.alike
    value, influence = _prediction(sample, fit, at_zero)
    status = _status(sample, design, fit, MIN_SHARE_EACH_SIDE if prior is None else MIN_SHARE_EACH_SIDE_WITH_PRIOR)
    stderr = _stderr(sample, status, fit, at_zero, influence)
    prior_error = _prior_error(sample, fit, at_zero, prior)
    reach = math.hypot(stderr, prior_error)
    lower, upper = proportion_interval(value, reach, sample.n_clusters, units=sample.n_effective, confidence=confidence)
    if np.ptp(sample.preference) == 0:
        # residuals that cannot vary say nothing of their error: the raw rate's exact interval does
        lower, upper = _covering(value, win_rate(sample, confidence=confidence).estimate)
    elif draws is not None and status.reason != SEPARATED:
        stderr = float(draws.std(ddof=1))
        lower, upper = _widened(value, percentile_interval(draws, confidence=confidence), prior_error, confidence)
    notes = (*notes, *design.notes)
    estimate = Estimate(100 * value, 100 * stderr, 100 * lower, 100 * upper, sample.n_clusters, status, notes)
    coefficients = dict(zip(design.names, fit.coefficients.tolist(), strict=True))
    return Controlled(Measured(estimate, 100 * influence, 100 * prior_error), coefficients)


def _status(sample: Sample, design: Design, fit: LogisticFit, min_share: float) -> Status:
    if np.ptp(sample.preference) == 0:
        return degraded(edge_reason(sample.preference[0]))
    if _steep(design, fit) or separated(design.columns, sample.preference):
        return degraded(SEPARATED)
    far = [_extrapolation(design.names[place], design.columns[:, place], min_share) for place in design.controlled]
    return degraded(f"{EXTRAPOLATED}: {'; '.join(filter(None, far))}") if any(far) else OK


def _steep(design: Design, fit: LogisticFit) -> bool:
    """Whether a control's slope is beyond any judge's: counts may differ by little, all else fills [-1, 1]."""
    reach = [np.abs(design.columns[:, one]).max() if design.names[one] in COUNTS else 1.0 for one in design.controlled]
    return bool((np.abs(fit.coefficients[design.controlled]) * reach > LARGE_COEFFICIENT).any())


def _extrapolation(name: str, term: Floats, min_share: float) -> str | None:
    """What is said of a control that hardly any answer on one side comes near to zero in."""
    as_much, as_little = float((term >= 0).mean()), float((term <= 0).mean())
    if min(as_much, as_little) >= min_share:
        return None
    share, word = (as_much, 0) if as_much < as_little else (as_little, 1)
    if name == LENGTH:
        return f"{share:.1%} of answers are as {('long', 'short')[word]} as the baseline's"
    if name in COUNTS:
        return f"{share:.1%} of answers have as {('many', 'few')[word]} {name} as the baseline's"
    return f"{share:.1%} of answers are as {('high', 'low')[word]} in {name} as the baseline's"


def _resample(
    sample: Sample, design: Design, weights: Floats, prior: Prior | None, fit: LogisticFit, replicates: int
) -> Floats:
    """The estimate, on the scale 0..1, in bootstrap draws of instructions; shape (replicates,)."""
    at_zero, relative = design.alike, sample.relative_weight

    def refit(counts: Floats) -> float:
        drawn = weights * counts
        again = fit_logistic(design.columns, sample.preference, weights=drawn, prior=prior, start=fit.coefficients)
        return float(np.average(expit(at_zero @ again.coefficients), weights=relative * counts))

    return bootstrap(refit, sample.cluster, replicates=replicates, data=sample.preference)


def _prediction(sample: Sample, fit: LogisticFit, at_zero: Floats) -> tuple[float, Floats]:
    """Mean prediction and each row's influence: its own prediction, and its pull on the coefficients."""
    predicted = expit(at_zero @ fit.coefficients)
    value = sample.mean(predicted)
    pull = fit.scores @ (fit.covariance @ _gradient(sample, fit, at_zero)) * len(predicted)
    return value, sample.relative_weight * (predicted - value) + pull


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
    gradient = _gradient(sample, fit, at_zero)
    return max(stderr, float(np.sqrt(gradient @ fit.covariance @ gradient)))


def _prior_error(sample: Sample, fit: LogisticFit, at_zero: Floats, prior: Prior | None) -> float:
    """How far the prior may have pulled the prediction, were this model's coefficients drawn from it; scale 0..1."""
    if prior is None:
        return 0.0
    pull = (fit.covariance @ _gradient(sample, fit, at_zero)) * np.sqrt(prior.precision)
    return float(np.sqrt(pull @ pull))


def _gradient(sample: Sample, fit: LogisticFit, at_zero: Floats) -> Floats:
    """Of the mean prediction in the coefficients, shape (p,)."""
    predicted = expit(at_zero @ fit.coefficients)
    gradient: Floats = (sample.relative_weight * (predicted * (1 - predicted))) @ at_zero / len(predicted)
    return gradient


def _covering(value: float, raw: Estimate) -> tuple[float, float]:
    assert raw.lower is not None
    assert raw.upper is not None
    return min(raw.lower / 100, value), max(raw.upper / 100, value)


def _widened(value: float, interval: tuple[float, float], prior_error: float, confidence: float) -> tuple[float, float]:
    """A resampled interval, each side widened by what the resamples cannot show."""
    reach = prior_error * normal_quantile((1 + confidence) / 2)
    lower, upper = (math.copysign(math.hypot(end - value, reach), end - value) for end in interval)
    return max(0.0, value + lower), min(1.0, value + upper)
