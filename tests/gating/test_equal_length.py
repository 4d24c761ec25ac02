"""What a gate makes of a number at equal length: a history of the judge backs it, or it must survive without one."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from evalkit.boards.background import Background, HistorySource
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import LC_WIN_RATE, WIN_RATE, Metric
from evalkit.boards.rates import Estimators
from evalkit.gating.decide import decide
from evalkit.gating.equal_length import LEAST_CORRELATION
from evalkit.gating.rule import Decision, Outcome, Rule
from evalkit.reporting.gate import gate_explanation, gate_json, gate_text
from evalkit.reporting.gate_ci import gate_annotation, gate_junit, gate_summary
from evalkit.stats.logistic import expit
from evalkit.types import StatusKind
from tests.boards.taught import AUTO, KNOWN
from tests.stats.stat_samples import LENGTH_SD, sample_of

# a history that says what the model's own verdicts say
OWN = Background(HistorySource.FILE, judge="judge", models=44, name="own")
BACKGROUNDS = {
    "own history": OWN,
    "models at hand": replace(OWN, source=HistorySource.MODELS),
    "few models": Background(HistorySource.DIFFICULTY_OF_MODELS, confounding=KNOWN.generic.confounding, models=7),
    "another judge": Background(HistorySource.DIFFICULTY_OF_FILE, confounding=KNOWN.generic.confounding, models=44),
    "generic": Background(HistorySource.GENERIC, None, KNOWN.generic.alone, KNOWN.generic.confounding),
    "none": Background(HistorySource.NONE, confounding=KNOWN.generic.confounding),
}
BACKED = {"own history", "models at hand"}


def made(level: float, *, lengths: float = 0.0, n: int = 1500, seed: int = 1, model: str = "candidate") -> Entry:
    """Verdicts of a judge that likes length, on answers that are longer than the baseline's by `lengths` on average."""
    generator = np.random.default_rng(seed)
    length = generator.normal(lengths, LENGTH_SD, n).round()
    chance = expit(level + 1.6 * np.tanh(length / LENGTH_SD))
    verdict = generator.beta(3 * chance, 3 * (1 - chance))
    return Entry(model, "judge", "baseline", sample_of(verdict, length), 1000.0)


# at equal length one is above 50 and one below, and raw verdicts say the contrary
CONCISE, VERBOSE = made(0.66, lengths=-300), made(-0.6, lengths=340)
EVEN = made(0.35)


def gated(entry: Entry, background: str, rule: Rule, *, against: Entry | None = None) -> Decision:
    known = BACKGROUNDS[background]
    rates = Estimators(replace(AUTO, metric=rule.metric, confidence=rule.confidence), known, known)
    return decide(entry, rates, rule, benchmark="made", against=against)


def lines(decision: Decision) -> Iterator[str]:
    yield from gate_text(decision).splitlines()
    yield from gate_explanation(decision).splitlines()
    yield from gate_summary(decision).splitlines()
    yield from gate_junit(decision).splitlines()
    yield gate_annotation(decision)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("entry", [CONCISE, VERBOSE, made(0.35, n=600), made(1.4, n=200), made(-1.2, n=200)])
def test_a_model_passes_exactly_where_every_condition_holds(entry: Entry, background: str) -> None:
    seen = set()
    for minimum in range(5, 100, 5):
        decision = gated(entry, background, Rule(minimum=float(minimum)))
        rests, raw, estimate = decision.equal_length, decision.win_rate, decision.estimate
        assert rests is not None and raw.value is not None and estimate.value is not None
        assert rests.own_history == (background in BACKED)
        passing = estimate.value >= minimum
        agrees = (raw.value >= minimum) == passing
        if background not in BACKED:
            assert raw.lower is not None and raw.upper is not None
            agrees = raw.lower >= minimum if passing else raw.upper < minimum
        assert rests.raw_agrees == agrees
        above = decision.pessimistic.lower is not None and decision.pessimistic.lower >= minimum
        survives = rests.correlation is not None and rests.correlation >= 0.25
        backed = background in BACKED or (rests.raw_agrees and survives)
        passes = estimate.status.kind == StatusKind.OK and above and backed
        assert (decision.outcome == Outcome.PASSED) == passes
        below = decision.optimistic.upper is not None and decision.optimistic.upper < minimum
        fails = below and (background in BACKED or rests.raw_agrees)
        if estimate.status.kind == StatusKind.OK:
            assert (decision.outcome == Outcome.FAILED) == fails
        assert passes or fails or decision.outcome == Outcome.INCONCLUSIVE
        only = decision.outcome != Outcome.INCONCLUSIVE and not rests.raw_agrees
        first = gate_text(decision).splitlines()[0]
        assert decision.at_equal_length_only == only == ("at equal length only" in first)
        seen.add(decision.outcome)
    assert {Outcome.FAILED, Outcome.INCONCLUSIVE} <= seen


