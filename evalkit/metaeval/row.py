"""One judge beside people: its numbers, its place, and its numbers by part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from evalkit.metaeval.judge_name import JudgeName
from evalkit.stats import RankInterval, ReliabilityBin, RiskCurve
from evalkit.types import Estimate


class RowKind(Enum):
    """Who a row is about."""

    JUDGE = "judge"
    PEOPLE = "people"
    CONTROL = "control"


@dataclass(frozen=True, slots=True)
class JudgePart:
    """A judge's agreement on the comparisons with one value of a field: as measured, and pooled with the other parts.

    `deviation` is the distance of the pooled agreement from the judge's agreement on all comparisons, in points, with
    the p-value of the raw distance by Holm over the parts.
    """

    name: str
    n: int
    raw: Estimate
    pooled: Estimate
    deviation: float | None
    p_adjusted: float | None


@dataclass(frozen=True, eq=False)
class JudgeRow:
    """A judge, a control or the people.

    `numbers` has an estimate for each measure, which may be refused. `rank` is the place by agreement and `excess_rank`
    the place by the absolute excess preference for longer answers, among judges and controls with such a number.
    `parts` are by field of the labels. `ahead_of` tells for a judge how far it is ahead of the best control, in points.
    """

    judge: JudgeName
    kind: RowKind
    numbers: Mapping[str, Estimate]
    judged: int
    missing: int
    rank: RankInterval | None = None
    excess_rank: int | None = None
    bins: Sequence[ReliabilityBin] = ()
    curve: RiskCurve | None = None
    parts: Mapping[str, tuple[JudgePart, ...]] = field(default_factory=dict)
    best_control: str = ""
    ahead: Estimate | None = None
    failures: Mapping[str, int] = field(default_factory=dict)
