"""One decision by several rules: which error is held at which level."""

import itertools

import numpy as np
import pytest

from evalkit.gating.joint import Deciding, JointDecision, decide_jointly
from evalkit.gating.rule import Decision, Outcome, Rule
from evalkit.stats import normal_quantile
from evalkit.types import Estimate
from tests.reporting.gates import decision

CONFIDENCE = 0.95
SIDE = (1 - CONFIDENCE) / 2
PASSED, FAILED, UNSURE = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE


def measured(value: float, stderr: float, *, name: str, required: bool = True, limit: float = 50.0) -> Deciding:
    """A rule that decides on a normal number, as the gate decides where nothing is missing."""

    def decided(confidence: float) -> Decision:
        reach = stderr * normal_quantile((1 + confidence) / 2)
        number = Estimate(value, stderr, value - reach, value + reach, 100)
        outcome = PASSED if value - reach >= limit else FAILED if value + reach < limit else UNSURE
        rule = Rule(name=name, required=required, minimum=limit, confidence=confidence)
        numbers = dict.fromkeys(("estimate", "pessimistic", "optimistic", "win_rate"), number)
        return decision(outcome, rule=rule, reasons=(f"ends at {value + reach:.2f}",), **numbers)

    return decided


def of_p_values(*p_values: float) -> list[Deciding]:
    """Rules whose p-values against "at least the threshold" are these."""
    return [measured(50.0 - normal_quantile(1 - p), 1.0, name=f"rule {index}") for index, p in enumerate(p_values)]


def outcomes(joint: JointDecision) -> list[Outcome]:
    return [one.outcome for one in joint.decisions]


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        # by hand: 0.025 / 3 = 0.00833, 0.025 / 2 = 0.0125, 0.025
        ((0.004, 0.011, 0.020), [FAILED, FAILED, FAILED]),
        ((0.020, 0.004, 0.013), [UNSURE, FAILED, UNSURE]),
        ((0.009, 0.011, 0.020), [UNSURE, UNSURE, UNSURE]),
        ((0.004, 0.500, 0.013), [UNSURE if p > 0.0125 else FAILED for p in (0.004, 0.5, 0.013)]),
    ],
)
def test_fails_follow_holms_method_by_hand(p_values: tuple[float, ...], expected: list[Outcome]) -> None:
    joint = decide_jointly(of_p_values(*p_values), confidence=CONFIDENCE)
    assert outcomes(joint) == expected
    assert joint.outcome == (FAILED if FAILED in expected else UNSURE)


def rejected(p_values: list[float]) -> list[bool]:
    """Holm's method on p-values: from the smallest on, until one is above its level."""
    found = [False] * len(p_values)
    for step, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] > SIDE / (len(p_values) - step):
            break
        found[index] = True
    return found


def test_fails_are_those_of_holms_method_on_p_values() -> None:
    generator = np.random.default_rng(3)
    for _ in range(60):
        p_values = generator.uniform(0, 0.04, size=generator.integers(2, 7)).tolist()
        found = outcomes(decide_jointly(of_p_values(*p_values), confidence=CONFIDENCE))
        assert [one == FAILED for one in found] == rejected(p_values)


def test_a_fail_at_the_level_of_one_rule_says_why_it_does_not_count_and_a_fail_that_counts_says_at_which() -> None:
    joint = decide_jointly(of_p_values(0.020, 0.004, 0.013), confidence=CONFIDENCE)
    first, second, _ = joint.decisions
    assert first.reasons[0].startswith("it fails by itself, but at 97.5 % confidence, asked for while 2 required rules")
    assert second.reasons[0].startswith("at 98.3333 % confidence, asked for while 3 required rules may fail, ends at")
    assert first.adjusted is not None and first.adjusted.upper == pytest.approx(50 + 0.1877, abs=1e-3)
    # the number is shown at the gate's own confidence
    assert first.estimate.upper is not None and first.estimate.upper < 50 and first.rule.confidence == CONFIDENCE


