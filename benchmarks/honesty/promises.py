"""The promise of each kind of cell: the limits that its measured rates must keep."""

from dataclasses import dataclass
from enum import Enum

from benchmarks.honesty.measures import Group

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


def verdict(group: Group, kind: Kind, *, beyond: bool) -> Verdict:
    found = broken(group, kind)
    if not found:
        return Verdict.HOLDS
    return Verdict.BEYOND if beyond else Verdict.FAILS


def broken(group: Group, kind: Kind) -> tuple[str, ...]:
    """The names of the measures in which a group of rows breaks the promise of its kind."""
    promise = kind.value
    if promise.unless_refused is not None and (group.refused.value or 0.0) >= promise.unless_refused:
        return ()
    found = []
    if group.coverage.below(promise.coverage, _FORGIVEN) or group.coverage.above(promise.at_most, _FORGIVEN):
        found.append("coverage")
    if group.passes.above(promise.passes, _FORGIVEN):
        found.append("passes")
    if group.fails.above(promise.fails, _FORGIVEN):
        found.append("fails")
    if group.stratum == "balanced" and group.refused.above(promise.refused, _FORGIVEN):
        found.append("refused")
    if group.pairs.below(promise.pairs, _FORGIVEN):
        found.append("pairs")
    return tuple(found)
