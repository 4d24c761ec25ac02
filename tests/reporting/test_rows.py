"""What a row says of the noise, the order and the position of its verdicts."""

from evalkit.boards.entries import Entry
from evalkit.boards.metrics import Recipe
from evalkit.boards.row import BoardRow, build_row
from evalkit.provenance.row_content import row_document
from evalkit.reporting.rows import rows_text
from evalkit.stats.components import NO_REPEATS
from evalkit.types import Order
from tests.boards.test_power import bare, judged


def row_of(entry: Entry) -> BoardRow:
    return build_row(entry, Recipe())


def test_without_repeats_a_row_says_that_the_noise_was_not_measured() -> None:
    assert f"  not measured: {NO_REPEATS}" in rows_text([row_of(judged("cand", repeats=1))])
    assert "  not measured\n" in rows_text([row_of(bare("cand"))])


def test_with_repeats_and_both_orders_a_row_says_what_each_does() -> None:
    text = rows_text([row_of(judged("cand"))])
    assert "not measured" not in text
    assert "between repeats of a question" in text and "by the order of the answers" in text
    assert "position effect" in text and "points [" in text


def test_in_a_document_what_was_not_measured_is_null_beside_its_reason() -> None:
    one_order = judged("cand", orders=(Order.BASELINE_FIRST,), repeats=1)
    components = row_document(row_of(one_order))["components"]
    assert components["repeat"] == {
        "value": None, "lower": None, "upper": None, "n": 0, "status": f"not_estimable({NO_REPEATS})", "notes": [],
    }  # fmt: skip
    assert components["instruction"]["value"] > 0
    assert components["instruction"]["notes"] == ["contains the judge's noise and what the order does"]
    assert (components["orders"], components["repeats"]) == (1, 1)
    assert components["order"]["value"] is None and components["position"]["value"] is None
    assert row_document(row_of(bare("cand")))["components"] is None


def test_a_rate_that_cannot_be_estimated_is_its_reason_and_no_dashes() -> None:
    shown = rows_text([row_of(bare("cand"))])
    assert "  LC win rate" in shown and "- -" not in shown
