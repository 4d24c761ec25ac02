"""One judge beside people: its numbers, its place, and its agreement by part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from evalkit.metaeval.judge_name import JudgeName
from evalkit.metaeval.numbers import JudgeNumber
from evalkit.stats import Pooled, RankInterval, ReliabilityBin, RiskCurve
from evalkit.types import Estimate


class RowKind(Enum):
    """Who a row is about."""

    JUDGE = "judge"
    PEOPLE = "people"
    CONTROL = "control"
    PUBLISHED = "published"


@dataclass(frozen=True, eq=False)
class JudgeRow:
    """A judge, a control, the people, or a judge of a published table.

    `numbers` has each measure, which may be refused. `rank` is the place by agreement and `excess_rank` that by the
    absolute excess preference for longer answers, among judges and controls with such a number. With `only_sides` the
    judge never called a tie. `parts` is its agreement by field of the labels. `ahead` tells how many points a judge is
    ahead of the best control. `published_in` is the name of a published row's table.
    """

    judge: JudgeName
    kind: RowKind
    numbers: Mapping[str, JudgeNumber]
    judged: int
    missing: int
    rank: RankInterval | None = None
    excess_rank: int | None = None
    bins: Sequence[ReliabilityBin] = ()
    curve: RiskCurve | None = None
    parts: Mapping[str, Pooled] = field(default_factory=dict)
    best_control: str = ""
    ahead: Estimate | None = None
    failures: Mapping[str, int] = field(default_factory=dict)
    only_sides: bool = False
    published_in: str = ""

    def estimate(self, name: str) -> Estimate:
        """The estimate of a measure."""
        return self.numbers[name].estimate
