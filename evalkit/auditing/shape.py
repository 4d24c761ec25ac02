"""Checks the shape of answers: empty ones, broken ends, one length, extreme lengths."""

from collections import Counter

from evalkit.auditing.answers import AuditedAnswers, few
from evalkit.auditing.checks import Bounds, Check, share_check, skipped, told
from evalkit.auditing.form import broken_off, oversized
from evalkit.auditing.limits import AuditLimits
from evalkit.types import Output, OutputSet


def empty_check(candidate: OutputSet, limits: AuditLimits) -> Check:
    name, bounds = "empty", Bounds(fail=limits.max_empty, warn=limits.warn_share)
    n = len(candidate.outputs)
    if too_few := few(n, limits):
        return skipped(name, bounds, too_few)
    keys = [output.key for output in candidate.outputs if _blank(output)]
    return share_check(name, keys, n, bounds=bounds, says=told(len(keys), n, "is empty", "are empty"))


def _blank(output: Output) -> bool:
    # a failed call is empty as well
    return output.empty and output.oversize_chars is None


def truncated_check(answers: AuditedAnswers, theirs: AuditedAnswers | None, limits: AuditLimits) -> Check:
    name, bounds = "truncated", Bounds(warn=limits.max_truncated)
    too_few = answers.few(limits) or ("no baseline" if theirs is None else theirs.few(limits))
    if too_few or theirs is None:
        return skipped(name, bounds, too_few)
    keys = answers.keys_with(lambda text, _: broken_off(text))
    usual = len(theirs.keys_with(lambda text, _: broken_off(text)))
    says = f"{told(len(keys), answers.n, 'breaks off', 'break off')}, {usual} of {theirs.n} of the baseline's"
    return share_check(name, keys, answers.n, bounds=bounds, says=says, usual=usual / theirs.n)


def one_length_check(answers: AuditedAnswers, theirs: AuditedAnswers | None, limits: AuditLimits) -> Check:
    name, limit = "one_length", limits.max_one_length
    if too_few := answers.few(limits):
        return skipped(name, Bounds(warn=limit), too_few)
    chars, count = _most_frequent(answers)
    # the limit holds for what the baseline leaves, whose answers are yes and no too
    if count > limit * answers.n and theirs is not None and theirs.n:
        limit += (1 - limit) * _most_frequent(theirs)[1] / theirs.n
    keys = answers.keys_with(lambda text, _: len(text) == chars) if count > 1 else []
    says = f"{count} of {answers.n} answers have one length, {chars} characters"
    return share_check(name, keys, answers.n, bounds=Bounds(warn=limit), says=says)


def _most_frequent(answers: AuditedAnswers) -> tuple[int, int]:
    """The most frequent length of the answers in characters, and how many have it."""
    ((chars, count),) = Counter(map(len, answers.texts)).most_common(1)
    return chars, count


def oversized_check(candidate: OutputSet, limits: AuditLimits) -> Check:
    name, bounds = "oversized", Bounds(warn=limits.max_oversized)
    lengths = [(output.key, chars) for output in candidate.outputs if (chars := output.chars) and not _blank(output)]
    if too_few := few(len(lengths), limits):
        return skipped(name, bounds, too_few)
    places = oversized([chars for _, chars in lengths])
    longest = max(chars for _, chars in lengths)
    longer = told(len(places), len(lengths), "is far longer", "are far longer")
    says = f"{longer} than the others, up to {longest} characters"
    return share_check(name, [lengths[place][0] for place in places], len(lengths), bounds=bounds, says=says)