@pytest.mark.parametrize(("entry", "outcome"), [(CONCISE, Outcome.PASSED), (VERBOSE, Outcome.FAILED)])
def test_with_a_history_of_the_judge_the_first_line_says_at_equal_length_only(entry: Entry, outcome: Outcome) -> None:
    decision = gated(entry, "own history", Rule(minimum=50.0))
    assert decision.outcome == outcome and decision.at_equal_length_only
    assert decision.reasons[0].startswith("at equal length only: the raw win rate is ")
    said = f"{outcome.value.upper()} at equal length only"
    assert gate_text(decision).startswith(f"{said}: candidate against baseline, LC win rate ")
    assert gate_explanation(decision).startswith(f"The gate says {outcome.value.upper()}: at equal length only: ")
    assert "at equal length only: the raw win rate" in gate_annotation(decision)
    assert gate_summary(decision).startswith(f"### evalkit gate: {outcome.value} at equal length only\n")


def test_more_data_is_not_promised_to_tell_where_the_errors_of_what_was_learned_reach_the_threshold() -> None:
    decision = gated(EVEN, "generic", Rule(minimum=50.0))
    rests, value = decision.equal_length, decision.estimate.value
    assert rests is not None and value is not None
    reach = 1.96 * rests.beyond_sampling
    assert reach > 0.5
    for minimum in (value - 0.9 * reach, value + 0.9 * reach, value - 1.1 * reach, value + 1.1 * reach):
        near = gated(EVEN, "generic", Rule(minimum=minimum))
        inside = near.estimate.lower < minimum <= near.estimate.upper  # type: ignore[operator]
        assert near.open == (inside and abs(minimum - value) > reach)


@pytest.mark.parametrize("background", sorted(BACKGROUNDS.keys() - BACKED))
@pytest.mark.parametrize("entry", [CONCISE, VERBOSE])
def test_without_one_raw_verdicts_on_the_other_side_decide_nothing(entry: Entry, background: str) -> None:
    decision = gated(entry, background, Rule(minimum=50.0))
    assert decision.outcome == Outcome.INCONCLUSIVE
    assert "no history of this judge" in decision.reasons[0] and "the raw win rate's interval" in decision.reasons[0]
    assert not any("at equal length only" in line for line in lines(decision))


