"""A gate's rule for a model, and its decision."""

import math
from dataclasses import dataclass, field
from enum import Enum

from evalkit.boards import LC_WIN_RATE, MIN_COVERAGE, BoardRow, KnownJudge, Metric
from evalkit.errors import ConfigError
from evalkit.gating.discounts import Discounted
from evalkit.gating.equal_length import EqualLength
from evalkit.judge_spec import Nature
from evalkit.stats import CONFIDENCE, MIN_INSTRUCTIONS, normal_quantile
from evalkit.types import OK, Audit, Estimate


class Outcome(Enum):
    """A gate's outcome: passed and failed are measured; every other outcome says what prevents a measurement."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    # of a rule among several; a gate of one rule calls this inconclusive
    NOT_ESTIMABLE = "not estimable"
    INCOMPLETE = "incomplete"
    AUDIT_FAILED = "audit failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The threshold of a gate: `minimum` percent, or at most `margin` points behind the model `against`.

    `confidence` is the confidence of the two-sided interval whose pessimistic end must lie on the right side of the
    threshold: the gate passes a model exactly at the threshold with probability (1 - confidence) / 2, and fails it with
    the same probability. `min_coverage` is a share of the instructions. With `allow_refusals`, the model may decline
    more often than the baseline. With `min_agreement`, the model passes only by a judge that agrees with people on at
    least so many of 100 comparisons. Among several, a rule has a `name`, a gate passes only what every `required` rule
    passes, and `part` is the turn or category that it is about.
    """

    name: str | None = None
    required: bool = True
    part: str | None = None
    metric: Metric = LC_WIN_RATE
    minimum: float | None = None
    against: str | None = None
    margin: float = 0.0
    confidence: float = CONFIDENCE
    min_n: int = MIN_INSTRUCTIONS
    min_coverage: float = MIN_COVERAGE
    allow_refusals: bool = False
    min_agreement: float | None = None

    def __post_init__(self) -> None:
        if (self.minimum is None) == (self.against is None):
            raise ConfigError("a gate needs a threshold: either --min PERCENT, or --against MODEL with --margin POINTS")
        if self.minimum is not None and not 0 <= self.minimum <= 100:
            raise ConfigError(f"--min {self.minimum:g}: expected a percentage from 0 to 100")
        if self.min_agreement is not None and not 0 <= self.min_agreement <= 100:
            raise ConfigError(f"--min-agreement {self.min_agreement:g}: expected a percentage from 0 to 100")
        if not math.isfinite(self.margin):
            raise ConfigError(f"--margin {self.margin:g}: expected a number of points")
        if self.margin < 0:
            raise ConfigError(f"--margin {self.margin:g}: a margin is how far behind a model may be; give 0 or more")
        if self.against is None and self.margin:
            raise ConfigError("--margin goes with --against MODEL; --min is a threshold by itself")

    @property
    def threshold(self) -> float:
        """The threshold in the units of the estimate: percent, or points of difference."""
        # adding zero turns -0.0 into 0.0
        return 0.0 + (-self.margin if self.minimum is None else self.minimum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The effort of judging in batches: the judged and the available instructions, and the number of looks at the data.

    The `confidence` is that of all looks together; each single look has a higher one.
    """

    instructions: int
    of: int
    looks: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """The level at which a fail was tested beside other required rules: `of` rules were in question at that step.

    `upper` is the upper end of the interval at this `confidence`, with every missing verdict set for the candidate.
    """

    confidence: float
    of: int
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision on a model by one rule, with every number that it used.

    `estimate` is the metric in percent, or under `--against` the paired difference in points, with the interval at the
    rule's confidence. `pessimistic` and `optimistic` are the same estimate with every missing verdict set against the
    candidate and for the candidate. `win_rate` is the raw win rate. `equal_length` is the basis of a number at equal
    length or style. `discounted` has the interval with answers that the audit warns of counted as ties or as losses.
    The first of `reasons` decides; `notes` do not. `nature` is what the judge is, where that is known.
    `known` is what is known of how far the judge agrees with people; None where no store was asked. `adjusted` is
    there where a fail was tested at a stricter level because of other required rules. `row` is the
    candidate's row that the decision rests on; None where nothing was judged.
    """

    outcome: Outcome
    rule: Rule
    model: str
    baseline: str
    judge: str
    digest: str
    benchmark: str
    estimate: Estimate
    pessimistic: Estimate
    optimistic: Estimate
    win_rate: Estimate
    n: int
    n_missing: int
    coverage: float
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    audit: Audit | None = None
    spent: Spent | None = None
    sha256: str = ""
    equal_length: EqualLength | None = None
    discounted: tuple[Discounted, ...] = ()
    nature: Nature | None = None
    known: KnownJudge | None = None
    adjusted: Adjusted | None = None
    row: BoardRow | None = field(default=None, repr=False, compare=False)

    @property
    def ceiling(self) -> float | None:
        """The upper end of the interval with every missing verdict set for the candidate."""
        ends = [estimate.upper for estimate in (self.estimate, self.optimistic)]
        return None if None in ends else max(end for end in ends if end is not None)

    @property
    def at_equal_length_only(self) -> bool:
        """True if the raw win rate, or raw difference, lies on the other side of the threshold."""
        decided = self.outcome in (Outcome.PASSED, Outcome.FAILED)
        return decided and self.equal_length is not None and not self.equal_length.raw_agrees

    @property
    def open(self) -> bool:
        """True if more data could decide: the number is ok, and the threshold lies in its interval."""
        limit = self.rule.threshold
        lower = [estimate.lower for estimate in (self.estimate, self.pessimistic) if estimate.lower is not None]
        upper = [estimate.upper for estimate in (self.estimate, self.optimistic) if estimate.upper is not None]
        inside = bool(lower and upper) and min(lower) < limit <= max(upper)
        return self.estimate.status == OK and inside and not self._without_end

    @property
    def _without_end(self) -> bool:
        """True if the threshold lies within the part of the interval that more instructions do not make smaller."""
        rests, value = self.equal_length, self.estimate.value
        if rests is None or value is None:
            return False
        reach = normal_quantile((1 + self.rule.confidence) / 2) * rests.beyond_sampling
        return abs(value - self.rule.threshold) <= reach

    @property
    def error_rate(self) -> float:
        """The largest probability that a model at the threshold passes; it is also the largest that the model fails."""
        confidence = self.rule.confidence if self.spent is None else self.spent.confidence
        return (1 - confidence) / 2
