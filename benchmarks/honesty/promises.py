"""The promise of each kind of cell: the limits that its measured rates must keep."""

import math
from dataclasses import dataclass
from enum import Enum

from benchmarks.honesty.measures import Figure, Group

# a measure may exceed a limit by up to this many Monte Carlo standard errors
_FORGIVEN = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Limits in percent.

    The coverage of `ok` rows must lie from `coverage` to `at_most`. Further limits are for passes and fails of a gate
    whose threshold is the true value, for the rows of balanced models that are not ok, and for the coverage of paired
    differences. Where at least `unless_refused` percent of the rows are not ok, no other limit applies.
    """

    coverage: float
    at_most: float = 100.0
    passes: float = 5.0
    fails: float = 100.0
    refused: float = 100.0
    pairs: float = 0.0
    unless_refused: float | None = None


class Kind(Enum):
    """The kinds of cells.

    `calibrated` cells resemble the real boards. In cells of the `own` form the estimator's assumptions hold. `rare`
    cells have raw rates near 0 or 100 %. In `sequential` cells a gate looks often. An adversarial cell `may_refuse`.
    """

    CALIBRATED = Promise(coverage=92.0, refused=20.0, pairs=93.0)
    OWN = Promise(coverage=93.0, at_most=97.0, refused=20.0, pairs=93.0)
    RARE = Promise(coverage=93.0)
    SEQUENTIAL = Promise(coverage=0.0, passes=2.5, fails=2.5)
    ADVERSARIAL = Promise(coverage=90.0, unless_refused=90.0)


class Verdict(Enum):
    """The verdict on a line; a cell `beyond` what is promised may fail, and is still shown as failed."""

    HOLDS = "holds"
    FAILS = "fails"
    BEYOND = "fails (beyond)"


@dataclass(frozen=True, slots=True)
class Limit:
    """The percentages between which a measure of a group of rows must lie."""

    measure: str
    at_least: float = 0.0
    at_most: float = 100.0

    def figure(self, group: Group) -> Figure:
        found: Figure = getattr(group, self.measure)
        return found

    def broken_by(self, figure: Figure) -> bool:
        return figure.below(self.at_least, _FORGIVEN) or figure.above(self.at_most, _FORGIVEN)

    def excess(self, value: float) -> float:
        """The points by which a value lies beyond the limit; negative within it."""
        below = self.at_least - value if self.at_least > 0 else -math.inf
        above = value - self.at_most if self.at_most < 100 else -math.inf
        return max(below, above)


def verdict(group: Group, kind: Kind, *, beyond: bool) -> Verdict:
    found = broken(group, kind)
    if not found:
        return Verdict.HOLDS
    return Verdict.BEYOND if beyond else Verdict.FAILS


def broken(group: Group, kind: Kind) -> tuple[str, ...]:
    """The names of the measures in which a group of rows breaks the promise of its kind."""
    return tuple(limit.measure for limit in limits_on(group, kind) if limit.broken_by(limit.figure(group)))


def limits_on(group: Group, kind: Kind) -> tuple[Limit, ...]:
    """The limits of a kind that apply to a group of rows."""
    promise = kind.value
    if promise.unless_refused is not None and (group.refused.value or 0.0) >= promise.unless_refused:
        return ()
    return tuple(one for one in limits(kind) if one.measure != "refused" or group.stratum == "balanced")


def limits(kind: Kind) -> tuple[Limit, ...]:
    """The limits of a kind that a percentage can exceed."""
    promise = kind.value
    found = (
        Limit("coverage", promise.coverage, promise.at_most),
        Limit("passes", at_most=promise.passes),
        Limit("fails", at_most=promise.fails),
        Limit("refused", at_most=promise.refused),
        Limit("pairs", at_least=promise.pairs),
    )
    return tuple(one for one in found if one.at_least > 0 or one.at_most < 100)
