"""Finds answers that are the baseline's: its own to an instruction, in another form or nearly, or one to another
instruction.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable

import numpy as np

from evalkit.auditing.answers import AuditedAnswers
from evalkit.auditing.checks import Bounds, Check, share_check, skipped, told
from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.plain import squeezed
from evalkit.auditing.runs import held, runs
from evalkit.auditing.words import folded
from evalkit.text import without_blanks

COPIED, DISGUISED, NEARLY_COPIED, COPIED_ELSEWHERE = "copied", "disguised", "nearly_copied", "copied_elsewhere"

# two models may well give the same answer to different questions as long as it is short
_LEAST_CHARS, _LEAST_WORDS = 40, 20
# an answer is nearly the baseline's if so many of its triples of words are
_TRIPLE, _NEARLY = 3, 0.7


def copy_checks(candidate: AuditedAnswers, baseline: AuditedAnswers | None, limits: AuditLimits) -> list[Check]:
    """All checks for copies; answers that are all the baseline's, under its name, are the baseline itself.

    Args:
        baseline: None where there is none, or where the candidate is the baseline.
    """
    bounds = {
        COPIED: Bounds(warn=limits.max_copied),
        DISGUISED: Bounds(fail=limits.max_disguised, warn=limits.warn_likely),
        NEARLY_COPIED: Bounds(warn=limits.max_nearly_copied),
        COPIED_ELSEWHERE: Bounds(fail=limits.max_copied_elsewhere, warn=limits.warn_share),
    }
    few = "no baseline" if baseline is None else candidate.few(limits)
    if few or baseline is None:
        return [skipped(name, bound, few) for name, bound in bounds.items()]
    found: dict[str, list[str]] = {name: [] for name in bounds}
    for key, kind in zip(candidate.keys, _kinds(candidate, baseline), strict=True):
        if kind is not None:
            found[kind].append(key)
    n = candidate.n
    says = {
        COPIED: ("is the baseline's own", "are the baseline's own"),
        DISGUISED: (
            "is the baseline's own but for case, signs and letters that look alike",
            "are the baseline's own but for case, signs and letters that look alike",
        ),
        NEARLY_COPIED: ("is nearly the baseline's own", "are nearly the baseline's own"),
        COPIED_ELSEWHERE: ("is the baseline's to another instruction", "are the baseline's to other instructions"),
    }
    told_of = {name: told(len(found[name]), n, *says[name]) for name in bounds}
    if len(found[COPIED]) == n:
        told_of[COPIED] = f"all {n} answers are the baseline's own: by definition worth 50 %"
    return [share_check(name, found[name], n, bounds=bounds[name], says=told_of[name]) for name in bounds]


def is_baseline(candidate: AuditedAnswers, baseline: AuditedAnswers) -> bool:
    """True if every answer is the baseline's own to the letter."""
    texts = dict(zip(baseline.keys, baseline.texts, strict=True))
    return all(texts.get(key) == text for key, text in zip(candidate.keys, candidate.texts, strict=True))


def _kinds(candidate: AuditedAnswers, baseline: AuditedAnswers) -> list[str | None]:
    """The kind of copy that each answer is, the exact one first."""
    exact, bare = _keys_by(baseline, folded), _keys_by(baseline, squeezed)
    places = baseline.first_places()
    return [_kind(candidate, place, baseline, places, exact, bare) for place in range(candidate.n)]


def _kind(
    candidate: AuditedAnswers,
    place: int,
    baseline: AuditedAnswers,
    places: dict[str, int],
    exact: dict[bytes, set[str]],
    bare: dict[bytes, set[str]],
) -> str | None:
    key, text = candidate.keys[place], candidate.texts[place]
    signs = squeezed(text)
    if key in exact.get(_digest(folded(text)), ()):
        # a judge may prefer a long copy that is not equal to the letter; equal answers are ties by rule
        equal = without_blanks(text) == without_blanks(baseline.texts[places[key]])
        return COPIED if equal or len(signs) < _LEAST_CHARS else DISGUISED
    if len(signs) >= _LEAST_CHARS and (owners := bare.get(_digest(signs))) is not None:
        return DISGUISED if key in owners else COPIED_ELSEWHERE
    if key in places and len(candidate.words[place]) >= _LEAST_WORDS:
        own = runs(candidate.codes[place], _TRIPLE)
        theirs = np.unique(runs(baseline.codes[places[key]], _TRIPLE))
        if held(own, theirs).mean() >= _NEARLY:
            return NEARLY_COPIED
    return None


def _keys_by(answers: AuditedAnswers, form: Callable[[str], str]) -> dict[bytes, set[str]]:
    found: dict[bytes, set[str]] = defaultdict(set)
    for key, text in zip(answers.keys, answers.texts, strict=True):
        found[_digest(form(text))].add(key)
    return dict(found)


def _digest(text: str) -> bytes:
    """A digest that stands for a text, so that a second form of every text need not be kept."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
