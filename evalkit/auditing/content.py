"""Checks whether answers are answers to their instructions: by relevance, topic, words of their own and word order."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import replace

from evalkit.auditing.answers import AuditedAnswers, few
from evalkit.auditing.checks import (
    KEYS,
    Bounds,
    Check,
    more_than_chance,
    paired_check,
    share_check,
    skipped,
    told,
)
from evalkit.auditing.hollow import Hollow, hollow_answers
from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.off_topic import off_topic
from evalkit.auditing.relevance import LEAST_CHARS, LEAST_WORDS, relevance_p
from evalkit.auditing.word_order import without_order
from evalkit.types import Finding, Severity

# the first words of a long answer tell whether it is relevant
_MOST = 1000

OFF_TOPIC, HOLLOW, UNORDERED = "off_topic", "hollow", "unordered"

# the shares of answers that are off topic, plainly hollow, and in an unusual order of words, of the honest models that
# have most of them
_USUAL_OFF_TOPIC, _USUAL_PLAIN, _USUAL_UNORDERED = 0.025, 0.0125, 0.015


def content_checks(
    answers: AuditedAnswers,
    theirs: AuditedAnswers | None,
    limits: AuditLimits,
    *,
    declined: Set[str] = frozenset(),
) -> list[Check]:
    """The four checks; answers to the instructions of `declined` say no, which is off topic and hollow for nobody."""
    return [
        relevance_check(answers, theirs, limits),
        _off_topic(answers, theirs, limits, declined),
        _hollow(answers, theirs, limits, declined),
        _unordered(answers, theirs, limits),
    ]


def relevance_check(answers: AuditedAnswers, theirs: AuditedAnswers | None, limits: AuditLimits) -> Check:
    name, bounds = "relevance", Bounds(fail=limits.max_relevance_p)
    # a long text of few words is not a short answer: it may have few so that there is nothing to compare
    long_enough = [
        place
        for place, (words, text) in enumerate(zip(answers.words, answers.texts, strict=True))
        if len(words) >= LEAST_WORDS or len(text) >= LEAST_CHARS
    ]
    too_few = few(len(long_enough), limits, f"answers of {LEAST_WORDS} words or {LEAST_CHARS} characters")
    too_few = too_few or few(
        len({answers.instructions[place] for place in long_enough}), limits, "different instructions"
    )
    if too_few:
        return skipped(name, bounds, too_few)
    p = relevance_p(
        [answers.asked[place] for place in long_enough], [answers.words[place][:_MOST] for place in long_enough]
    )
    whose = "their own instructions"
    if p > limits.max_relevance_p and theirs is not None:
        beside = theirs.first_places()
        both = [place for place in long_enough if answers.keys[place] in beside]
        usual = [theirs.words[beside[answers.keys[place]]][:_MOST] for place in both]
        # an answer in another language than its question has no words of it: the baseline's then tell what fits
        if (
            not few(len(both), limits)
            and relevance_p([answers.asked[place] for place in both], usual) > limits.max_relevance_p
        ):
            long_enough = both
            p = relevance_p(usual, [answers.words[place][:_MOST] for place in both])
            whose = "the baseline's answers to their instructions"
    n = len(long_enough)
    finding = None
    if p > limits.max_relevance_p:
        keys = tuple(answers.keys[place] for place in long_enough[:KEYS])
        reason = f"{n} answers have no more words in common with {whose} than with others (p {p:.3f})"
        finding = Finding(name, Severity.FAIL, reason, n, n, keys)
    return Check(name=name, value=p, limit=limits.max_relevance_p, finding=finding)


def _off_topic(
    answers: AuditedAnswers, theirs: AuditedAnswers | None, limits: AuditLimits, declined: Set[str]
) -> Check:
    bounds = Bounds(fail=limits.max_off_topic, warn=limits.warn_likely)
    if (too_few := answers.few(limits)) or theirs is None:
        return skipped(OFF_TOPIC, bounds, too_few or "no baseline")
    places, n = off_topic(answers, theirs)
    if too_few := few(n, limits, "answers that are long enough, or the baseline's"):
        return skipped(OFF_TOPIC, bounds, too_few)
    keys = [key for place in places if (key := answers.keys[place]) not in declined]
    says = told(
        len(keys), n, "suits other instructions better than its own", "suit other instructions better than their own"
    )
    chance = not more_than_chance(len(keys), n, _USUAL_OFF_TOPIC)
    return share_check(OFF_TOPIC, keys, n, bounds=bounds, says=says, by_chance=chance)


def _hollow(answers: AuditedAnswers, theirs: AuditedAnswers | None, limits: AuditLimits, declined: Set[str]) -> Check:
    bounds = Bounds(fail=limits.max_hollow, warn=limits.warn_hollow)
    # without a baseline nobody knows whether the instructions ask for it, as for a corrected sentence
    if (too_few := answers.few(limits)) or theirs is None:
        return skipped(HOLLOW, bounds, too_few or "no baseline")
    found = [one for one in hollow_answers(answers) if answers.keys[one.place] not in declined]
    # the baseline's are looked at only where they may excuse anything
    some = len(found) > limits.warn_share * answers.n
    usual = hollow_answers(theirs) if some else []
    beside = {theirs.keys[one.place]: True for one in usual}
    mine = dict.fromkeys(answers.keys, False) | {answers.keys[one.place]: True for one in found}

    def says(count: int, n: int) -> str:
        return told(count, n, "has hardly a word of its own", "have hardly a word of their own") + _most(found)

    checked = paired_check(HOLLOW, mine, beside, bounds=bounds, says=says)
    # an honest model may repeat a question in part and not as a whole, so fewer answers that do are enough to warn
    plain = [one for one in found if one.plain]
    asked_for = {theirs.keys[one.place] for one in usual if one.plain} & mine.keys()
    alone = [key for one in plain if (key := answers.keys[one.place]) not in beside]
    # where instructions cause it, some answers have it on one side only by chance
    less = len(asked_for - {answers.keys[one.place] for one in plain})
    keys = alone[: max(0, len(alone) - less)]
    told_of = told(len(keys), answers.n, "has no words of its own", "have no words of their own") + _most(plain)
    chance = not more_than_chance(len(keys), answers.n, _USUAL_PLAIN)
    certain = share_check(
        HOLLOW,
        keys,
        answers.n,
        bounds=Bounds(fail=bounds.fail, warn=limits.warn_share),
        says=told_of,
        by_chance=chance,
    )
    return replace(checked, finding=checked.finding or certain.finding, faults=certain.faults)


def _most(found: Sequence[Hollow]) -> str:
    """The clause on the commonest source of hollow answers; empty where there are none."""
    source = Counter(one.source for one in found).most_common(1)
    return f", most of which {source[0][0]}" if source else ""


def _unordered(answers: AuditedAnswers, theirs: AuditedAnswers | None, limits: AuditLimits) -> Check:
    bounds = Bounds(fail=limits.max_unordered, warn=limits.warn_likely)
    if (too_few := answers.few(limits)) or theirs is None:
        return skipped(UNORDERED, bounds, too_few or "no baseline")
    places, n = without_order(answers, theirs)
    if too_few := few(n, limits, "answers of twenty words, and a baseline of as long ones whose words have an order"):
        return skipped(UNORDERED, bounds, too_few)
    keys = [answers.keys[place] for place in places]
    says = told(len(keys), n, "has its words in no order", "have their words in no order")
    chance = not more_than_chance(len(keys), n, _USUAL_UNORDERED)
    return share_check(UNORDERED, keys, n, bounds=bounds, says=says, by_chance=chance)
