"""A pass by a judge that is not known to agree with people often enough is inconclusive; nothing else changes."""

import dataclasses

import pytest

from evalkit.boards.known_judge import KnownJudge
from evalkit.gating.people import hold_to_people, people_doubt
from evalkit.gating.rule import Decision, Outcome, Rule
from evalkit.types import Estimate, degraded
from tests.boards.test_known_judge import MEASURED, known

NOTHING = Estimate.refused("not asked", n=0)
LEAST = 60.0


def decision(outcome: Outcome, *, least: float | None = LEAST) -> Decision:
    return Decision(
        outcome=outcome,
        rule=Rule(minimum=50.0, min_agreement=least),
        model="candidate",
        baseline="baseline",
        judge="helpful",
        digest="d1",
        benchmark="example",
        estimate=NOTHING,
        pessimistic=NOTHING,
        optimistic=NOTHING,
        win_rate=NOTHING,
        n=100,
        n_missing=0,
        coverage=1.0,
        reasons=("the number says so",),
    )


def measured(value: float | None, lower: float | None, upper: float | None, **more: object) -> KnownJudge:
    estimate = Estimate(value, 1.0, lower, upper, 300, **more)  # type: ignore[arg-type]
    return known(dataclasses.replace(MEASURED, agreement=estimate))


@pytest.mark.parametrize("outcome", Outcome)
def test_only_a_pass_is_held_to_it(outcome: Outcome) -> None:
    found = hold_to_people(decision(outcome), known())
    assert found.known == known()
    if outcome != Outcome.PASSED:
        assert (found.outcome, found.reasons) == (outcome, ("the number says so",))
        return
    assert found.outcome == Outcome.INCONCLUSIVE
    assert found.reasons == (people_doubt(found), "the number says so")
    assert hold_to_people(decision(outcome, least=None), None).outcome == Outcome.PASSED


@pytest.mark.parametrize(
    ("judge", "said"),
    [
        (measured(70.0, LEAST, 80.0), None),
        (measured(70.0, 59.9999, 80.0), "70.00 of 100 [59.9999, 80.00] on auto_j, and 60.00 lies in that interval"),
        (measured(50.0, 40.0, LEAST), "[40.00, 60.00] on auto_j, and 60.00 lies in that interval"),
        (measured(50.0, 40.0, 59.9), "[40.00, 59.90] on auto_j, too low: at least 60.00 of 100 are asked for"),
        (measured(70.0, 65.0, 80.0, status=degraded("few clusters")), "a degraded number (few clusters)"),
        (measured(70.0, None, None), "is not known (it has no interval)"),
        (known(dataclasses.replace(MEASURED, agreement=NOTHING)), "is not known (not asked)"),
        (known(MEASURED, digest="d2", alike=["d1"]), "was measured in other orders only: evalkit judges evaluate"),
        (known(MEASURED, digest="d2"), "since its model, prompt or parameters changed: evalkit judges evaluate"),
        (known(grades=True), "grades answers alone, so that its agreement with people cannot be measured"),
        (None, "verdicts in files do not say which form of the judge gave them"),
    ],
)
def test_the_lower_end_of_the_latest_measurement_of_this_form_decides(
    judge: KnownJudge | None, said: str | None
) -> None:
    found = hold_to_people(decision(Outcome.PASSED), judge)
    assert (found.outcome == Outcome.PASSED) == (said is None), found.reasons
    assert said is None or said in found.reasons[0]
