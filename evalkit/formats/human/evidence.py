"""The labels and verdicts that an evaluation of a judge was computed from, as a text without anybody's answers."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.errors import StoreError
from evalkit.formats.human.labelled import LabelledComparison, Opinion, labels_digest
from evalkit.types import Annotation, Order

_VERSION = 1


@dataclass(frozen=True, slots=True)
class LabelledKey:
    """The opinions on a comparison that its key stands for; comparisons of one `cluster` share their instruction."""

    key: str
    cluster: int
    opinions: tuple[Opinion, ...]


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """A judge's verdict on a comparison: P(the second answer is better), None where the judge gave none."""

    key: str
    order: Order | None
    repeat: int
    preference: float | None

    @property
    def place(self) -> tuple[str, str, int]:
        """The comparison, the order and the repeat, which no other verdict of the judge has."""
        return self.key, "" if self.order is None else self.order.value, self.repeat


@dataclass(frozen=True, slots=True)
class EvaluationEvidence:
    """All that the numbers of an evaluation follow from."""

    labels: tuple[LabelledKey, ...]
    verdicts: tuple[GivenVerdict, ...]

    @property
    def labels_digest(self) -> str:
        """The digest of the labels, as the file has it that they came from."""
        return labels_digest((label.key, label.opinions) for label in self.labels)


def evidence_of_labels(
    comparisons: Iterable[LabelledComparison], annotations: Iterable[Annotation]
) -> EvaluationEvidence:
    """The evidence of labelled comparisons and of a judge's verdicts on them; in the order of the keys."""
    clusters: dict[str, int] = {}
    labels = []
    for one in sorted(comparisons, key=lambda one: one.key):
        example = one.comparison.example
        cluster = clusters.setdefault(example.cluster or example.instruction, len(clusters))
        labels.append(LabelledKey(one.key, cluster, tuple(sorted(one.opinions, key=_by_person))))
    known = {label.key for label in labels}
    verdicts = [given_verdict(annotation) for annotation in annotations if annotation.slot.key in known]
    return EvaluationEvidence(tuple(labels), tuple(sorted(verdicts, key=lambda verdict: verdict.place)))


def given_verdict(annotation: Annotation) -> GivenVerdict:
    """The verdict of an annotation, without the reply that it was read from."""
    slot = annotation.slot
    return GivenVerdict(slot.key, slot.order, slot.repeat, annotation.preference)


def encode_evidence(evidence: EvaluationEvidence) -> str:
    """Evidence as text; equal evidence gives equal texts."""
    document = {
        "version": _VERSION,
        "labels": [
            [label.key, label.cluster, [[opinion.person, opinion.preference] for opinion in label.opinions]]
            for label in evidence.labels
        ],
        "verdicts": [[*verdict.place, verdict.preference] for verdict in evidence.verdicts],
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def decode_evidence(text: str) -> EvaluationEvidence:
    """The evidence that `encode_evidence` wrote.

    Raises:
        StoreError: the text holds anything else.
    """
    try:
        return _decoded(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(f"the kept labels and verdicts of an evaluation are none: {error!r}") from None


def _decoded(found: Mapping[str, Any]) -> EvaluationEvidence:
    if found["version"] != _VERSION:
        raise ValueError(f"version {found['version']}")
    return EvaluationEvidence(
        labels=tuple(
            LabelledKey(key, cluster, tuple(Opinion(person, float(preference)) for person, preference in opinions))
            for key, cluster, opinions in found["labels"]
        ),
        verdicts=tuple(
            GivenVerdict(key, Order(order) if order else None, repeat, None if said is None else float(said))
            for key, order, repeat, said in found["verdicts"]
        ),
    )


def _by_person(opinion: Opinion) -> tuple[str, float]:
    return opinion.person, opinion.preference
