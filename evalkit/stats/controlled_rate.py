"""Controlled win rates, at equal length or style: the estimator `lc` and its general form.

Of the controlled rates, a gate reads only these.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.coefficients import UNHELD_DEVIATION, CoefficientPrior, square_root
from evalkit.stats.columns import check_confidence
from evalkit.stats.confounding import Confounding, Sensitivity, log_odds_moved
from evalkit.stats.covariates import (
    COUNTS,
    CURVATURE,
    LENGTH,
    LENGTH_TERMS,
    Design,
    build_design,
    control_names,
    control_terms,
    for_lengths,
)
from evalkit.stats.fit_check import MISFIT, FitCheck, NearEqual, check_fit, near_equal
from evalkit.stats.intervals import CONFIDENCE, clustered_stderr, proportion_interval
from evalkit.stats.logistic import LogisticFit, expit, fit_logistic, separated
from evalkit.stats.overlap import Overlap, overlap_of
from evalkit.stats.quantiles import normal_quantile
from evalkit.stats.regression import Regression, regress
from evalkit.stats.resample import bootstrap, percentile_interval
from evalkit.stats.sample import Floats, Sample
from evalkit.stats.winrate import Measured, edge_reason, win_rate
from evalkit.types import OK, Estimate, Status, degraded

MIN_INSTRUCTIONS = 30
# without a history, a model's rate at equal length rests on its answers of near-equal length, which are not a random
# sample of its answers; with a history of its judge, the prior holds the slope
MIN_SHARE_EACH_SIDE = 0.20
MIN_SHARE_EACH_SIDE_WITH_HISTORY = 0.01
# the same limit for other controls, for which the right limit has not been measured
MIN_SHARE_OF_CONTROLS = 0.10
LARGE_COEFFICIENT = 10.0
SEPARATED = "separated"
EXTRAPOLATED = "extrapolated"
THIN = "thin"
MISFITTING = "misfit"


@dataclass(frozen=True, slots=True)
class ErrorParts:
    """Standard errors of a rate in points, by cause: sampling of instructions, the prior learned from other models, the
    shape of the length effect, and confounding of length with difficulty.
    """

    sampling: float
    history: float = 0.0
    form: float = 0.0
    confounding: float = 0.0

    @property
    def total(self) -> float:
        return math.hypot(self.sampling, self.history, self.form, self.confounding)


@dataclass(frozen=True, slots=True, eq=False)
class Controlled:
    """A win rate with its coefficients by name and its diagnostics; one with nothing held equal has neither.

    `pairs` are the pairs of about equal length, and `check` compares the fit with their verdicts. `deviation` is how
    far the model's own slope lies from its prior, in standard deviations; None without a prior. `doubt` is the standard
    error in points that contradicting the history of the judge adds. `sensitivity` is given where length may be
    confounded with difficulty.
    """

    measured: Measured
    coefficients: Mapping[str, float] = field(default_factory=dict)
    parts: ErrorParts | None = None
    overlap: Overlap | None = None
    pairs: NearEqual | None = None
    check: FitCheck | None = None
    deviation: float | None = None
    doubt: float = 0.0
    sensitivity: Sensitivity | None = None

    @property
    def estimate(self) -> Estimate:
        return self.measured.estimate

    @property
    def unlike(self) -> str | None:
        """A caveat for a model whose slopes contradict the history of its judge; None for other models."""
        if not self.doubt or self.deviation is None:
            return None
        return (
            f"its slopes of length lie {self.deviation:.1f} standard deviations from those of the judge's other "
            f"models, which adds a standard error of {self.doubt:.1f} points"
        )

    def doubted(self, reason: str) -> "Controlled":
        """The same rate with its status degraded for a further reason; a refused rate stays refused."""
        estimate = self.estimate
        if estimate.value is None or reason in estimate.status.reason.split("; "):
            return self
        reasons = "; ".join(filter(None, (estimate.status.reason, reason)))
        return replace(self, measured=replace(self.measured, estimate=replace(estimate, status=degraded(reasons))))


def length_controlled_win_rate(
    sample: Sample,
    *,
    difficulty: Mapping[str, float] | None = None,
    prior: CoefficientPrior | None = None,
    confounding: Confounding | None = None,
    replicates: int = 0,
    confidence: float = CONFIDENCE,
) -> Controlled:
    """The candidate's expected win rate if both answers had equal length: `controlled_win_rate` for `length` alone.

    Args:
        sample: verdicts with the answers' length differences.
        difficulty: by the sample's keys, which are text; left out, with a note, unless it covers every judged
            instruction. A history of other models under this judge, from `fit_history`, gives it by
            `history.for_model(model, sample)`.
        prior: prior of the coefficients, learned from other models: `history.prior`.
        confounding: how far length may be confounded with difficulty; give it where no history of this judge on these
            instructions separates the two, because the interval lacks that error otherwise.
        replicates: 0 for the sandwich standard error, else that many bootstrap draws of instructions.

    Returns:
        The estimate in percent, whose n counts instructions, with coefficients and diagnostics. Refused and degraded as
        by `controlled_win_rate`.

    Raises:
        StatsError: the confidence is not between 0 and 1.

    Reference: Dubois et al. 2024, arXiv:2404.04475.

    Example:
        >>> from evalkit.stats import build_sample, length_controlled_win_rate
        >>> won, longer = [1] * 24 + [0] * 6 + [1] * 3 + [0] * 7, [100] * 30 + [-100] * 10
        >>> sample = build_sample(range(40), won, length_difference=longer)
        >>> found = length_controlled_win_rate(sample).estimate
        >>> print(f"{found.value:.1f} [{found.lower:.1f}, {found.upper:.1f}] {found.status}")
        57.0 [34.8, 77.3] ok
    """
    return controlled_win_rate(
        sample,
        (LENGTH,),
        difficulty=difficulty,
        prior=prior,
        confounding=confounding,
        replicates=replicates,
        confidence=confidence,
    )


def controlled_win_rate(
    sample: Sample,
    controls: Sequence[str],
    *,
    difficulty: Mapping[str, float] | None = None,
    prior: CoefficientPrior | None = None,
    confounding: Confounding | None = None,
    replicates: int = 0,
    confidence: float = CONFIDENCE,
) -> Controlled:
    """The candidate's expected win rate if both answers were equal in every control.

    The estimator is a quasi-binomial regression of the preference on a bounded covariate for each control and, where it
    is known for every instruction, the instruction's difficulty; the rate is the mean prediction with all controls'
    covariates at zero. A Jeffreys penalty keeps the fit finite under separation. The interval contains the error of the
    coefficients, the error of the prior and, where `confounding` is given, the error from confounding of length with
    difficulty.

    Args:
        sample: verdicts with the answers' length differences, or with the measures that are controlled for.
        controls: `length` in characters, measures of the sample by name, `markdown` for headers, lists and bold.
        difficulty: by instruction key; left out, with a note, unless it covers every judged instruction.
        prior: prior of the coefficients that it names, learned from other models. Where a model's slope of length lies
            beyond two standard deviations of the prior, a wider prior is used.
        confounding: None where a history of this judge on these instructions separates length from difficulty.
        replicates: 0 for the sandwich standard error, else that many bootstrap draws of instructions.

    Returns:
        Percent in [0, 100]; n counts instructions. A control in which the answers never differ is left out with a note,
        and so is a control that other controls determine. Not estimable below 30 instructions, below 10 instructions
        for each coefficient without a prior, where a control is unknown or its difference is constant, and where the
        regression fails.

    Raises:
        StatsError: the confidence is not between 0 and 1.

    Reference: Dubois et al. 2024, arXiv:2404.04475; the penalty, the priors, the robust spread and the interval are
    evalkit's own.
    """
    check_confidence(confidence)
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
        taught = None if prior is None else for_lengths(prior, terms, sample)
        design = build_design(sample, terms, difficulty, taught)
        known = None if taught is None else taught.chosen(design.names)
        regression = regress(sample, design, known if known and known.names else None)
        return _estimate(regression, confounding, notes, replicates=replicates, confidence=confidence)
    except StatsError as error:
        return _refused(sample, str(error))


def _refused(sample: Sample, reason: str) -> Controlled:
    return Controlled(Measured(Estimate.refused(reason, n=sample.n_clusters), np.zeros(sample.n)))


def _as_raw(sample: Sample, notes: tuple[str, ...], confidence: float) -> Controlled:
    """The raw win rate, where there is nothing to control for."""
    raw = win_rate(sample, confidence=confidence)
    estimate = replace(raw.estimate, notes=notes)
    parts = None if estimate.stderr is None else ErrorParts(estimate.stderr)
    return Controlled(Measured(estimate, raw.influence), {}, parts, overlap_of(sample))


def _estimate(
    regression: Regression,
    confounding: Confounding | None,
    notes: tuple[str, ...],
    *,
    replicates: int,
    confidence: float,
) -> Controlled:
    sample, design, fit = regression.sample, regression.design, regression.fit
    draws = _resample(regression, replicates) if replicates else None
    value, influence = _prediction(regression)
    overlap = overlap_of(sample)
    pairs = None if overlap is None else _near(regression, overlap)
    check = None if pairs is None else check_fit(pairs)
    # without a prior of this judge, or where the prior was widened, the model's own lengths determine its slope
    alone = regression.prior is None or confounding is not None or _unusual(regression)
    status = _status(regression, overlap if LENGTH in _controls(design) else None, check, alone=alone)
    stderr = _stderr(regression, status, influence)
    own, shared, form = _prior_errors(regression)
    # without a history of this judge, the judge itself may be unlike the recorded ones
    doubt = regression.doubt if confounding is None else 0.0
    own = math.hypot(own, doubt)
    moved = _moved(regression, confounding)
    stands_for = 0.0 if confounding is None else abs(confounding.correlation * moved) * value * (1 - value)
    certain = math.hypot(own, float(np.linalg.norm(shared)))
    beyond = math.hypot(certain, stands_for)
    lower, upper = _interval(sample, value, math.hypot(stderr, beyond), confidence)
    if np.ptp(sample.preference) == 0:
        # residuals that cannot vary give no standard error, so the raw rate's exact interval is used
        lower, upper = _covering(value, win_rate(sample, confidence=confidence).estimate)
    elif draws is not None and status.reason != SEPARATED:
        stderr = float(draws.std(ddof=1))
        lower, upper = _widened(value, percentile_interval(draws, confidence=confidence), beyond, confidence)
    estimate = Estimate(
        100 * value, 100 * stderr, 100 * lower, 100 * upper, sample.n_clusters, status, (*notes, *design.notes)
    )
    history = math.sqrt(max(0.0, certain**2 - form**2))
    return Controlled(
        measured=Measured(estimate, 100 * influence, 100 * math.hypot(own, stands_for), 100 * shared),
        coefficients=dict(zip(design.names, fit.coefficients.tolist(), strict=True)),
        parts=ErrorParts(100 * stderr, 100 * history, 100 * form, 100 * stands_for),
        overlap=overlap,
        pairs=pairs,
        check=check,
        deviation=regression.deviation,
        doubt=100 * doubt,
        sensitivity=None
        if confounding is None
        else _sensitivity(sample, value, math.hypot(stderr, certain), moved, confidence=confidence),
    )


def _controls(design: Design) -> set[str]:
    """The names of the controls as users write them."""
    return {LENGTH if design.names[place] in LENGTH_TERMS else design.names[place] for place in design.controlled}


def _near(regression: Regression, overlap: Overlap) -> NearEqual:
    chance = expit(regression.design.columns @ regression.fit.coefficients)
    return near_equal(regression.sample, overlap.near, predicted=chance, dispersion=regression.dispersion)


def _moved(regression: Regression, confounding: Confounding | None) -> float:
    if confounding is None:
        return 0.0
    return log_odds_moved(
        regression.sample,
        regression.design,
        regression.fit,
        weights=regression.weights,
        effect=confounding.effect,
    )


def _interval(sample: Sample, value: float, stderr: float, confidence: float) -> tuple[float, float]:
    return proportion_interval(value, stderr, sample.n_clusters, units=sample.n_effective, confidence=confidence)


def _sensitivity(sample: Sample, value: float, stderr: float, moved: float, *, confidence: float) -> Sensitivity:
    lower, upper = _interval(sample, value, stderr, confidence)
    return Sensitivity(100 * value, 100 * lower, 100 * upper, moved)


def _unusual(regression: Regression) -> bool:
    return regression.deviation is not None and regression.deviation > UNHELD_DEVIATION


def _status(regression: Regression, overlap: Overlap | None, check: FitCheck | None, *, alone: bool) -> Status:
    sample, design, fit = regression.sample, regression.design, regression.fit
    if np.ptp(sample.preference) == 0:
        return degraded(edge_reason(sample.preference[0]))
    if _steep(design, fit) or separated(design.columns, sample.preference):
        return degraded(SEPARATED)
    reasons = [_thin(overlap, MIN_SHARE_EACH_SIDE if alone else MIN_SHARE_EACH_SIDE_WITH_HISTORY)]
    far = [_extrapolation(design.names[place], design.columns[:, place], alone=alone) for place in design.controlled]
    if any(far):
        reasons.append(f"{EXTRAPOLATED}: {'; '.join(filter(None, far))}")
    if check is not None and abs(check.z) > MISFIT:
        reasons.append(f"{MISFITTING}: {check}")
    told = "; ".join(filter(None, reasons))
    return degraded(told) if told else OK


def _thin(overlap: Overlap | None, min_share: float) -> str | None:
    """The reason to degrade a rate where very few answers on one side reach the baseline's length; None otherwise."""
    if overlap is None or overlap.smaller >= min_share:
        return None
    return f"{THIN}: {overlap.smaller:.1%} of answers are as {overlap.word} as the baseline's"


