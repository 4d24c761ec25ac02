"""One decision by several rules: all required ones pass it, and any fails it at the level of Holm's method.

A wrong pass needs no correction: a gate that passes a model although one required number lies below its threshold has
passed that very rule, which happens with the error rate of one rule (an intersection-union test). A wrong fail does:
each further rule is a further chance to fail a model that reaches every threshold. Holm's method holds the probability
of any wrong fail among the required rules at the error rate of one rule, whatever the rules share.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from evalkit.gating.rule import Adjusted, Decision, Outcome
from evalkit.text import level, plural

# decides by one rule, with an interval of this confidence
Deciding = Callable[[float], Decision]


@dataclass(frozen=True, slots=True)
class JointDecision:
    """The decision of a gate by one rule or more, in the order of the rules.

    A gate of one rule without a name decides as this rule does. Any other passes where every required rule passes,
    fails where one fails, refuses outputs that a required rule's audit refuses, is incomplete where verdicts that a
    required rule needs are missing, and else is inconclusive.
    """

    decisions: tuple[Decision, ...]

    @property
    def alone(self) -> Decision | None:
        """The decision by the only rule of a gate that names none; None where rules have names."""
        first = self.decisions[0]
        return first if first.rule.name is None else None

    @property
    def required(self) -> tuple[Decision, ...]:
        return tuple(decision for decision in self.decisions if decision.rule.required)

    @property
    def informative(self) -> tuple[Decision, ...]:
        """The decisions that are shown and change nothing."""
        return tuple(decision for decision in self.decisions if not decision.rule.required)

    @property
    def outcome(self) -> Outcome:
        if self.alone is not None:
            return self.alone.outcome
        outcomes = {decision.outcome for decision in self.required}
        for decisive in (Outcome.FAILED, Outcome.AUDIT_FAILED, Outcome.INCOMPLETE):
            if decisive in outcomes:
                return decisive
        return Outcome.PASSED if outcomes == {Outcome.PASSED} else Outcome.INCONCLUSIVE

    @property
    def deciding(self) -> Decision:
        """The decision that the outcome rests on: the first required one that has it or, if inconclusive, that does
        not pass.
        """
        same = [one for one in self.required if one.outcome == self.outcome]
        if self.outcome == Outcome.INCONCLUSIVE:
            same = [one for one in self.required if one.outcome != Outcome.PASSED]
        return same[0]

    @property
    def error_rate(self) -> float:
        """The largest probability of a wrong pass of the gate; it is also that of any wrong fail among its rules."""
        return max(decision.error_rate for decision in self.required)

    @property
    def strictest(self) -> float:
        """The confidence at which the first fail among the required rules is tested."""
        return _stricter(1 - 2 * self.error_rate, len(self.required))


def decide_jointly(deciding: Sequence[Deciding], *, confidence: float) -> JointDecision:
    """Decide by several rules at once.

    Each rule decides at the `confidence`. A fail by a required rule counts only at the level that Holm's method asks,
    and else makes the rule inconclusive; rules that are not required decide by themselves.
    """
    own = [decide(confidence) for decide in deciding]
    fails = _holm(own, deciding, confidence)
    return JointDecision(tuple(_estimable(fails.get(index, decision)) for index, decision in enumerate(own)))


def _holm(own: Sequence[Decision], deciding: Sequence[Deciding], confidence: float) -> dict[int, Decision]:
    """The decisions of the required rules that fail by themselves, as Holm's method has them, by their place.

    A rule that does not fail by itself cannot fail at a stricter level, but counts among the rules in question.
    """
    n = sum(decision.rule.required for decision in own)
    waiting = [index for index, one in enumerate(own) if one.rule.required and one.outcome == Outcome.FAILED]
    found: dict[int, Decision] = {}
    if n == 1:
        return found
    while waiting:
        asked = _stricter(confidence, n)
        stricter = {index: deciding[index](asked) for index in waiting}
        failed = [index for index in waiting if stricter[index].outcome == Outcome.FAILED]
        found |= {index: _adjusted(own[index], stricter[index], n) for index in waiting}
        if not failed:
            break
        waiting = [index for index in waiting if index not in failed]
        n -= len(failed)
    return found


def _stricter(confidence: float, n: int) -> float:
    """The confidence of a two-sided interval that leaves an n-th of what this one leaves."""
    return 1 - (1 - confidence) / n


def _adjusted(own: Decision, stricter: Decision, n: int) -> Decision:
    """A decision as it stands by itself, with the outcome that it has at the stricter level."""
    confidence = stricter.rule.confidence
    asked = f"at {level(round(confidence, 6))} confidence, asked for while {plural(n, 'required rule')} may fail"
    first, *others = stricter.reasons
    failed = stricter.outcome == Outcome.FAILED
    reason = f"{asked}, {first}" if failed else f"it fails by itself, but {asked}, {first}"
    return replace(
        own,
        outcome=Outcome.FAILED if failed else Outcome.INCONCLUSIVE,
        reasons=(reason, *others),
        adjusted=Adjusted(confidence=confidence, of=n, upper=stricter.ceiling),
    )


def _estimable(decision: Decision) -> Decision:
    """The decision with an outcome of its own where there is no number."""
    if decision.outcome == Outcome.INCONCLUSIVE and decision.estimate.value is None:
        return replace(decision, outcome=Outcome.NOT_ESTIMABLE)
    return decision
