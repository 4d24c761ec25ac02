"""Audits a model's outputs before they are judged at a cost."""

from collections.abc import Sequence
from dataclasses import replace

from evalkit.auditing.answers import AuditedAnswers, Known, answers_of
from evalkit.auditing.checks import Bounds, Check, more_than_chance, share_check, skipped, told
from evalkit.auditing.content import HOLLOW, OFF_TOPIC, UNORDERED, content_checks
from evalkit.auditing.copies import COPIED_ELSEWHERE, DISGUISED, copy_checks, is_baseline
from evalkit.auditing.cures import MANIPULATED, discounts_of
from evalkit.auditing.declining import declines_check, declining
from evalkit.auditing.directed import DIRECTED
from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.marks import mark_checks
from evalkit.auditing.sameness import sameness_checks
from evalkit.auditing.shape import empty_check, one_length_check, oversized_check, truncated_check
from evalkit.types import Audit, Example, Output, OutputSet

# faults that no honest model has in many answers
_TRICKS = frozenset({*DIRECTED, "hidden_text", "padded", COPIED_ELSEWHERE, DISGUISED, OFF_TOPIC, HOLLOW, UNORDERED})
# of honest answers, so many at most have one of these
_USUAL = 0.045


def audit_outputs(
    candidate: OutputSet,
    baseline: OutputSet | None,
    *,
    questions: Sequence[Example] | None = None,
    limits: AuditLimits = AuditLimits(),
) -> Audit:
    """Audit a model's outputs; checks that need more outputs, or a baseline that is missing, are not made.

    Args:
        questions: the questions, where there is no baseline and they are known.
    """
    shown = judged_outputs(candidate, questions if baseline is None else baseline.examples)
    return audit_of(examine_outputs(shown, baseline, limits=limits), n=len(shown.outputs))


def judged_outputs(candidate: OutputSet, questions: Sequence[Example] | None) -> OutputSet:
    """The outputs that would be judged: the first to each question, with the text that the question has.

    Outputs that are not judged could hide the faults of the others, and a candidate's own text of an instruction could
    hold what its answers must not. All outputs are kept where none is to a question, or the questions are unknown.
    """
    asked = {example.key: example for example in questions or ()}
    first: dict[str, Output] = {}
    for output in candidate.outputs:
        if output.key in asked:
            first.setdefault(output.key, output)
    if not first:
        return candidate
    return replace(candidate, examples=tuple(asked[key] for key in first), outputs=tuple(first.values()))


def audit_of(checks: Sequence[Check], *, n: int) -> Audit:
    return Audit(
        n,
        tuple(check.name for check in checks if not check.skipped),
        tuple(check.finding for check in checks if check.finding is not None),
        discounts_of(checks),
    )


def examine_outputs(
    candidate: OutputSet,
    baseline: OutputSet | None,
    *,
    limits: AuditLimits = AuditLimits(),
) -> list[Check]:
    """Make every check of an audit, also those that find nothing or cannot be made.

    Args:
        candidate: as `judged_outputs` gives it.
    """
    known: Known = {}
    answers = answers_of(candidate, known)
    theirs = None if baseline is None else answers_of(baseline, known)
    # a model may have the baseline's name; it is the baseline if it has its answers too
    named = baseline is not None and candidate.model == baseline.model
    other = None if theirs is None or (named and is_baseline(answers, theirs)) else theirs
    refused = declining(candidate.outputs, candidate.examples)
    declined = {output.key for output, says_no in zip(candidate.outputs, refused, strict=True) if says_no}
    checks = [
        *sameness_checks(answers, theirs, limits),
        *copy_checks(answers, other, limits),
        *content_checks(answers, theirs, limits, declined=declined),
        *mark_checks(answers, theirs, limits),
        empty_check(candidate, limits),
        declines_check(candidate, baseline, limits, refused=refused),
        truncated_check(answers, theirs, limits),
        one_length_check(answers, theirs, limits),
        oversized_check(candidate, limits),
    ]
    return [*checks, _manipulated(answers, checks, limits)]


def _manipulated(answers: AuditedAnswers, checks: Sequence[Check], limits: AuditLimits) -> Check:
    """Check the answers that have any of the faults which no honest model has often: many small shares add up."""
    bounds = Bounds(fail=limits.max_manipulated, warn=limits.warn_manipulated)
    if too_few := answers.few(limits):
        return skipped(MANIPULATED, bounds, too_few)
    faults = [check for check in checks if check.name in _TRICKS and check.fails and check.faults and check.limit < 1]
    keys = sorted(frozenset[str]().union(*(check.faults for check in faults)))
    kinds = ", ".join(
        check.name.replace("_", " ") for check in sorted(faults, key=lambda check: -len(check.faults))[:4]
    )
    says = told(len(keys), answers.n, "is of no use by one check or another", "are of no use by one check or another")
    chance = not more_than_chance(len(keys), answers.n, _USUAL)
    return share_check(
        MANIPULATED, keys, answers.n, bounds=bounds, says=f"{says}: {kinds}" if kinds else says, by_chance=chance
    )
