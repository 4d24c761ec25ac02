"""Whether sources agree."""

import numpy as np
import pytest
from statsmodels.stats.oneway import anova_oneway

from evalkit.stats.between import between_sources
from evalkit.stats.sample import Floats
from evalkit.stats.winrate import win_rate
from evalkit.types import Estimate, StatusKind
from tests.stats.stat_samples import keys_for, sample_of


def estimate(values: Floats, cluster: Floats | None = None) -> Estimate:
    names = None if cluster is None else [f"{one:.0f}" for one in cluster]
    return win_rate(sample_of(values, keys=keys_for(len(values)), clusters=names)).estimate


def test_it_is_welchs_test_where_no_instructions_depend_on_each_other() -> None:
    generator = np.random.default_rng(2)
    groups = [generator.beta(a, 2, n) for a, n in ((1, 20), (1.5, 60), (2.5, 11))]
    found = between_sources({str(n): estimate(one) for n, one in enumerate(groups)}, stderr=2.0)
    expected = anova_oneway(groups, use_var="unequal", welch_correction=True)
    assert found.f == pytest.approx(expected.statistic, rel=1e-9)
    assert found.degrees == pytest.approx(expected.df, rel=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)


def test_two_sources_worked_by_hand() -> None:
    # 40 and 60 with errors 3 and 4: t = 20/5 = 4, so F = 16; Welch and Satterthwaite's degrees
    # 25^2 / (81/9 + 256/24) = 31.78; the means' deviation is 14.14, over sqrt(2) 10, and 10/2.5 = 4
    sources = {"a": Estimate(40.0, 3.0, 34, 46, 10), "b": Estimate(60.0, 4.0, 52, 68, 25)}
    found = between_sources(sources, stderr=2.5)
    assert found.f == pytest.approx(16)
    assert found.degrees == pytest.approx((1, 31.78), abs=0.005)
    assert found.error_factor == pytest.approx(4)
    assert found.p_value == pytest.approx(0.00035, abs=1e-5)


def test_copies_of_an_instruction_do_not_make_a_difference_significant() -> None:
    generator = np.random.default_rng(6)
    few = [generator.beta(a, 2, 8) for a in (1.5, 2.5)]
    alone = between_sources({str(n): estimate(one) for n, one in enumerate(few)}, stderr=2.0)
    tenfold = {str(n): estimate(np.tile(one, 10), np.tile(np.arange(8.0), 10)) for n, one in enumerate(few)}
    copied = between_sources(tenfold, stderr=2.0)
    assert copied.p_value == pytest.approx(alone.p_value, rel=1e-9)
    undeclared = {str(n): estimate(np.tile(one, 10)) for n, one in enumerate(few)}
    assert (between_sources(undeclared, stderr=2.0).p_value or 1) < (alone.p_value or 0)


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        ({}, "0 sources, at least 2 needed"),
        ({"koala": np.array([0.2, 0.8])}, "1 sources, at least 2 needed"),
        ({"koala": np.array([0.2, 0.8]), "vicuna": np.array([0.5])}, "'vicuna' has 1 instructions, at least 2"),
    ],
)
def test_too_few_sources_or_instructions_are_refused(sources: dict[str, Floats], reason: str) -> None:
    found = between_sources({name: estimate(one) for name, one in sources.items()}, stderr=1.0)
    assert (found.f, found.p_value, found.error_factor) == (None, None, None)
    assert found.status.kind == StatusKind.NOT_ESTIMABLE and reason in found.status.reason


def test_sources_that_do_not_differ_are_found_to_differ_once_in_twenty() -> None:
    generator = np.random.default_rng(9)
    p_values = [
        between_sources({str(n): estimate(generator.beta(1, 2, 40)) for n in range(5)}, stderr=1.0).p_value
        for _ in range(300)
    ]
    assert 0.02 < np.mean([(one or 0.0) < 0.05 for one in p_values]) < 0.09
