"""What a gate says, and that it says nothing else."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from evalkit.auditing.copies import NEARLY_COPIED
from evalkit.auditing.lengths import LENGTHS, audit_lengths
from evalkit.boards.metrics import LC_WIN_RATE, WIN_RATE, Recipe
from evalkit.boards.row import build_row
from evalkit.errors import ConfigError
from evalkit.gating.rule import Outcome, Rule
from evalkit.reporting.gate import gate_json
from evalkit.types import Audit, Discount, Finding, Severity, StatusKind
from tests.gating.entries import AT_FIFTY, OWN, entry, held, renamed, verdicts
from tests.stats.stat_samples import alternating, sample_of


@pytest.mark.parametrize(
    ("sample", "outcome"),
    [
        (sample_of([]), Outcome.INCOMPLETE),
        (verdicts(0.8, 1), Outcome.INCOMPLETE),
        (verdicts(0.8, 100, missing=6), Outcome.INCOMPLETE),
        (verdicts(0.8, 100, missing=100), Outcome.INCOMPLETE),
        (verdicts(0.5, 100), Outcome.INCONCLUSIVE),
        (verdicts(0.6, 100), Outcome.PASSED),
        (verdicts(0.4, 100), Outcome.FAILED),
    ],
    ids=["nothing", "one", "coverage 94 %", "all missing", "spans", "above", "below"],
)
def test_only_a_whole_measurement_on_one_side_decides(sample: object, outcome: Outcome) -> None:
    assert held(entry(sample)).outcome == outcome  # type: ignore[arg-type]


def test_nothing_passes_without_instructions_coverage_an_ok_status_and_a_finite_interval() -> None:
    for n in (0, 1, 2, 5, 29, 30, 31, 100, 300):
        for missing in {0, 1, n // 100, n // 100 + 1, n // 2, n}:
            if missing > n:
                continue
            for mean in (0.1, 0.4, 0.5, 0.52, 0.6, 0.9):
                decision = held(entry(verdicts(mean, n, missing=missing)))
                if decision.outcome == Outcome.PASSED:
                    assert decision.n >= 30
                    assert decision.coverage >= 0.99
                    assert decision.estimate.status.kind == StatusKind.OK
                    assert decision.pessimistic.lower is not None and decision.pessimistic.lower >= 50
                if decision.outcome == Outcome.FAILED:
                    assert decision.optimistic.upper is not None and decision.optimistic.upper < 50


def test_verdicts_that_a_rule_allows_to_be_missing_are_in_no_status_that_it_reads() -> None:
    lacking = entry(verdicts(0.7, 1000, missing=50))
    assert held(lacking).outcome == Outcome.INCOMPLETE
    allowed = held(lacking, Rule(minimum=50, min_coverage=0.9))
    assert allowed.outcome == Outcome.PASSED and allowed.estimate.status.kind == StatusKind.OK
    assert "coverage: 50 of 1000 verdicts are missing" in str(build_row(lacking, Recipe()).status(LC_WIN_RATE))


def test_missing_verdicts_count_as_losses_before_a_model_passes() -> None:
    whole, lacking = entry(verdicts(0.53, 1000)), entry(verdicts(0.53, 1000, missing=10))
    rule = Rule(minimum=52.2)
    assert held(whole, rule).outcome == Outcome.PASSED
    decision = held(lacking, rule)
    assert decision.outcome == Outcome.INCONCLUSIVE
    assert decision.estimate.lower is not None and decision.estimate.lower > 52.2
    assert "with every missing verdict one way" in decision.reasons[0]


def test_missing_verdicts_count_as_wins_before_a_model_fails() -> None:
    rule = Rule(minimum=47.8)
    assert held(entry(verdicts(0.47, 1000)), rule).outcome == Outcome.FAILED
    assert held(entry(verdicts(0.47, 1000, missing=10)), rule).outcome == Outcome.INCONCLUSIVE


def test_verdicts_that_lengths_separate_decide_nothing_either_way() -> None:
    length = alternating(200)
    separated = entry(sample_of((length > 0).astype(float), length))
    for minimum in (1.0, 50.0, 99.0):
        assert held(separated, Rule(minimum=minimum)).outcome == Outcome.INCONCLUSIVE


def test_a_model_that_always_loses_fails_and_one_that_always_wins_needs_a_second_look() -> None:
    lost, won = (entry(sample_of(np.full(200, value), alternating(200))) for value in (0.0, 1.0))
    assert held(lost).outcome == Outcome.FAILED
    assert "raw win rate" in held(lost).reasons[1]
    assert held(won).outcome == Outcome.INCONCLUSIVE
    assert "all_wins" in held(won).reasons[0]


def test_a_number_that_cannot_be_estimated_is_inconclusive_with_the_reason() -> None:
    constant = entry(sample_of(verdicts(0.6, 100).preference, np.full(100, 40.0)))
    decision = held(constant)
    assert decision.outcome == Outcome.INCONCLUSIVE
    assert "difference is the same everywhere" in decision.reasons[0]
    assert held(constant, Rule(minimum=50.0, metric=WIN_RATE)).outcome == Outcome.PASSED


def test_outputs_that_an_audit_refuses_come_before_every_number() -> None:
    finding = Finding("distinct", Severity.FAIL, "one answer to 100 instructions", 100, 100)
    decision = held(entry(verdicts(0.9, 100), audit=Audit(100, ("distinct",), (finding,))))
    assert decision.outcome == Outcome.AUDIT_FAILED
    assert decision.reasons == ("one answer to 100 instructions",)


def test_a_warning_of_answers_that_may_be_none_holds_a_pass_back_and_names_its_limit() -> None:
    warned = Finding(
        "off_topic", Severity.WARN, "12 of 100 answers suit other instructions better than their own", 12, 100
    )
    decision = held(entry(verdicts(0.9, 100), audit=Audit(100, ("off_topic",), (warned,))))
    assert decision.outcome == Outcome.INCONCLUSIVE
    assert decision.reasons[0] == (
        "12 of 100 answers suit other instructions better than their own: look at them, or accept them with "
        "--audit-limit max-off-topic=1"
    )
    assert held(entry(verdicts(0.1, 100), audit=Audit(100, ("off_topic",), (warned,)))).outcome == Outcome.FAILED


@pytest.mark.parametrize("check", ["copied", "oversized", "empty"])
def test_a_warning_that_wins_nothing_by_itself_lets_a_model_pass(check: str) -> None:
    warned = Finding(check, Severity.WARN, "some answers", 12, 100)
    assert held(entry(verdicts(0.9, 100), audit=Audit(100, (check,), (warned,)))).outcome == Outcome.PASSED


def nearly_copied(keys: tuple[str, ...], n: int) -> Audit:
    found = Finding(
        NEARLY_COPIED, Severity.WARN, f"{len(keys)} of {n} answers are nearly the baseline's own", len(keys), n
    )
    return Audit(n, (NEARLY_COPIED,), (found,), (Discount(NEARLY_COPIED, 0.5, keys),))


def test_answers_that_are_nearly_the_baselines_count_as_ties_before_a_model_passes() -> None:
    sample = verdicts(0.58, 200)
    assert held(entry(sample)).outcome == Outcome.PASSED
    few = held(entry(sample, audit=nearly_copied(sample.keys[:20], 200)))
    assert few.outcome == Outcome.PASSED and "with 20 such answers counted as ties" in few.reasons[1]
    rule = Rule(minimum=54.0)
    assert held(entry(sample), rule).outcome == Outcome.PASSED
    most = held(entry(sample, audit=nearly_copied(sample.keys[:140], 200)), rule)
    assert most.outcome == Outcome.INCONCLUSIVE
    assert most.reasons[0].startswith(
        "140 of 200 answers are nearly the baseline's own: with 140 such answers counted as"
    )
    assert (
        "below 54.00: look at them, or take the judge's word with --audit-limit max-nearly-copied=1" in most.reasons[0]
    )
    lost = verdicts(0.4, 200)
    assert held(entry(lost, audit=nearly_copied(lost.keys[:140], 200))).outcome == Outcome.FAILED


def test_the_document_of_a_gate_has_the_interval_with_near_copies_counted_as_ties() -> None:
    # 0.48 and 0.68 in turns: a tie takes 0.18 of every second copy and leaves the others
    sample, rule = verdicts(0.58, 200), Rule(minimum=54.0, metric=WIN_RATE)
    assert json.loads(gate_json(held(entry(sample), rule)))["discounted"] == []
    decision = held(entry(sample, audit=nearly_copied(sample.keys[:140], 200)), rule)
    (found,) = json.loads(gate_json(decision))["discounted"]
    assert (found["checks"], found["count"], found["others"]) == (["nearly_copied"], 140, 60)
    lowered = np.where(np.arange(200) < 140, np.minimum(sample.preference, 0.5), sample.preference)
    again = held(entry(replace(sample, preference=lowered)), rule).estimate
    lost = 100 * (sample.preference - lowered).mean()
    assert lost == pytest.approx(100 * 0.18 * 70 / 200)
    assert again.lower is not None and again.upper is not None
    assert decision.estimate.lower is not None and decision.estimate.upper is not None
    assert found["lower"] == pytest.approx(min(again.lower, decision.estimate.lower - lost))
    assert found["upper"] == pytest.approx(min(again.upper, decision.estimate.upper - lost))
    assert f"starts at {found['lower']:.2f} instead of" in decision.reasons[0]
    # a fail says it as well, of which no reason speaks
    failed = held(entry(sample, audit=nearly_copied(sample.keys[:140], 200)), Rule(minimum=90.0, metric=WIN_RATE))
    assert failed.outcome == Outcome.FAILED and failed.discounted == decision.discounted


def test_ties_with_the_baseline_leave_as_many_answers_as_a_gate_needs() -> None:
    sample = verdicts(0.9, 200)
    decision = held(entry(sample, audit=nearly_copied(sample.keys[:180], 200)))
    assert decision.outcome == Outcome.INCONCLUSIVE
    assert "20 answers are left to decide, at least 30 needed" in decision.reasons[0]


def test_a_difference_counts_the_candidates_near_copies_as_ties_too() -> None:
    main = renamed(entry(verdicts(0.58, 200)), "main")
    copied = verdicts(0.62, 200)
    rule = Rule(against="main", margin=1.0)
    assert held(entry(copied), rule, against=main).outcome == Outcome.PASSED
    audit = nearly_copied(copied.keys[:140], 200)
    assert held(entry(copied, audit=audit), rule, against=main).outcome == Outcome.INCONCLUSIVE


def test_an_earlier_audit_that_does_not_say_which_answers_are_copies_passes_no_model() -> None:
    earlier = replace(nearly_copied(("a",), 100), discounts=())
    decision = held(entry(verdicts(0.9, 100), audit=earlier))
    assert decision.outcome == Outcome.INCONCLUSIVE
    assert "run evalkit annotate again, which asks nothing twice" in decision.reasons[0]


def test_a_doubt_says_where_the_interval_would_start_without_the_doubted_answers() -> None:
    sample = verdicts(0.6, 100)
    warned = Finding("off_topic", Severity.WARN, "15 of 100 answers are off topic", 15, 100)
    audit = Audit(100, ("off_topic",), (warned,), (Discount("off_topic", 0.0, sample.keys[:15]),))
    decision = held(entry(sample, audit=audit))
    assert decision.outcome == Outcome.INCONCLUSIVE
    assert decision.reasons[1].startswith("with 15 answers of these counted against the model, the interval starts at ")
    assert decision.reasons[1].endswith(", below 50.00")


def test_a_model_that_is_not_behind_another_by_more_than_the_margin_passes() -> None:
    main = renamed(entry(verdicts(0.60, 400)), "main")
    rule = Rule(against="main", margin=2.0)
    assert held(entry(verdicts(0.59, 400)), rule, against=main).outcome == Outcome.PASSED
    assert held(entry(verdicts(0.55, 400)), rule, against=main).outcome == Outcome.FAILED
    same = held(entry(verdicts(0.60, 400)), rule, against=main)
    assert same.estimate.value == pytest.approx(0)
    assert same.rule.threshold == -2


def test_instructions_that_only_the_other_model_was_asked_about_are_missing_from_the_candidate() -> None:
    main = renamed(entry(verdicts(0.60, 400)), "main")
    chosen = main.sample.restricted(main.sample.keys[:300])
    decision = held(entry(chosen), Rule(against="main", margin=2.0), against=main)
    assert decision.outcome == Outcome.INCOMPLETE
    assert (decision.n, decision.n_missing) == (300, 100)
    forgiven = held(entry(chosen), Rule(against="main", margin=2.0, min_coverage=0.5), against=main)
    assert forgiven.outcome == Outcome.INCONCLUSIVE
    assert forgiven.pessimistic.lower is not None and forgiven.pessimistic.lower < -20


def test_a_difference_from_a_model_whose_verdicts_are_separated_decides_nothing() -> None:
    length = alternating(400)
    separated = renamed(entry(sample_of((length > 0).astype(float), length)), "main")
    decision = held(entry(verdicts(0.02 + 0.1, 400)), Rule(against="main", margin=2.0), against=separated)
    assert decision.outcome == Outcome.INCONCLUSIVE
    assert "main: separated" in str(decision.estimate.status)


def test_swapping_what_is_missing_mirrors_the_bounds() -> None:
    sample = verdicts(0.45, 200, missing=2)
    mirrored = replace(sample, preference=1 - sample.preference, length_difference=-sample.length_difference)  # type: ignore[operator]
    rule = Rule(minimum=50.0, metric=WIN_RATE)
    one, other = held(entry(sample), rule), held(entry(mirrored), rule)
    assert one.pessimistic.lower == pytest.approx(100 - (other.optimistic.upper or math.nan))
    assert one.optimistic.upper == pytest.approx(100 - (other.pessimistic.lower or math.nan))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "either --min PERCENT, or --against"),
        ({"minimum": 50.0, "against": "main"}, "either --min PERCENT, or --against"),
        ({"against": "main", "margin": -1.0}, "give 0 or more"),
        ({"minimum": 50.0, "margin": 1.0}, "goes with --against"),
        ({"minimum": math.nan}, "from 0 to 100"),
        ({"minimum": 101.0}, "from 0 to 100"),
        ({"against": "main", "margin": math.nan}, "a number of points"),
    ],
)
def test_a_rule_that_says_nothing_or_too_much_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Rule(**given)  # type: ignore[arg-type]


def test_a_higher_confidence_decides_less() -> None:
    one = entry(verdicts(0.522, 100))
    assert held(one).outcome == Outcome.PASSED
    assert held(one, replace(AT_FIFTY, confidence=0.999)).outcome == Outcome.INCONCLUSIVE


def test_what_a_reader_must_know_stands_in_the_notes() -> None:
    notes = held(entry(verdicts(0.6, 100))).notes
    assert any("not audited" in note for note in notes)
    assert any("verdict noise was not measured" in note for note in notes)
    lengths = np.where(np.arange(100) % 8 == 0, 200.0, -200.0) * (1 + np.arange(100) / 100)
    short = held(entry(sample_of(verdicts(0.6, 100).preference, lengths)))
    assert "thin: 13.0% of answers are as long as the baseline's" in short.reasons[0]
    assert any(str(OWN) == note for note in short.notes)


def test_lengths_alone_are_no_audit_of_texts() -> None:
    rows = entry(verdicts(0.6, 100), audit=audit_lengths(range(1000, 1100)))
    assert "only the lengths of the outputs were audited: the source holds no texts" in held(rows).notes
    few = entry(verdicts(0.6, 100), audit=audit_lengths([1000] * 3))
    assert "the outputs were not audited: the source holds no texts" in held(few).notes
    texts = entry(verdicts(0.6, 100), audit=Audit(100, (LENGTHS, "distinct")))
    assert not any("audited" in note for note in held(texts).notes)


def test_no_margin_is_a_threshold_of_zero_without_a_sign() -> None:
    assert f"{Rule(against='main').threshold:g}" == "0"


def test_a_model_to_compare_with_whose_outputs_are_refused_is_told() -> None:
    null = entry(verdicts(0.9, 100), "null", audit=audit_lengths([500] * 100))
    notes = held(entry(verdicts(0.6, 100)), Rule(against="null", margin=2.0), against=null).notes
    assert "null: the audit refuses its outputs: 100 answers of one length, 500 characters" in notes


REFUSED = Finding("declines", Severity.WARN, "40 of 100 answers decline or are empty, 2 of the baseline's", 40, 100)
ASKS_NOT = Audit(100, ("declines",), (REFUSED,))


def test_a_model_that_declines_more_often_than_the_baseline_does_not_pass_unless_it_is_meant_to() -> None:
    decision = held(entry(verdicts(0.9, 100), audit=ASKS_NOT))
    assert decision.outcome == Outcome.INCONCLUSIVE and not decision.open
    assert decision.reasons[0].startswith(f"{REFUSED.reason}: use --allow-refusals")
    allowed = held(entry(verdicts(0.9, 100), audit=ASKS_NOT), Rule(minimum=50.0, allow_refusals=True))
    assert allowed.outcome == Outcome.PASSED
    assert f"{REFUSED.reason}, which --allow-refusals accepts" in allowed.notes


def test_refusals_change_no_other_outcome() -> None:
    failed = held(entry(verdicts(0.1, 100), audit=ASKS_NOT))
    assert failed.outcome == Outcome.FAILED and REFUSED.reason not in failed.reasons[0]
    assert held(entry(verdicts(0.9, 20), audit=ASKS_NOT)).outcome == Outcome.INCOMPLETE
    unsure = held(entry(verdicts(0.5, 100), audit=ASKS_NOT))
    assert unsure.outcome == Outcome.INCONCLUSIVE and "lies in it" in unsure.reasons[0]


def test_refusals_that_an_earlier_evalkit_counted_hold_a_model_back_as_well() -> None:
    earlier = Finding("refusals", Severity.WARN, "40 of 100 answers begin as refusals do", 40, 100)
    assert held(entry(verdicts(0.9, 100), audit=Audit(100, ("refusals",), (earlier,)))).outcome == Outcome.INCONCLUSIVE


def test_other_warnings_hold_nobody_back() -> None:
    copied = replace(REFUSED, check="copied")
    assert (
        held(entry(verdicts(0.9, 100), audit=Audit(100, ("declines", "copied"), (copied,)))).outcome == Outcome.PASSED
    )