def _steep(design: Design, fit: LogisticFit) -> bool:
    """True if a control's effect at its largest covariate is beyond any judge's.

    The covariates of counts and of curvature may all be small; every other covariate fills [-1, 1], so its largest
    value is taken as 1.
    """
    small = {*COUNTS, CURVATURE}
    reach = [
        np.abs(design.columns[:, column]).max() if design.names[column] in small else 1.0
        for column in design.controlled
    ]
    return bool((np.abs(fit.coefficients[design.controlled]) * reach > LARGE_COEFFICIENT).any())


def _extrapolation(name: str, term: Floats, *, alone: bool) -> str | None:
    """The reason to degrade a rate where, on one side of zero, very few answers come near zero in a control besides
    length; None otherwise.
    """
    if name in LENGTH_TERMS:
        return None
    as_much, as_little = float((term >= 0).mean()), float((term <= 0).mean())
    if min(as_much, as_little) >= (MIN_SHARE_OF_CONTROLS if alone else MIN_SHARE_EACH_SIDE_WITH_HISTORY):
        return None
    share, word = (as_much, 0) if as_much < as_little else (as_little, 1)
    if name in COUNTS:
        return f"{share:.1%} of answers have as {('many', 'few')[word]} {name} as the baseline's"
    return f"{share:.1%} of answers are as {('high', 'low')[word]} in {name} as the baseline's"


