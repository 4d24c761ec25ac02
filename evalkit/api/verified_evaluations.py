"""Computes stored evaluations of judges again from their labels and verdicts, and these from the store's replies."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.api.verification import Disagreement, Mismatch
from evalkit.errors import ConfigError, StoreError
from evalkit.formats import EvaluationEvidence, GivenVerdict, decode_evidence, given_verdict
from evalkit.judging import annotate_all
from evalkit.metaeval import kept_numbers
from evalkit.store import Store, evaluations_of, evidence_of
from evalkit.text import stored
from evalkit.types import LABELLED, Annotation, Estimate, EvaluationRecord

_OF_RECORD = ("the record says", "its labels and verdicts give")
_OF_STORE = ("the evaluation has", "the store gives")
_NONE = "none"
# differing verdicts of which each is named
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class VerifiedEvaluation:
    """A stored evaluation and what in it does not follow from its labels and verdicts, or these from the replies.

    `n_verdicts` counts orders and repeats one by one.
    """

    record: EvaluationRecord
    differences: tuple[Mismatch, ...]
    n_verdicts: int = 0
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        return not self.differences


def verify_evaluations(store: Store, *, digests: Iterable[str] | None = None) -> tuple[VerifiedEvaluation, ...]:
    """Verify the evaluations of a store: all of them, or those of the judges of some digests.

    Raises:
        StoreError: the store cannot be read, or an evaluation in it is damaged.
    """
    records = evaluations_of(store)
    wanted = None if digests is None else set(digests)
    # an earlier evaluation on the same labels: its verdicts may have left the store since
    latest = {(record.judge_digest, record.labels): record for record in records}
    return tuple(
        _verify(store, record, latest=latest[record.judge_digest, record.labels] == record)
        for record in records
        if wanted is None or record.judge_digest in wanted
    )


def _verify(store: Store, record: EvaluationRecord, *, latest: bool) -> VerifiedEvaluation:
    text = evidence_of(store, [record.evidence])[record.evidence]
    evidence = decode_evidence(text)
    differences = [*_of_labels(record, evidence), *_of_numbers(record, evidence)]
    notes: list[str] = []
    try:
        found = _in_store(store, record)
    except StoreError as error:
        between = ("they should be", "and are")
        differences.append(Mismatch("verdicts", "sound", f"damaged: {error}", Disagreement.DAMAGED, between))
    except ConfigError as error:
        notes.append(f"{_whose(record)}: its replies cannot be read again: {error}")
    else:
        if any(verdict.place in found for verdict in evidence.verdicts):
            differences += _of_replies(evidence, found, latest=latest)
        elif evidence.verdicts:
            notes.append(
                f"{_whose(record)}: the store does not hold its verdicts, so that its numbers were recomputed from "
                "the labels and verdicts that were kept with it"
            )
    n_verdicts = sum(verdict.preference is not None for verdict in evidence.verdicts)
    return VerifiedEvaluation(record, tuple(differences), n_verdicts, tuple(notes))


def _whose(record: EvaluationRecord) -> str:
    return f"evaluation of {record.judge} on {record.labels}"


def _of_labels(record: EvaluationRecord, evidence: EvaluationEvidence) -> Iterator[Mismatch]:
    if evidence.labels_digest != record.labels_digest:
        yield Mismatch("labels", record.labels_digest, evidence.labels_digest, Disagreement.LABELS, _OF_RECORD)


def _of_numbers(record: EvaluationRecord, evidence: EvaluationEvidence) -> Iterator[Mismatch]:
    again = kept_numbers(evidence)
    judged = {verdict.key for verdict in evidence.verdicts if verdict.preference is not None}
    counts = {
        "n": sum(label.key in judged and bool(label.opinions) for label in evidence.labels),
        "n_people": max((len(label.opinions) for label in evidence.labels), default=0),
    }
    said = {"n": record.n, "n_people": record.n_people, **_numbers(record.agreement, record.ceiling)}
    for name, value in {**counts, **_numbers(again.agreement, again.ceiling)}.items():
        if said[name] != value:
            yield Mismatch(name, str(said[name]), str(value), Disagreement.NUMBER, _OF_RECORD)


def _numbers(agreement: Estimate, ceiling: Estimate) -> dict[str, Any]:
    return {**_fields("agreement", agreement), **_fields("ceiling", ceiling)}


def _fields(name: str, estimate: Estimate) -> dict[str, Any]:
    """The numbers of an estimate by name, as many decimals as are written."""
    ends = {f"{name}.{part}": stored(getattr(estimate, part)) for part in ("value", "lower", "upper")}
    return {**ends, f"{name}.status": str(estimate.status)}


def _in_store(store: Store, record: EvaluationRecord) -> dict[tuple[str, str, int], Annotation]:
    """The judge's verdicts on the labels as the store's replies give them now, by comparison, order and repeat."""
    config = next((judge for judge in store.judges() if judge.digest == record.judge_digest), None)
    if config is None:
        return {}
    answered = store.answered(record.judge_digest, benchmark=f"{LABELLED}{record.labels}")
    return {given_verdict(one).place: one for one in annotate_all(answered, config)}


def _of_replies(
    evidence: EvaluationEvidence, found: Mapping[tuple[str, str, int], Annotation], *, latest: bool
) -> Iterator[Mismatch]:
    """The verdicts that the store's replies do not give; those that have left it count for the latest evaluation."""
    differing = [
        mismatch
        for verdict in evidence.verdicts
        if (mismatch := _of_verdict(verdict, found.get(verdict.place), latest=latest)) is not None
    ]
    yield from differing[:_SHOWN]
    if len(differing) > _SHOWN:
        more = f"{len(differing) - _SHOWN} more verdicts"
        yield Mismatch(more, "others", "not these", differing[_SHOWN].cause, _OF_STORE)


def _of_verdict(verdict: GivenVerdict, found: Annotation | None, *, latest: bool) -> Mismatch | None:
    key, order, repeat = verdict.place
    field = f"verdict on {key}{f', {order}' if order else ''}{f', repeat {repeat}' if repeat else ''}"
    said = _NONE if verdict.preference is None else f"{verdict.preference:g}"
    if found is None:
        return Mismatch(field, said, "nothing", Disagreement.ABSENT, _OF_STORE) if latest else None
    if found.preference == verdict.preference:
        return None
    gives = f"{_NONE}: {found.failure}" if found.preference is None else f"{found.preference:g}"
    return Mismatch(field, said, gives, Disagreement.VERDICTS, _OF_STORE)
