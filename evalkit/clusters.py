"""Which instructions count as one: those that a field declares, or else near-duplicates that are found."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evalkit.audit.near_duplicates import near_duplicates
from evalkit.types import Example


@dataclass(frozen=True, slots=True)
class Clusters:
    """The names of clusters by instruction; an instruction without one depends on no other.

    `field` declared them. Without one, `looked` tells whether there were texts to look for near-duplicates in, None
    where nobody knows.
    """

    names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    field: str | None = None
    looked: bool | None = False


def declared_clusters(values: Mapping[str, str | None], field: str) -> Clusters:
    """Instructions by key that hold the same value of a field; one without a value stands alone."""
    return Clusters({key: f"{field} {value}" for key, value in values.items() if value is not None}, field)


def find_clusters(texts: Mapping[str, str]) -> Clusters:
    """Near-duplicates among instructions by key, each cluster named after the first of its keys.

    The names hang on all the texts together: whoever compares models must look among the same ones.
    """
    by_number: dict[int, list[str]] = {}
    for key, number in zip(texts, near_duplicates(list(texts.values())), strict=True):
        by_number.setdefault(number, []).append(key)
    names = {key: min(keys) for keys in by_number.values() if len(keys) > 1 for key in keys}
    return Clusters(names, looked=bool(texts))


def clusters_of_examples(examples: Iterable[Example]) -> Clusters:
    """Near-duplicates among the instructions of a benchmark, a conversation being one with all its turns."""
    return find_clusters({example.key: example.instruction for example in examples})
