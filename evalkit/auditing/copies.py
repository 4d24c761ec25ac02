"""Finds answers that are the baseline's: its own to an instruction, or the one that it gave to another."""

from collections import defaultdict

from evalkit.auditing.checks import Bounds, Check, share_check, skipped, told
from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.words import folded
from evalkit.types import OutputSet

COPIED, COPIED_ELSEWHERE = "copied", "copied_elsewhere"

# two models may well give the same answer to different questions as long as it is short
_LEAST_CHARS = 40


def copy_checks(candidate: OutputSet, baseline: OutputSet | None, limits: AuditLimits) -> list[Check]:
    """Both checks; a model that is the baseline itself is not a copy."""
    own, elsewhere = Bounds(warn=limits.max_copied), Bounds(fail=limits.max_copied_elsewhere, warn=limits.warn_share)
    reason = "no baseline" if baseline is None else ""
    if baseline is not None and candidate.model == baseline.model:
        reason = "this is the baseline"
    rows = [(output.key, folded(output.text)) for output in candidate.outputs if output.text.strip()]
    if not reason and len(rows) < limits.min_outputs:
        reason = f"{len(rows)} answers, at least {limits.min_outputs} needed"
    if reason or baseline is None:
        return [skipped(COPIED, own, reason), skipped(COPIED_ELSEWHERE, elsewhere, reason)]
    keys_of: dict[str, set[str]] = defaultdict(set)
    for output in baseline.outputs:
        keys_of[folded(output.text)].add(output.key)
    copied = [key for key, text in rows if key in keys_of.get(text, ())]
    taken = [key for key, text in rows if len(text) >= _LEAST_CHARS and key not in keys_of.get(text, {key})]
    n = len(rows)
    says = told(len(copied), n, "is the baseline's own", "are the baseline's own")
    if len(copied) == n:
        says = f"all {n} answers are the baseline's own: by definition worth 50 %"
    return [
        share_check(COPIED, copied, n, bounds=own, says=says),
        share_check(
            COPIED_ELSEWHERE,
            taken,
            n,
            bounds=elsewhere,
            says=told(
                len(taken), n, "is the baseline's to another instruction", "are the baseline's to other instructions"
            ),
        ),
    ]
