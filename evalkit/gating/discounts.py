"""The evidence of a decision with the answers that the audit warns of counted as ties or losses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from evalkit.boards import Entry, Estimators, Metric
from evalkit.gating.evidence import Evidence, of_one, of_two
from evalkit.stats import Sample
from evalkit.types import Audit, Finding


@dataclass(frozen=True, slots=True)
class Discounted:
    """The ends of an interval with the verdicts lowered on answers that these checks of the audit warn of.

    `floor` and `ceiling` are None where there is no interval. `counted` answers were looked at, and `others` are the
    judged instructions without them.
    """

    checks: tuple[str, ...]
    floor: float | None
    ceiling: float | None
    counted: int
    others: int


def discounted(
    candidate: Entry,
    against: Entry | None,
    rates: Estimators,
    metric: Metric,
    *,
    shown: Evidence,
    audit: Audit | None,
    found: Collection[Finding],
) -> Discounted | None:
    """The evidence with the answers that these findings are about worth no more than they are for certain.

    None without a finding, and where the audit does not tell which answers it means, as audits of earlier versions do
    not.
    """
    worth: dict[str, float] = {}
    checks = {finding.check for finding in found}
    discounts = [] if audit is None else [discount for discount in audit.discounts if discount.check in checks]
    for discount in discounts:
        worth |= {key: min(discount.worth, worth.get(key, 1.0)) for key in discount.keys}
    if not worth:
        return None
    meant = tuple(discount.check for discount in discounts)
    sample = candidate.sample
    lowered = _lowered(sample, worth)
    counted = sum(key in worth for key in sample.keys)
    if not sample.n:
        return Discounted(meant, shown.floor, shown.ceiling, counted, 0)
    less = replace(candidate, sample=lowered)
    body = of_one(less, rates) if against is None else of_two(less, against, rates)
    low, high = candidate.scale
    # a regression may take a lowered verdict for an effect of length, and the plain mean bounds it
    lost = (high - low) * sample.mean(sample.preference - lowered.preference)
    refit = body.by_metric[metric]
    floor = _lower(shown.floor, refit.floor, lost)
    return Discounted(meant, floor, _lower(shown.ceiling, refit.ceiling, lost), counted, sample.n - counted)


def _lower(shown: float | None, refit: float | None, lost: float) -> float | None:
    """The lower of an end that was estimated anew and of the one that is shown, less what the plain mean lost."""
    if shown is None:
        return None
    return shown - lost if refit is None else min(refit, shown - lost)


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
