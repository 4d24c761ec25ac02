"""Audits the lengths of answers whose texts are not known."""

from collections.abc import Sequence

from evalkit.types import Audit, Finding, Severity

LENGTHS = "lengths"

_LEAST_ANSWERS = 30
# answers of a word or a number may well be equally long
_LEAST_CHARS = 20


def audit_lengths(chars: Sequence[int]) -> Audit:
    """Fail answers that are all of one length: most likely one text to all instructions."""
    n = len(chars)
    if n < _LEAST_ANSWERS or sum(chars) < _LEAST_CHARS * n:
        return Audit(n, ())
    if len(set(chars)) > 1:
        return Audit(n, (LENGTHS,))
    reason = f"{n} answers of one length, {chars[0]} characters"
    return Audit(n, (LENGTHS,), (Finding(LENGTHS, Severity.FAIL, reason, n, n),))
