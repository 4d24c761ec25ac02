"""Makes verdicts from replies: the judge's parser reads a reply, and the swap of the answers is undone."""

from collections.abc import Iterable, Iterator

from evalkit.judge_spec import parser_of, scale
from evalkit.judging.requests import LOWEST
from evalkit.types import (
    Annotation,
    ChatReply,
    JudgeConfig,
    Order,
    Preference,
    Rating,
    Reading,
    Slot,
    Unparsed,
    Verdict,
)

UNASKED = "not judged yet"

RULE_PREFERENCES = {"identical": 0.5, "candidate_empty": 0.0, "baseline_empty": 1.0}


def annotate_all(
    answered: Iterable[tuple[Slot, ChatReply | None, str | None]], config: JudgeConfig
) -> Iterator[Annotation]:
    """Make annotations of places from their replies, or with the reason why there is none."""
    parser = parser_of(config)
    for slot, reply, failure in answered:
        if slot.rule == LOWEST:
            low, high = scale(config)
            yield Annotation(slot, None, rating=Rating(low, low, high))
        elif slot.rule is not None:
            yield Annotation(slot, RULE_PREFERENCES[slot.rule])
        elif slot.recorded is not None:
            yield _of_record(slot, slot.recorded, config)
        elif reply is None or slot.labels is None:
            yield Annotation(slot, None, slot.failure or failure or UNASKED)
        else:
            yield _annotation(slot, reply, parser(reply, slot.labels), config)


def _of_record(slot: Slot, recorded: float, config: JudgeConfig) -> Annotation:
    if slot.order == Order.ALONE:
        return Annotation(slot, None, reading=Reading.RECORDED, rating=Rating(recorded, *scale(config)))
    return Annotation(slot, recorded, reading=Reading.RECORDED)


def _annotation(slot: Slot, reply: ChatReply, verdict: Verdict, config: JudgeConfig) -> Annotation:
    cost = _cost(reply, config)
    if isinstance(verdict, Unparsed):
        return Annotation(slot, None, verdict.reason, reply, cost=cost)
    # labels read a reply only where the order of the labelled answers is known
    assert slot.order is not None
    if slot.order == Order.ALONE:
        if isinstance(verdict, Rating):
            return Annotation(slot, None, None, reply, Reading.STATED, cost, verdict)
        return Annotation(slot, None, "the reply prefers an answer where a grade was asked for", reply, cost=cost)
    preference = candidate_preference(verdict, slot.order)
    if isinstance(verdict, Rating):
        return Annotation(slot, preference, None, reply, Reading.STATED, cost)
    return Annotation(slot, preference, None, reply, verdict.reading, cost, strong=verdict.strong)


def _cost(reply: ChatReply, config: JudgeConfig) -> float | None:
    """The cost in US dollars where the endpoint counted tokens; an estimate is not mixed with measured costs."""
    if config.prices is None or reply.prompt_tokens is None or reply.completion_tokens is None:
        return None
    return config.prices.cost(reply.prompt_tokens, reply.completion_tokens)


def candidate_preference(verdict: Preference | Rating, order: Order) -> float:
    """P(candidate beats baseline); a pairwise judge's rating grades how far it prefers the answer shown first."""
    if isinstance(verdict, Rating):
        first = (verdict.value - verdict.low) / (verdict.high - verdict.low)
    else:
        first = verdict.p_first
    return first if order == Order.CANDIDATE_FIRST else 1.0 - first