def test_a_rule_that_only_informs_changes_neither_the_outcome_nor_the_level_of_the_others() -> None:
    required = of_p_values(0.020, 0.9)
    informative = [measured(20.0, 1.0, name=f"told {n}", required=False) for n in range(3)]
    alone, beside = (decide_jointly(rules, confidence=CONFIDENCE) for rules in (required, [*required, *informative]))
    assert alone.outcome == beside.outcome == UNSURE
    assert outcomes(beside)[:2] == outcomes(alone) and outcomes(beside)[2:] == [FAILED] * 3
    assert all(one.adjusted is None for one in beside.informative)
    sole = decide_jointly([*of_p_values(0.020), *informative], confidence=CONFIDENCE)
    assert sole.outcome == FAILED and sole.decisions[0].adjusted is None


def test_the_gate_passes_only_what_all_required_rules_pass_and_fails_what_one_fails() -> None:
    others = (Outcome.NOT_ESTIMABLE, Outcome.INCOMPLETE, UNSURE)
    for first, second in itertools.product((PASSED, FAILED, Outcome.AUDIT_FAILED, *others), repeat=2):
        joint = JointDecision(
            tuple(
                decision(outcome, rule=Rule(name=name, required=required, minimum=50.0))
                for name, outcome, required in (("a", first, True), ("b", second, True), ("c", FAILED, False))
            )
        )
        both = {first, second}
        expected = PASSED if both == {PASSED} else UNSURE
        expected = Outcome.INCOMPLETE if Outcome.INCOMPLETE in both else expected
        expected = Outcome.AUDIT_FAILED if Outcome.AUDIT_FAILED in both else expected
        expected = FAILED if FAILED in both else expected
        assert joint.outcome == expected, (first, second)
        assert joint.deciding.outcome == expected or joint.deciding.outcome in others


@pytest.mark.parametrize("outcome", [PASSED, FAILED, UNSURE, Outcome.INCOMPLETE, Outcome.AUDIT_FAILED])
def test_a_gate_of_one_rule_without_a_name_decides_as_the_rule_does(outcome: Outcome) -> None:
    joint = JointDecision((decision(outcome),))
    assert joint.alone is joint.deciding and joint.outcome == outcome


def simulated(truths: tuple[float, ...], *, runs: int, shared: float) -> tuple[float, float]:
    """Shares of runs that pass and that fail, of models with these numbers: verdicts are heavy-tailed and skewed, rules
    share a part of their errors, and standard errors are estimated.
    """
    generator = np.random.default_rng(11)
    n, counted = 120, {PASSED: 0, FAILED: 0, UNSURE: 0}
    for _ in range(runs):
        common = generator.exponential(1.0, size=n) - 1.0
        rules = []
        for index, truth in enumerate(truths):
            own = generator.standard_t(6, size=n) / np.sqrt(1.5)
            verdicts = truth + 10.0 * (np.sqrt(shared) * common + np.sqrt(1 - shared) * own)
            stderr = float(verdicts.std(ddof=1) / np.sqrt(n))
            rules.append(measured(float(verdicts.mean()), stderr, name=str(index)))
        counted[decide_jointly(rules, confidence=CONFIDENCE).outcome] += 1
    return counted[PASSED] / runs, counted[FAILED] / runs


@pytest.mark.parametrize("shared", [0.0, 0.6])
def test_wrong_fails_of_the_whole_gate_are_as_rare_as_those_of_one_rule(shared: float) -> None:
    """Every number is exactly at its threshold: without a correction 10 % of such gates would fail at `shared` 0."""
    _, failed = simulated((50.0,) * 4, runs=1500, shared=shared)
    # 0.025, with two and a half standard errors of a share of 1500 runs, and the skew of the verdicts
    assert 0.002 < failed < 0.040


def test_wrong_passes_of_the_whole_gate_need_no_correction() -> None:
    """One number is at its threshold and the others are far above: the gate passes as one rule would."""
    passed, failed = simulated((50.0, 60.0, 60.0, 60.0), runs=1500, shared=0.0)
    assert 0.012 < passed < 0.040 and failed < 0.02
    both, _ = simulated((50.0, 50.0, 60.0, 60.0), runs=500, shared=0.0)
    assert both < 0.01