def test_the_correlation_that_would_change_a_conclusion_is_named_and_decides() -> None:
    # the raw win rate is the higher one, so that it stands in no pass's way
    longer = made(1.0, lengths=100, n=150)
    found = {minimum: gated(longer, "none", Rule(minimum=minimum)) for minimum in np.arange(55.0, 70.0, 0.2).tolist()}
    held = [one for one in found.values() if one.reasons[0].startswith("a correlation of ")]
    passed = [one for one in found.values() if one.outcome == Outcome.PASSED]
    assert held and passed
    for one in held:
        assert one.equal_length is not None and one.equal_length.correlation is not None
        assert one.outcome == Outcome.INCONCLUSIVE and one.equal_length.correlation < LEAST_CORRELATION == 0.25
        assert f"a correlation of {one.equal_length.correlation:.2f} between length and difficulty" in one.reasons[0]
        assert "the interval starts at" in one.reasons[1]
    assert max(one.rule.threshold for one in passed) < min(one.rule.threshold for one in held)
    assert all(gated(longer, "own history", one.rule).outcome == Outcome.PASSED for one in held)


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_a_difference_is_held_to_the_same(background: str) -> None:
    other = made(0.0, lengths=0.0, model="other", seed=2)
    rule = Rule(against="other")
    # ahead at equal length and behind in raw verdicts
    concise = made(0.65, lengths=-320)
    decision = gated(concise, background, rule, against=other)
    assert decision.equal_length is not None and not decision.equal_length.raw_agrees
    if background in BACKED:
        assert decision.outcome == Outcome.PASSED and decision.at_equal_length_only
        assert decision.reasons[0].startswith("at equal length only: the raw difference is ")
    else:
        assert decision.outcome == Outcome.INCONCLUSIVE
        assert (
            "the raw difference's interval" in decision.reasons[0] and "no history of this judge" in decision.reasons[0]
        )
    better = gated(made(2.2), background, rule, against=other)
    assert better.outcome == Outcome.PASSED and not better.at_equal_length_only
    outcomes = {}
    for margin in (0.0, 2.0, 4.0, 8.0, 16.0, 32.0):
        one = gated(EVEN, background, Rule(against="other", margin=margin), against=other)
        assert one.equal_length is not None
        outcomes[margin] = one.outcome
        assert one.outcome != Outcome.PASSED or one.equal_length.survives
    assert Outcome.PASSED in outcomes.values()


def test_a_rate_that_takes_nothing_out_rests_on_nothing() -> None:
    decision = gated(CONCISE, "generic", Rule(minimum=30.0, metric=WIN_RATE))
    assert decision.outcome == Outcome.PASSED and decision.equal_length is None
    assert json.loads(gate_json(decision))["equal_length"] is None


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_json_says_what_the_number_rests_on(background: str) -> None:
    for minimum in (30.0, 50.0):
        decision = gated(CONCISE, background, Rule(minimum=minimum))
        document = json.loads(gate_json(decision))
        rests = decision.equal_length
        assert rests is not None and document["at_equal_length_only"] == decision.at_equal_length_only
        assert document["equal_length"].keys() == {
            "own_history",
            "correlation",
            "raw_agrees",
            "errors",
            "slope_deviation",
        }
        assert rests.parts is not None
        errors = document["equal_length"]["errors"]
        assert errors == pytest.approx(
            {
                "sampling": rests.parts.sampling,
                "history": rests.parts.history,
                "form": rests.parts.form,
                "confounding": rests.parts.confounding,
            },
            abs=1e-6,
        )
        assert errors["sampling"] == pytest.approx(decision.estimate.stderr, abs=1e-6)
        assert document["equal_length"]["own_history"] == (background in BACKED)
        assert document["equal_length"]["raw_agrees"] == rests.raw_agrees
        said = document["equal_length"]["correlation"]
        unbounded = rests.correlation is None or math.isinf(rests.correlation)
        assert said is None if unbounded else said == pytest.approx(rests.correlation)
        assert any(str(BACKGROUNDS[background]) in note for note in document["notes"])


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("metric", [LC_WIN_RATE, WIN_RATE])
def test_nothing_that_is_printed_promises_an_error_rate_without_its_conditions(metric: Metric, background: str) -> None:
    for entry in (CONCISE, VERBOSE, EVEN):
        decision = gated(entry, background, Rule(minimum=50.0, metric=metric))
        promises = [line for line in lines(decision) if "error rate" in line.lower() or "would pass" in line]
        assert promises
        for line in promises:
            assert "if the instructions are drawn independently" in line and "about" in line
            assert ("the form of the regression is right" in line) == (metric == LC_WIN_RATE)
        assert not any("guarantee" in line or "at most 2.5" in line for line in lines(decision))


def test_no_correlation_above_one_is_named() -> None:
    decision = gated(EVEN, "generic", Rule(minimum=40.0))
    assert decision.equal_length is not None and (decision.equal_length.correlation or 0.0) > 1
    assert "No correlation between length and difficulty would change the conclusion." in gate_explanation(decision)
    assert "A correlation of 0." in gate_explanation(gated(made(1.0, lengths=-250), "none", Rule(minimum=65.0)))
