"""Write an audit of outputs as a table and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.auditing import Check
from evalkit.reporting.tables import values_table
from evalkit.text import DECIMALS_STORED, plural, printable

_KEYS_SHOWN = 1


@dataclass(frozen=True, slots=True)
class Examined:
    """A model's `n` outputs with every check that was tried on them; `baseline` is None if there was no baseline."""

    model: str
    baseline: str | None
    n: int
    checks: tuple[Check, ...]


def examined_text(examined: Sequence[Examined]) -> str:
    return "\n".join(_model_text(audited) for audited in examined)


def examined_json(examined: Sequence[Examined]) -> str:
    documents = [
        {
            "model": audited.model,
            "baseline": audited.baseline,
            "n": audited.n,
            "passed": not any(_verdict(check) == "fail" for check in audited.checks),
            "checks": [_check_document(check) for check in audited.checks],
        }
        for audited in examined
    ]
    return json.dumps({"models": documents}, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _model_text(audited: Examined) -> str:
    verdicts = [_verdict(check) for check in audited.checks]
    against = "without a baseline" if audited.baseline is None else f"beside {audited.baseline}"
    said = "failed" if "fail" in verdicts else "passed"
    head = f"{audited.model}, {plural(audited.n, 'output')} {against}: audit {said}"
    table = values_table([_check_row(check) for check in audited.checks])
    findings = [check.finding for check in audited.checks if check.finding is not None]
    lines = [f"{finding.severity.value}: {finding.reason}" for finding in findings]
    return "\n".join([printable(head), *map(printable, lines), table.rstrip()]) + "\n"


def _verdict(check: Check) -> str:
    if check.skipped:
        return "skipped"
    return "ok" if check.finding is None else check.finding.severity.value


def _check_row(check: Check) -> dict[str, str]:
    finding = check.finding
    return {
        "check": check.name.replace("_", " "),
        "found": _value(check),
        "limit": _limit(check),
        "verdict": _verdict(check),
        "example": check.skipped if finding is None else ", ".join(finding.keys[:_KEYS_SHOWN]),
    }


def _value(check: Check) -> str:
    if check.value is None:
        return "-"
    return f"p {check.value:.3f}" if check.name == "relevance" else f"{100 * check.value:.1f} %"


def _limit(check: Check) -> str:
    limit = f"p {check.limit:g}" if check.name == "relevance" else f"{100 * check.limit:g} %"
    side = "at least" if check.name == "distinct" else "at most"
    over = " over baseline" if check.name in ("truncated", "declines") else ""
    return f"{side} {limit}{over}" + ("" if check.fails else ", warns")


def _check_document(check: Check) -> dict[str, Any]:
    finding = check.finding
    return {
        "check": check.name,
        "value": None if check.value is None else round(check.value, DECIMALS_STORED),
        "limit": check.limit,
        "fails": check.fails,
        "verdict": _verdict(check),
        "skipped": check.skipped or None,
        "reason": None if finding is None else finding.reason,
        "count": None if finding is None else finding.count,
        "n": None if finding is None else finding.n,
        "keys": [] if finding is None else list(finding.keys),
    }
