"""Agreement and ceiling from the labels and verdicts that are kept with an evaluation."""

from dataclasses import dataclass

import numpy as np

from evalkit.formats import EvaluationEvidence
from evalkit.metaeval.labels import people_of
from evalkit.stats import AgreementRule, build_panel, ceiling, human_agreement
from evalkit.types import Estimate


@dataclass(frozen=True, slots=True)
class KeptNumbers:
    """The numbers that an evaluation keeps: the judge's agreement with people, and people's with each other."""

    agreement: Estimate
    ceiling: Estimate


def kept_numbers(evidence: EvaluationEvidence) -> KeptNumbers:
    """Compute the numbers of an evaluation; equal evidence gives equal numbers to the last digit."""
    panel = build_panel(
        [label.key for label in evidence.labels],
        of=[label.key for label in evidence.labels for _ in label.opinions],
        people=list(people_of((label.key, one.person) for label in evidence.labels for one in label.opinions)),
        said=[opinion.preference for label in evidence.labels for opinion in label.opinions],
        clusters=[label.cluster for label in evidence.labels],
    )
    given: dict[str, list[float]] = {}
    for verdict in evidence.verdicts:
        if verdict.preference is not None:
            given.setdefault(verdict.key, []).append(verdict.preference)
    means = np.array([_mean(given.get(label.key, [])) for label in evidence.labels], dtype=np.float64)
    return KeptNumbers(human_agreement(panel, means).estimate, ceiling(panel, AgreementRule.HALF).estimate)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
