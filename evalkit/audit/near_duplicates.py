"""Near-duplicates among instructions: by the triples of words that two of them share, whatever template they fill."""

import bisect
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from evalkit.audit.resemblance import Labels, hashed_triples
from evalkit.audit.words import words

# two instructions are near-duplicates above this Jaccard coefficient of their triples
ALIKE = 0.5
# a triple that stands in such a share of the instructions is a template's, and says nothing of what is asked
TEMPLATE_SHARE = 0.05
# in a small set five near-duplicates would be a template by their share alone, and so would any pair among forty
FEWEST_OF_TEMPLATE = 6

# text, triples that are left, the rarest first
_Grams = tuple[int, ...]
_Pair = tuple[int, int]


def near_duplicates(texts: Sequence[str]) -> list[int]:
    """A number for each text, the same for near-duplicates; numbers count from 0 in the order of the texts.

    Every member of a cluster is a near-duplicate of every other one (complete linkage): a chain of small changes does
    not tie together what has little in common. Texts of the same words are always one cluster, whatever the template.
    The order of the texts changes nothing but the numbers.
    """
    said = [_said(text) for text in texts]
    # in an order of their own, so that ties are decided by the texts and not by who came first
    distinct = sorted(set(said))
    group = _linked(len(distinct), _similar([list(one) for one in distinct]))
    place = {one: group[number] for number, one in enumerate(distinct)}
    numbers: dict[int, int] = {}
    return [numbers.setdefault(place[one], len(numbers)) for one in said]


def _said(text: str) -> tuple[str, ...]:
    """The words of a text; of one that has none its letters and signs, with which nothing else is compared."""
    found = tuple(words(text))
    return found or ("", text.strip())


def _similar(distinct: Sequence[Sequence[str]]) -> dict[_Pair, float]:
    """The near-duplicates among different texts, as pairs of rising numbers, with their Jaccard coefficient."""
    if len(distinct) < 2:
        return {}
    grams, n_alone = _rare_grams(distinct)
    found = {}
    for one, other in _candidates(grams, n_alone):
        a, b = grams[one], grams[other]
        if min(len(a), len(b)) <= ALIKE * max(len(a), len(b)):
            continue
        shared = len(set(a).intersection(b))
        likeness = shared / (len(a) + len(b) - shared)
        if likeness > ALIKE:
            found[one, other] = likeness
    return found


def _rare_grams(distinct: Sequence[Sequence[str]]) -> tuple[list[_Grams], int]:
    """The triples of each text that are no template's, as numbers that rise with how many texts hold them; and below
    which number a triple has one holder only.
    """
    hashes, starts = hashed_triples(distinct)
    sizes = np.diff(np.append(starts, len(hashes)))
    text = np.repeat(np.arange(len(distinct)), sizes)
    names, code = np.unique(hashes, return_inverse=True)
    held = np.unique(text.astype(np.int64) * len(names) + code)
    text, code = np.divmod(held, len(names))
    holders = np.bincount(code, minlength=len(names))
    # by the triple itself where as many hold it: the order must not depend on the texts'
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
    """In so many texts of `n` a triple is a template's."""
    return max(TEMPLATE_SHARE * n, min(FEWEST_OF_TEMPLATE, n / 2 + 1))


def _candidates(grams: Sequence[_Grams], n_alone: int) -> Iterator[_Pair]:
    """Pairs that may be near-duplicates: sets as alike as that share one of their rarest triples.

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
    """A label for each text; the most alike are joined first, as long as all of either side are alike."""
    labels = np.arange(n)
    members = {one: [one] for pair in similar for one in pair}
    for one, other in sorted(similar, key=lambda pair: (-similar[pair], pair)):
        a, b = (int(labels[place]) for place in (one, other))
        if a == b or not all(_ordered(x, y) in similar for x in members[a] for y in members[b]):
            continue
        kept, lost = sorted((a, b))
        labels[members[lost]] = kept
        members[kept] += members.pop(lost)
    return labels


def _ordered(one: int, other: int) -> _Pair:
    return (one, other) if one < other else (other, one)
