"""Student's quantiles for many degrees of freedom at once."""

import numpy as np
import pytest

from evalkit.stats.quantiles import student_quantile
from evalkit.stats.ratings.student import student_reach


@pytest.mark.parametrize("tail", [0.025, 0.001, 1e-5])
def test_few_and_many_degrees_give_the_exact_quantiles(tail: float) -> None:
    freedom = np.array([1, 3, 99, 100, 101, 804, 1_000_000, 3])
    exact = [-student_quantile(one, tail) for one in freedom.tolist()]
    assert student_reach(freedom, tail) == pytest.approx(exact, rel=1e-5)
