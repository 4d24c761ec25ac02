"""One model under one judge: the input of a board row."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from evalkit.stats import Combine, Components, Floats, Sample
from evalkit.types import Audit, Estimate, PlanRecord, Reading

# a win rate's scale
PERCENT = (0.0, 100.0)
CATEGORY = "category"
# AlpacaEval's word for a category; each dataset is a source of instructions
DATASET = "dataset"


class Lengths(Enum):
    """The rule for the length of an answer: its text without the blanks around it, or all its characters."""

    TEXT = "text"
    CHARACTERS = "characters"


@dataclass(frozen=True, slots=True)
class Aggregation:
    """The rules that combine verdicts: the weight of a strong one, the combination of orders, and the parts to score.

    With `pool`, all judges of a model give one score, which each instruction enters by the mean over judges. With
    `categories`, only verdicts of these are taken. An answer of unknown text counts with its whole length, whatever
    `lengths` says. `cluster` is the field of files that declares which instructions count as one.
    """

    strong_weight: float = 1.0
    combine: Combine = Combine.MEAN
    by: tuple[str, ...] = ()
    pool: bool = False
    categories: tuple[str, ...] = ()
    lengths: Lengths = Lengths.TEXT
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """SHA-256 of an entry's verdicts with their places, and of the replies that they were read from, if any."""

    verdicts: str
    replies: str | None = None


@dataclass(frozen=True, slots=True)
class Dependence:
    """The number of `instructions` that an entry has, judged or not, and the number of `clusters` that they count as.

    The turns of a conversation are one instruction. `field` declared the clusters. Without a field, `looked` says
    whether near-duplicates were looked for, which needs texts; it is None where that is not known.
    """

    instructions: int
    clusters: int
    field: str | None = None
    looked: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Judging:
    """The making of the verdicts: their readings, their cost, and the models that the endpoint said it served.

    `self_disagreement` is the percent of repeated questions that got another answer; None without repeats. `components`
    are the variance components of the verdicts; None for several judges together, and for tables. `tokens` are those of
    all `replies` together, prompt and completion; None where they were not counted. `notices` are what a reader of any
    number must know of the judges, such as that a judge measures style alone. `whole_lengths` counts the verdicts on
    answers whose text is unknown and whose length includes the blanks around it.
    """

    readings: Mapping[str, int] = field(default_factory=dict)
    cost: float | None = None
    served: tuple[str, ...] = ()
    self_disagreement: Estimate | None = None
    components: Components | None = None
    replies: int = 0
    tokens: tuple[int, int] | None = None
    notices: tuple[str, ...] = ()
    whole_lengths: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """Single verdicts on comparisons, one row per order and repeat, which a sample no longer distinguishes.

    `preference` is NaN where there is no verdict; `measures` hold the candidate's and the baseline's values, characters
    among them; arrays of shape (n,).
    """

    keys: tuple[str, ...]
    preference: Floats
    strong: NDArray[np.bool_]
    measures: Mapping[str, tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One model's verdicts under one judge; `rules` counts instructions decided without a judge, `failures` the reasons
    of missing verdicts.

    `served_as` names the model that the endpoint served, where it served several for one model's verdicts. `scale` runs
    from 0 to 100 for win rates; an answer that was graded alone has no `baseline`, its sample holds grades as shares of
    their scale. `slices` are samples of one turn or category each, named as in `turn 1`. `aggregation` says how the
    verdicts were combined, and `plan` which questions were asked, where the verdicts are the store's own. `audit` is
    the audit of the outputs, or of their lengths where nothing else is known. `dependence` says how many clusters the
    instructions count as.
    """

    model: str
    judge: str
    baseline: str
    sample: Sample
    avg_length: float | None
    digest: str = ""
    served_as: str = ""
    rules: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    judging: Judging = field(default_factory=Judging)
    scale: tuple[float, float] = PERCENT
    slices: Mapping[str, Sample] = field(default_factory=dict)
    verdicts: Verdicts | None = None
    aggregation: Aggregation = Aggregation()
    origin: Origin | None = None
    plan: PlanRecord | None = None
    audit: Audit | None = None
    dependence: Dependence | None = None

    @property
    def graded(self) -> bool:
        """True if answers were graded alone."""
        return not self.baseline

    @property
    def itself(self) -> bool:
        """True if this is the baseline compared with itself, the row that the other models are measured by."""
        return self.model == self.baseline

    @property
    def refused(self) -> bool:
        """True if the outputs failed their audit, so that no verdict makes them comparable with others'."""
        return self.audit is not None and bool(self.audit.failures)

    @property
    def group(self) -> tuple[str, str, str, str]:
        """Rows can be ranked against each other only under the same judge and baseline."""
        return self.judge, self.digest, self.served_as, self.baseline

    @property
    def length_notice(self) -> str | None:
        """The warning about lengths that an earlier evalkit stored without recording how much of them is blank."""
        characters = self.aggregation.lengths == Lengths.CHARACTERS
        if self.plan is None or self.graded or characters or not self.judging.whole_lengths:
            return None
        return (
            "lengths that an earlier evalkit stored count the blanks around an answer: run evalkit annotate again, "
            "which asks nothing twice"
        )

    @property
    def mixed(self) -> bool:
        """True if one mean contains both probabilities and single draws."""
        return {Reading.WEIGHTED.value, Reading.SAMPLED.value} <= self.judging.readings.keys()


def slice_names(entries: Iterable[Entry]) -> frozenset[str]:
    """The turns and the categories of some entries, where there is more than one of these."""
    names = {name for entry in entries for name in entry.slices}
    kinds = Counter(name.split(" ", 1)[0] for name in names)
    return frozenset(name for name in names if kinds[name.split(" ", 1)[0]] > 1)
