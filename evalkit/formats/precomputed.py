"""Writes verdicts of ours as inspect_ai's precomputed scores, one line per sample and epoch."""

from collections.abc import Iterable, Iterator
from typing import Any

from evalkit.formats.conversation import write_id
from evalkit.formats.verdicts import Stored, same_place
from evalkit.types import Annotation


def score_rows(verdicts: Iterable[Stored]) -> Iterator[dict[str, Any]]:
    """A value for each instruction and repeat: a grade, or P(candidate beats baseline) averaged over both orders; null
    where an order has no verdict.

    Args:
        verdicts: the verdicts; those of one instruction follow each other.
    """
    for by_order in same_place(verdicts):
        given = {order: annotation for order, (annotation, _) in by_order.items()}
        slot = next(iter(given.values())).slot
        values = list(map(_value, given.values()))
        answered = [value for value in values if value is not None]
        failures = [annotation.failure for annotation in given.values() if annotation.failure is not None]
        yield {
            "id": write_id(slot.key),
            "value": sum(answered) / len(answered) if len(answered) == len(values) else None,
            "epoch": slot.repeat + 1,
            "explanation": "\n\n".join(
                exchange.reply for _, exchange in by_order.values() if exchange.reply is not None
            )
            or None,
            "metadata": {
                "judge": slot.judge,
                "model": slot.model,
                "baseline": slot.baseline or None,
                "turn": slot.turn,
                "category": slot.category,
                "orders": {order.value: _value(annotation) for order, annotation in given.items()},
                "strong": any(annotation.strong for annotation in given.values()),
                "failure": failures[0] if failures else None,
            },
        }


def _value(annotation: Annotation) -> float | None:
    return annotation.preference if annotation.rating is None else annotation.rating.value
