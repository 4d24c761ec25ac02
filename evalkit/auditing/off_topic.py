"""Finds answers that suit other instructions better than their own, beside the baseline's answers to all of them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalkit.auditing.answers import AuditedAnswers
from evalkit.auditing.relevance import overlaps

# an answer or the baseline's answer must have so many words, or there is nothing to compare
LEAST_WORDS = 8
# an honest answer is among the nearest to its instruction, and its instruction among the nearest to it: the mean of the
# two ranks, as shares of the others, is beyond this for one honest answer in thirty at most, as for five in six answers
# that have nothing to do with their instructions
_RANK = 0.15
# where answer and baseline are shorter, they have few words in common by which others rank behind
_SHORT_WORDS, _RANK_OF_SHORT = 20, 0.5
# an answer belongs to another instruction if it overlaps so much more with that one than with its own
_TIMES, _LEAST_OVERLAP, _LEAST_OWN_WORDS = 3.0, 0.2, 20
# overlaps of all with all are held in memory, so that more answers are looked at in parts
_AT_ONCE = 1000
# the first words of a long answer tell its topic
_MOST_WORDS = 1000

_Overlaps = NDArray[np.float64]


def off_topic(answers: AuditedAnswers, baseline: AuditedAnswers) -> tuple[list[int], int]:
    """The places of the answers that suit other instructions better than their own, and the number looked at.

    An instruction stands with its words and those of the baseline's answer. An answer is off topic if many of the
    others overlap more, counted among the instructions and among the answers, or if it belongs to another instruction.
    """
    beside = baseline.first_places()
    looked_at = [
        place
        for place, (key, words) in enumerate(zip(answers.keys, answers.words, strict=True))
        if key in beside and max(len(words), len(baseline.words[beside[key]])) >= LEAST_WORDS
    ]
    found: list[int] = []
    # interleaved, so that neighbours in the file are in different parts only of a set of thousands
    n_parts = -(-len(looked_at) // _AT_ONCE)
    for part in range(n_parts):
        places = looked_at[part::n_parts] if n_parts > 1 else looked_at
        fitting = [answers.asked[place] + baseline.words[beside[answers.keys[place]]][:_MOST_WORDS] for place in places]
        said = [answers.words[place][:_MOST_WORDS] for place in places]
        n_words = [max(len(answers.words[place]), len(baseline.words[beside[answers.keys[place]]])) for place in places]
        found += (places[index] for index in _astray(fitting, said, np.array(n_words)))
    return sorted(found), len(looked_at)


def _astray(fitting: Sequence[Sequence[str]], said: Sequence[Sequence[str]], n_words: NDArray[np.int64]) -> list[int]:
    """The places of the answers that are off topic; `n_words` are those of the answer or of the baseline's, if more."""
    n = len(said)
    if n < 2:
        return []
    overlap: _Overlaps = overlaps(fitting, said)
    own = overlap.diagonal().copy()
    np.fill_diagonal(overlap, -1.0)
    # equal overlaps count half
    ranks = [
        ((overlap > beside + 1e-12).sum(axis=axis) + (np.abs(overlap - beside) <= 1e-12).sum(axis=axis) / 2) / (n - 1)
        for axis, beside in ((1, own[:, None]), (0, own[None, :]))
    ]
    anywhere = (ranks[0] + ranks[1]) / 2 >= np.where(n_words >= _SHORT_WORDS, _RANK, _RANK_OF_SHORT)
    best = overlap.max(axis=1)
    long_enough = np.array([len(words) >= _LEAST_OWN_WORDS for words in said])
    elsewhere = (best > _TIMES * own) & (best > _LEAST_OVERLAP) & long_enough
    places: list[int] = np.flatnonzero(anywhere | elsewhere).tolist()
    return places
