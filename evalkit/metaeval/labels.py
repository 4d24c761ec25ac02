"""People's labels and what is known of the labelled answers, in columns."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evalkit.formats import HumanFile, LabelledComparison
from evalkit.formats.human.labelled import TIE
from evalkit.metaeval.judge_name import in_family
from evalkit.stats import Floats, Ints, Panel, build_panel, list_side
from evalkit.text import blanks_around, count_list_items
from evalkit.types import Output

# the models of a file that names none
UNNAMED_MODELS = ("output_1", "output_2")


@dataclass(frozen=True, eq=False)
class LabelTable:
    """The comparisons of a file of labels in columns, in the file's order; arrays of shape (c,).

    `panel` holds the opinions. `longer` is the number of characters by which the second answer is longer, without the
    blanks around the answers, and `lists` is 1 where only the second answer has a list, -1 where only the first has
    one, else 0; both are 0 in a file without texts.
    """

    source: HumanFile
    panel: Panel
    longer: Floats
    lists: Floats

    @cached_property
    def place(self) -> Mapping[str, int]:
        """The row of each comparison, by key."""
        return {one.key: row for row, one in enumerate(self.comparisons)}

    @property
    def comparisons(self) -> tuple[LabelledComparison, ...]:
        return self.source.comparisons

    @property
    def n(self) -> int:
        return len(self.comparisons)

    @cached_property
    def people(self) -> int:
        """The largest number of labels on one comparison."""
        return max((len(one.opinions) for one in self.comparisons), default=0)

    @property
    def ties(self) -> float:
        """The share of the labels that call a tie, in percent."""
        return 100 * float(np.mean(self.panel.said == TIE)) if len(self.panel.said) else 0.0

    @cached_property
    def models(self) -> tuple[tuple[str, str], ...]:
        """The models of the first and the second answer of each comparison."""
        return tuple((one.comparison.baseline.model, one.comparison.candidate.model) for one in self.comparisons)

    @property
    def names_models(self) -> bool:
        """True if the file says whose answers were compared."""
        return any(set(pair) - set(UNNAMED_MODELS) for pair in self.models)

    def family_sides(self, pattern: str) -> Ints:
        """1 where only the second answer is of a model of the family, -1 where only the first is, else 0."""
        first, second = (
            np.array([in_family(pair[side], pattern) for pair in self.models], dtype=np.int64) for side in (0, 1)
        )
        return second - first

    def values_of(self, name: str) -> list[str]:
        """Each comparison's value of a field; empty where it has none."""
        return [one.fields.get(name, "") for one in self.comparisons]

    def fields(self) -> list[str]:
        """The names of the fields by which the numbers can be split."""
        return list(dict.fromkeys(name for one in self.comparisons for name in one.fields))


def label_table(source: HumanFile) -> LabelTable:
    """Put a file's labels into columns."""
    opinions = [(row, one) for row, labelled in enumerate(source.comparisons) for one in labelled.opinions]
    panel = build_panel(
        [one.key for one in source.comparisons],
        of=[source.comparisons[row].key for row, _ in opinions],
        people=list(people_of([(source.comparisons[row].key, one.person) for row, one in opinions])),
        said=[one.preference for _, one in opinions],
        clusters=[_cluster(one) for one in source.comparisons],
    )
    pairs = [one.comparison for one in source.comparisons]
    return LabelTable(
        source,
        panel,
        longer=np.array([_chars(pair.candidate) - _chars(pair.baseline) for pair in pairs], dtype=np.float64),
        lists=list_side(
            _list_items([pair.baseline for pair in pairs]), _list_items([pair.candidate for pair in pairs])
        ),
    )


def people_of(opinions: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The person of each opinion, given as comparison and person; a further label of a person is somebody else's."""
    seen: Counter[tuple[str, str]] = Counter()
    for key, person in opinions:
        seen[key, person] += 1
        again = seen[key, person]
        yield person if again == 1 else f"{person} ({again})"


def _cluster(one: LabelledComparison) -> str:
    example = one.comparison.example
    return example.instruction if example.cluster is None else example.cluster


def _chars(output: Output) -> int:
    return sum(map(len, output.texts)) - blanks_around(output.texts)


def _list_items(outputs: Sequence[Output]) -> Floats:
    return np.array([sum(map(count_list_items, output.texts)) for output in outputs], dtype=np.float64)
