"""Write what is known of how far a judge agrees with people as plain values."""

from typing import Any

from evalkit.boards import KnownJudge, known_line
from evalkit.text import estimate_numbers
from evalkit.types import Estimate, EvaluationRecord


def known_document(known: KnownJudge) -> dict[str, Any]:
    """Return what is known of a judge as values for JSON: the sentence, and every measurement that it rests on."""
    return {"says": known_line(known), "evaluations": [_record(record) for record in known.records]}


def _record(record: EvaluationRecord) -> dict[str, Any]:
    return {
        "judge_digest": record.judge_digest,
        "orders": record.orders,
        "repeats": record.repeats,
        "labels": record.labels,
        "labels_digest": record.labels_digest,
        "n": record.n,
        "n_people": record.n_people,
        "at": record.at.isoformat(timespec="seconds"),
        "agreement": _estimate(record.agreement),
        "ceiling": _estimate(record.ceiling),
        "evidence": record.evidence,
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {**estimate_numbers(estimate), "status": str(estimate.status)}
