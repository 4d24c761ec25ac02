"""What a gate leaves for CI: test cases, a summary, a badge and an annotation; no name breaks out of any of them."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from evalkit.gating.rule import Outcome, Rule
from evalkit.reporting.gate_ci import gate_annotation, gate_badge, gate_junit, gate_summary
from evalkit.types import Audit, Estimate, Finding, Severity, degraded
from tests.reporting.gates import NUMBER, decision, hostile

STATES = ("failure", "error", "skipped")
AUDIT = Audit(48, ("empty",))
DEGRADED = replace(NUMBER, status=degraded("extrapolated"))
REFUSED = Estimate.refused("no lengths", n=48)
FINDING = Finding("empty", Severity.FAIL, "all answers are empty", 48, 48)


def cases(text: str) -> dict[str, str]:
    """Test case -> what JUnit makes of it."""
    (suite,) = ElementTree.fromstring(text)
    found = {}
    for case in suite.iter("testcase"):
        marks = [child.tag for child in case if child.tag in STATES]
        assert len(marks) <= 1 and case.get("name") is not None
        found[case.get("name") or ""] = marks[0] if marks else "passed"
    counts = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    assert suite.get("tests") == str(len(found))
    assert all(suite.get(name) == str(list(found.values()).count(state)) for name, state in counts.items())
    return found


PASSED = {"audit": "passed", "n": "passed", "coverage": "passed", "status": "passed", "bound": "passed"}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (decision(audit=Audit(48, ("empty",))), {}),
        (decision(), {"audit": "skipped"}),
        (decision(Outcome.FAILED, audit=AUDIT), {"bound": "failure"}),
        (decision(Outcome.INCONCLUSIVE, audit=AUDIT), {"bound": "error"}),
        (decision(Outcome.INCOMPLETE, audit=AUDIT, n=12), {"n": "error", "bound": "skipped"}),
        (decision(Outcome.INCOMPLETE, audit=AUDIT, coverage=0.9), {"coverage": "error", "bound": "skipped"}),
        (decision(Outcome.INCONCLUSIVE, audit=AUDIT, estimate=REFUSED), {"status": "error", "bound": "error"}),
        (
            decision(Outcome.AUDIT_FAILED, audit=Audit(48, ("empty",), (FINDING,))),
            {"audit": "failure", "bound": "skipped"},
        ),
        # refused outputs are not judged at all
        (
            decision(
                Outcome.AUDIT_FAILED, audit=Audit(48, ("empty",), (FINDING,)), n=0, coverage=0.0, estimate=REFUSED
            ),
            {"audit": "failure", "n": "skipped", "coverage": "skipped", "status": "skipped", "bound": "skipped"},
        ),
        # answers are counted by instruction: 48 turns of 24 conversations are 24
        (decision(Outcome.INCOMPLETE, audit=AUDIT, estimate=replace(NUMBER, n=24)), {"n": "error", "bound": "skipped"}),
        (decision(Outcome.INCONCLUSIVE, audit=AUDIT, estimate=DEGRADED), {"status": "error", "bound": "error"}),
        (decision(Outcome.FAILED, audit=AUDIT, estimate=DEGRADED), {"bound": "failure"}),
        # something that no condition names must not look like a success
        (decision(Outcome.INCOMPLETE, audit=AUDIT), {"bound": "error"}),
    ],
    ids=[
        "passed",
        "not audited",
        "failed",
        "inconclusive",
        "few",
        "coverage",
        "refused",
        "audit",
        "unjudged",
        "turns",
        "degraded",
        "degraded and failed",
        "unnamed",
    ],
)
def test_junit_has_a_case_for_each_condition(told: object, expected: dict[str, str]) -> None:
    assert cases(gate_junit(told)) == PASSED | expected  # type: ignore[arg-type]


def test_junit_of_hostile_names_is_xml_that_parses_with_the_names_in_their_places() -> None:
    text = gate_junit(hostile())
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", text)
    (suite,) = ElementTree.fromstring(text.encode())
    assert [child.tag for child in suite] == ["properties", *["testcase"] * 5, "system-out"]
    model = suite.find("properties/property[@name='model']")
    assert model is not None and "\\u0000\\ufffe\\ud800" in model.get("value", "")
    assert "<script>alert(1)</script>" in suite.get("name", "")


def code_removed(markdown: str) -> str:
    """Markdown without its blocks and spans of code, by CommonMark's rule that a run of backticks ends its equal."""
    text = re.sub(r"^(`{3,})text\n.*?^\1$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", text)


