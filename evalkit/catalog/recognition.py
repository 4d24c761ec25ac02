"""Tells a benchmark from the instructions that outputs answer; `leaderboards/fingerprints` has digests of them."""

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass

from evalkit import assets
from evalkit.formats import Rows, instruction_key, read_asked

# of a benchmark's files few instructions differ, by white space most often; in a set of the user's own a few may be
# taken from a benchmark
SAME, OTHER = 0.9, 0.1
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class AskedSet:
    """The instructions that outputs answer: the digests of their texts, and the keys by which they are joined."""

    digests: frozenset[str]
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Likeness:
    """A benchmark whose instructions a source shares: `n` of them, and what share of the smaller of both sets it is."""

    benchmark: str
    n: int
    share: float

    @property
    def same(self) -> bool:
        """True if both are the same set but for a few texts, or one is a part of the other."""
        return self.share >= SAME

    @property
    def unclear(self) -> bool:
        """True if so many instructions are shared, and so many are not, that the sets may be meant to be the same."""
        return OTHER < self.share < SAME


def asked_in(sources: Collection[str | Rows], *, key: str | None = None) -> AskedSet:
    """The instructions that sources answer.

    Args:
        key: the field that joins outputs to instructions.

    Raises:
        InputError: a source is missing or cannot be read.
    """
    asked = [one for source in sources for one in read_asked(source, key=key)]
    return AskedSet(frozenset(one.digest for one in asked), frozenset(one.key for one in asked if one.key is not None))


def shipped_likeness(asked: AskedSet) -> list[Likeness]:
    """The shipped benchmarks whose instructions a source's are, by their share of the source's own."""
    marks = {digest[:_DIGITS] for digest in asked.digests}
    found = [
        Likeness(name, len(shared), len(shared) / len(marks))
        for name, known in _fingerprints()
        if (shared := marks & known)
    ]
    return sorted(found, key=lambda one: -one.share)


def own_likeness(asked: AskedSet, known: Mapping[str, Set[str]]) -> list[Likeness]:
    """The benchmarks in `known`, with the keys of their instructions, that share instructions with a source."""
    found = [
        Likeness(name, len(shared), len(shared) / min(len(asked.keys), len(theirs)))
        for name, theirs in known.items()
        if (shared := asked.keys & theirs)
    ]
    return sorted(found, key=lambda one: -one.share)


def told_names() -> frozenset[str]:
    """The shipped benchmarks that are told from their instructions."""
    return frozenset(name for name, _ in _fingerprints())


def foreign(benchmark: str, keys: Set[str]) -> bool:
    """True if none of these keys is of an instruction of the shipped benchmark, so that they are the user's own."""
    known = dict(_fingerprints()).get(benchmark)
    if known is None or not keys or any(len(key) != 2 * _DIGITS for key in keys):
        return False
    # a key is the digest of an instruction, or the id of a question
    return not any(key[:_DIGITS] in known or instruction_key(key)[:_DIGITS] in known for key in keys)


def _fingerprints() -> Iterator[tuple[str, frozenset[str]]]:
    """The shipped benchmarks with the beginnings of their instructions' digests, and of their questions' ids."""
    for path in sorted(assets.folder("leaderboards").glob("fingerprints/*.txt")):
        yield path.name.removesuffix(".txt"), frozenset(path.read_text("ascii").split())
