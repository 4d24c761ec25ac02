"""Write the decision of a gate with named rules: in lines, in sentences with every number, and as plain values."""

import json
from typing import Any

from evalkit.gating import Decision, JointDecision, Outcome
from evalkit.reporting.gate import (
    asked_for,
    gate_document,
    gate_explanation,
    judged_by,
    line,
    measured,
    only,
    people,
    subject,
    why,
)
from evalkit.reporting.reasons import status_words
from evalkit.text import level, plural, stored

_OF_DECIDING = ("metric", "benchmark", "judge", "value", "lower", "upper", "stderr", "status", "n")
# the most rules of which an outcome names each
_MOST = 6


def rules_text(joint: JointDecision) -> str:
    """Return lines for a terminal: the outcome, two lines for each rule, and the errors that are held."""
    lines = [f"{joint.outcome.value.upper()}: {line(joint.deciding.model)}; {counted(joint)}"]
    for number, decision in enumerate(joint.decisions, 1):
        lines += [f"{number}. {headline(decision)}", f"   why: {why(decision)}"]
    return "\n".join([*lines, *(f"people: {told}" for told in judges(joint)), *error_sentences(joint)]) + "\n"


def rules_explanation(joint: JointDecision, *, digests: bool = True) -> str:
    """Return the decision as sentences: the whole gate first, then each rule with every number that it used."""
    lines = [f"The gate says {joint.outcome.value.upper()}: {rules_why(joint)}.", *error_sentences(joint)]
    for number, decision in enumerate(joint.decisions, 1):
        own, *rest = gate_explanation(decision, digests=digests).splitlines()
        whose = f"Rule {number}, {line(decision.rule.name or '')} ({kind(decision)}),"
        lines += ["", own.replace("The rule", whose, 1), *_tested(decision), *rest]
    return "\n".join(lines) + "\n"


def rules_document(joint: JointDecision) -> dict[str, Any]:
    """Return the decision as values for JSON; each of `rules` has the values of a gate of one rule, and its own."""
    wrong_pass, wrong_fail, *_ = error_sentences(joint)
    own = gate_document(joint.deciding)
    return {
        "outcome": joint.outcome.value,
        "model": joint.deciding.model,
        "n_required": len(joint.required),
        "n_informative": len(joint.informative),
        "confidence": joint.deciding.rule.confidence,
        "wrong_pass_rate": stored(joint.error_rate),
        "wrong_fail_rate": stored(joint.error_rate),
        "first_fail_confidence": stored(joint.strictest),
        "errors": [wrong_pass, wrong_fail],
        "deciding": joint.deciding.rule.name,
        # of the deciding rule, under the names that a gate of one rule has for them
        **{name: own[name] for name in _OF_DECIDING},
        "reasons": [rules_why(joint)],
        "rules": [_rule_document(decision) for decision in joint.decisions],
    }


