"""Write a gate's decision for CI: JUnit XML, a job summary, a badge and an annotation of the workflow."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from xml.etree import ElementTree as Xml

from evalkit.gating import Decision, Outcome, people_doubt
from evalkit.reporting.ci_text import annotation, code_block, code_span, junit_document, xml_text
from evalkit.reporting.gate import (
    asked_for,
    check_name,
    gate_explanation,
    judged_by,
    line,
    measured,
    only,
    people,
    raw_name,
    subject,
    why,
)
from evalkit.reporting.reasons import status_words
from evalkit.text import chosen, interval, level, percent, plural, short_interval
from evalkit.types import StatusKind

COLORS = {
    Outcome.PASSED: "brightgreen",
    Outcome.FAILED: "red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.NOT_ESTIMABLE: "yellow",
    Outcome.INCOMPLETE: "lightgrey",
    Outcome.AUDIT_FAILED: "orange",
}
LEVELS = {Outcome.PASSED: "notice", Outcome.INCONCLUSIVE: "warning"}


class State(Enum):
    """The state of a condition; the values are the names of JUnit's elements."""

    MET = "met"
    NOT_MET = "failure"
    IN_THE_WAY = "error"
    UNASKED = "skipped"


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a gate asks, which a test case shows; `detail` says how it stands."""

    name: str
    state: State
    detail: str


def gate_junit(decision: Decision) -> str:
    """Return JUnit XML with a test case for each condition of the gate.

    A failure is a measured regression or outputs that an audit refuses. An error is a condition that prevents a
    measurement. A skipped case is a condition that was not checked because of an earlier one.
    """
    return junit_of(decision.model, _properties(decision), _conditions(decision), told=gate_explanation(decision))


def junit_of(model: str, properties: Mapping[str, str], conditions: Sequence[Condition], *, told: str) -> str:
    """Return JUnit XML of a gate on a model, with a test case for each condition; `told` are its words about itself."""
    counts = {state: sum(condition.state == state for condition in conditions) for state in State}
    suite = Xml.Element(
        "testsuite",
        name=xml_text(f"evalkit gate {line(model)}"),
        tests=str(len(conditions)),
        failures=str(counts[State.NOT_MET]),
        errors=str(counts[State.IN_THE_WAY]),
        skipped=str(counts[State.UNASKED]),
    )
    shown = Xml.SubElement(suite, "properties")
    for name, value in properties.items():
        Xml.SubElement(shown, "property", name=xml_text(name), value=xml_text(value))
    for condition in conditions:
        case = Xml.SubElement(
            suite, "testcase", classname=xml_text(f"gate {line(model)}"), name=xml_text(condition.name)
        )
        if condition.state == State.MET:
            Xml.SubElement(case, "system-out").text = xml_text(condition.detail)
        else:
            Xml.SubElement(case, condition.state.value, message=xml_text(condition.detail))
    Xml.SubElement(suite, "system-out").text = xml_text(told)
    return junit_document(suite)


def gate_summary(decision: Decision) -> str:
    """Return Markdown for a job's page; names are in code spans, so that none becomes a link, a mention or a tag."""
    rule = decision.rule
    rows = {
        "number": measured(decision) if decision.estimate.value is not None else "not estimable",
        "asked": f"{asked_for(decision)}, at {level(rule.confidence)} confidence",
        "n": f"{decision.n}, at least {rule.min_n}",
        "coverage": f"{percent(100 * decision.coverage)} %, at least {level(rule.min_coverage)}",
        raw_name(decision): f"{percent(decision.win_rate.value)} {interval(decision.win_rate)}",
        "model": code_span(decision.model),
        **({} if rule.against is None else {"against": code_span(rule.against)}),
        **({"baseline": code_span(decision.baseline)} if decision.baseline else {}),
        # verdicts from tables and files have no digest, and an empty span of code would show as two backticks
        "judge": " ".join(code_span(text) for text in (decision.judge, decision.digest) if text),
        **_judge_is(decision),
        **({"people": code_span("; ".join(told))} if (told := people(decision)) else {}),
    }
    table = ["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows.items())]
    told = [f"why: {why(decision)}", *(f"note: {line(note)}" for note in decision.notes)]
    return "\n".join(
        [
            f"### evalkit gate: {decision.outcome.value}{only(decision)}",
            "",
            *table,
            "",
            *code_block("\n".join(told)),
            "",
            "<details><summary>Every number that was used</summary>",
            "",
            *code_block(gate_explanation(decision)),
            "",
            "</details>",
            "",
        ]
    )


def gate_badge(decision: Decision) -> str:
    """Return JSON for the endpoint badge of shields.io."""
    shown = decision.outcome in {Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE}
    what = decision.rule.metric.title + ("" if decision.rule.against is None else " difference")
    toy = "toy " if decision.nature is not None and decision.nature.toy else ""
    message = short_interval(decision.estimate) if shown else decision.outcome.value
    if (doubt := people_doubt(decision)) is not None and doubt in decision.reasons:
        message = f"{message}, {decision.outcome.value}: {line(doubt)}"
    return badge_of(f"{what}, {toy}judge {line(decision.judge)}", message, COLORS[decision.outcome])


def badge_of(label: str, message: str, color: str) -> str:
    """Return the JSON of a badge; shields.io refuses any other field."""
    document = {"schemaVersion": 1, "label": label, "message": message, "color": color}
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def gate_annotation(decision: Decision) -> str:
    """Return a one-line command of GitHub's workflow log, which shows the decision beside the change."""
    kind = LEVELS.get(decision.outcome, "error")
    return annotation(kind, f"evalkit gate {decision.outcome.value}", f"{subject(decision)}: {_bound_line(decision)}")


def _bound_line(decision: Decision) -> str:
    asked = f"{measured(decision)}; asked: {asked_for(decision)}"
    return f"{asked}. {why(decision)}. Judge: {line(judged_by(decision))}"


def _conditions(decision: Decision) -> list[Condition]:
    audit, *rest = _audit(decision), _n(decision), _coverage(decision), _status(decision), *_agreement(decision)
    if audit.state == State.NOT_MET:
        # refused outputs are not judged, so that missing verdicts do not count as errors
        rest = [
            condition if condition.state == State.MET else replace(condition, state=State.UNASKED) for condition in rest
        ]
    found = [audit, *rest]
    stopped = any(condition.state in {State.NOT_MET, State.IN_THE_WAY} for condition in found)
    return [*found, _bound(decision, explained=stopped)]


def _audit(decision: Decision) -> Condition:
    audit = decision.audit
    if audit is None or not audit.checks:
        few = "" if audit is None else f": {audit.n} of them are too few"
        return Condition("audit", State.UNASKED, f"the outputs were not audited{few}")
    findings = "; ".join(
        f"{check_name(finding.check)}: {finding.reason}" for finding in (*audit.failures, *audit.warnings)
    )
    if audit.failures:
        return Condition("audit", State.NOT_MET, findings)
    checks = ", ".join(map(check_name, audit.checks))
    return Condition("audit", State.MET, findings or f"nothing found in {plural(audit.n, 'output')} by {checks}")


def _n(decision: Decision) -> Condition:
    # an estimate counts the turns of one conversation as one instruction
    n, least = min(decision.n, decision.estimate.n), decision.rule.min_n
    return Condition("n", State.MET if n >= least else State.IN_THE_WAY, f"n {n}, at least {least} asked")


def _coverage(decision: Decision) -> Condition:
    least = decision.rule.min_coverage
    state = State.MET if decision.coverage >= least else State.IN_THE_WAY
    detail = f"coverage {percent(100 * decision.coverage)} %, at least {level(least)} asked"
    return Condition("coverage", state, f"{detail}; {decision.n_missing} without a verdict")


def _status(decision: Decision) -> Condition:
    """Return the condition on the status.

    A degraded number can fail a model together with the raw number, and can never pass it.
    """
    status = decision.estimate.status
    usable = status.kind == StatusKind.OK or (
        status.kind == StatusKind.DEGRADED and decision.outcome in {Outcome.PASSED, Outcome.FAILED}
    )
    return Condition("status", State.MET if usable else State.IN_THE_WAY, status_words(status))


def _agreement(decision: Decision) -> list[Condition]:
    """Return the condition on the judge's agreement with people; none where the rule asks nothing of it."""
    if decision.rule.min_agreement is None:
        return []
    doubt = people_doubt(decision)
    detail = "; ".join(people(decision)) if doubt is None else doubt
    return [Condition("agreement with people", State.MET if doubt is None else State.IN_THE_WAY, detail)]


def _judge_is(decision: Decision) -> dict[str, str]:
    """Return the line on what the judge is; a toy stands out, because a green gate of it says nothing of quality."""
    if decision.nature is None:
        return {}
    if decision.nature.toy:
        return {"judge is": f"**{decision.nature.words}. It says nothing about how good the answers are**"}
    return {"judge is": code_span(decision.nature.words)}


def _bound(decision: Decision, *, explained: bool) -> Condition:
    """Return the condition on the threshold itself.

    If the gate stopped before the threshold, another condition must say so (`explained`); else this condition says so.
    """
    detail = _bound_line(decision)
    states = {Outcome.PASSED: State.MET, Outcome.FAILED: State.NOT_MET, Outcome.INCONCLUSIVE: State.IN_THE_WAY}
    rest = State.UNASKED if explained else State.IN_THE_WAY
    return Condition("bound", states.get(decision.outcome, rest), detail)


def _properties(decision: Decision) -> dict[str, str]:
    rule = decision.rule
    return {
        "outcome": decision.outcome.value,
        "model": decision.model,
        "baseline": decision.baseline,
        "benchmark": decision.benchmark,
        "judge": decision.judge,
        "judge_digest": decision.digest,
        "judge_is": "" if decision.nature is None else decision.nature.words,
        "min_agreement": "" if rule.min_agreement is None else chosen(rule.min_agreement),
        "known_judge": "; ".join(people(decision)),
        "metric": rule.metric.name,
        "value": percent(decision.estimate.value),
        "interval": interval(decision.estimate),
        "sha256": decision.sha256,
    }
