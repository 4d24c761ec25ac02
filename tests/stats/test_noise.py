"""How often a judge contradicts itself: a case by hand, edges, and a simulation."""

import numpy as np
import pytest

from evalkit.stats.noise import self_disagreement
from evalkit.types import Estimate


def rate(decisions: dict[str, list[float]], *, orders: dict[str, list[str]] | None = None) -> Estimate | None:
    keys = [key for key, values in decisions.items() for _ in values]
    names = [name for key, values in decisions.items() for name in (orders or {}).get(key, ["a"] * len(values))]
    preference = np.array([value for values in decisions.values() for value in values])
    return self_disagreement(keys, names, keys, preference)


def test_pairs_of_repeats_are_counted_by_hand() -> None:
    # x: 3 pairs of which 2 differ; y: 1 pair, equal; z: 1 pair, differs by a tie
    found = rate({"x": [1.0, 0.9, 0.2], "y": [0.0, 0.1], "z": [0.5, 0.6]})
    assert found is not None
    assert found.value == pytest.approx(100 * (2 / 3 + 0 + 1) / 3)
    assert found.n == 3


def test_without_repeats_there_is_nothing_to_say() -> None:
    assert rate({"x": [1.0], "y": [0.0]}) is None
    assert rate({"x": [1.0, 0.0]}, orders={"x": ["a", "b"]}) is None


def test_a_missing_verdict_makes_no_pair() -> None:
    found = rate({"x": [1.0, float("nan")], "y": [1.0, 1.0]})
    assert found is not None
    assert (found.value, found.n) == (0.0, 1)
    assert rate({"x": [1.0, float("nan")]}) is None


def test_a_judge_that_never_differs_still_has_an_interval_with_width() -> None:
    found = rate({f"k{number}": [1.0, 1.0] for number in range(20)})
    assert found is not None and found.lower is not None and found.upper is not None
    assert (found.value, found.lower) == (0.0, 0.0)
    assert 10 < found.upper < 20


def test_the_interval_covers_the_true_rate_as_often_as_it_says() -> None:
    generator, covered, runs = np.random.default_rng(5), 0, 400
    for _ in range(runs):
        # two tosses that come up differently with probability 2 p (1 - p), p drawn an instruction
        p = generator.beta(2, 2, 100)
        tosses = (generator.random((100, 2)) < p[:, None]).astype(float)
        found = rate({f"k{number:03d}": list(row) for number, row in enumerate(tosses)})
        assert found is not None and found.lower is not None and found.upper is not None
        covered += found.lower <= 100 * 2 * (1 / 2 - 0.3) <= found.upper
    assert 0.92 <= covered / runs <= 0.985
