"""Single verdicts as rows of a table, and back."""

import dataclasses
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.formats.judgments import Judgments
from evalkit.formats.records import Record
from evalkit.formats.verdict_table import measure_columns, table_rows, table_schema, table_verdicts
from evalkit.sources.recorded import annotations_of
from evalkit.types import Annotation, Order, Rating, Slot

SLOT = Slot(
    benchmark="bench", model="m", baseline="b", judge="j", digest="d", key="81:2", cluster="c", category="math",
    order=Order.CANDIDATE_FIRST, repeat=1, baseline_chars=3, candidate_chars=5, turn=2,
    baseline_measures={"bold": 1.0}, candidate_measures={"bold": 2.0, "len": 9.0, "tokens": 7.0}, candidate_blanks=2,
)  # fmt: skip
ALONE = dataclasses.replace(
    SLOT, baseline="", order=Order.ALONE, baseline_chars=0, baseline_measures={}, candidate_measures={}
)
ROW: dict[str, Any] = {
    "judge": "j", "model": "m", "baseline": "b", "key": "k", "order": "baseline_first", "preference": 1.5
}  # fmt: skip


def row_of(annotation: Annotation) -> dict[str, Any]:
    (row,) = table_rows([annotation])
    return row


def test_a_comparison_is_a_row_with_all_that_a_board_needs() -> None:
    assert row_of(Annotation(SLOT, 0.25, strong=True)) == {
        "judge": "j", "model": "m", "baseline": "b", "key": "81:2", "cluster": "c", "category": "math", "turn": 2,
        "order": "candidate_first", "repeat": 1, "preference": 1.25, "rating": None, "low": None, "high": None,
        "strong": True, "failure": None, "len_1": 3, "len_2": 5, "blanks_1": None, "blanks_2": 2,
        "bold_1": 1.0, "bold_2": 2.0, "tokens_2": 7.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "annotation",
    [
        Annotation(SLOT, 0.25, strong=True),
        Annotation(SLOT, None, "no verdict"),
        Annotation(dataclasses.replace(SLOT, key="k", turn=1, candidate_chars=None, candidate_blanks=None), 0.0),
        Annotation(ALONE, None, rating=Rating(7.5, 1.0, 10.0)),
        Annotation(ALONE, None, "no grade"),
    ],
)
def test_what_is_read_again_is_filed_where_it_was(annotation: Annotation) -> None:
    rows = table_rows([annotation])
    names = table_schema(rows).names
    (verdict,) = table_verdicts([Record("t: row 1", dict.fromkeys(names) | rows[0])])
    slot = annotation.slot
    # of a measure that is known of one answer only, and of lengths, nothing is read
    measures = {name: value for name, value in slot.candidate_measures.items() if name == "bold"}
    expected = dataclasses.replace(slot, benchmark="", digest="", candidate_measures=measures)
    assert verdict == dataclasses.replace(annotation, slot=expected)
    (filed,) = annotations_of(Judgments((verdict,)))
    where = dataclasses.replace(filed.slot, digest="", labels=None, reply_key=None, failure=None, recorded=None)
    assert where == expected


def test_a_measure_has_a_column_for_each_side_and_lengths_are_none() -> None:
    assert measure_columns(["len_1", "len_2", "bold_1", "bold_2", "x_1", "_1", "_2"]) == {
        "bold": ("bold_1", "bold_2"), "": ("_1", "_2")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"order": "first"}, "field \"order\": expected one of baseline_first, candidate_first, alone, found 'first'"),
        ({"order": "alone"}, "an answer judged alone has a rating and no baseline"),
        ({"baseline": None}, "an answer judged alone has a rating and no baseline"),
        ({"rating": 5, "low": 1, "high": 10}, "an answer judged alone has a rating and no baseline"),
        ({"order": "alone", "baseline": None, "preference": None, "rating": 5}, "5 has no scale"),
        (
            {"order": "alone", "baseline": None, "preference": None, "rating": 5, "low": 7, "high": 7},
            "5 has no scale",
        ),
        ({"preference": 3}, 'field "preference": expected 0, a number from 1 to 2, or null'),
        ({"repeat": -1}, 'field "repeat": expected a count, found -1'),
        ({"len_1": 1.5}, 'field "len_1": expected a count, found 1.5'),
        ({"turn": 0}, 'field "turn": expected a number that counts from 1'),
        ({"x_1": "a", "x_2": 1}, 'field "x_1": expected a number, found text'),
        ({"model": None}, 'field "model": expected text, found null'),
    ],
)
def test_a_row_that_is_no_verdict_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError) as error:
        list(table_verdicts([Record("t.parquet: row 7", {**ROW, **change})]))
    assert str(error.value).startswith("t.parquet: row 7: ") and reason in str(error.value)


def test_two_rows_on_one_place_are_refused() -> None:
    rows = [Record(f"t: row {n}", {**ROW, "repeat": repeat}) for n, repeat in enumerate((1, 0, 1), start=1)]
    with pytest.raises(InputError, match="t: row 3: a row before has the same judge, model, baseline, key, order and"):
        list(table_verdicts(rows))
