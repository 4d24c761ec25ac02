"""Finds answers that are the baseline's: its own to an instruction, in another form or nearly, or one to another
instruction.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from enum import Enum, auto

import numpy as np

from evalkit.auditing.answers import AuditedAnswers
from evalkit.auditing.checks import Bounds, Check, more_than_chance, share_check, skipped, told
from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.plain import squeezed
from evalkit.auditing.runs import Hashes, held, runs
from evalkit.auditing.words import folded
from evalkit.text import without_blanks

COPIED, DISGUISED, NEARLY_COPIED, COPIED_ELSEWHERE = "copied", "disguised", "nearly_copied", "copied_elsewhere"

# two models may well give the same answer to different questions as long as it is short
_LEAST_CHARS, _LEAST_WORDS = 40, 20
# an answer is nearly the baseline's if so many of its triples of words are, and resembles it if so many are; a shorter
# answer resembles it if so many of the different words of both are common to both
_TRIPLE, _NEARLY, _RESEMBLES, _COMMON_WORDS = 3, 0.7, 0.4, 0.5
# answers of one form resemble each other, whatever they answer: an answer resembles its own baseline's if it has so
# many times the triples that it has of the baseline's answers to a few other instructions
_TIMES, _OTHERS = 2.0, 3
# so many answers of one model resemble its own answers to the same questions, drawn once more, and of the next release
# one in ten
_USUAL_RESEMBLING = 0.3
# the shares of answers that are the baseline's in disguise, and nearly, of the honest models that have most of them
_USUAL_DISGUISED, _USUAL_NEARLY = 0.005, 0.03


class _Copy(Enum):
    """The kinds of answers that are the baseline's, the nearest first."""

    EXACT = auto()
    DISGUISED = auto()
    ELSEWHERE = auto()
    NEARLY = auto()
    RESEMBLING = auto()
    SHORT = auto()


_KIND_OF = {COPIED: _Copy.EXACT, DISGUISED: _Copy.DISGUISED, NEARLY_COPIED: _Copy.NEARLY}
_KIND_OF[COPIED_ELSEWHERE] = _Copy.ELSEWHERE


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
    kinds = _kinds(candidate, baseline)
    found = {
        name: [key for key, of in zip(candidate.keys, kinds, strict=True) if of == _KIND_OF[name]] for name in bounds
    }
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
    usual = {DISGUISED: _USUAL_DISGUISED, NEARLY_COPIED: _USUAL_NEARLY}
    checks = {
        name: share_check(
            name,
            found[name],
            n,
            bounds=bounds[name],
            says=told_of[name],
            by_chance=name in usual and not more_than_chance(len(found[name]), n, usual[name]),
        )
        for name in bounds
    }
    checks[NEARLY_COPIED] = _nearly(candidate, kinds, checks[NEARLY_COPIED], limits)
    return list(checks.values())


def _nearly(candidate: AuditedAnswers, kinds: Sequence[_Copy | None], checked: Check, limits: AuditLimits) -> Check:
    """The check for answers that are nearly the baseline's; its faults are all that resemble the baseline's.

    It warns also where more long answers resemble the baseline's than those of one model resemble each other. Short
    answers to one question often are alike, and are faults only.
    """
    alike = _keys_of(candidate, kinds, {_Copy.NEARLY, _Copy.RESEMBLING})
    others = candidate.n - kinds.count(_Copy.EXACT)
    finding = checked.finding
    if finding is None and others:
        bounds = Bounds(warn=max(limits.max_nearly_copied, _USUAL_RESEMBLING))
        finding = share_check(
            NEARLY_COPIED,
            alike,
            others,
            bounds=bounds,
            says=told(len(alike), others, "resembles the baseline's own", "resemble the baseline's own"),
            by_chance=not more_than_chance(len(alike), others, _USUAL_RESEMBLING),
        ).finding
    return replace(checked, finding=finding, faults=frozenset([*alike, *_keys_of(candidate, kinds, {_Copy.SHORT})]))


def _keys_of(candidate: AuditedAnswers, kinds: Sequence[_Copy | None], wanted: Set[_Copy]) -> list[str]:
    return [key for key, kind in zip(candidate.keys, kinds, strict=True) if kind in wanted]


def is_baseline(candidate: AuditedAnswers, baseline: AuditedAnswers) -> bool:
    """True if every answer is the baseline's own to the letter."""
    texts = dict(zip(baseline.keys, baseline.texts, strict=True))
    return all(texts.get(key) == text for key, text in zip(candidate.keys, candidate.texts, strict=True))


def _kinds(candidate: AuditedAnswers, baseline: AuditedAnswers) -> list[_Copy | None]:
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
) -> _Copy | None:
    key, text = candidate.keys[place], candidate.texts[place]
    signs = squeezed(text)
    if key in exact.get(_digest(folded(text)), ()):
        # a judge may prefer a long copy that is not equal to the letter; equal answers are ties by rule
        equal = without_blanks(text) == without_blanks(baseline.texts[places[key]])
        return _Copy.EXACT if equal or len(signs) < _LEAST_CHARS else _Copy.DISGUISED
    if len(signs) >= _LEAST_CHARS and (owners := bare.get(_digest(signs))) is not None:
        return _Copy.DISGUISED if key in owners else _Copy.ELSEWHERE
    return _likeness(candidate.codes[place], baseline, places[key]) if key in places else None


def _likeness(own: Hashes, baseline: AuditedAnswers, place: int) -> _Copy | None:
    """The kind of copy of the baseline's answer at this place that an answer is by its words."""
    if len(own) < _LEAST_WORDS:
        theirs = baseline.codes[place]
        common, every = np.intersect1d(own, theirs), np.union1d(own, theirs)
        return _Copy.SHORT if len(every) and len(common) >= _COMMON_WORDS * len(every) else None
    share = _share_of(own, baseline.codes[place])
    if share >= _NEARLY:
        return _Copy.NEARLY
    if share < _RESEMBLES:
        return None
    others = [baseline.codes[(place + step) % baseline.n] for step in range(1, min(_OTHERS + 1, baseline.n))]
    elsewhere = max((_share_of(own, text) for text in others), default=0.0)
    return _Copy.RESEMBLING if share >= _TIMES * elsewhere else None


def _share_of(own: Hashes, theirs: Hashes) -> float:
    """The share of a text's triples of words that another text has as well."""
    return float(held(runs(own, _TRIPLE), np.unique(runs(theirs, _TRIPLE))).mean())


def _keys_by(answers: AuditedAnswers, form: Callable[[str], str]) -> dict[bytes, set[str]]:
    found: dict[bytes, set[str]] = defaultdict(set)
    for key, text in zip(answers.keys, answers.texts, strict=True):
        found[_digest(form(text))].add(key)
    return dict(found)


def _digest(text: str) -> bytes:
    """A digest that stands for a text, so that a second form of every text need not be kept."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
