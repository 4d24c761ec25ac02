"""What is known of a judge, in sentences compared with ones that were written by hand."""

import dataclasses
import datetime

import pytest

from evalkit.boards.known_judge import KnownJudge, known_judge, known_line
from evalkit.types import Estimate, EvaluationRecord, degraded

MEASURED = EvaluationRecord(
    judge="helpful",
    judge_digest="d1",
    labels="auto_j",
    labels_digest="l1",
    orders="one",
    repeats=1,
    n=350,
    n_people=1,
    at=datetime.datetime(2026, 1, 5, 23, 30, tzinfo=datetime.UTC),
    agreement=Estimate(64.2, 2.5, 59.4, 69.1, 340),
    ceiling=Estimate.refused("one person", n=0),
    evidence="e",
)
SEVERAL = dataclasses.replace(
    MEASURED,
    labels="pandalm",
    labels_digest="l2",
    n=999,
    n_people=3,
    at=datetime.datetime(2026, 2, 1, tzinfo=datetime.UTC),
    ceiling=Estimate(66.0, 2.0, 61.0, 71.0, 170),
)
OF_SEVERAL = (
    "agrees with people on 64 of 100 [59, 69] on pandalm, where people agree with each other on 66 of 100 [61, 71]; "
    "measured on 999 comparisons on 2026-02-01"
)
OF_ONE = (
    "agrees with people on 64 of 100 [59, 69] on auto_j, ceiling unknown: one label each; measured on 350 comparisons "
    "on 2026-01-05"
)
THERE = "agreement there is not agreement on this benchmark"
CURE = "evalkit judges evaluate helpful --human FILE measures it"


def known(*records: EvaluationRecord, digest: str = "d1", **more: object) -> KnownJudge:
    return known_judge(records, judge="helpful", digest=digest, **more)  # type: ignore[arg-type]


def said(*records: EvaluationRecord, digest: str = "d1", **more: object) -> str:
    return known_line(known(*records, digest=digest, **more))


def test_a_measurement_is_told_with_its_labels_and_its_date() -> None:
    assert said(MEASURED) == f"judge helpful {OF_ONE}; {THERE}"
    assert said(SEVERAL) == f"judge helpful {OF_SEVERAL}; {THERE}"
    one = dataclasses.replace(MEASURED, n=1, n_people=2, ceiling=Estimate.refused("people share no comparison", n=0))
    assert "auto_j, ceiling unknown: people share no comparison; measured on 1 comparison on" in said(one)


def test_of_several_measurements_the_latest_on_each_labels_is_told_and_at_most_three() -> None:
    earlier = dataclasses.replace(SEVERAL, n=100, at=MEASURED.at, labels_digest="before")
    assert said(SEVERAL, MEASURED, earlier) == f"judge helpful {OF_SEVERAL}; it {OF_ONE}; {THERE}"
    others = [
        dataclasses.replace(MEASURED, labels=f"set {day}", at=datetime.datetime(2026, 3, day, tzinfo=datetime.UTC))
        for day in (1, 2, 3)
    ]
    found = known(SEVERAL, MEASURED, *others)
    assert [record.labels for record in found.records] == ["set 3", "set 2", "set 1", "pandalm", "auto_j"]
    line = known_line(found)
    assert "on set 1" in line and "pandalm" not in line and f"; json has 2 more measurements; {THERE}" in line
    assert found.latest == others[-1]


@pytest.mark.parametrize(
    ("records", "more", "expected"),
    [
        ((), {}, f"nothing is known of how far judge helpful agrees with people: {CURE}"),
        (
            (MEASURED,),
            {"digest": "d2"},
            "nothing is known of how far judge helpful agrees with people since its model, prompt or parameters "
            f"changed: {CURE}",
        ),
        (
            (dataclasses.replace(MEASURED, judge="other"),),
            {"digest": "d2"},
            f"nothing is known of how far judge helpful agrees with people: {CURE}",
        ),
        (
            (),
            {"grades": True},
            "nothing is known of how far judge helpful agrees with people: it grades answers alone, and only a judge "
            "that compares two answers can be measured",
        ),
        (
            (MEASURED,),
            {"digest": "d1 + d2"},
            "nothing is known of how far judge helpful agrees with people: several judges together are not measured",
        ),
    ],
)
def test_otherwise_nothing_is_known(
    records: tuple[EvaluationRecord, ...], more: dict[str, object], expected: str
) -> None:
    assert said(*records, **more) == expected  # type: ignore[arg-type]


def test_other_orders_than_those_measured_are_told_and_do_not_count_as_a_measurement_of_this_form() -> None:
    found = known(MEASURED, digest="d2", alike=["d1"], orders="both")
    assert known_line(found) == f"judge helpful {OF_ONE}, asked in one order there, and in both orders here; {THERE}"
    assert found.latest is None
    own = dataclasses.replace(MEASURED, judge_digest="d2", orders="both", n=5, at=MEASURED.at.replace(year=2025))
    assert known(MEASURED, own, digest="d2", alike=["d1"], orders="both").records == (own,)


def test_a_doubtful_number_says_so_and_one_that_could_not_be_estimated_has_no_share() -> None:
    doubtful = dataclasses.replace(MEASURED, agreement=dataclasses.replace(MEASURED.agreement, status=degraded("few")))
    assert "[59, 69] on auto_j (few), ceiling" in said(doubtful)
    none = dataclasses.replace(MEASURED, agreement=Estimate.refused("every verdict is missing", n=0))
    assert said(none) == (
        "judge helpful was measured on auto_j, where its agreement with people cannot be estimated: every verdict is "
        f"missing; measured on 350 comparisons on 2026-01-05; {THERE}"
    )


def test_a_name_with_blanks_can_be_pasted_into_the_command() -> None:
    assert "evaluate 'my judge' --human" in known_line(KnownJudge("my judge", "d"))
