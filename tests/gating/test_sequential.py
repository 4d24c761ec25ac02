"""How sure one look of a gate that judges in batches has to be."""

import pytest

from evalkit.gating.rule import Rule, Spent
from evalkit.gating.sequential import rule_of_look
from evalkit.stats.sequential import early_look_confidence

RULE = Rule(minimum=50.0, confidence=0.9)


def confidence(instructions: int, *, n: int, of: int = 400) -> float:
    """Of a look at so many instructions, n of which have a verdict."""
    spent = Spent(instructions=instructions, of=of, looks=1, confidence=RULE.confidence)
    return rule_of_look(RULE, spent, n=n).confidence


def test_a_look_before_the_last_is_as_sure_as_all_of_them_need() -> None:
    assert confidence(100, n=99) == early_look_confidence(99, alpha=1 - 0.9, n_planned=400)


def test_the_last_look_is_the_one_at_everything_whatever_has_a_verdict() -> None:
    assert confidence(400, n=400) == confidence(400, n=390) == pytest.approx(1 - 0.1 * 0.5)


def test_a_look_without_any_verdict_can_be_taken() -> None:
    assert 0.99 < confidence(50, n=0) < 1


def test_only_the_confidence_of_the_rule_changes() -> None:
    spent = Spent(instructions=100, of=400, looks=2, confidence=RULE.confidence)
    look = rule_of_look(RULE, spent, n=100)
    assert look == Rule(minimum=50.0, confidence=look.confidence)
