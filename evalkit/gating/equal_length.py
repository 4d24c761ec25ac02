"""The basis of a conclusion at equal length or style: a history of the judge, or the assumption that length is not
confounded with difficulty.
"""

import math
from dataclasses import dataclass

from evalkit.boards import Entry, Estimators, Metric
from evalkit.gating.evidence import Evidence
from evalkit.stats import ErrorParts, common, normal_quantile
from evalkit.types import Estimate

# a conclusion without a history must not change with a correlation of the length term with difficulty up to this value;
# the models of three recorded judges have a root mean square of 0.20
LEAST_CORRELATION = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualLength:
    """The basis on which a conclusion at equal length can stand.

    `own_history` says whether the slope's prior comes from a history of this judge. Without a history, `correlation` is
    the correlation of length with difficulty at which the conclusion would change, None where it cannot be computed.
    `raw_agrees` says whether the raw win rate lies on the same side of the threshold; without a history its whole
    interval must. `parts` are the standard errors of a candidate's number, and `deviation` is how far its slopes lie
    from the prior's, in standard deviations, which `unlike` says in words where it matters; all are None for a
    difference of two models.
    """

    own_history: bool
    correlation: float | None
    raw_agrees: bool
    parts: ErrorParts | None = None
    deviation: float | None = None
    unlike: str | None = None

    @property
    def beyond_sampling(self) -> float:
        """The standard error in points that no further instruction makes smaller."""
        parts = self.parts
        return 0.0 if parts is None else math.hypot(parts.history, parts.form, parts.confounding)

    @property
    def survives(self) -> bool:
        return self.own_history or (self.correlation is not None and self.correlation >= LEAST_CORRELATION)


def at_equal_length(
    candidate: Entry,
    against: Entry | None,
    rates: Estimators,
    *,
    metric: Metric,
    threshold: float,
    shown: Evidence,
    raw: Evidence,
) -> EqualLength | None:
    """The basis of a conclusion on the metric; None for a metric without controls."""
    background = rates.background(metric)
    if background is None:
        return None
    value, plain = shown.measured.value, raw.measured.value
    alone = None if against is not None else rates.row(candidate, slices=()).number(metric)
    parts, deviation, unlike = (None, None, None) if alone is None else (alone.parts, alone.deviation, alone.unlike)
    if background.own_history:
        agrees = value is None or plain is None or (value >= threshold) == (plain >= threshold)
        return EqualLength(
            own_history=True,
            correlation=None,
            raw_agrees=agrees,
            parts=parts,
            deviation=deviation,
            unlike=unlike,
        )
    agrees = value is None or _decides(raw, threshold, passing=value >= threshold)
    if alone is None:
        assert against is not None
        correlation = _of_difference(candidate, against, rates, metric, threshold, shown.measured)
    else:
        correlation = None if alone.sensitivity is None else alone.sensitivity.correlation_to(threshold)
    return EqualLength(own_history=False, correlation=correlation, raw_agrees=agrees, parts=parts, deviation=deviation)


def _decides(raw: Evidence, threshold: float, *, passing: bool) -> bool:
    """True if the raw win rate's interval leads to the same decision.

    Answers that are bad and short move the win rate at equal length and not the raw one.
    """
    end = raw.floor if passing else raw.ceiling
    return end is not None and (end >= threshold if passing else end < threshold)


def _of_difference(
    candidate: Entry, against: Entry, rates: Estimators, metric: Metric, threshold: float, difference: Estimate
) -> float | None:
    """The correlation of length with difficulty that would change a conclusion on a difference.

    Both models are assumed to have it, each with the sign that is worse for the conclusion.
    """
    if difference.value is None or difference.lower is None or difference.upper is None:
        return None
    pair = zip((candidate, against), common(candidate.sample, against.sample), strict=True)
    numbers = [rates.measured_row(entry, sample).number(metric) for entry, sample in pair]
    sensitivities, parts = [number.sensitivity for number in numbers], [number.parts for number in numbers]
    if any(part is None for part in (*sensitivities, *parts)):
        return None
    moved = sum(abs(sensitivity.points) for sensitivity in sensitivities if sensitivity is not None)
    doubt = sum(part.confounding**2 for part in parts if part is not None)
    end = difference.lower if difference.value > threshold else difference.upper
    reach = normal_quantile((1 + rates.recipe.confidence) / 2)
    # half the width of the interval, without the error from confounding that it already contains
    certain = math.sqrt(max(0.0, (difference.value - end) ** 2 - reach**2 * doubt))
    distance = abs(difference.value - threshold) - certain
    if distance <= 0:
        return 0.0
    return math.inf if moved == 0.0 else distance / moved