@pytest.mark.parametrize("outcome", Outcome)
def test_in_a_summary_hostile_names_stand_in_code_only(outcome: Outcome) -> None:
    text = gate_summary(hostile(outcome))
    rest = code_removed(text)
    assert rest.count("<details>") == rest.count("</details>") == 1
    for part in ("script", "@everyone", "evil", "::error", "`", "#1"):
        assert part not in rest
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(line.count("|") == 3 for line in table)


def test_a_summary_shows_the_number_and_the_rule() -> None:
    text = gate_summary(decision(notes=("the judge 'surface' measures style",)))
    assert text.startswith("### evalkit gate: passed\n\n| | |\n| --- | --- |\n")
    assert "| number | LC win rate 55.72 [53.35, 58.07] |" in text
    assert "| asked | at least 50.00, at 95 % confidence |" in text
    assert "| model | `careful` |" in text
    assert "\nnote: the judge 'surface' measures style\n" in text
    assert "`last`" in gate_summary(decision(rule=Rule(against="last")))


def test_a_judge_without_a_digest_leaves_no_empty_span_of_code() -> None:
    assert "| judge | `surface` |\n" in gate_summary(decision(digest=""))


def test_outputs_too_few_for_any_check_were_not_audited() -> None:
    assert cases(gate_junit(decision(audit=Audit(19, ())))) == PASSED | {"audit": "skipped"}


def test_a_badge_is_an_endpoint_of_shields_with_number_and_colour() -> None:
    assert json.loads(gate_badge(decision(estimate=Estimate(62.34, 1.6, 59.12, 65.41, 48)))) == {
        "schemaVersion": 1,
        "label": "LC win rate, judge surface",
        "message": "62.34 [59.12, 65.41]",
        "color": "brightgreen",
    }


@pytest.mark.parametrize(
    ("told", "message", "color"),
    [
        (decision(Outcome.FAILED), "55.72 [53.35, 58.07]", "red"),
        (decision(Outcome.INCONCLUSIVE), "55.72 [53.35, 58.07]", "yellow"),
        (decision(Outcome.INCONCLUSIVE, estimate=REFUSED), "not estimable", "yellow"),
        # a number that rests on too little is not shown as if it were one
        (decision(Outcome.INCOMPLETE), "incomplete", "lightgrey"),
        (decision(Outcome.AUDIT_FAILED), "audit failed", "orange"),
    ],
    ids=["failed", "inconclusive", "refused", "incomplete", "audit"],
)
def test_a_badge_tells_the_outcomes_apart(told: object, message: str, color: str) -> None:
    document = json.loads(gate_badge(told))  # type: ignore[arg-type]
    assert (document["message"], document["color"]) == (message, color)


@pytest.mark.parametrize(
    ("outcome", "start"),
    [
        (Outcome.PASSED, "::notice title=evalkit gate passed::careful against baseline: LC win rate 55.72"),
        (Outcome.FAILED, "::error title=evalkit gate failed::"),
        (Outcome.INCONCLUSIVE, "::warning title=evalkit gate inconclusive::"),
        (Outcome.INCOMPLETE, "::error title=evalkit gate incomplete::"),
        (Outcome.AUDIT_FAILED, "::error title=evalkit gate audit failed::"),
    ],
)
def test_an_annotation_is_one_command_of_the_workflow_log(outcome: Outcome, start: str) -> None:
    assert gate_annotation(decision(outcome)).startswith(start)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_hostile_name_starts_no_other_command(outcome: Outcome) -> None:
    text = gate_annotation(hostile(outcome))
    assert len(text.splitlines()) == 1 and "##[" not in text
    kind, message = re.fullmatch(r"::(\w+) title=[a-z ]+::(.*)", text).groups()  # type: ignore[union-attr]
    assert kind in {"notice", "warning", "error"}
    # what the runner turns back: no line of the message may then be one that it did not have
    assert "\n" not in message.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    assert "%250A::stop-commands" in message
