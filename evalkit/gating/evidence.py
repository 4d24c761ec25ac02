"""The evidence of a decision: a number as measured, and with every missing verdict set against or for the candidate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from evalkit.boards import Entry, Estimators, Metric
from evalkit.stats import Floats, Sample, common
from evalkit.types import Estimate

LOST, WON = 0.0, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One quantity with its interval, as measured and at its bounds over the missing verdicts."""

    measured: Estimate
    pessimistic: Estimate
    optimistic: Estimate

    @property
    def floor(self) -> float | None:
        """The lowest lower end of the interval over the missing verdicts; None where there is no interval."""
        ends = (self.measured.lower, self.pessimistic.lower)
        return None if None in ends else min(end for end in ends if end is not None)

    @property
    def ceiling(self) -> float | None:
        """The highest upper end of the interval over the missing verdicts; None where there is no interval."""
        ends = (self.measured.upper, self.optimistic.upper)
        return None if None in ends else max(end for end in ends if end is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The evidence on each metric, and the numbers of instructions with and without a verdict."""

    by_metric: Mapping[Metric, Evidence]
    n: int
    n_missing: int

    @property
    def coverage(self) -> float:
        """Share of the instructions that have a verdict; 0 without any instruction."""
        return self.n / max(1, self.n + self.n_missing)


def of_one(entry: Entry, rates: Estimators) -> Body:
    """The evidence on a model by itself."""
    sample = entry.sample
    measured = {metric: rate.estimate for metric, rate in rates.measure(entry, sample).items()}
    if not sample.n_missing:
        return Body(by_metric=_alike(measured), n=sample.n, n_missing=0)
    worst, best = (
        {metric: rate.estimate for metric, rate in rates.measure(entry, filled(sample, preference)).items()}
        for preference in (LOST, WON)
    )
    share = sample.n / (sample.n + sample.n_missing)
    low, high = entry.scale
    return Body(
        by_metric={
            metric: _evidence(estimate, worst[metric], best[metric], share=share, reach=(low, high))
            for metric, estimate in measured.items()
        },
        n=sample.n,
        n_missing=sample.n_missing,
    )


def of_two(candidate: Entry, against: Entry, rates: Estimators) -> Body:
    """The evidence on how far a model is ahead of another one, in points, on their common instructions.

    Every instruction counts that either model was asked about; it is missing unless both models have a verdict on it.
    """
    pair = (candidate, against)
    samples = common(candidate.sample, against.sample)
    measured = {metric: difference.estimate for metric, difference in rates.differences(pair, samples).items()}
    asked = frozenset().union(*({*entry.sample.keys, *entry.sample.missing} for entry in pair))
    n, n_missing = samples[0].n, len(asked) - samples[0].n
    if not n_missing:
        return Body(by_metric=_alike(measured), n=n, n_missing=0)
    whole = (_asked_about(candidate.sample, asked), _asked_about(against.sample, asked))
    worst, best = (
        {
            metric: difference.estimate
            for metric, difference in rates.differences(
                pair, (filled(whole[0], preference), filled(whole[1], 1.0 - preference))
            ).items()
        }
        for preference in (LOST, WON)
    )
    span = candidate.scale[1] - candidate.scale[0]
    return Body(
        by_metric={
            metric: _evidence(estimate, worst[metric], best[metric], share=n / len(asked), reach=(-span, span))
            for metric, estimate in measured.items()
        },
        n=n,
        n_missing=n_missing,
    )


def filled(sample: Sample, preference: float) -> Sample:
    """The sample with every missing verdict set to this value, for answers with a difference of zero where unknown.

    With a difference of zero, the regression cannot attribute any part of a filled-in verdict to length.
    """
    whole = sample.filled(preference)
    lengths = whole.length_difference
    return replace(
        whole,
        length_difference=None if lengths is None else np.where(np.isfinite(lengths), lengths, 0.0),
        measures={name: _alike_where_unknown(*sides) for name, sides in whole.measures.items()},
        baseline_length=_middling_where_unknown(whole.baseline_length),
    )


def _middling_where_unknown(length: Floats | None) -> Floats | None:
    """Lengths of the baseline's answers, with unknown lengths set to the median."""
    if length is None or not np.isfinite(length).any():
        return None
    return np.where(np.isfinite(length), length, np.median(length[np.isfinite(length)]))


def _alike_where_unknown(candidate: Floats, baseline: Floats) -> tuple[Floats, Floats]:
    known = np.isfinite(candidate) & np.isfinite(baseline)
    return np.where(known, candidate, 0.0), np.where(known, baseline, 0.0)


def _asked_about(sample: Sample, keys: frozenset[str]) -> Sample:
    """The sample with those of the keys that it was not asked about added to its missing verdicts.

    The lengths of the added instructions are unknown.
    """
    more = tuple(sorted(keys - {*sample.keys, *sample.missing}))
    lengths = sample.missing_length_difference
    unknown = np.full(len(more), np.nan)
    return replace(
        sample,
        missing=(*sample.missing, *more),
        missing_length_difference=None if lengths is None else np.concatenate([lengths, unknown]),
    )


def _alike(measured: Mapping[Metric, Estimate]) -> dict[Metric, Evidence]:
    return {
        metric: Evidence(measured=estimate, pessimistic=estimate, optimistic=estimate)
        for metric, estimate in measured.items()
    }


def _evidence(
    measured: Estimate, worst: Estimate, best: Estimate, *, share: float, reach: tuple[float, float]
) -> Evidence:
    """The evidence from three estimates, with pessimistic and optimistic ones bounded by a plain mean.

    Filled-in verdicts can move a regression in the opposite direction; the plain mean over all instructions bounds it.

    Args:
        share: share of the instructions that have a verdict.
        reach: the lowest and the highest possible value.
    """
    low, high = reach
    if measured.lower is not None and worst.lower is not None:
        worst = replace(worst, lower=min(worst.lower, share * measured.lower + (1 - share) * low))
    if measured.upper is not None and best.upper is not None:
        best = replace(best, upper=max(best.upper, share * measured.upper + (1 - share) * high))
    return Evidence(measured=measured, pessimistic=worst, optimistic=best)
