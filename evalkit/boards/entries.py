"""One model under one judge: what a board row is computed from."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evalkit.stats.sample import Floats, Sample
from evalkit.types import Estimate, Reading

# a win rate's scale
PERCENT = (0.0, 100.0)


@dataclass(frozen=True, slots=True, eq=False)
class Judging:
    """How the verdicts came about: how they were read, what they cost, which models the endpoint said it served.

    `self_disagreement` is the share in percent of repeated questions that got another answer; None without repeats.
    """

    readings: Mapping[str, int] = field(default_factory=dict)
    cost: float | None = None
    served: tuple[str, ...] = ()
    self_disagreement: Estimate | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """Single verdicts on comparisons, a row an order and repeat: what a sample no longer tells apart.

    `preference` is NaN where there is none; `measures` hold the candidate's and the baseline's values, characters among
    them; arrays of shape (n,).
    """

    keys: tuple[str, ...]
    preference: Floats
    strong: NDArray[np.bool_]
    measures: Mapping[str, tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """`rules` counts instructions decided without a judge, `failures` the reasons of missing verdicts.

    `part` names the served model whose verdicts these are, where the endpoint changed it among one model's verdicts.
    `scale` runs from 0 to 100 for win rates; an answer that was graded alone has no `baseline`, its sample holds grades
    as shares of their scale. `parts` are samples of one turn or category each, named as in `turn 1`.
    """

    model: str
    judge: str
    baseline: str
    sample: Sample
    avg_length: float | None
    digest: str = ""
    part: str = ""
    rules: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    judging: Judging = field(default_factory=Judging)
    scale: tuple[float, float] = PERCENT
    parts: Mapping[str, Sample] = field(default_factory=dict)
    verdicts: Verdicts | None = None

    @property
    def graded(self) -> bool:
        """Whether answers were graded alone."""
        return not self.baseline

    @property
    def group(self) -> tuple[str, str, str, str]:
        """Rows can be ranked against each other only under the same judge and baseline."""
        return self.judge, self.digest, self.part, self.baseline

    @property
    def mixed(self) -> bool:
        """Whether probabilities and single draws stand side by side in one mean."""
        return {Reading.WEIGHTED.value, Reading.SAMPLED.value} <= self.judging.readings.keys()


def part_names(entries: Iterable[Entry]) -> frozenset[str]:
    """The turns and the categories of some entries, where there is more than one of these."""
    names = {name for entry in entries for name in entry.parts}
    kinds = Counter(name.split(" ", 1)[0] for name in names)
    return frozenset(name for name in names if kinds[name.split(" ", 1)[0]] > 1)
