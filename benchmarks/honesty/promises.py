"""What each kind of cell must show."""

from dataclasses import dataclass
from enum import Enum

from benchmarks.honesty.measures import Group

# so many Monte-Carlo errors beyond a limit are forgiven
_FORGIVEN = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """In percent: coverage of `ok` rows from `coverage` to `at_most`; passes and fails of a gate at the truth; rows
    that are not ok, of balanced models; coverage of paired differences. Where at least `unless_refused` of the rows are
    not ok, nothing else is asked.
    """

    coverage: float
    at_most: float = 100.0
    passes: float = 5.0
    fails: float = 100.0
    refused: float = 100.0
    pairs: float = 0.0
    unless_refused: float | None = None


class Kind(Enum):
    """`calibrated` is like the real boards, under `own` form the estimator's assumptions hold, `rare` are raw rates
    near an edge, `sequential` gates look often, and an adversarial cell `may_refuse`.
    """

    CALIBRATED = Promise(coverage=92.0, refused=20.0, pairs=93.0)
    OWN = Promise(coverage=93.0, at_most=97.0, refused=20.0, pairs=93.0)
    RARE = Promise(coverage=93.0)
    SEQUENTIAL = Promise(coverage=0.0, passes=2.5, fails=2.5)
    ADVERSARIAL = Promise(coverage=90.0, unless_refused=90.0)


class Verdict(Enum):
    """A cell `beyond` what is promised may fail and is shown as failed all the same."""

    HOLDS = "holds"
    FAILS = "fails"
    BEYOND = "fails (beyond)"


def verdict(group: Group, kind: Kind, *, beyond: bool) -> Verdict:
    found = broken(group, kind)
    if not found:
        return Verdict.HOLDS
    return Verdict.BEYOND if beyond else Verdict.FAILS


def broken(group: Group, kind: Kind) -> tuple[str, ...]:
    """The measures in which a group of rows breaks the promise."""
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
