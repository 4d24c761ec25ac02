"""Write the decision of a gate in a few lines, in prose with every number, and as plain values."""

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from evalkit.boards import known_line
from evalkit.gating import LEAST_CORRELATION, Decision, Discounted, EqualLength
from evalkit.reporting.known_judge import known_document
from evalkit.reporting.reasons import brief_words, status_words, with_words
from evalkit.text import chosen, distinct, estimate_numbers, interval, level, percent, printable, shortened, stored
from evalkit.types import OK, Audit, Estimate

_LONGEST = 500


def gate_text(decision: Decision) -> str:
    """Return lines for a terminal: the outcome with its number, the sample and the judge, what is known of the judge,
    and the reasons.
    """
    rule = decision.rule
    lines = [
        f"{verdict(decision)}: {subject(decision)}, {measured(decision)}; asked: {asked_for(decision)}",
        f"n {decision.n} (at least {rule.min_n}), coverage {percent(100 * decision.coverage)} % "
        f"(at least {level(rule.min_coverage)}), judge {line(judged_by(decision))}",
        *(f"people: {told}" for told in people(decision)),
        f"why: {why(decision)}",
    ]
    return "\n".join(lines) + "\n"


def gate_explanation(decision: Decision, *, digests: bool = True) -> str:
    """Return the decision as sentences, one a line, with every number that the gate used, and digests if wanted."""
    return "\n".join(_sentences(decision, digests=digests)) + "\n"


def gate_document(decision: Decision) -> dict[str, Any]:
    """Return the decision as values for JSON: percentages, or points under `against`, and None for a missing number."""
    rule, spent = decision.rule, decision.spent
    return {
        "outcome": decision.outcome.value,
        "model": decision.model,
        "baseline": decision.baseline,
        "benchmark": decision.benchmark,
        "judge": decision.judge,
        "judge_digest": decision.digest,
        "judge_is": None if decision.nature is None else decision.nature.words,
        "toy_judge": decision.nature is not None and decision.nature.toy,
        "metric": rule.metric.name,
        "minimum": rule.minimum,
        "against": rule.against,
        "margin": None if rule.against is None else rule.margin,
        "threshold": rule.threshold,
        "confidence": rule.confidence,
        "error_rate": stored(decision.error_rate),
        **_estimate(decision.estimate),
        "pessimistic": _estimate(decision.pessimistic),
        "optimistic": _estimate(decision.optimistic),
        "win_rate": _estimate(decision.win_rate),
        "n": decision.n,
        "min_n": rule.min_n,
        "n_missing": decision.n_missing,
        "coverage": stored(decision.coverage),
        "min_coverage": rule.min_coverage,
        "allow_refusals": rule.allow_refusals,
        "min_agreement": rule.min_agreement,
        "known_judge": None if decision.known is None else known_document(decision.known),
        "equal_length": None if decision.equal_length is None else _equal_length_document(decision.equal_length),
        "at_equal_length_only": decision.at_equal_length_only,
        "discounted": [_discounted_document(one) for one in decision.discounted],
        "reasons": list(decision.reasons),
        "notes": list(decision.notes),
        "audit": None if decision.audit is None else _audit_document(decision.audit),
        "spent": None if spent is None else asdict(spent),
        "sha256": decision.sha256,
    }


