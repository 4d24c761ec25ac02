"""The evidence of a decision with the answers that the audit warns of counted as ties or losses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from evalkit.boards import Entry, Estimators, Metric
from evalkit.gating.evidence import Evidence, of_one, of_two
from evalkit.stats import Sample
from evalkit.types import Audit


@dataclass(frozen=True, slots=True)
class Discounted:
    """The lower end of an interval with some answers' verdicts lowered; `floor` is None where there is no interval.

    `counted` answers were looked at, and `others` are the judged instructions without them.
    """

    floor: float | None
    counted: int
    others: int


def discounted(
    candidate: Entry,
    against: Entry | None,
    rates: Estimators,
    metric: Metric,
    *,
    shown: Evidence,
    audit: Audit,
    checks: Collection[str],
) -> Discounted | None:
    """The evidence with the answers that these checks warn of worth no more than they are for certain.

    None where the audit does not tell which answers these are, as audits of earlier versions do not.
    """
    worth: dict[str, float] = {}
    for discount in audit.discounts:
        if discount.check in checks:
            worth |= {key: min(discount.worth, worth.get(key, 1.0)) for key in discount.keys}
    if not worth:
        return None
    sample = candidate.sample
    lowered = _lowered(sample, worth)
    counted = sum(key in worth for key in sample.keys)
    if not sample.n:
        return Discounted(shown.floor, counted, 0)
    less = replace(candidate, sample=lowered)
    body = of_one(less, rates) if against is None else of_two(less, against, rates)
    low, high = candidate.scale
    # a regression may take a lowered verdict for an effect of length, and the plain mean bounds it
    lost = (high - low) * sample.mean(sample.preference - lowered.preference)
    ends = [body.by_metric[metric].floor, None if shown.floor is None else shown.floor - lost]
    floor = None if ends[1] is None else min(end for end in ends if end is not None)
    return Discounted(floor, counted, sample.n - counted)


def _lowered(sample: Sample, worth: Mapping[str, float]) -> Sample:
    """The sample with verdicts on these instructions lowered to that, as though the answers were equally long."""
    preference = np.minimum(sample.preference, [worth.get(key, np.inf) for key in sample.keys])
    moved = preference < sample.preference
    lengths = sample.length_difference
    return replace(
        sample,
        preference=preference,
        length_difference=None if lengths is None else np.where(moved, 0.0, lengths),
        measures={name: (np.where(moved, theirs, mine), theirs) for name, (mine, theirs) in sample.measures.items()},
    )
