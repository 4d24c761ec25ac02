"""The exact one-sided test of paired shares."""

import pytest
from scipy.stats import binomtest

from evalkit.stats.signs import sign_test


@pytest.mark.parametrize(
    ("more", "less"), [(0, 0), (3, 0), (0, 3), (13, 2), (35, 1), (40, 40), (900, 800), (5000, 4000)]
)
def test_it_is_the_binomial_tail_of_the_pairs_that_differ(more: int, less: int) -> None:
    expected = binomtest(more, more + less, alternative="greater").pvalue if more + less else 1.0
    assert sign_test(more, less) == pytest.approx(expected, rel=1e-9)


def test_three_of_three_by_hand() -> None:
    assert sign_test(3, 0) == pytest.approx(1 / 8)
    assert sign_test(0, 3) == 1.0