def gate_json(decision: Decision) -> str:
    return json.dumps(gate_document(decision), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def verdict(decision: Decision) -> str:
    """Return the outcome as the first line of the text names it."""
    return f"{decision.outcome.value.upper()}{only(decision)}"


def only(decision: Decision) -> str:
    """Return the words that follow an outcome that holds at equal length only, or an empty text."""
    return " at equal length only" if decision.at_equal_length_only else ""


def subject(decision: Decision) -> str:
    """Return the models that the number is about.

    It is `model against baseline`, `model minus other` for a difference, or the model alone if it was graded.
    """
    if decision.rule.against is not None:
        return f"{line(decision.model)} minus {line(decision.rule.against)}"
    return f"{line(decision.model)} against {line(decision.baseline)}" if decision.baseline else line(decision.model)


def measured(decision: Decision) -> str:
    """Return the metric with its interval, or the reason why there is no number."""
    estimate, limit = decision.estimate, decision.rule.threshold
    name = decision.rule.metric.title
    if estimate.value is None:
        return f"{name} not estimable ({line(brief_words(estimate.status.reason, number=name))})"
    unit = "" if decision.rule.against is None else " points"
    status = "" if estimate.status == OK else f" {estimate.status.kind.value}"
    return f"{name} {_beside(estimate, limit)}{unit}{status}"


def asked_for(decision: Decision) -> str:
    """Return the threshold in words."""
    rule = decision.rule
    if rule.against is None:
        return f"at least {chosen(rule.threshold)}"
    return f"at most {chosen(rule.margin)} points behind"


def raw_name(decision: Decision) -> str:
    """Return the name of the raw number beside the metric."""
    if decision.rule.metric.graded:
        return "raw score" if decision.rule.against is None else "raw difference of the score"
    return "raw win rate" if decision.rule.against is None else "raw difference of the win rate"


def judged_by(decision: Decision) -> str:
    """Return the judge's name with what the judge is, where that is known."""
    return decision.judge if decision.nature is None else f"{decision.judge} ({decision.nature.words})"


def people(decision: Decision) -> list[str]:
    """Return the line on the judge's agreement with people, and what the rule asks of it; none if nothing is said."""
    least = decision.rule.min_agreement
    asked = "" if least is None else f" (at least {chosen(least)} of 100 asked)"
    if decision.known is not None:
        return [printable(f"{known_line(decision.known)}{asked}")]
    return [f"no store was asked what is known of the judge{asked}"] if asked else []


def why(decision: Decision) -> str:
    """Return the reasons; the reason that decided comes first."""
    name = decision.rule.metric.title
    return "; ".join(line(with_words(reason, number=name)) for reason in decision.reasons) or decision.outcome.value


def line(text: str) -> str:
    """Make text from outside safe as part of a line: a terminal shows it, and a CI runner takes no command from it."""
    return shortened(printable(text), _LONGEST)


def check_name(check: str) -> str:
    """Return the name of an audit's check as the audit's table has it."""
    return line(check.replace("_", " "))


def _sentences(decision: Decision, *, digests: bool) -> list[str]:
    digest = f", digest {line(decision.digest) or 'unknown'}" if digests else ""
    return [
        f"The {_decider(decision)} says {decision.outcome.value.upper()}: {why(decision)}.",
        _measurement(decision),
        _demand(decision),
        *_missing(decision),
        f"The sample has n {decision.n}, of at least {decision.rule.min_n}.",
        f"The {raw_name(decision)} is {_plain(decision.win_rate)}.",
        f"The judge is {line(judged_by(decision))}{digest}; the baseline is "
        f"{line(decision.baseline) or 'none'}, the benchmark {line(decision.benchmark)}.",
        *(f"{told[:1].upper()}{told[1:]}." for told in people(decision)),
        *_audited(decision.audit),
        *_rests(decision),
        *_error_rates(decision),
        *_savings(decision),
        *(f"Note: {line(note)}." for note in dict.fromkeys((*decision.estimate.notes, *decision.notes))),
        *([f"The numbers have the sha256 {line(decision.sha256)}."] if digests and decision.sha256 else []),
    ]


def _decider(decision: Decision) -> str:
    return "gate" if decision.rule.name is None else "rule"


def _measurement(decision: Decision) -> str:
    estimate, rule = decision.estimate, decision.rule
    what = rule.metric.title if rule.against is None else f"paired difference of the {rule.metric.title}"
    head = f"Measured for {subject(decision)} was the {what}"
    if estimate.value is None:
        return f"{head}, and it was refused: {line(brief_words(estimate.status.reason, number=rule.metric.title))}."
    unit = "percent" if rule.against is None else "points"
    unit = "on the scale of the grades" if rule.metric.graded else unit
    return (
        f"{head}: {distinct(estimate.value, rule.threshold)} {unit}, {level(rule.confidence)} interval "
        f"{_range(estimate, rule.threshold)}, standard error {percent(estimate.stderr)}, n {estimate.n}, "
        f"status {line(status_words(estimate.status, number=rule.metric.title))}."
    )


def _demand(decision: Decision) -> str:
    rule = decision.rule
    limit = rule.threshold
    told = f"a minimum of {chosen(limit)}" if rule.against is None else f"a margin of {chosen(rule.margin)} points"
    lower = _end(min, decision.estimate.lower, decision.pessimistic.lower)
    upper = _end(max, decision.estimate.upper, decision.optimistic.upper)
    ends = f"These ends are {distinct(lower, limit)} and {distinct(upper, limit)}"
    if lower is None and upper is None:
        ends = "There is no such interval"
    return (
        f"Asked was {told}. The {_decider(decision)} passes when the lower end of the interval, with every missing "
        f"verdict against the candidate, is at or above {chosen(limit)}, and fails when the upper end, with every "
        f"missing verdict for it, is below. {ends}."
    )


def _end(choose: Callable[[float, float], float], end: float | None, other: float | None) -> float | None:
    return None if end is None or other is None else choose(end, other)


def _missing(decision: Decision) -> list[str]:
    total = decision.n + decision.n_missing
    lines = [
        f"Without a verdict are {decision.n_missing} of {total} instructions: coverage "
        f"{percent(100 * decision.coverage)} %, of at least {level(decision.rule.min_coverage)}."
    ]
    if decision.n_missing and decision.estimate.value is not None:
        lines.append(
            f"Were all of these against the candidate, the number would be {_plain(decision.pessimistic)}; "
            f"were all for it, {_plain(decision.optimistic)}."
        )
    return lines


def _audited(audit: Audit | None) -> list[str]:
    if audit is None:
        return ["The outputs were not audited."]
    checks = ", ".join(map(check_name, audit.checks)) or "none"
    found = f"{len(audit.failures)} refuse the outputs, {len(audit.warnings)} warn"
    return [
        f"The audit of {audit.n} outputs made {len(audit.checks)} checks ({checks}): {found}.",
        *(
            f"Audit, {check_name(finding.check)} "
            f"({finding.severity.value}, {finding.count} of {finding.n}): {line(finding.reason)}."
            for finding in audit.findings
        ),
    ]


def _rests(decision: Decision) -> list[str]:
    """Return sentences on a number at equal length: its errors by source, and the correlation that would change it."""
    rests = decision.equal_length
    if rests is None:
        return []
    lines = []
    if (parts := rests.parts) is not None:
        lines.append(
            f"Standard errors by source, in points: sampling {percent(parts.sampling)}, what other models taught "
            f"{percent(parts.history)}, the shape of the length effect {percent(parts.form)}, length that stands for "
            f"difficulty {percent(parts.confounding)}; more instructions make only the first smaller."
        )
    if rests.own_history or rests.correlation is None:
        return lines
    if rests.correlation == 0.0:
        return [*lines, "The interval holds the threshold, so that there is no conclusion to change."]
    # a correlation cannot be above 1
    if rests.correlation > 1.0:
        return [*lines, "No correlation between length and difficulty would change the conclusion."]
    return [
        *lines,
        f"A correlation of {rests.correlation:.2f} between length and difficulty would change the conclusion; without "
        f"a history of this judge, a gate passes only if that correlation is {LEAST_CORRELATION:g} or more.",
    ]


def _error_rates(decision: Decision) -> list[str]:
    """Return the sentence on the error rates of the only rule of a gate; those of several are the whole gate's."""
    if decision.rule.name is not None:
        return []
    side = level(decision.error_rate)
    form = "" if decision.rule.metric.held is None else " and the form of the regression is right"
    return [
        f"Error rates: if the instructions are drawn independently{form}, a model exactly at the threshold passes in "
        f"at most about {side} of such runs, and fails in at most about {side}; a worse model passes more rarely, and "
        "a better model fails more rarely."
    ]


def _savings(decision: Decision) -> list[str]:
    spent = decision.spent
    if spent is None:
        return []
    looks = "1 look" if spent.looks == 1 else f"{spent.looks} looks"
    saved = 1 - spent.instructions / spent.of if spent.of else 0.0
    return [
        f"Judged in batches: {spent.instructions} of {spent.of} instructions in {looks}, "
        f"{percent(100 * saved)} % saved. All looks together hold at {level(spent.confidence)}, and so do the error "
        "rates; the interval is that of the last look, which has to be surer by itself."
    ]


def _beside(estimate: Estimate, limit: float) -> str:
    return f"{distinct(estimate.value, limit)} {_range(estimate, limit)}"


def _range(estimate: Estimate, limit: float) -> str:
    if estimate.lower is None:
        return "without an interval"
    return f"[{distinct(estimate.lower, limit)}, {distinct(estimate.upper, limit)}]"


def _plain(estimate: Estimate) -> str:
    if estimate.value is None:
        return f"not estimable: {line(brief_words(estimate.status.reason))}"
    return f"{percent(estimate.value)} {interval(estimate)}"


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {**estimate_numbers(estimate), "status": str(estimate.status)}


def _equal_length_document(rests: EqualLength) -> dict[str, Any]:
    correlation = rests.correlation
    return {
        "own_history": rests.own_history,
        # JSON has no infinity, which says here that no correlation would change the conclusion
        "correlation": None if correlation is None or math.isinf(correlation) else stored(correlation),
        "raw_agrees": rests.raw_agrees,
        "errors": None if rests.parts is None else {name: stored(error) for name, error in asdict(rests.parts).items()},
        "slope_deviation": stored(rests.deviation),
    }


def _discounted_document(discounted: Discounted) -> dict[str, Any]:
    return {
        "checks": list(discounted.checks),
        "count": discounted.counted,
        "others": discounted.others,
        "lower": stored(discounted.floor),
        "upper": stored(discounted.ceiling),
    }


def _audit_document(audit: Audit) -> dict[str, Any]:
    return {
        "n": audit.n,
        "checks": list(audit.checks),
        "findings": [
            {
                "check": finding.check,
                "severity": finding.severity.value,
                "reason": finding.reason,
                "count": finding.count,
                "n": finding.n,
                "keys": list(finding.keys),
            }
            for finding in audit.findings
        ],
    }
