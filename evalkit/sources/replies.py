"""The single verdicts behind a row of annotations, which tells their mean: read from the replies once more."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from evalkit.formats.alpaca_eval import TOLERANCE, RawReply
from evalkit.judge_spec.parsers import find_parser
from evalkit.judging.requests import candidate_preference
from evalkit.types import BOTH_ORDERS, ChatReply, Labels, Order, Preference, Rating, Reading, Unparsed, Verdict

_COMPARING = ("token_probability", "bracket_label", "five_way", "json_field")
_GRADING = ("number", "mt_bench_grade")


@dataclass(frozen=True, slots=True)
class Reread:
    """What one reply says: a `value`, which is P(candidate beats baseline) or a grade, or a `failure`. Of a tie that
    both orders give alike there is no `order`.
    """

    order: Order | None
    value: float | None
    reading: Reading | None = None
    failure: str | None = None


def reread(
    replies: Sequence[RawReply], mean: float | None, *, scale: tuple[float, float] | None = None
) -> list[Reread] | None:
    """The verdicts of replies as that parser reads them under which they give the mean that was recorded; None where
    none does.

    Args:
        mean: over orders and repeats; None where an order has no verdict.
        scale: of grades.
    """
    for parser in _parsers(replies, scale):
        verdicts = [parser(one.reply, one.labels) for one in replies]
        if all(isinstance(one, Unparsed) for one in verdicts):
            continue
        read = [list(map(_said, verdicts, orders)) for orders in _orders(replies)]
        fitting = [one for one in read if _same(_mean(one), mean)]
        if fitting:
            found = fitting[0] if len(fitting) == 1 else [replace(one, order=None) for one in fitting[0]]
            # to the last digit as it was recorded, where that can be told
            return [replace(found[0], value=mean)] if len(found) == 1 else found
    return None


def _parsers(
    replies: Sequence[RawReply], scale: tuple[float, float] | None
) -> Iterator[Callable[[ChatReply, Labels], Verdict]]:
    graded = any(one.order == Order.ALONE for one in replies)
    if graded and scale is None:
        return
    options = {} if scale is None else {"low": scale[0], "high": scale[1]}
    for name in _GRADING if graded else _COMPARING:
        yield find_parser(name, options if graded else {})


def _orders(replies: Sequence[RawReply]) -> list[list[Order]]:
    """The orders as they are told, or else both that there may have been."""
    told = [one.order for one in replies if one.order is not None]
    return [told] if len(told) == len(replies) else [[order] * len(replies) for order in BOTH_ORDERS]


def _said(verdict: Verdict, order: Order) -> Reread:
    if isinstance(verdict, Unparsed):
        return Reread(order, None, failure=verdict.reason)
    if order != Order.ALONE:
        reading = verdict.reading if isinstance(verdict, Preference) else Reading.STATED
        return Reread(order, candidate_preference(verdict, order), reading)
    if isinstance(verdict, Rating):
        return Reread(order, verdict.value, Reading.STATED)
    return Reread(order, None, failure="the reply prefers an answer where a grade was asked for")


def _mean(read: Sequence[Reread]) -> float | None:
    """Repeats are averaged first, and every order must have answered."""
    by_order: dict[Order | None, list[float]] = {}
    for one in read:
        by_order.setdefault(one.order, []).extend([] if one.value is None else [one.value])
    if not all(by_order.values()):
        return None
    return sum(sum(values) / len(values) for values in by_order.values()) / len(by_order)


def _same(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else abs(one - other) <= TOLERANCE
