"""Holds a gate's judge against people: a pass counts only if the judge was measured to agree with them often enough."""

from dataclasses import replace

from evalkit.boards import KnownJudge, evaluate_command
from evalkit.gating.rule import Decision, Outcome
from evalkit.text import chosen, distinct
from evalkit.types import EvaluationRecord, StatusKind

_OF_FILES = (
    "verdicts in files do not say which form of the judge gave them, so that its agreement with people is unknown: "
    "gate the outputs file, or the store's verdicts"
)


def hold_to_people(decision: Decision, known: KnownJudge | None) -> Decision:
    """The decision with what is known of its judge; a pass becomes inconclusive where the judge is not known to agree.

    The lower end of the latest measurement of exactly this form of the judge must be at least what the rule asks. A
    fail stays a fail: a judge that is not known to agree with people does not make a model pass.

    Args:
        known: None where no store was asked.
    """
    decision = replace(decision, known=known)
    least = decision.rule.min_agreement
    if least is None or decision.outcome != Outcome.PASSED:
        return decision
    reason = _doubt(decision, least)
    if reason is None:
        return decision
    return replace(decision, outcome=Outcome.INCONCLUSIVE, reasons=(reason, *decision.reasons))


def people_doubt(decision: Decision) -> str | None:
    """The reason why the judge is not known to agree with people as often as the rule asks; None if it is, or if the
    rule asks nothing.
    """
    least = decision.rule.min_agreement
    return None if least is None else _doubt(decision, least)


def _doubt(decision: Decision, least: float) -> str | None:
    known = decision.known
    if known is None:
        return f"the judge must agree with people on at least {chosen(least)} of 100, and {_OF_FILES}"
    record = known.latest
    asked = f"at least {chosen(least)} of 100 are asked for (--min-agreement)"
    if record is None:
        return f"{_unmeasured(known)}, and {asked}"
    estimate = record.agreement
    lower, upper = estimate.lower, estimate.upper
    head = f"judge {known.judge}"
    if estimate.value is None or lower is None or upper is None:
        reason = estimate.status.reason or "it has no interval"
        return f"{head}'s agreement with people on {record.labels} is not known ({reason}), and {asked}. {_MORE}"
    ends = f"[{distinct(lower, least)}, {distinct(upper, least)}]"
    measured = f"{head} agrees with people on {distinct(estimate.value, least)} of 100 {ends} on {record.labels}"
    if upper < least:
        return f"{measured}, too low: {asked}. Take another judge, or mend its prompt and measure it again"
    if lower < least:
        return f"{measured}, and {chosen(least)} lies in that interval: {asked}. {_MORE}"
    if estimate.status.kind != StatusKind.OK:
        return f"{measured}, a degraded number ({estimate.status.reason}): {asked}. {_MORE}"
    return None


_MORE = "Measure it on more comparisons, with evalkit judges evaluate"


def _unmeasured(known: KnownJudge) -> str:
    if known.grades:
        return f"judge {known.judge} grades answers alone, so that its agreement with people cannot be measured"
    cure = f"{evaluate_command(known.judge)} measures it"
    others: tuple[EvaluationRecord, ...] = known.records
    if others:
        return f"judge {known.judge} was measured in other orders only: {cure}"
    since = " since its model, prompt or parameters changed" if known.changed else ""
    return f"nothing is known of how far judge {known.judge} agrees with people{since}: {cure}"
