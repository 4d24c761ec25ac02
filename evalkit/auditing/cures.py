"""Names the limit to move where a check does not suit a set of outputs, and the checks whose warnings a gate obeys."""

from collections.abc import Mapping, Sequence

from evalkit.auditing.checks import Check
from evalkit.auditing.content import HOLLOW, OFF_TOPIC, UNORDERED
from evalkit.auditing.copies import COPIED, COPIED_ELSEWHERE, DISGUISED, NEARLY_COPIED
from evalkit.auditing.directed import DIRECTED
from evalkit.errors import AuditFailed
from evalkit.types import Audit, Discount, Finding, Severity

MANIPULATED = "manipulated"

# check -> the limit that lets everything pass
_LIMITS = {
    "distinct": "min-distinct=0",
    "near_duplicates": "max-near-duplicates=1",
    COPIED: "max-copied=1",
    DISGUISED: "max-disguised=1",
    NEARLY_COPIED: "max-nearly-copied=1",
    COPIED_ELSEWHERE: "max-copied-elsewhere=1",
    "relevance": "max-relevance-p=1",
    OFF_TOPIC: "max-off-topic=1",
    HOLLOW: "max-hollow=1",
    UNORDERED: "max-unordered=1",
    **dict.fromkeys(DIRECTED, "max-directed=1"),
    "hidden_text": "max-hidden=1",
    "padded": "max-padded=1",
    "empty": "max-empty=1",
    "truncated": "max-truncated=1",
    "one_length": "max-one-length=1",
    "oversized": "max-oversized=1",
    MANIPULATED: "max-manipulated=1",
}
# warnings that let a gate pass: exact copies are ties by rule, the gate counts answers that are nearly the baseline's
# as ties, and long or empty answers win nothing by themselves
_HARMLESS = frozenset({COPIED, NEARLY_COPIED, "oversized", "empty"})
# how much of a win an answer may be worth at least, whatever the judge says
_LOSS, _TIE = 0.0, 0.5


def cure(finding: Finding) -> str:
    """The option with which a finding is accepted, as one writes it on a command line."""
    return f"--audit-limit {_LIMITS.get(finding.check, 'NAME=VALUE')}"


def doubtful(audit: Audit) -> list[Finding]:
    """The warnings with which no gate passes a model, but for refusals, which the gate decides on itself."""
    return [finding for finding in audit.warnings if _doubtful(finding)]


def _doubtful(finding: Finding) -> bool:
    return finding.check in _LIMITS.keys() - _HARMLESS


def discounts_of(checks: Sequence[Check]) -> tuple[Discount, ...]:
    """The answers that a gate does not take at the judge's word alone, one discount a warning that it decides on."""
    exact = next((check.faults for check in checks if check.name == COPIED), frozenset[str]())
    found = []
    for check in checks:
        if check.finding is None or check.finding.severity != Severity.WARN:
            continue
        if check.name == NEARLY_COPIED:
            found.append(Discount(check.name, _TIE, tuple(sorted(check.faults | exact))))
        elif _doubtful(check.finding):
            worth = _TIE if check.name == DISGUISED else _LOSS
            found.append(Discount(check.name, worth, tuple(sorted(check.faults))))
    return tuple(found)


def require_passed(audits: Mapping[str, Audit | None]) -> None:
    """Raise where a model's outputs were refused.

    Raises:
        AuditFailed: an audit failed; the message has every reason of the first one.
    """
    failed = [(model, audit) for model, audit in audits.items() if audit is not None and audit.failures]
    if not failed:
        return
    model, audit = failed[0]
    reasons = "; ".join(finding.reason for finding in audit.failures)
    others = f" {len(failed) - 1} more failed too." if len(failed) > 1 else ""
    moved = " ".join(dict.fromkeys(map(cure, audit.failures)))
    raise AuditFailed(
        f"{model}: audit failed: {reasons}.{others} Mend the outputs, or move a limit that does not suit them with "
        f"{moved}"
    )
