"""Reads the single verdicts behind a row of annotations, which gives their mean, from the replies once more."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from evalkit.formats import TOLERANCE, RecordedReply
from evalkit.judge_spec import find_parser
from evalkit.judging import candidate_preference
from evalkit.types import (
    BOTH_ORDERS,
    Annotation,
    ChatReply,
    Labels,
    Order,
    Preference,
    Rating,
    Reading,
    Unparsed,
    Verdict,
)

_COMPARING = ("token_probability", "bracket_label", "five_way", "json_field")
_GRADING = ("number", "mt_bench_grade")


def reread(whole: Annotation, replies: Sequence[RecordedReply]) -> list[Annotation] | None:
    """The verdicts of replies, read by the parser under which they give the recorded mean; None where no parser does. A
    tie that both orders give alike has no order.

    Args:
        whole: the recorded mean over orders and repeats, a preference or a grade; neither where an order has no
            verdict.
    """
    scale = None if whole.rating is None else (whole.rating.low, whole.rating.high)
    mean = whole.preference if whole.rating is None else whole.rating.value
    places = said(whole, replies)
    for parser in _parsers(replies, scale):
        verdicts = [parser(reply.reply, reply.labels) for reply in replies]
        if all(isinstance(verdict, Unparsed) for verdict in verdicts):
            continue
        read = [list(map(_verdict_of_reply, places, verdicts, orders)) for orders in _orders(replies)]
        fitting = [reading for reading in read if _same(_mean(reading), mean)]
        if fitting:
            found = fitting[0] if len(fitting) == 1 else [in_order(verdict, None) for verdict in fitting[0]]
            # to the last digit as it was recorded, where the digits are known
            return [replace(found[0], preference=whole.preference, rating=whole.rating)] if len(found) == 1 else found
    return None


def said(whole: Annotation, replies: Sequence[RecordedReply]) -> list[Annotation]:
    """The recorded verdict once for each of its replies, with the reply's order, repeat and text."""
    return [
        replace(
            whole,
            slot=replace(whole.slot, order=reply.order or whole.slot.order, repeat=whole.slot.repeat + reply.repeat),
            reply=reply.reply,
        )
        for reply in replies
    ]


def _parsers(
    replies: Sequence[RecordedReply], scale: tuple[float, float] | None
) -> Iterator[Callable[[ChatReply, Labels], Verdict]]:
    graded = any(reply.order == Order.ALONE for reply in replies)
    if graded and scale is None:
        return
    options = {} if scale is None else {"low": scale[0], "high": scale[1]}
    for name in _GRADING if graded else _COMPARING:
        yield find_parser(name, options if graded else {})


def _orders(replies: Sequence[RecordedReply]) -> list[list[Order]]:
    """The recorded orders, or both possible ones where no order is recorded."""
    told = [reply.order for reply in replies if reply.order is not None]
    return [told] if len(told) == len(replies) else [[order] * len(replies) for order in BOTH_ORDERS]


def _verdict_of_reply(place: Annotation, verdict: Verdict, order: Order) -> Annotation:
    """The verdict of one reply that was given in an order."""
    place = in_order(replace(place, preference=None, rating=None, reading=None, failure=None), order)
    if isinstance(verdict, Unparsed):
        return replace(place, failure=verdict.reason)
    if order != Order.ALONE:
        reading = verdict.reading if isinstance(verdict, Preference) else Reading.STATED
        return replace(place, preference=candidate_preference(verdict, order), reading=reading)
    if isinstance(verdict, Rating):
        return replace(place, rating=verdict, reading=Reading.STATED)
    return replace(place, failure="the reply prefers an answer where a grade was asked for")


def in_order(place: Annotation, order: Order | None) -> Annotation:
    """The verdict as given in an order; None where the order is not known."""
    return place if place.slot.order == order else replace(place, slot=replace(place.slot, order=order))


def _mean(read: Sequence[Annotation]) -> float | None:
    """The mean of the verdicts; repeats are averaged first, and every order must have a verdict."""
    by_order: dict[Order | None, list[float]] = {}
    for annotation in read:
        value = annotation.preference if annotation.rating is None else annotation.rating.value
        by_order.setdefault(annotation.slot.order, []).extend([] if value is None else [value])
    if not all(by_order.values()):
        return None
    return sum(sum(values) / len(values) for values in by_order.values()) / len(by_order)


def _same(first: float | None, other: float | None) -> bool:
    return first is other if first is None or other is None else abs(first - other) <= TOLERANCE
