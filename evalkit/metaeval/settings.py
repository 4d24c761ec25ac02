"""The settings of an evaluation of judges."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evalkit.metaeval.judge_name import JudgeName
from evalkit.stats import CONFIDENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSettings:
    """The choices that the numbers rest on besides labels and verdicts.

    `by` are fields of the labels to split by; `risk` is the share of errors at which coverage is told; a verdict within
    `tie_band` of one half is a tie where ties count; `epsilon` is the disadvantage that the alternative annotator test
    allows; `families` are patterns of the names of a judge's own models, by judge.
    """

    by: tuple[str, ...] = ()
    risk: float = 0.1
    tie_band: float = 0.0
    epsilon: float = 0.2
    families: Mapping[str, str] = field(default_factory=dict)
    confidence: float = CONFIDENCE

    def family_of(self, judge: JudgeName) -> str:
        """The pattern of the names of a judge's own models; empty where nothing is known of them."""
        return self.families.get(judge.name, judge.family)
