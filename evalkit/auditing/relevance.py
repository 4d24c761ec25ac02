"""Tests whether answers relate to their own instructions: words in common with those against other instructions."""

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# sizes of a sparse table: columns, which are words, and rows
_Entries = tuple[Ints, Ints]

PERMUTATIONS = 499
# an answer shorter by both cannot be expected to share words
LEAST_WORDS, LEAST_CHARS = 8, 200
# a sample of this size is taken of more answers: pairs of all with all are held in memory
_MOST = 1000
# words in more instructions than this share, and than a few, are computed at once, the others pair by pair
_COMMON = 0.02
_FEW = 3


def relevance_p(instructions: Sequence[Sequence[str]], answers: Sequence[Sequence[str]]) -> float:
    """The one-sided probability of as much overlap of answers and own instructions if answers were dealt out at random.

    Overlap is the cosine of the sets of words, weighted by how rare a word is among the instructions. The permutations
    are seeded by the texts, and the order of the rows changes nothing.

    Args:
        instructions: instructions as words, one for each answer.
    """
    rows = sorted(zip(instructions, answers, strict=True))
    generator = np.random.default_rng(_seed(rows))
    if len(rows) > _MOST:
        rows = [rows[place] for place in np.sort(generator.permutation(len(rows))[:_MOST]).tolist()]
    overlap = overlaps([asked for asked, _ in rows], [answer for _, answer in rows])
    n = len(rows)
    own = np.arange(n)
    dealt = np.array([overlap[own, generator.permutation(n)].sum() for _ in range(PERMUTATIONS)])
    # equal sums differ in their last bits by the order of the addition
    as_high = int((dealt >= overlap[own, own].sum() - 1e-9).sum())
    return (1 + as_high) / (1 + PERMUTATIONS)


def _seed(rows: Sequence[tuple[Sequence[str], Sequence[str]]]) -> int:
    digest = hashlib.sha256()
    for asked, answer in rows:
        digest.update("\0".join((*asked, "", *answer, "\n")).encode("utf-8", "surrogatepass"))
    return int.from_bytes(digest.digest()[:8], "big")


def overlaps(instructions: Sequence[Sequence[str]], answers: Sequence[Sequence[str]]) -> Floats:
    """The overlap of each answer with each instruction, shape (n, n)."""
    n = len(answers)
    asked = [set(words) for words in instructions]
    frequency = Counter(word for words in asked for word in words)
    # rare words first
    vocabulary = sorted(frequency, key=lambda word: (frequency[word], word))
    place = {word: index for index, word in enumerate(vocabulary)}
    counts = np.array([frequency[word] for word in vocabulary], dtype=np.int64)
    weight = np.log((1 + n) / counts)
    n_rare = int(np.searchsorted(counts, max(_FEW, _COMMON * n), side="right"))
    said = _entries([set(words) for words in answers], place)
    held = _entries(asked, place)
    shared = _shared(said, held, weight, n_rare=n_rare, n=n)
    norms = np.outer(*(np.sqrt(np.bincount(rows, weight[words] ** 2, minlength=n)) for words, rows in (said, held)))
    return shared / np.where(norms > 0, norms, 1.0)


def _shared(said: _Entries, held: _Entries, weight: Floats, *, n_rare: int, n: int) -> Floats:
    """Sums of the squared weights of the words that an answer and an instruction share, shape (n, n)."""
    dense = [np.zeros((n, len(weight) - n_rare)) for _ in range(2)]
    for table, (words, rows) in zip(dense, (said, held), strict=True):
        common = words >= n_rare
        table[rows[common], words[common] - n_rare] = weight[words[common]]
    (word_said, row_said), (word_held, row_held) = said, held
    rare = word_said < n_rare
    word_said, row_said = word_said[rare], row_said[rare]
    # each word of an answer beside each instruction that holds it
    counts = np.bincount(word_held, minlength=len(weight))
    holders = row_held[np.argsort(word_held, kind="stable")]
    repeats = counts[word_said]
    first = (np.cumsum(counts) - counts)[word_said]
    within = np.arange(int(repeats.sum())) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    cell = np.repeat(row_said, repeats) * n + holders[np.repeat(first, repeats) + within]
    sparse = np.bincount(cell, np.repeat(weight[word_said] ** 2, repeats), minlength=n * n).reshape(n, n)
    return sparse + dense[0] @ dense[1].T


def _entries(texts: Sequence[set[str]], place: dict[str, int]) -> _Entries:
    """Words and rows of all words that have a place, in the order of both."""
    known = place.keys()
    found = [sorted(map(place.__getitem__, known & text)) for text in texts]
    words = np.array([word for row in found for word in row], dtype=np.int64)
    return words, np.repeat(np.arange(len(texts)), [len(row) for row in found])
