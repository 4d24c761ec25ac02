"""Write the decision of a gate with named rules for CI: JUnit XML, a job summary, a badge and annotations."""

from evalkit.gating import Decision, JointDecision, Outcome
from evalkit.reporting.ci_text import annotation, code_block, code_span
from evalkit.reporting.gate import asked_for, line, measured, only, subject, why
from evalkit.reporting.gate_ci import COLORS, LEVELS, Condition, State, badge_of, junit_of
from evalkit.reporting.gate_rules import (
    about,
    counted,
    error_sentences,
    headline,
    judges,
    kind,
    number,
    rules_explanation,
    rules_why,
)
from evalkit.reporting.reasons import status_words
from evalkit.text import level, short_interval, stored

_REFUSED = {Outcome.FAILED, Outcome.AUDIT_FAILED}


def rules_junit(joint: JointDecision) -> str:
    """Return JUnit XML with a test case for each rule.

    A failure is a required rule that fails or whose outputs an audit refuses, an error one that cannot tell. An
    informative rule that does not pass is skipped, because it must not turn a build red.
    """
    wrong_pass, wrong_fail, *_ = error_sentences(joint)
    properties = {
        "outcome": joint.outcome.value,
        "model": joint.deciding.model,
        "deciding": joint.deciding.rule.name or "",
        "confidence": level(joint.deciding.rule.confidence),
        "error_rate": str(stored(joint.error_rate)),
        "wrong_pass": wrong_pass,
        "wrong_fail": wrong_fail,
        "known_judge": "; ".join(judges(joint)),
    }
    conditions = [Condition(line(one.rule.name or ""), _state(one), _case(one)) for one in joint.decisions]
    return junit_of(joint.deciding.model, properties, conditions, told=rules_explanation(joint))


def rules_summary(joint: JointDecision) -> str:
    """Return Markdown for a job's page: a row for each rule, then the reasons and the errors that are held."""
    columns = ("rule", "", "outcome", "number", "n", "status", "asked", "benchmark", "judge")
    table = [
        f"| {' | '.join(columns)} |",
        f"|{' --- |' * len(columns)}",
        *(f"| {' | '.join(_cells(decision))} |" for decision in joint.decisions),
    ]
    told = [
        f"why: {rules_why(joint)}",
        *(f"{line(one.rule.name or '')}: {why(one)}" for one in joint.decisions),
        *judges(joint),
        *error_sentences(joint),
    ]
    return "\n".join(
        [
            f"### evalkit gate: {joint.outcome.value}",
            "",
            f"{code_span(joint.deciding.model)}: {counted(joint)}",
            "",
            *table,
            *_toys(joint),
            "",
            *code_block("\n".join(told)),
            "",
            "<details><summary>Every number that was used</summary>",
            "",
            *code_block(rules_explanation(joint)),
            "",
            "</details>",
            "",
        ]
    )


def rules_badge(joint: JointDecision) -> str:
    """Return JSON for the endpoint badge of shields.io: the outcome, and each rule with its number and reason."""
    toy = "toy judge, " if any(one.nature is not None and one.nature.toy for one in joint.decisions) else ""
    rules = "; ".join(
        f"{line(one.rule.name or '')} ({kind(one)}) {one.outcome.value}: {short_interval(one.estimate)}, n {one.n}, "
        f"{line(str(one.estimate.status))}, {why(one)}"
        for one in joint.decisions
    )
    passed = sum(one.outcome == Outcome.PASSED for one in joint.required)
    message = f"{joint.outcome.value}, {passed} of {len(joint.required)} required rules pass: {rules}"
    return badge_of(f"gate, {toy}{line(joint.deciding.model)}", message, COLORS[joint.outcome])


def rules_annotation(joint: JointDecision) -> str:
    """Return one-line commands of GitHub's workflow log: the gate's outcome, and a line for each rule."""
    told = f"{joint.deciding.model}: {counted(joint)}. {rules_why(joint)}"
    whole = annotation(LEVELS.get(joint.outcome, "error"), f"evalkit gate {joint.outcome.value}", line(told))
    rules = [
        annotation(_level(one), f"evalkit gate, rule {line(one.rule.name or '')}", f"{headline(one)}. {why(one)}")
        for one in joint.decisions
    ]
    return "\n".join([whole, *rules])


def _level(decision: Decision) -> str:
    return LEVELS.get(decision.outcome, "error") if decision.rule.required else "notice"


def _state(decision: Decision) -> State:
    if decision.outcome == Outcome.PASSED:
        return State.MET
    if not decision.rule.required:
        return State.UNASKED
    return State.NOT_MET if decision.outcome in _REFUSED else State.IN_THE_WAY


def _case(decision: Decision) -> str:
    informative = "" if decision.rule.required else "informative, changes nothing; "
    return (
        f"{informative}{decision.outcome.value}{only(decision)}: {subject(decision)}, {number(decision)}; "
        f"{about(decision)}. {why(decision)}"
    )


def _cells(decision: Decision) -> list[str]:
    rule, estimate = decision.rule, decision.estimate
    outcome = f"{decision.outcome.value}{only(decision)}"
    part = "" if rule.part is None else f", {code_span(rule.part)}"
    against = "" if rule.against is None else f" {code_span(rule.against)}"
    judge = " ".join(code_span(text) for text in (decision.judge, decision.digest) if text)
    return [
        code_span(rule.name or ""),
        kind(decision),
        outcome if not rule.required else f"**{outcome}**",
        measured(decision) if estimate.value is not None else "not estimable",
        str(decision.n),
        code_span(status_words(estimate.status)),
        f"{asked_for(decision)}{against}",
        f"{code_span(decision.benchmark)}{part}",
        judge or "-",
    ]


def _toys(joint: JointDecision) -> list[str]:
    """Return a line on toy judges: a green gate of one says nothing of quality."""
    natures = {one.judge: one.nature for one in joint.decisions if one.nature is not None and one.nature.toy}
    return [
        line_
        for judge, nature in natures.items()
        for line_ in ("", f"{code_span(judge)} is **{nature.words}. It says nothing about how good the answers are**")
    ]
