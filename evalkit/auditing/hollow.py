"""Finds answers with next to no words of their own: the question again, text that many answers share, repetition."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.auditing.answers import AuditedAnswers
from evalkit.auditing.runs import Flags, Hashes, covered, held, runs

# a shorter answer may well consist of words of the question
LEAST_WORDS = 6
# an answer is hollow if so large a part of its words is nobody's own
_PART = 0.7
# runs of words that tell: of the question, and of other answers or of the same answer again
_ASKED, _SHARED = 3, 5
# an answer has the whole question in it if it has so large a part of its words, of which there must be enough
_WHOLE, _LEAST_DIFFERENT = 0.9, 5
# so many answers, or so large a share of them, make a run of words common; fewer may quote the same source
_FEWEST, _SHARE = 4, 0.01


@dataclass(frozen=True, slots=True)
class Hollow:
    """An answer without words of its own, and what most of its words are.

    It is `plain` where hardly any instruction asks for such an answer: it has the whole question in it, or most of it
    is text that many answers share, or repetition. A corrected sentence lacks the words that ask for the correction.
    """

    place: int
    source: str
    plain: bool


def hollow_answers(answers: AuditedAnswers) -> list[Hollow]:
    """The answers most of whose words repeat the question, other answers or themselves."""
    known = _common([runs(text, _SHARED) for text in answers.codes], answers.instructions)
    found = []
    for place, (text, asked) in enumerate(zip(answers.codes, answers.asked_codes, strict=True)):
        if len(text) < LEAST_WORDS:
            continue
        parts = {
            "repeat the question": _covered_by(text, _ASKED, np.unique(runs(asked, _ASKED))),
            "consist of text that many answers share": _covered_by(text, _SHARED, known),
            "repeat themselves": _again(text),
        }
        whole = _share_in(asked, text) >= _WHOLE
        jumbled = whole and _share_in(text, asked) >= _WHOLE
        if jumbled or np.mean(np.logical_or.reduce(list(parts.values()))) >= _PART:
            _, shared, again = parts.values()
            plain = whole or float(max(np.mean(shared), np.mean(again))) >= _PART
            source = "repeat the question" if jumbled else max(parts, key=lambda name: int(parts[name].sum()))
            found.append(Hollow(place, source, plain))
    return found


def _share_in(words: Hashes, text: Hashes) -> float:
    """The share of the different words that another text has as well; 0 where they are too few to tell."""
    different = np.unique(words)
    return float(np.mean(np.isin(different, text))) if len(different) >= _LEAST_DIFFERENT else 0.0


def _common(found: Sequence[Hashes], instructions: Sequence[str]) -> Hashes:
    """The runs of words that the answers to many different instructions hold, sorted."""
    if not found:
        return np.empty(0, dtype=np.uint64)
    first = {text: place for place, text in reversed(list(enumerate(instructions)))}
    held_by = [np.unique(found[place]) for place in sorted(first.values())]
    numbers, counts = np.unique(np.concatenate(held_by), return_counts=True)
    return numbers[counts >= max(_FEWEST, _SHARE * len(held_by))]


def _covered_by(text: Hashes, length: int, known: Hashes) -> Flags:
    return covered(held(runs(text, length), known), length)


def _again(text: Hashes) -> Flags:
    found = runs(text, _SHARED)
    again = np.ones(len(found), dtype=np.bool_)
    again[np.unique(found, return_index=True)[1]] = False
    return covered(again, _SHARED)