def _resample(regression: Regression, replicates: int) -> Floats:
    """The estimate in each bootstrap draw of instructions, on the scale 0..1; shape (replicates,)."""
    sample, design, held = regression.sample, regression.design, regression.held
    at_zero, relative, start = design.alike, sample.relative_weight, regression.fit.coefficients

    def refit(counts: Floats) -> float:
        drawn = regression.weights * counts
        again = fit_logistic(design.columns, sample.preference, weights=drawn, prior=held, start=start)
        return float(np.average(expit(at_zero @ again.coefficients), weights=relative * counts))

    return bootstrap(refit, sample.cluster, replicates=replicates, data=sample.preference)


def _prediction(regression: Regression) -> tuple[float, Floats]:
    """Mean prediction and each row's influence on it, through the row's own prediction and through the coefficients."""
    sample, fit = regression.sample, regression.fit
    predicted = expit(regression.design.alike @ fit.coefficients)
    value = regression.estimate
    pull = fit.scores @ (fit.covariance @ regression.gradient) * len(predicted)
    return value, sample.relative_weight * (predicted - value) + pull


def _stderr(regression: Regression, status: Status, influence: Floats) -> float:
    """Sampling standard error on the scale 0..1."""
    sample, fit = regression.sample, regression.fit
    if np.ptp(sample.preference) == 0:
        raw = win_rate(sample).estimate
        assert raw.stderr is not None
        return raw.stderr / 100
    stderr = clustered_stderr(influence, sample.cluster, parameters=len(regression.design.names))
    if status.reason != SEPARATED:
        return stderr
    # the residuals of a separated fit are too small by construction; the model-based standard error of the penalised
    # likelihood is not
    gradient = regression.gradient
    return max(stderr, float(np.sqrt(gradient @ fit.covariance @ gradient)))


