import json

from evalkit.text.numbers import estimate_document, estimate_numbers, interval, percent, short_interval
from evalkit.types import Estimate


def test_no_zero_is_negative() -> None:
    assert percent(-1e-9) == percent(1e-9) == "0.00"


def test_no_interval_has_a_negative_zero() -> None:
    estimate = Estimate(-1e-9, 1.0, -1e-9, 2.5, 40)
    assert (interval(estimate), short_interval(estimate)) == ("[0.00, 2.50]", "0.00 [0.00, 2.50]")


def test_files_have_nine_decimals_and_no_negative_zero_unless_numbers_are_asked_for_to_the_last_digit() -> None:
    estimate = Estimate(-1e-12, 0.1234567891, None, None, 40, notes=("few",))
    assert json.dumps(estimate_document(estimate)) == (
        '{"value": 0.0, "stderr": 0.123456789, "lower": null, "upper": null, "n": 40, "status": "ok", "notes": ["few"]}'
    )
    assert estimate_document(estimate, exact=True)["value"] == -1e-12
    assert json.dumps(estimate_numbers(estimate)) == (
        '{"value": 0.0, "lower": null, "upper": null, "stderr": 0.123456789}'
    )
