"""What a gate prints: for people in a few lines and in prose, for programs as plain values."""

import json
from dataclasses import replace

import pytest

from evalkit.boards.metrics import SCORE
from evalkit.gating.rule import Outcome, Rule, Spent
from evalkit.reporting.gate import gate_document, gate_explanation, gate_text
from evalkit.types import Audit, Estimate, Finding, Severity, degraded
from tests.reporting.gates import decision, hostile


def test_three_lines_tell_the_outcome_the_number_and_what_it_rests_on() -> None:
    assert gate_text(decision()).splitlines() == [
        "PASSED: careful against baseline, LC win rate 55.72 [53.35, 58.07]; asked: at least 50.00",
        "n 48 (at least 30), coverage 100.00 % (at least 99 %), judge surface",
        "why: the lower end 53.35 is at or above 50",
    ]


def test_a_difference_is_told_as_points_behind_another_model() -> None:
    rule = Rule(against="last", margin=2.0)
    text = gate_text(decision(Outcome.INCONCLUSIVE, rule=rule, estimate=Estimate(-0.5, 1.0, -2.5, 1.5, 48)))
    assert text.startswith(
        "INCONCLUSIVE: careful minus last, LC win rate -0.50 [-2.50, 1.50] points; asked: at most 2.00 points behind\n"
    )


def test_a_number_that_was_refused_shows_its_reason_and_no_number() -> None:
    refused = Estimate.refused("12 instructions are fewer than 30", n=12)
    told = decision(Outcome.INCOMPLETE, estimate=refused, pessimistic=refused, optimistic=refused, n=12)
    assert "LC win rate not estimable (12 instructions are fewer than 30);" in gate_text(told)
    assert "and it was refused: 12 instructions are fewer than 30." in gate_explanation(told)
    assert "There is no such interval." in gate_explanation(told)
    assert gate_document(told)["value"] is None and gate_document(told)["lower"] is None


def test_a_degraded_number_says_so() -> None:
    told = decision(estimate=Estimate(55.0, 1.0, 53.0, 57.0, 48, degraded("extrapolated")))
    assert "[53.00, 57.00] degraded;" in gate_text(told)
    assert "status degraded: extrapolated." in gate_explanation(told)


@pytest.mark.parametrize(
    ("lower", "shown"), [(49.9996, "49.9996"), (50.0, "50.00"), (50.001, "50.001"), (49.99, "49.99")]
)
def test_a_bound_is_never_rounded_onto_the_threshold(lower: float, shown: str) -> None:
    near = Estimate(55.0, 1.0, lower, 58.0, 48)
    assert f"[{shown}, 58.00]" in gate_text(decision(estimate=near, pessimistic=near))
    assert f"These ends are {shown} and 58.07." in gate_explanation(decision(estimate=near, pessimistic=near))


def test_a_threshold_is_shown_as_it_was_given() -> None:
    assert "; asked: at least 52.125\n" in gate_text(decision(rule=Rule(minimum=52.125)))


def test_the_explanation_has_every_number() -> None:
    finding = Finding("empty", Severity.WARN, "one answer is empty", 1, 48, ("k",))
    told = decision(
        rule=Rule(minimum=50.0, confidence=0.99),
        n=46,
        n_missing=2,
        coverage=46 / 48,
        pessimistic=Estimate(53.1, 1.3, 50.4, 55.9, 48),
        optimistic=Estimate(57.3, 1.3, 54.6, 59.9, 48),
        audit=Audit(48, ("empty", "copied"), (finding,)),
        spent=Spent(instructions=24, of=96, looks=2, confidence=0.95),
        notes=("a single draw each",),
        sha256="f00d",
    )
    lines = gate_explanation(told).splitlines()
    for expected in (
        "The gate says PASSED: the lower end 53.35 is at or above 50.",
        "Measured for careful against baseline was the LC win rate: 55.72 percent, 99 % interval [53.35, 58.07], "
        "standard error 1.20, n 48, status ok.",
        "Without a verdict are 2 of 48 instructions: coverage 95.83 %, of at least 99 %.",
        "Were all of these against the candidate, the number would be 53.10 [50.40, 55.90]; were all for it, "
        "57.30 [54.60, 59.90].",
        "The sample has n 46, of at least 30.",
        "The raw win rate is 57.50 [54.50, 60.50].",
        "The judge is surface, digest 0123abcd; the baseline is baseline, the benchmark example.",
        "The audit of 48 outputs made 2 checks (empty, copied): 0 refuse the outputs, 1 warn.",
        "Audit, empty (warn, 1 of 48): one answer is empty.",
        "Judged in batches: 24 of 96 instructions in 2 looks, 75.00 % saved. All looks together hold at "
        "95 %, and so do the error rates; the interval is that of the last look, which has to be surer by itself.",
        "Note: a single draw each.",
        "The numbers have the sha256 f00d.",
    ):
        assert expected in lines
    asked = next(line for line in lines if line.startswith("Asked was a minimum of 50.00."))
    assert asked.endswith("These ends are 50.40 and 59.90.")
    rates = next(line for line in lines if line.startswith("Error rates"))
    # half of the five percent of all looks together on each side, whatever the last look has by itself
    assert rates.count("2.5 %") == 2
    alone = gate_explanation(decision(rule=Rule(minimum=50.0, confidence=0.99)))
    assert alone.count("about 0.5 %") == 2


