"""Checks whether answers differ from each other: one answer to everything is no answer to anything."""

import hashlib
from collections import Counter

from evalkit.auditing.answers import AuditedAnswers
from evalkit.auditing.checks import KEYS, Bounds, Check, share_check, skipped
from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.resemblance import largest_cluster
from evalkit.auditing.words import folded
from evalkit.types import Finding, Severity


def sameness_checks(answers: AuditedAnswers, theirs: AuditedAnswers | None, limits: AuditLimits) -> list[Check]:
    """Both checks; where the baseline's own answers are few or alike, as yes and no, as much is expected of others."""
    return [_distinct(answers, theirs, limits), _near_duplicates(answers, theirs, limits)]


def _distinct(answers: AuditedAnswers, theirs: AuditedAnswers | None, limits: AuditLimits) -> Check:
    name, n = "distinct", answers.n
    if few := answers.few(limits):
        return skipped(name, Bounds(fail=limits.min_distinct), few)
    forms = _forms(answers)
    counts = Counter(forms)
    share = len(counts) / n
    usual = 1.0 if theirs is None or not theirs.n else len(set(_forms(theirs))) / theirs.n
    limit = limits.min_distinct * usual
    finding = None
    if share < limit:
        repeated = [key for key, form in zip(answers.keys, forms, strict=True) if counts[form] > 1]
        reason = f"{len(counts)} distinct answers to {n} instructions, one of them {max(counts.values())} times"
        if len(counts) == 1:
            reason = f"one answer to {n} instructions"
        finding = Finding(name, Severity.FAIL, reason, len(repeated), n, tuple(repeated[:KEYS]))
    return Check(name=name, value=share, limit=limit, finding=finding)


def _near_duplicates(answers: AuditedAnswers, theirs: AuditedAnswers | None, limits: AuditLimits) -> Check:
    name, limit = "near_duplicates", limits.max_near_duplicates
    if few := answers.few(limits):
        return skipped(name, Bounds(fail=limit), few)
    places = _largest(answers)
    # the limit holds for what the baseline's own largest group leaves
    if len(places) > limit * answers.n and theirs is not None and theirs.n:
        limit += (1 - limit) * len(_largest(theirs)) / theirs.n
    says = f"{len(places)} of {answers.n} answers are near-duplicates of each other"
    # a single answer resembles itself only
    keys = [answers.keys[place] for place in places] if len(places) > 1 else []
    return share_check(name, keys, answers.n, bounds=Bounds(fail=limit), says=says)


def _largest(answers: AuditedAnswers) -> list[int]:
    # a text without words stands for itself
    return largest_cluster([words or [text] for words, text in zip(answers.words, answers.texts, strict=True)])


def _forms(answers: AuditedAnswers) -> list[bytes]:
    return [hashlib.blake2b(folded(text).encode("utf-8", "surrogatepass")).digest() for text in answers.texts]
