"""Finds answers whose words stand in no order, by the pairs of neighbouring words that the baseline's texts hold.

Nothing is known of any language: the baseline's answers and the instructions show which words are neighbours in it.
"""

import zlib
from collections.abc import Sequence

import numpy as np

from evalkit.auditing.answers import AuditedAnswers
from evalkit.auditing.runs import Hashes, held, runs

# the pairs of a shorter answer are too few to tell
LEAST_WORDS = 20
# the first words of a long answer tell enough
_MOST_WORDS = 400
_SHUFFLES = 2
# an answer has an order if so many of the known pairs of neighbours are lost when its words are shuffled; of honest
# answers 0.5 to 0.9 are lost, and less than this in one of a hundred
_LOST = 0.2
# an answer of which so few pairs are known is no text of these languages; of honest answers one in a hundred is such
_LEAST_KNOWN = 0.05
# fewer pairs of a baseline of short answers do not tell what is usual
_LEAST_PAIRS = 500


def without_order(answers: AuditedAnswers, baseline: AuditedAnswers) -> tuple[list[int], int]:
    """The places of the answers whose words stand in no order, and the number of answers that are long enough.

    There is none that can be told where the baseline's own answers have no order that they share.
    """
    known = _pairs([*baseline.codes, *baseline.asked_codes])
    if len(known) < _LEAST_PAIRS or not _ordered(baseline.codes):
        return [], 0
    found, told = [], 0
    for place, whole in enumerate(answers.codes):
        if len(whole) < LEAST_WORDS:
            continue
        text = whole[:_MOST_WORDS]
        told += 1
        own = _known_pairs(text, known)
        if own < _LEAST_KNOWN * len(text):
            found.append(place)
            continue
        # drawn from the text itself, so that every run gives the same
        chance = np.random.default_rng(zlib.crc32(text.tobytes()))
        dealt = np.mean([_known_pairs(chance.permutation(text), known) for _ in range(_SHUFFLES)])
        if own - dealt < _LOST * own:
            found.append(place)
    return found, told


def _ordered(texts: Sequence[Hashes]) -> bool:
    """True if most of the texts have as many pairs of neighbours in common with the others as texts of a language."""
    whole = [text[:_MOST_WORDS] for text in texts if len(text) >= LEAST_WORDS]
    pairs = [np.unique(runs(text, 2)) for text in whole]
    if not pairs:
        return False
    every, counts = np.unique(np.concatenate(pairs), return_counts=True)
    common = every[counts > 1]
    n_ordered = sum(_known_pairs(text, common) >= _LEAST_KNOWN * len(text) for text in whole)
    return n_ordered > len(whole) / 2


def _pairs(texts: Sequence[Hashes]) -> Hashes:
    found = [np.unique(runs(text, 2)) for text in texts]
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.uint64)


def _known_pairs(text: Hashes, known: Hashes) -> int:
    return int(held(runs(text, 2), known).sum())
