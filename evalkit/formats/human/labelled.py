"""Comparisons with people's labels, as a file of labels gives them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from evalkit.types import Comparison

# a tie, and the two sides
FIRST, TIE, SECOND = 0.0, 0.5, 1.0


@dataclass(frozen=True, slots=True)
class Opinion:
    """One person's label of a comparison: P(the second answer is better), which is 0, 0.5 for a tie, or 1."""

    person: str
    preference: float


@dataclass(frozen=True, slots=True)
class LabelledComparison:
    """Two answers to one instruction with the opinions on them.

    The first answer of the file is the baseline and the second the candidate, with the models that the file names, or
    `output_1` and `output_2`. The example's key is unique in the file; comparisons on one instruction share the
    example's cluster. `fields` are further columns, by which numbers can be split.
    """

    comparison: Comparison
    opinions: tuple[Opinion, ...]
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.comparison.key


@dataclass(frozen=True, eq=False)
class HumanFile:
    """The labelled comparisons of one file.

    `layout` names the form that was found. With `named_people` a person's name stands for the same person throughout
    the file; without, the names only number the labels of each comparison. A file without `texts` has keys and labels
    alone: no judge can be asked about it, and recorded verdicts are joined by key.
    """

    name: str
    source: str
    layout: str
    comparisons: tuple[LabelledComparison, ...]
    named_people: bool
    texts: bool = True
    notes: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """The name of the labels by their content: keys, which are digests of the texts, and opinions, in any order."""
        return labels_digest((one.key, one.opinions) for one in self.comparisons)


def labels_digest(labels: Iterable[tuple[str, Iterable[Opinion]]]) -> str:
    """The name of labels by their content: the opinions on each comparison, which its key stands for, in any order."""
    content = sorted(
        (key, sorted((opinion.person, opinion.preference) for opinion in opinions)) for key, opinions in labels
    )
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
