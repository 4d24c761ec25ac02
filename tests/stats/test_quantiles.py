import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import special

from evalkit.stats import quantiles
from evalkit.stats.quantiles import beta_probability, beta_quantile, normal_quantile, student_quantile

PROBABILITIES = st.floats(1e-6, 1 - 1e-6)
SHAPES = st.floats(0.05, 5e4)


@given(SHAPES, SHAPES, PROBABILITIES)
@example(1.0, 1.0, 0.3)
@example(806.0, 1e-3, 0.975)
@example(402.5, 402.5, 0.025)
def test_the_beta_quantile_is_scipys(a: float, b: float, probability: float) -> None:
    assert beta_quantile(a, b, probability) == pytest.approx(special.betaincinv(a, b, probability), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize(
    ("shapes", "probability"),
    # an interval of 805 verdicts, Student's of 49 and 200 clusters, a rare outcome, and a share with wide room
    [((402.5, 402.5), 0.975), ((24.0, 0.5), 0.05), ((100.0, 0.5), 0.05), ((3.0, 45.0), 0.975), ((30.2, 20.1), 0.025)],
)
def test_a_quantile_is_found_in_a_dozen_steps(
    shapes: tuple[float, float], probability: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def counted(a: float, b: float, x: float) -> float:
        asked.append(x)
        return beta_probability(a, b, x)

    monkeypatch.setattr(quantiles, "beta_probability", counted)
    assert beta_quantile(*shapes, probability) == pytest.approx(special.betaincinv(*shapes, probability), abs=1e-14)
    assert len(asked) <= 12


@given(SHAPES, SHAPES, st.floats(0, 1))
def test_the_beta_probability_is_scipys(a: float, b: float, x: float) -> None:
    assert beta_probability(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-8, abs=1e-12)


@given(st.integers(1, 5000), st.floats(1e-8, 1 - 1e-8))
def test_students_quantile_is_scipys(degrees: int, probability: float) -> None:
    ours, theirs = student_quantile(degrees, probability), special.stdtrit(degrees, probability)
    assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-6)


def test_published_quantiles() -> None:
    # the last line of any table of Student's distribution, and its first
    assert student_quantile(1, 0.975) == pytest.approx(12.7062, abs=1e-4)
    assert student_quantile(10, 0.975) == pytest.approx(2.2281, abs=1e-4)
    assert normal_quantile(0.975) == pytest.approx(1.959964, abs=1e-6)
    # Clopper and Pearson's bound for no failure in n is 1 - (alpha / 2) ** (1 / n)
    assert beta_quantile(805, 1, 0.025) == pytest.approx(0.025 ** (1 / 805), abs=1e-12)


def test_the_edges_of_the_beta_distribution() -> None:
    assert beta_probability(2, 3, 0) == 0
    assert beta_probability(2, 3, 1) == 1
    assert math.isclose(beta_probability(2, 2, 0.5), 0.5)
