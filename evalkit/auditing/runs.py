"""Runs of neighbouring words as numbers, by which texts are compared without holding their words twice."""

import zlib

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]

_ODD = np.uint64(0x9E3779B97F4A7C15)


def code(word: str) -> int:
    """A number for a word, the same in every run, unlike Python's own hash."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def runs(coded: Hashes, length: int) -> Hashes:
    """A number for each run of `length` neighbouring words; empty for a shorter text."""
    n = len(coded) - length + 1
    if n < 1:
        return np.empty(0, dtype=np.uint64)
    joined = coded[:n]
    for offset in range(1, length):
        joined = joined * _ODD + coded[offset : offset + n]
    return mixed(joined)


def covered(found: Flags, length: int) -> Flags:
    """The words that lie in any of the runs that were found."""
    ends = np.zeros(len(found) + length, dtype=np.int64)
    ends[: len(found)] += found
    ends[length:] -= found
    return np.cumsum(ends)[: len(found) + length - 1] > 0


def held(some: Hashes, known: Hashes) -> Flags:
    """True for each of `some` that is among the sorted numbers of `known`."""
    if not len(known):
        return np.zeros(len(some), dtype=np.bool_)
    place = np.minimum(np.searchsorted(known, some), len(known) - 1)
    return np.asarray(known[place] == some)


def mixed(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
