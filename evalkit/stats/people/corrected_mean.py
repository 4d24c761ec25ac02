"""People's mean over many comparisons, from a judge's verdicts on all of them and people's labels of some."""

import math
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import Bools, Labels, Numbers, check_confidence, check_share, floats, numbered
from evalkit.stats.intervals import CONFIDENCE, NO_ERROR
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats, Ints
from evalkit.types import OK, Estimate, Status, degraded

MIN_INSTRUCTIONS = 30
MIN_RARER = 10
# the share of unlabelled verdicts that may lie beyond the labelled ones
_MOST_BEYOND = 0.05
# times the error of the labels alone
_MOST_WIDER = 1.02
_PREFERENCE = "Give P(the candidate is better), from 0 to 1"
OUT_OF_RANGE = "verdicts of the judge on unlabelled comparisons lie outside those on labelled ones"


@dataclass(frozen=True, slots=True)
class CorrectedMean:
    """People's mean, of which a judge's verdicts lower the error; nothing of the judge's own bias stays in it.

    `estimate` is in percent and `people_alone` is the mean of the labels alone; their n counts labelled instructions.
    `rectifier` is the mean of label - verdict on labelled comparisons, in points. `trust` is the weight of the judge's
    verdicts, lambda, from 0 to 1. `equivalent_labels` is the number of labels that would give people alone an interval
    of this width; None where the estimate is refused.
    """

    estimate: Estimate
    people_alone: Estimate
    rectifier: Estimate
    trust: float
    n_labels: int
    equivalent_labels: float | None


@dataclass(frozen=True, eq=False)
class LabelledColumns:
    """Verdicts, labels and instructions, a row a comparison; `said` is NaN without a label; arrays of shape (c,)."""

    verdict: Floats
    said: Floats
    cluster: Ints

    @property
    def labelled(self) -> Bools:
        there: Bools = ~np.isnan(self.said)
        return there

    @property
    def instructions(self) -> int:
        """The number of instructions with a label."""
        return len(np.unique(self.cluster[self.labelled]))


def corrected_mean(
    verdict: Numbers, said: Numbers, *, clusters: Labels | None = None, confidence: float = CONFIDENCE
) -> CorrectedMean:
    """Estimate people's mean preference: lambda * mean(F of all) + mean(Y - lambda * F of the labelled).

    F are the judge's verdicts and Y people's labels. Lambda is Cov(Y, F) / Var(F), held within 0 and 1, and for the
    labels of an instruction it comes from those of the others. With lambda 0 people stand alone, and so they do
    where their error would grow by more than 2 %. The error is that of
    the instructions' influences, with Student's quantile for the labelled ones.

    Args:
        verdict: the judge's P(the candidate is better), shape (c,).
        said: people's, a mean where several labelled a comparison, and NaN where nobody did, shape (c,). The labelled
            instructions must be drawn at random from all.
        clusters: the instruction of each comparison, shape (c,); by default each comparison is on its own.

    Returns:
        Refused below 30 labelled instructions, and below 10 labels of the rarer side, because too few of a rare verdict
        leave the interval too short. Degraded where more than 5 % of the unlabelled verdicts lie outside the range of
        the labelled ones.

    Raises:
        StatsError: columns of different lengths, or numbers outside [0, 1].

    Reference: Angelopoulos, Duchi and Zrnic 2023, arXiv:2311.01453 (PPI++); cross-fitting: Zrnic and Candes 2024,
    arXiv:2309.16598.

    Example:
        >>> from evalkit.stats import corrected_mean
        >>> verdict = [0.9, 0.4, 0.2, 0.8] * 100
        >>> said = ([1, 1, 0, 0] * 15) + [float("nan")] * 340
        >>> found = corrected_mean(verdict, said)
        >>> round(found.estimate.value, 1), found.n_labels, round(found.equivalent_labels)
        (49.9, 60, 62)
    """
    check_confidence(confidence)
    given = floats(verdict, "verdict", known=True)
    rows = ("verdict", len(given))
    labels = floats(said, "said", like=rows)
    check_share(given, "verdict", _PREFERENCE)
    check_share(labels, "said", f"{_PREFERENCE}, or NaN without a label")
    cluster = np.arange(len(given)) if clusters is None else numbered(clusters, "clusters", like=rows)
    columns = LabelledColumns(given, labels, np.unique(cluster, return_inverse=True)[1].astype(np.int64))
    reason = _refusal(columns)
    return corrected(columns, confidence=confidence) if reason is None else _refused(columns, reason)


