"""Models against each other on the instructions that both have a verdict on."""

import time
from dataclasses import replace

import numpy as np
import pytest

from evalkit.boards.entries import Entry, Judging
from evalkit.boards.matrix import AUDITED, ITSELF, Matrix, win_matrix
from evalkit.boards.metrics import Recipe
from evalkit.boards.row import build_row
from evalkit.stats.sample import build_sample
from evalkit.stats.winrate import win_rate
from evalkit.types import Audit, Estimate, Finding, Severity, StatusKind
from tests.stats.stat_samples import numbers, sample_of, value_of


def entry(model: str, preference: list[float], *, keys: list[str] | None = None, baseline: str = "base") -> Entry:
    return Entry(model, "judge", baseline, sample_of(preference, keys=keys), avg_length=None)


def matrix(*entries: Entry) -> Matrix:
    return win_matrix([build_row(one, Recipe()) for one in entries])


def cell(found: Matrix, first: str, second: str) -> Estimate:
    return found.cells[found.models.index(first)][found.models.index(second)]


def test_a_share_is_of_common_instructions_a_tie_counting_half_by_hand() -> None:
    one = entry("one", [1.0, 0.2, 0.5, 0.9], keys=["a", "b", "c", "d"])
    other = entry("other", [0.5, 0.6, 0.5, 0.1], keys=["b", "a", "c", "e"])
    # a won by the one, b by the other, c tied; d and e are not common
    found = cell(matrix(one, other), "one", "other")
    assert (found.value, found.n) == (50.0, 3)
    assert numbers(found) == pytest.approx(numbers(win_rate(sample_of([1.0, 0.0, 0.5])).estimate))


def test_the_baseline_stands_last_and_shares_against_it_count_wins_and_half_the_ties() -> None:
    found = matrix(entry("one", [1.0, 0.8, 0.5, 0.1]), entry("other", [0.0, 0.0, 0.0, 0.2]))
    assert found.models == ("one", "other", "base")
    assert cell(found, "one", "base").value == 62.5
    assert cell(found, "base", "one").value == 37.5
    assert str(cell(found, "base", "other").status) == "degraded(all_wins)"


def test_a_baseline_with_a_row_of_its_own_stands_once() -> None:
    found = matrix(entry("one", [1.0, 0.8]), entry("base", [0.5, 0.5]))
    assert found.models == ("one", "base")
    assert cell(found, "one", "base").value == 100.0


def test_the_diagonal_is_refused() -> None:
    found = matrix(entry("one", [1.0, 0.8]))
    assert [found.cells[place][place].status.reason for place in range(2)] == [ITSELF, ITSELF]


def test_models_without_common_instructions_are_refused_with_their_number() -> None:
    found = matrix(entry("one", [1.0, 0.8], keys=["a", "b"]), entry("other", [0.1, 0.3], keys=["b", "c"]))
    assert cell(found, "one", "other").status.reason == "1 common instructions, at least 2 needed"
    assert cell(found, "one", "base").value == 100.0


def test_outputs_that_an_audit_refused_are_compared_with_none() -> None:
    audit = Audit(4, ("distinct",), (Finding("distinct", Severity.FAIL, "one answer", 4, 4),))
    found = matrix(entry("one", [1.0, 0.8, 0.1, 0.2]), replace(entry("null", [1.0, 1.0, 1.0, 0.9]), audit=audit))
    for pair in (("one", "null"), ("null", "one"), ("base", "null")):
        assert cell(found, *pair).status.reason == f"null: {AUDITED}"
    assert cell(found, "one", "base").value == 50.0


def test_a_row_whose_score_is_refused_says_why_in_its_cells() -> None:
    mixed = replace(entry("mixed", [1.0, 0.8]), judging=Judging(readings={"weighted": 1, "sampled": 1}))
    found = matrix(entry("one", [1.0, 0.8]), mixed)
    assert "mixed: 1 verdicts are weighted" in cell(found, "one", "mixed").status.reason


def test_turns_of_one_conversation_are_one_cluster() -> None:
    clusters = ["a", "a", "b", "b"]
    rows = [
        build_row(Entry(model, "judge", "base", sample_of(said, clusters=clusters), avg_length=None), Recipe())
        for model, said in (("one", [0.9, 0.8, 0.3, 0.1]), ("other", [0.1, 0.9, 0.2, 0.9]))
    ]
    assert cell(win_matrix(rows), "one", "other").n == 2


def test_grades_are_compared_and_have_no_baseline() -> None:
    found = matrix(entry("one", [0.9, 0.4, 0.4], baseline=""), entry("other", [0.5, 0.4, 0.2], baseline=""))
    assert found.models == ("one", "other")
    assert value_of(cell(found, "one", "other")) == pytest.approx(100 * 2.5 / 3)


def test_the_order_of_the_rows_is_that_of_the_models_and_moves_no_number() -> None:
    entries = [entry(name, np.random.default_rng(seed).random(30).tolist()) for seed, name in enumerate("abc")]
    found, turned = matrix(*entries), matrix(*reversed(entries))
    assert turned.models == ("c", "b", "a", "base")
    for first in found.models:
        for second in found.models:
            if first != second:
                assert numbers(cell(found, first, second)) == pytest.approx(numbers(cell(turned, first, second)))


def test_no_rows_make_no_matrix() -> None:
    assert win_matrix([]) == Matrix((), ())


def test_forty_four_models_take_well_under_a_second() -> None:
    generator = np.random.default_rng(1)
    keys = [f"{key:03d}" for key in range(805)]
    rows = [
        build_row(
            Entry(f"m{model:02d}", "judge", "base", build_sample(keys, generator.random(805)), avg_length=None),
            Recipe(),
        )
        for model in range(44)
    ]
    win_matrix(rows[:2])  # what is loaded once is not counted
    began = time.process_time()
    found = win_matrix(rows)
    assert time.process_time() - began < 1.0
    values = np.array([[50.0 if one.value is None else one.value for one in line] for line in found.cells])
    assert np.allclose(values + values.T, 100)
    refused = [one.status.kind == StatusKind.NOT_ESTIMABLE for line in found.cells for one in line]
    assert sum(refused) == 45