def _prior_errors(regression: Regression) -> tuple[float, Floats, float]:
    """Standard errors of the prediction from shrinkage, if the model's coefficients are drawn from the prior; 0..1.

    Returns the model's own part, the shared parts (one for each independent error of what was learned), and the part of
    the shared errors that is due to the form.
    """
    prior = regression.prior
    if prior is None:
        return 0.0, np.zeros(0), 0.0
    places = [regression.design.names.index(name) for name in prior.names]
    held = prior.on(regression.design.names)
    pull = (held.precision @ (regression.fit.covariance @ regression.gradient))[places]
    shared = np.concatenate([pull @ square_root(prior.error), pull @ square_root(prior.form)])
    own, form = (math.sqrt(max(0.0, float(pull @ covariance @ pull))) for covariance in (prior.spread, prior.form))
    return own, shared, form


def _covering(value: float, raw: Estimate) -> tuple[float, float]:
    assert raw.lower is not None
    assert raw.upper is not None
    return min(raw.lower / 100, value), max(raw.upper / 100, value)


def _widened(value: float, interval: tuple[float, float], beyond: float, confidence: float) -> tuple[float, float]:
    """A bootstrap interval, each side widened by the errors that resampling instructions cannot show."""
    reach = beyond * normal_quantile((1 + confidence) / 2)
    lower, upper = (math.copysign(math.hypot(end - value, reach), end - value) for end in interval)
    return max(0.0, value + lower), min(1.0, value + upper)
