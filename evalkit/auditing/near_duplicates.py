"""Finds near-duplicate instructions: those that share most of their triples of words, apart from a common template."""

import bisect
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from evalkit.auditing.resemblance import Labels, hashed_triples
from evalkit.auditing.words import words

# two instructions are near-duplicates above this Jaccard coefficient of their triples
ALIKE = 0.5
# a triple in so large a share of the instructions belongs to a template and says nothing about what is asked
TEMPLATE_SHARE = 0.05
# a small set needs a minimum count: by the share alone five near-duplicates among a hundred instructions, or any pair
# among forty, would be a template
FEWEST_OF_TEMPLATE = 6

# the triples of a text without those of templates, the rarest first
_Grams = tuple[int, ...]
_Pair = tuple[int, int]


def near_duplicates(texts: Sequence[str]) -> list[int]:
    """A number for each text, the same for near-duplicates; numbers count from 0 in the order of the texts.

    Every member of a cluster is a near-duplicate of every other one (complete linkage): a chain of small changes does
    not join texts with little in common. Texts of the same words are always one cluster, whatever the template. The
    order of the texts changes nothing but the numbers.
    """
    said = [_words_or_signs(text) for text in texts]
    # sorted, so that the texts and not their order decide ties
    distinct = sorted(set(said))
    group = _linked(len(distinct), _similar([list(text_words) for text_words in distinct]))
    place = {text_words: group[number] for number, text_words in enumerate(distinct)}
    numbers: dict[int, int] = {}
    return [numbers.setdefault(place[text_words], len(numbers)) for text_words in said]


def _words_or_signs(text: str) -> tuple[str, ...]:
    """The words of a text; a text without words is its signs, and equals only a text of the same signs."""
    found = tuple(words(text))
    return found or ("", text.strip())


def _similar(distinct: Sequence[Sequence[str]]) -> dict[_Pair, float]:
    """The pairs of near-duplicates among different texts, the lower number first, with their Jaccard coefficient."""
    if len(distinct) < 2:
        return {}
    grams, n_alone = _rare_grams(distinct)
    found = {}
    for first, other in _candidates(grams, n_alone):
        a, b = grams[first], grams[other]
        if min(len(a), len(b)) <= ALIKE * max(len(a), len(b)):
            continue
        shared = len(set(a).intersection(b))
        likeness = shared / (len(a) + len(b) - shared)
        if likeness > ALIKE:
            found[first, other] = likeness
    return found


def _rare_grams(distinct: Sequence[Sequence[str]]) -> tuple[list[_Grams], int]:
    """The triples of each text without those of templates, and the number of triples that occur in one text only.

    Triples are numbered by how many texts hold them, the rarest first, so that those of one text have the lowest
    numbers.
    """
    hashes, starts = hashed_triples(distinct)
    sizes = np.diff(np.append(starts, len(hashes)))
    text = np.repeat(np.arange(len(distinct)), sizes)
    names, code = np.unique(hashes, return_inverse=True)
    held = np.unique(text.astype(np.int64) * len(names) + code)
    text, code = np.divmod(held, len(names))
    holders = np.bincount(code, minlength=len(names))
    # triples that equally many texts hold are sorted by their hash, so that the order of the texts does not matter
    rarity = np.empty(len(names), dtype=np.int64)
    rarity[np.lexsort((names, holders))] = np.arange(len(names))
    kept = holders[code] < _template(len(distinct))
    text, rank = text[kept], rarity[code[kept]]
    order = np.lexsort((rank, text))
    ends = np.cumsum(np.bincount(text, minlength=len(distinct)))
    ranks = rank[order].tolist()
    starts_ends = itertools.pairwise([0, *ends.tolist()])
    return [tuple(ranks[start:end]) for start, end in starts_ends], int((holders == 1).sum())


def _template(n: int) -> float:
    """The number of the `n` texts that must hold a triple for it to belong to a template."""
    return max(TEMPLATE_SHARE * n, min(FEWEST_OF_TEMPLATE, n / 2 + 1))


def _candidates(grams: Sequence[_Grams], n_alone: int) -> Iterator[_Pair]:
    """Pairs that may be near-duplicates: the sets of two near-duplicates share one of their rarest triples.

    Reference: Chaudhuri, Ganti and Kaushik 2006, ICDE (prefix filtering).
    """
    holders: dict[int, list[int]] = {}
    for text, own in enumerate(grams):
        prefix = len(own) - math.ceil(ALIKE * len(own)) + 1
        for gram in own[bisect.bisect_left(own, n_alone) : prefix]:
            holders.setdefault(gram, []).append(text)
    seen: set[_Pair] = set()
    for texts in holders.values():
        for pair in itertools.combinations(texts, 2):
            if pair not in seen:
                seen.add(pair)
                yield pair


def _linked(n: int, similar: Mapping[_Pair, float]) -> Labels:
    """A label for each text: the most alike clusters are joined first, and only if all their pairs are alike."""
    labels = np.arange(n)
    members = {text: [text] for pair in similar for text in pair}
    for first, other in sorted(similar, key=lambda pair: (-similar[pair], pair)):
        a, b = (int(labels[place]) for place in (first, other))
        if a == b or not all(_ordered(x, y) in similar for x in members[a] for y in members[b]):
            continue
        kept, lost = sorted((a, b))
        labels[members[lost]] = kept
        members[kept] += members.pop(lost)
    return labels


def _ordered(first: int, other: int) -> _Pair:
    return (first, other) if first < other else (other, first)