def rules_json(joint: JointDecision) -> str:
    return json.dumps(rules_document(joint), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def rules_why(joint: JointDecision) -> str:
    """Return the reason of the outcome: that all required rules pass, or the rules that keep the gate from passing."""
    if joint.outcome == Outcome.PASSED:
        n = len(joint.required)
        return "the required rule passes" if n == 1 else f"all {n} required rules pass"
    decisive = [one for one in joint.required if one.outcome == joint.outcome]
    if joint.outcome == Outcome.INCONCLUSIVE:
        decisive = [one for one in joint.required if one.outcome != Outcome.PASSED]
    said = [f"{line(one.rule.name or '')} ({one.outcome.value}): {why(one)}" for one in decisive[:_MOST]]
    more = [f"{len(decisive) - _MOST} more"] if len(decisive) > _MOST else []
    return "; ".join([*said, *more])


def counted(joint: JointDecision) -> str:
    """Return how many required and informative rules have which outcome."""
    told = [f"{plural(len(joint.required), 'required rule')}: {_outcomes(joint.required)}"]
    if joint.informative:
        told.append(f"{plural(len(joint.informative), 'informative rule')}: {_outcomes(joint.informative)}")
    return "; ".join(told)


def kind(decision: Decision) -> str:
    """Return whether the rule is required."""
    return "required" if decision.rule.required else "informative"


def headline(decision: Decision) -> str:
    """Return a rule in one line: its name, outcome and number with n, interval and status, and what it asks of whom."""
    outcome = f"{decision.outcome.value.upper()}{only(decision)}"
    told = f"{subject(decision)}, {number(decision)}; {about(decision)}"
    return f"{line(decision.rule.name or '')} ({kind(decision)}): {outcome}: {told}"


def number(decision: Decision) -> str:
    """Return the number with its interval, n and status, and what is asked of it."""
    status = status_words(decision.estimate.status, number=decision.rule.metric.title)
    return f"{measured(decision)}, n {decision.n}, status {line(status)}; asked: {asked_for(decision)}"


def about(decision: Decision) -> str:
    """Return which verdicts the rule is held against."""
    part = "" if decision.rule.part is None else f"{line(decision.rule.part)} of "
    judge = f"judge {line(judged_by(decision))}" if decision.judge else "any judge"
    return f"{part}benchmark {line(decision.benchmark)}, {judge}"


def judges(joint: JointDecision) -> list[str]:
    """Return what is known of how far the judges of the rules agree with people, a line for each judge."""
    return list(dict.fromkeys(told for decision in joint.decisions for told in people(decision)))


def error_sentences(joint: JointDecision) -> list[str]:
    """Return which error of the gate is held at which level and why, a sentence each."""
    side, n = level(round(joint.error_rate, 9)), len(joint.required)
    form = ""
    if any(one.rule.metric.held is not None for one in joint.required):
        form = " and the form of the regression is right"
    sentences = [
        f"Wrong pass: if the instructions are drawn independently{form}, a model that misses any required threshold "
        f"passes the gate in at most about {side} of such runs. It would have to pass the very rule that it misses, "
        "so that several rules need no correction (an intersection-union test).",
    ]
    if n == 1:
        sentences.append(
            f"Wrong fail: a model that reaches the required threshold fails the gate in at most about {side} of such "
            "runs. Only one rule can fail it, so that nothing needs a correction."
        )
    else:
        sentences.append(
            f"Wrong fail: a model that reaches every required threshold fails the gate in at most about {side} of such "
            f"runs. Each rule is a further chance to fail it, so that fails are tested by Holm's method over the {n} "
            f"required rules, the first at {level(round(joint.strictest, 6))} confidence."
        )
    if joint.informative:
        confidence = level(joint.informative[0].rule.confidence)
        sentences.append(
            f"Informative rules change no outcome: each decides by itself at {confidence} confidence, without a "
            "correction."
        )
    return sentences


def _outcomes(decisions: tuple[Decision, ...]) -> str:
    counts = {outcome: sum(one.outcome == outcome for one in decisions) for outcome in Outcome}
    return ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)


def _tested(decision: Decision) -> list[str]:
    """Return the sentence on the level at which a fail was tested."""
    adjusted = decision.adjusted
    if adjusted is None:
        return []
    upper = "there is none" if adjusted.upper is None else f"it is {adjusted.upper:.4g}"
    return [
        f"A fail was tested at {level(round(adjusted.confidence, 6))} confidence, because {adjusted.of} required rules "
        f"could fail; the interval's upper end there: {upper}."
    ]


def _rule_document(decision: Decision) -> dict[str, Any]:
    rule, adjusted = decision.rule, decision.adjusted
    return {
        "name": rule.name,
        "required": rule.required,
        "part": rule.part,
        **gate_document(decision),
        "fail_tested": (
            None
            if adjusted is None
            else {
                "confidence": stored(adjusted.confidence),
                "rules": adjusted.of,
                "upper": stored(adjusted.upper),
            }
        ),
    }
