"""Decisions by several rules in every form: texts from outside stay texts, and numbers stay JSON."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from evalkit.gating.joint import JointDecision
from evalkit.gating.rule import Adjusted, Outcome, Rule
from evalkit.reporting.gate_forms import (
    gate_annotation,
    gate_badge,
    gate_explanation,
    gate_json,
    gate_junit,
    gate_summary,
    gate_text,
)
from evalkit.types import Estimate
from tests.reporting.gates import HOSTILE, decision, hostile
from tests.reporting.test_gate_ci import code_removed

REFUSED = Estimate.refused("no verdicts", n=0)


def joint(outcome: Outcome) -> JointDecision:
    """Two rules with texts that want to be more than texts, and one without a number."""
    named = replace(
        hostile(outcome),
        rule=Rule(name=HOSTILE, part=HOSTILE, against=HOSTILE, margin=2.0),
        adjusted=Adjusted(confidence=0.975, of=2, upper=None),
    )
    told = replace(named, rule=replace(named.rule, name=f"{HOSTILE} too", required=False))
    nothing = decision(Outcome.INCOMPLETE, rule=Rule(name="bare", minimum=50.0), estimate=REFUSED, n=0, judge="")
    return JointDecision((named, told, nothing))


@pytest.mark.parametrize("outcome", Outcome)
def test_hostile_names_are_no_more_than_text_in_any_form(outcome: Outcome) -> None:
    of_rules = joint(outcome)
    for text in (gate_text(of_rules), gate_explanation(of_rules), gate_annotation(of_rules)):
        assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff]", text)
        assert not [line for line in text.splitlines() if line.startswith(("::error::", "##"))]
    # the gate and each rule are one command of the runner
    commands = gate_annotation(of_rules).splitlines()
    assert len(commands) == 4 and all(line.startswith("::") for line in commands)
    assert commands[2].startswith("::notice ")
    (suite,) = ElementTree.fromstring(gate_junit(of_rules).encode())
    assert [child.tag for child in suite] == ["properties", *["testcase"] * 3, "system-out"]
    rest = code_removed(gate_summary(of_rules))
    assert rest.count("<details>") == 1
    for part in ("script", "@everyone", "evil", "::error", "`", "#1"):
        assert part not in rest
    table = [line for line in gate_summary(of_rules).splitlines() if line.startswith("| ")]
    assert len(table) == 5 and len({line.count("|") for line in table}) == 1
    assert set(json.loads(gate_badge(of_rules))) == {"schemaVersion", "label", "message", "color"}


def test_json_has_no_number_where_there_is_none_and_names_the_rule_that_decides() -> None:
    document = json.loads(gate_json(joint(Outcome.PASSED)))
    assert (document["outcome"], document["deciding"], document["value"], document["n"]) == (
        "incomplete",
        "bare",
        None,
        0,
    )
    assert document["rules"][2]["status"] == "not_estimable(no verdicts)"
    assert document["rules"][0]["fail_tested"] == {"confidence": 0.975, "rules": 2, "upper": None}
    assert document["wrong_pass_rate"] == document["wrong_fail_rate"] == pytest.approx(0.025)


def test_the_errors_are_stated_for_one_required_rule_too() -> None:
    alone = JointDecision((decision(rule=Rule(name="a", minimum=50.0)),))
    assert "Only one rule can fail it, so that nothing needs a correction." in gate_text(alone)
    assert "Holm" not in gate_text(alone) and "Informative" not in gate_text(alone)
