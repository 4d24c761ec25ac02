"""Clusters of instructions that count as one: declared by a field, or found as near-duplicates."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evalkit.auditing.near_duplicates import near_duplicates
from evalkit.types import Example


@dataclass(frozen=True, slots=True)
class Clusters:
    """The names of clusters by instruction; an instruction without one depends on no other.

    `field` declared the clusters. Without a field, `looked` says whether near-duplicates were looked for, which needs
    texts; it is None where that is not known.
    """

    names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    field: str | None = None
    looked: bool | None = False


def declared_clusters(values: Mapping[str, str | None], field: str) -> Clusters:
    """Clusters of the instructions with the same value of a field; an instruction without a value stands alone."""
    return Clusters({key: f"{field} {value}" for key, value in values.items() if value is not None}, field)


def find_clusters(texts: Mapping[str, str]) -> Clusters:
    """Clusters of near-duplicate instructions, each named after the first of its keys.

    The clusters depend on all the texts together: a caller that compares models must pass the same texts for each.
    """
    by_number: dict[int, list[str]] = {}
    for key, number in zip(texts, near_duplicates(list(texts.values())), strict=True):
        by_number.setdefault(number, []).append(key)
    names = {key: min(keys) for keys in by_number.values() if len(keys) > 1 for key in keys}
    return Clusters(names, looked=bool(texts))


def clusters_of_examples(examples: Iterable[Example]) -> Clusters:
    """Clusters of near-duplicates in a benchmark; a conversation is one instruction with all its turns."""
    return find_clusters({example.key: example.instruction for example in examples})
