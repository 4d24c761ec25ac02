"""Decisions of gates to print."""

from typing import Any

from evalkit.gating.rule import Decision, Outcome, Rule
from evalkit.types import Audit, Estimate, Finding, Severity

NUMBER = Estimate(55.7212, 1.2, 53.35, 58.07, 48)
# what each of these could do in the wrong place: end a cell, a code, a tag or a line, mention, link, command a runner
HOSTILE = (
    "a|b `x` ``` </details><script>alert(1)</script> @everyone #1 https://evil.example [l](http://evil.example)\n"
    "::error::owned\r\n##[add-path]/evil ##vso[task.setvariable]x\x1b[31m\x00\ufffe\ud800 %0A::stop-commands::x"
)


def decision(outcome: Outcome = Outcome.PASSED, **changes: Any) -> Decision:
    """A gate on the example's careful model, with what a test changes."""
    facts: dict[str, Any] = {
        "outcome": outcome,
        "rule": Rule(minimum=50.0),
        "model": "careful",
        "baseline": "baseline",
        "judge": "surface",
        "digest": "0123abcd",
        "benchmark": "example",
        "estimate": NUMBER,
        "pessimistic": NUMBER,
        "optimistic": NUMBER,
        "win_rate": Estimate(57.5, 1.5, 54.5, 60.5, 48),
        "n": 48,
        "n_missing": 0,
        "coverage": 1.0,
        "reasons": ("the lower end 53.35 is at or above 50",),
    }
    return Decision(**(facts | changes))


def hostile(outcome: Outcome = Outcome.FAILED) -> Decision:
    """The same with texts that want to be more than texts, in every place that takes one."""
    finding = Finding(HOSTILE, Severity.WARN, HOSTILE, 1, 48, (HOSTILE,))
    names = dict.fromkeys(("model", "baseline", "judge", "digest", "benchmark", "sha256"), HOSTILE)
    texts = {"reasons": (HOSTILE,), "notes": (HOSTILE,), "audit": Audit(48, (HOSTILE,), (finding,))}
    return decision(outcome, **names, **texts, rule=Rule(against=HOSTILE, margin=2.0))
