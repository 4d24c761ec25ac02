"""A judge's errors against people and itself: by hand, refusals and properties."""

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.people.bias_variance import judge_bias, judge_variance
from evalkit.stats.people.panel import build_panel
from tests.stats.stat_samples import value_of

PANEL = build_panel(list("abc"), of=list("aaabbc"), people=list("xyzxyx"), said=[0, 0, 1, 1, 0.5, 1])


def test_both_by_hand() -> None:
    # medians of the judge 1, 0.5 and, of one verdict, none; of people 0, 0.75 and 1
    rows, verdicts = np.array([0, 0, 0, 1, 1, 2]), [1, 1, 0, 1, 0, 1]
    found = judge_bias(PANEL, rows, verdicts)
    assert (value_of(found.estimate), found.n) == (62.5, 2)
    # the others of 1 1 0 have medians 1/2, 1/2 and 1; those of 1 0 are 0 and 1
    found = judge_variance(PANEL, rows, verdicts)
    assert (value_of(found.estimate), found.n) == (80.0, 5)


def test_one_repeat_tells_neither() -> None:
    for rows, verdicts in (([0, 1, 2], [1, 0, 1]), ([0, 0, 1], [1, np.nan, 0]), ([], [])):
        for measure in (judge_bias, judge_variance):
            assert measure(PANEL, np.array(rows, dtype=np.int64), verdicts).estimate.status.reason == "one repeat"


def test_a_judge_that_repeats_people_has_neither() -> None:
    rows = np.repeat(np.arange(3), 4)
    for measure in (judge_bias, judge_variance):
        found = measure(PANEL, rows, PANEL.median[rows])
        assert value_of(found.estimate) == 0.0
        assert found.estimate.upper is not None and found.estimate.upper > 0


def test_a_verdict_of_no_comparison_is_refused() -> None:
    with pytest.raises(StatsError, match="of 3 comparisons"):
        judge_bias(PANEL, np.array([0, 3]), [1, 1])
    with pytest.raises(StatsError, match=r"verdicts\[1\] is 2"):
        judge_variance(PANEL, np.array([0, 1]), [1, 2])
