"""Verdicts of ours as inspect_ai's precomputed scores, a line a sample and epoch."""

from collections.abc import Iterable, Iterator
from typing import Any

from evalkit.formats.conversation import write_id
from evalkit.formats.verdicts import OwnVerdict, same_place


def score_rows(verdicts: Iterable[OwnVerdict]) -> Iterator[dict[str, Any]]:
    """A value for each instruction and repeat: a grade, or P(candidate beats baseline) averaged over both orders; null
    where an order has no verdict.

    Args:
        verdicts: those of one instruction one after the other.
    """
    for by_order in same_place(verdicts):
        first = next(iter(by_order.values()))
        slot = first.annotation.slot
        values = [_value(one) for one in by_order.values()]
        answered = [value for value in values if value is not None]
        failures = [one.annotation.failure for one in by_order.values() if one.annotation.failure is not None]
        yield {
            "id": write_id(slot.key),
            "value": sum(answered) / len(answered) if len(answered) == len(values) else None,
            "epoch": slot.repeat + 1,
            "explanation": "\n\n".join(one.reply for one in by_order.values() if one.reply is not None) or None,
            "metadata": {
                "judge": first.judge,
                "model": slot.model,
                "baseline": slot.baseline or None,
                "turn": slot.turn,
                "category": slot.category,
                "orders": {order.value: _value(one) for order, one in by_order.items()},
                "strong": any(one.annotation.strong for one in by_order.values()),
                "failure": failures[0] if failures else None,
            },
        }


def _value(one: OwnVerdict) -> float | None:
    rating = one.annotation.rating
    return one.annotation.preference if rating is None else rating.value
