"""The forms of a gate's decision: of a gate of one rule without a name, and of one whose rules have names."""

from evalkit.gating import JointDecision
from evalkit.reporting import gate, gate_ci, gate_rules, gate_rules_ci


def gate_text(joint: JointDecision) -> str:
    """Return the decision in a few lines for a terminal."""
    return gate_rules.rules_text(joint) if joint.alone is None else gate.gate_text(joint.alone)


def gate_explanation(joint: JointDecision, *, digests: bool = True) -> str:
    """Return the decision as sentences, one a line, with every number that the gate used, and digests if wanted."""
    if joint.alone is None:
        return gate_rules.rules_explanation(joint, digests=digests)
    return gate.gate_explanation(joint.alone, digests=digests)


def gate_json(joint: JointDecision) -> str:
    """Return the decision as one JSON document."""
    return gate_rules.rules_json(joint) if joint.alone is None else gate.gate_json(joint.alone)


def gate_why(joint: JointDecision) -> str:
    """Return the reasons of the outcome in one line."""
    return gate_rules.rules_why(joint) if joint.alone is None else gate.why(joint.alone)


def gate_summary(joint: JointDecision) -> str:
    """Return the decision as markdown for a job's page."""
    return gate_rules_ci.rules_summary(joint) if joint.alone is None else gate_ci.gate_summary(joint.alone)


def gate_junit(joint: JointDecision) -> str:
    """Return the decision as JUnit XML: a test case for each rule, or for each condition of the only one."""
    return gate_rules_ci.rules_junit(joint) if joint.alone is None else gate_ci.gate_junit(joint.alone)


def gate_badge(joint: JointDecision) -> str:
    """Return the decision as the JSON of a badge."""
    return gate_rules_ci.rules_badge(joint) if joint.alone is None else gate_ci.gate_badge(joint.alone)


def gate_annotation(joint: JointDecision) -> str:
    """Return commands of GitHub's workflow log, one a line, which show the decision beside the change."""
    return gate_rules_ci.rules_annotation(joint) if joint.alone is None else gate_ci.gate_annotation(joint.alone)