def test_a_model_that_was_graded_has_a_score_and_no_baseline() -> None:
    score = Estimate(5.62, 0.16, 5.29, 5.96, 48)
    rule = Rule(minimum=5.0, metric=SCORE)
    told = decision(rule=rule, baseline="", estimate=score, pessimistic=score, optimistic=score, win_rate=score)
    assert gate_text(told).startswith("PASSED: careful, score 5.62 [5.29, 5.96]; asked: at least 5.00\n")
    text = gate_explanation(told)
    assert "Measured for careful was the score: 5.62 on the scale of the grades, 95 % interval [5.29, 5.96]" in text
    assert "The raw score is 5.62 [5.29, 5.96].\n" in text and "the baseline is none," in text


def test_outputs_that_nobody_audited_are_said_to_be_so() -> None:
    assert "The outputs were not audited." in gate_explanation(decision())


def test_the_document_is_json_with_the_same_keys_whatever_was_decided() -> None:
    refused = Estimate.refused("why", n=0)
    documents = [
        gate_document(one)
        for one in (
            decision(),
            decision(Outcome.INCOMPLETE, estimate=refused, pessimistic=refused, optimistic=refused, win_rate=refused),
            decision(
                rule=Rule(against="last", margin=1.0),
                audit=Audit(1, ()),
                spent=Spent(instructions=1, of=2, looks=1, confidence=0.9),
            ),
        )
    ]
    assert len({tuple(json.loads(json.dumps(one, allow_nan=False))) for one in documents}) == 1
    first, _, last = documents
    assert first["outcome"] == "passed" and first["value"] == 55.7212 and first["error_rate"] == 0.025
    assert first["threshold"] == 50.0 and first["margin"] is None and first["audit"] is None
    assert last["threshold"] == -1.0 and last["spent"] == {"instructions": 1, "of": 2, "looks": 1, "confidence": 0.9}
    assert last["error_rate"] == 0.05


@pytest.mark.parametrize("outcome", Outcome)
def test_hostile_names_stay_within_their_line_and_command_no_runner(outcome: Outcome) -> None:
    for text in (gate_text(hostile(outcome)), gate_explanation(hostile(outcome))):
        assert all(letter.isprintable() or letter == "\n" for letter in text.replace("\ufffe", ""))
        assert not any(line.lstrip().startswith("::") for line in text.splitlines())
        assert "##[" not in text and "##vso[" not in text
    assert len(gate_text(hostile(outcome)).splitlines()) == 3


def test_verdicts_of_files_have_no_digest_that_is_known() -> None:
    assert "digest unknown; the baseline" in gate_explanation(replace(decision(), digest=""))


def test_the_explanation_can_leave_digests_out() -> None:
    told = replace(decision(), digest="0123abcd", sha256="f00d")
    assert "0123abcd" in gate_explanation(told) and "sha256 f00d" in gate_explanation(told)
    bare = gate_explanation(told, digests=False)
    assert "0123abcd" not in bare and "sha256" not in bare
