"""One check of an audit, with what it found and the limit beyond which it fails."""

import math
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from evalkit.stats import sign_test
from evalkit.types import Finding, Severity

# the number of instructions that a finding names
KEYS = 5
# significance level: of the models that have a fault as often as is usual, one in a hundred gets a finding
CHANCE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of an audit: `value` is a share from 0 to 1, or the probability of `relevance`; it is None where the
    check could not be made, and `skipped` says why. Beyond `limit` the outputs are refused or, where `fails` is not
    set, there is a warning. `faults` are the instructions whose answers have the fault, and the baseline's do not.
    """

    name: str
    value: float | None
    limit: float
    fails: bool = True
    finding: Finding | None = None
    skipped: str = ""
    faults: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Shares beyond which a check refuses the outputs, and beyond which it warns; None where it never does."""

    fail: float | None = None
    warn: float | None = None

    @property
    def limit(self) -> float:
        shown = self.warn if self.fail is None else self.fail
        assert shown is not None
        return shown

    def severity(self, share: float) -> Severity | None:
        # a limit of 1 lets everything pass, and then nothing is to be warned of either
        if self.fail is not None and self.fail >= 1:
            return None
        if self.fail is not None and share > self.fail:
            return Severity.FAIL
        return Severity.WARN if self.warn is not None and share > self.warn else None


def told(count: int, n: int, one: str, several: str) -> str:
    """The count of answers with what is said of them: `1 of 9 answers is empty`, `2 of 9 answers are empty`."""
    return f"{count} of {n} answers {one if count == 1 else several}"


def skipped(name: str, bounds: Bounds, reason: str) -> Check:
    return Check(name=name, value=None, limit=bounds.limit, fails=bounds.fail is not None, skipped=reason)


def share_check(
    name: str,
    keys: Sequence[str],
    n: int,
    *,
    bounds: Bounds,
    says: str,
    usual: float = 0.0,
    excused: Set[str] = frozenset(),
    by_chance: bool = False,
) -> Check:
    """Check whether too many of `n` answers, those to `keys`, have the fault that `says` describes.

    Args:
        usual: the expected share, which is subtracted.
        excused: the instructions to which the baseline's answers have the fault too.
        by_chance: whether so many may be chance, so that a finding would say nothing.
    """
    share = max(0.0, len(keys) / n - usual)
    severity = None if by_chance else bounds.severity(share)
    return Check(
        name=name,
        value=share,
        limit=bounds.limit,
        fails=bounds.fail is not None,
        finding=None if severity is None else Finding(name, severity, says, len(keys), n, tuple(keys[:KEYS])),
        faults=frozenset(keys) - excused,
    )


def paired_check(
    name: str,
    mine: Mapping[str, bool],
    theirs: Mapping[str, bool] | None,
    *,
    bounds: Bounds,
    says: Callable[[int, int], str],
) -> Check:
    """Check for a fault that instructions may cause: it counts as far as the baseline's answers have it less often.

    More of it than the baseline has must also be more than chance explains (McNemar's exact one-sided test).

    Args:
        mine: whether the model's answer to each instruction has the fault, by key.
        theirs: the same of the baseline; None without one, where nothing is subtracted.
        says: the finding, from the count of answers with the fault and from `n`.
    """
    beside = theirs or {}
    n = len(mine)
    keys = [key for key, has in mine.items() if has]
    alone = [key for key in keys if not beside.get(key, False)]
    usual = sum(beside.get(key, False) for key in mine)
    less = usual - len(keys) + len(alone)
    of_theirs = "" if theirs is None else f", {usual} of the baseline's"
    checked = share_check(
        name,
        keys,
        n,
        bounds=bounds,
        says=says(len(keys), n) + of_theirs,
        usual=usual / n,
        by_chance=sign_test(len(alone), less) >= CHANCE,
    )
    # where the instructions cause a fault, some answers have it on one side only by chance
    checked = replace(checked, faults=frozenset(alone[: max(0, len(alone) - less)]))
    if checked.finding is None:
        return checked
    return replace(checked, finding=replace(checked.finding, keys=tuple(alone[:KEYS])))


def more_than_chance(count: int, n: int, usual: float) -> bool:
    """True if so many of `n` would be rarer than one in a hundred where `usual` is the share to be expected."""
    logs = (
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(usual)
        + (n - k) * math.log1p(-usual)
        for k in range(count, n + 1)
    )  # fmt: skip
    return math.fsum(map(math.exp, logs)) < CHANCE
