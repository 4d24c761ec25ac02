"""Judges beside people and controls, by hand."""

import numpy as np
import pytest

from evalkit.formats import HumanFile, Rows, read_human
from evalkit.metaeval import (
    EvaluationSettings,
    JudgeName,
    JudgeTable,
    JudgeVerdicts,
    RowKind,
    control_verdicts,
    evaluate,
    label_table,
)
from evalkit.reporting import judge_table_notes
from tests.metaeval.made_labels import labelled

OURS = JudgeName("ours", model="large-2", digest="d")


def labels(n: int = 8) -> HumanFile:
    return read_human(Rows.of(labelled(n), "labels"))


def table(preference: list[float], *, judge: JudgeName = OURS, by: tuple[str, ...] = ()) -> JudgeTable:
    found = label_table(labels(len(preference)))
    n = len(preference)
    ours = JudgeVerdicts(
        judge,
        n,
        comparison=np.arange(n),
        second_first=np.arange(n) % 2 == 0,
        ordered=np.ones(n, dtype=bool),
        asked=np.ones(n, dtype=bool),
        repeat=np.zeros(n, dtype=np.int64),
        preference=np.array(preference),
    )
    return evaluate(found, [ours, *control_verdicts(found)], EvaluationSettings(by=by))


def test_the_table_has_the_judges_then_the_people_then_every_control() -> None:
    found = table([1.0] * 7 + [0.0])
    assert [row.kind for row in found.rows] == [RowKind.JUDGE, RowKind.PEOPLE, *[RowKind.CONTROL] * 5]
    assert {row.judge.name for row in found.of_kind(RowKind.CONTROL)} == {
        "longest", "shortest", "random", "first", "always tie",
    }  # fmt: skip


def test_agreement_ceiling_and_lead_over_the_best_control_by_hand() -> None:
    (row,) = table([1.0] * 7 + [0.0]).judges
    # 21 opinions agreed with in full; of the last comparison's, two in full and a tie by half
    assert row.estimate("human_agreement").value == pytest.approx(100 * 23.5 / 24)
    assert row.numbers["human_agreement"].count == 24
    # six of six ordered pairs agree on seven comparisons; of the last one's, two of six, and four by half
    assert row.estimate("ceiling").value == pytest.approx(100 * (42 + 4) / 48)
    assert row.estimate("of_ceiling").value == pytest.approx(100 * (23.5 / 24) / (46 / 48))
    # the longest answer wins always, and is wrong on the last comparison: two against it and a tie by half
    assert row.best_control == "longest"
    assert row.ahead is not None and row.ahead.value == pytest.approx(100 * (23.5 - 21.5) / 24)
    assert row.rank is not None and row.rank.rank == 1


def test_excess_is_the_judges_preference_less_that_of_people() -> None:
    (row,) = table([1.0] * 8).judges
    assert row.estimate("prefers_longer").value == 100
    # 21 of 23 decided opinions
    assert row.estimate("people_prefer_longer").value == pytest.approx(100 * 21 / 23)
    assert row.estimate("excess_longer").value == pytest.approx(100 * 2 / 23)
    # the second answers are of its own family, which is its model's name up to the first digit
    assert row.estimate("prefers_own").value == 100
    assert row.excess_rank == next(one for one in table([1.0] * 8).rows if one.judge.name == "longest").excess_rank
    (other,) = table([1.0] * 8, judge=JudgeName("x", model="strange-9")).judges
    assert "instructions" in other.estimate("excess_own").status.reason
    (unknown,) = table([1.0] * 8, judge=JudgeName("x")).judges
    assert unknown.estimate("excess_own").status.reason == "no family of models is known for this judge"


def test_a_missing_verdict_is_counted_and_left_out() -> None:
    found = label_table(labels())
    ours = JudgeVerdicts(
        OURS, found.n, np.arange(6), np.zeros(6, dtype=bool), np.ones(6, dtype=bool), np.ones(6, dtype=bool),
        np.zeros(6, dtype=np.int64), np.ones(6), failures={"no label": 2},
    )  # fmt: skip
    (row,) = evaluate(found, [ours], EvaluationSettings()).judges
    assert (row.judged, row.missing) == (6, 2)
    assert row.estimate("human_agreement").value == 100 and row.numbers["human_agreement"].count == 18
    assert row.ahead is None


def test_parts_are_by_the_values_of_a_field() -> None:
    (row,) = table([1.0] * 16, by=("category",)).judges
    raw = {part.name: part.raw.value for part in row.parts["category"].categories}
    assert raw == {"even": 100.0, "odd": pytest.approx(100 * 21.5 / 24)}


def test_controls_follow_their_own_rule_and_no_other() -> None:
    rows = labelled()
    rows[0] |= {"output_1": "", "annotators": [1, 1, 1]}
    rows[1] |= {"output_1": "the same", "output_2": "the same"}
    found = label_table(read_human(Rows.of(rows, "labels")))
    verdicts = {one.judge.name: one.mean for one in control_verdicts(found)}
    assert verdicts["shortest"][:3].tolist() == [0.0, 0.5, 0.0]
    assert verdicts["longest"][:3].tolist() == [1.0, 0.5, 1.0]
    assert verdicts["first"].tolist() == [0.0] * 8 and verdicts["always tie"].tolist() == [0.5] * 8


def test_a_judge_that_never_calls_a_tie_is_told_where_people_do() -> None:
    notes = list(judge_table_notes(table([1.0] * 8)))
    assert (
        "people call a tie in 4.17 % of their labels, and ours never does: compare such a judge by 'decided'" in notes
    )
    assert not any("call a tie" in note for note in judge_table_notes(table([1.0] * 7 + [0.5])))
