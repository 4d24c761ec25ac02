"""Finds near-duplicates among many texts: MinHash over triples of words, and banding to choose pairs to compare."""

import itertools
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalkit.auditing.runs import Hashes, mixed

Labels = NDArray[np.int64]

# two texts are near-duplicates from this estimated Jaccard coefficient of their triples on
RESEMBLANCE = 0.7

_WORDS = 3
_HASHES = 32
# hashes that must agree before two texts are compared: near-duplicates agree in some band except once in 10^4
_BAND = 2
_ODD = np.uint64(0x9E3779B97F4A7C15)


def largest_cluster(texts: Sequence[Sequence[str]]) -> list[int]:
    """Indices of the texts, given as words, in the largest group that near-duplicates connect."""
    if not texts:
        return []
    labels = _clusters(_signatures(texts))
    largest = np.bincount(labels).argmax()
    return np.flatnonzero(labels == largest).tolist()


def _signatures(texts: Sequence[Sequence[str]]) -> Hashes:
    """Smallest hashes of each text's triples, shape (n, 32)."""
    triples, starts = hashed_triples(texts)
    found = np.empty((len(texts), _HASHES), dtype=np.uint64)
    for column in range(_HASHES):
        found[:, column] = np.minimum.reduceat(mixed(triples ^ mixed(np.array([column + 1], dtype=np.uint64))), starts)
    return found


def hashed_triples(texts: Sequence[Sequence[str]]) -> tuple[Hashes, Labels]:
    """Hashes of neighbouring words of all texts, and the index where each text's begin; a shorter text is filled up."""
    filled = [(*text, *[""] * (_WORDS - len(text))) for text in texts]
    # the same in every run, unlike Python's own hash
    distinct = set(itertools.chain.from_iterable(filled))
    known = {word: zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in distinct}
    lengths = np.array([len(text) for text in filled])
    codes = map(known.__getitem__, itertools.chain.from_iterable(filled))
    hashes = mixed(np.fromiter(codes, dtype=np.uint64, count=int(lengths.sum())))
    joined = hashes[:-2]
    for offset in (1, 2):
        joined = mixed(joined * _ODD + hashes[offset : len(hashes) - 2 + offset])
    ends = np.cumsum(lengths)
    within = np.ones(len(joined), dtype=bool)
    for offset in (1, 2):
        within[ends[:-1] - offset] = False
    starts = ends - lengths - (_WORDS - 1) * np.arange(len(texts))
    return joined[within], starts


def _clusters(signatures: Hashes) -> Labels:
    """A label for each text; texts of one label are connected by near-duplicates."""
    n = len(signatures)
    labels = np.arange(n)
    for band in range(0, _HASHES, _BAND):
        key = mixed(signatures[:, band] * _ODD + signatures[:, band + 1])
        _, first, bucket = np.unique(key, return_index=True, return_inverse=True)
        leader = first[bucket]
        (close,) = np.nonzero(leader != np.arange(n))
        alike = (signatures[close] == signatures[leader[close]]).mean(axis=1) >= RESEMBLANCE
        for text, other in zip(close[alike].tolist(), leader[close][alike].tolist(), strict=True):
            kept, lost = sorted((int(labels[text]), int(labels[other])))
            if kept != lost:
                labels[labels == lost] = kept
    return labels
