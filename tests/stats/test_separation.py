"""What intervals separate, and whether people separate it in the same order."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalkit.stats.sample import Floats
from evalkit.stats.separation import agreement_with_confidence, pair_rank_brier, separability
from evalkit.types import StatusKind
from tests.stats.stat_samples import numbers


def around(scores: list[float], reach: float) -> Floats:
    return np.array([(score - reach, score + reach) for score in scores])


def test_separability_worked_by_hand() -> None:
    # of six pairs only 1 and 1.5 overlap
    estimate = separability(around([1, 1.5, 4, 7], 0.5))
    assert numbers(estimate)[0] == pytest.approx(5 / 6)
    assert (estimate.n, str(estimate.status)) == (4, "degraded(4 models only)")
    # without each model in turn: 3/3, 3/3, 2/3, 2/3; the jackknife error is sqrt(3/4 * 4 * (1/6)^2)
    assert estimate.stderr == pytest.approx(math.sqrt(3 / 36))


def test_agreement_worked_by_hand() -> None:
    # people separate every pair but the third and fourth model
    reference = np.array([(0, 1), (2, 3), (4, 6), (5, 7)], dtype=float)
    board = np.array([(3, 4), (0, 1), (2, 5), (8, 9)], dtype=float)
    # first and second opposite, first and third not told apart, the other three as people see them
    estimate = agreement_with_confidence(board, reference)
    assert numbers(estimate)[0] == pytest.approx((0 + 0.5 + 1 + 1 + 1) / 5)
    assert estimate.notes == ("5 of 6 pairs",)


def test_the_brier_score_worked_by_hand() -> None:
    # four models a standard error of a difference apart, in the order of the reference: the chance of the wrong order
    # is Phi(-1) for three pairs, Phi(-2) for two, Phi(-3) for one
    wrong = [0.158655, 0.158655, 0.158655, 0.022750, 0.022750, 0.001350]
    estimate = pair_rank_brier(np.arange(4.0), np.full(4, 0.5), np.array([1.0, 2, 5, 9]))
    assert numbers(estimate)[0] == pytest.approx(np.mean(np.square(wrong)), abs=1e-6)
    coin = pair_rank_brier(np.ones(4), np.ones(4), np.arange(4.0))
    assert coin.value == 0.25
    sure = pair_rank_brier(np.arange(4.0), np.zeros(4), -np.arange(4.0))
    assert sure.value == 1


def test_an_interval_without_width_overlaps_nothing_in_the_published_way_and_a_note_says_so() -> None:
    reference = around([1, 2, 3, 4], 0.3)
    reference[3] = (3.1, 3.1)
    estimate = agreement_with_confidence(around([1, 2, 3, 4], 0.3), reference)
    assert estimate.value == 1
    assert estimate.notes[0] == "6 of 6 pairs"
    assert estimate.notes[1].endswith("otherwise it is 1.000 over 5 pairs")
    assert numbers(separability(reference))[0] == pytest.approx(5 / 6)


def test_an_order_that_is_turned_around_agrees_as_little_as_it_agreed_before() -> None:
    generator = np.random.default_rng(1)
    board, reference = (around(list(generator.normal(size=12)), 0.2) for _ in range(2))
    one, other = (numbers(agreement_with_confidence(side, reference))[0] for side in (board, -board[:, ::-1]))
    assert one + other == pytest.approx(1)


def test_what_has_no_intervals_cannot_be_separated() -> None:
    known, unknown = around([1, 2, 3, 4], 0.1), np.full((4, 2), np.nan)
    assert separability(unknown).status.reason == "the board gives no interval for 4 of 4 models"
    assert (
        agreement_with_confidence(known, unknown).status.reason == "the reference gives no interval for 4 of 4 models"
    )
    assert agreement_with_confidence(known, around([1, 1, 1, 1], 1)).status.reason.endswith("separates no two models")
    assert pair_rank_brier(np.ones(4), np.full(4, np.nan), np.ones(4)).status.kind == StatusKind.NOT_ESTIMABLE
    assert separability(known[:3]).status.reason == "3 shared models, at least 4 needed"


def test_intervals_over_models_hold_the_value_of_many_models_at_least_as_often_as_they_say() -> None:
    generator = np.random.default_rng(2)
    # two models with scores of variance one are more than 2 * 1.96 * 0.15 apart
    truth = math.erfc(2 * 1.96 * 0.15 / math.sqrt(2 * (1 + 0.15**2)) / math.sqrt(2))
    held = 0
    for _ in range(400):
        scores = generator.normal(0, math.sqrt(1 + 0.15**2), 20)
        _, _, lower, upper = numbers(separability(around(list(scores), 1.96 * 0.15)))
        held += lower <= truth <= upper
    assert 0.94 <= held / 400 <= 0.995


# Li et al. 2024, arXiv:2406.11939, and the notebook beside it: 20 models, Chatbot Arena of 29 March 2024
PUBLISHED = {
    "alpaca_LC": (0.8789, 0.8728813559322034, 0.13472585300420672),
    "alpaca": (0.7105, 0.7909604519774012, 0.16421065021224288),
    "arena_hard": (0.8421, 0.903954802259887, 0.07047865504650436),
    "mt_bench": (0.3632, 0.6949152542372882, 0.10082905842501223),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_figures_of_arena_hard(name: str, real_data: Path) -> None:
    folder = real_data / "meta"
    if not folder.is_dir():
        pytest.skip(f"no bootstrap scores at {folder}")
    arena = pd.read_csv(real_data / "human" / "chatbot_arena_20240329.csv").set_index("model")
    maps = {"arena_hard": "arena_to_arena_hard", "mt_bench": "arena_to_mt_bench"}
    names = json.loads((folder / f"{maps.get(name, 'alpaca_to_arena')}.json").read_text())
    leads = (
        {key.lower(): value for key, value in names.items()} if name not in maps else {v: k for k, v in names.items()}
    )
    rows = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines() if line.strip()]
    board = {leads[row["model"].lower()]: row for row in rows if row["model"].lower() in leads}
    assert len(board) == 20
    human = arena.loc[list(board)]
    intervals = np.array([(row["lower"], row["upper"]) for row in board.values()])
    draws = [np.array(row["results"]) for row in board.values()]
    found = (
        separability(intervals),
        agreement_with_confidence(intervals, human[["rating_q025", "rating_q975"]].to_numpy()),
        pair_rank_brier(
            np.array([one.mean() for one in draws]), np.array([one.var() for one in draws]), human["rating"].to_numpy()
        ),
    )
    assert [one.value for one in found] == pytest.approx(PUBLISHED[name], abs=5e-5)
    assert all(one.lower is not None and one.lower < numbers(one)[0] < numbers(one)[3] for one in found)