def corrected(columns: LabelledColumns, *, confidence: float = CONFIDENCE) -> CorrectedMean:
    """The numbers of `corrected_mean` without its refusals, which a simulation looks behind.

    Raises:
        StatsError: fewer than three labelled instructions.
    """
    there, instructions = columns.labelled, columns.instructions
    if instructions < 3:
        raise StatsError(f"{instructions} labelled instructions; an error needs three")
    said, verdict, cluster = columns.said[there], columns.verdict[there], columns.cluster[there]
    trust = _trust(said, verdict, cluster) if not there.all() else np.zeros(len(said))
    around = columns.verdict - columns.verdict.mean()
    estimate = _estimate(columns, said - trust * around[there], trust.mean() * around / len(around), confidence)
    nothing = np.zeros(len(around))
    alone = _estimate(columns, said, nothing, confidence)
    if (estimate.stderr or 0.0) > _MOST_WIDER * (alone.stderr or 0.0):
        # too few labels tell how far the judge can be trusted
        estimate, trust = alone, np.zeros(len(said))
    rectifier = _estimate(columns, said - verdict, nothing, confidence, least=-100.0)
    return CorrectedMean(
        estimate,
        alone,
        rectifier,
        float(trust.mean()),
        len(said),
        None if not estimate.stderr or not alone.stderr else len(said) * (alone.stderr / estimate.stderr) ** 2,
    )


def _refusal(columns: LabelledColumns) -> str | None:
    said = columns.said[columns.labelled]
    instructions, rarer = columns.instructions, int(min((said > 0.5).sum(), (said < 0.5).sum()))
    if instructions < MIN_INSTRUCTIONS:
        return f"{instructions} labelled instructions, at least {MIN_INSTRUCTIONS} needed"
    if rarer < MIN_RARER:
        return f"{rarer} labels of the rarer verdict, at least {MIN_RARER} needed"
    return None


def _refused(columns: LabelledColumns, reason: str) -> CorrectedMean:
    refused = Estimate.refused(reason, n=columns.instructions)
    return CorrectedMean(refused, refused, refused, 0.0, int(columns.labelled.sum()), None)


def _trust(said: Floats, verdict: Floats, cluster: Ints) -> Floats:
    """Lambda for each label, from the labels of all other instructions, shape (labels,)."""
    number = np.unique(cluster, return_inverse=True)[1]
    # centred first, so that the sums below do not lose the digits of small spreads
    y, f = said - said.mean(), verdict - verdict.mean()
    sums = [np.bincount(number, weights=values) for values in (np.ones(len(y)), y, f, y * f, f * f)]
    count, ys, fs, yf, ff = (one.sum() - one for one in sums)
    spread = ff - fs**2 / count
    together = yf - ys * fs / count
    known = spread > NO_ERROR * max(1.0, float(count.max()))
    best = np.clip(np.divide(together, spread, out=np.zeros(len(count)), where=known), 0.0, 1.0)
    each: Floats = best[number]
    return each


def _estimate(
    columns: LabelledColumns, values: Floats, of_all: Floats, confidence: float, *, least: float = 0.0
) -> Estimate:
    """The mean of the labelled values, in percent, with the error of instructions' influences.

    Args:
        values: shape (labels,).
        of_all: what each comparison moves the mean by through the judge's verdicts, shape (c,).
    """
    there, instructions = columns.labelled, columns.instructions
    mean = float(values.mean())
    rows = of_all.copy()
    rows[there] += (values - mean) / len(values)
    influence = np.bincount(columns.cluster, weights=rows)
    error = math.sqrt(instructions / (instructions - 1) * float(influence @ influence))
    reach = student_quantile(instructions - 1, (1 + confidence) / 2) * error
    low, high = max(least, 100 * (mean - reach)), min(100.0, 100 * (mean + reach))
    value = 100 * min(1.0, max(least / 100, mean))
    return Estimate(value, 100 * error, low, high, instructions, _status(columns))


def _status(columns: LabelledColumns) -> Status:
    seen, unseen = columns.verdict[columns.labelled], columns.verdict[~columns.labelled]
    beyond = (unseen < seen.min()) | (unseen > seen.max())
    return degraded(OUT_OF_RANGE) if len(unseen) and beyond.mean() > _MOST_BEYOND else OK
