import pytest

from evalkit.text.numbers import interval, percent, published, short_interval
from evalkit.types import Estimate


@pytest.mark.parametrize(("shown", "zero"), [(percent, "0.00"), (published, "0.000")])
def test_no_zero_is_negative(shown: object, zero: str) -> None:
    assert callable(shown) and shown(-1e-9) == shown(1e-9) == zero


def test_no_interval_has_a_negative_zero() -> None:
    estimate = Estimate(-1e-9, 1.0, -1e-9, 2.5, 40)
    assert (interval(estimate), short_interval(estimate)) == ("[0.00, 2.50]", "0.0 [0.0, 2.5]")
