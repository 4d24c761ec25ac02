"""One check of an audit, with what it found and the limit beyond which it fails."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.types import Finding, Severity

# the number of instructions that a finding names
KEYS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of an audit: `value` is a share from 0 to 1, or the probability of `relevance`; it is None where the
    check could not be made, and `skipped` says why. Beyond `limit` the outputs are refused or, where `fails` is not
    set, there is a warning.
    """

    name: str
    value: float | None
    limit: float
    fails: bool = True
    finding: Finding | None = None
    skipped: str = ""


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
        if self.fail is not None and share > self.fail:
            return Severity.FAIL
        return Severity.WARN if self.warn is not None and share > self.warn else None


def told(count: int, n: int, one: str, several: str) -> str:
    """The count of answers with what is said of them: `1 of 9 answers is empty`, `2 of 9 answers are empty`."""
    return f"{count} of {n} answers {one if count == 1 else several}"


def skipped(name: str, bounds: Bounds, reason: str) -> Check:
    return Check(name=name, value=None, limit=bounds.limit, fails=bounds.fail is not None, skipped=reason)


def share_check(name: str, keys: Sequence[str], n: int, *, bounds: Bounds, says: str, usual: float = 0.0) -> Check:
    """Check whether too many of `n` answers, those to `keys`, have the fault that `says` describes.

    Args:
        usual: the expected share, which is subtracted.
    """
    share = max(0.0, len(keys) / n - usual)
    severity = bounds.severity(share)
    return Check(
        name=name,
        value=share,
        limit=bounds.limit,
        fails=bounds.fail is not None,
        finding=None if severity is None else Finding(name, severity, says, len(keys), n, tuple(keys[:KEYS])),
    )
