"""Models' win rates under a judge and people, and how they correlate."""

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.agreement import spearman
from evalkit.stats.people.model_rates import model_rates
from evalkit.stats.people.panel import build_panel
from tests.stats.stat_samples import value_of


def test_win_rates_by_hand() -> None:
    # two people on a; d compares a model with itself, and e has no verdict
    panel = build_panel(list("abcde"), of=list("aabcde"), people=list("xyxxxx"), said=[1, 0.5, 0, 1, 1, 1])
    verdict = np.array([1.0, 0.2, 0.5, 1.0, np.nan])
    found = model_rates(panel, verdict, first_models=list("pqpqp"), second_models=list("qrrqq"))
    assert found.models == ("p", "q", "r")
    assert found.n.tolist() == [2, 2, 2]
    assert found.judge.tolist() == pytest.approx([25.0, 90.0, 35.0])
    assert found.people.tolist() == pytest.approx([12.5, 87.5, 50.0])
    assert (found.judge_errors > 0).all()
    assert "at least 4 needed" in found.spearman.status.reason


def test_the_errors_are_those_of_the_win_rates() -> None:
    generator = np.random.default_rng(1)
    n, names = 600, np.array(list("abcdef"))
    first, second = generator.integers(0, 6, (2, n))
    chance = 0.5 + (second - first) / 12
    said = (generator.random(n) < chance).astype(float)
    keys = np.arange(n)
    panel = build_panel(keys, of=keys, people=["x"] * n, said=said)
    found = model_rates(panel, chance, first_models=names[first], second_models=names[second])
    rate = found.people / 100
    assert found.people_errors / 100 == pytest.approx(np.sqrt(rate * (1 - rate) / found.n), rel=0.15)
    plain = spearman(found.judge, found.people, errors=(found.judge_errors, found.people_errors))
    assert found.spearman == plain
    assert value_of(found.spearman) == pytest.approx(1.0)
    # the same data give the same interval
    again = model_rates(panel, chance, first_models=names[first], second_models=names[second])
    assert again.pearson == found.pearson


def test_without_anything_to_compare_it_is_refused() -> None:
    panel = build_panel(["a"], of=["a"], people=["x"], said=[1])
    found = model_rates(panel, np.array([np.nan]), first_models=["p"], second_models=["q"])
    assert found.models == () and found.spearman.value is None and found.pearson.value is None
    with pytest.raises(StatsError, match="resamples"):
        model_rates(panel, np.ones(1), first_models=["p"], second_models=["q"], replicates=1)
